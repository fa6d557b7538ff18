import type { Expression } from '../../sql/index.ts';
import { isSubset, tablesOf } from '../analysis/expressions.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { TableSet } from '../analysis/tableInfo.ts';

/** Whether the expression is NULL whenever all columns of these tables are: as on the inner side of an outer join without a match. */
export function isStrict(st: PlanningStatement, expr: Expression, set: TableSet): boolean {
  switch (expr.kind) {
    case 'column': {
      const of = tablesOf(st, expr);
      return of !== 0n && isSubset(of, set);
    }
    case 'weightString':
    case 'trim': return isStrict(st, expr.operand, set);
    case 'arithmetic': return isStrict(st, expr.left, set) || isStrict(st, expr.right, set);
    case 'unary':
    case 'not':
    case 'collate':
    case 'convertUsing': return isStrict(st, expr.operand, set);
    case 'cast': return isStrict(st, expr.operand, set);
    case 'comparison': return expr.op !== '<=>' && expr.quantifier === undefined && (isStrict(st, expr.left, set) || isStrict(st, expr.right, set));
    case 'like': return isStrict(st, expr.left, set) || isStrict(st, expr.pattern, set);
    case 'in': return isStrict(st, expr.left, set) && (expr.right.kind !== 'row' || expr.right.items.length > 0);
    case 'between': return isStrict(st, expr.operand, set);
    case 'logical': return expr.op === 'xor' ? isStrict(st, expr.left, set) || isStrict(st, expr.right, set) : isStrict(st, expr.left, set) && isStrict(st, expr.right, set);
    default: return false;
  }
}

/** Whether rows in which all columns of these tables are NULL never pass the condition: then an outer join is as good as an inner one. */
export function rejectsNull(st: PlanningStatement, condition: Expression, set: TableSet): boolean {
  if (condition.kind === 'logical') {
    if (condition.op === 'and') return rejectsNull(st, condition.left, set) || rejectsNull(st, condition.right, set);
    if (condition.op === 'or') return rejectsNull(st, condition.left, set) && rejectsNull(st, condition.right, set);
  }
  if (condition.kind === 'is') {
    if (condition.test === 'null' || condition.test === 'unknown') return condition.not && isStrict(st, condition.operand, set);
    return !condition.not && isStrict(st, condition.operand, set);
  }
  return isStrict(st, condition, set);
}
