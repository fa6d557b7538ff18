/** `vtrewind/vschema`: names to keyspaces, tables and vindexes; values to keyspace ids; keyspace ids to shards. */
export { buildVSchema, type VSchemaOptions } from './buildVSchema.ts';
export { allShards, anyShard, type Destination, formatDestination, noDestination } from './destination.ts';
export {
  compareBounds, formatKeyRange, fullKeyRange, type KeyRange, keyRangeContains, keyRangeOfPrefix, keyRangesEqual, keyRangesIntersect, parseShardRange,
} from './keyRange.ts';
export type {
  AutoIncrement, Column, ColumnVindex, ForeignKeyMode, Keyspace, MirrorRule, MultiTenantSpec, RoutingRule, SnapshotOf, Table, TableType,
} from './model.ts';
export { resolveDestination, type ServingShard, shardOfKeyspaceId } from './resolveDestination.ts';
export { type KeyspaceDefinition, readKeyspaceVSchema, readSrvVSchema, type SrvVSchemaDefinition, type TableDefinition } from './srvVSchema.ts';
export { parseTableName } from './tableName.ts';
export { isSignedType, type ValueTypeName, valueTypeName, valueTypeNumber, valueTypes } from './valueType.ts';
export { createVindex, vindexTypes } from './vindexes/createVindex.ts';
export type { LookupDefinition, LookupVindex, MultiColumnVindex, SingleColumnVindex, Vindex, VindexFactory, VindexProperties, VindexValue } from './vindexes/vindex.ts';
export { type CheckedKeyspace, checkKeyspaceVSchema, checkRoutingRules } from './checkVSchema.ts';
export { VSchema } from './vschema.ts';
export { vindexJsonLine, type VindexJsonOptions } from './vindexJsonLine.ts';
