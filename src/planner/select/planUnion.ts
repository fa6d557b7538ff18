import { build, type ColumnRef, type Expression, type OrderItem, type Query, type SetOperation } from '../../sql/index.ts';
import { ordinal } from '../analysis/bindQuery.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { OutputColumn } from '../analysis/tableInfo.ts';
import { comparesPlainly } from '../analysis/typeOf.ts';
import { padsSpaces } from '../collations.ts';
import { mysqlError, schemaTrackingRequired, unsupported } from '../errors.ts';
import { buildRoute } from '../operators/buildRoute.ts';
import type { PlannedQuery, RouteOperator } from '../operators/operator.ts';
import type { OrderColumn, Primitive } from '../plan.ts';
import { sameShard } from '../routing/merge.ts';
import { bestOption } from '../routing/options.ts';
import { nameColumns } from './nameColumns.ts';
import { limitPrimitive } from './limits.ts';
import type { QueryOptions } from './planQuery.ts';
import { printExpression } from '../../sql/index.ts';

type PlanQuery = (st: PlanningStatement, query: Query, options: QueryOptions) => PlannedQuery;

/** UNION, EXCEPT, INTERSECT: one route where all branches agree; else branches put together here. */
export function planUnion(st: PlanningStatement, query: SetOperation, options: QueryOptions, planQuery: PlanQuery): PlannedQuery {
  refuseFoundRows(query);
  const whole = mergeAll(st, query, planQuery);
  if (whole !== undefined && !options.weights && (singleShard(st, whole) || (query.all && query.limit === undefined && query.orderBy.length === 0 && unionAllOnly(query)))) {
    const output = st.outputs.get(query);
    const route: RouteOperator = { ...whole, body: query };
    return { columns: output?.columns ?? [], complete: output?.complete ?? false, route, weights: [], build: () => buildRoute(st, route) };
  }
  if (!unionOnly(query)) throw unsupported(`${query.op.toUpperCase()} across shards`);
  return gather(st, query, options, planQuery);
}

function refuseFoundRows(query: Query): void {
  if (query.kind === 'setOperation') {
    refuseFoundRows(query.left);
    refuseFoundRows(query.right);
  } else if (query.kind === 'select' && query.options.includes('sql_calc_found_rows')) throw unsupported('SQL_CALC_FOUND_ROWS not supported with union');
}

const unionOnly = (q: Query): boolean => q.kind !== 'setOperation' || (q.op === 'union' && unionOnly(q.left) && unionOnly(q.right));
const unionAllOnly = (q: Query): boolean => q.kind !== 'setOperation' || (q.op === 'union' && q.all && q.limit === undefined && unionAllOnly(q.left) && unionAllOnly(q.right));

function singleShard(st: PlanningStatement, route: RouteOperator): boolean {
  const { variant } = bestOption(st, route);
  return variant === 'EqualUnique' || variant === 'Unsharded' || variant === 'Reference' || variant === 'DBA' || variant === 'None';
}

/** All branches as one route, when each is a route and their shards agree. */
function mergeAll(st: PlanningStatement, query: Query, planQuery: PlanQuery): RouteOperator | undefined {
  if (query.kind === 'setOperation') {
    const left = mergeAll(st, query.left, planQuery);
    const right = left === undefined ? undefined : mergeAll(st, query.right, planQuery);
    return left === undefined || right === undefined ? undefined : mergeBranches(st, left, right, query.all);
  }
  const before = st.pullouts.length;
  const planned = planQuery(st, query, { ordered: false, weights: false });
  if (st.pullouts.length > before) {
    st.pullouts.length = before;
    return undefined;
  }
  return planned.route?.body === query ? planned.route : undefined;
}

