import { build, type Expression, type Join, type Select, type TableExpr } from '../../sql/index.ts';
import { joinMeaning } from '../analysis/bindFrom.ts';
import { isSubset, tablesOf } from '../analysis/expressions.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { TableInfo, TableSet } from '../analysis/tableInfo.ts';
import { unsupported } from '../errors.ts';
import { addCondition, filtered, pushToRight, takesConditions } from '../operators/conditions.ts';
import { rejectsNull } from '../operators/nulls.ts';
import type { Operator } from '../operators/operator.ts';
import { mergeJoin } from '../routing/merge.ts';
import { routeCost } from '../routing/options.ts';

/** FROM as a tree: tables joined freely (inner joins), and outer joins that keep their order. */
type Tree = Group | Outer | Leaf;
interface Group { readonly kind: 'group'; readonly parts: Tree[]; readonly conditions: Expression[] }
interface Outer { readonly kind: 'outer'; readonly left: Tree; readonly right: Tree; readonly on: Expression[]; readonly opaque: string | undefined; readonly written: Join | undefined }
interface Leaf { readonly kind: 'leaf'; readonly info: TableInfo; readonly node: TableExpr }

/** Plans one table of FROM; conditions that concern it alone are given, so that a derived table can be planned with them. */
export type PlanLeaf = (info: TableInfo, node: TableExpr, conditions: readonly Expression[]) => Operator;

/** The operator for FROM and the conditions of WHERE (its conjuncts, without those that hold subqueries). */
export function planFrom(st: PlanningStatement, select: Select, conditions: readonly Expression[], leaf: PlanLeaf): Operator | undefined {
  if (select.from.length === 0) return undefined;
  const parts = select.from.map((entry) => treeOf(st, entry));
  const root: Group = { kind: 'group', parts: [], conditions: [] };
  for (const part of parts) absorb(root, part);
  const leftToRight = select.options.includes('straight_join') || plannerDirective(select) === 'left2right';
  return planTree(st, root, conditions, leaf, leftToRight);
}

function plannerDirective(select: Select): string | undefined {
  for (const comment of select.comments ?? []) {
    const m = /^\/\*vt\+.*\bPLANNER=([\w0-9]+)/i.exec(comment.text);
    if (m !== null) return m[1]?.toLowerCase();
  }
  return undefined;
}

function absorb(group: Group, part: Tree): void {
  if (part.kind === 'group') {
    for (const inner of part.parts) group.parts.push(inner);
    group.conditions.push(...part.conditions);
  } else group.parts.push(part);
}

function treeOf(st: PlanningStatement, entry: TableExpr): Tree {
  if (entry.kind !== 'join') {
    const info = st.tableOf.get(entry);
    if (info === undefined) throw new Error('a table was planned before it was bound');
    return { kind: 'leaf', info, node: entry };
  }
  const left = treeOf(st, entry.left);
  const right = treeOf(st, entry.right);
  const meaning = joinMeaning(st, entry);
  const on = [...build.terms('and', entry.on), ...meaning.conditions];
  const opaque = meaning.opaque ? (entry.natural ? `natural ${entry.type === 'inner' ? '' : `${entry.type} `}join` : 'USING over columns that are not known') : undefined;
  switch (entry.type) {
    case 'inner':
    case 'cross':
    case 'straight': {
      if (opaque !== undefined) return { kind: 'outer', left, right, on, opaque, written: entry };
      const group: Group = { kind: 'group', parts: [], conditions: on };
      absorb(group, left);
      absorb(group, right);
      return group;
    }
    case 'left': return { kind: 'outer', left, right, on, opaque, written: entry };
    case 'right': return { kind: 'outer', left: right, right: left, on, opaque, written: entry };
    case 'full': throw unsupported('full outer join');
    default: return entry.type satisfies never;
  }
}

