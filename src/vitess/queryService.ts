/**
 * The one way to ask a tablet something, whatever the transport. Implementations: `grpcQueryService.ts` (vttablets and our own tablets)
 * and `mysqlQueryService.ts` (straight to the tablet's mysqld). Behaviour and words follow Vitess's `queryservice`.
 */
export type TabletTypeName = 'UNKNOWN' | 'PRIMARY' | 'REPLICA' | 'RDONLY' | 'SPARE' | 'EXPERIMENTAL' | 'BACKUP' | 'RESTORE' | 'DRAINED';

export interface Target {
  readonly keyspace: string;
  readonly shard: string;
  readonly tabletType: TabletTypeName;
  readonly cell?: string;
}

/** A column as a MySQL server describes it. `type` is Vitess's query.Type number (its flags included: see query.proto). */
export interface Field {
  readonly name: string;
  readonly type: number;
  readonly table?: string;
  readonly orgTable?: string;
  readonly database?: string;
  readonly orgName?: string;
  readonly columnLength?: number;
  /** MySQL collation id (63 is binary). */
  readonly charset?: number;
  readonly decimals?: number;
  /** MySQL column definition flags. */
  readonly flags?: number;
  /** As SHOW COLUMNS prints it; only where asked for. */
  readonly columnType?: string;
}

/** A value is its text as MySQL's text protocol prints it, or null. */
export type Value = Buffer | null;
export type Row = readonly Value[];

export interface QueryResult {
  readonly fields: readonly Field[];
  readonly rows: readonly Row[];
  readonly rowsAffected: bigint;
  readonly insertId: bigint;
  readonly insertIdChanged?: boolean;
  /** The `info` text of the OK packet (`Rows matched: …`, or the GTID when session tracking asks for it). */
  readonly info?: string;
  readonly sessionStateChanges?: string;
  readonly statusFlags?: number;
  readonly warnings?: number;
}

/** query.Type number and the value's text; lists are `TUPLE` with members. */
export interface BindVariable {
  readonly type: number;
  readonly value?: Buffer;
  readonly values?: readonly { readonly type: number; readonly value: Buffer }[];
}
export type BindVariables = Readonly<Record<string, BindVariable>>;

export interface ExecuteOptions {
  /** ALL: every column attribute; TYPE_AND_NAME; TYPE_ONLY. Default ALL. */
  readonly includedFields?: 'ALL' | 'TYPE_AND_NAME' | 'TYPE_ONLY';
  /** Count matched rows instead of changed ones (CLIENT_FOUND_ROWS). */
  readonly clientFoundRows?: boolean;
  readonly workload?: 'OLTP' | 'OLAP' | 'DBA';
  readonly sqlSelectLimit?: bigint;
  readonly transactionIsolation?: 'DEFAULT' | 'REPEATABLE_READ' | 'READ_COMMITTED' | 'READ_UNCOMMITTED' | 'SERIALIZABLE' | 'CONSISTENT_SNAPSHOT_READ_ONLY' | 'AUTOCOMMIT';
  readonly transactionAccessMode?: readonly ('CONSISTENT_SNAPSHOT' | 'READ_WRITE' | 'READ_ONLY')[];
  readonly callerUser?: string;
  readonly signal?: AbortSignal;
  /** The statement is killed after this many milliseconds (3024); 0 or undefined: the tablet's own limit. */
  readonly timeoutMs?: number;
  /** Of the transaction that begins with this call, in milliseconds; never more than the tablet's own limit. */
  readonly transactionTimeoutMs?: number;
  /** Report in `insertId` what `last_insert_id(expr)` set, also for a SELECT. */
  readonly fetchLastInsertId?: boolean;
  /** SET statements that must be in force: for `execute` and `streamExecute` on no connection of their own, over pooled connections. */
  readonly settings?: readonly string[];
  /** Reserve a connection even where a pooled one with settings would do. Not carried over gRPC: there the tablet decides. */
  readonly alwaysReserve?: boolean;
}

/** Ids are scoped to the tablet that gave them; 0n means none. `reservedId` keeps one connection with its settings until released. */
export interface TransactionState { readonly transactionId: bigint; readonly tabletAlias?: string }
export interface ReservedState { readonly reservedId: bigint; readonly tabletAlias?: string }

export interface StreamHealthReply {
  readonly target: Target;
  readonly serving: boolean;
  /** Unix seconds of the primary's term start; 0 for others. */
  readonly primaryTermStartTimestamp: number;
  readonly replicationLagSeconds: number;
  readonly healthError: string;
  readonly tabletAlias: string;
  readonly tableSchemaChanged: readonly string[];
  readonly viewSchemaChanged: readonly string[];
}

export interface QueryService {
  execute(target: Target, sql: string | Buffer, binds: BindVariables, state: { readonly transactionId?: bigint; readonly reservedId?: bigint }, options?: ExecuteOptions): Promise<QueryResult>;
  /** Fields come in the first part; rows follow in parts of bounded size. Back-pressure: `onPart` is awaited. */
  streamExecute(
    target: Target, sql: string | Buffer, binds: BindVariables, state: { readonly transactionId?: bigint; readonly reservedId?: bigint },
    options: ExecuteOptions | undefined, onPart: (part: { readonly fields?: readonly Field[]; readonly rows: readonly Row[] }) => Promise<void> | void,
  ): Promise<void>;
  begin(target: Target, options?: ExecuteOptions): Promise<TransactionState>;
  commit(target: Target, transactionId: bigint): Promise<{ readonly reservedId: bigint }>;
  rollback(target: Target, transactionId: bigint): Promise<{ readonly reservedId: bigint }>;
  /** One round trip: begin, then the statement. When the statement fails the error carries the open transaction: see `StatementFailedInTransaction` (statementFailed.ts). */
  beginExecute(target: Target, preQueries: readonly string[], sql: string | Buffer, binds: BindVariables, reservedId: bigint, options?: ExecuteOptions): Promise<TransactionState & { readonly result: QueryResult }>;
  reserveExecute(target: Target, preQueries: readonly string[], sql: string | Buffer, binds: BindVariables, transactionId: bigint, options?: ExecuteOptions): Promise<ReservedState & { readonly result: QueryResult }>;
  reserveBeginExecute(target: Target, preQueries: readonly string[], postBeginQueries: readonly string[], sql: string | Buffer, binds: BindVariables, options?: ExecuteOptions): Promise<TransactionState & ReservedState & { readonly result: QueryResult }>;
  release(target: Target, transactionId: bigint, reservedId: bigint): Promise<void>;
  prepareDistributed(target: Target, transactionId: bigint, dtid: string): Promise<void>;
  commitPrepared(target: Target, dtid: string): Promise<void>;
  rollbackPrepared(target: Target, dtid: string, originalTransactionId: bigint): Promise<void>;
  /** Ends when the signal aborts or the tablet goes; each reply replaces the one before. */
  streamHealth(signal: AbortSignal): AsyncIterable<StreamHealthReply>;
  close(): Promise<void>;
}
