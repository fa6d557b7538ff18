import type { CheckDefinition, IndexDefinition, IndexOption, IndexPart, IndexType } from '../../ast/table.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import { quoteName, quoteString } from '../../lexer/quote.ts';
import * as T from '../../lexer/tokens.ts';
import type { Cursor } from '../cursor.ts';
import { ifNotExists, oneOf, optionalEquals } from './clauses.ts';
import { checkBody, reference } from './columnDefinition.ts';

/** Whether a key, a constraint or a check begins here, and not a column. */
export function isIndexStart(c: Cursor): boolean {
  switch (c.kind) {
    case K.PRIMARY:
    case K.UNIQUE:
    case K.KEY:
    case K.INDEX:
    case K.FULLTEXT:
    case K.SPATIAL:
    case K.FOREIGN:
    case K.CONSTRAINT:
    case K.CHECK:
      return true;
    case K.VECTOR:
      return c.peek() === K.KEY || c.peek() === K.INDEX;
    default:
      return false;
  }
}

/** A key, foreign key or check of CREATE TABLE or ADD. */
export function indexOrCheck(c: Cursor): IndexDefinition | CheckDefinition {
  const start = c.start;
  let constraint: string | undefined;
  let early = false;
  if (c.accept(K.CONSTRAINT)) {
    early = ifNotExists(c);
    constraint = isIndexStart(c) ? '' : c.name('a constraint');
  }
  if (c.kind === K.CHECK) {
    const { condition, enforced } = checkBody(c);
    return { kind: 'checkDefinition', constraint, ifNotExists: early, condition, enforced, start, end: c.lastEnd };
  }
  const type = indexType(c, constraint !== undefined);
  const conditional = ifNotExists(c) || early;
  // `key using btree (a)`: the type may stand where the name does.
  const name = c.kind !== T.LPAREN && c.kind !== K.USING && !(c.kind === K.TYPE && isIndexKind(c.peek())) ? c.name('an index') : undefined;
  const options = leadingType(c);
  const parts = indexParts(c);
  if (type === 'foreign key') {
    const target = reference(c);
    return { kind: 'indexDefinition', type, constraint, name, ifNotExists: conditional, parts, options, reference: target, start, end: c.lastEnd };
  }
  options.push(...indexOptions(c));
  return { kind: 'indexDefinition', type, constraint, name, ifNotExists: conditional, parts, options, reference: undefined, start, end: c.lastEnd };
}

function indexType(c: Cursor, constrained: boolean): IndexType {
  switch (c.kind) {
    case K.PRIMARY:
      c.advance();
      c.expect(K.KEY);
      return 'primary key';
    case K.FOREIGN:
      c.advance();
      c.expect(K.KEY);
      return 'foreign key';
    case K.UNIQUE:
      c.advance();
      if (!c.accept(K.KEY)) c.accept(K.INDEX);
      return 'unique key';
  }
  if (constrained) throw c.unexpected('PRIMARY, UNIQUE, FOREIGN or CHECK');
  switch (c.kind) {
    case K.KEY:
    case K.INDEX:
      c.advance();
      return 'key';
    case K.FULLTEXT:
      return special(c, 'fulltext key');
    case K.SPATIAL:
      return special(c, 'spatial key');
    case K.VECTOR:
      return special(c, 'vector key');
    default:
      throw c.unexpected('a key');
  }
}

function special(c: Cursor, type: IndexType): IndexType {
  c.advance();
  if (!c.accept(K.KEY)) c.accept(K.INDEX);
  return type;
}

function isIndexKind(kind: number): boolean {
  return kind === K.BTREE || kind === K.HASH || kind === K.RTREE;
}

/** USING BTREE before the columns. */
export function leadingType(c: Cursor): IndexOption[] {
  if (c.kind !== K.USING && c.kind !== K.TYPE) return [];
  return [usingOption(c)];
}

function usingOption(c: Cursor): IndexOption {
  const start = c.start;
  c.advance();
  const value = oneOf(c, ['btree', 'hash', 'rtree']);
  return { kind: 'indexOption', name: 'using', value, start, end: c.lastEnd };
}

/** `(a, b(10) desc, (expr))`. */
export function indexParts(c: Cursor): IndexPart[] {
  c.expect(T.LPAREN);
  const parts = c.list(indexPart);
  c.expect(T.RPAREN);
  return parts;
}

