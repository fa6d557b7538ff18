import type { CheckAttribute, ColumnAttribute, ColumnDefinition, FlagAttribute, GeneratedAttribute, ReferenceAction, ReferenceAttribute, TextAttribute } from '../../ast/table.ts';
import type { Expression } from '../../ast/expression.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import * as T from '../../lexer/tokens.ts';
import { charsetName } from '../castType.ts';
import type { Cursor } from '../cursor.ts';
import { primary } from '../primary.ts';
import { columnType } from './columnType.ts';
import { oneOf, optionalEquals } from './clauses.ts';

/** `name type attributes`. */
export function columnDefinition(c: Cursor): ColumnDefinition {
  const start = c.start;
  return definitionOf(c, c.name('a column'), start);
}

/** The type and attributes of a column whose name has been read. */
export function definitionOf(c: Cursor, name: string, start: number): ColumnDefinition {
  const type = columnType(c);
  const attributes: ColumnAttribute[] = [];
  for (;;) {
    const found = attribute(c);
    if (found === undefined) break;
    attributes.push(found);
  }
  return { kind: 'columnDefinition', name, type, attributes, start, end: c.lastEnd };
}

function attribute(c: Cursor): ColumnAttribute | undefined {
  const start = c.start;
  switch (c.kind) {
    case K.NULL:
      return flag(c, start, 'null', 1);
    case K.NOT:
      if (c.peek() === K.NULL) return flag(c, start, 'not null', 2);
      if (c.peek() === K.SECONDARY) return flag(c, start, 'not secondary', 2);
      return undefined;
    case K.AUTO_INCREMENT:
      return flag(c, start, 'auto_increment', 1);
    case K.UNIQUE:
      c.advance();
      c.accept(K.KEY);
      return { kind: 'flagAttribute', flag: 'unique key', start, end: c.lastEnd };
    case K.PRIMARY:
      c.advance();
      c.accept(K.KEY);
      return { kind: 'flagAttribute', flag: 'primary key', start, end: c.lastEnd };
    case K.KEY:
      // A bare KEY is the primary key.
      return flag(c, start, 'primary key', 1);
    case K.VISIBLE:
      return flag(c, start, 'visible', 1);
    case K.INVISIBLE:
      return flag(c, start, 'invisible', 1);
    case K.SERIAL:
      c.advance();
      if (!c.accept2(K.DEFAULT, K.VALUE)) throw c.unexpected('DEFAULT VALUE');
      return { kind: 'flagAttribute', flag: 'serial default value', start, end: c.lastEnd };
    case K.WITH:
    case K.WITHOUT:
      if (c.peek() !== K.SYSTEM) return undefined;
      return flag(c, start, c.kind === K.WITH ? 'with system versioning' : 'without system versioning', 3);
    case K.DEFAULT:
      return defaultValue(c, start);
    case K.ON: {
      if (c.peek() !== K.UPDATE) return undefined;
      c.advance();
      c.advance();
      const value = primary(c);
      return { kind: 'onUpdateAttribute', value, start, end: c.lastEnd };
    }
    case K.GENERATED:
    case K.AS:
      return generated(c, start);
    case K.REFERENCES:
      return reference(c);
    case K.CONSTRAINT:
    case K.CHECK:
      return check(c, start);
    case K.COMMENT:
      return text(c, start, 'comment');
    case K.COLLATE: {
      c.advance();
      const value = charsetName(c);
      return { kind: 'textAttribute', name: 'collate', value, start, end: c.lastEnd };
    }
    case K.COLUMN_FORMAT:
      return word(c, start, 'column_format', ['default', 'fixed', 'dynamic']);
    case K.STORAGE:
      return word(c, start, 'storage', ['disk', 'memory', 'default']);
    case K.ENGINE_ATTRIBUTE:
      return text(c, start, 'engine_attribute');
    case K.SECONDARY_ENGINE_ATTRIBUTE:
      return text(c, start, 'secondary_engine_attribute');
    case K.SRID: {
      c.advance();
      const value = c.integer();
      return { kind: 'textAttribute', name: 'srid', value, start, end: c.lastEnd };
    }
    case K.REF_SYSTEM_ID: {
      c.advance();
      optionalEquals(c);
      const id = c.integer();
      return { kind: 'referenceSystem', id, start, end: c.lastEnd };
    }
    default:
      if (!c.isWord('compressed')) return undefined;
      c.advance();
      if (c.accept(T.EQ)) {
        const value = c.word();
        c.advance();
        return { kind: 'textAttribute', name: 'compressed', value, start, end: c.lastEnd };
      }
      return { kind: 'flagAttribute', flag: 'compressed', start, end: c.lastEnd };
  }
}

function flag(c: Cursor, start: number, name: FlagAttribute['flag'], words: number): FlagAttribute {
  for (let i = 0; i < words; i++) c.advance();
  return { kind: 'flagAttribute', flag: name, start, end: c.lastEnd };
}

