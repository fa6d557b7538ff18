import type { PlanningStatement } from '../analysis/statement.ts';
import { routingOf } from '../operators/buildRoute.ts';
import type { RouteOperator, RouteOption } from '../operators/operator.ts';
import type { Routing } from '../plan.ts';

/** Where a DML goes. Reference tables of a sharded keyspace are written on every shard. */
export function dmlRouting(st: PlanningStatement, route: RouteOperator, option: RouteOption): Routing {
  return routingOf(st, route, option);
}
