import { build, type Expression, type Query, type Select, type SetOperation, type TableExpr, type TableRef } from '../../sql/index.ts';
import { tablesOf } from '../analysis/expressions.ts';
import { comparesPlainly } from '../analysis/typeOf.ts';
import { withVars } from '../operators/conditions.ts';
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
  if (route === undefined) return rowByRow(st, info, seed, union, planner);
  return { ...route, set: info.set, from: [node], where: [], body: undefined, items: [], order: [] };
}

/** UNION ALL whose recursive part names the CTE once, in an inner join: it runs once per row, with the row's columns as bind variables. */
function rowByRow(st: PlanningStatement, info: TableInfo, seed: PlannedQuery, union: SetOperation, planner: LeafPlanner): Operator {
  const part = union.right;
  if (!union.all || union.limit !== undefined || part.kind !== 'select' || part.groupBy !== undefined || part.distinct || part.limit !== undefined) throw unsupported('recursive CTE across shards');
  const own = st.info(part);
  const [self, second] = own.tables.filter((t) => t.source.kind === 'self');
  if (self === undefined || second !== undefined || !seed.complete) throw unsupported('recursive CTE across shards');
  const conditions: Expression[] = [];
  const from = part.from.flatMap((entry) => withoutTable(st, entry, self, conditions));
  const vars = new Map<string, Expression>();
  const where = build.and(part.where, ...conditions);
  const { where: _written, ...rest } = part;
  const bare: Select = { ...rest, from, ...(where !== undefined && { where }) };
  st.selects.set(bare, { ...own, select: bare, tables: own.tables.filter((t) => t !== self), own: own.own & ~self.set });
  const term = st.rewriteBound(bare, (node) => (node.kind === 'column' && tablesOf(st, node) === self.set ? withVars(st, node as Expression, self.set, vars) : undefined));
  const positions: Record<string, number> = {};
  for (const [name, expr] of vars) {
    const binding = expr.kind === 'column' ? st.bindings.get(expr) : undefined;
    const at = binding?.kind === 'table' ? self.columns.findIndex((c) => c.name.toLowerCase() === binding.name.toLowerCase()) : -1;
    if (at < 0) throw unsupported('recursive CTE across shards');
    positions[name] = at;
  }
  const planned = planner.planQuery(st, term, { ordered: false, weights: false });
  return {
    kind: 'derived', table: info, set: info.set, conditions: [], columns: [], state: { weights: false }, takesConditions: false,
    plan: ({ weights }) => {
      if (weights && info.columns.some((c) => !comparesPlainly(c))) throw unsupported('sorting a recursive CTE across shards by text');
      return { columns: info.columns, complete: true, weights: [], build: () => ({ op: 'RecurseCTE', seed: seed.build(), term: planned.build(), vars: positions }) };
    },
  };
}

/** The FROM entry without one table; the conditions of the joins it stood in are added to `conditions`. */
function withoutTable(st: PlanningStatement, entry: TableExpr, table: TableInfo, conditions: Expression[]): TableExpr[] {
  if (st.tableOf.get(entry) === table) return [];
  if (entry.kind !== 'join' || !holds(st, entry, table)) return [entry];
  if (entry.type !== 'inner' && entry.type !== 'cross' && entry.type !== 'straight') throw unsupported('recursive CTE in an outer join across shards');
  if (entry.natural || entry.using !== undefined) throw unsupported('recursive CTE joined with USING across shards');
  if (entry.on !== undefined) conditions.push(entry.on);
  return [...withoutTable(st, entry.left, table, conditions), ...withoutTable(st, entry.right, table, conditions)];
}

function holds(st: PlanningStatement, entry: TableExpr, table: TableInfo): boolean {
  return st.tableOf.get(entry) === table || (entry.kind === 'join' && (holds(st, entry.left, table) || holds(st, entry.right, table)));
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
