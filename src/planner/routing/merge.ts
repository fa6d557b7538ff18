import { build, printExpression, type Expression, type Join, type TableExpr } from '../../sql/index.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { TableSet } from '../analysis/tableInfo.ts';
import type { CatalogTable } from '../catalog.ts';
import type { RouteOperator, RouteOption } from '../operators/operator.ts';
import { knownFrom, linkedColumn } from '../operators/route.ts';
import { bestOption } from './options.ts';

/** How the parts stand to each other; decides what a merged route may reach. */
export type MergeKind = 'inner' | 'left' | 'subquery';

/** What a merged route is, apart from its statement. */
export interface MergedRouting {
  readonly class: RouteOperator['class'];
  readonly keyspace: RouteOperator['keyspace'];
  readonly tabletType?: RouteOperator['tabletType'];
  readonly tables: RouteOperator['tables'];
  readonly known: readonly Expression[];
  readonly fixed?: RouteOption;
  readonly renamed: ReadonlyMap<number, CatalogTable>;
  readonly alwaysOneShard?: boolean;
}

/**
 * The routing of one statement over both parts, when every shard it reaches can answer for itself; undefined otherwise.
 * `conditions` link the two parts. For `left` the right part is the inner side of an outer join; for `subquery` the right part is a subquery of the left.
 */
export function mergeRouting(st: PlanningStatement, left: RouteOperator, right: RouteOperator, conditions: readonly Expression[], kind: MergeKind): MergedRouting | undefined {
  const a = adapt(left, right) ?? left;
  const b = adapt(right, a) ?? right;
  if (a.tabletType !== b.tabletType && a.class !== 'dual' && b.class !== 'dual') return undefined;
  if (a.class === 'target' || b.class === 'target' || a.class === 'next' || b.class === 'next') return undefined;
  if (b.class === 'dual') return combine(st, a, b, conditions, kind, a);
  if (a.class === 'dual') return mergeIntoAny(st, a, b, conditions, kind);
  if (a.class === 'system' || b.class === 'system') return a.class === b.class ? combine(st, a, b, conditions, kind, a) : undefined;
  if (a.keyspace.name !== b.keyspace.name) return undefined;
  if (a.class === 'unsharded' || b.class === 'unsharded') return a.class === b.class ? combine(st, a, b, conditions, kind, a) : undefined;
  if (b.class === 'any') return combine(st, a, b, conditions, kind, a);
  if (a.class === 'any') return mergeIntoAny(st, a, b, conditions, kind);
  return mergeSharded(st, a, b, conditions, kind);
}

/** Reference data has copies: the one in the other part's keyspace serves as well. */
function adapt(route: RouteOperator, other: RouteOperator): RouteOperator | undefined {
  if (route.keyspace.name === other.keyspace.name || route.tables.length === 0 || other.class === 'dual' || other.class === 'system') return undefined;
  const renamed = new Map(route.renamed);
  for (const { info, table } of route.tables) {
    const copy = (route.renamed.get(info.id) ?? table).copies?.get(other.keyspace.name);
    if (copy === undefined) return undefined;
    renamed.set(info.id, copy);
  }
  return { ...route, keyspace: other.keyspace, class: other.keyspace.sharded ? 'any' : 'unsharded', renamed };
}

/** The left part is the same everywhere: the right one decides. Rows of the left must not come back once per shard. */
function mergeIntoAny(st: PlanningStatement, a: RouteOperator, b: RouteOperator, conditions: readonly Expression[], kind: MergeKind): MergedRouting | undefined {
  if (b.class !== 'sharded') return combine(st, a, b, conditions, kind, b);
  if (kind === 'inner') return combine(st, a, b, conditions, kind, b);
  const variant = bestOption(st, b).variant;
  if (variant === 'None') return kind === 'subquery' ? undefined : combine(st, a, b, conditions, kind, a);
  if (variant !== 'EqualUnique') return undefined;
  return { ...combine(st, a, b, conditions, kind, b), alwaysOneShard: true };
}

function mergeSharded(st: PlanningStatement, a: RouteOperator, b: RouteOperator, conditions: readonly Expression[], kind: MergeKind): MergedRouting | undefined {
  const x = bestOption(st, a);
  const y = bestOption(st, b);
  if (x.variant === 'None' && kind !== 'subquery') return combine(st, a, b, conditions, kind, { ...a, class: 'none' });
  if (x.variant === 'None' && y.variant === 'None') return combine(st, a, b, conditions, kind, a);
  if (y.variant === 'None' && kind === 'inner') return combine(st, a, b, conditions, kind, { ...b, class: 'none' });
  if (sameShard(x, y)) return combine(st, a, b, conditions, kind, a);
  if (conditions.length > 0 && linkedByVindex(st, a, b, conditions)) return combine(st, a, b, conditions, kind, a);
  return undefined;
}

