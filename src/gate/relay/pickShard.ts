import type { ShardInfo } from '../../engine/vcursor.ts';
import type { BindVariable } from '../../vitess/queryService.ts';
import type { VindexValue } from '../../vschema/index.ts';
import type { FastRoute } from './fastRoute.ts';

/** The shard of a fast route among those that serve; undefined when there is not exactly one, which the engine then deals with. `bind` gives a value by name. */
export function pickShard(route: FastRoute, shards: readonly ShardInfo[], bind: (name: string) => BindVariable | undefined): ShardInfo | undefined {
  switch (route.shard.kind) {
    case 'only': return shards.length === 1 ? shards[0] : undefined;
    case 'named': {
      const { target } = route.shard;
      return target.kind === 'shard' ? shards.find((shard) => shard.target.shard === target.shard) : undefined;
    }
    case 'vindex': {
      const { vindex, value } = route.shard;
      const given = value.kind === 'bind' ? bind(value.name) : value.value;
      if (given === undefined || given.values !== undefined) return undefined;
      const destination = vindex.mapOne(given as VindexValue);
      return destination.kind === 'keyspaceId' ? holding(shards, destination.keyspaceId) : undefined;
    }
    default: return route.shard satisfies never;
  }
}

/** Shards come in key range order and do not overlap. */
function holding(shards: readonly ShardInfo[], id: Buffer): ShardInfo | undefined {
  for (const shard of shards) {
    if ((shard.start.length === 0 || Buffer.compare(id, shard.start) >= 0) && (shard.end.length === 0 || Buffer.compare(id, shard.end) < 0)) return shard;
  }
  return undefined;
}
