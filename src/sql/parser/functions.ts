import type { Aggregate, AggregateName, Expression, FunctionCall, JsonOn, MatchAgainst, TimestampFunction } from '../ast/expression.ts';
import type { OrderItem } from '../ast/query.ts';
import * as K from '../lexer/keywordIds.generated.ts';
import { functionWords, keywordKind, reservedAnywhere } from '../lexer/keywords.ts';
import * as T from '../lexer/tokens.ts';
import { castType, charsetName } from './castType.ts';
import type { Cursor } from './cursor.ts';
import { intervalUnit } from './interval.ts';
import { over } from './window.ts';

/** Reads a form that begins with a certain keyword; undefined when the word is an ordinary name here. The cursor is then where it was. */
type Form = (c: Cursor) => Expression | undefined;

/** By token kind: the functions that have a grammar of their own. */
export const functionForms: readonly (Form | undefined)[] = (() => {
  const forms: (Form | undefined)[] = [];
  const called = (kind: number, form: (c: Cursor, start: number) => Expression) => {
    forms[kind] = (c) => {
      if (c.peek() !== T.LPAREN) return undefined;
      const start = c.start;
      c.advance();
      c.advance();
      return form(c, start);
    };
  };
  for (const kind of [K.CURRENT_DATE, K.CURRENT_TIME, K.CURRENT_TIMESTAMP, K.CURRENT_USER, K.LOCALTIME, K.LOCALTIMESTAMP, K.UTC_DATE, K.UTC_TIME, K.UTC_TIMESTAMP]) {
    forms[kind] = bareCall;
  }
  forms[K.CURRENT_ROLE] = (c) => (c.settings.dialect === 'mariadb' ? bareCall(c) : undefined);
  forms[K.MATCH] = matchAgainst;
  forms[K.NEXT] = (c) => (c.peek() === K.VALUE && c.peek(2) === K.FOR ? sequenceValueFor(c, 'next') : undefined);
  forms[K.PREVIOUS] = (c) => (c.peek() === K.VALUE && c.peek(2) === K.FOR ? sequenceValueFor(c, 'previous') : undefined);
  called(K.CAST, cast);
  called(K.CONVERT, convert);
  called(K.EXTRACT, extract);
  called(K.TRIM, trim);
  called(K.SUBSTRING, substring);
  called(K.SUBSTR, substring);
  called(K.MID, substring);
  called(K.POSITION, position);
  called(K.CHAR, charFunction);
  called(K.WEIGHT_STRING, weightString);
  called(K.TIMESTAMPADD, timestampFunction('timestampadd'));
  called(K.TIMESTAMPDIFF, timestampFunction('timestampdiff'));
  called(K.GET_FORMAT, getFormat);
  called(K.JSON_VALUE, jsonValue);
  called(K.VALUES, valuesFunction);
  forms[K.VALUE] = (c) => {
    if (c.settings.dialect !== 'mariadb' || c.peek() !== T.LPAREN) return undefined;
    const start = c.start;
    c.advance();
    c.advance();
    return valuesFunction(c, start);
  };
  forms[K.NEXTVAL] = (c) => sequenceCall(c, 'next');
  forms[K.LASTVAL] = (c) => sequenceCall(c, 'previous');
  return forms;
})();

/** Reserved words that may be called like any function. */
const callable = new Set<number>([
  K.IF, K.LEFT, K.RIGHT, K.REPLACE, K.INSERT, K.REPEAT, K.MOD, K.DATABASE, K.SCHEMA, K.GROUPING, K.CUME_DIST, K.DENSE_RANK, K.FIRST_VALUE, K.LAG,
  K.LAST_VALUE, K.LEAD, K.NTH_VALUE, K.NTILE, K.PERCENT_RANK, K.RANK, K.ROW_NUMBER, K.COUNT, K.SUM, K.MIN, K.MAX, K.AVG, K.CHAR,
]);

/** Whether a reserved word may be called. */
export function isCallable(kind: number): boolean {
  return callable.has(kind);
}

const aggregates: ReadonlySet<string> = new Set<AggregateName>([
  'count', 'sum', 'avg', 'min', 'max', 'group_concat', 'any_value', 'bit_and', 'bit_or', 'bit_xor', 'std', 'stddev', 'stddev_pop', 'stddev_samp',
  'variance', 'var_pop', 'var_samp', 'json_arrayagg', 'json_objectagg', 'st_collect',
]);