function setOf(tree: Tree): TableSet {
  if (tree.kind === 'leaf') return tree.info.set;
  if (tree.kind === 'outer') return setOf(tree.left) | setOf(tree.right);
  return tree.parts.reduce((set, part) => set | setOf(part), 0n);
}

function planTree(st: PlanningStatement, tree: Tree, conditions: readonly Expression[], leaf: PlanLeaf, leftToRight: boolean): Operator {
  if (tree.kind === 'leaf') return leaf(tree.info, tree.node, conditions);
  if (tree.kind === 'outer') return planOuter(st, tree, conditions, leaf, leftToRight);
  return planGroup(st, tree, [...tree.conditions, ...conditions], leaf, leftToRight);
}

/** An outer join whose inner side can't be NULL in the end is an inner join: its parts join the group. */
function relax(st: PlanningStatement, group: Group, conditions: readonly Expression[]): { parts: Tree[]; conditions: Expression[] } {
  const parts: Tree[] = [];
  const all = [...conditions];
  const pending = [...group.parts];
  for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
    if (part.kind === 'outer' && part.opaque === undefined) {
      const inner = setOf(part.right);
      if (all.some((c) => rejectsNull(st, st.expand(c), inner))) {
        all.push(...part.on);
        pending.unshift(part.left, part.right);
        continue;
      }
    }
    if (part.kind === 'group') {
      all.push(...part.conditions);
      pending.unshift(...part.parts);
      continue;
    }
    parts.push(part);
  }
  return { parts, conditions: all };
}

function planGroup(st: PlanningStatement, group: Group, given: readonly Expression[], leaf: PlanLeaf, leftToRight: boolean): Operator {
  const relaxed = relax(st, group, given);
  const own = relaxed.parts.reduce((set, part) => set | setOf(part), 0n);
  const linking: Expression[] = [];
  const local = relaxed.parts.map((): Expression[] => []);
  const anywhere: Expression[] = [];
  for (const condition of relaxed.conditions) {
    const of = tablesOf(st, condition) & own;
    const at = of === 0n ? -1 : relaxed.parts.findIndex((part) => isSubset(of, setOf(part)));
    if (of === 0n) anywhere.push(condition);
    else if (at >= 0) local[at]?.push(condition);
    else linking.push(condition);
  }
  local[0]?.push(...anywhere);
  let operators = relaxed.parts.map((part, i) => planTree(st, part, local[i] ?? [], leaf, leftToRight));
  while (operators.length > 1) operators = joinBestPair(st, operators, linking, leftToRight);
  const [only] = operators;
  if (only === undefined) throw new Error('a group without tables');
  return linking.reduce((op, condition) => addCondition(st, op, condition), only);
}

/** Joins the two parts whose join costs least; takes the conditions it used out of `linking`. */
function joinBestPair(st: PlanningStatement, operators: Operator[], linking: Expression[], leftToRight: boolean): Operator[] {
  let best: { i: number; j: number; op: Operator; cost: number; used: Expression[] } | undefined;
  const consider = (i: number, j: number, crossToo: boolean): void => {
    const left = operators[i];
    const right = operators[j];
    if (left === undefined || right === undefined) return;
    const used = linking.filter((c) => {
      const of = tablesOf(st, c);
      const all = operators.reduce((set, o) => set | o.set, 0n);
      return isSubset(of & all, left.set | right.set);
    });
    if (used.length === 0 && !crossToo) return;
    const op = joinInner(st, left, right, used);
    const cost = costOf(st, op);
    if (best === undefined || cost < best.cost) best = { i, j, op, cost, used };
  };
  if (leftToRight) consider(0, 1, true);
  else {
    for (const crossToo of [false, true]) {
      for (let i = 0; i < operators.length; i++) for (let j = 0; j < operators.length; j++) if (i !== j) consider(i, j, crossToo);
      if (best !== undefined) break;
    }
  }
  if (best === undefined) throw new Error('no pair to join');
  const { i, j, op, used } = best;
  for (const c of used) linking.splice(linking.indexOf(c), 1);
  const rest = operators.filter((_, at) => at !== i && at !== j);
  rest.splice(Math.min(i, j), 0, op);
  return rest;
}

