import { build, printExpression, type Aggregate as AggregateNode, type Expression, type Select } from '../../sql/index.ts';
import { aggregatesOf, hasAggregate, keyOf, sameExpr } from '../analysis/expressions.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import { ordinal } from '../analysis/bindQuery.ts';
import { comparesPlainly, typeOfExpr } from '../analysis/typeOf.ts';
import { schemaTrackingRequired, unsupported } from '../errors.ts';
import { buildOperator } from '../operators/build.ts';
import { addColumn } from '../operators/columns.ts';
import { addCondition } from '../operators/conditions.ts';
import type { Operator, PlannedQuery, RouteOperator } from '../operators/operator.ts';
import type { Aggregate, Aggregation, AggregateFunction, OrderColumn, PlanValue, Primitive } from '../plan.ts';
import { toEvalOrAsk, toValue } from '../translate/toEval.ts';
import { addSortKey, exprsOf, isConstant, numberWeights, orderColumn, weightString, type SortKey } from './sortKeys.ts';
import { limitPrimitive } from './limits.ts';
import { valueTypes } from '../../vschema/valueType.ts';
import { holdsUniqueVindex } from './perShard.ts';
import type { QueryOptions } from './planQuery.ts';

/** Aggregates whose parts the shards compute, and how the parts are put together. */
const pushable = new Set(['count', 'sum', 'min', 'max', 'avg', 'any_value', 'bit_and', 'bit_or', 'bit_xor', 'group_concat']);

type Output = Aggregate['output'][number];

