import { build, printExpression, printStatement, type Expression, type Insert as InsertNode, type Query, type Row } from '../../sql/index.ts';
import { bindQuery } from '../analysis/bindQuery.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { CatalogTable, TableVindex } from '../catalog.ts';
import { mysqlError, planError, tableNotFound, unsupported } from '../errors.ts';
import { forShards } from '../operators/buildRoute.ts';
import type { Generate, Insert, InsertVindex, PlanValue, Primitive } from '../plan.ts';
import { inner, planQuery } from '../select/planQuery.ts';
import { refuseSnapshotWrite } from '../snapshots.ts';
import { directiveOn, queryTimeout } from '../statements/directives.ts';
import { planValue } from '../translate/constants.ts';
import { toEval } from '../translate/toEval.ts';
import { checkForeignKeys } from './foreignKeys.ts';
import { insertConflicts, needsConflicts } from './insertConflicts.ts';
import { writable } from './reference.ts';
import { lookupQuery } from '../routing/lookup.ts';
import { lookupUpkeep } from './upkeep.ts';
import { vindexBind } from './vindexBind.ts';
import { placeValueSubqueries } from './valueSubqueries.ts';

/** INSERT and REPLACE. */
export function planInsert(st: PlanningStatement, given: InsertNode): Primitive {
  const entry = st.catalog.find(given.table.schema, given.table.name);
  if (entry.kind !== 'table' || entry.table.kind === 'systemTable') throw tableNotFound(given.table.name);
  const table = writable(st, entry.table);
  refuseSnapshotWrite(st, table.keyspace, given.verb.toUpperCase());
  checkForeignKeys(st, given, table, { kind: 'insert' });
  st.tablesUsed.add(`${table.keyspace.name}.${table.name}`);
  const ast = withColumns(st, given, table);
  return table.keyspace.sharded ? planSharded(st, ast, table) : planUnsharded(st, ast, table);
}

function withColumns(_st: PlanningStatement, ast: InsertNode, table: CatalogTable): InsertNode {
  const rows = ast.source.kind === 'insertRows' ? ast.source.rows : undefined;
  const emptyList = (ast.columns === undefined || ast.columns.length === 0) && (rows?.every((r) => r.items.length === 0) ?? false);
  if (ast.columns !== undefined && ast.columns.length > 0) return ast;
  if (emptyList) return { ...ast, columns: [] };
  if (table.complete) return { ...ast, columns: table.columns.filter((c) => c.invisible !== true).map((c) => build.column(c.name)) };
  if (table.keyspace.sharded || (table.autoIncrement !== undefined)) {
    if (table.keyspace.sharded && table.kind === 'reference') return ast;
    throw planError('VT09004', 1105, 'HY000', 'INSERT should contain column list or the table should have authoritative columns in vschema');
  }
  return ast;
}

function checkCounts(ast: InsertNode): void {
  if (!countsMatch(ast)) throw columnCount();
}

function countsMatch({ source, columns }: InsertNode): boolean {
  return source.kind !== 'insertRows' || columns === undefined || source.rows.every((r) => r.items.length === columns.length);
}

const columnCount = (): Error => planError('VT03006', 1136, '21S01', 'column count does not match value count with the row');

function common(ast: InsertNode): Pick<Insert, 'ignore' | 'multiShardAutocommit' | 'queryTimeoutMs'> {
  const timeout = queryTimeout(ast);
  return {
    ...(ast.ignore && { ignore: true }), ...(directiveOn(ast, 'MULTI_SHARD_AUTOCOMMIT') && { multiShardAutocommit: true }), ...(timeout !== undefined && { queryTimeoutMs: timeout }),
  };
}

function forTable(st: PlanningStatement, ast: InsertNode, table: CatalogTable): InsertNode {
  const named: InsertNode = { ...ast, table: { ...ast.table, schema: undefined, name: table.name } };
  return forShards(st, named, new Map(), new Map());
}

function planUnsharded(st: PlanningStatement, given: InsertNode, table: CatalogTable): Primitive {
  checkCounts(given);
  const ast = bindValues(st, given, table);
  const base = { op: 'Insert' as const, keyspace: table.keyspace, table: table.name, ...common(ast) };
  if (ast.source.kind !== 'insertRows') {
    const { query, planned } = planSelectSource(st, ast.source);
    checkSelectCount(ast, planned.columns.length, planned.complete);
    const { route } = planned;
    if (route?.body === query && (route.class === 'unsharded' || route.class === 'dual') && (route.class === 'dual' || route.keyspace.name === table.keyspace.name) && table.autoIncrement === undefined) {
      return { ...base, variant: 'Unsharded', query: printStatement(forTable(st, { ...ast, source: query }, table)) };
    }
    return selectInsert(st, ast, table, planned.build());
  }
  const { ast: generated, generate } = withSequence(st, ast, table);
  return { ...base, variant: 'Unsharded', query: printStatement(forTable(st, generated, table)), ...(generate !== undefined && { generate }) };
}

