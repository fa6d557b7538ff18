import { build, mapChildren, type Expression, type Join, type JsonTableColumn, type Node, type Query, type TableExpr, type TableRef } from '../../sql/index.ts';
import { isSystemSchema, type CatalogTable } from '../catalog.ts';
import { mysqlError, planError, unsupported } from '../errors.ts';
import { hasColumn, newScope, type AliasUse, type CteEntry, type CteScope, type Scope } from './scope.ts';
import type { PlanningStatement } from './statement.ts';
import type { OutputColumn, RecursiveCte, TableInfo } from './tableInfo.ts';

/** The binding of queries and expressions, which in turn binds what stands in FROM. */
export interface Binders {
  readonly expr: (st: PlanningStatement, node: Node, scope: Scope, ctes: CteScope | undefined, aliases: AliasUse) => void;
  readonly query: (st: PlanningStatement, query: Query, parent: Scope | undefined, ctes: CteScope | undefined) => Columns;
  readonly recursive: (st: PlanningStatement, query: Query, cte: RecursiveCte, names: readonly string[], scope: CteScope | undefined, parent: Scope | undefined) => Columns;
  readonly view: (definition: string) => Query;
}
interface Columns { readonly columns: readonly OutputColumn[]; readonly complete: boolean }

/** What a join's USING or NATURAL means in terms of columns: ON conditions, or `opaque` where the columns are not known. */
export interface JoinMeaning { readonly conditions: readonly Expression[]; readonly opaque: boolean }
const meanings = new WeakMap<PlanningStatement, WeakMap<Node, JoinMeaning>>();
export function joinMeaning(st: PlanningStatement, join: Join): JoinMeaning {
  return meanings.get(st)?.get(join) ?? { conditions: [], opaque: join.natural || (join.using !== undefined && join.using.length > 0) };
}

/** Adds the tables of one FROM entry to the scope, and binds the conditions in it. */
export function bindFrom(st: PlanningStatement, entry: TableExpr, scope: Scope, ctes: CteScope | undefined, binders: Binders): TableInfo[] {
  switch (entry.kind) {
    case 'table': return [add(st, scope, entry, bindTable(st, entry, ctes, binders, scope.parent))];
    case 'derivedTable': {
      if (entry.query.kind === 'select' && entry.query.options.includes('sql_calc_found_rows')) throw mysqlError(1234, '42000', "Incorrect usage/placement of 'SQL_CALC_FOUND_ROWS'");
      if (entry.query.into !== undefined) throw mysqlError(1064, '42000', "You have an error in your SQL syntax near 'into'");
      const inner = entry.lateral ? lateralScope(scope) : scope.parent;
      const { columns, complete } = binders.query(st, entry.query, inner, ctes);
      checkNames(columns, entry.columns);
      return [add(st, scope, entry, {
        name: entry.alias ?? '', complete, columns: rename(columns, entry.columns),
        source: { kind: 'derived', query: entry.query, node: entry, columnNames: entry.columns },
      })];
    }
    case 'jsonTable': {
      binders.expr(st, entry.document, scope, ctes, 'none');
      return [add(st, scope, entry, { name: entry.alias, columns: jsonColumns(entry.columns), complete: true, source: { kind: 'json', node: entry } })];
    }
    case 'join': return bindJoin(st, entry, scope, ctes, binders);
    default: return entry satisfies never;
  }
}

/** JSON_TABLE says all its columns; nested ones stand where they are written. */
function jsonColumns(columns: readonly JsonTableColumn[]): OutputColumn[] {
  return columns.flatMap((c) => (c.kind === 'jsonTableNested' ? jsonColumns(c.columns) : [{ name: c.name, ...(c.kind === 'jsonTableOrdinality' && { type: 265, collation: 63 }) }]));
}

function lateralScope(scope: Scope): Scope {
  return { ...newScope(scope.parent), tables: [...scope.tables] };
}

