import { build, type Expression, type Select } from '../../sql/index.ts';
import { hasAggregate, keyOf, windowsOf, isSubset, tablesOf } from '../analysis/expressions.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import { planError, schemaTrackingRequired, unsupported } from '../errors.ts';
import { buildOperator } from '../operators/build.ts';
import { addColumn } from '../operators/columns.ts';
import { addCondition } from '../operators/conditions.ts';
import type { Operator, PlannedQuery, RouteOperator } from '../operators/operator.ts';
import type { Primitive } from '../plan.ts';
import { planAggregation } from './aggregation.ts';
import { addSortKey, exprsOf, isConstant, numberWeights, orderColumn, weightOf, type SortKey } from './sortKeys.ts';
import { limitPrimitive, shardLimit } from './limits.ts';
import { holdsUniqueVindex, windowStaysInShard } from './perShard.ts';
import type { QueryOptions } from './planQuery.ts';

/** Plans a SELECT's list, groups, order and limit over its tables, where shards can't do all of it. */
export function planHorizon(st: PlanningStatement, select: Select, source: Operator, options: QueryOptions): PlannedQuery {
  const info = st.info(select);
  const exprs = info.items.flatMap((item) => (item.kind === 'selectExpr' ? [item.expr] : []));
  const windows = [...exprs, ...info.orderBy.map((o) => o.expr)].flatMap((e) => windowsOf(e));
  for (const w of windows) {
    const { over } = w as { over?: { kind: string; name?: string } };
    if (over?.kind === 'windowRef' && !select.windows.some((n) => n.name.toLowerCase() === over.name?.toLowerCase())) throw planError('VT03025', 1210, 'HY000', `Incorrect arguments to ${over.name ?? ''}`);
  }
  if (windows.length > 0 || select.windows.length > 0 || select.qualify !== undefined) {
    const inShard = source.kind === 'route' && select.qualify === undefined && select.windows.length === 0 && windows.every((w) => windowStaysInShard(st, select, w, source));
    if (!inShard || select.groupBy !== undefined || select.having !== undefined || exprs.some((e) => hasAggregate(st, e))) throw unsupported('window functions are only supported for single-shard queries');
    return planRows(st, select, source, options, false);
  }
  const aggregates = select.groupBy !== undefined || exprs.some((e) => hasAggregate(st, e)) || (select.having !== undefined && hasAggregate(st, select.having)) || info.orderBy.some((o) => hasAggregate(st, o.expr));
  if (select.options.includes('sql_calc_found_rows') && select.limit !== undefined) return planFoundRows(st, select, source, options);
  if (aggregates && source.kind === 'route' && select.groupBy !== undefined && !select.groupBy.rollup && holdsUniqueVindex(st, info.groupBy, source)) {
    return planRows(st, select, source, options, true);
  }
  if (aggregates) return planAggregation(st, select, source, options);
  return planRows(st, select, source, options, false);
}

/** SQL_CALC_FOUND_ROWS with LIMIT: the rows, and how many there would be. */
function planFoundRows(st: PlanningStatement, select: Select, source: Operator, options: QueryOptions): PlannedQuery {
  const { limit: _limit, ...unlimited } = select;
  const plain: Select = { ...select, options: select.options.filter((o) => o !== 'sql_calc_found_rows') };
  st.inherit(select, plain);
  const counting: Select = { ...unlimited, limit: undefined, options: plain.options, orderBy: [], items: [build.item(build.countStar())] };
  st.selects.set(counting, { ...st.info(select), select: counting, items: counting.items, orderBy: [], columns: [{ name: 'count(*)', type: 265 }], complete: true });
  const copy = source.kind === 'route' ? { ...source, items: [], order: [] } : undefined;
  if (copy === undefined || select.groupBy !== undefined || select.distinct) throw unsupported('SQL_CALC_FOUND_ROWS across shards with a join, GROUP BY or DISTINCT');
  const limited = planHorizon(st, plain, source, options);
  const count = planAggregation(st, counting, copy, { ordered: false, weights: false });
  return { ...limited, route: undefined, build: () => ({ op: 'SQL_CALC_FOUND_ROWS', limited: limited.build(), count: count.build() }) };
}

function planRows(st: PlanningStatement, select: Select, source: Operator, options: QueryOptions, grouped: boolean): PlannedQuery {
  const info = st.info(select);
  const sorts = options.ordered || select.limit !== undefined ? info.orderBy.filter((o) => !isConstant(st.expand(o.expr))) : [];
  if (!info.complete && (source.kind !== 'route' || sorts.length > 0 || select.distinct || options.weights)) throw schemaTrackingRequired();
  let from = source;
  if (select.having !== undefined && !grouped && hasOwnHaving(st, select)) from = filterHaving(st, select, from);
  const columns = info.columns;
  const positions = from.kind === 'route' ? routeItems(st, select, from) : info.items.map((item) => {
    if (item.kind !== 'selectExpr') throw schemaTrackingRequired();
    return addColumn(st, from, item.expr);
  });
  if (from.kind === 'route' && grouped) {
    from.groupBy = info.groupBy;
    if (select.having !== undefined) return groupedWithHaving(st, select, from, options);
  }
  const keys = sorts.map((o) => addSortKey(st, from, o.expr, o.descending));
  const distinctKeys = select.distinct && !(from.kind === 'route' && holdsUniqueVindex(st, exprsOf(info.items), from)) ? exprsOf(info.items).map((e) => addSortKey(st, from, e, false)) : [];
  const weights = options.weights ? columns.map((c, i) => weightOf(st, from, c, exprsOf(info.items)[i])) : [];
  const sortsAbove = pushOrder(st, from, keys);
  if (from.kind === 'route') {
    if (select.distinct) from.distinct = true;
    const limit = select.limit === undefined || sortsAbove ? undefined : shardLimit(select.limit);
    if (limit !== undefined) from.limit = limit;
  }
  const outputs = [...positions, ...weights.filter((w) => w !== undefined)];
  return {
    columns, complete: info.complete, weights: options.weights ? numberWeights(weights, columns.length) : [],
    build: () => {
      let at: Primitive = buildOperator(st, from);
      if (distinctKeys.length > 0) at = { op: 'Distinct', columns: distinctKeys.map(orderColumn), input: at };
      if (sortsAbove) at = { op: 'Sort', orderBy: keys.map(orderColumn), input: at };
      if (select.limit !== undefined) at = limitPrimitive(select.limit, at);
      return info.complete ? pick(at, outputs, widthOf(from)) : at;
    },
  };
}

