import { build, children, printExpression, rewriteTopDown, type Expression } from '../../sql/index.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import { typeOfExpr } from '../analysis/typeOf.ts';
import { valueTypes } from '../../vschema/valueType.ts';
import type { BinaryEvalOp, EvalExpr } from '../evalExpr.ts';

/** Says where a column (or any subexpression that is a column of the input, such as an aggregate) stands; undefined: nowhere. */
export type FindColumn = (expr: Expression) => number | undefined;

const gateFunctions = new Set(['coalesce', 'ifnull', 'if', 'nullif', 'isnull', 'abs', 'concat', 'greatest', 'least']);

/**
 * An expression over rows put together in the gate. Whatever is more than exact numbers compared and counted is put to a shard, because MySQL's
 * collations, types and functions are MySQL's; undefined where the expression needs tables.
 */
export function toEvalOrAsk(st: PlanningStatement, expr: Expression, find: FindColumn): EvalExpr | undefined {
  const asked = isExact(st, expr, find) ? undefined : ask(st, expr, find);
  return asked ?? toEval(expr, find);
}

const exactNodes = new Set(['number', 'bool', 'null', 'comparison', 'logical', 'not', 'is', 'between', 'in', 'row']);

/** Comparisons of whole numbers and decimals: the gate's own arithmetic is as good as MySQL's. */
function isExact(st: PlanningStatement, expr: Expression, find: FindColumn): boolean {
  if (find(expr) !== undefined) {
    const { type } = typeOfExpr(st, expr);
    return type !== undefined && ((type & 256) !== 0 || type === valueTypes.DECIMAL);
  }
  return exactNodes.has(expr.kind) && children(expr).every((child) => isExact(st, child as Expression, find));
}

/** The value of a column of the result: a column of the input as it stands, or what a shard computes, so that its type is MySQL's. */
export function toValue(st: PlanningStatement, expr: Expression, find: FindColumn): EvalExpr | undefined {
  const index = find(expr);
  if (index !== undefined) return { kind: 'column', index };
  return ask(st, expr, find) ?? toEval(expr, find);
}

const needTables = new Set(['subquery', 'exists', 'column', 'aggregate', 'userVariable', 'assign', 'default', 'match', 'sequenceValue']);

function ask(st: PlanningStatement, expr: Expression, find: FindColumn): EvalExpr | undefined {
  const args: EvalExpr[] = [];
  const collations: (number | undefined)[] = [];
  let possible = true;
  const rewritten = rewriteTopDown(expr, (node) => {
    const index = find(node as Expression);
    if (index !== undefined) {
      collations.push(typeOfExpr(st, node as Expression).collation);
      return build.bind(`__arg${args.push({ kind: 'column', index }) - 1}`);
    }
    if (needTables.has(node.kind) || (node as { over?: unknown }).over !== undefined) possible = false;
    return undefined;
  });
  return possible ? { kind: 'ask', sql: printExpression(rewritten), args, collations } : undefined;
}

