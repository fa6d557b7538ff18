import type { Query, SetOperation, TableExpr, TableRef } from '../../sql/index.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { RecursiveCte, TableInfo } from '../analysis/tableInfo.ts';
import { unsupported } from '../errors.ts';
import type { Operator, PlannedQuery, RouteOperator } from '../operators/operator.ts';
import { dualRoute } from '../operators/route.ts';
import { sameShard } from '../routing/merge.ts';
import { bestOption } from '../routing/options.ts';
import type { LeafPlanner } from './planLeaf.ts';

/** The recursive CTE inside its own definition: rows that are there wherever the recursive part runs. */
export function selfRoute(st: PlanningStatement, info: TableInfo, node: TableExpr, _cte: RecursiveCte): RouteOperator {
  return { ...dualRoute(st), set: info.set, from: [node] };
}

/**
 * A recursive CTE that one route can hold: seed and recursive part agree on their shards, or the recursive part only adds data that is
 * everywhere. Throws VT12001 otherwise.
 */
export function planRecursive(st: PlanningStatement, info: TableInfo, node: TableExpr, source: { readonly query: Query; readonly node: TableRef; readonly columnNames: readonly string[] }, planner: LeafPlanner): Operator {
  const union = source.query;
  if (union.kind !== 'setOperation') throw unsupported('recursive CTE without UNION');
  const seed = planner.planQuery(st, union.left, { ordered: false, weights: false });
  const term = planner.planQuery(st, union.right, { ordered: false, weights: false });
  const route = together(st, seed, term, union);
  if (route === undefined) throw unsupported('recursive CTE across shards');
  return { ...route, set: info.set, from: [node], where: [], body: undefined, items: [], order: [] };
}

function together(st: PlanningStatement, seed: PlannedQuery, term: PlannedQuery, union: SetOperation): RouteOperator | undefined {
  const a = seed.route;
  const b = term.route;
  if (a === undefined || b === undefined) return undefined;
  const renamed = new Map([...a.renamed, ...b.renamed]);
  if (b.class === 'dual') return { ...a, renamed };
  if (a.class === 'dual') return b.class === 'sharded' && bestOption(st, b).variant !== 'EqualUnique' ? undefined : { ...b, renamed };
  if (a.class === b.class && a.class !== 'sharded' && a.keyspace.name === b.keyspace.name) return { ...a, renamed };
  const adapted = adaptCopies(b, a);
  if (adapted !== undefined && (union.all || bestOption(st, a).variant === 'EqualUnique')) return { ...a, renamed: new Map([...renamed, ...adapted.renamed]) };
  if (a.class === 'sharded' && b.class === 'sharded' && a.keyspace.name === b.keyspace.name && sameShard(bestOption(st, a), bestOption(st, b))) return { ...a, renamed };
  return undefined;
}

/** Reference data only: there is a copy where the seed is. */
function adaptCopies(route: RouteOperator, seed: RouteOperator): RouteOperator | undefined {
  if (route.keyspace.name === seed.keyspace.name) return route.class === 'any' ? route : undefined;
  const renamed = new Map(route.renamed);
  for (const { info, table } of route.tables) {
    const copy = table.copies?.get(seed.keyspace.name);
    if (copy === undefined) return undefined;
    renamed.set(info.id, copy);
  }
  return { ...route, renamed };
}