/** `name(…)`, with the cursor on the name; aggregates and windows included. `schema` is what stood before its dot. */
export function genericCall(c: Cursor, start: number, schema: string | undefined): Expression {
  const quoted = c.kind === T.QUOTED_IDENT;
  const text = quoted ? c.stream.value(c.at) : c.stream.text(c.at);
  const name = text.toLowerCase();
  const isWord = c.kind === T.IDENT;
  // A word that another server reserves is printed in quotes.
  const reserved = c.kind >= 256 && reservedAnywhere[c.kind] === 1 && !isCallable(c.kind);
  c.advance();
  c.advance();
  if (schema === undefined && !quoted) {
    if (aggregates.has(name) && !(isWord && isFunctionWord(name))) return aggregate(c, name as AggregateName, start);
    // `count (a)` with a space calls a stored function, as `` `count`(a) `` does.
    if (isWord && isFunctionWord(name)) return finishCall(c, schema, name, true, start);
  }
  // Names that are no plain words are printed in quotes, and are no built-ins either; behind a schema quotes say nothing.
  return finishCall(c, schema, name, schema === undefined && (quoted || reserved || !plainWord.test(name)), start);
}

const plainWord = /^[a-z_][a-z0-9_$]*$/;

function isFunctionWord(name: string): boolean {
  const kind = keywordKind(name);
  return kind !== 0 && functionWords[kind] === 1;
}

/** From behind `(`: the arguments and what may follow the call. */
function finishCall(c: Cursor, schema: string | undefined, name: string, quoted: boolean, start: number): FunctionCall {
  const typedFrom = schema === undefined && !quoted ? typedArguments.get(name) : undefined;
  const args = c.kind === T.RPAREN ? c.none() : typedFrom === undefined ? c.list(c.grammar.argument) : dynamicColumns(c, name, typedFrom);
  c.expect(T.RPAREN);
  const kind = c.kind;
  if (kind !== K.OVER && kind !== K.FROM && kind !== K.RESPECT && kind !== K.IGNORE && kind !== K.WITHIN) {
    return { kind: 'function', schema, name, args, quoted, start, end: c.lastEnd };
  }
  return windowed(c, schema, name, quoted, args, start);
}

/** MariaDB's functions of dynamic columns, with the index of the first argument that may say its type; in all but `column_get` every second one from there may. */
const typedArguments: ReadonlyMap<string, number> = new Map([['column_get', 1], ['column_create', 1], ['column_add', 2]]);

function dynamicColumns(c: Cursor, name: string, typedFrom: number): Expression[] {
  let index = 0;
  return c.list((inner): Expression => {
    const start = inner.start;
    const operand = inner.grammar.argument(inner);
    const typed = name === 'column_get' ? index === typedFrom : index >= typedFrom && (index - typedFrom) % 2 === 0;
    index++;
    if (!typed || !inner.accept(K.AS)) return operand;
    return { kind: 'typedArgument', operand, type: castType(inner), start, end: inner.lastEnd };
  });
}

function windowed(c: Cursor, schema: string | undefined, name: string, quoted: boolean, args: readonly Expression[], start: number): FunctionCall {
  let withinGroup: readonly OrderItem[] | undefined;
  if (c.kind === K.WITHIN && c.peek() === K.GROUP) {
    c.advance();
    c.advance();
    c.expect(T.LPAREN);
    withinGroup = c.grammar.orderList(c);
    c.expect(T.RPAREN);
  }
  let from: FunctionCall['from'];
  if (c.kind === K.FROM && (c.peek() === K.FIRST || c.peek() === K.LAST) && (c.peek(2) === K.OVER || c.peek(3) === K.NULLS)) {
    from = c.peek() === K.FIRST ? 'first' : 'last';
    c.advance();
    c.advance();
  }
  let nulls: FunctionCall['nulls'];
  if (c.accept2(K.RESPECT, K.NULLS)) nulls = 'respect';
  else if (c.accept2(K.IGNORE, K.NULLS)) nulls = 'ignore';
  const window = c.accept(K.OVER) ? over(c) : undefined;
  return { kind: 'function', schema, name, args, quoted, withinGroup, from, nulls, over: window, start, end: c.lastEnd };
}

/** From behind `(`. */
function aggregate(c: Cursor, name: AggregateName, start: number): Aggregate {
  let star = false;
  let distinct = false;
  let args: readonly Expression[] = c.none();
  let orderBy: readonly OrderItem[] = c.none();
  let separator: string | undefined;
  let limit: Aggregate['limit'];
  if (name === 'count' && c.kind === T.STAR) {
    c.advance();
    star = true;
  } else {
    distinct = c.accept(K.DISTINCT);
    if (!distinct) c.accept(K.ALL);
    args = c.list(c.grammar.expression);
    if (name === 'group_concat' || name === 'json_arrayagg') {
      if (c.kind === K.ORDER) orderBy = c.grammar.orderList(c);
      if (name === 'group_concat' && c.accept(K.SEPARATOR)) separator = c.string();
      limit = c.grammar.limit(c);
    }
  }
  c.expect(T.RPAREN);
  const window = c.accept(K.OVER) ? over(c) : undefined;
  return { kind: 'aggregate', name, distinct, star, args, orderBy, separator, limit, over: window, start, end: c.lastEnd };
}

