import { VtrewindError } from '../../base/errors.ts';
import type { AskExpr, BinaryEvalOp, EvalExpr } from '../../planner/evalExpr.ts';
import type { BindVariables, Row } from '../../vitess/queryService.ts';
import { valueTypes } from '../../vschema/valueType.ts';
import { commonType } from './commonType.ts';
import { addDecimals, compareDecimals, divideDecimals, formatDecimal, multiplyDecimals, parseDecimal, rescale, type Decimal } from './decimal.ts';

/** A value in the gate: query.Type number and its text as MySQL prints it. NULL has `text` null. */
export interface EvalValue {
  readonly type: number;
  readonly text: string | null;
  /** As a shard sent it, where that may be no text. */
  readonly bytes?: Buffer;
}

export interface EvalEnvironment {
  readonly binds: BindVariables;
  /** The input row and its types, for expressions over rows. */
  readonly row?: Row;
  readonly types?: readonly number[];
  /** Digits after the point of the row's decimal columns. */
  readonly scales?: readonly (number | undefined)[];
  /** What a shard computed for this row. */
  readonly answers?: ReadonlyMap<AskExpr, EvalValue>;
  readonly userVariable?: (name: string) => { readonly type: number; readonly value: Buffer | null } | undefined;
  readonly systemVariable?: (name: string) => string | undefined;
}

export const nullValue: EvalValue = { type: valueTypes.NULL_TYPE, text: null };

const integralFlag = 256;
const floatFlag = 1024;
const textFlag = 2048;

/** Evaluates one expression to one value. Throws VT03026-like errors for missing binds; 1690 for numbers out of range. */
export function evaluate(expr: EvalExpr, env: EvalEnvironment): EvalValue {
  switch (expr.kind) {
    case 'literal': return { type: expr.type, text: expr.text };
    case 'bind': {
      const bind = env.binds[expr.name];
      if (bind === undefined) throw missingBind(expr.name);
      return bind.type === valueTypes.NULL_TYPE || bind.value === undefined ? nullValue : { type: bind.type, text: bind.value.toString() };
    }
    case 'column': {
      const value = env.row?.[expr.index] ?? null;
      return value === null ? nullValue : { type: env.types?.[expr.index] ?? valueTypes.VARBINARY, text: value.toString() };
    }
    case 'listBind':
    case 'tuple': throw new VtrewindError({ code: 'VTR1501', mysql: 1241, sqlState: '21000', message: 'Operand should contain 1 column(s)' });
    case 'unary': return evaluateUnary(expr.op, evaluate(expr.arg, env));
    case 'binary': return evaluateBinary(expr, env);
    case 'case': {
      const results = [...expr.whens.map((w) => w.value), expr.otherwise];
      for (const { when, value } of expr.whens) if (truth(evaluate(when, env)) === true) return asCommonType(evaluate(value, env), results, env);
      return asCommonType(evaluate(expr.otherwise, env), results, env);
    }
    case 'ask': {
      const answer = env.answers?.get(expr);
      if (answer === undefined) throw new VtrewindError({ code: 'VTR1502', mysql: 1105, message: `not evaluated by the gate: ${expr.sql}` });
      return answer;
    }
    case 'call': return evaluateCall(expr.name, expr.args, env);
    case 'userVariable': {
      const value = env.userVariable?.(expr.name);
      return value === undefined || value.value === null ? nullValue : { type: value.type, text: value.value.toString() };
    }
    case 'systemVariable': {
      const value = env.systemVariable?.(expr.name);
      return value === undefined ? nullValue : { type: /^-?\d+$/.test(value) ? valueTypes.INT64 : valueTypes.VARCHAR, text: value };
    }
    default: return expr satisfies never;
  }
}

/** The members of a tuple or list bind; one member for anything else. */
export function evaluateList(expr: EvalExpr, env: EvalEnvironment): EvalValue[] {
  if (expr.kind === 'tuple') return expr.items.map((item) => evaluate(item, env));
  if (expr.kind === 'listBind') {
    const bind = env.binds[expr.name];
    if (bind === undefined) throw missingBind(expr.name);
    return (bind.values ?? []).map((v) => (v.type === valueTypes.NULL_TYPE ? nullValue : { type: v.type, text: v.value.toString() }));
  }
  return [evaluate(expr, env)];
}

function missingBind(name: string): VtrewindError {
  return new VtrewindError({ code: 'VT03026', mysql: 1210, sqlState: 'HY000', grpc: 'INVALID_ARGUMENT', message: `VT03026: could not find bind variable '${name}'` });
}

