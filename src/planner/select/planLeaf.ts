import { build, type ColumnRef, type DerivedTable, type Expression, type Query, type Select, type TableExpr } from '../../sql/index.ts';
import { hasSubquery, isVolatile, sameExpr, tablesOf, windowsOf, hasAggregate } from '../analysis/expressions.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { TableInfo } from '../analysis/tableInfo.ts';
import { unsupported } from '../errors.ts';
import { addCondition } from '../operators/conditions.ts';
import type { DerivedOptions, Operator, PlannedQuery, RouteOperator } from '../operators/operator.ts';
import { dualRoute, routeOfTable } from '../operators/route.ts';
import type { Primitive } from '../plan.ts';
import { toEvalOrAsk } from '../translate/toEval.ts';
import { printExpression } from '../../sql/index.ts';
import { nameColumns } from './nameColumns.ts';
import { planRecursive, selfRoute } from './planRecursive.ts';
import type { QueryOptions, SelectSource } from './planQuery.ts';

export interface LeafPlanner {
  readonly planQuery: (st: PlanningStatement, query: Query, options: QueryOptions) => PlannedQuery;
  readonly planSource: (st: PlanningStatement, select: Select) => SelectSource;
  readonly closed: (st: PlanningStatement, route: RouteOperator) => PlannedQuery;
}

/** One entry of FROM, with the conditions that concern it alone. */
export function planLeaf(st: PlanningStatement, info: TableInfo, node: TableExpr, conditions: readonly Expression[], planner: LeafPlanner): Operator {
  const { source } = info;
  switch (source.kind) {
    case 'base': return all(st, routeOfTable(st, info, source.node, source.table), conditions);
    case 'vindex': return all(st, { kind: 'vindexFunc', table: info, set: info.set, vindex: source.vindex, keyspace: source.keyspace, columns: [] }, conditions);
    case 'json': {
      if (tablesOf(st, source.node.document) !== 0n) throw unsupported('json_table expressions that refer to other tables');
      return all(st, { ...dualRoute(st), set: info.set, from: [node] }, conditions);
    }
    case 'derived': return planDerived(st, info, node, source.query, source.columnNames, conditions, planner);
    case 'self': return all(st, selfRoute(st, info, node, source.cte), conditions);
    case 'recursive': return all(st, planRecursive(st, info, node, source, planner), conditions);
    default: return source satisfies never;
  }
}

function all(st: PlanningStatement, op: Operator, conditions: readonly Expression[]): Operator {
  return conditions.reduce((at, condition) => addCondition(st, at, condition), op);
}

function planDerived(st: PlanningStatement, info: TableInfo, node: TableExpr, query: Query, names: readonly string[], conditions: readonly Expression[], planner: LeafPlanner): Operator {
  const pushed = pushConditions(st, query, info, conditions);
  if (pushed.query.kind === 'select' && isSimple(st, pushed.query)) {
    const { source, select } = planner.planSource(st, pushed.query);
    if (source.kind !== 'route') return all(st, { kind: 'inline', table: info, set: info.set, inner: source }, pushed.rest);
    return all(st, derivedRoute(st, info, node, planner.closed(st, { ...source, body: select }), names), pushed.rest);
  }
  const planned = planner.planQuery(st, pushed.query, { ordered: false, weights: false });
  if (planned.route !== undefined) return all(st, derivedRoute(st, info, node, planned, names), pushed.rest);
  const derived: Operator = {
    kind: 'derived', table: info, set: info.set, conditions: [], columns: [], state: { weights: false }, takesConditions: takesConditions(query),
    plan: (options) => replan(st, info, pushed.query, options, planner),
  };
  return all(st, derived, pushed.rest);
}

/** The derived table as a table of a route of the query around it. */
export function derivedRoute(st: PlanningStatement, info: TableInfo, node: TableExpr, planned: PlannedQuery, names: readonly string[]): RouteOperator {
  const { route } = planned;
  if (route?.body === undefined) throw new Error('a derived route without a statement');
  const table: DerivedTable = node.kind === 'derivedTable' ? { ...node, query: route.body }
    : { kind: 'derivedTable', query: names.length === 0 ? route.body : nameColumns(st, route.body, names), lateral: false, alias: info.name, columns: [], start: -1, end: -1 };
  st.tableOf.set(table, info);
  return { ...route, set: info.set, from: [table], where: [], body: undefined, items: [], order: [], locks: [], limit: undefined, groupBy: undefined, distinct: undefined };
}

