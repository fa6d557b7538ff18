import type { ShardInfo } from '../../engine/vcursor.ts';
import type { TabletTypeName, Target } from '../../vitess/queryService.ts';
import { type Destination, resolveDestination, type VSchema } from '../../vschema/index.ts';
import { unknownKeyspace } from './topologyError.ts';

/** What {@link resolveShards} needs of a topology view. */
export interface ShardSource {
  readonly vschema: Pick<VSchema, 'routedShard'>;
  shards(keyspace: string, tabletType: TabletTypeName): readonly ShardInfo[] | undefined;
}

export interface ResolvedShard {
  readonly target: Target;
  /** Which of the destinations given lead here, by their index, ascending. */
  readonly destinations: readonly number[];
}

/**
 * The shards that a list of destinations means, each shard once, in key range order; named shards that the serving graph does not have come last.
 * Shard routing rules move a shard to the keyspace that serves it now.
 * Throws VT05003 (1049) for an unknown keyspace and UNAVAILABLE where an id or a range falls in no shard.
 */
export function resolveShards(view: ShardSource, keyspace: string, tabletType: TabletTypeName, destinations: readonly Destination[]): ResolvedShard[] {
  const shards = view.shards(keyspace, tabletType);
  if (shards === undefined) throw unknownKeyspace(keyspace);
  const serving = shards.map(({ target, start, end }) => ({ name: target.shard, keyRange: { start: asBuffer(start), end: asBuffer(end) } }));
  const found = new Map<string, number[]>(serving.map(({ name }) => [name, []]));
  destinations.forEach((destination, index) => {
    for (const shard of resolveDestination(keyspace, serving, destination)) {
      const indexes = found.get(shard);
      if (indexes === undefined) found.set(shard, [index]);
      else if (indexes.at(-1) !== index) indexes.push(index);
    }
  });
  return [...found].filter(([, indexes]) => indexes.length > 0).map(([shard, indexes]) => ({
    target: { keyspace: view.vschema.routedShard(keyspace, shard), shard, tabletType },
    destinations: indexes,
  }));
}

/** Without a copy where it is one already. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
