import { build, type Query, type Select, type SetOperation } from '../../sql/index.ts';
import { hasAggregate, hasSubquery, windowsOf } from '../analysis/expressions.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import { mysqlError, unsupported } from '../errors.ts';
import { buildRoute, isSingleShard } from '../operators/buildRoute.ts';
import type { Operator, PlannedQuery, RouteOperator } from '../operators/operator.ts';
import { dualRoute, withCondition } from '../operators/route.ts';
import { bestOption } from '../routing/options.ts';
import { planHorizon } from './horizon.ts';
import { answersPerShard } from './perShard.ts';
import { refuseSnapshotWrite } from '../snapshots.ts';
import { planFrom, type PlanLeaf } from './planFrom.ts';
import { planLeaf } from './planLeaf.ts';
import { planNext, isNextQuery } from './planNext.ts';
import { placeSubqueries, type SubqueryPlanner } from './subqueries.ts';
import { planUnion } from './planUnion.ts';
import { planNested } from './planNested.ts';

export interface QueryOptions {
  /** The order of the rows matters to whoever asked. */
  readonly ordered: boolean;
  /** Text columns come with their weight strings behind all columns. */
  readonly weights: boolean;
}
export const inner: QueryOptions = { ordered: false, weights: false };

/** Plans a query to its end. Throws VT12001 for what neither shards nor primitives can do. */
export function planQuery(st: PlanningStatement, query: Query, options: QueryOptions): PlannedQuery {
  switch (query.kind) {
    case 'select': return planSelect(st, query, options);
    case 'setOperation': return planUnion(st, query satisfies SetOperation, options, planQuery);
    case 'nestedQuery': return planNested(st, query, options, planQuery);
    case 'values': return closed(st, { ...dualRoute(st), body: query });
    case 'tableQuery': throw unsupported('TABLE statement across shards');
    default: return query satisfies never;
  }
}

/** A query that is one route and needs nothing on top. */
export function closed(st: PlanningStatement, route: RouteOperator): PlannedQuery {
  const known = route.body === undefined ? undefined : st.outputs.get(route.body) ?? (route.body.kind === 'select' ? st.selects.get(route.body) : undefined);
  return { columns: known?.columns ?? [], complete: known?.complete ?? false, route, weights: [], build: () => buildRoute(st, route) };
}

/** A SELECT's tables and conditions, its subqueries placed; the SELECT as it is after that. */
export interface SelectSource { readonly source: Operator; readonly select: Select }

/** Everything of a SELECT below its select list. */
export function planSource(st: PlanningStatement, given: Select): SelectSource {
  const info = st.info(given);
  const conditions = build.terms('and', given.where);
  const having = movableHaving(st, given) ? build.terms('and', given.having).map((c) => st.expand(c)) : [];
  const all = [...conditions, ...having];
  const plain = all.filter((c) => !hasSubquery(c));
  const leaf: PlanLeaf = (table, node, own) => planLeaf(st, table, node, own, { planQuery, planSource, closed });
  const source = planFrom(st, given, plain, leaf) ?? plain.reduce<RouteOperator>((route, c) => withCondition(st, route, c), dualRoute(st));
  const planner: SubqueryPlanner = { planQuery, planSource };
  const placed = placeSubqueries(st, given, source, all.filter(hasSubquery), planner);
  if (info.ambiguous.length > 0 && placed.source.kind !== 'route') throw mysqlError(1052, '23000', `Column '${info.ambiguous[0]}' in field list is ambiguous`);
  return { source: given.locks.length === 0 ? placed.source : withLocks(st, placed.source, given), select: placed.select };
}

/** HAVING without groups is one more condition on rows. */
function movableHaving(st: PlanningStatement, select: Select): boolean {
  return select.having !== undefined && select.groupBy === undefined && !select.items.some((i) => i.kind === 'selectExpr' && hasAggregate(st, i.expr))
    && !hasAggregate(st, select.having) && !select.items.some((i) => i.kind === 'selectExpr' && windowsOf(i.expr).length > 0);
}

function withLocks(st: PlanningStatement, op: Operator, select: Select): Operator {
  switch (op.kind) {
    case 'route':
      refuseSnapshotWrite(st, op.keyspace, 'a locking read');
      return { ...op, locks: select.locks };
    case 'join': return { ...op, left: withLocks(st, op.left, select), right: withLocks(st, op.right, select) };
    case 'filter': return { ...op, input: withLocks(st, op.input, select) };
    case 'semiJoin': return { ...op, left: withLocks(st, op.left, select) };
    case 'inline': return { ...op, inner: withLocks(st, op.inner, select) };
    default: return op;
  }
}

function planSelect(st: PlanningStatement, given: Select, options: QueryOptions): PlannedQuery {
  if (isNextQuery(given)) return planNext(st, given);
  const { source, select } = planSource(st, given);
  if (source.kind === 'route' && !options.weights) {
    const single = isSingleShard(bestOption(st, source));
    if (single || answersPerShard(st, select, source, options.ordered)) {
      if (select.into !== undefined && source.keyspace.sharded && source.class === 'sharded') throw unsupported('INTO on sharded keyspace');
      const always = single && select.groupBy === undefined && select.items.some((i) => i.kind === 'selectExpr' && hasAggregate(st, i.expr));
      return closed(st, { ...source, body: select, ...(always && { alwaysOneShard: true }) });
    }
  }
  if (select.into !== undefined) throw unsupported('INTO on sharded keyspace');
  return planHorizon(st, select, source, options);
}
