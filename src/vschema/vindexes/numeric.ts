import { noDestination } from '../destination.ts';
import { valueTypes } from '../valueType.ts';
import { halvesToBytes, readUint64, requireUint64 } from './integerText.ts';
import { singleColumnVindex } from './singleColumn.ts';
import type { SingleColumnVindex, VindexValue } from './vindex.ts';
import { vindexError } from './vindexError.ts';

/** `numeric`: the unsigned 64-bit number itself, big-endian, is the keyspace id; reversible. */
export function createNumeric(name: string, type: string, params: Readonly<Record<string, string>>): SingleColumnVindex {
  return singleColumnVindex({
    name, type, params, knownParams: [], cost: 0, unique: true,
    mapOne: (value) => (readUint64(value) === undefined ? { kind: 'keyspaceId', keyspaceId: halvesToBytes() } : noDestination),
    hash: numericId, keyspaceIdOf: numericId,
    reverseMap: (keyspaceIds) => keyspaceIds.map(number),
  });
}

function numericId(value: VindexValue): Buffer {
  requireUint64(value);
  return halvesToBytes();
}

function number(keyspaceId: Buffer): VindexValue {
  if (keyspaceId.length !== 8) throw vindexError(`Numeric.ReverseMap: length of keyspaceId is not 8: ${keyspaceId.length}`);
  return { type: valueTypes.UINT64, value: Buffer.from(keyspaceId.readBigUInt64BE(0).toString()) };
}