/** True, false, or undefined for NULL. */
export function truth(value: EvalValue): boolean | undefined {
  if (value.text === null) return undefined;
  if ((value.type & integralFlag) !== 0 || value.type === valueTypes.DECIMAL) return !/^[+-]?[0.]*$/.test(value.text);
  return toNumber(value.text) !== 0;
}

/** The leading number of a text, as MySQL reads one. */
function toNumber(text: string): number {
  const m = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?/.exec(text);
  return m === null ? 0 : Number(m[0]);
}

const int = (value: bigint | number): EvalValue => ({ type: valueTypes.INT64, text: value.toString() });
const bool = (value: boolean | undefined): EvalValue => (value === undefined ? nullValue : int(value ? 1 : 0));
const float = (value: number): EvalValue => (Number.isFinite(value) ? { type: valueTypes.FLOAT64, text: formatFloat(value) } : outOfRange());

/** A double as MySQL prints it: shortest text that reads back the same, exponent without a plus sign. */
export function formatFloat(value: number): string {
  if (Object.is(value, -0)) return '-0';
  const text = String(value);
  const abs = Math.abs(value);
  if (abs !== 0 && (abs >= 1e15 || abs < 1e-15)) return value.toExponential().replace('e+', 'e');
  return text.replace('e+', 'e');
}

function outOfRange(what = 'DOUBLE'): never {
  throw new VtrewindError({ code: 'VT03031', mysql: 1690, sqlState: '22003', message: `${what} value is out of range` });
}

function evaluateUnary(op: string, arg: EvalValue): EvalValue {
  switch (op) {
    case 'isNull': return bool(arg.text === null);
    case 'isNotNull': return bool(arg.text !== null);
    case 'isTrue': return bool(truth(arg) === true);
    case 'isNotTrue': return bool(truth(arg) !== true);
    case 'isFalse': return bool(truth(arg) === false);
    case 'isNotFalse': return bool(truth(arg) !== false);
    default:
  }
  if (arg.text === null) return nullValue;
  if (op === 'not') {
    const t = truth(arg);
    return bool(t === undefined ? undefined : !t);
  }
  if (op === '~') return { type: valueTypes.UINT64, text: BigInt.asUintN(64, ~toBigInt(arg)).toString() };
  const numeric = numberOf(arg);
  if (numeric.kind === 'float') return float(-numeric.value);
  const negated = { unscaled: -numeric.value.unscaled, scale: numeric.value.scale };
  return numeric.kind === 'int' && negated.unscaled >= -(2n ** 63n) ? int(negated.unscaled) : { type: valueTypes.DECIMAL, text: formatDecimal(negated) };
}

type Numeric = { readonly kind: 'int'; readonly value: Decimal; readonly unsigned: boolean } | { readonly kind: 'decimal'; readonly value: Decimal } | { readonly kind: 'float'; readonly value: number };

export function numberOf(value: EvalValue): Numeric {
  const text = value.text ?? '0';
  if ((value.type & integralFlag) !== 0) {
    const parsed = parseDecimal(text);
    if (parsed !== undefined && parsed.scale === 0) return { kind: 'int', value: parsed, unsigned: (value.type & 512) !== 0 };
  }
  if (value.type === valueTypes.DECIMAL) {
    const parsed = parseDecimal(text);
    if (parsed !== undefined) return { kind: 'decimal', value: parsed };
  }
  return { kind: 'float', value: toNumber(text) };
}

function toBigInt(value: EvalValue): bigint {
  const n = numberOf(value);
  if (n.kind === 'float') return BigInt(Math.round(n.value));
  return n.value.scale === 0 ? n.value.unscaled : BigInt(Math.round(Number(formatDecimal(n.value))));
}

function evaluateBinary(expr: EvalExpr & { kind: 'binary' }, env: EvalEnvironment): EvalValue {
  const { op } = expr;
  if (op === 'and' || op === 'or' || op === 'xor') return logical(op, expr, env);
  if (op === 'in' || op === 'notIn') {
    const found = isIn(evaluate(expr.left, env), evaluateList(expr.right, env), expr.collation);
    return bool(found === undefined ? undefined : op === 'in' ? found : !found);
  }
  const left = evaluate(expr.left, env);
  const right = evaluate(expr.right, env);
  if (op === '<=>') return bool(left.text === null || right.text === null ? left.text === right.text : compareValues(left, right, expr.collation) === 0);
  if (left.text === null || right.text === null) return nullValue;
  switch (op) {
    case '=': return bool(compareValues(left, right, expr.collation) === 0);
    case '!=': return bool(compareValues(left, right, expr.collation) !== 0);
    case '<': return bool(compareValues(left, right, expr.collation) < 0);
    case '<=': return bool(compareValues(left, right, expr.collation) <= 0);
    case '>': return bool(compareValues(left, right, expr.collation) > 0);
    case '>=': return bool(compareValues(left, right, expr.collation) >= 0);
    case 'like': return bool(likeMatch(left.text, right.text));
    case 'notLike': return bool(!likeMatch(left.text, right.text));
    default: return arithmetic(op, left, right);
  }
}

