import { some, type Expression, type Select } from '../../sql/index.ts';
import { hasAggregate, windowsOf } from '../analysis/expressions.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { RouteOperator } from '../operators/operator.ts';
import { baseColumn } from '../operators/route.ts';

/** Whether each shard's answers put together are the answer: nothing is left to sort, group, count or cut across shards. */
export function answersPerShard(st: PlanningStatement, select: Select, route: RouteOperator, ordered: boolean): boolean {
  if (select.limit !== undefined || (ordered && select.orderBy.length > 0)) return false;
  if (select.options.includes('sql_calc_found_rows')) return false;
  const info = st.info(select);
  if (route.class !== 'sharded' && route.class !== 'target') return true;
  const exprs = info.items.flatMap((item) => (item.kind === 'selectExpr' ? [item.expr] : []));
  const windows = [...exprs, ...(select.qualify === undefined ? [] : [select.qualify]), ...info.orderBy.map((o) => o.expr)].flatMap((e) => windowsOf(e));
  if (!windows.every((w) => windowStaysInShard(st, select, w, route))) return false;
  const aggregates = select.groupBy !== undefined || exprs.some((e) => hasAggregate(st, e)) || (select.having !== undefined && hasAggregate(st, select.having))
    || info.orderBy.some((o) => hasAggregate(st, o.expr));
  if (aggregates && (select.groupBy === undefined || select.groupBy.rollup || !holdsUniqueVindex(st, info.groupBy, route))) return false;
  if (select.distinct && !holdsUniqueVindex(st, exprs, route)) return false;
  return true;
}

/** Whether the columns of some unique vindex are among the expressions: rows equal in them share a shard. */
export function holdsUniqueVindex(st: PlanningStatement, exprs: readonly Expression[], route: RouteOperator): boolean {
  const columns = exprs.flatMap((e) => baseColumn(st, e) ?? []);
  return route.tables.some((routed) => !routed.nullable && routed.vindexes.some((v) => v.vindex.unique
    && v.columns.every((name) => columns.some((c) => c.table.id === routed.info.id && c.name.toLowerCase() === name.toLowerCase()))));
}

export function windowStaysInShard(st: PlanningStatement, select: Select, expr: Expression, route: RouteOperator): boolean {
  const { over } = expr as { over?: { kind: string; name?: string; base?: string; partitionBy?: readonly Expression[] } };
  if (over === undefined) return false;
  const partitions: Expression[] = [];
  const seen = new Set<string>();
  let spec = over.kind === 'windowRef' ? named(select, over.name) : over;
  while (spec !== undefined) {
    partitions.push(...(spec.partitionBy ?? []));
    if (spec.base === undefined || seen.has(spec.base)) break;
    seen.add(spec.base);
    spec = named(select, spec.base);
  }
  return holdsUniqueVindex(st, partitions, route);
}

function named(select: Select, name: string | undefined): { base?: string; partitionBy?: readonly Expression[] } | undefined {
  return select.windows.find((w) => w.name.toLowerCase() === name?.toLowerCase())?.spec;
}

export function hasWindows(select: Select): boolean {
  return some(select, (n) => (n as { over?: unknown }).over !== undefined, (n) => n.kind !== 'subquery' && n.kind !== 'exists' && n.kind !== 'derivedTable');
}