/** An expression for the gate to evaluate; undefined where it can't with MySQL's exact meaning. */
export function toEval(expr: Expression, find: FindColumn): EvalExpr | undefined {
  const index = find(expr);
  if (index !== undefined) return { kind: 'column', index };
  switch (expr.kind) {
    case 'null': return { kind: 'literal', type: valueTypes.NULL_TYPE, text: null };
    case 'bool': return { kind: 'literal', type: valueTypes.INT64, text: expr.value ? '1' : '0' };
    case 'number': return { kind: 'literal', type: numberType(expr.type, expr.text), text: expr.text };
    case 'string': return { kind: 'literal', type: expr.introducer === 'binary' ? valueTypes.VARBINARY : valueTypes.VARCHAR, text: expr.value };
    case 'hex': {
      const digits = expr.digits.length % 2 === 0 ? expr.digits : `0${expr.digits}`;
      return { kind: 'literal', type: valueTypes.VARBINARY, text: Buffer.from(digits, 'hex').toString('latin1') };
    }
    case 'bind': return expr.list ? { kind: 'listBind', name: expr.name } : { kind: 'bind', name: expr.name };
    case 'userVariable': return { kind: 'userVariable', name: expr.name.toLowerCase() };
    case 'row': return all(expr.items, find, (items) => ({ kind: 'tuple', items }));
    case 'unary': {
      if (expr.op === 'binary') return undefined;
      const arg = toEval(expr.operand, find);
      if (arg === undefined || expr.op === '+') return arg;
      if (expr.op === '-' && arg.kind === 'literal' && arg.text !== null && arg.type !== valueTypes.VARCHAR) {
        return { ...arg, type: arg.type === valueTypes.UINT64 ? valueTypes.DECIMAL : arg.type, text: arg.text.startsWith('-') ? arg.text.slice(1) : `-${arg.text}` };
      }
      return { kind: 'unary', op: expr.op, arg };
    }
    case 'not': return map(expr.operand, find, (arg) => ({ kind: 'unary', op: 'not', arg }));
    case 'is': {
      const op = ({ null: ['isNull', 'isNotNull'], unknown: ['isNull', 'isNotNull'], true: ['isTrue', 'isNotTrue'], false: ['isFalse', 'isNotFalse'] } as const)[expr.test][expr.not ? 1 : 0];
      return map(expr.operand, find, (arg) => ({ kind: 'unary', op, arg }));
    }
    case 'arithmetic':
    case 'logical': return binary(expr.op, expr.left, expr.right, find);
    case 'comparison': return expr.quantifier === undefined ? binary(expr.op, expr.left, expr.right, find) : undefined;
    case 'in':
      if (expr.left.kind === 'row' || expr.right.kind === 'subquery') return undefined;
      return binary(expr.not ? 'notIn' : 'in', expr.left, expr.right, find);
    case 'between': {
      const operand = toEval(expr.operand, find);
      const low = toEval(expr.low, find);
      const high = toEval(expr.high, find);
      if (operand === undefined || low === undefined || high === undefined) return undefined;
      const inside: EvalExpr = { kind: 'binary', op: 'and', left: { kind: 'binary', op: '>=', left: operand, right: low }, right: { kind: 'binary', op: '<=', left: operand, right: high } };
      return expr.not ? { kind: 'unary', op: 'not', arg: inside } : inside;
    }
    case 'like': return expr.escape === undefined ? binary(expr.not ? 'notLike' : 'like', expr.left, expr.pattern, find) : undefined;
    case 'case': {
      const whens = expr.whens.map((w) => {
        const when = expr.operand === undefined ? toEval(w.when, find) : binary('=', expr.operand, w.when, find);
        const value = toEval(w.then, find);
        return when === undefined || value === undefined ? undefined : { when, value };
      });
      const otherwise: EvalExpr | undefined = expr.else === undefined ? { kind: 'literal', type: valueTypes.NULL_TYPE, text: null } : toEval(expr.else, find);
      if (otherwise === undefined || whens.some((w) => w === undefined)) return undefined;
      return { kind: 'case', whens: whens.filter((w) => w !== undefined), otherwise };
    }
    case 'function':
      if (expr.over !== undefined || expr.schema !== undefined || !gateFunctions.has(expr.name)) return undefined;
      return all(expr.args, find, (args) => ({ kind: 'call', name: expr.name, args }));
    default: return undefined;
  }
}

function numberType(type: 'integer' | 'decimal' | 'float', text: string): number {
  if (type === 'float') return valueTypes.FLOAT64;
  if (type === 'decimal') return valueTypes.DECIMAL;
  const value = BigInt(text);
  return value < 2n ** 63n ? valueTypes.INT64 : value < 2n ** 64n ? valueTypes.UINT64 : valueTypes.DECIMAL;
}

function map(expr: Expression, find: FindColumn, make: (e: EvalExpr) => EvalExpr): EvalExpr | undefined {
  const e = toEval(expr, find);
  return e === undefined ? undefined : make(e);
}

function all(exprs: readonly Expression[], find: FindColumn, make: (e: EvalExpr[]) => EvalExpr): EvalExpr | undefined {
  const made: EvalExpr[] = [];
  for (const expr of exprs) {
    const e = toEval(expr, find);
    if (e === undefined) return undefined;
    made.push(e);
  }
  return make(made);
}

function binary(op: BinaryEvalOp, left: Expression, right: Expression, find: FindColumn): EvalExpr | undefined {
  if (left.kind === 'row' || (right.kind === 'row' && op !== 'in' && op !== 'notIn')) return undefined;
  if (left.kind === 'interval' || right.kind === 'interval') return undefined;
  const l = toEval(left, find);
  const r = toEval(right, find);
  return l === undefined || r === undefined ? undefined : { kind: 'binary', op, left: l, right: r };
}

