import type { TableName } from '../ast/node.ts';
import type { AsOf, IndexHint, Join, Portion, TableExpr, TableRef, TableSample } from '../ast/tableRef.ts';
import * as K from '../lexer/keywordIds.generated.ts';
import * as T from '../lexer/tokens.ts';
import type { Cursor } from './cursor.ts';
import { jsonTable } from './jsonTable.ts';

/** `a, b join c, …`. */
export function tableList(c: Cursor): TableExpr[] {
  return c.list(joinedTable);
}

/**
 * A table and all that is joined to it. A JOIN takes as its right side everything up to its ON, as in MySQL:
 * `a join b join c on x on y` is `a join (b join c on x) on y`. A join that turns out to have no condition then goes under what it took,
 * to the far left: `a join b left join c on x` is `(a join b) left join c on x`.
 */
export function joinedTable(c: Cursor): TableExpr {
  c.enter();
  const start = c.start;
  let left = tableFactor(c);
  for (let chain = 1; ; chain++) {
    const type = joinType(c);
    if (type === undefined) break;
    c.checkChain(chain);
    const natural = type.natural;
    if (natural) {
      const right = tableFactor(c);
      left = { kind: 'join', type: type.type, natural, left, right, on: undefined, using: undefined, start, end: c.lastEnd };
      continue;
    }
    const right = joinedTable(c);
    if (c.accept(K.ON)) {
      const on = c.grammar.expression(c);
      left = { kind: 'join', type: type.type === 'cross' ? 'inner' : type.type, natural, left, right, on, using: undefined, start, end: c.lastEnd };
    } else if (c.accept(K.USING)) {
      const using = c.nameList();
      left = { kind: 'join', type: type.type === 'cross' ? 'inner' : type.type, natural, left, right, on: undefined, using, start, end: c.lastEnd };
    } else if (type.type === 'left' || type.type === 'right' || type.type === 'full') {
      throw c.unexpected('ON or USING');
    } else {
      left = underFarLeft(c, left, type.type, right, start);
    }
  }
  c.leave();
  return left;
}

/** Joins `left` to the leftmost table of `right`, unless that is in parentheses. */
function underFarLeft(c: Cursor, left: TableExpr, type: Join['type'], right: TableExpr, start: number): TableExpr {
  const spine: Join[] = [];
  let leaf = right;
  while (leaf.kind === 'join' && !c.isClosedJoin(leaf)) {
    spine.push(leaf);
    leaf = leaf.left;
  }
  let all: Join = { kind: 'join', type, natural: false, left, right: leaf, on: undefined, using: undefined, start, end: leaf.end };
  for (let join = spine.pop(); join !== undefined; join = spine.pop()) all = { ...join, left: all, start };
  return all;
}

interface JoinType {
  readonly type: Join['type'];
  readonly natural: boolean;
}

/** Reads the words of a join, INNER JOIN to NATURAL LEFT OUTER JOIN; undefined, with nothing read, when there is none. */
function joinType(c: Cursor): JoinType | undefined {
  switch (c.kind) {
    case K.JOIN:
      c.advance();
      return { type: 'inner', natural: false };
    case K.INNER:
    case K.CROSS: {
      const type = c.kind === K.INNER ? 'inner' : 'cross';
      c.advance();
      c.expect(K.JOIN);
      return { type, natural: false };
    }
    case K.STRAIGHT_JOIN:
      c.advance();
      return { type: 'straight', natural: false };
    case K.LEFT:
    case K.RIGHT:
      return { type: outerJoin(c), natural: false };
    case K.FULL:
      if (c.peek() !== K.OUTER && c.peek() !== K.JOIN) return undefined;
      return { type: outerJoin(c), natural: false };
    case K.NATURAL: {
      c.advance();
      if (c.is(K.LEFT) || c.is(K.RIGHT)) return { type: outerJoin(c), natural: true };
      c.accept(K.INNER);
      c.expect(K.JOIN);
      return { type: 'inner', natural: true };
    }
    default:
      return undefined;
  }
}

function outerJoin(c: Cursor): 'left' | 'right' | 'full' {
  const type = c.kind === K.LEFT ? 'left' : c.kind === K.RIGHT ? 'right' : 'full';
  c.advance();
  c.accept(K.OUTER);
  c.expect(K.JOIN);
  return type;
}

