import { build, type ColumnRef, type Expression, type Node, type Query, type Select } from '../../sql/index.ts';
import { hasAggregate, isSubset, subqueriesOf, tablesOf } from '../analysis/expressions.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { TableSet } from '../analysis/tableInfo.ts';
import { unsupported } from '../errors.ts';
import { addCondition, withVars } from '../operators/conditions.ts';
import type { Operator, PlannedQuery, RouteOperator } from '../operators/operator.ts';
import type { SubqueryVariant } from '../plan.ts';
import { mergeRouting, type MergedRouting } from '../routing/merge.ts';
import type { QueryOptions, SelectSource } from './planQuery.ts';
import { misplacedNext } from './planNext.ts';

export interface SubqueryPlanner {
  readonly planQuery: (st: PlanningStatement, query: Query, options: QueryOptions) => PlannedQuery;
  readonly planSource: (st: PlanningStatement, select: Select) => SelectSource;
}

/** How a subquery stands in the expression around it. */
interface Use {
  readonly node: Expression;
  readonly query: Query;
  readonly kind: 'exists' | 'in' | 'comparison' | 'value';
  /** A condition by itself, not under NOT, OR or a function. */
  readonly top: boolean;
  readonly negated: boolean;
  /** What an IN or comparison compares it with. */
  readonly outer?: Expression;
  /** The node to be replaced when it is pulled out: the IN, EXISTS or the subquery. */
  readonly holder: Expression;
}

/**
 * Places every subquery of a SELECT: into the route of the tables around it where shards agree, else run before the statement (pulled out), else
 * run per row (semi-join, for EXISTS and IN). Throws VT12001 for correlated subqueries that none of these can do.
 */
export function placeSubqueries(st: PlanningStatement, select: Select, from: Operator, conditions: readonly Expression[], planner: SubqueryPlanner): { source: Operator; select: Select } {
  let source = from;
  const replaced = new Map<Node, Expression>();
  const later: Expression[] = [];
  for (const condition of conditions) {
    const semi = trySemiJoin(st, source, condition, planner);
    if (semi !== undefined) {
      source = semi;
      continue;
    }
    const before = replaced.size;
    for (const use of usesIn(condition, true)) source = place(st, source, use, replaced, planner);
    const rewritten = before === replaced.size ? condition : apply(st, condition, replaced);
    if (source.kind === 'route') source = addCondition(st, source, rewritten);
    else later.push(rewritten);
  }
  const others: Expression[] = [];
  const info = st.info(select);
  for (const item of select.items) if (item.kind === 'selectExpr') others.push(item.expr);
  for (const g of info.groupBy) if (!others.includes(g)) others.push(g);
  if (select.having !== undefined && !conditions.some((c) => c === select.having)) others.push(select.having);
  for (const o of info.orderBy) if (!others.includes(o.expr)) others.push(o.expr);
  for (const use of onConditions(select)) others.push(use);
  const inConditions = new Set(conditions.flatMap((c) => subqueriesOf(c)));
  for (const expr of others) {
    for (const use of usesIn(expr, false)) {
      if (inConditions.has(use.node) || replaced.has(use.holder)) continue;
      if (info.groupBy.includes(expr) && source.kind !== 'route') throw unsupported('subqueries in GROUP BY');
      source = place(st, source, use, replaced, planner);
    }
  }
  for (const condition of later) source = addCondition(st, source, condition);
  const fresh = replaced.size === 0 ? select : apply(st, select, replaced);
  return { source, select: fresh };
}

function onConditions(select: Select): Expression[] {
  const found: Expression[] = [];
  const walk = (entry: unknown): void => {
    const join = entry as { kind?: string; on?: Expression; left?: unknown; right?: unknown };
    if (join.kind !== 'join') return;
    if (join.on !== undefined) found.push(join.on);
    walk(join.left);
    walk(join.right);
  };
  for (const entry of select.from) walk(entry);
  return found;
}

function apply<T extends Node>(st: PlanningStatement, node: T, replaced: ReadonlyMap<Node, Expression>): T {
  return st.rewriteBound(node, (n) => replaced.get(n));
}