export function costOf(st: PlanningStatement, op: Operator): number {
  switch (op.kind) {
    case 'route': return routeCost(st, op);
    case 'join': return costOf(st, op.left) + costOf(st, op.right);
    case 'inline': return costOf(st, op.inner);
    case 'filter': return costOf(st, op.input);
    case 'semiJoin': return costOf(st, op.left);
    case 'derived': return 20;
    case 'vindexFunc': return 0;
    default: return op satisfies never;
  }
}

/** Two parts joined: one route where their shards agree; else row by row, the right side asked with the left row's values. */
export function joinInner(st: PlanningStatement, left: Operator, right: Operator, conditions: readonly Expression[]): Operator {
  if (left.kind === 'route' && right.kind === 'route') {
    const merged = mergeJoin(st, left, right, conditions, 'inner');
    if (merged !== undefined) return merged;
  }
  const within = mergeDeeper(st, left, right, conditions);
  if (within !== undefined) return within;
  if (!takesConditions(right) && conditions.length > 0) {
    if (takesConditions(left)) return joinInner(st, right, left, conditions);
    const equality = conditions.find((c) => c.kind === 'comparison' && c.op === '=' && c.quantifier === undefined);
    if (equality?.kind === 'comparison') {
      const flipped = isSubset(tablesOf(st, equality.left) & (left.set | right.set), right.set);
      const hash = flipped ? { left: equality.right, right: equality.left } : { left: equality.left, right: equality.right };
      if (isSubset(tablesOf(st, hash.left), left.set) && isSubset(tablesOf(st, hash.right), right.set)) {
        const joined: Operator = { kind: 'join', type: 'inner', left, right, set: left.set | right.set, vars: new Map(), columns: [], hash };
        return conditions.filter((c) => c !== equality).reduce((op: Operator, c) => filtered(op, c), joined);
      }
    }
  }
  const joined: Operator = { kind: 'join', type: 'inner', left, right, set: left.set | right.set, vars: new Map(), columns: [] };
  return conditions.reduce((op: Operator, condition) => addCondition(st, op, condition), joined);
}

/** A join already made may have a side that the new part belongs to: `(a ⋈ b) ⋈ c` where a and c share shards. */
function mergeDeeper(st: PlanningStatement, left: Operator, right: Operator, conditions: readonly Expression[]): Operator | undefined {
  if (right.kind !== 'route') return undefined;
  if (left.kind === 'join' && left.type === 'inner' && left.hash === undefined) {
    if (left.left.kind === 'route') {
      const usable = conditions.filter((c) => isSubset(tablesOf(st, c) & (left.set | right.set), left.left.set | right.set));
      const merged = left.left.kind === 'route' ? mergeJoin(st, left.left, right, usable, 'inner') : undefined;
      if (merged !== undefined) {
        const joined: Operator = { ...left, left: merged, set: left.set | right.set };
        return conditions.filter((c) => !usable.includes(c)).reduce((op: Operator, c) => addCondition(st, op, c), joined);
      }
    }
    if (left.right.kind === 'route') {
      const usable = conditions.filter((c) => isSubset(tablesOf(st, c) & (left.set | right.set), left.right.set | right.set));
      const merged = mergeJoin(st, left.right, right, usable, 'inner');
      if (merged !== undefined) {
        const joined: Operator = { ...left, right: merged, set: left.set | right.set };
        return conditions.filter((c) => !usable.includes(c)).reduce((op: Operator, c) => addCondition(st, op, c), joined);
      }
    }
  }
  if (left.kind === 'join' && left.type === 'left' && left.left.kind === 'route') {
    const usable = conditions.filter((c) => isSubset(tablesOf(st, c) & (left.set | right.set), left.left.set | right.set));
    const merged = usable.length === conditions.length ? mergeJoin(st, left.left, right, usable, 'inner') : undefined;
    if (merged !== undefined) return { ...left, left: merged, set: left.set | right.set };
  }
  return undefined;
}

