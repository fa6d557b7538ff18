import { build, printExpression, type ColumnRef, type Expression } from '../../sql/index.ts';
import { isSubset, sameExpr, tablesOf } from '../analysis/expressions.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { TableVindex } from '../catalog.ts';
import type { RouteOperator, RouteOption, RoutedTable } from '../operators/operator.ts';
import type { RouteVariant } from '../plan.ts';
import { evaluable, foldConstant } from '../translate/constants.ts';

/** Vitess's order of preference: the fewer shards a variant can reach, the better; then the cheaper vindex. */
const rank: Readonly<Record<RouteVariant, number>> = {
  Unsharded: 0, EqualUnique: 1, Equal: 2, IN: 3, Between: 4, MultiEqual: 5, SubShard: 6, Scatter: 7, DBA: 8, Next: 9, Reference: 10, None: -1, ByDestination: 11,
};

export function better(a: RouteOption, b: RouteOption): boolean {
  if (rank[a.variant] !== rank[b.variant]) return rank[a.variant] < rank[b.variant];
  if (a.cost !== b.cost) return a.cost < b.cost;
  return a.unique;
}

const scatter: RouteOption = { variant: 'Scatter', values: [], unique: false, cost: 0, lists: [] };
const none: RouteOption = { variant: 'None', values: [], unique: true, cost: 0, lists: [] };

/** The best way to find the shards of a route. */
export function bestOption(st: PlanningStatement, route: RouteOperator): RouteOption {
  switch (route.class) {
    case 'unsharded': return { ...scatter, variant: 'Unsharded' };
    case 'any': return { ...scatter, variant: 'Reference' };
    case 'dual': return route.known.some(isImpossible) ? none : { ...scatter, variant: 'Reference' };
    case 'system': return { ...scatter, variant: 'DBA' };
    case 'none': return none;
    case 'next': return { ...scatter, variant: 'Next' };
    case 'target': return { ...scatter, variant: 'ByDestination' };
    case 'sharded': return shardedOption(st, route);
    default: return route.class satisfies never;
  }
}

function shardedOption(st: PlanningStatement, route: RouteOperator): RouteOption {
  let best = route.fixed ?? scatter;
  if (route.known.some((p) => isImpossible(p))) return none;
  const known = withEqualColumns(st, route.known);
  for (const routed of route.tables) {
    if (routed.nullable) continue;
    for (const option of optionsOf(st, routed, known)) if (better(option, best)) best = option;
  }
  return best;
}

/** `a = b and b = 5` says `a = 5` too: what is known of a column holds for those it equals. Two steps are enough for what people write. */
function withEqualColumns(st: PlanningStatement, known: readonly Expression[]): readonly Expression[] {
  const pairs = known.flatMap((p): [Expression, Expression][] => (p.kind === 'comparison' && p.op === '=' && p.quantifier === undefined && p.left.kind === 'column' && p.right.kind === 'column' ? [[p.left, p.right]] : []));
  if (pairs.length === 0) return known;
  const more: Expression[] = [];
  for (const p of known) {
    if (p.kind !== 'comparison' || p.op !== '=' || p.quantifier !== undefined) continue;
    const [column, constant] = p.left.kind === 'column' && value(st, p.right) ? [p.left, p.right] : p.right.kind === 'column' && value(st, p.left) ? [p.right, p.left] : [undefined, undefined];
    if (column === undefined || constant === undefined) continue;
    for (const [a, b] of pairs) {
      if (sameExpr(st, a, column)) more.push(build.eq(b, constant));
      else if (sameExpr(st, b, column)) more.push(build.eq(a, constant));
    }
  }
  return more.length === 0 ? known : [...more, ...known];
}

/** A condition no row can meet: `c = null`, `c in (null)`, a constant that is false. */
export function isImpossible(p: Expression): boolean {
  if (p.kind === 'comparison' && p.op !== '<=>' && p.quantifier === undefined && (p.left.kind === 'null' || p.right.kind === 'null')) return true;
  if (p.kind === 'in' && p.right.kind === 'row') {
    const nulls = p.right.items.filter((item) => item.kind === 'null').length;
    if (nulls > 0 && (p.not || nulls === p.right.items.length)) return true;
  }
  if (p.kind === 'logical' && p.op === 'and') return isImpossible(p.left) || isImpossible(p.right);
  return foldConstant(p) === false;
}

