import { VtrewindError } from '../base/errors.ts';
import { formatDestination, type Destination } from './destination.ts';
import { compareBounds, fullKeyRange, keyRangeContains, keyRangesIntersect, parseShardRange, type KeyRange } from './keyRange.ts';

/** A shard of a keyspace's serving graph. `keyRange` undefined: what the name states, the full range where it states none. */
export interface ServingShard {
  readonly name: string;
  readonly keyRange?: KeyRange | undefined;
}

/**
 * The shards of one tablet type's partition that a destination means, in the order they are given, each once.
 * Throws UNAVAILABLE when an id falls in no shard, an exact range is not covered, or there is no shard at all;
 * INVALID_ARGUMENT when `keyspaceIds` etc. are asked of nothing. Named shards are not checked: the health check says whether one serves.
 */
export function resolveDestination(keyspace: string, shards: readonly ServingShard[], destination: Destination): string[] {
  switch (destination.kind) {
    case 'none': return [];
    case 'keyspaceId': return [shardOfKeyspaceId(keyspace, shards, destination.keyspaceId)];
    case 'keyspaceIds': {
      const wanted = new Set(destination.keyspaceIds.map((id) => shardOfKeyspaceId(keyspace, shards, id)));
      return shards.filter((shard) => wanted.has(shard.name)).map((shard) => shard.name);
    }
    case 'keyRange': {
      const { keyRange } = destination;
      return shards.filter((shard) => keyRangesIntersect(rangeOf(shard), keyRange)).map((shard) => shard.name);
    }
    case 'exactKeyRange': return exactCover(keyspace, shards, destination.keyRange, formatDestination(destination));
    case 'shard': return [destination.shard];
    case 'shards': return [...new Set(destination.shards)];
    case 'anyShard': {
      const any = shards[Math.floor(Math.random() * shards.length)];
      if (any === undefined) throw unresolved(`no shards in keyspace: ${keyspace}`);
      return [any.name];
    }
    case 'allShards': return shards.map((shard) => shard.name);
    default: return destination satisfies never;
  }
}

/** The one shard that holds `keyspaceId`. No allocation: it is on the way of every point select. */
export function shardOfKeyspaceId(keyspace: string, shards: readonly ServingShard[], keyspaceId: Buffer): string {
  for (const shard of shards) if (keyRangeContains(rangeOf(shard), keyspaceId)) return shard.name;
  throw unresolved(`KeyspaceId ${keyspaceId.toString('hex')} didn't match any shards in keyspace ${keyspace}`);
}

function rangeOf(shard: ServingShard): KeyRange {
  return shard.keyRange ?? parseShardRange(shard.name) ?? fullKeyRange;
}

function exactCover(keyspace: string, shards: readonly ServingShard[], range: KeyRange, asked: string): string[] {
  const chosen: string[] = [];
  const inOrder = [...shards].sort((a, b) => compareBounds(rangeOf(a).start, rangeOf(b).start));
  let reached: Buffer | undefined = range.start;
  for (const shard of inOrder) {
    if (reached === undefined) break;
    const { start, end } = rangeOf(shard);
    if (compareBounds(start, reached) !== 0) continue;
    if (range.end.length > 0 && (end.length === 0 || compareBounds(end, range.end) > 0)) continue;
    chosen.push(shard.name);
    const done = range.end.length === 0 ? end.length === 0 : compareBounds(end, range.end) === 0;
    if (done) return chosen;
    reached = end.length === 0 ? undefined : end;
  }
  throw unresolved(`keyspace ${keyspace} has no shards that together are ${asked}`);
}

function unresolved(message: string): VtrewindError {
  return new VtrewindError({ code: 'VTR1302', grpc: 'UNAVAILABLE', message, hint: 'look at the serving graph: vtrewind GetSrvKeyspaces; rebuild it with RebuildKeyspaceGraph' });
}
