import { valueTypes } from '../valueType.ts';
import { singleColumnVindex } from './singleColumn.ts';
import { valueBytes } from './valueBytes.ts';
import type { SingleColumnVindex } from './vindex.ts';
import { vindexError } from './vindexError.ts';

/** `binary`: the value's bytes are the keyspace id; reversible. */
export function createBinary(name: string, type: string, params: Readonly<Record<string, string>>): SingleColumnVindex {
  return singleColumnVindex({
    name, type, params, knownParams: [], cost: 0, unique: true,
    mapOne: (value) => ({ kind: 'keyspaceId', keyspaceId: valueBytes(value) }),
    hash: valueBytes, keyspaceIdOf: valueBytes,
    reverseMap: (keyspaceIds) => keyspaceIds.map((id) => {
      if (id.length === 0) throw vindexError('Binary.ReverseMap: keyspaceId is nil');
      return { type: valueTypes.VARBINARY, value: id };
    }),
  });
}