function* optionsOf(st: PlanningStatement, routed: RoutedTable, known: readonly Expression[]): Generator<RouteOption> {
  const { pinned } = routed.table;
  if (pinned !== undefined) {
    yield { variant: 'EqualUnique', values: [build.string(pinned.toString())], unique: true, cost: 0, lists: [undefined], pinned };
    return;
  }
  for (const vindex of routed.vindexes) {
    if (vindex.columns.length === 1) yield* singleOptions(st, routed, vindex, known);
    else yield* multiOptions(st, routed, vindex, known);
  }
}

function isColumn(st: PlanningStatement, expr: Expression, routed: RoutedTable, name: string): boolean {
  if (expr.kind !== 'column') return false;
  const binding = st.bindings.get(expr as ColumnRef);
  return binding?.kind === 'table' && binding.table.id === routed.info.id && binding.name.toLowerCase() === name.toLowerCase();
}

function value(st: PlanningStatement, expr: Expression): boolean {
  return isSubset(tablesOf(st, expr), 0n) && evaluable(expr);
}

/** What a condition says of one column: one value, or a list of them. */
export interface ColumnFact { readonly kind: 'equal' | 'in' | 'multi' | 'prefix' | 'between'; readonly value: Expression; readonly upper?: Expression; readonly list?: Expression }

export function* factsOf(st: PlanningStatement, p: Expression, routed: RoutedTable, name: string): Generator<ColumnFact> {
  const is = (e: Expression): boolean => isColumn(st, e, routed, name);
  switch (p.kind) {
    case 'comparison': {
      if (p.quantifier !== undefined) return;
      if (p.op !== '=' && p.op !== '<=>') return;
      if (p.op === '<=>' && (p.left.kind === 'null' || p.right.kind === 'null')) return;
      if (is(p.left) && value(st, p.right)) yield { kind: 'equal', value: p.right };
      else if (is(p.right) && value(st, p.left)) yield { kind: 'equal', value: p.left };
      else if (p.left.kind === 'row' && p.right.kind === 'row') {
        for (const [i, l] of p.left.items.entries()) {
          const r = p.right.items[i];
          if (r !== undefined && is(l) && value(st, r)) yield { kind: 'equal', value: r };
        }
      }
      return;
    }
    case 'in': {
      if (p.not) return;
      if (is(p.left)) {
        if (p.right.kind === 'bind') yield { kind: 'in', value: p.right, list: p };
        else if (p.right.kind === 'row' && p.right.items.every((item) => value(st, item))) {
          const [only] = p.right.items;
          yield p.right.items.length === 1 && only !== undefined ? { kind: 'equal', value: only } : { kind: 'in', value: p.right, list: p };
        }
      } else if (p.left.kind === 'row' && p.right.kind === 'bind') {
        const at = p.left.items.findIndex(is);
        if (at >= 0) yield { kind: 'multi', value: build.listBind(`${p.right.name}:${at}`) };
      } else if (p.left.kind === 'row' && p.right.kind === 'row') {
        const path = pathTo(p.left, is);
        if (path === undefined) return;
        const picked = p.right.items.map((item) => follow(item, path));
        if (picked.every((item) => item !== undefined && value(st, item))) yield { kind: 'multi', value: build.row(picked as Expression[]) };
      }
      return;
    }
    case 'like':
      if (!p.not && is(p.left) && value(st, p.pattern)) yield { kind: 'prefix', value: p.pattern };
      return;
    case 'between':
      if (!p.not && is(p.operand) && value(st, p.low) && value(st, p.high)) yield { kind: 'between', value: p.low, upper: p.high };
      return;
    case 'logical':
      if (p.op === 'or') yield* orFacts(st, p, routed, name);
      else if (p.op === 'and') {
        yield* factsOf(st, p.left, routed, name);
        yield* factsOf(st, p.right, routed, name);
      }
      return;
    default:
  }
}