function logical(op: 'and' | 'or' | 'xor', expr: EvalExpr & { kind: 'binary' }, env: EvalEnvironment): EvalValue {
  const left = truth(evaluate(expr.left, env));
  if (op === 'and' && left === false) return bool(false);
  if (op === 'or' && left === true) return bool(true);
  const right = truth(evaluate(expr.right, env));
  if (op === 'xor') return bool(left === undefined || right === undefined ? undefined : left !== right);
  if (op === 'and') return bool(right === false ? false : left === undefined || right === undefined ? undefined : true);
  return bool(right === true ? true : left === undefined || right === undefined ? undefined : false);
}

function isIn(left: EvalValue, list: readonly EvalValue[], collation: number | undefined): boolean | undefined {
  if (left.text === null) return list.length === 0 ? false : undefined;
  let unknown = false;
  for (const item of list) {
    if (item.text === null) unknown = true;
    else if (compareValues(left, item, collation) === 0) return true;
  }
  return unknown ? undefined : false;
}

function arithmetic(op: BinaryEvalOp, left: EvalValue, right: EvalValue): EvalValue {
  switch (op) {
    case '&': return unsigned(toBigInt(left) & toBigInt(right));
    case '|': return unsigned(toBigInt(left) | toBigInt(right));
    case '^': return unsigned(toBigInt(left) ^ toBigInt(right));
    case '<<': return unsigned(toBigInt(right) >= 64n ? 0n : toBigInt(left) << toBigInt(right));
    case '>>': return unsigned(toBigInt(right) >= 64n ? 0n : BigInt.asUintN(64, toBigInt(left)) >> toBigInt(right));
    default:
  }
  const a = numberOf(left);
  const b = numberOf(right);
  if (a.kind === 'float' || b.kind === 'float') return floatArithmetic(op, asFloat(a), asFloat(b));
  const bothInt = a.kind === 'int' && b.kind === 'int';
  switch (op) {
    case '+': return exact(addDecimals(a.value, b.value), bothInt, a, b);
    case '-': return exact(addDecimals(a.value, { unscaled: -b.value.unscaled, scale: b.value.scale }), bothInt, a, b);
    case '*': return exact(multiplyDecimals(a.value, b.value), bothInt, a, b);
    case '/': {
      const quotient = divideDecimals(a.value, b.value);
      return quotient === undefined ? nullValue : { type: valueTypes.DECIMAL, text: formatDecimal(quotient) };
    }
    case 'div':
    case '%': {
      if (b.value.unscaled === 0n) return nullValue;
      const scale = Math.max(a.value.scale, b.value.scale);
      const x = a.value.unscaled * 10n ** BigInt(scale - a.value.scale);
      const y = b.value.unscaled * 10n ** BigInt(scale - b.value.scale);
      if (op === 'div') return int(x / y);
      return exact({ unscaled: x % y, scale }, bothInt, a, b);
    }
    default: return nullValue;
  }
}

const unsigned = (value: bigint): EvalValue => ({ type: valueTypes.UINT64, text: BigInt.asUintN(64, value).toString() });

function asFloat(n: Numeric): number {
  return n.kind === 'float' ? n.value : Number(formatDecimal(n.value));
}

function exact(value: Decimal, integral: boolean, a: Numeric, b: Numeric): EvalValue {
  if (!integral) return { type: valueTypes.DECIMAL, text: formatDecimal(value) };
  const isUnsigned = (a.kind === 'int' && a.unsigned) || (b.kind === 'int' && b.unsigned);
  if (isUnsigned ? value.unscaled < 0n || value.unscaled >= 2n ** 64n : value.unscaled < -(2n ** 63n) || value.unscaled >= 2n ** 63n) {
    return outOfRange(isUnsigned ? 'BIGINT UNSIGNED' : 'BIGINT');
  }
  return { type: isUnsigned ? valueTypes.UINT64 : valueTypes.INT64, text: value.unscaled.toString() };
}

function floatArithmetic(op: BinaryEvalOp, a: number, b: number): EvalValue {
  switch (op) {
    case '+': return float(a + b);
    case '-': return float(a - b);
    case '*': return float(a * b);
    case '/': return b === 0 ? nullValue : float(a / b);
    case '%': return b === 0 ? nullValue : float(a % b);
    case 'div': return b === 0 ? nullValue : int(BigInt(Math.trunc(a / b)));
    default: return nullValue;
  }
}

