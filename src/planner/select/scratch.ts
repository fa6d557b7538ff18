import { build, findAll, printStatement, some, type ColumnRef, type Expression, type Node, type Query, type Select, type TableRef } from '../../sql/index.ts';
import { bindQuery } from '../analysis/bindQuery.ts';
import { hasSubquery, isVolatile, tablesOf } from '../analysis/expressions.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { TableInfo } from '../analysis/tableInfo.ts';
import { unsupported } from '../errors.ts';
import { buildRoute } from '../operators/buildRoute.ts';
import { rejectsNull } from '../operators/nulls.ts';
import { routeOfTable, withCondition } from '../operators/route.ts';
import type { CatalogTable } from '../catalog.ts';
import type { Scratch, ScratchInput, Send } from '../plan.ts';
import type { TabletTypeName } from '../../vitess/queryService.ts';
import { withoutKeyspaces } from '../statements/bypass.ts';

/**
 * A query that no primitive covers: the tables it reads, narrowed as far as shards can narrow them, go to a scratch server, and the query
 * itself runs there, under the tables' own names. `st` is a fresh statement. Throws VT12001 where that is not possible either
 * (two tables of one name, views, locking reads, system schemas).
 */
export function planScratch(st: PlanningStatement, query: Query, why: string): Scratch {
  if (some(query, (n) => n.kind === 'lock' || n.kind === 'nextValues' || n.kind === 'assign' || n.kind === 'intoFile' || n.kind === 'intoVariables')) throw unsupported(why);
  bindQuery(st, query, undefined, undefined);
  const mentions = new Map<string, TableInfo[]>();
  for (const info of st.tables) {
    const { source } = info;
    if (source.kind === 'vindex' || source.kind === 'json') throw unsupported(why);
    if (source.kind === 'derived' && source.node.kind === 'table' && st.texts.has(source.query)) throw unsupported(why);
    if (source.kind !== 'base') continue;
    if (source.table.kind === 'systemTable') throw unsupported(why);
    const name = source.node.table.name;
    mentions.set(name, [...(mentions.get(name) ?? []), info]);
  }
  const inputs = [...mentions].map(([table, infos]) => {
    const [first, second] = infos;
    if (first?.source.kind !== 'base') throw unsupported(why);
    const home = first.source.table;
    if (infos.some((i) => i.source.kind !== 'base' || i.source.table !== home)) throw unsupported(why);
    const wanted = usedColumns(st, query, infos);
    const node: TableRef = { ...first.source.node, partitions: [], indexHints: [] };
    st.tableOf.set(node, first);
    const narrowed = second === undefined ? ownConditions(st, query, first) : [];
    const route = narrowed.reduce((r, c) => withCondition(st, r, c), routeOfTable(st, first, node, home));
    const items = wanted === undefined ? [build.item(star)] : wanted.map((name) => build.item(st.columnOf(first, name)));
    for (const item of items) route.items.push({ expr: item.expr, key: String(route.items.length) });
    const columns = wanted ?? [];
    return {
      table, origin: { keyspace: home.keyspace.name, table: home.name }, columns, keys: [], fulltext: [], input: buildRoute(st, route),
      primaryKey: home.primaryKey.length > 0 && (wanted === undefined || home.primaryKey.every((name) => has(columns, name))) ? home.primaryKey : [],
      describe: describeTable(home, route.tabletType),
    } satisfies ScratchInput;
  });
  return {
    op: 'Scratch', inputs, query: printStatement(withoutKeyspaces(st, query)), why, aliases: {},
    reopens: [...mentions.values()].some((infos) => infos.length > 1),
    grouped: some(query, (n) => n.kind === 'groupBy' || n.kind === 'aggregate'),
    variables: [...new Set(findAll(query, 'userVariable').map((v) => v.name.toLowerCase()))],
  };
}

const has = (names: readonly string[], wanted: string): boolean => names.some((name) => name.toLowerCase() === wanted.toLowerCase());

/** Asks any shard for the exact types and collations of the table's columns. */
function describeTable(table: CatalogTable, tabletType: TabletTypeName | undefined): Send {
  return {
    op: 'Send', keyspace: table.keyspace, shards: { kind: 'anyShard' }, query: `show full columns from \`${table.name.replaceAll('`', '``')}\``, isDml: false, singleShardOnly: true,
    reservedConnectionNeeded: false, ...(tabletType !== undefined && { tabletType }),
  };
}

/** `*` where an expression stands: routes print their items as they are. */
const star = { kind: 'star', start: -1, end: -1 } as unknown as Expression;

/** The columns the query names; undefined: all (a star, a natural join, or columns that are not known). */
function usedColumns(st: PlanningStatement, query: Query, infos: readonly TableInfo[]): string[] | undefined {
  if (infos.some((i) => !i.complete) || some(query, (n) => n.kind === 'star' || (n.kind === 'join' && (n.natural || n.using !== undefined)))) return undefined;
  const ids = new Set(infos.map((i) => i.id));
  const names = new Map<string, string>();
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if (Array.isArray(node)) {
      for (const n of node) walk(n);
      return;
    }
    if ((node as Node).kind === 'column') {
      const binding = st.bindings.get(node as ColumnRef);
      if (binding?.kind === 'table' && ids.has(binding.table.id)) names.set(binding.name.toLowerCase(), binding.name);
    }
    const info = st.tableOf.get(node as Node);
    if (info !== undefined && (info.source.kind === 'derived' || info.source.kind === 'recursive') && (node as Node).kind === 'table') walk(info.source.query);
    for (const value of Object.values(node)) if (typeof value === 'object') walk(value);
  };
  walk(query);
  const [first] = infos;
  return names.size === 0 && first?.columns[0] !== undefined ? [first.columns[0].name] : [...names.values()];
}

/** Conditions of the table's own SELECT that concern it alone and that every row of the answer meets. */
function ownConditions(st: PlanningStatement, query: Query, info: TableInfo): Expression[] {
  const found: Expression[] = [];
  const visit = (select: Select): void => {
    const known = st.selects.get(select);
    if (known?.tables.some((t) => t.id === info.id) !== true) return;
    const outer = select.from.some((entry) => some(entry, (n) => n.kind === 'join' && n.type !== 'inner' && n.type !== 'cross' && n.type !== 'straight', (n) => n.kind !== 'derivedTable'));
    for (const term of build.terms('and', select.where)) {
      if (tablesOf(st, term) !== info.set || hasSubquery(term) || isVolatile(term) || (outer && !rejectsNull(st, term, info.set))) continue;
      found.push(term);
    }
  };
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if (Array.isArray(node)) {
      for (const n of node) walk(n);
      return;
    }
    if ((node as Node).kind === 'select') visit(node as Select);
    for (const value of Object.values(node)) if (typeof value === 'object') walk(value);
  };
  walk(query);
  return found;
}