function indexPart(c: Cursor): IndexPart {
  const start = c.start;
  if (c.kind === T.LPAREN) {
    c.advance();
    const expression = c.grammar.expression(c);
    c.expect(T.RPAREN);
    const direction = directionOf(c);
    return { kind: 'indexPart', column: undefined, length: undefined, expression, direction, withoutOverlaps: false, start, end: c.lastEnd };
  }
  const column = c.name('a column');
  let length: string | undefined;
  if (c.accept(T.LPAREN)) {
    length = c.integer();
    c.expect(T.RPAREN);
  }
  const direction = directionOf(c);
  const withoutOverlaps = c.kind === K.WITHOUT;
  if (withoutOverlaps) {
    c.advance();
    if (!c.acceptWord('overlaps')) throw c.unexpected('OVERLAPS');
  }
  return { kind: 'indexPart', column, length, expression: undefined, direction, withoutOverlaps, start, end: c.lastEnd };
}

function directionOf(c: Cursor): 'asc' | 'desc' | undefined {
  if (c.accept(K.ASC)) return 'asc';
  return c.accept(K.DESC) ? 'desc' : undefined;
}

/** What may follow the columns of a key. */
export function indexOptions(c: Cursor): IndexOption[] {
  const found: IndexOption[] = [];
  for (;;) {
    const option = indexOption(c);
    if (option === undefined) return found;
    found.push(option);
  }
}

function indexOption(c: Cursor): IndexOption | undefined {
  const start = c.start;
  const done = (name: string, value?: string): IndexOption => ({ kind: 'indexOption', name, value, start, end: c.lastEnd });
  switch (c.kind) {
    case K.USING:
    case K.TYPE:
      return usingOption(c);
    case K.KEY_BLOCK_SIZE: {
      c.advance();
      optionalEquals(c);
      return done('key_block_size', c.integer());
    }
    case K.WITH: {
      if (c.peek() !== K.PARSER) return undefined;
      c.advance();
      c.advance();
      return done('with parser', quoteName(c.name('a parser')));
    }
    case K.COMMENT:
    case K.ENGINE_ATTRIBUTE:
    case K.SECONDARY_ENGINE_ATTRIBUTE: {
      const name = c.word();
      c.advance();
      optionalEquals(c);
      return done(name, quoteString(c.string(), c.settings.noBackslashEscapes));
    }
    case K.VISIBLE:
    case K.INVISIBLE: {
      const name = c.word();
      c.advance();
      return done(name);
    }
    case K.NOT: {
      if (c.peek() !== K.IGNORED) return undefined;
      c.advance();
      c.advance();
      return done('not ignored');
    }
    case K.IGNORED:
      c.advance();
      return done('ignored');
    default:
      // MariaDB's options of engines: any name with a value.
      if (c.kind !== T.IDENT && c.kind !== T.QUOTED_IDENT && c.kind < 256) return undefined;
      if (!c.isName() || c.peek() !== T.EQ || c.kind === K.ALGORITHM || c.kind === K.LOCK) return undefined;
      return engineOption(c, start);
  }
}

function engineOption(c: Cursor, start: number): IndexOption {
  const name = c.name().toLowerCase();
  c.advance();
  const value = optionValue(c);
  return { kind: 'indexOption', name: quoteName(name), value, start, end: c.lastEnd };
}

/** A word, number or string as an option's value, as it is to be written. */
export function optionValue(c: Cursor): string {
  if (c.kind === T.STRING) return quoteString(c.string(), c.settings.noBackslashEscapes);
  if (c.kind === T.INTEGER || c.kind === T.DECIMAL_NUMBER || c.kind === T.FLOAT_NUMBER || c.kind === T.HEX_NUMBER) {
    const value = c.stream.text(c.at);
    c.advance();
    return value;
  }
  if (c.kind === T.MINUS && c.peek() === T.INTEGER) {
    c.advance();
    return `-${c.integer()}`;
  }
  if (c.kind >= 256 && !c.isName()) {
    const value = c.word();
    c.advance();
    return value;
  }
  return quoteName(c.name('a value'));
}

/** The value of ALGORITHM or LOCK. */
export function alterationWay(c: Cursor, option: string): string {
  return option === 'algorithm' ? oneOf(c, ['default', 'instant', 'inplace', 'copy', 'nocopy']) : oneOf(c, ['default', 'none', 'shared', 'exclusive']);
}

/** ALGORITHM and LOCK of CREATE and DROP INDEX. */
export function algorithmAndLock(c: Cursor): IndexOption[] {
  const found: IndexOption[] = [];
  while (c.kind === K.ALGORITHM || c.kind === K.LOCK) {
    const start = c.start;
    const name = c.word();
    c.advance();
    optionalEquals(c);
    const value = alterationWay(c, name);
    found.push({ kind: 'indexOption', name, value, start, end: c.lastEnd });
  }
  return found;
}
