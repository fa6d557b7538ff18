import { formatKeyRange, type KeyRange } from './keyRange.ts';

/** Where a value, a statement or a session is sent within a keyspace. Words follow Vitess's key.Destination. */
export type Destination =
  | { readonly kind: 'none' }
  | { readonly kind: 'keyspaceId'; readonly keyspaceId: Buffer }
  | { readonly kind: 'keyspaceIds'; readonly keyspaceIds: readonly Buffer[] }
  /** Every shard that shares an id with the range. */
  | { readonly kind: 'keyRange'; readonly keyRange: KeyRange }
  /** Shards that together are exactly the range; resolving fails where they are not. */
  | { readonly kind: 'exactKeyRange'; readonly keyRange: KeyRange }
  | { readonly kind: 'shard'; readonly shard: string }
  | { readonly kind: 'shards'; readonly shards: readonly string[] }
  | { readonly kind: 'anyShard' }
  | { readonly kind: 'allShards' };

export const noDestination: Destination = { kind: 'none' };
export const allShards: Destination = { kind: 'allShards' };
export const anyShard: Destination = { kind: 'anyShard' };

/** The text Vitess prints for a destination: in plans, in errors, in recorded vectors. */
export function formatDestination(destination: Destination): string {
  switch (destination.kind) {
    case 'none': return 'DestinationNone()';
    case 'keyspaceId': return `DestinationKeyspaceID(${destination.keyspaceId.toString('hex')})`;
    case 'keyspaceIds': return `DestinationKeyspaceIDs(${destination.keyspaceIds.map((id) => id.toString('hex')).join(',')})`;
    case 'keyRange': return `DestinationKeyRange(${formatKeyRange(destination.keyRange)})`;
    case 'exactKeyRange': return `DestinationExactKeyRange(${formatKeyRange(destination.keyRange)})`;
    case 'shard': return `DestinationShard(${destination.shard})`;
    case 'shards': return `DestinationShards(${destination.shards.join(',')})`;
    case 'anyShard': return 'DestinationAnyShard()';
    case 'allShards': return 'DestinationAllShards()';
    default: return destination satisfies never;
  }
}
