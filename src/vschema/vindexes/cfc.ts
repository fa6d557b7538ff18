import { allShards, type Destination } from '../destination.ts';
import { keyRangeOfPrefix } from '../keyRange.ts';
import { md5 } from './hashedBytes.ts';
import { likePrefix } from './likePrefix.ts';
import { singleColumnVindex } from './singleColumn.ts';
import { valueBytes } from './valueBytes.ts';
import type { SingleColumnVindex, VindexValue } from './vindex.ts';
import { vindexError } from './vindexError.ts';
import { xxhash64 } from './xxhash64.ts';

const knownParams = ['hash', 'offsets'];

/**
 * `cfc`, concatenated fixed-width components: each component (cut at `offsets`) is hashed to at most its own length, so that
 * values with a common prefix share a range of shards. Its `prefixVindex` maps LIKE patterns to that range.
 */
export function createCfc(name: string, type: string, params: Readonly<Record<string, string>>): SingleColumnVindex {
  const hash = componentHash(name, params['hash'] ?? '');
  const offsets = hash === undefined ? [] : readOffsets(name, params['offsets'] ?? '');
  const shortest = offsets.at(-1) ?? 0;

  const hashComponents = (bytes: Buffer): Buffer => {
    if (hash === undefined) return bytes;
    const parts: Buffer[] = [];
    let from = 0;
    for (const to of offsets) {
      if (bytes.length < to) return Buffer.concat(parts);
      parts.push(hash(bytes.subarray(from, to)));
      from = to;
    }
    if (from < bytes.length) parts.push(hash(bytes.subarray(from)));
    return Buffer.concat(parts);
  };
  const wholeId = (value: VindexValue): Buffer => {
    const bytes = valueBytes(value);
    if (bytes.length < shortest) throw vindexError(`insufficient size for cfc vindex ${name}. need ${shortest}, got ${bytes.length}`);
    return hashComponents(bytes);
  };

  const prefixVindex = singleColumnVindex({
    name, type, params, knownParams, cost: offsets.length > 0 ? offsets.length : 2, unique: false,
    mapOne: (value): Destination => {
      const id = hashComponents(likePrefix(valueBytes(value)));
      return id.length === 0 ? allShards : { kind: 'keyRange', keyRange: keyRangeOfPrefix(id) };
    },
    keyspaceIdOf: wholeId,
  });
  return singleColumnVindex({
    name, type, params, knownParams, cost: 1, unique: true, prefixVindex,
    mapOne: (value) => ({ kind: 'keyspaceId', keyspaceId: wholeId(value) }),
    keyspaceIdOf: wholeId,
  });
}

function componentHash(name: string, hash: string): ((component: Buffer) => Buffer) | undefined {
  switch (hash) {
    case '': return undefined;
    case 'md5': return (component) => md5(component).subarray(0, component.length);
    case 'xxhash64': return (component) => xxhash64(component).subarray(0, component.length);
    default: throw vindexError(`invalid hash ${hash} to CFC vindex ${name}`);
  }
}

function readOffsets(name: string, text: string): readonly number[] {
  if (text === '') throw vindexError('CFC vindex requires offsets when hash is defined');
  let offsets: unknown;
  try {
    offsets = JSON.parse(text);
  } catch {
    offsets = undefined;
  }
  const ascending = Array.isArray(offsets) && offsets.length > 0
    && offsets.every((offset, at) => Number.isSafeInteger(offset) && offset > (at === 0 ? 0 : offsets[at - 1]));
  if (!ascending) throw vindexError(`invalid offsets ${text} to CFC vindex ${name}. expected sorted positive ints in brackets`);
  return offsets as number[];
}