function mergeBranches(st: PlanningStatement, a: RouteOperator, b: RouteOperator, all: boolean): RouteOperator | undefined {
  if (a.tabletType !== b.tabletType && a.class !== 'dual' && b.class !== 'dual') return undefined;
  const x = bestOption(st, a);
  const y = bestOption(st, b);
  const both = { tables: [...a.tables, ...b.tables], renamed: new Map([...a.renamed, ...b.renamed]) };
  if (a.class === 'dual' || b.class === 'dual') {
    const decides = a.class === 'dual' ? b : a;
    const option = a.class === 'dual' ? y : x;
    if (all && (option.variant === 'Scatter' || option.variant === 'IN' || option.variant === 'Equal' || option.variant === 'MultiEqual' || option.variant === 'SubShard')) return undefined;
    if (option.variant === 'None') return undefined;
    return { ...decides, ...both, tables: decides.tables, ...(decides.class === 'sharded' && { alwaysOneShard: true }) };
  }
  if (a.class === 'system' || b.class === 'system' || a.keyspace.name !== b.keyspace.name) return undefined;
  if (a.class === 'unsharded' && b.class === 'unsharded') return { ...a, ...both };
  if (a.class === 'any' && b.class === 'any') return { ...a, ...both };
  if (a.class === 'any' || b.class === 'any') {
    const decides = a.class === 'any' ? b : a;
    return singleShard(st, decides) ? { ...decides, tables: decides.tables, renamed: both.renamed } : undefined;
  }
  if (a.class !== 'sharded' || b.class !== 'sharded') return undefined;
  if (x.variant === 'None' && y.variant === 'None') return { ...a, ...both };
  if (x.variant === 'None') return { ...b, renamed: both.renamed };
  if (y.variant === 'None') return { ...a, renamed: both.renamed };
  if (sameShard(x, y)) return { ...a, renamed: both.renamed };
  if (x.variant === 'Scatter' && y.variant === 'Scatter') return { ...a, ...both, known: [] };
  if (x.variant === y.variant && x.variant === 'IN' && x.vindex === y.vindex && x.values.length === 1 && y.values.length === 1 && x.values[0] !== undefined && y.values[0] !== undefined
    && printExpression(x.values[0]) === printExpression(y.values[0])) {
    return { ...a, renamed: both.renamed, fixed: { ...x, lists: [...x.lists, ...y.lists] } };
  }
  return undefined;
}

interface Branch { readonly query: Query; readonly planned: PlannedQuery }

/** Branches that no single route holds: concatenated, made distinct, sorted and cut here. */
function gather(st: PlanningStatement, query: SetOperation, options: QueryOptions, planQuery: PlanQuery): PlannedQuery {
  const output = st.outputs.get(query);
  const columns = output?.columns ?? [];
  const distinct = !query.all;
  const orders = query.orderBy.map((item) => orderColumnOf(st, item, columns));
  const textual = columns.map((c) => !comparesPlainly(c));
  const wantsWeights = (distinct && textual.some(Boolean)) || orders.some((o) => textual[o.column]) || options.weights;
  if (distinct && output?.complete !== true) throw schemaTrackingRequired();
  const branches = mergeNeighbours(st, [...flatten(query.left, distinct), ...flatten(query.right, distinct)], distinct, planQuery, wantsWeights);
  const weightAt = (i: number): number | undefined => (wantsWeights && textual[i] ? columns.length + textual.slice(0, i).filter(Boolean).length : undefined);
  const weights = columns.map((_, i) => weightAt(i));
  const width = columns.length + (wantsWeights ? textual.filter(Boolean).length : 0);
  const aligned = branches.map((branch) => (): Primitive => align(branch, columns.length, textual, wantsWeights));
  const column = (i: number, descending: boolean): OrderColumn => ({
    column: i, descending, ...(weights[i] !== undefined && { weightColumn: weights[i] }), ...(columns[i]?.type !== undefined && { type: columns[i]?.type }), ...(columns[i]?.collation !== undefined && { collation: columns[i]?.collation }),
  });
  return {
    columns, complete: output?.complete ?? false, weights: options.weights ? weights : [],
    build: () => {
      const inputs = aligned.map((make) => make());
      const [only, more] = inputs;
      let at: Primitive = only !== undefined && more === undefined ? only : { op: 'Concatenate', inputs };
      if (distinct) at = { op: 'Distinct', columns: columns.map((_, i) => column(i, false)), input: at };
      if (orders.length > 0) at = { op: 'Sort', orderBy: orders.map((o) => column(o.column, o.descending)), input: at };
      if (query.limit !== undefined) at = limitPrimitive(query.limit, at);
      return !options.weights && width > columns.length ? { op: 'SimpleProjection', columns: columns.map((_, i) => i), input: at } : at;
    },
  };
}

function orderColumnOf(st: PlanningStatement, item: OrderItem, columns: readonly OutputColumn[]): { column: number; descending: boolean } {
  const at = ordinal(item.expr);
  if (at !== undefined) return { column: at - 1, descending: item.direction === 'desc' };
  const binding = item.expr.kind === 'column' ? st.bindings.get(item.expr as ColumnRef) : undefined;
  if (binding?.kind !== 'output' || binding.index < 0 || binding.index >= columns.length) throw unsupported('ORDER BY an expression over a UNION across shards');
  return { column: binding.index, descending: item.direction === 'desc' };
}

