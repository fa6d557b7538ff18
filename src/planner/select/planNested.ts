import type { NestedQuery, Query } from '../../sql/index.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import { comparesPlainly } from '../analysis/typeOf.ts';
import { ordinal } from '../analysis/bindQuery.ts';
import { unsupported } from '../errors.ts';
import { buildRoute, isSingleShard } from '../operators/buildRoute.ts';
import type { PlannedQuery, RouteOperator } from '../operators/operator.ts';
import type { OrderColumn, Primitive } from '../plan.ts';
import { bestOption } from '../routing/options.ts';
import { limitPrimitive } from './limits.ts';
import type { QueryOptions } from './planQuery.ts';

type PlanQuery = (st: PlanningStatement, query: Query, options: QueryOptions) => PlannedQuery;

/** `(query) order by … limit …`. */
export function planNested(st: PlanningStatement, query: NestedQuery, options: QueryOptions, planQuery: PlanQuery): PlannedQuery {
  const plain = planQuery(st, query.query, { ordered: false, weights: false });
  if (plain.route !== undefined && isSingleShard(bestOption(st, plain.route)) && !options.weights) {
    const route: RouteOperator = { ...plain.route, body: query };
    return { ...plain, route, build: () => buildRoute(st, route) };
  }
  const orders = query.orderBy.map((item) => {
    const at = ordinal(item.expr);
    const binding = item.expr.kind === 'column' ? st.bindings.get(item.expr) : undefined;
    const column = at !== undefined ? at - 1 : binding?.kind === 'output' ? binding.index : -1;
    if (column < 0) throw unsupported('ORDER BY an expression over a query in parentheses across shards');
    return { column, descending: item.direction === 'desc' };
  });
  const weights = options.weights || orders.some((o) => !comparesPlainly(plain.columns[o.column] ?? {}));
  const planned = planQuery(st, query.query, { ordered: orders.length === 0, weights });
  const width = planned.columns.length;
  return {
    columns: planned.columns, complete: planned.complete, weights: options.weights ? planned.weights : [],
    build: () => {
      let at: Primitive = planned.build();
      if (orders.length > 0) {
        at = {
          op: 'Sort', input: at,
          orderBy: orders.map((o): OrderColumn => ({ ...o, ...(planned.weights[o.column] !== undefined && { weightColumn: planned.weights[o.column] }) })),
        };
      }
      if (query.limit !== undefined) at = limitPrimitive(query.limit, at);
      return weights && !options.weights ? { op: 'SimpleProjection', columns: [...Array(width).keys()], input: at } : at;
    },
  };
}
