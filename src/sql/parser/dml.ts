import type { Assignment, Delete, Insert, RowAlias, Update } from '../ast/dml.ts';
import type { ColumnRef, Expression, Row } from '../ast/expression.ts';
import type { TableName } from '../ast/node.ts';
import type { With } from '../ast/query.ts';
import type { TableExpr, TableRef } from '../ast/tableRef.ts';
import * as K from '../lexer/keywordIds.generated.ts';
import * as T from '../lexer/tokens.ts';
import type { Cursor } from './cursor.ts';
import { selectItems } from './query.ts';
import { limit, orderList } from './queryTail.ts';
import { partitionNames, tableAlias, tableList, tableRef } from './tableRef.ts';

// ---- INSERT, REPLACE --------------------------------------------------------------------------------------------------------------

/** INSERT and REPLACE in all their forms, with the cursor on the verb. */
export function insert(c: Cursor): Insert {
  const start = c.start;
  const verb = c.kind === K.REPLACE ? 'replace' : 'insert';
  c.advance();
  const comments = c.commentsAfterVerb();
  const priority = c.accept(K.LOW_PRIORITY) ? 'low_priority' : c.accept(K.DELAYED) ? 'delayed' : c.accept(K.HIGH_PRIORITY) ? 'high_priority' : undefined;
  const ignore = verb === 'insert' && c.accept(K.IGNORE);
  c.accept(K.INTO);
  const table = c.tableName();
  const partitions = c.kind === K.PARTITION ? partitionNames(c) : c.none();
  let columns: readonly ColumnRef[] | undefined;
  let source: Insert['source'];
  if (c.accept(K.SET)) {
    const from = c.start;
    const assignments = c.list(assignment);
    columns = assignments.map((a) => a.column);
    const row: Row = { kind: 'row', items: assignments.map((a) => a.value), start: from, end: c.lastEnd };
    source = { kind: 'insertRows', rows: [row], start: from, end: c.lastEnd };
  } else {
    if (c.kind === T.LPAREN && !queryInParentheses(c)) columns = columnList(c);
    source = insertSource(c);
  }
  const rowAlias = verb === 'insert' && source.kind === 'insertRows' && c.kind === K.AS ? insertAlias(c) : undefined;
  let onDuplicate: readonly Assignment[] = c.none();
  if (verb === 'insert' && c.accept(K.ON)) {
    c.expect(K.DUPLICATE);
    c.expect(K.KEY);
    c.expect(K.UPDATE);
    onDuplicate = c.list(assignment);
  }
  const returning = c.accept(K.RETURNING) ? selectItems(c) : undefined;
  return { kind: 'insert', comments, verb, priority, ignore, table, partitions, columns, source, rowAlias, onDuplicate, returning, start, end: c.lastEnd };
}

/** Whether `(` begins a query rather than the list of columns. */
function queryInParentheses(c: Cursor): boolean {
  let i = 1;
  while (c.peek(i) === T.LPAREN) i++;
  const kind = c.peek(i);
  return kind === K.SELECT || kind === K.WITH || kind === K.TABLE || kind === K.VALUES;
}

/** With the cursor on `(`; `()` is no list. */
function columnList(c: Cursor): readonly ColumnRef[] | undefined {
  c.advance();
  if (c.accept(T.RPAREN)) return undefined;
  const columns = c.list(c.grammar.column);
  c.expect(T.RPAREN);
  return columns;
}

function insertSource(c: Cursor): Insert['source'] {
  if ((c.kind === K.VALUES || c.kind === K.VALUE) && c.peek() !== K.ROW) {
    const start = c.start;
    c.advance();
    const rows = c.list(insertRow);
    return { kind: 'insertRows', rows, start, end: c.lastEnd };
  }
  return c.grammar.query(c);
}

function insertRow(c: Cursor): Row {
  const start = c.start;
  c.expect(T.LPAREN);
  const items = c.kind === T.RPAREN ? c.none() : c.list(c.grammar.expression);
  c.expect(T.RPAREN);
  return { kind: 'row', items, start, end: c.lastEnd };
}

function insertAlias(c: Cursor): RowAlias {
  const start = c.start;
  c.advance();
  const name = c.name('an alias');
  const columns = c.kind === T.LPAREN ? c.nameList() : c.none();
  return { kind: 'rowAlias', name, columns, start, end: c.lastEnd };
}

