import type { Expression } from '../ast/expression.ts';
import type { Comment } from '../ast/node.ts';
import type { CommonTable, GroupBy, NamedWindow, Query, QueryTail, Select, SelectExpr, SelectItem, SelectOption, SetOperation, With } from '../ast/query.ts';
import type { TableExpr } from '../ast/tableRef.ts';
import * as K from '../lexer/keywordIds.generated.ts';
import * as T from '../lexer/tokens.ts';
import type { Cursor } from './cursor.ts';
import { into, orderItem, queryTail } from './queryTail.ts';
import { tableList } from './tableRef.ts';
import { windowSpec } from './window.ts';

/** A query with WITH before and ORDER BY, LIMIT, locks and INTO behind. */
export function query(c: Cursor): Query {
  c.enter();
  const start = c.start;
  const ctes = c.kind === K.WITH ? withClause(c) : undefined;
  const body = setOperations(c, undefined, start);
  const whole = withTail(c, body, ctes, start);
  c.leave();
  return whole;
}

/** See Grammar.queryAfter. */
export function queryAfter(c: Cursor, start: number, first: Query): Query {
  const body = setOperations(c, first, start);
  return withTail(c, body, undefined, start);
}

// ---- set operations -------------------------------------------------------------------------------------------------------------

/** UNION and EXCEPT, from left to right, over INTERSECTs. `first` is an operand that has been read already. */
function setOperations(c: Cursor, first: Query | undefined, start: number): Query {
  let left = intersections(c, first, start);
  for (let chain = 1; c.kind === K.UNION || c.kind === K.EXCEPT; chain++) {
    c.checkChain(chain);
    const op = c.kind === K.UNION ? 'union' : 'except';
    c.advance();
    const all = allOrDistinct(c);
    const right = intersections(c, undefined, c.start);
    left = setOperation(op, all, left, right, start, c.lastEnd);
  }
  return left;
}

function intersections(c: Cursor, first: Query | undefined, start: number): Query {
  let left = first ?? primaryQuery(c);
  for (let chain = 1; c.kind === K.INTERSECT; chain++) {
    c.checkChain(chain);
    c.advance();
    const all = allOrDistinct(c);
    const right = primaryQuery(c);
    left = setOperation('intersect', all, left, right, start, c.lastEnd);
  }
  return left;
}

function allOrDistinct(c: Cursor): boolean {
  if (c.accept(K.ALL)) return true;
  c.accept(K.DISTINCT);
  return false;
}

/** INTO in the (parenthesised) last operand is that of the whole, as in MySQL. */
function setOperation(op: SetOperation['op'], all: boolean, left: Query, right: Query, start: number, end: number): SetOperation {
  const last: Query = right.into === undefined ? right : { ...right, into: undefined };
  return { kind: 'setOperation', op, all, left, right: last, with: undefined, orderBy: none, limit: undefined, locks: none, into: right.into, start, end };
}

/** An operand: SELECT, VALUES, TABLE, or a query in parentheses. */
function primaryQuery(c: Cursor): Query {
  switch (c.kind) {
    case K.SELECT:
      return select(c);
    case K.VALUES:
      return values(c);
    case K.TABLE:
      return tableQuery(c);
    case T.LPAREN: {
      c.advance();
      const inner = query(c);
      c.expect(T.RPAREN);
      return inner;
    }
    default:
      throw c.unexpected('SELECT, VALUES, TABLE or a query in parentheses');
  }
}

/** Reads what follows a query and puts it into it, or around it where the query (in parentheses) has something of its own there. */
function withTail(c: Cursor, body: Query, ctes: With | undefined, start: number): Query {
  if (ctes === undefined && !startsTail(c)) return body;
  const tail = queryTail(c, ctes);
  if (body.kind === 'select' && body.into !== undefined && body.start === start) {
    // INTO stood before FROM, so the tail can't have another.
    if (tail.into !== undefined) throw c.unexpected();
    return { ...body, ...tail, into: body.into, start, end: c.lastEnd };
  }
  if (hasTail(body)) {
    return { kind: 'nestedQuery', query: body, ...tail, start, end: c.lastEnd };
  }
  return { ...body, ...tail, start, end: c.lastEnd };
}

