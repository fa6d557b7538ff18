import type { Expression } from '../../sql/index.ts';
import { valueTypes } from '../../vschema/valueType.ts';
import type { PlanningStatement } from './statement.ts';

/** What is known of an expression's type: query.Type number and MySQL collation id. */
export interface KnownType { readonly type?: number; readonly collation?: number }

const int64: KnownType = { type: valueTypes.INT64, collation: 63 };
const decimal: KnownType = { type: valueTypes.DECIMAL, collation: 63 };

/** The type of an expression where the schema tells it; nothing where it does not. */
export function typeOfExpr(st: PlanningStatement, expr: Expression): KnownType {
  switch (expr.kind) {
    case 'column': {
      const binding = st.bindings.get(expr);
      if (binding?.kind === 'alias') return typeOfExpr(st, binding.expr);
      if (binding?.kind !== 'table') return {};
      const column = binding.table.columns.find((c) => c.name.toLowerCase() === binding.name.toLowerCase());
      return column === undefined ? {} : { type: column.type, collation: column.collation };
    }
    case 'number': return expr.type === 'integer' ? int64 : expr.type === 'decimal' ? decimal : { type: valueTypes.FLOAT64, collation: 63 };
    case 'bool':
    case 'comparison':
    case 'logical':
    case 'not':
    case 'is':
    case 'exists':
    case 'in':
    case 'between':
    case 'like': return int64;
    case 'aggregate':
      switch (expr.name) {
        case 'count': return int64;
        case 'min':
        case 'max':
        case 'any_value': return expr.args[0] === undefined ? {} : typeOfExpr(st, expr.args[0]);
        case 'sum':
        case 'avg': {
          const of = expr.args[0] === undefined ? {} : typeOfExpr(st, expr.args[0]);
          if (of.type === undefined) return {};
          return isFloat(of.type) || isText(of.type) ? { type: valueTypes.FLOAT64, collation: 63 } : decimal;
        }
        default: return {};
      }
    case 'arithmetic': {
      const left = typeOfExpr(st, expr.left);
      const right = typeOfExpr(st, expr.right);
      return left.type !== undefined && right.type !== undefined && isIntegral(left.type) && isIntegral(right.type) && expr.op !== '/' ? int64 : {};
    }
    case 'trim': return textOf(st, [expr.operand]);
    case 'function':
      if (expr.name === 'row_number' || expr.name === 'rank' || expr.name === 'dense_rank' || expr.name === 'length' || expr.name === 'char_length') return int64;
      return textFunctions.has(expr.name) ? textOf(st, expr.args) : {};
    default: return {};
  }
}

const textFunctions = new Set(['upper', 'lower', 'ucase', 'lcase', 'concat', 'substring', 'left', 'right', 'ltrim', 'rtrim', 'replace', 'repeat', 'reverse', 'lpad', 'rpad', 'mid', 'substring_index']);

/** A text made of these: under the collation of its text columns, when they have one in common. */
function textOf(st: PlanningStatement, parts: readonly Expression[]): KnownType {
  const texts = parts.map((p) => typeOfExpr(st, p)).filter((t) => t.type !== undefined && isText(t.type));
  const [first] = texts;
  return first !== undefined && texts.every((t) => t.collation === first.collation) ? { type: valueTypes.VARCHAR, collation: first.collation } : {};
}

const isIntegral = (type: number): boolean => (type & 256) !== 0;
const isFloat = (type: number): boolean => (type & 1024) !== 0;
export const isText = (type: number): boolean => (type & 2048) !== 0 && (type & 4096) !== 0;

/** Whether values of this type compare without knowing a collation: numbers, times, bytes. Unknown types do not. */
export function comparesPlainly(known: KnownType): boolean {
  if (known.type === undefined) return false;
  if (known.type === valueTypes.NULL_TYPE) return true;
  if (known.type === valueTypes.ENUM || known.type === valueTypes.SET || known.type === valueTypes.JSON) return false;
  return !isText(known.type);
}