function usesIn(expr: Expression, condition: boolean): Use[] {
  const found: Use[] = [];
  const walk = (node: Node, top: boolean, negated: boolean): void => {
    const e = node as Expression;
    switch (e.kind) {
      case 'exists':
        found.push({ node: e, query: e.query, kind: 'exists', top, negated, holder: e });
        return;
      case 'not': {
        walk(e.operand, top && e.operand.kind === 'exists', !negated);
        return;
      }
      case 'in':
        if (e.right.kind === 'subquery') {
          found.push({ node: e.right, query: e.right.query, kind: 'in', top, negated: e.not, outer: e.left, holder: e });
          walk(e.left, false, false);
          return;
        }
        break;
      case 'comparison': {
        if (e.quantifier !== undefined) {
          const list = (e.op === '=' && e.quantifier === 'any') || (e.op === '!=' && e.quantifier === 'all');
          if (e.right.kind === 'subquery') found.push({ node: e.right, query: e.right.query, kind: list ? 'in' : 'value', top: list && top, negated: e.op === '!=', ...(list && { outer: e.left }), holder: e });
          walk(e.left, false, false);
          return;
        }
        const [sub, other] = e.right.kind === 'subquery' ? [e.right, e.left] : e.left.kind === 'subquery' ? [e.left, e.right] : [undefined, undefined];
        if (sub !== undefined && other !== undefined && e.op === '=') {
          found.push({ node: sub, query: sub.query, kind: 'comparison', top, negated: false, outer: other, holder: sub });
          walk(other, false, false);
          return;
        }
        break;
      }
      case 'subquery':
        found.push({ node: e, query: e.query, kind: 'value', top: false, negated: false, holder: e });
        return;
      case 'logical':
        if (e.op === 'and') {
          walk(e.left, top, negated);
          walk(e.right, top, negated);
          return;
        }
        break;
      default:
    }
    if (node.kind === 'derivedTable') return;
    for (const value of Object.values(node)) {
      for (const child of Array.isArray(value) ? value.flat() : [value]) if (typeof child === 'object' && child !== null && 'kind' in child) walk(child as Node, false, negated);
    }
  };
  walk(expr, condition, false);
  return found;
}

/** Puts one subquery into the source's route, or takes it out of the statement. */
function place(st: PlanningStatement, source: Operator, use: Use, replaced: Map<Node, Expression>, planner: SubqueryPlanner): Operator {
  if (use.query.kind === 'select' && use.query.items.some((i) => i.kind === 'nextValues')) throw misplacedNext();
  const before = st.pullouts.length;
  const merged = mergeInto(st, source, use, planner);
  if (merged !== undefined) return merged;
  st.pullouts.length = before;
  if ((tablesOf(st, use.query) & outerTables(st, use.query)) !== 0n) throw unsupported('correlated subquery is only supported for EXISTS');
  if (use.holder.kind === 'comparison' && use.kind === 'value') throw unsupported('ANY/ALL/SOME comparison operator');
  pullOut(st, use, replaced, planner);
  return source;
}

/** The tables a query mentions that are not its own. */
export function outerTables(st: PlanningStatement, query: Query): TableSet {
  let own = 0n;
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if (Array.isArray(node)) {
      for (const n of node) walk(n);
      return;
    }
    const info = st.tableOf.get(node as Node);
    if (info !== undefined) {
      own |= info.set;
      if (info.source.kind === 'derived' && (node as Node).kind === 'table') walk(info.source.query);
    }
    for (const value of Object.values(node)) if (typeof value === 'object') walk(value);
  };
  walk(query);
  return ~own;
}

/** A route for the subquery's tables whatever stands on top of them, and whether it needs nothing across shards. */
function routeOfSubquery(st: PlanningStatement, query: Query, planner: SubqueryPlanner): { route: RouteOperator; whole: boolean; query: Query } | undefined {
  const planned = planner.planQuery(st, query, { ordered: false, weights: false });
  if (planned.route?.body !== undefined) return { route: planned.route, whole: true, query: planned.route.body };
  if (query.kind !== 'select') return undefined;
  const { source, select } = planner.planSource(st, query);
  return source.kind === 'route' ? { route: source, whole: false, query: select } : undefined;
}

