import { isPrimitive } from './walk.ts';
import type { Primitive } from './plan.ts';

/** Whether a plan writes, and whether it may write more than once or to more than one shard. */
export function usesCollected(root: Primitive | undefined): { readonly writes: boolean; readonly multiShardWrites: boolean } {
  let writes = 0;
  const walk = (p: Primitive): void => {
    switch (p.op) {
      case 'Insert':
        writes += p.variant === 'Unsharded' && p.input === undefined ? 1 : 2;
        break;
      case 'Update':
      case 'Delete': {
        const { variant } = p.routing;
        writes += (variant === 'Unsharded' || variant === 'EqualUnique' || variant === 'None') && p.ownedVindexQuery === undefined && p.routing.vindex?.kind !== 'lookup' ? 1 : 2;
        break;
      }
      case 'Send':
        if (p.isDml) writes += p.shards.kind === 'shard' ? 1 : 2;
        break;
      case 'Route':
        if (p.locks === true) writes += 1;
        break;
      default:
    }
    for (const child of inputsOf(p)) walk(child);
  };
  if (root !== undefined) walk(root);
  return { writes: writes > 0, multiShardWrites: writes > 1 };
}

/** The primitives right below one. */
export function inputsOf(p: Primitive): Primitive[] {
  const found: Primitive[] = [];
  const collect = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return;
    if (isPrimitive(value)) {
      found.push(value);
      return;
    }
    if (depth > 3) return;
    for (const v of Array.isArray(value) ? value : Object.values(value)) collect(v, depth + 1);
  };
  for (const [key, value] of Object.entries(p)) if (key !== 'vindex' && key !== 'routing' && key !== 'keyspace') collect(value, 0);
  return found;
}
