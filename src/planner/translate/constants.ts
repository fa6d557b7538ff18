import { evaluate, truth } from '../../engine/evaluate/evaluate.ts';
import { printExpression, some, type Expression } from '../../sql/index.ts';
import { valueTypes } from '../../vschema/valueType.ts';
import type { EvalExpr } from '../evalExpr.ts';
import type { PlanValue } from '../plan.ts';
import { toEval } from './toEval.ts';

const noColumns = (): undefined => undefined;

/** Whether the gate knows its value before asking any shard. */
export function evaluable(expr: Expression): boolean {
  return toEval(expr, noColumns) !== undefined || expr.kind === 'string';
}

const constantKinds = new Set(['bind', 'column', 'userVariable', 'systemVariable', 'subquery', 'exists', 'function', 'aggregate']);

/** Whether a condition is true or false whatever the rows and binds; undefined: it depends, or is NULL, or is not known here. */
export function foldConstant(expr: Expression): boolean | undefined {
  if (some(expr, (n) => constantKinds.has(n.kind))) return undefined;
  const translated = toEval(expr, noColumns);
  if (translated === undefined || translated.kind === 'tuple') return undefined;
  const value = truth(evaluate(translated, { binds: {} }));
  return value ?? (expr.kind === 'null' ? false : undefined);
}

/** A value for a plan; arithmetic on constants is done now. */
export function planValue(expr: Expression): PlanValue {
  const translated = toEval(expr, noColumns);
  if (translated === undefined) return { expr: { kind: 'literal', type: valueTypes.NULL_TYPE, text: null }, text: printExpression(expr) };
  const folded = fold(translated, expr);
  return folded;
}

function fold(e: EvalExpr, expr: Expression): PlanValue {
  if (e.kind === 'tuple' && expr.kind === 'row') {
    const items = expr.items.map((item) => planValue(item));
    return { expr: { kind: 'tuple', items: items.map((i) => i.expr) }, text: `(${items.map((i) => i.text).join(', ')})` };
  }
  if (e.kind === 'binary' && !some(expr, (n) => constantKinds.has(n.kind))) {
    const value = evaluate(e, { binds: {} });
    return { expr: { kind: 'literal', type: value.type, text: value.text }, text: value.text === null ? 'null' : (value.type & 2048) !== 0 && value.type !== valueTypes.VARBINARY ? `'${value.text}'` : value.text };
  }
  if (e.kind === 'listBind' && e.name.includes(':')) return { expr: e, text: e.name };
  return { expr: e, text: expr.kind === 'string' && expr.introducer !== undefined ? printExpression(expr).replace(/^(_\w+) /, '$1') : printExpression(expr) };
}
