import { singleColumnVindex } from './singleColumn.ts';
import type { SingleColumnVindex } from './vindex.ts';

const zero = Buffer.from([0]);

/** `null`: every value has the keyspace id 00; for tables that must name a primary vindex and have nothing to shard by. */
export function createNull(name: string, type: string, params: Readonly<Record<string, string>>): SingleColumnVindex {
  return singleColumnVindex({
    name, type, params, knownParams: [], cost: 100, unique: true,
    mapOne: () => ({ kind: 'keyspaceId', keyspaceId: zero }),
    hash: () => zero, keyspaceIdOf: () => zero,
  });
}
