import type { Expression, FrameBound, WindowFrame, WindowRef, WindowSpec } from '../ast/expression.ts';
import * as K from '../lexer/keywordIds.generated.ts';
import * as T from '../lexer/tokens.ts';
import type { Cursor } from './cursor.ts';
import { interval } from './interval.ts';

/** What follows OVER: a window's name or its specification. */
export function over(c: Cursor): WindowRef | WindowSpec {
  if (c.kind === T.LPAREN) return windowSpec(c);
  const start = c.start;
  const name = c.name('a window');
  return { kind: 'windowRef', name, start, end: c.lastEnd };
}

/** `([base] [PARTITION BY …] [ORDER BY …] [frame])`. */
export function windowSpec(c: Cursor): WindowSpec {
  const start = c.start;
  c.expect(T.LPAREN);
  const base = c.isName() && !isFrameUnit(c) ? c.name() : undefined;
  let partitionBy: readonly Expression[] = c.none();
  if (c.accept2(K.PARTITION, K.BY)) partitionBy = c.list(c.grammar.expression);
  const orderBy = c.kind === K.ORDER ? c.grammar.orderList(c) : c.none();
  const frame = isFrameUnit(c) ? windowFrame(c) : undefined;
  c.expect(T.RPAREN);
  return { kind: 'windowSpec', base, partitionBy, orderBy, frame, start, end: c.lastEnd };
}

function isFrameUnit(c: Cursor): boolean {
  return c.kind === K.ROWS || c.kind === K.RANGE || (c.kind === K.GROUPS && c.peek() !== T.RPAREN && c.peek() !== K.PARTITION && c.peek() !== K.ORDER);
}

function windowFrame(c: Cursor): WindowFrame {
  const start = c.start;
  const unit = c.kind === K.ROWS ? 'rows' : c.kind === K.RANGE ? 'range' : 'groups';
  c.advance();
  let from: FrameBound;
  let to: FrameBound | undefined;
  if (c.accept(K.BETWEEN)) {
    from = frameBound(c);
    c.expect(K.AND);
    to = frameBound(c);
  } else {
    from = frameBound(c);
  }
  const exclude = c.kind === K.EXCLUDE ? frameExclusion(c) : undefined;
  return { kind: 'windowFrame', unit, from, to, exclude, start, end: c.lastEnd };
}

function frameBound(c: Cursor): FrameBound {
  const start = c.start;
  if (c.accept2(K.CURRENT, K.ROW)) return { kind: 'frameBound', type: 'current row', offset: undefined, start, end: c.lastEnd };
  const unbounded = c.accept(K.UNBOUNDED);
  const offset = unbounded ? undefined : c.kind === K.INTERVAL ? interval(c) : c.grammar.bits(c);
  if (c.kind !== K.PRECEDING && c.kind !== K.FOLLOWING) throw c.unexpected('PRECEDING or FOLLOWING');
  const side = c.kind === K.PRECEDING ? 'preceding' : 'following';
  c.advance();
  return { kind: 'frameBound', type: unbounded ? `unbounded ${side}` : side, offset, start, end: c.lastEnd };
}

function frameExclusion(c: Cursor): WindowFrame['exclude'] {
  c.advance();
  if (c.accept2(K.CURRENT, K.ROW)) return 'current row';
  if (c.accept(K.GROUP)) return 'group';
  if (c.accept(K.TIES)) return 'ties';
  if (c.accept2(K.NO, K.OTHERS)) return 'no others';
  throw c.unexpected('CURRENT ROW, GROUP, TIES or NO OTHERS');
}
