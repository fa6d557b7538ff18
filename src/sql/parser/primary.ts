import type { Case, ColumnRef, Expression, Row, Subquery, When } from '../ast/expression.ts';
import * as K from '../lexer/keywordIds.generated.ts';
import * as T from '../lexer/tokens.ts';
import type { Cursor } from './cursor.ts';
import { functionForms, genericCall, isCallable } from './functions.ts';
import { bind, digitsLiteral, introduced, numberLiteral, odbcEscape, stringLiteral, systemVariable, temporalLiteral } from './literals.ts';

/** What operators apply to: literals, names, calls. Parentheses and prefix operators are the Pratt core's. */
export function primary(c: Cursor): Expression {
  const start = c.start;
  const kind = c.kind;
  switch (kind) {
    case T.IDENT:
    case T.QUOTED_IDENT:
      return nameOrCall(c);
    case T.INTEGER:
    case T.DECIMAL_NUMBER:
    case T.FLOAT_NUMBER:
      return numberLiteral(c);
    case T.STRING:
    case T.NATIONAL_STRING:
      return stringLiteral(c, undefined, start);
    case T.BIND:
    case T.LIST_BIND:
    case T.PARAM:
      return bind(c);
    case T.HEX_STRING:
    case T.HEX_NUMBER:
    case T.BIT_STRING:
    case T.BIT_NUMBER:
      return digitsLiteral(c, undefined, start);
    case T.INTRODUCER:
      return introduced(c);
    case T.AT_AT:
      return systemVariable(c);
    case T.DOT:
      return nameOrCall(c);
    case T.LBRACE:
      return odbcEscape(c);
    case T.NULL_ESCAPE:
    case K.NULL:
      c.advance();
      return { kind: 'null', start, end: c.lastEnd };
    case K.TRUE:
      c.advance();
      return { kind: 'bool', value: true, start, end: c.lastEnd };
    case K.FALSE:
      c.advance();
      return { kind: 'bool', value: false, start, end: c.lastEnd };
    case K.CASE:
      return caseExpression(c);
    case K.EXISTS:
      if (c.peek() === T.LPAREN) return exists(c);
      break;
    case K.DATE:
    case K.TIME:
    case K.TIMESTAMP:
      if (c.peek() === T.STRING) return temporalLiteral(c);
      break;
    case K.ROW:
      if (c.peek() === T.LPAREN) {
        c.advance();
        return row(c);
      }
      break;
    case K.DEFAULT:
      return defaultValue(c);
  }
  if (kind >= 256) {
    const form = functionForms[kind];
    if (form !== undefined) {
      const found = form(c);
      if (found !== undefined) return found;
    }
    if (c.reserved[kind] === 0) return nameOrCall(c);
    if (c.peek() === T.LPAREN && isCallable(kind)) return genericCall(c, start, undefined);
  }
  throw c.unexpected('an expression');
}

/** `name`, `t.name`, `s.t.name`, `.t.name`, `name(…)`, `s.name(…)`, `name->'$.path'`. */
function nameOrCall(c: Cursor): Expression {
  if (c.peek() === T.LPAREN && c.kind !== T.DOT) return genericCall(c, c.start, undefined);
  const name = column(c);
  if (c.kind === T.LPAREN && name.table !== undefined && name.schema === undefined) {
    c.backTo(c.at - 1, c.lastEnd);
    return genericCall(c, name.start, name.table);
  }
  if (c.kind === T.ARROW || c.kind === T.ARROW_ARROW) return jsonArrow(c, name);
  return name;
}

/** A column name, qualified or not. */
export function column(c: Cursor): ColumnRef {
  const start = c.start;
  let leadingDot = false;
  if (c.kind === T.DOT) {
    c.advance();
    leadingDot = true;
  }
  const first = c.name('a column');
  if (c.kind !== T.DOT) {
    if (leadingDot) throw c.unexpected("'.'");
    return { kind: 'column', schema: undefined, table: undefined, name: first, start, end: c.lastEnd };
  }
  c.advance();
  const second = c.name('a column');
  if (c.kind !== T.DOT || leadingDot) return { kind: 'column', schema: undefined, table: first, name: second, start, end: c.lastEnd };
  c.advance();
  const third = c.name('a column');
  return { kind: 'column', schema: first, table: second, name: third, start, end: c.lastEnd };
}

function jsonArrow(c: Cursor, first: ColumnRef): Expression {
  const start = first.start;
  const unquote = c.kind === T.ARROW_ARROW;
  c.advance();
  if (c.kind !== T.STRING && c.kind !== T.BIND && c.kind !== T.PARAM) throw c.unexpected('a path');
  const at = c.at;
  const path = c.kind === T.STRING ? stringLiteral(c, undefined, c.start) : bind(c);
  // Bytes that are no text can only be written as a hex literal, which no server takes for a path.
  if (path.kind === 'hex') throw c.stream.errorAt(at);
  return { kind: 'jsonArrow', document: first, path, unquote, start, end: c.lastEnd };
}

