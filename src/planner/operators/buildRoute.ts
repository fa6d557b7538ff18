import { build, printStatement, some, type MatchAgainst, type ColumnRef, type CommonTable, type Expression, type Node, type Query, type Select, type TableRef } from '../../sql/index.ts';
import { VtrewindError } from '../../base/errors.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { CatalogTable } from '../catalog.ts';
import { unsupported } from '../errors.ts';
import type { OrderColumn, Primitive, Route, Routing } from '../plan.ts';
import { bestOption } from '../routing/options.ts';
import { buildLookup, lookupQuery } from '../routing/lookup.ts';
import { planValue } from '../translate/constants.ts';
import { valueTypes } from '../../vschema/valueType.ts';
import type { LookupVindex } from '../../vschema/index.ts';
import { nameColumns } from '../select/nameColumns.ts';
import { refuseSnapshotWrite } from '../snapshots.ts';
import type { RouteOperator, RouteOption } from './operator.ts';
import { systemTableValues } from '../routing/systemTables.ts';

/** The statement of a route as it will be sent, before names are changed for the shards. */
export function routeQuery(route: RouteOperator): Query {
  if (route.body !== undefined) return route.body;
  const where = build.and(...route.where);
  const items = route.items.length === 0 ? [build.item(build.integer(1))] : route.items.map((item) => build.item(item.expr, item.alias));
  return build.select(items, route.from, {
    ...(where !== undefined && { where }),
    ...(route.distinct === true && { distinct: true }),
    ...(route.groupBy !== undefined && route.groupBy.length > 0 && { groupBy: build.groupBy(route.groupBy) }),
    orderBy: route.order.map((o) => build.orderItem(o.expr, o.descending ? 'desc' : 'asc')),
    ...(route.limit !== undefined && { limit: route.limit }),
    locks: route.locks,
  });
}

/** The primitive of a route: a Route, or a VindexLookup over one where the vindex is a lookup table. */
export function buildRoute(st: PlanningStatement, route: RouteOperator, keepColumns?: number): Primitive {
  const option = bestOption(st, route);
  const query = routeQuery(route);
  const lists = listVariables(option);
  const sent = forShards(st, query, route.renamed, lists.replaced);
  if (hasLocks(sent)) refuseSnapshotWrite(st, route.keyspace, 'a locking read');
  if (!isSingleShard(option) && some(sent, (n) => n.kind === 'match' && (n as MatchAgainst).mode?.includes('query expansion') === true)) {
    throw unsupported('MATCH … WITH QUERY EXPANSION, which depends on the rows of all shards');
  }
  const system = route.class === 'system' ? systemTableValues(st, sent, route.known) : undefined;
  const finalQuery = system?.query ?? sent;
  const made: Route = {
    op: 'Route',
    routing: { ...routingOf(st, route, option), ...(system !== undefined && { sysTableSchema: system.schemas, sysTableName: system.names }) },
    query: printStatement(finalQuery),
    fieldQuery: printStatement(fieldQuery(finalQuery)),
    ...(lists.vars.length > 0 && option.variant === 'IN' && { listVars: lists.vars }),
    ...(route.order.length > 0 && route.body === undefined && mergesOrder(option) && { orderBy: route.order.map((o): OrderColumn => orderColumn(o)) }),
    ...(keepColumns !== undefined && keepColumns < route.items.length && route.body === undefined && { keepColumns }),
    ...(hasLocks(sent) && { locks: true }),
    ...(route.alwaysOneShard === true && { alwaysOneShard: true }),
    ...(st.directives.queryTimeoutMs !== undefined && { queryTimeoutMs: st.directives.queryTimeoutMs }),
    ...(st.directives.scatterErrorsAsWarnings && !isSingleShard(option) && { scatterErrorsAsWarnings: true }),
    tableName: tableNames(st, route),
  };
  if (option.vindex !== undefined && option.vindex.kind === 'lookup') {
    const looked = buildLookup(st, route, option, made);
    if (looked !== undefined) return looked;
  }
  return made;
}

