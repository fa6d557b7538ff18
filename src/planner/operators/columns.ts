import { printExpression, type ColumnRef, type Expression } from '../../sql/index.ts';
import { hasSubquery, isSubset, keyOf, tablesOf } from '../analysis/expressions.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import { planError, schemaTrackingRequired, unsupported } from '../errors.ts';
import { toValue } from '../translate/toEval.ts';
import { takesConditions, withVars } from './conditions.ts';
import { isStrict } from './nulls.ts';
import type { DerivedOperator, JoinOperator, Operator, VindexFuncOperator } from './operator.ts';
import { addRouteColumn, translate } from './route.ts';

/**
 * The position of a column in the operator's rows; adds it where it is not there yet. Only once the tree's shape is final.
 * Throws VT12001 where no shard can compute the expression and the gate does not know how.
 */
export function addColumn(st: PlanningStatement, op: Operator, expr: Expression, alias?: string): number {
  switch (op.kind) {
    case 'route': return addRouteColumn(st, op, st.expand(expr), alias);
    case 'join': return addJoinColumn(st, op, st.expand(expr), alias);
    case 'derived': return addDerivedColumn(st, op, st.expand(expr));
    case 'inline': return addColumn(st, op.inner, translate(st, st.expand(expr)), alias);
    case 'filter': return addColumn(st, op.input, expr, alias);
    case 'semiJoin': return addColumn(st, op.left, expr, alias);
    case 'vindexFunc': return addVindexFuncColumn(st, op, expr);
    default: return op satisfies never;
  }
}

function addJoinColumn(st: PlanningStatement, join: JoinOperator, expr: Expression, alias: string | undefined): number {
  const key = keyOf(st, expr);
  const known = join.columns.findIndex((c) => c.key === key);
  if (known >= 0) return known;
  const of = tablesOf(st, expr) & join.set;
  if (isSubset(of, join.left.set) && (of !== 0n || join.type === 'left' || !hasSubquery(expr))) return push(join, { from: 'L', index: addColumn(st, join.left, expr, alias), key });
  if (isSubset(of, join.right.set) && (join.type === 'inner' || isStrict(st, expr, join.right.set))) return push(join, { from: 'R', index: addColumn(st, join.right, expr, alias), key });
  if (expr.kind === 'column') throw schemaTrackingRequired();
  // Computed over the joined rows, not on the right side with the left row's values as literals, which have other types than its columns.
  const translated = toValue(st, expr, (e) => (e.kind === 'column' && tablesOf(st, e) !== 0n ? addJoinColumn(st, join, e, undefined) : undefined));
  if (translated === undefined) {
    if (join.type !== 'inner' || join.hash !== undefined || !takesConditions(join.right)) throw unsupported(`expression across shards: ${printExpression(expr)}`);
    const rewritten = withVars(st, expr, join.left.set, join.vars);
    return push(join, { from: 'R', index: addColumn(st, join.right, rewritten, alias ?? printExpression(expr)), key });
  }
  return push(join, { from: 'eval', expr: translated, text: printExpression(expr), key });
}

function push<T>(to: { readonly columns: T[] }, column: T): number {
  to.columns.push(column);
  return to.columns.length - 1;
}

/** The output column of a derived table that a reference names. Throws VT09015 when its columns are not known. */
export function outputIndex(st: PlanningStatement, op: DerivedOperator, column: ColumnRef): number {
  const binding = st.bindings.get(column);
  const name = binding?.kind === 'table' ? binding.name : column.name;
  const index = op.table.columns.findIndex((c) => c.name.toLowerCase() === name.toLowerCase());
  if (index < 0) throw schemaTrackingRequired();
  return index;
}

function addDerivedColumn(st: PlanningStatement, op: DerivedOperator, expr: Expression): number {
  const key = keyOf(st, expr);
  const known = op.columns.findIndex((c) => c.key === key);
  if (known >= 0) return known;
  if (expr.kind === 'column' && tablesOf(st, expr) !== 0n) return push(op, { key, column: outputIndex(st, op, expr) });
  const weighed = expr.kind === 'weightString' ? (expr.operand.kind === 'trim' ? expr.operand.operand : expr.operand) : undefined;
  if (weighed?.kind === 'column') {
    op.state.weights = true;
    return push(op, { key, weightOf: outputIndex(st, op, weighed) });
  }
  const translated = toValue(st, expr, (e) => (e.kind === 'column' && tablesOf(st, e) !== 0n ? addDerivedColumn(st, op, e) : undefined));
  if (translated === undefined) throw unsupported(`expression over a derived table: ${printExpression(expr)}`);
  return push(op, { key, eval: translated, text: printExpression(expr) });
}

const vindexFuncColumns = ['id', 'keyspace_id', 'range_start', 'range_end', 'hex_keyspace_id', 'shard'];

function addVindexFuncColumn(st: PlanningStatement, op: VindexFuncOperator, expr: Expression): number {
  const binding = expr.kind === 'column' ? st.bindings.get(expr) : undefined;
  const at = binding?.kind === 'table' ? vindexFuncColumns.indexOf(binding.name.toLowerCase()) : -1;
  if (at < 0) throw planError('VT09018', 1105, 'HY000', `cannot add '${printExpression(expr)}' expression to a table/vindex`);
  const known = op.columns.indexOf(at);
  if (known >= 0) return known;
  op.columns.push(at);
  return op.columns.length - 1;
}