/** Plans GROUP BY and aggregates over rows of several shards: in parts on the shards where that is possible, whole here otherwise. */
export function planAggregation(st: PlanningStatement, select: Select, given: Operator, options: QueryOptions): PlannedQuery {
  const info = st.info(select);
  if (!info.complete) throw schemaTrackingRequired();
  if (select.groupBy?.rollup === true) throw unsupported('GROUP BY WITH ROLLUP not supported for sharded queries');
  const items = exprsOf(info.items);
  const having = build.terms('and', select.having).map((c) => st.expand(c));
  const early = having.filter((c) => !hasAggregate(st, c) && select.groupBy !== undefined && columnsAreGroups(st, c, info.groupBy));
  const late = having.filter((c) => !early.includes(c));
  const source = early.reduce((op, c) => addCondition(st, op, c), given);
  const orders = options.ordered || select.limit !== undefined ? info.orderBy.map((o) => ({ ...o, expr: st.expand(o.expr) })).filter((o) => !isConstant(o.expr)) : [];
  const groupBy = info.groupBy.filter((g) => !isConstant(st.expand(g)));
  const aggregates = distinctAggregates(st, [...items, ...late, ...orders.map((o) => o.expr)]);
  for (const a of aggregates) if (a.kind === 'function') throw unsupported(`Aggregate UDF '${printExpression(a)}' must be pushed down to MySQL`);
  const calls = aggregates.filter((a): a is AggregateNode => a.kind === 'aggregate');
  const inParts = source.kind === 'route' && (groupBy.length > 0 || info.groupBy.length === 0) && calls.every((a) => canPush(st, a, source));

  const output: Output[] = [];
  const found = new Map<string, number>();
  const groups = orderGroups(st, groupBy, orders);
  const keys: SortKey[] = groups.order.map((g) => addSortKey(st, source, g.expr, g.descending));
  const keyWeights = new Map<string, number>();
  for (const key of keys) {
    found.set(keyOf(st, key.expr), push(output, { from: 'input', column: key.column }));
    if (key.weightColumn !== undefined) keyWeights.set(keyOf(st, key.expr), push(output, { from: 'input', column: key.weightColumn }));
  }
  const shardGroups: Expression[] = keys.flatMap((k) => (k.weightColumn === undefined ? [st.expand(k.expr)] : [st.expand(k.expr), weightString(st, st.expand(k.expr))]));
  for (const call of calls) {
    const aggregation = inParts ? inPartsOf(st, source, call, shardGroups) : wholeOf(st, source, call);
    found.set(keyOf(st, call), push(output, { from: 'aggregate', aggregation }));
  }
  const place = (expr: Expression): number | undefined => found.get(keyOf(st, expr));
  const direct = items.map((expr) => {
    const known = place(expr);
    if (known !== undefined) return known;
    if (hasAggregate(st, expr)) return undefined;
    const at = push(output, { from: 'input', column: addColumn(st, source, expr) });
    found.set(keyOf(st, expr), at);
    return at;
  });
  const evalFind = (e: Expression): number | undefined => {
    const known = place(e);
    if (known !== undefined) return known;
    if (e.kind !== 'column') return undefined;
    const at = push(output, { from: 'input', column: addColumn(st, source, e) });
    found.set(keyOf(st, e), at);
    return at;
  };
  const evaluated = (expr: Expression, translate = toValue): PlanValue => {
    const e = translate(st, expr, evalFind);
    if (e === undefined) throw unsupported(`in scatter query: complex aggregate expression '${printExpression(expr)}'`);
    return { expr: e, text: printExpression(expr) };
  };
  const filters = late.map((condition) => evaluated(condition, toEvalOrAsk));
  const computed = items.map((expr, i) => (direct[i] === undefined ? evaluated(expr) : undefined));
  const extra: { value: PlanValue; index: number }[] = [];
  const sortColumns = orders.map((o): OrderColumn => {
    const known = place(o.expr);
    const types = typeOfExpr(st, o.expr);
    const known2 = { ...(types.type !== undefined && { type: types.type }), ...(types.collation !== undefined && { collation: types.collation }) };
    const weight = keyWeights.get(keyOf(st, o.expr));
    if (known !== undefined) return { column: known, descending: o.descending, ...(weight !== undefined && { weightColumn: weight }), ...known2 };
    if (!hasAggregate(st, o.expr)) {
      const at = push(output, { from: 'input', column: addColumn(st, source, o.expr) });
      const weightColumn = comparesPlainly(types) ? undefined : push(output, { from: 'input', column: addColumn(st, source, weightString(st, o.expr)) });
      return { column: at, descending: o.descending, ...(weightColumn !== undefined && { weightColumn }), ...known2 };
    }
    extra.push({ value: evaluated(o.expr), index: -1 });
    return { column: -extra.length, descending: o.descending };
  });
  if (inParts && source.kind === 'route') {
    source.groupBy = shardGroups;
    for (const key of keys) source.order.push({ ...orderColumn(key), expr: st.expand(key.expr) });
  }
  const weightColumns = items.map((expr) => keyWeights.get(keyOf(st, expr)));
  const needsProjection = computed.some((c) => c !== undefined) || extra.length > 0;
  const distinct = select.distinct;

  return {
    columns: info.columns, complete: true, weights: options.weights ? numberWeights(weightColumns, items.length) : [],
    build: () => {
      const variant = keys.length === 0 && select.groupBy === undefined ? 'Scalar' : inParts ? 'Ordered' : 'Hash';
      let at: Primitive = { op: 'Aggregate', variant, keys: keys.map(orderColumn), output, input: buildOperator(st, source) };
      for (const predicate of filters) at = { op: 'Filter', predicate, input: at };
      let columns: number[] = direct.map((d) => d ?? -1);
      if (needsProjection) {
        const expressions: (PlanValue & { name: string })[] = output.map((_, i) => ({ expr: { kind: 'column', index: i }, text: `:${i}`, name: '' }));
        columns = columns.map((c, i) => { const value = computed[i]; return value === undefined ? c : push(expressions, { ...value, name: value.text }); });
        for (const e of extra) (e as { index: number }).index = push(expressions, { ...e.value, name: e.value.text });
        at = { op: 'Projection', expressions, input: at };
      }
      if (distinct) {
        at = { op: 'Distinct', input: at, columns: columns.map((column, i): OrderColumn => ({ column, descending: false, ...(weightColumns[i] !== undefined && { weightColumn: weightColumns[i] }) })) };
      }
      if (orders.length > 0 && !(groups.sorted && inParts)) {
        at = { op: 'Sort', input: at, orderBy: sortColumns.map((s) => (s.column < 0 ? { ...s, column: extra[-s.column - 1]?.index ?? 0 } : s)) };
      }
      if (select.limit !== undefined) at = limitPrimitive(select.limit, at);
      const wanted = [...columns, ...(options.weights ? weightColumns.filter((w) => w !== undefined) : [])];
      const width = needsProjection ? -1 : output.length;
      return wanted.length === width && wanted.every((c, i) => c === i) ? at : { op: 'SimpleProjection', columns: wanted, input: at };
    },
  };
}

function push<T>(to: T[], value: T): number {
  to.push(value);
  return to.length - 1;
}

