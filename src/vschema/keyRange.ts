import { VtrewindError } from '../base/errors.ts';

/**
 * A half-open range of keyspace ids, `start` to before `end`, compared byte by byte as Vitess does: an empty bound is open,
 * and trailing zero bytes count for nothing (`80` and `8000` are the same bound).
 */
export interface KeyRange {
  readonly start: Buffer;
  readonly end: Buffer;
}

const nothing = Buffer.alloc(0);
const shardName = /^([0-9a-f]*)-([0-9a-f]*)$/i;

/** Every keyspace id; what a shard without bounds (`0`, `-`) holds. */
export const fullKeyRange: KeyRange = { start: nothing, end: nothing };

/**
 * The key range a shard's name states: `-80`, `80-c0`, `-`; undefined for a name that is no range (`0`).
 * Throws INVALID_ARGUMENT for a range with odd digits or with its end at or before its start.
 */
export function parseShardRange(shard: string): KeyRange | undefined {
  const match = shardName.exec(shard);
  if (!match) return undefined;
  const [start = '', end = ''] = match.slice(1);
  if (start.length % 2 !== 0 || end.length % 2 !== 0) throw badRange(shard, 'each bound has an even number of hexadecimal digits');
  const range = { start: Buffer.from(start, 'hex'), end: Buffer.from(end, 'hex') };
  if (range.end.length > 0 && compareBounds(range.start, range.end) >= 0) throw badRange(shard, 'the end must come after the start');
  return range;
}

/** Lower-case hexadecimal, as shards are named; `-` for the full range. */
export function formatKeyRange(range: KeyRange): string {
  return `${range.start.toString('hex')}-${range.end.toString('hex')}`;
}

export function keyRangeContains(range: KeyRange, keyspaceId: Buffer): boolean {
  return (range.start.length === 0 || compareBounds(keyspaceId, range.start) >= 0)
    && (range.end.length === 0 || compareBounds(keyspaceId, range.end) < 0);
}

export function keyRangesIntersect(a: KeyRange, b: KeyRange): boolean {
  return (a.end.length === 0 || b.start.length === 0 || compareBounds(b.start, a.end) < 0)
    && (b.end.length === 0 || a.start.length === 0 || compareBounds(a.start, b.end) < 0);
}

/** Both bounds the same, `80` counting as `8000`. */
export function keyRangesEqual(a: KeyRange, b: KeyRange): boolean {
  return compareBounds(a.start, b.start) === 0 && (a.end.length === 0) === (b.end.length === 0) && compareBounds(a.end, b.end) === 0;
}

/**
 * The ids that begin with `prefix`: `[prefix, prefix + 1)`, open at the end where the prefix is all ff.
 * An empty prefix is the full range. Source: Vitess's partial vindexes.
 */
export function keyRangeOfPrefix(prefix: Buffer): KeyRange {
  const end = Buffer.from(prefix);
  for (let at = end.length - 1; at >= 0; at--) {
    const byte = ((end[at] ?? 0) + 1) & 0xff;
    end[at] = byte;
    if (byte !== 0) return { start: prefix, end };
  }
  return { start: prefix, end: nothing };
}

/** Order of two bounds as byte strings with trailing zeros ignored. */
export function compareBounds(a: Buffer, b: Buffer): number {
  const common = Math.min(a.length, b.length);
  for (let at = 0; at < common; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  for (let at = common; at < a.length; at++) if (a[at] !== 0) return 1;
  for (let at = common; at < b.length; at++) if (b[at] !== 0) return -1;
  return 0;
}

function badRange(shard: string, why: string): VtrewindError {
  return new VtrewindError({
    code: 'VTR1301', grpc: 'INVALID_ARGUMENT',
    message: `malformed shard name '${shard}': ${why}`,
    hint: 'name shards by their key range, for example -80, 80-c0, c0-',
  });
}
