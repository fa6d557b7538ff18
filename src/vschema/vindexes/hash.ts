import { type Destination, noDestination } from '../destination.ts';
import { valueTypes } from '../valueType.ts';
import { halves, readInteger64 } from './integerText.ts';
import { singleColumnVindex } from './singleColumn.ts';
import type { SingleColumnVindex, VindexValue } from './vindex.ts';
import { vindexError } from './vindexError.ts';
import { block, zeroKeyDes } from './zeroKeyDes.ts';

/** `hash`: a 64-bit integer scattered by DES under a null key; reversible. */
export function createHash(name: string, type: string, params: Readonly<Record<string, string>>): SingleColumnVindex {
  return singleColumnVindex({
    name, type, params, knownParams: [], cost: 1, unique: true,
    mapOne: mapHash, hash: hashValue, keyspaceIdOf: hashValue, reverseMap: (keyspaceIds) => keyspaceIds.map(unhash),
  });
}

/** The keyspace id of the number in {@link halves}. */
export function hashHalves(): Buffer {
  zeroKeyDes(halves.high, halves.low);
  const id = Buffer.allocUnsafe(8);
  id.writeUInt32BE(block.high, 0);
  id.writeUInt32BE(block.low, 4);
  return id;
}

/** The number whose `hash` is this id. Throws for an id that is not eight bytes. */
export function unhash(keyspaceId: Buffer): VindexValue {
  if (keyspaceId.length !== 8) throw vindexError(`invalid keyspace id: ${keyspaceId.toString('hex')}`);
  zeroKeyDes(keyspaceId.readUInt32BE(0), keyspaceId.readUInt32BE(4));
  const number = (BigInt(block.high) << 32n) | BigInt(block.low);
  return { type: valueTypes.UINT64, value: Buffer.from(number.toString()) };
}

function mapHash(value: VindexValue): Destination {
  return readInteger64(value) === undefined ? { kind: 'keyspaceId', keyspaceId: hashHalves() } : noDestination;
}

function hashValue(value: VindexValue): Buffer {
  const wrong = readInteger64(value);
  if (wrong !== undefined) throw vindexError(wrong);
  return hashHalves();
}