function columnsAreGroups(st: PlanningStatement, condition: Expression, groups: readonly Expression[]): boolean {
  let fine = true;
  st.rewriteBound(condition, (node) => {
    if (groups.some((g) => sameExpr(st, g, node as Expression))) return node;
    if (node.kind === 'column' || node.kind === 'subquery' || node.kind === 'exists') fine = false;
    return undefined;
  });
  return fine;
}

function distinctAggregates(st: PlanningStatement, exprs: readonly Expression[]): Expression[] {
  const seen = new Map<string, Expression>();
  for (const expr of exprs) for (const a of aggregatesOf(st, st.expand(expr))) if (!seen.has(keyOf(st, a))) seen.set(keyOf(st, a), a);
  return [...seen.values()];
}

/** Groups in the order of ORDER BY where that sorts by nothing else: then the groups come out sorted. */
function orderGroups(st: PlanningStatement, groups: readonly Expression[], orders: readonly { expr: Expression; descending: boolean }[]): { order: { expr: Expression; descending: boolean }[]; sorted: boolean } {
  const rest = [...new Map(groups.map((g) => [keyOf(st, g), g])).values()];
  const order: { expr: Expression; descending: boolean }[] = [];
  for (const o of orders) {
    const at = rest.findIndex((g) => sameExpr(st, g, o.expr));
    if (at < 0) {
      if (order.some((g) => sameExpr(st, g.expr, o.expr))) continue;
      return { order: [...new Map(groups.map((g) => [keyOf(st, g), { expr: g, descending: false }])).values()], sorted: false };
    }
    order.push({ expr: rest[at] ?? o.expr, descending: o.descending });
    rest.splice(at, 1);
  }
  return { order: [...order, ...rest.map((expr) => ({ expr, descending: false }))], sorted: true };
}

function canPush(_st: PlanningStatement, call: AggregateNode, _route: RouteOperator): boolean {
  if (!pushable.has(call.name)) return false;
  if (call.name === 'group_concat') return !call.distinct && call.orderBy.length === 0 && call.limit === undefined;
  if (call.distinct && call.name !== 'count' && call.name !== 'sum' && call.name !== 'avg' && call.name !== 'min' && call.name !== 'max') return false;
  return true;
}

const known = (st: PlanningStatement, expr: Expression): { type?: number; collation?: number } => {
  const { type, collation } = typeOfExpr(st, expr);
  return { ...(type !== undefined && { type }), ...(collation !== undefined && { collation }) };
};

/** The shards' part of an aggregate, and how parts become the whole. */
function inPartsOf(st: PlanningStatement, route: RouteOperator, call: AggregateNode, groups: Expression[]): Aggregation {
  const alias = printExpression(call);
  const [arg] = call.args;
  if (call.distinct && arg !== undefined && call.name !== 'min' && call.name !== 'max' && !holdsUniqueVindex(st, call.args, route)) return distinctOf(st, route, call, groups);
  switch (call.name) {
    case 'count': return { function: call.star ? 'sum_count_star' : 'sum_count', column: addColumn(st, route, call), alias, type: 265, collation: 63 };
    case 'sum': return { function: 'sum_sum', column: addColumn(st, route, call), alias, ...known(st, call) };
    case 'avg': {
      const distinct = call.distinct;
      const column = addColumn(st, route, { ...call, name: 'sum' });
      return { function: 'avg', column, countColumn: addColumn(st, route, { ...call, name: 'count', distinct }), alias, ...known(st, call) };
    }
    case 'min':
    case 'max': {
      const type = known(st, call);
      return { function: call.name, column: addColumn(st, route, call), ...(!comparesPlainly(type) && { weightColumn: addColumn(st, route, weightString(st, call)) }), alias, ...type };
    }
    case 'group_concat': return { function: 'group_concat', column: addColumn(st, route, call), separator: call.separator ?? ',', alias };
    case 'any_value':
    case 'bit_and':
    case 'bit_or':
    case 'bit_xor': return { function: call.name, column: addColumn(st, route, call), alias };
    default: throw unsupported(`in scatter query: aggregation function '${alias}'`);
  }
}

