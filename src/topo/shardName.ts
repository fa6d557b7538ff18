import type { KeyRange } from '../vitess/gen/topodata.ts';
import { topoError } from './topoErrors.ts';

/**
 * A shard's name and, when it names a range, the key range: `-80`, `80-`, `40-80`, `-` (all). A name without a hyphen (`0`) has none.
 * Throws VTR0309 for a malformed or empty range.
 */
export function parseShardName(shard: string): { readonly name: string; readonly keyRange: KeyRange | undefined } {
  if (shard === '' || shard.includes('/')) throw topoError('badName', `'${shard}' is no name for a shard`);
  if (!shard.includes('-')) return { name: shard, keyRange: undefined };
  const m = /^((?:[0-9a-f]{2})*)-((?:[0-9a-f]{2})*)$/i.exec(shard);
  if (m?.[1] === undefined || m[2] === undefined) throw topoError('badName', `'${shard}' is no key range`, { hint: 'give both ends in hexadecimal bytes, for example -80 and 80-' });
  const keyRange = { start: Buffer.from(m[1], 'hex'), end: Buffer.from(m[2], 'hex') };
  if (keyRange.end.length > 0 && Buffer.compare(keyRange.start, keyRange.end) >= 0) throw topoError('badName', `the key range ${shard} is empty: its start is not before its end`);
  return { name: shard.toLowerCase(), keyRange };
}

/** Whether two shards hold keyspace ids in common; no key range means all of them. */
export function keyRangesOverlap(a: KeyRange | undefined, b: KeyRange | undefined): boolean {
  const startsBefore = (start: Buffer, end: Buffer) => end.length === 0 || Buffer.compare(start, end) < 0;
  if (a === undefined || b === undefined) return true;
  return startsBefore(a.start, b.end) && startsBefore(b.start, a.end);
}
