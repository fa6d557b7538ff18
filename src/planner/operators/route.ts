import type { Expression, IndexHint, TableRef } from '../../sql/index.ts';
import { isSubset, keyOf, tablesOf } from '../analysis/expressions.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { TableInfo, TableSet } from '../analysis/tableInfo.ts';
import type { CatalogTable, TableVindex } from '../catalog.ts';
import { tableNotFound } from '../errors.ts';
import { build, type ColumnRef } from '../../sql/index.ts';
import type { RouteClass, RouteItem, RouteOperator, RoutedTable } from './operator.ts';
import { snapshotTabletType } from '../snapshots.ts';

/** The route of one table mentioned in FROM. */
export function routeOfTable(st: PlanningStatement, info: TableInfo, node: TableRef, table: CatalogTable): RouteOperator {
  const tabletType = table.tabletType ?? snapshotTabletType(st, table.keyspace);
  return {
    kind: 'route',
    class: classOf(table),
    keyspace: table.keyspace,
    ...(tabletType !== undefined && { tabletType }),
    set: info.set,
    tables: [{ info, table, vindexes: usableVindexes(table, node.indexHints), nullable: false }],
    known: [],
    from: [node],
    where: [],
    renamed: new Map(),
    locks: [],
    items: [],
    order: [],
  };
}

function classOf(table: CatalogTable): RouteClass {
  if (table.kind === 'systemTable') return 'system';
  if (!table.keyspace.sharded) return 'unsharded';
  return table.kind === 'reference' ? 'any' : 'sharded';
}

/** The vindexes a route may use: no lookup that is still being backfilled, and what USE/IGNORE VINDEX leave. */
function usableVindexes(table: CatalogTable, hints: readonly IndexHint[]): TableVindex[] {
  let usable = table.vindexes.filter((v) => !(v.vindex.kind === 'lookup' && v.vindex.lookup.writeOnly));
  for (const hint of hints) {
    if (hint.action !== 'use vindex' && hint.action !== 'ignore vindex') continue;
    for (const name of hint.indexes) {
      if (!table.vindexes.some((v) => v.name === name)) throw tableNotFound(`vindex ${name}`);
    }
    const named = (v: TableVindex): boolean => hint.indexes.includes(v.name);
    usable = usable.filter((v) => (hint.action === 'use vindex' ? named(v) : !named(v)));
  }
  return usable;
}

/** The route of a SELECT without tables. */
export function dualRoute(st: PlanningStatement): RouteOperator {
  return { kind: 'route', class: 'dual', keyspace: st.catalog.anyKeyspace(), set: 0n, tables: [], known: [], from: [], where: [], renamed: new Map(), locks: [], items: [], order: [] };
}

/** The route with one more condition: in its statement, and in what is known for routing. */
export function withCondition(st: PlanningStatement, route: RouteOperator, condition: Expression): RouteOperator {
  return { ...route, where: [...route.where, condition], known: [...route.known, ...knownFrom(st, condition)] };
}

/** A condition's terms, with columns of derived tables replaced by what they are made of. */
export function knownFrom(st: PlanningStatement, condition: Expression): Expression[] {
  return build.terms('and', translate(st, st.expand(condition)));
}

/** Columns of derived tables replaced by their definitions, down to base tables as far as that is possible. */
export function translate(st: PlanningStatement, expr: Expression): Expression {
  return st.rewriteBound(expr, (node) => {
    if (node.kind !== 'column') return undefined;
    const inner = definitionOf(st, node as ColumnRef);
    return inner === undefined ? node : translate(st, inner);
  });
}

/** What a derived table's column is made of, in the derived table's own terms. */
export function definitionOf(st: PlanningStatement, column: ColumnRef): Expression | undefined {
  const binding = st.bindings.get(column);
  if (binding?.kind === 'alias') return binding.expr;
  if (binding?.kind !== 'table' || binding.table.source.kind !== 'derived') return undefined;
  const wanted = binding.name.toLowerCase();
  return binding.table.columns.find((c) => c.name.toLowerCase() === wanted)?.expr;
}

/** The base table's column behind an expression, through any number of derived tables. */
export function baseColumn(st: PlanningStatement, expr: Expression): { readonly table: TableInfo; readonly name: string } | undefined {
  const at = translate(st, expr);
  if (at.kind !== 'column') return undefined;
  const binding = st.bindings.get(at);
  return binding?.kind === 'table' ? { table: binding.table, name: binding.name } : undefined;
}

/** The position of a column in the route's result; asked for anew when it is not there yet. */
export function addRouteColumn(st: PlanningStatement, route: RouteOperator, expr: Expression, alias?: string): number {
  const key = keyOf(st, expr);
  const known = route.items.findIndex((item) => item.key === key && (alias === undefined || item.alias === alias));
  if (known >= 0) return known;
  const item: RouteItem = alias === undefined ? { expr, key } : { expr, key, alias };
  route.items.push(item);
  return route.items.length - 1;
}

/** As {@link baseColumn}, but the largest or smallest of a column's values counts too: it is the value of some row, which is where that row is. */
export function linkedColumn(st: PlanningStatement, expr: Expression): { readonly table: TableInfo; readonly name: string } | undefined {
  const definition = expr.kind === 'column' ? definitionOf(st, expr) : expr;
  const [arg] = definition?.kind === 'aggregate' && (definition.name === 'max' || definition.name === 'min') ? definition.args : [];
  return baseColumn(st, arg ?? expr);
}

export function routedTable(route: RouteOperator, info: TableInfo): RoutedTable | undefined {
  return route.tables.find((t) => t.info.id === info.id);
}

/** True when the route reaches at most one shard. */
export function isWithin(st: PlanningStatement, expr: Expression, set: TableSet, block: TableSet): boolean {
  return isSubset(tablesOf(st, expr) & block, set);
}