/** `column = value`; `:=` is as good. */
function assignment(c: Cursor): Assignment {
  const start = c.start;
  const column = c.grammar.column(c);
  if (!c.accept(T.EQ) && !c.accept(T.ASSIGN)) throw c.unexpected("'='");
  const value: Expression = c.grammar.expression(c);
  return { kind: 'assignment', column, value, start, end: c.lastEnd };
}

// ---- UPDATE -----------------------------------------------------------------------------------------------------------------------

/** With the cursor on UPDATE; `ctes` and `start` when WITH stood before it. */
export function update(c: Cursor, ctes?: With, start = c.start): Update {
  c.advance();
  const comments = c.commentsAfterVerb();
  const lowPriority = c.accept(K.LOW_PRIORITY);
  const ignore = c.accept(K.IGNORE);
  const from = tableList(c);
  c.expect(K.SET);
  const assignments = c.list(assignment);
  const where = c.accept(K.WHERE) ? c.grammar.expression(c) : undefined;
  const orderBy = c.kind === K.ORDER ? orderList(c) : c.none();
  const rows = limit(c);
  const returning = c.accept(K.RETURNING) ? selectItems(c) : undefined;
  return { kind: 'update', comments, with: ctes, lowPriority, ignore, from, assignments, where, orderBy, limit: rows, returning, start, end: c.lastEnd };
}

// ---- DELETE -----------------------------------------------------------------------------------------------------------------------

/** With the cursor on DELETE; `ctes` and `start` when WITH stood before it. */
export function remove(c: Cursor, ctes?: With, start = c.start): Delete {
  c.advance();
  const comments = c.commentsAfterVerb();
  let lowPriority = false;
  let quick = false;
  let ignore = false;
  for (;;) {
    if (c.accept(K.LOW_PRIORITY)) lowPriority = true;
    else if (c.accept(K.IGNORE)) ignore = true;
    else if (c.kind === K.QUICK && (c.peek() === K.FROM || c.peek() === K.IGNORE || c.peek() === K.LOW_PRIORITY || c.isNameKind(c.peek()))) {
      c.advance();
      quick = true;
    } else break;
  }
  let targets: readonly TableName[] = c.none();
  let from: TableExpr[];
  if (c.accept(K.FROM)) {
    const at = c.at;
    const lastEnd = c.lastEnd;
    const usingTargets = deleteUsing(c);
    if (usingTargets !== undefined) {
      targets = usingTargets;
      from = tableList(c);
    } else {
      c.backTo(at, lastEnd);
      from = [singleTable(c)];
    }
  } else {
    targets = c.list(target);
    c.expect(K.FROM);
    from = tableList(c);
  }
  const where = c.accept(K.WHERE) ? c.grammar.expression(c) : undefined;
  const orderBy = c.kind === K.ORDER ? orderList(c) : c.none();
  const rows = limit(c);
  const returning = c.accept(K.RETURNING) ? selectItems(c) : undefined;
  return { kind: 'delete', comments, with: ctes, lowPriority, quick, ignore, targets, from, where, orderBy, limit: rows, returning, start, end: c.lastEnd };
}

/** `t, u.* using` of `delete from t, u.* using …`; undefined when it is the single-table form. */
function deleteUsing(c: Cursor): TableName[] | undefined {
  if (!c.isName() && c.kind !== T.DOT) return undefined;
  const found = c.list(target);
  if (c.accept(K.USING)) return found;
  if (found.length > 1) throw c.unexpected('USING');
  return undefined;
}

/** `t`, `s.t`, `t.*`. */
function target(c: Cursor): TableName {
  const start = c.start;
  const first = c.name('a table');
  if (!c.accept(T.DOT)) return { kind: 'tableName', schema: undefined, name: first, start, end: c.lastEnd };
  if (c.accept(T.STAR)) return { kind: 'tableName', schema: undefined, name: first, start, end: c.lastEnd };
  const name = c.name('a table');
  if (c.accept(T.DOT)) c.expect(T.STAR);
  return { kind: 'tableName', schema: first, name, start, end: c.lastEnd };
}

/** The table of the single-table form: in MySQL its PARTITION stands behind the alias. */
function singleTable(c: Cursor): TableRef {
  const table = tableRef(c);
  let changed = table;
  if (c.kind === K.PARTITION) changed = { ...changed, partitions: partitionNames(c), end: c.lastEnd };
  if (changed.alias === undefined && (c.isName() || c.kind === K.AS)) {
    const alias = tableAlias(c);
    changed = { ...changed, alias, end: c.lastEnd };
  }
  return changed;
}
