import type { ShardInfo } from '../../engine/vcursor.ts';
import type { SrvKeyspace } from '../../vitess/gen/topodata.ts';
import type { TabletTypeName } from '../../vitess/queryService.ts';
import { tabletTypeNumber } from '../../vitess/requestCodec.ts';
import { compareBounds, fullKeyRange, type KeyRange, parseShardRange } from '../../vschema/index.ts';

interface NamedRange {
  readonly name: string;
  readonly keyRange: KeyRange;
}

/** The shards of the partition that serves `tabletType`, in key range order; empty when there is none. */
export function partitionShards(keyspace: string, serving: SrvKeyspace, tabletType: TabletTypeName): ShardInfo[] {
  const partition = serving.partitions.find(({ servedType }) => servedType === tabletTypeNumber(tabletType));
  const shards = (partition?.shardReferences ?? []).map(({ name, keyRange }): NamedRange => ({ name, keyRange: keyRange ?? rangeOfName(name) }));
  return shardInfos(keyspace, shards, tabletType);
}

/** Shards known by name only: their names state their ranges. */
export function namedShards(keyspace: string, names: readonly string[], tabletType: TabletTypeName): ShardInfo[] {
  return shardInfos(keyspace, names.map((name) => ({ name, keyRange: rangeOfName(name) })), tabletType);
}

function shardInfos(keyspace: string, shards: readonly NamedRange[], tabletType: TabletTypeName): ShardInfo[] {
  return [...shards]
    .sort((a, b) => compareBounds(a.keyRange.start, b.keyRange.start))
    .map(({ name, keyRange }) => ({ target: { keyspace, shard: name, tabletType }, start: keyRange.start, end: keyRange.end }));
}

function rangeOfName(name: string): KeyRange {
  return parseShardRange(name) ?? fullKeyRange;
}
