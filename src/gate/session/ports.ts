import type { MysqlPool } from '../../mysql/pool.ts';
import type { ShardInfo } from '../../engine/vcursor.ts';
import type { QueryService, TabletTypeName, Target } from '../../vitess/queryService.ts';
import type { VSchema } from '../../vschema/index.ts';

/** What sessions need to know of the cluster; by watch, so every answer is immediate and the last known when the topology is away. */
export interface ClusterView {
  readonly vschema: VSchema;
  /** Changes whenever a plan or a resolved shard may: vschema, serving graph, a keyspace's tables. */
  readonly version: number;
  /** The shards serving a type, in key range order; undefined when the keyspace has no serving graph. */
  shards(keyspace: string, tabletType: TabletTypeName): readonly ShardInfo[] | undefined;
  /** Sorted, snapshots included. */
  keyspaceNames(): readonly string[];
  /** Facts about a snapshot keyspace; `at` is RFC 3339. */
  snapshot(keyspace: string): { readonly base: string; readonly at: string } | undefined;
}

/** One tablet that was picked for a statement. */
export interface TabletHandle {
  readonly alias: string;
  readonly target: Target;
  /** Of the tablet's own database, `vt_<keyspace>` unless overridden. */
  readonly databaseName: string;
  readonly service: QueryService;
  /** Connections to the tablet's mysqld with this wire shape; undefined when statements travel over gRPC. */
  pool(capabilities: number): MysqlPool | undefined;
}

export interface TabletRow {
  readonly cell: string;
  readonly keyspace: string;
  readonly shard: string;
  readonly tabletType: TabletTypeName;
  readonly alias: string;
  readonly hostname: string;
  readonly serving: boolean;
  readonly error: string;
  /** RFC 3339; empty for others than primaries. */
  readonly primaryTermStart: string;
}

export interface TabletAccess {
  /** One of the healthy tablets. Throws VT14002 (1105) when there is none. Never waits. */
  pick(target: Target): TabletHandle;
  /** Types with a healthy tablet in the shard. */
  serving(keyspace: string, shard: string): readonly TabletTypeName[];
  all(): readonly TabletRow[];
}