function bindJoin(st: PlanningStatement, join: Join, scope: Scope, ctes: CteScope | undefined, binders: Binders): TableInfo[] {
  const left = bindFrom(st, join.left, scope, ctes, binders);
  const right = bindFrom(st, join.right, scope, ctes, binders);
  if (join.on !== undefined) {
    // ON sees the tables of this join; in MySQL also those to the left of it are out of sight, but names stay unambiguous either way.
    binders.expr(st, join.on, { ...scope, tables: [...left, ...right] }, ctes, 'none');
  }
  if (join.natural || join.using !== undefined) {
    const meaning = using(st, join, left, right, scope);
    let known = meanings.get(st);
    if (known === undefined) meanings.set(st, (known = new WeakMap()));
    known.set(join, meaning);
  }
  return [...left, ...right];
}

function using(st: PlanningStatement, join: Join, left: TableInfo[], right: TableInfo[], scope: Scope): JoinMeaning {
  const names = join.using ?? (left.every((t) => t.complete) && right.every((t) => t.complete) ? commonColumns(left, right) : undefined);
  if (names === undefined) return { conditions: [], opaque: true };
  const conditions: Expression[] = [];
  let opaque = false;
  for (const name of names) {
    const l = owner(left, name, scope);
    const r = owner(right, name, scope);
    if (l === undefined || r === undefined) {
      opaque = true;
      continue;
    }
    conditions.push(build.eq(st.columnOf(l, name), st.columnOf(r, name)));
    scope.joined.set(name.toLowerCase(), join.type === 'right' ? r : l);
  }
  return { conditions, opaque };
}

function commonColumns(left: readonly TableInfo[], right: readonly TableInfo[]): string[] {
  const names = new Set(right.flatMap((t) => t.columns.map((c) => c.name.toLowerCase())));
  return left.flatMap((t) => t.columns.filter((c) => names.has(c.name.toLowerCase())).map((c) => c.name));
}

function owner(tables: readonly TableInfo[], name: string, scope: Scope): TableInfo | undefined {
  const joined = scope.joined.get(name.toLowerCase());
  if (joined !== undefined && tables.includes(joined)) return joined;
  const sure = tables.filter((t) => hasColumn(t, name) === 'yes');
  if (sure.length === 1) return sure[0];
  const maybe = tables.filter((t) => hasColumn(t, name) === 'maybe');
  return sure.length === 0 && maybe.length === 1 ? maybe[0] : undefined;
}

function add(st: PlanningStatement, scope: Scope, node: Node, info: Omit<TableInfo, 'id' | 'set'>): TableInfo {
  const clash = scope.tables.find((t) => t.name === info.name && info.name !== ''
    && (t.schema === undefined || info.schema === undefined || t.schema === info.schema));
  if (clash !== undefined) throw planError('VT03013', 1066, '42000', `not unique table/alias: '${info.name}'`);
  const table = st.addTable(info);
  st.tableOf.set(node, table);
  scope.tables.push(table);
  return table;
}

function checkNames(columns: readonly OutputColumn[], names: readonly string[]): void {
  if (names.length > 0) return;
  const seen = new Set<string>();
  for (const { name } of columns) {
    const lower = name.toLowerCase();
    if (lower !== '*' && seen.has(lower)) throw mysqlError(1060, '42S21', `Duplicate column name '${name}'`);
    seen.add(lower);
  }
}

function rename(columns: readonly OutputColumn[], names: readonly string[]): OutputColumn[] {
  return columns.filter((c) => c.name !== '*' || names.length > 0).map((c, i) => ({ ...c, name: names[i] ?? c.name }));
}

function findCte(scope: CteScope | undefined, name: string): CteEntry | undefined {
  for (let at = scope; at !== undefined; at = at.parent) {
    const entry = at.entries.get(name.toLowerCase());
    if (entry !== undefined) return entry;
  }
  return undefined;
}