function mergeInto(st: PlanningStatement, source: Operator, use: Use, planner: SubqueryPlanner): RouteOperator | Operator | undefined {
  const target = source.kind === 'route' ? source : undefined;
  if (target === undefined) return undefined;
  let inner: ReturnType<typeof routeOfSubquery>;
  const before = st.pullouts.length;
  try {
    inner = routeOfSubquery(st, use.query, planner);
  } catch (error) {
    inner = routeOnly(st, use.query, planner);
    if (inner === undefined) throw error;
  }
  if (inner === undefined || inner.query !== use.query || st.pullouts.length > before) {
    st.pullouts.length = before;
    if (inner === undefined || inner.query !== use.query) return undefined;
  }
  const { route, whole } = inner;
  const asked = target.class === 'sharded' || route.class === 'sharded';
  if (!whole && asked) {
    const linked = mergeRouting(st, target, route, route.known, 'subquery');
    return linked === undefined ? undefined : merge(target, linked);
  }
  const correlated = mergeRouting(st, target, route, route.known, 'subquery');
  if (correlated !== undefined) return merge(target, correlated);
  const link = itemLink(st, use);
  if (link === undefined) return undefined;
  const aggregated = use.query.kind === 'select' && use.query.items.some((i) => i.kind === 'selectExpr' && hasAggregate(st, i.expr));
  if (!use.top && aggregated) return undefined;
  const joined = mergeRouting(st, target, route, link, use.top ? 'inner' : 'subquery');
  return joined === undefined ? undefined : merge(target, use.top ? { ...joined, tables: [...target.tables, ...joined.tables.slice(target.tables.length)] } : joined);
}

function routeOnly(st: PlanningStatement, query: Query, planner: SubqueryPlanner): ReturnType<typeof routeOfSubquery> {
  if (query.kind !== 'select') return undefined;
  const { source, select } = planner.planSource(st, query);
  return source.kind === 'route' ? { route: source, whole: false, query: select } : undefined;
}

function merge(target: RouteOperator, routing: MergedRouting): RouteOperator {
  return { ...target, ...routing };
}

/** `a in (select b …)` and `a = (select b …)`: a and b are equal where the condition holds. */
function itemLink(st: PlanningStatement, use: Use): Expression[] | undefined {
  if (use.outer === undefined || use.negated || use.query.kind !== 'select') return undefined;
  const items = st.info(use.query).items;
  const exprs = items.map((item) => (item.kind === 'selectExpr' ? item.expr : undefined));
  const outers = use.outer.kind === 'row' ? use.outer.items : [use.outer];
  const links: Expression[] = [];
  for (const [i, outer] of outers.entries()) {
    const expr = exprs[i];
    if (expr === undefined) return undefined;
    const column = expr.kind === 'aggregate' && (expr.name === 'max' || expr.name === 'min') && expr.args[0] !== undefined ? expr.args[0] : expr;
    links.push(build.eq(outer, column));
  }
  return links;
}

function pullOut(st: PlanningStatement, use: Use, replaced: Map<Node, Expression>, planner: SubqueryPlanner): void {
  const { query, holder } = use;
  const names = st.nextSubquery();
  const variant: SubqueryVariant = use.kind === 'exists' ? 'PulloutExists' : use.kind === 'in' ? (use.negated ? 'PulloutNotIn' : 'PulloutIn') : 'PulloutValue';
  const asked = use.kind === 'exists' ? existsQuery(st, query) : query;
  const planned = planner.planQuery(st, asked, { ordered: false, weights: false });
  if (use.kind === 'in' && planned.complete && planned.columns.length !== (use.outer?.kind === 'row' ? use.outer.items.length : 1)) {
    throw unsupported('row subquery across shards');
  }
  st.pullouts.push({ variant, resultVar: names.result, hasValuesVar: names.hasValues, subquery: planned.build() });
  switch (use.kind) {
    case 'exists': replaced.set(holder, build.bind(names.hasValues)); break;
    case 'in': {
      const outer = use.outer === undefined ? build.nullLiteral() : st.rewriteBound(use.outer, (n) => replaced.get(n));
      const list = build.inList(outer, build.listBind(names.result), use.negated);
      replaced.set(holder, use.negated ? build.or(build.not(build.bind(names.hasValues)), list) ?? list : build.and(build.bind(names.hasValues), list) ?? list);
      break;
    }
    default: replaced.set(holder, build.bind(names.result));
  }
}