/** `current_timestamp`, `current_timestamp()`, `current_timestamp(6)`. */
function bareCall(c: Cursor): Expression {
  const start = c.start;
  const name = c.word();
  c.advance();
  let args: readonly Expression[] = c.none();
  if (c.accept(T.LPAREN)) {
    if (c.kind !== T.RPAREN) args = c.list(c.grammar.expression);
    c.expect(T.RPAREN);
  }
  return { kind: 'function', schema: undefined, name, args, quoted: false, start, end: c.lastEnd };
}

// ---- from here on each form begins behind its `(` -----------------------------------------------------------------------------------

function cast(c: Cursor, start: number): Expression {
  const operand = c.grammar.expression(c);
  let atTimeZone: string | undefined;
  if (c.accept(K.AT)) {
    if (!c.accept2(K.TIME, K.ZONE)) throw c.unexpected('TIME ZONE');
    c.accept(K.INTERVAL);
    atTimeZone = c.string();
  }
  c.expect(K.AS);
  const type = castType(c);
  const array = c.accept(K.ARRAY);
  c.expect(T.RPAREN);
  return { kind: 'cast', operand, type, array, atTimeZone, start, end: c.lastEnd };
}

function convert(c: Cursor, start: number): Expression {
  const operand = c.grammar.expression(c);
  if (c.accept(K.USING)) {
    const charset = c.accept(K.DEFAULT) ? 'default' : charsetName(c);
    c.expect(T.RPAREN);
    return { kind: 'convertUsing', operand, charset, start, end: c.lastEnd };
  }
  c.expect(T.COMMA);
  const type = castType(c);
  c.expect(T.RPAREN);
  return { kind: 'cast', operand, type, array: false, atTimeZone: undefined, start, end: c.lastEnd };
}

function extract(c: Cursor, start: number): Expression {
  const unit = intervalUnit(c);
  c.expect(K.FROM);
  const operand = c.grammar.expression(c);
  c.expect(T.RPAREN);
  return { kind: 'extract', unit, operand, start, end: c.lastEnd };
}

function trim(c: Cursor, start: number): Expression {
  const side = c.kind === K.BOTH ? 'both' : c.kind === K.LEADING ? 'leading' : c.kind === K.TRAILING ? 'trailing' : undefined;
  if (side !== undefined) c.advance();
  let what: Expression | undefined;
  let operand: Expression;
  if (side !== undefined && c.accept(K.FROM)) {
    operand = c.grammar.expression(c);
  } else {
    operand = c.grammar.expression(c);
    if (side !== undefined && c.kind !== K.FROM) throw c.unexpected('FROM');
    if (c.accept(K.FROM)) {
      what = operand;
      operand = c.grammar.expression(c);
    }
  }
  c.expect(T.RPAREN);
  return { kind: 'trim', side, what, operand, start, end: c.lastEnd };
}

/** `substring(a, b, c)`, and `substring(a from b for c)`, which is the same. The word stays as it was written: substring, substr or mid. */
function substring(c: Cursor, start: number): Expression {
  const name = c.stream.text(c.at - 2).toLowerCase();
  const args = [c.grammar.expression(c)];
  if (c.accept(K.FROM)) {
    args.push(c.grammar.expression(c));
    if (c.accept(K.FOR)) args.push(c.grammar.expression(c));
  } else {
    c.expect(T.COMMA);
    args.push(...c.list(c.grammar.expression));
  }
  c.expect(T.RPAREN);
  return { kind: 'function', schema: undefined, name, args, quoted: false, start, end: c.lastEnd };
}

function position(c: Cursor, start: number): Expression {
  const what = c.grammar.bits(c);
  c.expect(K.IN);
  const args = [what, c.grammar.expression(c)];
  c.expect(T.RPAREN);
  return { kind: 'function', schema: undefined, name: 'locate', args, quoted: false, start, end: c.lastEnd };
}

function charFunction(c: Cursor, start: number): Expression {
  const args = c.list(c.grammar.expression);
  const charset = c.accept(K.USING) ? charsetName(c) : undefined;
  c.expect(T.RPAREN);
  return { kind: 'char', args, charset, start, end: c.lastEnd };
}

function weightString(c: Cursor, start: number): Expression {
  const operand = c.grammar.expression(c);
  const as = c.accept(K.AS) ? castType(c) : undefined;
  let levels: string | undefined;
  if (c.kind === K.LEVEL) {
    const from = c.start;
    c.advance();
    while (!c.is(T.RPAREN) && !c.is(T.EOF)) c.advance();
    levels = c.stream.slice(from, c.lastEnd).toLowerCase();
  }
  c.expect(T.RPAREN);
  return { kind: 'weightString', operand, as, levels, start, end: c.lastEnd };
}

