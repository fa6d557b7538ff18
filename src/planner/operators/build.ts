import { printExpression, type Expression } from '../../sql/index.ts';
import { tablesOf } from '../analysis/expressions.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import { unsupported } from '../errors.ts';
import type { EvalExpr } from '../evalExpr.ts';
import type { JoinColumn, PlanValue, Primitive } from '../plan.ts';
import { planValue } from '../translate/constants.ts';
import { toEvalOrAsk } from '../translate/toEval.ts';
import { buildRoute } from './buildRoute.ts';
import { addColumn } from './columns.ts';
import { vindexFuncForm } from './conditions.ts';
import type { DerivedOperator, FilterOperator, JoinOperator, Operator, SemiJoinOperator, VindexFuncOperator } from './operator.ts';
import { valueTypes } from '../../vschema/valueType.ts';

/** The primitives of an operator tree. Every column must have been asked for before. */
export function buildOperator(st: PlanningStatement, op: Operator): Primitive {
  switch (op.kind) {
    case 'route': return buildRoute(st, op);
    case 'join': return buildJoin(st, op);
    case 'derived': return buildDerived(op);
    case 'inline': return buildOperator(st, op.inner);
    case 'filter': return buildFilter(st, op);
    case 'semiJoin': return buildSemiJoin(st, op);
    case 'vindexFunc': return buildVindexFunc(op);
    default: return op satisfies never;
  }
}

function buildJoin(st: PlanningStatement, op: JoinOperator): Primitive {
  const vars: Record<string, number> = {};
  for (const [name, expr] of op.vars) vars[name] = addColumn(st, op.left, expr);
  const hash = op.hash === undefined ? undefined : { left: addColumn(st, op.left, op.hash.left), right: addColumn(st, op.right, op.hash.right) };
  const columns: JoinColumn[] = [];
  const position = op.columns.map((c) => (c.from === 'eval' ? -1 : columns.push({ side: c.from, index: c.index }) - 1));
  const left = buildOperator(st, op.left);
  const right = buildOperator(st, op.right);
  const joined: Primitive = hash === undefined
    ? { op: 'Join', variant: op.type === 'left' ? 'LeftJoin' : 'Join', left, right, columns, vars }
    : {
        op: 'HashJoin', variant: op.type === 'left' ? 'HashLeftJoin' : 'HashJoin', left, right, columns,
        leftKey: { column: hash.left, descending: false }, rightKey: { column: hash.right, descending: false },
        predicate: op.hash === undefined ? '' : `${printExpression(op.hash.left)} = ${printExpression(op.hash.right)}`,
      };
  if (op.columns.every((c) => c.from !== 'eval')) return joined;
  return {
    op: 'Projection', input: joined,
    expressions: op.columns.map((c, i) => (c.from === 'eval' ? { expr: moveColumns(c.expr, (at) => position[at] ?? at), text: c.text, name: c.text }
      : { expr: { kind: 'column', index: position[i] ?? i }, text: `:${position[i] ?? i}`, name: '' })),
  };
}

/** The expression with its columns at other positions. */
export function moveColumns(e: EvalExpr, to: (index: number) => number): EvalExpr {
  switch (e.kind) {
    case 'column': return { kind: 'column', index: to(e.index) };
    case 'tuple': return { ...e, items: e.items.map((i) => moveColumns(i, to)) };
    case 'unary': return { ...e, arg: moveColumns(e.arg, to) };
    case 'binary': return { ...e, left: moveColumns(e.left, to), right: moveColumns(e.right, to) };
    case 'case': return { ...e, whens: e.whens.map((w) => ({ when: moveColumns(w.when, to), value: moveColumns(w.value, to) })), otherwise: moveColumns(e.otherwise, to) };
    case 'ask':
    case 'call': return { ...e, args: e.args.map((a) => moveColumns(a, to)) };
    default: return e;
  }
}

function buildDerived(op: DerivedOperator): Primitive {
  const planned = op.plan({ conditions: op.conditions, weights: op.state.weights });
  const at = (c: DerivedOperator['columns'][number]): number | undefined => ('column' in c ? c.column : 'weightOf' in c ? planned.weights[c.weightOf] : undefined);
  const width = planned.columns.length + planned.weights.filter((w) => w !== undefined).length;
  const positions = op.columns.map(at);
  const input = planned.build();
  if (positions.length === width && positions.every((p, i) => p === i)) return input;
  if (op.columns.every((c) => 'column' in c || ('weightOf' in c && planned.weights[c.weightOf] !== undefined))) {
    return { op: 'SimpleProjection', columns: positions.map((p) => p ?? 0), input };
  }
  return {
    op: 'Projection', input,
    expressions: op.columns.map((c, i) => {
      if ('eval' in c) return { expr: moveColumns(c.eval, (index) => { const source = op.columns[index]; return source === undefined ? index : at(source) ?? index; }), text: c.text, name: c.text };
      const p = positions[i];
      if (p === undefined) return { expr: { kind: 'literal', type: valueTypes.NULL_TYPE, text: null }, text: 'null', name: '' };
      return { expr: { kind: 'column', index: p }, text: `:${p}`, name: '' };
    }),
  };
}

/** A condition as the gate evaluates it over an operator's rows. Throws VT12001 where it can't. */
export function conditionOver(st: PlanningStatement, input: Operator, conditions: readonly Expression[]): PlanValue {
  const translated = conditions.map((condition) => {
    const e = toEvalOrAsk(st, st.expand(condition), (x) => (x.kind === 'column' && tablesOf(st, x) !== 0n ? addColumn(st, input, x) : undefined));
    if (e === undefined) throw unsupported(`condition across shards: ${printExpression(condition)}`);
    return e;
  });
  const [first, ...rest] = translated;
  if (first === undefined) throw new Error('a filter without a condition');
  return {
    expr: rest.reduce<EvalExpr>((left, right) => ({ kind: 'binary', op: 'and', left, right }), first),
    text: conditions.map((c) => printExpression(c)).join(' and '),
  };
}

function buildFilter(st: PlanningStatement, op: FilterOperator): Primitive {
  const predicate = conditionOver(st, op.input, op.conditions);
  return { op: 'Filter', predicate, input: buildOperator(st, op.input) };
}

function buildSemiJoin(st: PlanningStatement, op: SemiJoinOperator): Primitive {
  const vars: Record<string, number> = {};
  for (const [name, expr] of op.vars) vars[name] = addColumn(st, op.left, expr);
  const left = buildOperator(st, op.left);
  return { op: 'SemiJoin', anti: op.anti, left, right: op.right.build(), columns: [], vars };
}

const vindexFuncFields = ['id', 'keyspace_id', 'range_start', 'range_end', 'hex_keyspace_id', 'shard'];

function buildVindexFunc(op: VindexFuncOperator): Primitive {
  if (op.value === undefined) throw vindexFuncForm('where clause missing');
  return {
    op: 'VindexFunc', vindex: op.vindex, keyspace: op.keyspace, columns: op.columns, value: planValue(op.value),
    fields: op.columns.map((at) => ({ name: vindexFuncFields[at] ?? '', type: valueTypes.VARBINARY, charset: 63, columnLength: 255 })),
  };
}
