import { noDestination } from '../destination.ts';
import { valueTypes } from '../valueType.ts';
import { halves, halvesToBytes, readUint64, requireUint64 } from './integerText.ts';
import { singleColumnVindex } from './singleColumn.ts';
import type { SingleColumnVindex, VindexValue } from './vindex.ts';
import { vindexError } from './vindexError.ts';

/** `reverse_bits`: the 64 bits of the number back to front, so that consecutive numbers spread; reversible. */
export function createReverseBits(name: string, type: string, params: Readonly<Record<string, string>>): SingleColumnVindex {
  return singleColumnVindex({
    name, type, params, knownParams: [], cost: 1, unique: true,
    mapOne: (value) => (readUint64(value) === undefined ? { kind: 'keyspaceId', keyspaceId: reversedHalves() } : noDestination),
    hash: reversedId, keyspaceIdOf: reversedId,
    reverseMap: (keyspaceIds) => keyspaceIds.map(number),
  });
}

function reversedId(value: VindexValue): Buffer {
  requireUint64(value);
  return reversedHalves();
}

function number(keyspaceId: Buffer): VindexValue {
  if (keyspaceId.length !== 8) throw vindexError(`invalid keyspace id: ${keyspaceId.toString('hex')}`);
  halves.high = keyspaceId.readUInt32BE(0);
  halves.low = keyspaceId.readUInt32BE(4);
  return { type: valueTypes.UINT64, value: Buffer.from(reversedHalves().readBigUInt64BE(0).toString()) };
}

function reversedHalves(): Buffer {
  const { high } = halves;
  halves.high = reverse32(halves.low);
  halves.low = reverse32(high);
  return halvesToBytes();
}

/** Swaps neighbours, then pairs, nibbles, bytes, and halves. */
function reverse32(word: number): number {
  let bits = ((word >>> 1) & 0x5555_5555) | ((word & 0x5555_5555) << 1);
  bits = ((bits >>> 2) & 0x3333_3333) | ((bits & 0x3333_3333) << 2);
  bits = ((bits >>> 4) & 0x0f0f_0f0f) | ((bits & 0x0f0f_0f0f) << 4);
  bits = ((bits >>> 8) & 0x00ff_00ff) | ((bits & 0x00ff_00ff) << 8);
  return ((bits >>> 16) | (bits << 16)) >>> 0;
}