function startsTail(c: Cursor): boolean {
  switch (c.kind) {
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

function hasTail(q: QueryTail): boolean {
  return q.with !== undefined || q.orderBy.length > 0 || q.limit !== undefined || q.locks.length > 0 || q.into !== undefined;
}

// ---- WITH -----------------------------------------------------------------------------------------------------------------------

/** With the cursor on WITH. */
export function withClause(c: Cursor): With {
  const start = c.start;
  c.advance();
  const recursive = c.accept(K.RECURSIVE);
  const tables = c.list(commonTable);
  return { kind: 'with', recursive, tables, start, end: c.lastEnd };
}

function commonTable(c: Cursor): CommonTable {
  const start = c.start;
  const name = c.name('the name of a common table expression');
  const columns = c.kind === T.LPAREN ? c.nameList() : c.none();
  c.expect(K.AS);
  c.expect(T.LPAREN);
  const body = query(c);
  c.expect(T.RPAREN);
  let cycle: string[] | undefined;
  if (c.settings.dialect === 'mariadb' && c.accept(K.CYCLE)) {
    cycle = c.list((inner) => inner.name());
    c.expect(K.RESTRICT);
  }
  return { kind: 'commonTable', name, columns, query: body, cycle, start, end: c.lastEnd };
}

// ---- SELECT ---------------------------------------------------------------------------------------------------------------------

function select(c: Cursor): Select {
  const start = c.start;
  c.advance();
  const comments = c.commentsAfterVerb();
  let distinct = false;
  let options: SelectOption[] | undefined;
  for (;;) {
    const kind = c.kind;
    if (kind === K.DISTINCT || kind === K.DISTINCTROW) {
      distinct = true;
    } else {
      const option = selectOptions.get(kind);
      if (option === undefined || (option !== 'all' && c.reserved[kind] === 0 && !isOptionHere(c))) break;
      options ??= [];
      if (option !== 'all' && !options.includes(option)) options.push(option);
    }
    c.advance();
  }
  const items = c.list(selectItem);
  const early = c.kind === K.INTO ? earlyInto(c) : undefined;
  let from: readonly TableExpr[] = c.none();
  if (c.accept(K.FROM)) from = isOnlyDual(c) ? c.none() : tableList(c);
  const where = c.accept(K.WHERE) ? c.grammar.expression(c) : undefined;
  const group = c.kind === K.GROUP ? groupBy(c) : undefined;
  const having = c.accept(K.HAVING) ? c.grammar.expression(c) : undefined;
  const windows = c.accept(K.WINDOW) ? c.list(namedWindow) : c.none();
  const qualify = c.reserved[K.QUALIFY] === 1 && c.accept(K.QUALIFY) ? c.grammar.expression(c) : undefined;
  return makeSelect(comments, distinct, options ?? c.none(), items, from, where, group, having, windows, qualify, early, start, c.lastEnd);
}

/** INTO before FROM; undefined, with the cursor on INTO, when it ends the query and so belongs to its tail. */
function earlyInto(c: Cursor): Select['into'] {
  const at = c.at;
  const lastEnd = c.lastEnd;
  const found = into(c);
  switch (c.kind) {
    case K.FROM:
    case K.WHERE:
    case K.GROUP:
    case K.HAVING:
    case K.ORDER:
    case K.LIMIT:
    case K.WINDOW:
      return found;
    default:
      c.backTo(at, lastEnd);
      return undefined;
  }
}

/** FROM DUAL is no FROM. (Vitess takes `from dual, t` too, where it is a table.) */
function isOnlyDual(c: Cursor): boolean {
  if (c.kind !== K.DUAL) return false;
  const next = c.peek();
  if (next === T.COMMA || next === K.AS || next === K.JOIN || next === K.CROSS || next === K.LEFT || next === K.RIGHT || next === K.INNER) return false;
  c.advance();
  return true;
}

/** One shape for every SELECT. */
function makeSelect(
  comments: Comment[] | undefined, distinct: boolean, options: readonly SelectOption[], items: readonly SelectItem[], from: readonly TableExpr[],
  where: Expression | undefined, group: GroupBy | undefined, having: Expression | undefined, windows: readonly NamedWindow[],
  qualify: Expression | undefined, early: Select['into'], start: number, end: number,
): Select {
  return {
    kind: 'select', comments, with: undefined, distinct, options, items, from, where, groupBy: group, having, windows, qualify,
    orderBy: none, limit: undefined, locks: none, into: early, start, end,
  };
}

const none: readonly never[] = [];

const selectOptions: ReadonlyMap<number, SelectOption> = new Map([
  [K.ALL, 'all'], [K.HIGH_PRIORITY, 'high_priority'], [K.STRAIGHT_JOIN, 'straight_join'], [K.SQL_SMALL_RESULT, 'sql_small_result'],
  [K.SQL_BIG_RESULT, 'sql_big_result'], [K.SQL_BUFFER_RESULT, 'sql_buffer_result'], [K.SQL_CACHE, 'sql_cache'], [K.SQL_NO_CACHE, 'sql_no_cache'],
  [K.SQL_CALC_FOUND_ROWS, 'sql_calc_found_rows'],
]);

/** The options that are not reserved (`sql_no_cache`, `sql_buffer_result`) are names when an operator or the end of the item follows. */
function isOptionHere(c: Cursor): boolean {
  const next = c.peek();
  return next !== T.COMMA && next !== K.FROM && next !== T.EOF && next !== T.RPAREN && next !== K.AS && next !== T.SEMICOLON && next !== T.EQ;
}

function selectItem(c: Cursor): SelectItem {
  const start = c.start;
  const kind = c.kind;
  if (kind === T.STAR) {
    c.advance();
    return { kind: 'star', schema: undefined, table: undefined, start, end: c.lastEnd };
  }
  if (c.peek() === T.DOT && c.isName()) {
    if (c.peek(2) === T.STAR) {
      const table = c.name();
      c.advance();
      c.advance();
      return { kind: 'star', schema: undefined, table, start, end: c.lastEnd };
    }
    if (c.peek(3) === T.DOT && c.peek(4) === T.STAR) {
      const schema = c.name();
      c.advance();
      const table = c.name();
      c.advance();
      c.advance();
      return { kind: 'star', schema, table, start, end: c.lastEnd };
    }
  }
  if (kind === K.NEXT) {
    const next = c.peek();
    if (next === K.VALUE ? c.peek(2) === K.FROM : (next === T.INTEGER || next === T.BIND || next === T.PARAM) && c.peek(2) === K.VALUES) {
      c.advance();
      if (c.accept(K.VALUE)) {
        return { kind: 'nextValues', amount: { kind: 'number', type: 'integer', text: '1', start: c.lastEnd, end: c.lastEnd }, start, end: c.lastEnd };
      }
      const amount = c.grammar.bits(c);
      c.expect(K.VALUES);
      return { kind: 'nextValues', amount, start, end: c.lastEnd };
    }
  }
  const expr = c.grammar.expression(c);
  const end = c.lastEnd;
  const alias = selectAlias(c);
  return { kind: 'selectExpr', expr, alias, start, end: alias === undefined ? end : c.lastEnd } satisfies SelectExpr;
}

function selectAlias(c: Cursor): string | undefined {
  if (c.accept(K.AS)) return c.nameOrString('an alias');
  if (c.kind === T.STRING || c.isName()) return c.nameOrString();
  return undefined;
}

/** The items of RETURNING, with the cursor behind it. */
export function selectItems(c: Cursor): SelectItem[] {
  return c.list(selectItem);
}

function groupBy(c: Cursor): GroupBy {
  const start = c.start;
  c.advance();
  c.expect(K.BY);
  if ((c.kind === K.ROLLUP || c.kind === K.CUBE) && c.peek() === T.LPAREN && c.settings.dialect !== 'mariadb') {
    const cube = c.kind === K.CUBE;
    c.advance();
    c.advance();
    const inner = c.list(groupItem);
    c.expect(T.RPAREN);
    return { kind: 'groupBy', items: inner, rollup: !cube, cube: cube ? true : undefined, start, end: c.lastEnd };
  }
  const items = c.list(groupItem);
  const rollup = c.accept2(K.WITH, K.ROLLUP);
  return { kind: 'groupBy', items, rollup, start, end: c.lastEnd };
}

function groupItem(c: Cursor) {
  return orderItem(c, undefined);
}

function namedWindow(c: Cursor): NamedWindow {
  const start = c.start;
  const name = c.name('a window');
  c.expect(K.AS);
  const spec = windowSpec(c);
  return { kind: 'namedWindow', name, spec, start, end: c.lastEnd };
}

// ---- VALUES and TABLE -----------------------------------------------------------------------------------------------------------

function values(c: Cursor): Query {
  const start = c.start;
  c.advance();
  const rowKeyword = c.is(K.ROW);
  if (!rowKeyword && c.settings.dialect !== 'mariadb') throw c.unexpected('ROW');
  const rows = c.list((inner) => {
    const from = inner.start;
    if (rowKeyword) inner.expect(K.ROW);
    inner.expect(T.LPAREN);
    const items = inner.kind === T.RPAREN ? inner.none() : inner.list(inner.grammar.expression);
    inner.expect(T.RPAREN);
    return { kind: 'row' as const, items, start: from, end: inner.lastEnd };
  });
  return { kind: 'values', rows, rowKeyword, with: undefined, orderBy: none, limit: undefined, locks: none, into: undefined, start, end: c.lastEnd };
}

function tableQuery(c: Cursor): Query {
  const start = c.start;
  c.advance();
  const table = c.tableName();
  return { kind: 'tableQuery', table, with: undefined, orderBy: none, limit: undefined, locks: none, into: undefined, start, end: c.lastEnd };
}

