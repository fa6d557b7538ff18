import type { EvalExpr } from '../../planner/evalExpr.ts';
import { valueTypes } from '../../vschema/valueType.ts';

/** A type and, for decimals, the digits after the point. */
export interface StaticType { readonly type: number; readonly scale: number }

/** The type that holds every alternative of an IFNULL, COALESCE, IF or CASE; undefined where one is not known. NULLs count for nothing. */
export function commonType(alternatives: readonly EvalExpr[], types: readonly number[], scales: readonly (number | undefined)[]): StaticType | undefined {
  let common: StaticType | undefined;
  for (const alternative of alternatives) {
    const next = staticType(alternative, types, scales);
    if (next === undefined) return undefined;
    if (next.type === valueTypes.NULL_TYPE) continue;
    common = common === undefined ? next : wider(common, next);
  }
  return common;
}

const integral = (t: number): boolean => (t & 256) !== 0;
const floating = (t: number): boolean => (t & 1024) !== 0;
const numeric = (t: number): boolean => integral(t) || floating(t) || t === valueTypes.DECIMAL;

function wider(a: StaticType, b: StaticType): StaticType {
  if (!numeric(a.type) || !numeric(b.type)) return a.type === b.type ? a : { type: valueTypes.VARCHAR, scale: 0 };
  if (floating(a.type) || floating(b.type)) return { type: valueTypes.FLOAT64, scale: 0 };
  if (a.type === valueTypes.DECIMAL || b.type === valueTypes.DECIMAL) return { type: valueTypes.DECIMAL, scale: Math.max(a.scale, b.scale) };
  return a.type === b.type ? a : { type: valueTypes.INT64, scale: 0 };
}

/** What an expression's type is whatever the values: undefined where that is not known. */
export function staticType(e: EvalExpr, types: readonly number[], scales: readonly (number | undefined)[]): StaticType | undefined {
  switch (e.kind) {
    case 'literal': return { type: e.type, scale: e.text === null || !e.text.includes('.') ? 0 : e.text.length - e.text.indexOf('.') - 1 };
    case 'column': {
      const type = types[e.index];
      return type === undefined ? undefined : { type, scale: scales[e.index] ?? 0 };
    }
    case 'binary': {
      const left = staticType(e.left, types, scales);
      const right = staticType(e.right, types, scales);
      switch (e.op) {
        case '+':
        case '-':
        case '*':
        case '/':
        case '%': {
          if (left === undefined || right === undefined || !numeric(left.type) || !numeric(right.type)) return undefined;
          const widest = wider(left, right);
          if (e.op === '/') return floating(widest.type) ? widest : { type: valueTypes.DECIMAL, scale: left.scale + 4 };
          return e.op === '*' && widest.type === valueTypes.DECIMAL ? { ...widest, scale: left.scale + right.scale } : widest;
        }
        default: return { type: valueTypes.INT64, scale: 0 };
      }
    }
    case 'unary': return e.op === '-' ? staticType(e.arg, types, scales) : { type: e.op === '~' ? valueTypes.UINT64 : valueTypes.INT64, scale: 0 };
    case 'case': return commonType([...e.whens.map((w) => w.value), e.otherwise], types, scales);
    case 'call': return e.name === 'ifnull' || e.name === 'coalesce' ? commonType(e.args, types, scales) : e.name === 'if' ? commonType(e.args.slice(1), types, scales) : undefined;
    default: return undefined;
  }
}
