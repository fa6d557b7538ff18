import type { HandlerClose, HandlerOpen, HandlerRead } from '../../ast/admin.ts';
import type { Expression } from '../../ast/expression.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import * as T from '../../lexer/tokens.ts';
import type { Cursor } from '../cursor.ts';
import { oneOf } from '../ddl/clauses.ts';
import { tableAlias } from '../tableRef.ts';

const operators = new Map<number, HandlerRead['op']>([[T.EQ, '='], [T.LE, '<='], [T.GE, '>='], [T.LT, '<'], [T.GT, '>']]);

/** HANDLER t OPEN, READ, CLOSE. */
export function handler(c: Cursor): HandlerOpen | HandlerClose | HandlerRead {
  const start = c.start;
  c.advance();
  const table = c.tableName();
  if (c.accept(K.OPEN)) {
    const alias = tableAlias(c);
    return { kind: 'handlerOpen', table, alias, start, end: c.lastEnd };
  }
  if (c.accept(K.CLOSE)) return { kind: 'handlerClose', table, start, end: c.lastEnd };
  c.expect(K.READ);
  let index: string | undefined;
  let move: HandlerRead['move'];
  let op: HandlerRead['op'];
  let values: readonly Expression[] = c.none();
  if ((c.kind === K.FIRST || c.kind === K.NEXT) && !operators.has(c.peek()) && c.peek() !== K.FIRST && c.peek() !== K.NEXT) move = oneOf(c, ['first', 'next']);
  else {
    index = c.name('an index');
    op = operators.get(c.kind);
    if (op === undefined) move = oneOf(c, ['first', 'next', 'prev', 'last']);
    else {
      c.advance();
      c.expect(T.LPAREN);
      values = c.list(c.grammar.expression);
      c.expect(T.RPAREN);
    }
  }
  const where = c.accept(K.WHERE) ? c.grammar.expression(c) : undefined;
  const limit = c.grammar.limit(c);
  return { kind: 'handlerRead', table, index, move, op, values, where, limit, start, end: c.lastEnd };
}