function planOuter(st: PlanningStatement, tree: Outer, conditions: readonly Expression[], leaf: PlanLeaf, leftToRight: boolean): Operator {
  const leftSet = setOf(tree.left);
  const rightSet = setOf(tree.right);
  if (tree.opaque === undefined && conditions.some((c) => rejectsNull(st, st.expand(c), rightSet))) {
    return planGroup(st, { kind: 'group', parts: [tree.left, tree.right], conditions: tree.on }, [...conditions, ...tree.on], leaf, leftToRight);
  }
  const forLeft = conditions.filter((c) => isSubset(tablesOf(st, c) & (leftSet | rightSet), leftSet));
  const above = conditions.filter((c) => !forLeft.includes(c));
  const forRight = tree.on.filter((c) => { const of = tablesOf(st, c) & (leftSet | rightSet); return of !== 0n && isSubset(of, rightSet); });
  const linking = tree.on.filter((c) => !forRight.includes(c));
  const left = planTree(st, tree.left, forLeft, leaf, leftToRight);
  const right = planTree(st, tree.right, forRight, leaf, leftToRight);
  const joined = joinOuter(st, left, right, linking, tree);
  return above.reduce((op: Operator, c) => addCondition(st, op, c), joined);
}

function joinOuter(st: PlanningStatement, left: Operator, right: Operator, on: readonly Expression[], tree: Outer): Operator {
  if (left.kind === 'route' && right.kind === 'route') {
    const merged = mergeJoin(st, left, right, on, tree.opaque !== undefined && tree.written?.type !== 'left' && tree.written?.type !== 'right' ? 'inner' : 'left', asWritten(left, right, tree));
    if (merged !== undefined) return tree.opaque === undefined || tree.written === undefined ? merged : { ...merged, from: [tree.written], where: left.where };
  }
  if (tree.opaque !== undefined) throw unsupported(tree.opaque);
  if (left.kind === 'join' && left.type === 'left' && left.right.kind === 'route' && right.kind === 'route' && on.every((c) => isSubset(tablesOf(st, c) & (left.set | right.set), left.right.set | right.set))) {
    const merged = mergeJoin(st, left.right, right, on, 'left');
    if (merged !== undefined) return { ...left, right: merged, set: left.set | right.set };
  }
  const set = left.set | right.set;
  if (!takesConditions(right)) {
    const equality = on.find((c) => c.kind === 'comparison' && c.op === '=' && c.quantifier === undefined);
    if (on.length === 1 && equality?.kind === 'comparison') {
      const flipped = isSubset(tablesOf(st, equality.left) & set, right.set);
      const hash = flipped ? { left: equality.right, right: equality.left } : { left: equality.left, right: equality.right };
      return { kind: 'join', type: 'left', left, right, set, vars: new Map(), columns: [], hash };
    }
    if (on.length > 0) throw unsupported('outer join with a condition on a limited derived table');
  }
  let joined: Operator & { kind: 'join' } = { kind: 'join', type: 'left', left, right, set, vars: new Map(), columns: [] };
  for (const condition of on) joined = pushToRight(st, joined, condition);
  return joined;
}

/** The join as it was written, when both sides are still what was written. */
function asWritten(left: Operator, right: Operator, tree: Outer): Join | undefined {
  const { written } = tree;
  if (written === undefined || left.kind !== 'route' || right.kind !== 'route') return undefined;
  const [l, otherL] = left.from;
  const [r, otherR] = right.from;
  const sides = written.type === 'right' ? [written.right, written.left] : [written.left, written.right];
  return l === sides[0] && r === sides[1] && otherL === undefined && otherR === undefined ? written : undefined;
}