/** `default`, `default(column)`. */
function defaultValue(c: Cursor): Expression {
  const start = c.start;
  c.advance();
  let of: ColumnRef | undefined;
  if (c.accept(T.LPAREN)) {
    of = column(c);
    c.expect(T.RPAREN);
  }
  return { kind: 'default', column: of, start, end: c.lastEnd };
}

function exists(c: Cursor): Expression {
  const start = c.start;
  c.advance();
  c.expect(T.LPAREN);
  const query = c.grammar.query(c);
  c.expect(T.RPAREN);
  return { kind: 'exists', query, start, end: c.lastEnd };
}

/** The list of `row(…)`, with the cursor on `(`. */
function row(c: Cursor): Row {
  const start = c.start;
  c.expect(T.LPAREN);
  const items = c.list(c.grammar.expression);
  if (items.length < 2) throw c.unexpected("','");
  c.expect(T.RPAREN);
  return { kind: 'row', items, start, end: c.lastEnd };
}

function caseExpression(c: Cursor): Case {
  const start = c.start;
  c.advance();
  const operand = c.kind === K.WHEN ? undefined : c.grammar.expression(c);
  const whens: When[] = [];
  do {
    const from = c.start;
    c.expect(K.WHEN);
    const when = c.grammar.expression(c);
    c.expect(K.THEN);
    const then = c.grammar.expression(c);
    whens.push({ kind: 'when', when, then, start: from, end: c.lastEnd });
  } while (c.kind === K.WHEN);
  const otherwise = c.accept(K.ELSE) ? c.grammar.expression(c) : undefined;
  c.expect(K.END);
  return { kind: 'case', operand, whens, else: otherwise, start, end: c.lastEnd };
}

// ---- parentheses ----------------------------------------------------------------------------------------------------------------

/** Whether the token behind the current `(` begins a query. */
function queryFollows(c: Cursor): boolean {
  const next = c.peek();
  return next === K.SELECT || next === K.WITH || next === K.TABLE || (next === K.VALUES && valuesQueryFollows(c));
}

/** `values row(…)` is a query; `values (…)` one of MariaDB's, unless it is the function: one column and then no comma. */
function valuesQueryFollows(c: Cursor): boolean {
  if (c.peek(2) === K.ROW) return true;
  if (c.settings.dialect !== 'mariadb' || c.peek(2) !== T.LPAREN) return false;
  let i = 3;
  while (c.isNameKind(c.peek(i)) && c.peek(i + 1) === T.DOT) i += 2;
  return !(c.isNameKind(c.peek(i)) && c.peek(i + 1) === T.RPAREN);
}

/**
 * `(expr)`, which is the expression; `(a, b)`, a row; `(query)`. Which of them begins with several `(` shows only behind the inner ones, so
 * these are read first and then gone on with, without ever going back.
 */
export function parenthesised(c: Cursor): Expression {
  const start = c.start;
  const found = contents(c);
  if (!Array.isArray(found)) return found;
  const [first] = found;
  if (found.length === 1 && first !== undefined) return first;
  return { kind: 'row', items: found, start, end: c.lastEnd };
}

/** What stands in parentheses right of IN: a query, or a list of values. */
export function listOrSubquery(c: Cursor): Row | Subquery {
  const start = c.start;
  const found = contents(c);
  return Array.isArray(found) ? { kind: 'row', items: found, start, end: c.lastEnd } : found;
}

/** From `(` to `)`: a query, or the expressions between. */
function contents(c: Cursor): Expression[] | Subquery {
  const start = c.start;
  c.enter();
  const isQuery = queryFollows(c);
  c.expect(T.LPAREN);
  let query = isQuery ? c.grammar.query(c) : undefined;
  let items: Expression[] | undefined;
  if (query === undefined) {
    if (c.kind === T.LPAREN) {
      const innerStart = c.start;
      const inner = parenthesised(c);
      if (inner.kind === 'subquery' && goesOnAsQuery(c)) query = c.grammar.queryAfter(c, innerStart, inner.query);
      else items = [c.grammar.expressionAfter(c, inner, innerStart)];
    } else {
      items = [c.grammar.expression(c)];
    }
  }
  if (items !== undefined) {
    while (c.accept(T.COMMA)) items.push(c.grammar.expression(c));
    c.expect(T.RPAREN);
    c.leave();
    return items;
  }
  c.expect(T.RPAREN);
  c.leave();
  return { kind: 'subquery', query: query as Subquery['query'], start, end: c.lastEnd };
}

/** Whether what follows `(query)` inside of parentheses makes it part of a larger query. */
function goesOnAsQuery(c: Cursor): boolean {
  switch (c.kind) {
    case T.RPAREN:
    case K.UNION:
    case K.EXCEPT:
    case K.INTERSECT:
    case K.ORDER:
    case K.LIMIT:
    case K.FOR:
    case K.LOCK:
    case K.INTO:
      return true;
    case K.OFFSET:
    case K.FETCH:
      return c.settings.dialect === 'mariadb';
    default:
      return false;
  }
}
