/** The gate's view of the topology. */
export type { SnapshotKeyspace } from './keyspaceRecords.ts';
export type { SourceState } from './recordFollower.ts';
export { type ResolvedShard, resolveShards, type ShardSource } from './resolveShards.ts';
export { type TopologyChange, type TopologySource, TopologyView, type TopologyViewOptions } from './topologyView.ts';