function planSelectSource(st: PlanningStatement, query: Query): { query: Query; planned: ReturnType<typeof planQuery> } {
  bindQuery(st, query, undefined, undefined);
  return { query, planned: planQuery(st, query, { ...inner, ordered: query.limit !== undefined || query.orderBy.length > 0 }) };
}

function checkSelectCount(ast: InsertNode, width: number, complete: boolean): void {
  if (ast.columns !== undefined && ast.columns.length > 0 && complete && ast.columns.length !== width) throw columnCount();
}

/** Values and ON DUPLICATE KEY UPDATE see the table's own columns; subqueries in them are placed like those of a SELECT. */
function bindValues(st: PlanningStatement, ast: InsertNode, table: CatalogTable): InsertNode {
  if (ast.source.kind !== 'insertRows') return ast;
  return placeValueSubqueries(st, ast, table);
}

/** The sequence's values in place of NULL, DEFAULT or an absent column. */
function withSequence(_st: PlanningStatement, ast: InsertNode, table: CatalogTable): { ast: InsertNode; generate?: Generate } {
  const auto = table.autoIncrement;
  if (auto === undefined || ast.source.kind !== 'insertRows') return { ast };
  let columns = ast.columns ?? [];
  let at = columns.findIndex((c) => c.name.toLowerCase() === auto.column.toLowerCase());
  let rows = ast.source.rows;
  if (at < 0) {
    at = columns.length;
    columns = [...columns, build.column(auto.column)];
    rows = rows.map((r): Row => ({ ...r, items: [...r.items, build.nullLiteral()] }));
  }
  const position = at;
  const values = rows.map((r): PlanValue => {
    const value = r.items[position] ?? build.nullLiteral();
    return value.kind === 'default' ? planValue(build.nullLiteral()) : evaluableValue(value);
  });
  const bound = rows.map((r, i): Row => ({ ...r, items: r.items.map((item, j) => (j === position ? build.bind(`__seq${i}`) : item)) }));
  return {
    ast: { ...ast, columns, source: { ...ast.source, rows: bound } },
    generate: { keyspace: auto.keyspace, query: `select next :n values from ${printExpression(build.tableName(auto.sequence))}`, table: auto.sequence, column: position, values },
  };
}

/** A value the gate must know. Throws Vitess's error for anything with columns in it. */
function evaluableValue(expr: Expression): PlanValue {
  if (toEval(expr, () => undefined) === undefined) {
    if (expr.kind === 'column') throw mysqlError(1054, '42S22', `cannot lookup column '${expr.name}' (column access not supported here)`);
    if (expr.kind === 'assign') throw unsupported('Assignment expression');
    throw unsupported(`expression for a vindex or sequence column: ${printExpression(expr)}`);
  }
  return planValue(expr);
}

function planSharded(st: PlanningStatement, given: InsertNode, table: CatalogTable): Primitive {
  const primary = table.vindexes[0];
  // Where a REPLACE can't be done, for want of a primary key or for its form, the error is Vitess's: it does none on such tables.
  if (given.verb === 'replace' && needsConflicts(given, table) && (table.primaryKey.length === 0 || !countsMatch(given))) throw unsupported('REPLACE INTO with sharded keyspace');
  checkCounts(given);
  const ast = bindValues(st, given, table);
  const searching = needsConflicts(ast, table);
  if (!searching) checkDuplicateUpdate(ast, table);
  if (primary === undefined) return { op: 'Insert', variant: 'Unsharded', keyspace: table.keyspace, table: table.name, query: printStatement(forTable(st, ast, table)), ...common(ast) };
  if (ast.source.kind !== 'insertRows') {
    const { planned } = planSelectSource(st, ast.source);
    checkSelectCount(ast, planned.columns.length, planned.complete);
    if (searching) throw unsupported(`${ast.verb === 'replace' ? 'REPLACE' : 'INSERT'} … SELECT that may change rows of a table with lookups`);
    return selectInsert(st, ast, table, planned.build());
  }
  const { ast: sequenced, generate } = withSequence(st, ast, table);
  const completed = withVindexColumns(sequenced, table);
  const columns = completed.columns ?? [];
  const vindexes: InsertVindex[] = [];
  const bound = new Map<number, string>();
  for (const v of table.vindexes) {
    const offsets = v.columns.map((name) => columns.findIndex((c) => c.name.toLowerCase() === name.toLowerCase()));
    v.columns.forEach((name, i) => { const at = offsets[i]; if (at !== undefined) bound.set(at, name); });
    if (completed.source.kind !== 'insertRows') continue;
    const values = completed.source.rows.map((r) => offsets.map((at) => vindexValue(r.items[at])));
    vindexes.push(insertVindex(st, table, v, v === primary, { values }));
  }
  const placed = completed.source.kind === 'insertRows'
    ? completed.source.rows.map((r, i): Row => ({ ...r, items: r.items.map((item, j) => { const name = bound.get(j); return name === undefined ? item : build.bind(vindexBind(name, i)); }) })) : [];
  const rows = placed.map((r) => rowText(st, r));
  // What is in the way is gone before the row comes: another collision is an error, not a second change behind the lookups' back.
  const conflicts = searching ? placed.map((r) => insertConflicts(st, completed, table, r)) : undefined;
  const { prefix, suffix } = around(st, searching ? withoutRowAlias(completed) : completed, table);
  return { op: 'Insert', variant: 'Sharded', keyspace: table.keyspace, table: table.name, query: '', prefix, rows, suffix, vindexes, ...(conflicts !== undefined && { conflicts }), ...(generate !== undefined && { generate }), ...common(ast) };
}

