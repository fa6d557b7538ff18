/** The front door of the topology. */
export { withKeyspaceLock, withShardLock } from './locks.ts';
export { defaultGlobalRoot, type OpenTopology, openTopo, sameServer, type TopoConfig } from './openTopo.ts';
export { createMark, findMark, listMarks, type MarkRecord, markNamePattern } from './markRecord.ts';
export { nameInPath, paths } from './paths.ts';
export { rebuildKeyspaceGraph } from './rebuildKeyspaceGraph.ts';
export { collectSrvVSchema, rebuildSrvVSchema } from './rebuildSrvVSchema.ts';
export * from './records.ts';
export { keyRangesOverlap, parseShardName } from './shardName.ts';
export * from './snapshotRecord.ts';
export { formatTabletAlias, parseTabletAlias, sameTablet } from './tabletAlias.ts';
export { isTopoError, topoError } from './topoErrors.ts';
export type * from './topoServer.ts';