function orderColumn(o: RouteOperator['order'][number]): OrderColumn {
  return {
    column: o.column, descending: o.descending, ...(o.weightColumn !== undefined && { weightColumn: o.weightColumn }),
    ...(o.type !== undefined && { type: o.type }), ...(o.collation !== undefined && { collation: o.collation }),
  };
}

/** Variants that may reach several shards need their rows merged in order. */
export function mergesOrder(option: RouteOption): boolean {
  return !isSingleShard(option);
}

export function isSingleShard(option: RouteOption): boolean {
  switch (option.variant) {
    case 'EqualUnique':
    case 'Unsharded':
    case 'Reference':
    case 'DBA':
    case 'None':
    case 'Next': return true;
    default: return false;
  }
}

export function tableNames(_st: PlanningStatement, route: RouteOperator): string {
  return [...new Set(route.tables.map((t) => (route.renamed.get(t.info.id) ?? t.table).name))].sort().join(', ');
}

export function routingOf(st: PlanningStatement, route: RouteOperator, option: RouteOption): Routing {
  return {
    variant: option.variant,
    keyspace: route.keyspace,
    ...(route.tabletType !== undefined && { tabletType: route.tabletType }),
    ...(option.vindex !== undefined && option.pinned === undefined && { vindex: option.vindex }),
    ...(option.pinned !== undefined && { pinned: option.pinned }),
    ...(option.vindex?.kind === 'lookup' && lookupOf(st, route, option.vindex)),
    ...(option.values.length > 0 && {
      values: option.pinned === undefined ? option.values.map((v) => planValue(v))
        : [{ expr: { kind: 'literal' as const, type: valueTypes.VARBINARY, text: option.pinned.toString('latin1') }, text: `'${option.pinned.toString()}'` }],
    }),
    ...(route.target !== undefined && { shards: route.target }),
  };
}

function lookupOf(st: PlanningStatement, route: RouteOperator, vindex: LookupVindex): Pick<Routing, 'lookup'> {
  const lookup = lookupQuery(st, route, vindex);
  return lookup === undefined ? {} : { lookup };
}

interface Lists { readonly vars: readonly { readonly name: string; readonly value: number }[]; readonly replaced: Map<Node, Expression> }

/** The INs whose list differs per shard: `c in ::__vals`. */
export function listVariables(option: RouteOption): Lists {
  const replaced = new Map<Node, Expression>();
  const vars: { name: string; value: number }[] = [];
  if (option.variant !== 'IN' || option.vindex?.kind === 'lookup') return { vars, replaced };
  const several = option.lists.filter((l) => l !== undefined).length > 1 || option.values.length > 1;
  option.lists.forEach((list, value) => {
    if (list?.kind !== 'in') return;
    const name = several ? `__vals${value}` : '__vals';
    vars.push({ name, value });
    replaced.set(list, { ...list, right: build.listBind(name) });
  });
  return { vars, replaced };
}

/** Names as the shards know them: no keyspaces, renamed tables under their written names. */
export function forShards<T extends Node>(st: PlanningStatement, query: T, renamed: ReadonlyMap<number, CatalogTable>, replaced: ReadonlyMap<Node, Node>): T {
  const recursive = new Map<string, CommonTable>();
  const walk = (node: Node): Node | undefined => {
    const other = replaced.get(node);
    if (other !== undefined) return st.rewriteBound(other, (n) => (n === other ? undefined : walk(n)));
    if ((node as Query).with !== undefined) {
      // Every mention of a plain one is a derived table by now; the recursive ones that are left stand before the whole statement.
      const bare: Node = { ...node, with: undefined } as Node;
      st.inherit(node, bare);
      return st.rewriteBound(bare, (n) => (n === bare ? undefined : walk(n)));
    }
    if (node.kind === 'table') keepRecursive(st, node as TableRef, recursive, walk);
    if (node.kind === 'column') return shardColumn(st, node as ColumnRef);
    if (node.kind === 'star') return (node as { schema?: string }).schema === undefined ? node : { ...node, schema: undefined } as Node;
    if (node.kind === 'table') return shardTable(st, node as TableRef, renamed, walk);
    return undefined;
  };
  const sent = st.rewriteBound(query, walk);
  if (recursive.size === 0) return sent;
  const fresh: T = { ...sent, with: { kind: 'with', recursive: true, tables: [...recursive.values()], start: -1, end: -1 } };
  st.inherit(sent, fresh);
  return fresh;
}