function tableFactor(c: Cursor): TableExpr {
  switch (c.kind) {
    case T.LPAREN:
      return parenthesisedTable(c);
    case K.LATERAL:
      c.advance();
      return derivedTable(c, true, c.start);
    case K.JSON_TABLE:
      if (c.peek() === T.LPAREN) return jsonTable(c);
      return tableRef(c);
    case T.LBRACE: {
      // ODBC: `{ oj a left join b on x }`.
      c.advance();
      c.name();
      const inner = joinedTable(c);
      c.expect(T.RBRACE);
      if (inner.kind === 'join') c.closeJoin(inner);
      return inner;
    }
    default:
      return tableRef(c);
  }
}

/** `(query) alias`, `(a join b …)`, `(a, b)`, and any of these in more parentheses. */
function parenthesisedTable(c: Cursor): TableExpr {
  if (queryBehindParentheses(c)) return derivedTable(c, false, c.start);
  c.enter();
  const start = c.start;
  c.advance();
  let inner = joinedTable(c);
  while (c.accept(T.COMMA)) {
    const right = joinedTable(c);
    inner = { kind: 'join', type: 'cross', natural: false, left: inner, right, on: undefined, using: undefined, start: start + 1, end: c.lastEnd };
  }
  c.expect(T.RPAREN);
  c.leave();
  if (inner.kind === 'join') c.closeJoin(inner);
  return inner;
}

/**
 * Whether the parentheses that begin here hold a query rather than tables: they do when SELECT, VALUES, WITH or TABLE comes behind all of
 * them, unless an alias shows that the inner ones were a derived table: `((select 1) as t join u)`, `((select 1) t)`.
 */
function queryBehindParentheses(c: Cursor): boolean {
  let opened = 1;
  while (c.peek(opened) === T.LPAREN) opened++;
  const first = c.peek(opened);
  if (first !== K.SELECT && first !== K.VALUES && first !== K.WITH && first !== K.TABLE) return false;
  if (opened === 1) return true;
  // Find where the innermost query's parentheses close; one that is followed by a set operation, a tail or a `)` is part of a query.
  let depth = opened;
  for (let i = opened; ; i++) {
    const kind = c.peek(i);
    if (kind === T.EOF) return true;
    if (kind === T.LPAREN) depth++;
    else if (kind === T.RPAREN && --depth < opened) {
      const next = c.peek(i + 1);
      if (next === T.RPAREN) {
        opened--;
        if (opened === 1) return true;
        continue;
      }
      return next === K.UNION || next === K.EXCEPT || next === K.INTERSECT || next === K.ORDER || next === K.LIMIT || next === K.FOR || next === K.LOCK;
    }
  }
}

function derivedTable(c: Cursor, lateral: boolean, start: number): TableExpr {
  c.expect(T.LPAREN);
  const query = c.grammar.query(c);
  c.expect(T.RPAREN);
  const alias = tableAlias(c);
  const columns = alias !== undefined && c.kind === T.LPAREN ? c.nameList() : c.none();
  return { kind: 'derivedTable', query, lateral, alias, columns, start, end: c.lastEnd };
}

/** `[as] alias`; a string is no alias for a table. */
export function tableAlias(c: Cursor): string | undefined {
  if (c.kind === K.AS) {
    if (asOfFollows(c)) return undefined;
    c.advance();
    return c.name('an alias');
  }
  if (c.kind === T.EQ && c.isNameKind(c.peek())) c.advance();
  return c.isName() && !isNoAlias(c) ? c.name() : undefined;
}

/** Words that are no alias although they are not reserved everywhere: they begin what may follow a table. */
function isNoAlias(c: Cursor): boolean {
  switch (c.kind) {
    case K.FULL:
      return c.peek() === K.JOIN || c.peek() === K.OUTER;
    case K.TABLESAMPLE:
      return c.peek() === K.SYSTEM || c.peek() === K.BERNOULLI;
    case K.OFFSET:
    case K.FETCH:
      return c.settings.dialect === 'mariadb';
    case K.WINDOW:
      return c.settings.dialect === 'mariadb' && c.isNameKind(c.peek()) && c.peek(2) === K.AS;
    default:
      return false;
  }
}

/** A table by name with all that may follow it. */
export function tableRef(c: Cursor): TableRef {
  const start = c.start;
  const table: TableName = c.accept(K.DUAL) ? { kind: 'tableName', schema: undefined, name: 'dual', start, end: c.lastEnd } : c.tableName();
  const partitions = c.kind === K.PARTITION && c.peek() === T.LPAREN ? partitionNames(c) : c.none();
  const portion = c.kind === K.FOR && c.peek() === K.PORTION ? portionOf(c) : undefined;
  let at = asOf(c);
  const alias = tableAlias(c);
  at ??= asOf(c);
  const hints = indexHints(c);
  const sample = c.kind === K.TABLESAMPLE ? tableSample(c) : undefined;
  return { kind: 'table', table, alias, partitions, indexHints: hints, asOf: at, portion, sample, start, end: c.lastEnd };
}