function withoutRowAlias(ast: InsertNode): InsertNode {
  const { rowAlias: _, ...rest } = ast;
  return { ...rest, verb: 'insert', onDuplicate: [] };
}

function vindexValue(item: Expression | undefined): PlanValue {
  if (item === undefined || item.kind === 'default') return planValue(build.nullLiteral());
  return evaluableValue(item);
}

function insertVindex(st: PlanningStatement, table: CatalogTable, v: TableVindex, primary: boolean, from: Pick<InsertVindex, 'values' | 'offsets'>): InsertVindex {
  const lookup = v.owned ? lookupUpkeep(st, table, v) : undefined;
  const query = v.vindex.kind === 'lookup' ? lookupQuery(st, table, v.vindex) : undefined;
  return { name: v.name, vindex: v.vindex, columns: v.columns, primary, owned: v.owned && v.vindex.kind === 'lookup', ...from, ...(lookup !== undefined && { lookup }), ...(query !== undefined && { query }) };
}

function withVindexColumns(ast: InsertNode, table: CatalogTable): InsertNode {
  if (ast.source.kind !== 'insertRows') return ast;
  let columns = ast.columns ?? [];
  let rows = ast.source.rows;
  for (const name of table.vindexes.flatMap((v) => v.columns)) {
    if (columns.some((c) => c.name.toLowerCase() === name.toLowerCase())) continue;
    columns = [...columns, build.column(name)];
    rows = rows.map((r): Row => ({ ...r, items: [...r.items, build.nullLiteral()] }));
  }
  return { ...ast, columns, source: { ...ast.source, rows } };
}

function rowText(st: PlanningStatement, row: Row): string {
  return `(${row.items.map((item) => printExpression(forShards(st, item, new Map(), new Map()))).join(', ')})`;
}

/** The statement before and after its rows. */
function around(st: PlanningStatement, ast: InsertNode, table: CatalogTable): { prefix: string; suffix: string } {
  const marker = 918273645;
  const text = printStatement(forTable(st, { ...ast, source: { kind: 'insertRows', rows: [build.row([build.integer(marker)])], start: -1, end: -1 } }, table));
  const at = text.lastIndexOf(`(${marker})`);
  return { prefix: text.slice(0, at), suffix: text.slice(at + `(${marker})`.length) };
}

/** Changing where a row lives, or what a lookup says of it, can't be done by ON DUPLICATE KEY UPDATE; setting a column to the value it is inserted with can. */
function checkDuplicateUpdate(ast: InsertNode, table: CatalogTable): void {
  const names = new Set(table.vindexes.flatMap((v) => v.columns.map((c) => c.toLowerCase())));
  for (const { column, value } of ast.onDuplicate) {
    if (!names.has(column.name.toLowerCase())) continue;
    if (value.kind === 'valuesFunction' && value.column.name.toLowerCase() === column.name.toLowerCase()) continue;
    if (value.kind === 'column' && value.name.toLowerCase() === column.name.toLowerCase() && value.table === ast.rowAlias?.name) continue;
    throw unsupported('DML cannot update vindex column');
  }
}

function selectInsert(st: PlanningStatement, ast: InsertNode, table: CatalogTable, input: Primitive): Insert {
  const auto = table.autoIncrement;
  let columns = ast.columns ?? [];
  const added: string[] = [];
  if (auto !== undefined && columns.length > 0 && !columns.some((c) => c.name.toLowerCase() === auto.column.toLowerCase())) added.push(auto.column);
  for (const name of table.vindexes.flatMap((v) => v.columns)) if (columns.length > 0 && ![...columns.map((c) => c.name), ...added].some((c) => c.toLowerCase() === name.toLowerCase())) added.push(name);
  columns = [...columns, ...added.map((c) => build.column(c))];
  const { prefix, suffix } = around(st, { ...ast, columns }, table);
  const offsetOf = (name: string): number => columns.findIndex((c) => c.name.toLowerCase() === name.toLowerCase());
  const vindexes = table.keyspace.sharded ? table.vindexes.map((v, i) => insertVindex(st, table, v, i === 0, { offsets: v.columns.map(offsetOf) })) : undefined;
  return {
    op: 'Insert', variant: 'Select', keyspace: table.keyspace, table: table.name, query: '', prefix, suffix, input, columns: columns.map((c) => c.name),
    ...(vindexes !== undefined && { vindexes }),
    ...(auto !== undefined && { generate: { keyspace: auto.keyspace, query: `select next :n values from ${printExpression(build.tableName(auto.sequence))}`, table: auto.sequence, column: offsetOf(auto.column) } }),
    ...common(ast),
  };
}