/** `a = 1 and … or a = 2 and …`: the column is one of the values, whatever else is asked. */
function* orFacts(st: PlanningStatement, p: Expression, routed: RoutedTable, name: string): Generator<ColumnFact> {
  const values: Expression[] = [];
  for (const term of build.terms('or', p)) {
    const [fact] = [...factsOf(st, term, routed, name)].filter((f) => f.kind === 'equal' || (f.kind !== 'prefix' && f.kind !== 'between' && f.value.kind === 'row'));
    if (fact === undefined) return;
    if (fact.value.kind === 'row') values.push(...fact.value.items);
    else values.push(fact.value);
  }
  const distinct = [...new Map(values.map((v) => [printExpression(v), v])).values()];
  const [only] = distinct;
  yield distinct.length === 1 && only !== undefined ? { kind: 'equal', value: only } : { kind: 'in', value: build.row(distinct) };
}

function pathTo(expr: Expression, is: (e: Expression) => boolean): number[] | undefined {
  if (is(expr)) return [];
  if (expr.kind !== 'row') return undefined;
  for (const [i, item] of expr.items.entries()) {
    const deeper = pathTo(item, is);
    if (deeper !== undefined) return [i, ...deeper];
  }
  return undefined;
}

function follow(expr: Expression, path: readonly number[]): Expression | undefined {
  let at: Expression | undefined = expr;
  for (const i of path) at = at?.kind === 'row' ? at.items[i] : undefined;
  return at;
}

function* singleOptions(st: PlanningStatement, routed: RoutedTable, { vindex, columns: [column = ''] }: TableVindex, known: readonly Expression[]): Generator<RouteOption> {
  const base = { vindex, unique: vindex.unique, cost: vindex.cost };
  for (const p of known) {
    for (const fact of factsOf(st, p, routed, column)) {
      switch (fact.kind) {
        case 'equal': yield { ...base, variant: vindex.unique ? 'EqualUnique' : 'Equal', values: [fact.value], lists: [undefined] }; break;
        case 'in': yield { ...base, variant: 'IN', values: [fact.value], lists: [fact.list] }; break;
        case 'multi': yield { ...base, variant: 'MultiEqual', values: [fact.value], lists: [undefined] }; break;
        case 'prefix': {
          if (vindex.kind !== 'single' || vindex.prefixVindex === undefined) break;
          yield { vindex: vindex.prefixVindex, unique: false, cost: vindex.cost, variant: 'Equal', values: [fact.value], lists: [undefined] };
          break;
        }
        case 'between':
          if (vindex.type !== 'numeric' && vindex.type !== 'binary') break;
          if (fact.upper !== undefined) yield { ...base, variant: 'Between', values: [fact.value, fact.upper], lists: [undefined, undefined] };
          break;
        default: fact.kind satisfies never;
      }
    }
  }
}

function* multiOptions(st: PlanningStatement, routed: RoutedTable, { vindex, columns }: TableVindex, known: readonly Expression[]): Generator<RouteOption> {
  for (const p of known) {
    if (p.kind !== 'in') continue;
    const tuples = columns.map((column) => [...factsOf(st, p, routed, column)].find((f) => f.kind === 'multi'));
    if (tuples.every((f) => f !== undefined)) yield { variant: 'MultiEqual', vindex, values: tuples.map((f) => f.value), unique: vindex.unique, cost: vindex.cost, lists: [] };
  }
  const facts: ColumnFact[] = [];
  for (const column of columns) {
    const best = known.flatMap((p) => [...factsOf(st, p, routed, column)]).filter((f) => f.kind === 'equal' || f.kind === 'in').at(-1);
    if (best === undefined) break;
    facts.push(best);
  }
  const whole = facts.length === columns.length;
  if (facts.length === 0 || (!whole && !(vindex.kind === 'multi' && vindex.partial))) return;
  const lists = facts.map((f) => (f.kind === 'in' ? f.list : undefined));
  const anyList = facts.some((f) => f.kind === 'in');
  const variant: RouteVariant = anyList ? 'IN' : whole ? (vindex.unique ? 'EqualUnique' : 'Equal') : 'SubShard';
  yield { variant, vindex, values: facts.map((f) => f.value), unique: vindex.unique && whole, cost: vindex.cost + (whole ? 0 : 1), lists };
}

/** Vitess's cost of a route, for choosing join orders. */
export function routeCost(st: PlanningStatement, route: RouteOperator): number {
  const option = bestOption(st, route);
  switch (option.variant) {
    case 'EqualUnique': return Math.max(1, option.cost);
    case 'Equal': return 5 + option.cost;
    case 'IN':
    case 'Between':
    case 'MultiEqual': return 10;
    case 'SubShard': return 15;
    case 'Scatter': return 20;
    default: return 0;
  }
}