/** Both reach the one shard of the same value. */
export function sameShard(x: RouteOption, y: RouteOption): boolean {
  if (x.variant !== 'EqualUnique' || y.variant !== 'EqualUnique' || x.vindex === undefined || y.vindex === undefined) return false;
  if (x.pinned !== undefined || y.pinned !== undefined) return x.pinned !== undefined && y.pinned?.equals(x.pinned) === true;
  return x.vindex === y.vindex && x.values.length === y.values.length
    && x.values.every((value, i) => { const other = y.values[i]; return other !== undefined && printExpression(value) === printExpression(other); });
}

/** Some unique vindex of a table on either side has all its columns set equal: rows that join share a shard. */
function linkedByVindex(st: PlanningStatement, a: RouteOperator, b: RouteOperator, conditions: readonly Expression[]): boolean {
  const pairs: { left: { id: number; name: string }; right: { id: number; name: string } }[] = [];
  for (const condition of conditions.flatMap((c) => build.terms('and', st.expand(c)))) {
    if (condition.kind !== 'comparison' || (condition.op !== '=' && condition.op !== '<=>') || condition.quantifier !== undefined) continue;
    const l = linkedColumn(st, condition.left);
    const r = linkedColumn(st, condition.right);
    if (l === undefined || r === undefined) continue;
    const one = { id: l.table.id, name: l.name.toLowerCase() };
    const two = { id: r.table.id, name: r.name.toLowerCase() };
    pairs.push({ left: one, right: two }, { left: two, right: one });
  }
  for (const pair of pairs) {
    const l = a.tables.find((t) => t.info.id === pair.left.id);
    const r = b.tables.find((t) => t.info.id === pair.right.id);
    if (l === undefined || r === undefined) continue;
    for (const v of l.vindexes) {
      if (!v.vindex.unique) continue;
      for (const w of r.vindexes) {
        if (v.vindex !== w.vindex) continue;
        const linked = v.columns.every((column, i) => pairs.some((p) => p.left.id === pair.left.id && p.right.id === pair.right.id
          && p.left.name === column.toLowerCase() && p.right.name === w.columns[i]?.toLowerCase()));
        if (linked) return true;
      }
    }
  }
  return false;
}

function combine(st: PlanningStatement, a: RouteOperator, b: RouteOperator, conditions: readonly Expression[], kind: MergeKind, decides: RouteOperator): MergedRouting {
  const right = kind === 'inner' ? b.tables : b.tables.map((t) => ({ ...t, nullable: true }));
  const left = decides === b && kind !== 'inner' ? a.tables : a.tables;
  const rightDecides = decides === b;
  const tables = rightDecides && kind !== 'inner' ? [...left, ...b.tables] : [...left, ...right];
  const known = kind === 'inner' ? [...a.known, ...b.known, ...conditions.flatMap((c) => knownFrom(st, c))] : rightDecides ? [...a.known, ...b.known] : [...a.known];
  const fixed = rightDecides ? b.fixed : a.fixed ?? (kind === 'inner' ? b.fixed : undefined);
  return {
    class: decides.class, keyspace: decides.keyspace, tables, known,
    ...(decides.tabletType !== undefined && { tabletType: decides.tabletType }),
    ...(fixed !== undefined && { fixed }),
    renamed: new Map([...a.renamed, ...b.renamed]),
    ...((a.alwaysOneShard === true || b.alwaysOneShard === true) && { alwaysOneShard: true }),
  };
}

/** Two routes joined into one, or undefined when their shards don't agree. */
export function mergeJoin(st: PlanningStatement, left: RouteOperator, right: RouteOperator, conditions: readonly Expression[], type: 'inner' | 'left', written?: Join): RouteOperator | undefined {
  const routing = mergeRouting(st, left, right, conditions, type);
  if (routing === undefined) return undefined;
  const set: TableSet = left.set | right.set;
  const common = { kind: 'route' as const, ...routing, set, locks: [], items: [], order: [] };
  if (type === 'inner') return { ...common, from: [...left.from, ...right.from], where: [...left.where, ...right.where, ...conditions] };
  const join: TableExpr = written ?? outerJoin(tableList(left.from), withWhere(right), conditions);
  return { ...common, from: [join], where: [...left.where] };

  function withWhere(r: RouteOperator): TableExpr {
    return tableList(r.from);
  }
  function outerJoin(l: TableExpr, r: TableExpr, on: readonly Expression[]): Join {
    const all = [...on, ...right.where];
    const [first, ...rest] = all;
    const condition = first === undefined ? ({ kind: 'bool', value: true, start: -1, end: -1 } as const)
      : rest.reduce<Expression>((x, y) => ({ kind: 'logical', op: 'and', left: x, right: y, start: -1, end: -1 }), first);
    return { kind: 'join', type: 'left', natural: false, left: l, right: r, on: condition, start: -1, end: -1 };
  }
}

function tableList(from: readonly TableExpr[]): TableExpr {
  const [first, ...rest] = from;
  if (first === undefined) throw new Error('an outer join without a table');
  return rest.reduce<TableExpr>((l, r) => ({ kind: 'join', type: 'cross', natural: false, left: l, right: r, start: -1, end: -1 }), first);
}