function keepRecursive(st: PlanningStatement, node: TableRef, found: Map<string, CommonTable>, walk: (n: Node) => Node | undefined): void {
  const source = st.tableOf.get(node)?.source;
  if (source?.kind !== 'recursive' || found.has(source.cte.name.toLowerCase())) return;
  const query = st.rewriteBound(source.query, (n) => (n === source.query ? undefined : walk(n)));
  found.set(source.cte.name.toLowerCase(), { kind: 'commonTable', name: source.cte.name, columns: source.columnNames, query, start: -1, end: -1 });
}

function shardColumn(st: PlanningStatement, column: ColumnRef): ColumnRef {
  if (column.schema === undefined) return column;
  const binding = st.bindings.get(column);
  if (binding?.kind === 'table' && binding.table.source.kind === 'base' && binding.table.source.table.kind === 'systemTable') return column;
  return st.bind({ ...column, schema: undefined }, binding ?? { kind: 'ambiguous', tables: 0n, name: column.name });
}

function shardTable(st: PlanningStatement, node: TableRef, renamed: ReadonlyMap<number, CatalogTable>, walk: (n: Node) => Node | undefined): Node {
  const info = st.tableOf.get(node);
  if (info === undefined) return node.table.schema === undefined ? node : { ...node, table: { ...node.table, schema: undefined } } as TableRef;
  const { source } = info;
  const plainHints = node.indexHints.filter((h) => h.action !== 'use vindex' && h.action !== 'ignore vindex');
  switch (source.kind) {
    case 'base': {
      const table = renamed.get(info.id) ?? source.table;
      if (table.kind === 'systemTable') return { ...node, table: { ...node.table, schema: table.schema } } as TableRef;
      if (node.table.schema === undefined && table.name === node.table.name && plainHints.length === node.indexHints.length) return node;
      const alias = node.alias ?? (table.name === node.table.name ? undefined : node.table.name);
      return { ...node, table: { ...node.table, schema: undefined, name: table.name }, alias, indexHints: plainHints } as TableRef;
    }
    case 'derived': {
      if (node.kind !== 'table') return node;
      const query = st.rewriteBound(source.query, (n) => (n === source.query ? undefined : walk(n)));
      const named = source.columnNames.length === 0 ? query : nameColumns(st, query, source.columnNames);
      return { kind: 'derivedTable', query: named, lateral: false, alias: info.name, columns: [], start: -1, end: -1 } as Node;
    }
    default: return node;
  }
}

/** The statement with no rows in it: what its columns are. */
export function fieldQuery(query: Query): Query {
  switch (query.kind) {
    case 'select': {
      const { limit: _l, having: _h, ...rest } = query;
      return { ...rest, where: build.compare('!=', build.integer(1), build.integer(1)), orderBy: [], locks: [] } satisfies Select;
    }
    case 'setOperation': return { ...query, left: fieldQuery(query.left), right: fieldQuery(query.right), orderBy: [], limit: undefined, locks: [] };
    case 'nestedQuery': return fieldQuery(query.query);
    default: return query;
  }
}

function hasLocks(query: Query): boolean {
  if (query.locks.length > 0) return true;
  if (query.kind === 'setOperation') return hasLocks(query.left) || hasLocks(query.right);
  return query.kind === 'nestedQuery' && hasLocks(query.query);
}

export function requireRoute(primitive: Primitive): Route {
  if (primitive.op !== 'Route') throw new VtrewindError({ code: 'VTR1402', message: `a route was expected, not ${primitive.op}` });
  return primitive;
}
