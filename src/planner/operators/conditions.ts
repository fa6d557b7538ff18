import { build, type ColumnRef, type Expression } from '../../sql/index.ts';
import { isSubset, keyOf, tablesOf } from '../analysis/expressions.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { TableSet } from '../analysis/tableInfo.ts';
import { planError } from '../errors.ts';
import type { JoinOperator, Operator } from './operator.ts';
import { translate, withCondition } from './route.ts';

/** The operator with one more condition that every row must meet, pushed as far down as it may go. */
export function addCondition(st: PlanningStatement, op: Operator, condition: Expression): Operator {
  switch (op.kind) {
    case 'route': return withCondition(st, op, condition);
    case 'join': return addToJoin(st, op, condition);
    case 'derived': return op.takesConditions ? { ...op, conditions: [...op.conditions, condition] } : filtered(op, condition);
    case 'inline': return { ...op, inner: addCondition(st, op.inner, translate(st, st.expand(condition))) };
    case 'filter': return { ...op, conditions: [...op.conditions, condition] };
    case 'semiJoin': return { ...op, left: addCondition(st, op.left, condition) };
    case 'vindexFunc': {
      const value = vindexFuncValue(st, op.table.id, condition);
      if (value === undefined || op.value !== undefined) throw vindexFuncForm(op.value === undefined ? whyNot(condition) : 'multiple filters');
      return { ...op, value };
    }
    default: return op satisfies never;
  }
}

export function vindexFuncForm(why: string): Error {
  return planError('VT09018', 1105, 'HY000', `WHERE clause for vindex function must be of the form id = <val> or id in(<val>,...) (${why})`);
}

function whyNot(condition: Expression): string {
  if (condition.kind !== 'comparison' && condition.kind !== 'in') return 'not a comparison';
  if (condition.kind === 'comparison' && condition.op !== '=') return 'not equality';
  return condition.left.kind === 'column' ? 'lhs is not id' : 'lhs is not a column';
}

function vindexFuncValue(st: PlanningStatement, table: number, condition: Expression): Expression | undefined {
  if (condition.kind !== 'comparison' && condition.kind !== 'in') return undefined;
  if (condition.kind === 'comparison' ? condition.op !== '=' : condition.not || condition.right.kind === 'subquery') return undefined;
  if (condition.left.kind !== 'column') return undefined;
  const binding = st.bindings.get(condition.left);
  if (binding?.kind !== 'table' || binding.table.id !== table || binding.name.toLowerCase() !== 'id') return undefined;
  return tablesOf(st, condition.right) === 0n ? condition.right : undefined;
}

export function filtered(op: Operator, condition: Expression): Operator {
  return { kind: 'filter', input: op, set: op.set, conditions: [condition] };
}

function addToJoin(st: PlanningStatement, join: JoinOperator, condition: Expression): Operator {
  const of = tablesOf(st, condition) & join.set;
  if (isSubset(of, join.left.set)) return { ...join, left: addCondition(st, join.left, condition) };
  if (join.type === 'left') return filtered(join, condition);
  if (isSubset(of, join.right.set)) return takesConditions(join.right) ? { ...join, right: addCondition(st, join.right, condition) } : filtered(join, condition);
  return takesConditions(join.right) ? pushToRight(st, join, condition) : filtered(join, condition);
}

/** Whether a condition can go into it without a filter on top. */
export function takesConditions(op: Operator): boolean {
  switch (op.kind) {
    case 'route': return true;
    case 'join': return op.type === 'inner' ? takesConditions(op.left) && takesConditions(op.right) : takesConditions(op.left);
    case 'derived': return op.takesConditions;
    case 'inline': return takesConditions(op.inner);
    case 'filter': return takesConditions(op.input);
    case 'semiJoin': return takesConditions(op.left);
    case 'vindexFunc': return false;
    default: return op satisfies never;
  }
}

/** The condition on the right side, with the left side's columns as bind variables that each left row fills. */
export function pushToRight(st: PlanningStatement, join: JoinOperator, condition: Expression): JoinOperator {
  const vars = new Map(join.vars);
  const rewritten = withVars(st, condition, join.left.set, vars);
  return { ...join, vars, right: addCondition(st, join.right, rewritten) };
}

/** Columns of the given tables replaced by bind variables, which are noted in `vars`. */
export function withVars(st: PlanningStatement, expr: Expression, tables: TableSet, vars: Map<string, Expression>): Expression {
  return st.rewriteBound(st.expand(expr), (node) => {
    if (node.kind !== 'column') return undefined;
    const column = node as ColumnRef;
    const of = tablesOf(st, column);
    if (of === 0n || !isSubset(of, tables)) return node;
    return build.bind(varFor(st, column, vars));
  });
}

function varFor(st: PlanningStatement, column: ColumnRef, vars: Map<string, Expression>): string {
  const key = keyOf(st, column);
  for (const [name, expr] of vars) if (keyOf(st, expr) === key) return name;
  const binding = st.bindings.get(column);
  const table = column.table ?? (binding?.kind === 'table' ? binding.table.name : '');
  const name = st.reserve(`${table}_${column.name}`.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(\d)/, '_$1'));
  vars.set(name, column);
  return name;
}