/** The branches, where everything below is of the same kind: `a union b union c`; a distinct union swallows those below it. */
function flatten(query: Query, distinct: boolean): Query[] {
  if (query.kind === 'setOperation' && query.op === 'union' && query.limit === undefined && (distinct || query.all)) return [...flatten(query.left, distinct), ...flatten(query.right, distinct)];
  return [query];
}

/** Plans branches, putting those whose routes agree into one statement. */
function mergeNeighbours(st: PlanningStatement, queries: readonly Query[], distinct: boolean, planQuery: PlanQuery, weights: boolean): Branch[] {
  const groups: { queries: Query[]; route: RouteOperator | undefined }[] = [];
  for (const query of queries) {
    const route = mergeAll(st, query, planQuery);
    let placed = false;
    if (route !== undefined) {
      for (const group of groups) {
        if (group.route === undefined || (!distinct && group !== groups.at(-1))) continue;
        const merged = mergeBranches(st, group.route, route, !distinct);
        if (merged === undefined) continue;
        group.route = merged;
        group.queries.push(query);
        placed = true;
        break;
      }
    }
    if (!placed) groups.push({ queries: [query], route });
  }
  return groups.map(({ queries: members, route }) => {
    const [first, second] = members;
    if (first === undefined) throw new Error('a union without branches');
    const joined = members.slice(1).reduce<Query>((left, right) => ({ kind: 'setOperation', op: 'union', all: !distinct, left, right, orderBy: [], locks: [], start: -1, end: -1 }), first);
    if (route === undefined || (second === undefined && weights && first.kind !== 'setOperation')) return { query: first, planned: planQuery(st, first, { ordered: false, weights }) };
    if (second !== undefined) st.outputs.set(joined, st.outputs.get(first) ?? { columns: [], complete: false });
    const known = st.outputs.get(first) ?? { columns: [], complete: false };
    const body = weights ? wrap(st, joined, known.columns) : joined;
    const merged: RouteOperator = { ...route, body };
    return { query: joined, planned: { columns: known.columns, complete: known.complete, route: merged, weights: weights ? known.columns.map((_, i) => known.columns.length + i) : [], build: () => buildRoute(st, merged) } };
  });
}

/** `select dt.c0, …, weight_string(dt.c0), … from (select … as c0, …) as dt`. */
function wrap(st: PlanningStatement, query: Query, columns: readonly OutputColumn[]): Query {
  const names = columns.map((_, i) => `c${i}`);
  const refs = names.map((name): Expression => build.column(name, 'dt'));
  return build.select(
    [...refs.map((ref, i) => build.item(ref, columns[i]?.name)), ...refs.map((ref, i) => build.item(weightOfColumn(ref, columns[i])))],
    [build.derived(nameColumns(st, query, names), 'dt')],
  );
}

function weightOfColumn(ref: Expression, column: OutputColumn | undefined): Expression {
  const pads = column?.collation !== undefined && padsSpaces(column.collation);
  return { kind: 'weightString', operand: pads ? { kind: 'trim', side: 'trailing', what: build.string(' '), operand: ref, start: -1, end: -1 } : ref, start: -1, end: -1 };
}

/** Each branch gives the columns, then the weight strings of the textual ones. */
function align({ planned }: Branch, width: number, textual: readonly boolean[], weights: boolean): Primitive {
  const input = planned.build();
  if (!weights) return input;
  const wanted = [...Array(width).keys(), ...textual.flatMap((t, i) => (t ? [planned.weights[i]] : []))];
  if (wanted.every((w, i) => w === i) && planned.weights.filter((w) => w !== undefined).length === wanted.length - width) return input;
  if (wanted.every((w) => w !== undefined)) return { op: 'SimpleProjection', columns: wanted, input };
  return {
    op: 'Projection', input,
    expressions: wanted.map((w) => (w === undefined ? { expr: { kind: 'literal', type: 0, text: null }, text: 'null', name: '' } : { expr: { kind: 'column', index: w }, text: `:${w}`, name: '' })),
  };
}

export function differentColumnCounts(): Error {
  return mysqlError(1222, '21000', 'The used SELECT statements have a different number of columns');
}
