import type {
  AggregateName, Aggregate, Arithmetic, ArithmeticOp, Bind, BoolLiteral, ColumnRef, Comparison, ComparisonOp, Expression, FunctionCall, In, Is, Logical,
  Not, NullLiteral, NumberLiteral, Row, StringLiteral, Subquery,
} from './expression.ts';
import type { TableName } from './node.ts';
import type { GroupBy, Limit, OrderItem, Query, Select, SelectExpr, SelectItem } from './query.ts';
import type { DerivedTable, TableExpr, TableRef } from './tableRef.ts';

/** Nodes that are built, not parsed, have no place in any text. */
const nowhere = { start: -1, end: -1 } as const;

export const column = (name: string, table?: string, schema?: string): ColumnRef => ({ kind: 'column', schema, table, name, ...nowhere });
/** `:name`. */
export const bind = (name: string): Bind => ({ kind: 'bind', name, list: false, positional: false, ...nowhere });
/** `::name`. */
export const listBind = (name: string): Bind => ({ kind: 'bind', name, list: true, positional: false, ...nowhere });
/** A whole number; a negative one is a unary minus over this, so it is refused here. */
export function integer(value: number | bigint | string): NumberLiteral {
  const text = String(value);
  if (!/^\d+$/.test(text)) throw new RangeError(`not an unsigned integer: ${text}`);
  return { kind: 'number', type: 'integer', text, ...nowhere };
}
export const string = (value: string): StringLiteral => ({ kind: 'string', value, ...nowhere });
export const bool = (value: boolean): BoolLiteral => ({ kind: 'bool', value, ...nowhere });
export const nullLiteral = (): NullLiteral => ({ kind: 'null', ...nowhere });
export const row = (items: readonly Expression[]): Row => ({ kind: 'row', items, ...nowhere });
export const subquery = (query: Query): Subquery => ({ kind: 'subquery', query, ...nowhere });

export const not = (operand: Expression): Not => ({ kind: 'not', operand, ...nowhere });
export const compare = (op: ComparisonOp, left: Expression, right: Expression): Comparison => ({ kind: 'comparison', op, left, right, ...nowhere });
export const eq = (left: Expression, right: Expression): Comparison => compare('=', left, right);
export const inList = (left: Expression, right: Row | Subquery | Bind, negated = false): In => ({ kind: 'in', not: negated, left, right, ...nowhere });
export const isNull = (operand: Expression, negated = false): Is => ({ kind: 'is', not: negated, operand, test: 'null', ...nowhere });
export const arithmetic = (op: ArithmeticOp, left: Expression, right: Expression): Arithmetic => ({ kind: 'arithmetic', op, left, right, ...nowhere });
export const logical = (op: Logical['op'], left: Expression, right: Expression): Logical => ({ kind: 'logical', op, left, right, ...nowhere });

/** All of them joined by AND, left-associative; undefined for none. */
export function and(...terms: readonly (Expression | undefined)[]): Expression | undefined {
  return join('and', terms);
}
/** All of them joined by OR, left-associative; undefined for none. */
export function or(...terms: readonly (Expression | undefined)[]): Expression | undefined {
  return join('or', terms);
}
function join(op: Logical['op'], terms: readonly (Expression | undefined)[]): Expression | undefined {
  let all: Expression | undefined;
  for (const term of terms) if (term !== undefined) all = all === undefined ? term : logical(op, all, term);
  return all;
}

/** The terms of a chain of ANDs (or ORs), in order; an expression that is no such chain is its own only term. */
export function terms(op: 'and' | 'or', expression: Expression | undefined): Expression[] {
  const found: Expression[] = [];
  const pending: Expression[] = expression === undefined ? [] : [expression];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.kind === 'logical' && next.op === op) pending.push(next.right, next.left);
    else found.push(next);
  }
  return found;
}

export const call = (name: string, ...args: readonly Expression[]): FunctionCall => ({ kind: 'function', name, args, quoted: false, ...nowhere });
export const aggregate = (name: AggregateName, args: readonly Expression[], distinct = false): Aggregate =>
  ({ kind: 'aggregate', name, distinct, star: false, args, orderBy: [], ...nowhere });
export const countStar = (): Aggregate => ({ kind: 'aggregate', name: 'count', distinct: false, star: true, args: [], orderBy: [], ...nowhere });

export const tableName = (name: string, schema?: string): TableName => ({ kind: 'tableName', schema, name, ...nowhere });
export const table = (name: string, alias?: string, schema?: string): TableRef =>
  ({ kind: 'table', table: tableName(name, schema), alias, partitions: [], indexHints: [], ...nowhere });
export const derived = (query: Query, alias: string, columns: readonly string[] = []): DerivedTable =>
  ({ kind: 'derivedTable', query, lateral: false, alias, columns, ...nowhere });
export const item = (expr: Expression, alias?: string): SelectExpr => ({ kind: 'selectExpr', expr, alias, ...nowhere });
export const orderItem = (expr: Expression, direction: 'asc' | 'desc' = 'asc'): OrderItem => ({ kind: 'orderItem', expr, direction, ...nowhere });
export const groupBy = (items: readonly Expression[], rollup = false): GroupBy =>
  ({ kind: 'groupBy', items: items.map((expr): OrderItem => ({ kind: 'orderItem', expr, ...nowhere })), rollup, ...nowhere });
export const limit = (count: Expression, offset?: Expression): Limit => ({ kind: 'limit', count, offset, ...nowhere });

/** A SELECT from its parts; what is not given is absent. */
export function select(items: readonly SelectItem[], from: readonly TableExpr[], parts: Partial<Omit<Select, 'kind' | 'items' | 'from'>> = {}): Select {
  return { kind: 'select', distinct: false, options: [], items, from, windows: [], orderBy: [], locks: [], ...nowhere, ...parts };
}