function timestampFunction(name: TimestampFunction['name']): (c: Cursor, start: number) => Expression {
  return (c, start) => {
    const unit = intervalUnit(c);
    c.expect(T.COMMA);
    const first = c.grammar.expression(c);
    c.expect(T.COMMA);
    const second = c.grammar.expression(c);
    c.expect(T.RPAREN);
    return { kind: 'timestampFunction', name, unit, args: [first, second], start, end: c.lastEnd };
  };
}

function getFormat(c: Cursor, start: number): Expression {
  const kind = c.kind;
  if (kind !== K.DATE && kind !== K.TIME && kind !== K.DATETIME && kind !== K.TIMESTAMP) throw c.unexpected('DATE, TIME or DATETIME');
  c.advance();
  c.expect(T.COMMA);
  const operand = c.grammar.expression(c);
  c.expect(T.RPAREN);
  return { kind: 'getFormat', type: kind === K.DATE ? 'date' : kind === K.TIME ? 'time' : 'datetime', operand, start, end: c.lastEnd };
}

function jsonValue(c: Cursor, start: number): Expression {
  const document = c.grammar.expression(c);
  c.expect(T.COMMA);
  const path = c.grammar.expression(c);
  const returning = c.accept(K.RETURNING) ? castType(c) : undefined;
  const { onEmpty, onError } = jsonOns(c);
  c.expect(T.RPAREN);
  return { kind: 'jsonValue', document, path, returning, onEmpty, onError, start, end: c.lastEnd };
}

/** `… ON EMPTY … ON ERROR`, each of them optional; MariaDB takes them in either order. */
export function jsonOns(c: Cursor): { onEmpty: JsonOn | undefined; onError: JsonOn | undefined } {
  let onEmpty: JsonOn | undefined;
  let onError: JsonOn | undefined;
  while (c.kind === K.NULL || c.kind === K.ERROR || c.kind === K.DEFAULT) {
    const start = c.start;
    const action = c.kind === K.NULL ? 'null' : c.kind === K.ERROR ? 'error' : 'default';
    c.advance();
    const value = action === 'default' ? c.grammar.bits(c) : undefined;
    c.expect(K.ON);
    const on: JsonOn = { kind: 'jsonOn', action, value, start, end: c.start };
    if (c.is(K.EMPTY) && onEmpty === undefined) onEmpty = on;
    else if (c.is(K.ERROR) && onError === undefined) onError = on;
    else throw c.unexpected('EMPTY or ERROR');
    c.advance();
  }
  return { onEmpty, onError };
}

function valuesFunction(c: Cursor, start: number): Expression {
  const column = c.grammar.column(c);
  c.expect(T.RPAREN);
  return { kind: 'valuesFunction', column, start, end: c.lastEnd };
}

function sequenceValueFor(c: Cursor, which: 'next' | 'previous'): Expression {
  const start = c.start;
  c.advance();
  c.advance();
  c.advance();
  const sequence = c.tableName();
  return { kind: 'sequenceValue', which, sequence, start, end: c.lastEnd };
}

/** MariaDB's `nextval(s)`, `lastval(s)`. */
function sequenceCall(c: Cursor, which: 'next' | 'previous'): Expression | undefined {
  if (c.settings.dialect !== 'mariadb' || c.peek() !== T.LPAREN) return undefined;
  const start = c.start;
  c.advance();
  c.advance();
  const sequence = c.tableName();
  c.expect(T.RPAREN);
  return { kind: 'sequenceValue', which, sequence, start, end: c.lastEnd };
}

/** `match (a, b) against (… in boolean mode)`, with the cursor on MATCH. */
function matchAgainst(c: Cursor): MatchAgainst {
  const start = c.start;
  c.advance();
  const closed = c.accept(T.LPAREN);
  const columns = c.list(c.grammar.column);
  if (closed) c.expect(T.RPAREN);
  c.expect(K.AGAINST);
  c.expect(T.LPAREN);
  const against = c.grammar.bits(c);
  let mode: MatchAgainst['mode'];
  if (c.accept(K.IN)) {
    if (c.accept(K.BOOLEAN)) {
      mode = 'boolean';
    } else {
      if (!c.accept2(K.NATURAL, K.LANGUAGE)) throw c.unexpected('BOOLEAN or NATURAL LANGUAGE');
      mode = 'natural language';
    }
    c.expect(K.MODE);
  }
  if (mode !== 'boolean' && c.accept(K.WITH)) {
    if (!c.accept2(K.QUERY, K.EXPANSION)) throw c.unexpected('QUERY EXPANSION');
    mode = mode === undefined ? 'query expansion' : 'natural language with query expansion';
  }
  c.expect(T.RPAREN);
  return { kind: 'match', columns, against, mode, start, end: c.lastEnd };
}
