import type { TabletTypeName } from './queryService.ts';
import type { Field, QueryResult } from './queryService.ts';

/** Replication as a replica sees it. Positions are in Vitess's text: `MySQL56/<GTID set>` or `MariaDB/<positions>`. */
export interface ReplicaStatus {
  readonly position: string;
  readonly ioRunning: boolean | 'connecting';
  readonly sqlRunning: boolean;
  /** Undefined when the server can't tell. */
  readonly lagSeconds?: number;
  readonly sourceHost: string;
  readonly sourcePort: number;
  readonly lastIoError: string;
  readonly lastSqlError: string;
  /** What has arrived, applied or not. */
  readonly relayLogPosition?: string;
  readonly sourceUuid?: string;
  readonly sourceUser?: string;
}

export interface TableDefinition {
  readonly name: string;
  /** The CREATE statement. */
  readonly schema: string;
  readonly columns: readonly string[];
  readonly primaryKeyColumns: readonly string[];
  /** `BASE TABLE` or `VIEW`. */
  readonly type: string;
  readonly dataLength: bigint;
  readonly rowCount: bigint;
  readonly fields: readonly Field[];
}

/** What FullStatus tells beyond the two statuses; what is not known is left out. */
export interface ServerStatus {
  readonly serverId: number;
  readonly serverUuid: string;
  readonly version: string;
  readonly versionComment?: string;
  readonly readOnly: boolean;
  readonly superReadOnly: boolean;
  readonly gtidMode: string;
  readonly gtidPurged: string;
  readonly binlogFormat: string;
  readonly binlogRowImage: string;
  readonly logBinEnabled: boolean;
  readonly logReplicaUpdates: boolean;
  readonly tabletType: TabletTypeName;
  readonly replication?: ReplicaStatus;
  readonly primary?: { readonly position: string; readonly serverUuid?: string };
}

/**
 * What a vtctld asks of one tablet, as plain values: implemented by the tablet agent, called through `connectTabletManager`. A call that is
 * left out is answered UNIMPLEMENTED by name. Errors are VtrewindErrors with a gRPC status.
 */
export interface TabletManagerHandler {
  ping(payload: string): Promise<string> | string;
  primaryStatus(): Promise<{ readonly position: string; readonly serverUuid?: string }>;
  primaryPosition(): Promise<string>;
  /** Throws FAILED_PRECONDITION where the server replicates from nobody. */
  replicationStatus(): Promise<ReplicaStatus>;
  waitForPosition(position: string, timeoutMs: number): Promise<void>;
  stopReplication(): Promise<void>;
  startReplication(): Promise<void>;
  resetReplication(): Promise<void>;
  stopReplicationAndGetStatus(mode: 'io' | 'both'): Promise<{ readonly before: ReplicaStatus; readonly after: ReplicaStatus }>;
  /** Returns the position. */
  initPrimary(): Promise<string>;
  demotePrimary(): Promise<{ readonly position: string; readonly serverUuid?: string }>;
  undoDemotePrimary(): Promise<void>;
  /** Works off what was received, writes the Tablet and Shard records, takes writes. Returns the position. */
  promoteReplica(): Promise<string>;
  /** `parent`: an alias (`zone1-0000000100`). */
  setReplicationSource(parent: string, options: { readonly waitPosition?: string; readonly startReplication?: boolean }): Promise<void>;
  changeType(type: TabletTypeName): Promise<void>;
  refreshState(): Promise<void>;
  runHealthCheck(): Promise<void>;
  setReadOnly(on: boolean): Promise<void>;
  reloadSchema(): Promise<void>;
  getSchema(options: { readonly tables?: readonly string[]; readonly excludeTables?: readonly string[]; readonly includeViews?: boolean; readonly tableSchemaOnly?: boolean }): Promise<{ readonly databaseSchema: string; readonly tables: readonly TableDefinition[] }>;
  applySchema(options: { readonly sql: string }): Promise<void>;
  executeFetch(as: 'dba' | 'allprivs' | 'app', query: Buffer, options: { readonly maxRows: number; readonly dbName?: string; readonly disableBinlogs?: boolean; readonly reloadSchema?: boolean }): Promise<QueryResult>;
  /** `onEvent` gets lines for people. */
  backup(options: { readonly concurrency?: number; readonly allowPrimary?: boolean }, onEvent: (line: string) => void, signal: AbortSignal): Promise<void>;
  /** Times are microseconds since the epoch. */
  restoreFromBackup(options: { readonly backupTime?: number; readonly restoreToPos?: string; readonly restoreToTimestamp?: number; readonly dryRun?: boolean }, onEvent: (line: string) => void, signal: AbortSignal): Promise<void>;
  fullStatus(): Promise<ServerStatus>;
}

/** The same, over gRPC to a tablet. */
export type TabletManagerClient = Required<TabletManagerHandler> & { close(): void };