function replan(st: PlanningStatement, info: TableInfo, query: Query, options: DerivedOptions, planner: LeafPlanner): PlannedQuery {
  const pushed = pushConditions(st, query, info, options.conditions);
  const planned = planner.planQuery(st, pushed.query, { ordered: false, weights: options.weights });
  if (pushed.rest.length === 0) return planned;
  const predicates = pushed.rest.map((condition) => {
    const e = toEvalOrAsk(st, st.expand(condition), (x) => (x.kind === 'column' ? positionOf(st, info, x) : undefined));
    if (e === undefined) throw unsupported(`condition on a derived table: ${printExpression(condition)}`);
    return { expr: e, text: printExpression(condition) };
  });
  return { ...planned, route: undefined, build: () => predicates.reduce<Primitive>((input, predicate) => ({ op: 'Filter', predicate, input }), planned.build()) };
}

function positionOf(st: PlanningStatement, info: TableInfo, column: ColumnRef): number | undefined {
  const binding = st.bindings.get(column);
  if (binding?.kind !== 'table' || binding.table.id !== info.id) return undefined;
  const index = info.columns.findIndex((c) => c.name.toLowerCase() === binding.name.toLowerCase());
  return index < 0 ? undefined : index;
}

/** A SELECT that only picks columns: its rows are the rows of its tables. */
function isSimple(st: PlanningStatement, select: Select): boolean {
  return !select.distinct && select.groupBy === undefined && select.having === undefined && select.limit === undefined && select.qualify === undefined && select.windows.length === 0
    && select.with === undefined && select.options.every((o) => o === 'all' || o === 'straight_join' || o === 'high_priority')
    && select.items.every((item) => item.kind === 'star' || (item.kind === 'selectExpr' && !hasAggregate(st, item.expr) && windowsOf(item.expr).length === 0 && !hasSubquery(item.expr) && !isVolatile(item.expr)));
}

export function takesConditions(query: Query): boolean {
  if (query.limit !== undefined) return false;
  switch (query.kind) {
    case 'select': return windowsOf(query).length === 0 && query.windows.length === 0 && query.groupBy?.rollup !== true && !query.options.includes('sql_calc_found_rows');
    case 'setOperation': return takesConditions(query.left) && takesConditions(query.right);
    default: return false;
  }
}

/** Conditions on a derived table's columns, moved into its definition where the answer stays the same; the others are `rest`. */
export function pushConditions(st: PlanningStatement, query: Query, info: TableInfo, conditions: readonly Expression[]): { readonly query: Query; readonly rest: readonly Expression[] } {
  if (conditions.length === 0 || !takesConditions(query)) return { query, rest: conditions };
  let result = query;
  const rest: Expression[] = [];
  for (const condition of conditions) {
    const moved = isVolatile(condition) || hasSubquery(condition) ? undefined : pushOne(st, result, info, condition);
    if (moved === undefined) rest.push(condition);
    else result = moved;
  }
  return { query: result, rest };
}

function pushOne(st: PlanningStatement, query: Query, info: TableInfo, condition: Expression): Query | undefined {
  if (query.kind === 'setOperation') {
    const left = pushOne(st, query.left, info, condition);
    const right = left === undefined ? undefined : pushOne(st, query.right, info, condition);
    if (left === undefined || right === undefined) return undefined;
    const fresh = { ...query, left, right };
    st.inherit(query, fresh);
    return fresh;
  }
  if (query.kind !== 'select' || query.limit !== undefined) return undefined;
  const select = st.info(query);
  let possible = true;
  const translated = st.rewriteBound(st.expand(condition), (node) => {
    if (node.kind !== 'column') return undefined;
    const index = positionOf(st, info, node as ColumnRef);
    if (index === undefined) {
      const binding = st.bindings.get(node as ColumnRef);
      if (binding?.kind === 'table' && binding.table.id === info.id) possible = false;
      return node;
    }
    const expr = select.columns[index]?.expr;
    if (expr === undefined || hasSubquery(expr) || isVolatile(expr) || windowsOf(expr).length > 0) {
      possible = false;
      return node;
    }
    return expr;
  });
  if (!possible) return undefined;
  const grouped = query.groupBy !== undefined || select.items.some((i) => i.kind === 'selectExpr' && hasAggregate(st, i.expr));
  const onGroups = grouped && !hasAggregate(st, translated) && columnsOf(translated).every((c) => select.groupBy.some((g) => sameExpr(st, g, c)));
  const fresh: Select = grouped && !onGroups
    ? { ...query, having: build.and(query.having, translated) }
    : { ...query, where: build.and(query.where, translated) };
  if (grouped && !onGroups && query.groupBy === undefined && query.having === undefined && !hasAggregate(st, translated)) return undefined;
  st.inherit(query, fresh);
  return fresh;
}

function columnsOf(expr: Expression): Expression[] {
  const found: Expression[] = [];
  const walk = (e: unknown): void => {
    if (typeof e !== 'object' || e === null) return;
    if ((e as { kind?: string }).kind === 'column') found.push(e as Expression);
    else for (const v of Object.values(e)) if (typeof v === 'object') walk(v);
  };
  walk(expr);
  return found;
}