function text(c: Cursor, start: number, name: TextAttribute['name']): TextAttribute {
  c.advance();
  optionalEquals(c);
  const value = c.string();
  return { kind: 'textAttribute', name, value, start, end: c.lastEnd };
}

function word(c: Cursor, start: number, name: TextAttribute['name'], words: readonly string[]): TextAttribute {
  c.advance();
  const value = oneOf(c, words);
  return { kind: 'textAttribute', name, value, start, end: c.lastEnd };
}

function defaultValue(c: Cursor, start: number): ColumnAttribute {
  c.advance();
  const { value, parenthesised } = valueOfDefault(c);
  return { kind: 'defaultAttribute', value, parenthesised, start, end: c.lastEnd };
}

/** A literal, `(expression)`, or a call such as CURRENT_TIMESTAMP. */
export function valueOfDefault(c: Cursor): { readonly value: Expression; readonly parenthesised: boolean } {
  if (c.kind === T.LPAREN) {
    c.advance();
    const value = c.grammar.expression(c);
    c.expect(T.RPAREN);
    return { value, parenthesised: true };
  }
  // Only a literal or a call: `default 'a' collate x not null` must leave the attributes alone.
  const start = c.start;
  if (c.kind !== T.MINUS && c.kind !== T.PLUS) return { value: primary(c), parenthesised: false };
  const op = c.kind === T.MINUS ? '-' : '+';
  c.advance();
  const operand = primary(c);
  return { value: { kind: 'unary', op, operand, start, end: c.lastEnd }, parenthesised: false };
}

function generated(c: Cursor, start: number): GeneratedAttribute {
  if (c.accept(K.GENERATED) && !c.accept(K.ALWAYS)) throw c.unexpected('ALWAYS');
  c.expect(K.AS);
  if (c.kind === K.ROW) {
    c.advance();
    const row = oneOf(c, ['start', 'end']);
    return { kind: 'generatedAttribute', expression: undefined, row, storage: undefined, start, end: c.lastEnd };
  }
  c.expect(T.LPAREN);
  const expression = c.grammar.expression(c);
  c.expect(T.RPAREN);
  let storage: GeneratedAttribute['storage'];
  if (c.accept(K.VIRTUAL)) storage = 'virtual';
  else if (c.accept(K.STORED) || c.accept(K.PERSISTENT)) storage = 'stored';
  return { kind: 'generatedAttribute', expression, row: undefined, storage, start, end: c.lastEnd };
}

/** `references t (a) …`. */
export function reference(c: Cursor): ReferenceAttribute {
  const start = c.start;
  c.expect(K.REFERENCES);
  const table = c.tableName();
  const columns = c.kind === T.LPAREN ? c.nameList() : c.none();
  const match = c.accept(K.MATCH) ? oneOf(c, ['full', 'partial', 'simple']) : undefined;
  let onDelete: ReferenceAction | undefined;
  let onUpdate: ReferenceAction | undefined;
  while (c.kind === K.ON && (c.peek() === K.DELETE || c.peek() === K.UPDATE)) {
    c.advance();
    const isDelete = c.is(K.DELETE);
    c.advance();
    const action = referenceAction(c);
    if (isDelete) onDelete = action;
    else onUpdate = action;
  }
  return { kind: 'reference', table, columns, match, onDelete, onUpdate, start, end: c.lastEnd };
}

function referenceAction(c: Cursor): ReferenceAction {
  if (c.accept(K.RESTRICT)) return 'restrict';
  if (c.accept(K.CASCADE)) return 'cascade';
  if (c.accept2(K.SET, K.NULL)) return 'set null';
  if (c.accept2(K.SET, K.DEFAULT)) return 'set default';
  if (c.accept2(K.NO, K.ACTION)) return 'no action';
  throw c.unexpected('RESTRICT, CASCADE, SET NULL, SET DEFAULT or NO ACTION');
}

function check(c: Cursor, start: number): CheckAttribute | undefined {
  let name: string | undefined;
  if (c.kind === K.CONSTRAINT) {
    const isCheck = c.peek() === K.CHECK || c.peek(2) === K.CHECK;
    if (!isCheck) return undefined;
    c.advance();
    name = c.is(K.CHECK) ? '' : c.name('a constraint');
  }
  const { condition, enforced } = checkBody(c);
  return { kind: 'checkAttribute', name, condition, enforced, start, end: c.lastEnd };
}

/** `check (condition) [[not] enforced]`. */
export function checkBody(c: Cursor): { readonly condition: Expression; readonly enforced: boolean | undefined } {
  c.expect(K.CHECK);
  c.expect(T.LPAREN);
  const condition = c.grammar.expression(c);
  c.expect(T.RPAREN);
  if (c.accept(K.ENFORCED)) return { condition, enforced: true };
  return { condition, enforced: c.accept2(K.NOT, K.ENFORCED) ? false : undefined };
}