/** With the cursor on PARTITION. */
export function partitionNames(c: Cursor): string[] {
  c.advance();
  return c.nameList();
}

function asOfFollows(c: Cursor): boolean {
  return c.kind === K.AS && c.peek() === K.OF && c.peek(2) === K.TIMESTAMP;
}

function asOf(c: Cursor): AsOf | undefined {
  const start = c.start;
  if (asOfFollows(c)) {
    c.advance();
    c.advance();
    c.advance();
    const at = c.grammar.bits(c);
    return { kind: 'asOf', type: 'timestamp', at, to: undefined, start, end: c.lastEnd };
  }
  if (c.kind !== K.FOR || c.peek() !== K.SYSTEM_TIME) return undefined;
  c.advance();
  c.advance();
  if (c.accept(K.ALL)) return { kind: 'asOf', type: 'system_time all', at: undefined, to: undefined, start, end: c.lastEnd };
  if (c.accept2(K.AS, K.OF)) {
    const at = timePoint(c);
    return { kind: 'asOf', type: 'system_time as of', at, to: undefined, start, end: c.lastEnd };
  }
  const isBetween = c.accept(K.BETWEEN);
  if (!isBetween) c.expect(K.FROM);
  const at = timePoint(c);
  c.expect(isBetween ? K.AND : K.TO);
  const to = timePoint(c);
  return { kind: 'asOf', type: isBetween ? 'system_time between' : 'system_time from', at, to, start, end: c.lastEnd };
}

/** `timestamp expr`, or an expression; `timestamp '…'` is a literal, which is the same. */
function timePoint(c: Cursor) {
  if (c.kind === K.TIMESTAMP && c.peek() !== T.LPAREN && c.peek() !== T.STRING) c.advance();
  return c.grammar.bits(c);
}

function indexHints(c: Cursor): readonly IndexHint[] {
  let found: IndexHint[] | undefined;
  for (;;) {
    const kind = c.kind;
    if (kind !== K.USE && kind !== K.FORCE && kind !== K.IGNORE) return found ?? c.none();
    const next = c.peek();
    if (next !== K.INDEX && next !== K.KEY && next !== K.VINDEX) return found ?? c.none();
    found ??= [];
    do found.push(indexHint(c));
    while (c.kind === T.COMMA && (c.peek() === K.USE || c.peek() === K.FORCE || c.peek() === K.IGNORE) && c.accept(T.COMMA));
  }
}

function indexHint(c: Cursor): IndexHint {
  const start = c.start;
  const verb = c.kind === K.USE ? 'use' : c.kind === K.FORCE ? 'force' : 'ignore';
  c.advance();
  const vindex = c.is(K.VINDEX) && verb !== 'force';
  c.advance();
  let purpose: IndexHint['for'];
  if (c.accept(K.FOR)) {
    if (c.accept(K.JOIN)) purpose = 'join';
    else if (c.accept2(K.ORDER, K.BY)) purpose = 'order by';
    else if (c.accept2(K.GROUP, K.BY)) purpose = 'group by';
    else throw c.unexpected('JOIN, ORDER BY or GROUP BY');
  }
  c.expect(T.LPAREN);
  const indexes = c.is(T.RPAREN) ? c.none() : c.list(indexName);
  c.expect(T.RPAREN);
  return { kind: 'indexHint', action: vindex ? (verb === 'use' ? 'use vindex' : 'ignore vindex') : verb, for: purpose, indexes, start, end: c.lastEnd };
}

function indexName(c: Cursor): string {
  return c.accept(K.PRIMARY) ? 'primary' : c.name('an index');
}

/** With the cursor on FOR. */
function portionOf(c: Cursor): Portion {
  const start = c.start;
  c.advance();
  c.advance();
  c.expect(K.OF);
  const period = c.name('a period');
  c.expect(K.FROM);
  const from = c.grammar.bits(c);
  c.expect(K.TO);
  const to = c.grammar.bits(c);
  return { kind: 'portion', period, from, to, start, end: c.lastEnd };
}

function tableSample(c: Cursor): TableSample {
  const start = c.start;
  c.advance();
  const method = c.accept(K.BERNOULLI) ? 'bernoulli' : 'system';
  if (method === 'system') c.expect(K.SYSTEM);
  c.expect(T.LPAREN);
  const percent = c.grammar.bits(c);
  c.expect(T.RPAREN);
  return { kind: 'tableSample', method, percent, start, end: c.lastEnd };
}