/** A distinct aggregate: the shards group by its argument too, the gate counts each value once. */
function distinctOf(st: PlanningStatement, route: RouteOperator, call: AggregateNode, groups: Expression[]): Aggregation {
  if (call.args.length > 1) throw unsupported(`distinct aggregation function with multiple expressions '${printExpression(call)}'`);
  const [arg] = call.args;
  if (arg === undefined) throw unsupported(`aggregation '${printExpression(call)}'`);
  const key = addSortKey(st, route, arg, false);
  for (const e of [st.expand(arg), ...(key.weightColumn === undefined ? [] : [weightString(st, st.expand(arg))])]) if (!groups.some((g) => sameExpr(st, g, e))) groups.push(e);
  return { function: call.name as AggregateFunction, distinct: true, column: key.column, ...(key.weightColumn !== undefined && { weightColumn: key.weightColumn }), alias: printExpression(call), ...known(st, call) };
}

const wholeFunctions: Readonly<Record<string, AggregateFunction>> = {
  count: 'count', sum: 'sum', avg: 'avg', min: 'min', max: 'max', any_value: 'any_value', group_concat: 'group_concat', bit_and: 'bit_and', bit_or: 'bit_or', bit_xor: 'bit_xor',
  std: 'std', stddev: 'std', stddev_pop: 'std', stddev_samp: 'stddev_samp', variance: 'var_pop', var_pop: 'var_pop', var_samp: 'var_samp', json_arrayagg: 'json_arrayagg', json_objectagg: 'json_objectagg',
};

/** An aggregate computed here, over the rows themselves. */
function wholeOf(st: PlanningStatement, source: Operator, call: AggregateNode): Aggregation {
  const alias = printExpression(call);
  if (call.star) {
    addColumn(st, source, build.integer(1));
    return { function: 'count_star', column: -1, alias, type: 265, collation: 63 };
  }
  const name = wholeFunctions[call.name];
  const [arg, second] = call.args;
  if (name === undefined || arg === undefined) throw unsupported(`in scatter query: aggregation function '${alias}'`);
  if (name === 'group_concat') return concatenationOf(st, source, call, alias);
  if (call.args.length > 1 && name !== 'json_objectagg') {
    throw unsupported(`distinct aggregation function with multiple expressions '${alias}'`);
  }
  const compares = call.distinct || name === 'min' || name === 'max';
  const key = compares ? addSortKey(st, source, arg, false) : undefined;
  const column = key?.column ?? addColumn(st, source, arg);
  const orderBy = call.orderBy.map((o) => orderColumn(addSortKey(st, source, o.expr.kind === 'number' ? arg : o.expr, o.direction === 'desc')));
  return {
    function: name, column, alias, ...(call.distinct && { distinct: true }), ...(key?.weightColumn !== undefined && { weightColumn: key.weightColumn }),
    ...(orderBy.length > 0 && { orderBy }),
    ...(name === 'json_objectagg' && second !== undefined && { column2: addColumn(st, source, second) }), ...known(st, call),
  };
}

/** GROUP_CONCAT over the rows themselves: the shards make the texts, of one argument or of several put together. */
function concatenationOf(st: PlanningStatement, source: Operator, call: AggregateNode, alias: string): Aggregation {
  if (call.limit !== undefined) throw unsupported('group_concat with LIMIT');
  const [arg] = call.args;
  if (arg === undefined || (call.distinct && call.args.length > 1)) throw unsupported(`distinct aggregation function with multiple expressions '${alias}'`);
  const key = call.distinct ? addSortKey(st, source, arg, false) : undefined;
  const { type } = typeOfExpr(st, arg);
  const number = type !== undefined && ((type & 256) !== 0 || type === valueTypes.DECIMAL);
  const text: Expression = call.args.length > 1 ? build.call('concat', ...call.args)
    : number ? { kind: 'cast', operand: arg, type: { kind: 'castType', name: 'char', start: -1, end: -1 }, array: false, start: -1, end: -1 } : arg;
  const orderBy = call.orderBy.map((o) => {
    const at = ordinal(o.expr);
    return orderColumn(addSortKey(st, source, at === undefined ? o.expr : call.args[at - 1] ?? arg, o.direction === 'desc'));
  });
  return {
    function: 'group_concat', column: addColumn(st, source, text), alias, separator: call.separator ?? ',', ...(orderBy.length > 0 && { orderBy }),
    ...(call.distinct && { distinct: true, ...(key !== undefined && { keyColumn: key.column }), ...(key?.weightColumn !== undefined && { weightColumn: key.weightColumn }) }),
  };
}