/**
 * Order of two values that are not NULL, by MySQL's rules of comparison: texts among themselves as texts (by bytes: the planner only lets
 * the gate compare texts whose collation is binary, or for constants), everything else as numbers.
 */
export function compareValues(left: EvalValue, right: EvalValue, _collation?: number): number {
  const l = left.text ?? '';
  const r = right.text ?? '';
  if (isTextual(left.type) && isTextual(right.type)) {
    return left.type === valueTypes.VARCHAR || right.type === valueTypes.VARCHAR ? compareTexts(l.toLowerCase(), r.toLowerCase()) : compareTexts(l, r);
  }
  if (isTemporal(left.type) && isTextual(right.type)) return compareTexts(l, r);
  if (isTextual(left.type) && isTemporal(right.type)) return compareTexts(l, r);
  if (isTemporal(left.type) && isTemporal(right.type)) return compareTexts(l, r);
  const a = numberOf(left);
  const b = numberOf(right);
  if (a.kind === 'float' || b.kind === 'float') {
    const x = asFloat(a);
    const y = asFloat(b);
    return x < y ? -1 : x > y ? 1 : 0;
  }
  return compareDecimals(a.value, b.value);
}

function compareTexts(l: string, r: string): number {
  return l < r ? -1 : l > r ? 1 : 0;
}

const isTextual = (type: number): boolean => (type & textFlag) !== 0 && (type & floatFlag) === 0 && !isTemporal(type) && type !== valueTypes.BIT;
const isTemporal = (type: number): boolean => type === valueTypes.DATE || type === valueTypes.DATETIME || type === valueTypes.TIMESTAMP || type === valueTypes.TIME;

/** One of several alternatives takes the type that holds them all: `ifnull(decimal(10,2), -1)` gives `-1.00`. */
function asCommonType(value: EvalValue, alternatives: readonly EvalExpr[], env: EvalEnvironment): EvalValue {
  if (value.text === null) return value;
  const common = commonType(alternatives, env.types ?? [], env.scales ?? []);
  if (common === undefined || common.type === value.type && common.type !== valueTypes.DECIMAL) return value;
  if (common.type === valueTypes.DECIMAL) {
    const parsed = parseDecimal(value.text);
    return parsed === undefined ? value : { type: valueTypes.DECIMAL, text: formatDecimal(rescale(parsed, Math.max(common.scale, parsed.scale))) };
  }
  return { type: common.type, text: value.text };
}

function likeMatch(text: string, pattern: string): boolean {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] ?? '';
    if (c === '\\' && i + 1 < pattern.length) source += escapeRegExp(pattern[++i] ?? '');
    else if (c === '%') source += '.*';
    else if (c === '_') source += '.';
    else source += escapeRegExp(c);
  }
  return new RegExp(`^${source}$`, 'isu').test(text);
}

function escapeRegExp(c: string): string {
  return c.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function evaluateCall(name: string, args: readonly EvalExpr[], env: EvalEnvironment): EvalValue {
  const at = (i: number): EvalValue => (args[i] === undefined ? nullValue : evaluate(args[i], env));
  switch (name) {
    case 'coalesce':
    case 'ifnull': {
      for (let i = 0; i < args.length; i++) {
        const value = at(i);
        if (value.text !== null) return asCommonType(value, args, env);
      }
      return nullValue;
    }
    case 'if': return asCommonType(truth(at(0)) === true ? at(1) : at(2), args.slice(1), env);
    case 'nullif': {
      const [a, b] = [at(0), at(1)];
      return a.text !== null && b.text !== null && compareValues(a, b) === 0 ? nullValue : a;
    }
    case 'isnull': return bool(at(0).text === null);
    case 'abs': {
      const value = at(0);
      if (value.text === null) return nullValue;
      const n = numberOf(value);
      return n.kind === 'float' ? float(Math.abs(n.value)) : { type: value.type, text: formatDecimal({ unscaled: n.value.unscaled < 0n ? -n.value.unscaled : n.value.unscaled, scale: n.value.scale }) };
    }
    case 'concat': {
      const texts = args.map((_, i) => at(i).text);
      return texts.includes(null) ? nullValue : { type: valueTypes.VARCHAR, text: texts.join('') };
    }
    case 'greatest':
    case 'least': {
      const values = args.map((_, i) => at(i));
      if (values.some((v) => v.text === null)) return nullValue;
      return values.reduce((best, v) => ((name === 'least' ? compareValues(v, best) < 0 : compareValues(v, best) > 0) ? v : best));
    }
    default: throw new VtrewindError({ code: 'VTR1502', mysql: 1305, sqlState: '42000', message: `function ${name} is not evaluated by the gate` });
  }
}