function bindTable(st: PlanningStatement, node: TableRef, ctes: CteScope | undefined, binders: Binders, parent: Scope | undefined): Omit<TableInfo, 'id' | 'set'> {
  const { schema, name } = node.table;
  const alias = node.alias ?? name;
  const cte = schema === undefined ? findCte(ctes, name) : undefined;
  if (cte !== undefined) return bindCte(st, node, alias, cte, binders, parent);
  const entry = st.catalog.find(schema, name);
  switch (entry.kind) {
    case 'table': return baseTable(st, node, alias, entry.table);
    case 'vindex': return { name: alias, schema: entry.keyspace.name, columns: vindexColumns, complete: true, source: { kind: 'vindex', vindex: entry.vindex, keyspace: entry.keyspace, node } };
    case 'view': {
      const query = binders.view(entry.definition);
      markText(st, query, entry.definition);
      const inKeyspace = qualify(query, entry.keyspace.name);
      const { columns, complete } = binders.query(st, inKeyspace, undefined, undefined);
      st.tablesUsed.add(`${entry.keyspace.name}.${entry.name}`);
      return { name: alias, schema: entry.keyspace.name, columns, complete, source: { kind: 'derived', query: inKeyspace, node, columnNames: [] } };
    }
    default: return entry satisfies never;
  }
}

const vindexColumns: readonly OutputColumn[] = ['id', 'keyspace_id', 'range_start', 'range_end', 'hex_keyspace_id', 'shard'].map((name) => ({ name, type: 10262, collation: 63 }));

function markText(st: PlanningStatement, node: Node, text: string): void {
  st.texts.set(node, text);
  mapChildren(node, (child) => {
    markText(st, child, text);
    return child;
  });
}

/** A view's names belong to its own keyspace. */
function qualify(query: Query, keyspace: string): Query {
  const walk = (node: Node): Node => {
    if (node.kind === 'tableName' && (node as { schema?: string }).schema === undefined) return { ...node, schema: keyspace } as Node;
    return mapChildren(node, walk);
  };
  return walk(query) as Query;
}

function baseTable(st: PlanningStatement, node: TableRef, alias: string, table: CatalogTable): Omit<TableInfo, 'id' | 'set'> {
  if (table.kind !== 'systemTable') st.tablesUsed.add(`${table.keyspace.name}.${table.name}`);
  const schema = table.kind === 'systemTable' && isSystemSchema(node.table.schema) ? table.schema : node.table.schema ?? table.keyspace.name;
  return { name: alias, ...(schema !== undefined && { schema }), columns: table.columns, complete: table.complete, source: { kind: 'base', table, node } };
}

function bindCte(st: PlanningStatement, node: TableRef, alias: string, cte: CteEntry, binders: Binders, parent: Scope | undefined): Omit<TableInfo, 'id' | 'set'> {
  switch (cte.kind) {
    case 'hidden': throw unsupported('do not support CTE that use the CTE alias inside the CTE query');
    case 'self': return { name: alias, columns: cte.cte.columns, complete: cte.cte.complete, source: { kind: 'self', node, cte: cte.cte } };
    case 'plain': {
      const query = copyTree(cte.definition.query);
      const { columns, complete } = binders.query(st, query, parent, cte.scope);
      checkNames(columns, cte.definition.columns);
      return { name: alias, columns: rename(columns, cte.definition.columns), complete, source: { kind: 'derived', query, node, columnNames: cte.definition.columns } };
    }
    case 'recursive': {
      const query = copyTree(cte.definition.query);
      const self: RecursiveCte = { name: cte.definition.name, columns: [], complete: false };
      const { columns, complete } = binders.recursive(st, query, self, cte.definition.columns, cte.scope, parent);
      return { name: alias, columns: rename(columns, cte.definition.columns), complete, source: { kind: 'recursive', query, node, columnNames: cte.definition.columns, cte: self } };
    }
    default: return cte satisfies never;
  }
}

/** A tree of new nodes: each mention of a CTE is bound by itself. */
function copyTree<T extends Node>(node: T): T {
  const copy = mapChildren(node, copyTree);
  return copy === node ? { ...node } : copy;
}
