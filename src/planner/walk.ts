import type { Primitive } from './plan.ts';

/** Every primitive has an `op` of its own; expressions and columns have none in capitals. */
export function isPrimitive(value: unknown): value is Primitive {
  const op = typeof value === 'object' && value !== null ? (value as { op?: unknown }).op : undefined;
  return typeof op === 'string' && /^[A-Z]/.test(op);
}
