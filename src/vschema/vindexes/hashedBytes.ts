import { hash as digest } from 'node:crypto';
import { singleColumnVindex } from './singleColumn.ts';
import { valueBytes } from './valueBytes.ts';
import type { SingleColumnVindex, VindexValue } from './vindex.ts';
import { xxhash64 } from './xxhash64.ts';

/** The sixteen bytes of MD5. */
export function md5(bytes: Buffer): Buffer {
  return digest('md5', bytes, 'buffer');
}

/** `binary_md5`: MD5 of the value's bytes. */
export function createBinaryMd5(name: string, type: string, params: Readonly<Record<string, string>>): SingleColumnVindex {
  return hashedBytes(name, type, params, (value) => md5(valueBytes(value)));
}

/** `xxhash`: xxHash64 of the value's bytes. */
export function createXxhash(name: string, type: string, params: Readonly<Record<string, string>>): SingleColumnVindex {
  return hashedBytes(name, type, params, (value) => xxhash64(valueBytes(value)));
}

function hashedBytes(name: string, type: string, params: Readonly<Record<string, string>>, hash: (value: VindexValue) => Buffer): SingleColumnVindex {
  return singleColumnVindex({
    name, type, params, knownParams: [], cost: 1, unique: true,
    mapOne: (value) => ({ kind: 'keyspaceId', keyspaceId: hash(value) }),
    hash, keyspaceIdOf: hash,
  });
}
