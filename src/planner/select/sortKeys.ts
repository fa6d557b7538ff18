import { build, type Expression, type Select } from '../../sql/index.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { OutputColumn } from '../analysis/tableInfo.ts';
import { comparesPlainly, typeOfExpr } from '../analysis/typeOf.ts';
import { padsSpaces } from '../collations.ts';
import { unsupported } from '../errors.ts';
import { valueTypes } from '../../vschema/valueType.ts';
import { addColumn } from '../operators/columns.ts';
import type { Operator } from '../operators/operator.ts';
import type { OrderColumn } from '../plan.ts';

/** A column that things are sorted or grouped by: its place, and that of its weight string where its values need one. */
export interface SortKey extends OrderColumn { readonly expr: Expression }

/**
 * The weight string of a text. Under a collation that pads with spaces, trailing spaces count for nothing, which WEIGHT_STRING does not know.
 */
export function weightString(st: PlanningStatement, operand: Expression): Expression {
  const { collation } = typeOfExpr(st, operand);
  const compared: Expression = collation !== undefined && padsSpaces(collation)
    ? { kind: 'trim', side: 'trailing', what: build.string(' '), operand, start: -1, end: -1 } : operand;
  return { kind: 'weightString', operand: compared, start: -1, end: -1 };
}

const constants = new Set(['null', 'bool', 'number', 'string', 'hex', 'bit', 'temporal', 'bind']);

/** Whether sorting and grouping by it does nothing: a literal reached by its position, which a shard would read as a position again. */
export function isConstant(expr: Expression): boolean {
  return constants.has(expr.kind);
}

/** Asks a source for a column to compare by. */
export function addSortKey(st: PlanningStatement, source: Operator, expr: Expression, descending: boolean): SortKey {
  const known = typeOfExpr(st, st.expand(expr));
  // JSON has an order of its own, and no weight strings.
  if (known.type === valueTypes.JSON && source.kind === 'route') throw unsupported('sorting or grouping JSON across shards');
  const column = addColumn(st, source, expr);
  const weightColumn = comparesPlainly(known) ? undefined : addColumn(st, source, weightString(st, st.expand(expr)));
  return { expr, column, descending, ...(weightColumn !== undefined && { weightColumn }), ...(known.type !== undefined && { type: known.type }), ...(known.collation !== undefined && { collation: known.collation }) };
}

export function orderColumn({ column, descending, weightColumn, type, collation }: SortKey): OrderColumn {
  return { column, descending, ...(weightColumn !== undefined && { weightColumn }), ...(type !== undefined && { type }), ...(collation !== undefined && { collation }) };
}

export function exprsOf(items: Select['items']): Expression[] {
  return items.flatMap((item) => (item.kind === 'selectExpr' ? [item.expr] : []));
}

/** The weight string's position among the outputs, when the weights follow the columns. */
export function numberWeights(weights: readonly (number | undefined)[], width: number): (number | undefined)[] {
  let next = width;
  return weights.map((w) => (w === undefined ? undefined : next++));
}

export function weightOf(st: PlanningStatement, source: Operator, column: OutputColumn, expr: Expression | undefined): number | undefined {
  return expr === undefined || comparesPlainly(column) ? undefined : addColumn(st, source, weightString(st, st.expand(expr)));
}

