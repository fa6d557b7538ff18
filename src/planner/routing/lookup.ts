import { build } from '../../sql/index.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import { catalogTableOf } from './catalogTable.ts';
import type { RouteOperator, RouteOption } from '../operators/operator.ts';
import type { PlanValue, Primitive, Route, VindexLookup } from '../plan.ts';
import { planValue } from '../translate/constants.ts';
import { printStatement } from '../../sql/index.ts';
import type { LookupVindex } from '../../vschema/index.ts';
import type { CatalogTable } from '../catalog.ts';

/**
 * A route by a lookup vindex: first the lookup table is asked, then the rows are fetched where it says.
 * Undefined for lookups that the engine resolves by itself (hashed forms), whose route keeps its variant.
 * In a snapshot the lookup table must be the snapshot's own (SNAPSHOTS.md, "Routing" 5); otherwise the route is a scatter.
 */
export function buildLookup(st: PlanningStatement, route: RouteOperator, option: RouteOption, sendTo: Route): Primitive | undefined {
  const vindex = option.vindex;
  if (vindex?.kind !== 'lookup') return undefined;
  const home = lookupTable(st, vindex, route);
  if (home === undefined) {
    if (route.keyspace.snapshot === true) return { ...sendTo, routing: { variant: 'Scatter', keyspace: route.keyspace, ...(route.tabletType !== undefined && { tabletType: route.tabletType }) } };
    return undefined;
  }
  if (vindex.lookup.fromIs !== 'value' || vindex.lookup.toIs !== 'keyspaceId') return undefined;
  const { variant } = option;
  if (variant !== 'EqualUnique' && variant !== 'Equal' && variant !== 'IN' && variant !== 'MultiEqual') return undefined;
  const argument = vindex.lookup.from[0] ?? '';
  const made: VindexLookup = {
    op: 'VindexLookup', variant, keyspace: route.keyspace, vindex,
    values: option.values.map((v) => planValue(v)),
    argument,
    lookup: lookupRoute(st, home, vindex, argument),
    sendTo: { ...sendTo, routing: { variant: 'ByDestination', keyspace: route.keyspace, ...(route.tabletType !== undefined && { tabletType: route.tabletType }) } },
  };
  return made;
}

/** How the engine asks a lookup by itself: for DML, and for lookups that hash. */
export function lookupQuery(st: PlanningStatement, route: { readonly keyspace: RouteOperator['keyspace'] }, vindex: LookupVindex): { argument: string; query: Route } | undefined {
  const home = lookupTable(st, vindex, route);
  const argument = vindex.lookup.from[0] ?? '';
  return home === undefined ? undefined : { argument, query: lookupRoute(st, home, vindex, argument) };
}

export function lookupTable(st: PlanningStatement, vindex: LookupVindex, route: { readonly keyspace: RouteOperator['keyspace'] }): CatalogTable | undefined {
  const written = vindex.lookup.table;
  if (written === '') return undefined;
  const dot = written.indexOf('.');
  const keyspace = dot < 0 ? undefined : written.slice(0, dot);
  const name = dot < 0 ? written : written.slice(dot + 1);
  if (route.keyspace.snapshot === true) return snapshotLookup(st, route.keyspace.name, keyspace, name);
  return keyspace === undefined ? catalogTableOf(st, route.keyspace.name, name) ?? catalogTableOf(st, undefined, name) : catalogTableOf(st, keyspace, name);
}

/** The snapshot's own table, or that of the snapshot of the lookup's keyspace made for the same moment (SNAPSHOTS.md, "Routing" 5). */
function snapshotLookup(st: PlanningStatement, snapshot: string, keyspace: string | undefined, name: string): CatalogTable | undefined {
  const facts = st.context.snapshots;
  const mine = facts?.get(snapshot);
  if (keyspace === undefined || mine === undefined || keyspace === snapshot || keyspace === mine.base) return catalogTableOf(st, snapshot, name);
  for (const [other, { base, at }] of facts ?? []) if (base === keyspace && at === mine.at) return catalogTableOf(st, other, name);
  return undefined;
}

/** `select from, to from lookup where from in ::values`, routed by the lookup table's own vindex where it has one. */
function lookupRoute(_st: PlanningStatement, table: CatalogTable, vindex: LookupVindex, argument: string): Route {
  const column = build.column(vindex.lookup.from[0] ?? '');
  const items = [build.item(column), build.item(build.column(vindex.lookup.to))];
  const primary = table.vindexes[0];
  const routed = table.keyspace.sharded && primary !== undefined && primary.columns.length === 1 && primary.columns[0]?.toLowerCase() === column.name.toLowerCase() && primary.vindex.kind !== 'lookup';
  const value: PlanValue = { expr: { kind: 'listBind', name: argument }, text: `::${argument}` };
  const where = build.inList(column, build.listBind(routed ? '__vals' : argument));
  return {
    op: 'Route',
    routing: routed ? { variant: 'IN', keyspace: table.keyspace, vindex: primary.vindex, values: [value] } : { variant: table.keyspace.sharded ? 'Scatter' : 'Unsharded', keyspace: table.keyspace },
    query: printStatement(build.select(items, [build.table(table.name)], { where })),
    fieldQuery: printStatement(build.select(items, [build.table(table.name)], { where: build.compare('!=', build.integer(1), build.integer(1)) })),
    ...(routed && { listVars: [{ name: '__vals', value: 0 }] }),
    tableName: table.name,
  };
}