/** EXISTS needs one row and none of its columns. */
function existsQuery(st: PlanningStatement, query: Query): Query {
  if (query.kind !== 'select' || query.limit !== undefined) return query;
  const grouped = query.groupBy !== undefined || query.having !== undefined || query.items.some((i) => i.kind === 'selectExpr' && hasAggregate(st, i.expr)) || query.distinct;
  const fresh: Select = grouped ? { ...query, limit: build.limit(build.integer(1)) } : { ...query, items: [build.item(build.integer(1))], orderBy: [], limit: build.limit(build.integer(1)) };
  st.inherit(query, fresh);
  const info = st.info(query);
  if (!grouped) st.selects.set(fresh, { ...info, select: fresh, items: fresh.items, columns: [{ name: '1', expr: (fresh.items[0] as { expr: Expression }).expr }], complete: true, orderBy: [] });
  st.outputs.set(fresh, st.info(fresh));
  return fresh;
}

/** `exists (…)`, `not exists (…)` and `a in (…)` as conditions by themselves: per row of the source, where nothing better is possible. */
function trySemiJoin(st: PlanningStatement, source: Operator, condition: Expression, planner: SubqueryPlanner): Operator | undefined {
  const negated = condition.kind === 'not' && condition.operand.kind === 'exists';
  const core = condition.kind === 'not' ? condition.operand : condition;
  const query = core.kind === 'exists' ? core.query : core.kind === 'in' && !core.not && core.right.kind === 'subquery' && !negated && condition.kind !== 'not' ? core.right.query : undefined;
  if (query === undefined) return undefined;
  const outer = tablesOf(st, query) & outerTables(st, query);
  if (outer === 0n) return undefined;
  const use: Use = { node: core, query, kind: core.kind === 'exists' ? 'exists' : 'in', top: true, negated, holder: core, ...(core.kind === 'in' && { outer: core.left }) };
  const before = st.pullouts.length;
  const merged = mergeInto(st, source, use, planner);
  st.pullouts.length = before;
  if (merged !== undefined) return merged.kind === 'route' ? addCondition(st, merged, condition) : merged;
  if (!isSubset(outer, source.set)) throw unsupported('correlated subquery is only supported for EXISTS');
  const asked = core.kind === 'in' ? inAsExists(st, core.left, query) : query;
  if (asked === undefined) throw unsupported('correlated subquery is only supported for EXISTS');
  const vars = new Map<string, Expression>();
  const rewritten = st.rewriteBound(asked, (node) => {
    if (node.kind !== 'column') return undefined;
    const of = tablesOf(st, node as ColumnRef);
    return of !== 0n && isSubset(of, source.set) ? withVars(st, node as ColumnRef, source.set, vars) : node;
  });
  const right = planner.planQuery(st, existsQuery(st, rewritten), { ordered: false, weights: false });
  return { kind: 'semiJoin', anti: negated, left: source, right, set: source.set, vars };
}

/** `a in (select b from …)` as a condition is `exists (select 1 from … where b = a)`. */
function inAsExists(st: PlanningStatement, outer: Expression, query: Query): Query | undefined {
  if (query.kind !== 'select' || query.limit !== undefined || query.groupBy !== undefined || outer.kind === 'row') return undefined;
  const [item] = st.info(query).items;
  if (item?.kind !== 'selectExpr' || hasAggregate(st, item.expr)) return undefined;
  const fresh: Select = { ...query, where: build.and(query.where, build.eq(item.expr, outer)) };
  st.inherit(query, fresh);
  return fresh;
}