/** Select items go to a route as they stand, each one column, in order. */
function routeItems(st: PlanningStatement, select: Select, route: RouteOperator): number[] {
  const info = st.info(select);
  return info.items.map((item, i) => {
    if (item.kind === 'selectExpr') route.items.push({ expr: item.expr, key: keyOf(st, item.expr), ...(item.alias !== undefined && { alias: item.alias }) });
    else route.items.push({ expr: starExpr(item), key: `*${i}` });
    return i;
  });
}

/** A star among the columns of a route: printed as it is. */
function starExpr(item: Exclude<Select['items'][number], { kind: 'selectExpr' }>): Expression {
  return item as unknown as Expression;
}

function hasOwnHaving(st: PlanningStatement, select: Select): boolean {
  return select.groupBy !== undefined || (select.having !== undefined && hasAggregate(st, select.having));
}

function filterHaving(st: PlanningStatement, select: Select, source: Operator): Operator {
  return build.terms('and', select.having).reduce((op: Operator, c) => addCondition(st, op, st.expand(c)), source);
}

/** Groups that stay within shards, with HAVING: the shards do it; it is only sorted and cut here. */
function groupedWithHaving(st: PlanningStatement, select: Select, route: RouteOperator, options: QueryOptions): PlannedQuery {
  const info = st.info(select);
  const keys = info.orderBy.filter((o) => !isConstant(st.expand(o.expr))).map((o) => addSortKey(st, route, o.expr, o.descending));
  const weights = options.weights ? info.columns.map((c, i) => weightOf(st, route, c, exprsOf(info.items)[i])) : [];
  const body: Select = {
    ...select, options: select.options,
    items: route.items.map((item) => build.item(item.expr, item.alias)),
    orderBy: keys.map((k) => build.orderItem(st.expand(k.expr), k.descending ? 'desc' : 'asc')),
    limit: select.limit === undefined ? undefined : shardLimit(select.limit),
  };
  const made: RouteOperator = { ...route, body };
  const width = info.items.length;
  return {
    columns: info.columns, complete: info.complete, weights: numberWeights(weights, width),
    build: () => {
      const built = buildOperator(st, made);
      let at: Primitive = built.op === 'Route' && keys.length > 0 && built.routing.variant !== 'EqualUnique' ? { ...built, orderBy: keys.map(orderColumn) } : built;
      if (select.limit !== undefined) at = limitPrimitive(select.limit, at);
      return pick(at, [...Array(width).keys(), ...weights.filter((w) => w !== undefined)], route.items.length);
    },
  };
}

/**
 * Has the rows come sorted from below where that is possible: a route sorts and its shards' rows are merged; a join keeps the order of its
 * left side. Answers whether sorting is still to be done here.
 */
function pushOrder(st: PlanningStatement, source: Operator, keys: readonly SortKey[]): boolean {
  if (keys.length === 0) return false;
  switch (source.kind) {
    case 'route':
      for (const key of keys) source.order.push({ ...orderColumn(key), expr: st.expand(key.expr) });
      return false;
    case 'join': {
      if (source.hash !== undefined || !keys.every((k) => tablesOf(st, k.expr) !== 0n && isSubset(tablesOf(st, k.expr) & source.set, source.left.set))) return true;
      return pushOrder(st, source.left, keys.map((k) => addSortKey(st, source.left, k.expr, k.descending)));
    }
    case 'filter': return pushOrder(st, source.input, keys.map((k) => addSortKey(st, source.input, k.expr, k.descending)));
    case 'semiJoin': return pushOrder(st, source.left, keys.map((k) => addSortKey(st, source.left, k.expr, k.descending)));
    default: return true;
  }
}

export function widthOf(op: Operator): number {
  switch (op.kind) {
    case 'route': return Math.max(1, op.items.length);
    case 'join':
    case 'derived': return op.columns.length;
    case 'vindexFunc': return op.columns.length;
    case 'inline': return widthOf(op.inner);
    case 'filter': return widthOf(op.input);
    case 'semiJoin': return widthOf(op.left);
    default: return op satisfies never;
  }
}

/** Only these columns, in this order; nothing is added when they are the columns already. */
export function pick(input: Primitive, columns: readonly number[], width: number): Primitive {
  if (columns.length === width && columns.every((c, i) => c === i)) return input;
  if (input.op === 'Route' && columns.every((c, i) => c === i)) return { ...input, keepColumns: columns.length };
  return { op: 'SimpleProjection', columns, input };
}
