import type { VtrewindError } from '../base/errors.ts';
import type { PlanKeyspace, Primitive, ShardTarget } from '../planner/plan.ts';
import type { BindVariables, Field, QueryResult, Row, TabletTypeName, Target } from '../vitess/queryService.ts';

/**
 * What the engine needs from a gate: shards found, statements sent, a session. The gate implements it once per session; tests use a fake.
 * Transactions, reserved connections, retries and the choice of a tablet are the gate's business.
 */
export interface VCursor {
  readonly session: EngineSession;
  /** Aborts everything of this statement. */
  readonly signal: AbortSignal | undefined;
  readonly limits: EngineLimits;

  /**
   * The shards of a keyspace, in key range order, as they serve `tabletType` now.
   * `tabletType` undefined: the session's; for a snapshot keyspace on the default type what serves (replica, then rdonly).
   * Throws VT05003 (1049) for an unknown keyspace; VT14xxx when nothing serves it.
   */
  allShards(keyspace: string, tabletType: TabletTypeName | undefined): Promise<readonly ShardInfo[]>;
  /** A keyspace for statements that have none: any normal one, never a snapshot. Throws VT09005 when there is none. */
  anyKeyspace(): Promise<PlanKeyspace>;

  /**
   * Sends each query to its shard, side by side; waits for all. One outcome per query, in order: never rejects for what a shard answers.
   * Inside a transaction (or when `options.transaction` says so) each shard's statement runs in the session's transaction on it.
   */
  execute(queries: readonly ShardQuery[], options: ShardOptions): Promise<readonly ShardOutcome[]>;
  /** One shard, streamed: `onPart` is awaited before more is read. Rejects with the shard's error. */
  stream(query: ShardQuery, options: ShardOptions, onPart: (part: ResultPart) => Promise<void> | void): Promise<void>;

  /** Things only the gate can do; each answers as a MySQL statement would. */
  gate: GateActions;
}

export interface ShardInfo {
  readonly target: Target;
  /** Bounds of the key range: start inclusive, end exclusive; empty means open. */
  readonly start: Uint8Array;
  readonly end: Uint8Array;
}

export interface ShardQuery {
  readonly target: Target;
  readonly sql: string;
  readonly binds: BindVariables;
}

export interface ShardOptions {
  readonly write: boolean;
  /**
   * `session`: in the session's transaction when there is one, else autocommit for a single write, else the implicit transaction of the statement.
   * `outside`: never in the session's transaction (sequences, snapshot keyspaces). `autocommit`: each shard commits by itself.
   */
  readonly transaction: 'session' | 'outside' | 'autocommit';
  /** True when this is the statement's only write to a single shard, so no transaction is needed around it. */
  readonly canAutocommit?: boolean;
  /** Milliseconds. */
  readonly timeoutMs?: number;
  readonly reserved?: boolean;
  /** `select next n values from seq`: the tablet's own statement, which its mysqld does not know. */
  readonly sequence?: boolean;
  readonly workload?: 'OLTP' | 'OLAP';
}

export type ShardOutcome = { readonly result: QueryResult } | { readonly error: VtrewindError };
export interface ResultPart { readonly fields?: readonly Field[]; readonly rows: readonly Row[] }

export interface EngineLimits {
  /** Rows a statement may hold in the gate at once (sort, distinct, hash, join side). */
  readonly maxMemoryRows: number;
  /** Shards asked at once by one streaming statement. */
  readonly maxParallelShards?: number;
}

export interface EngineSession {
  readonly inTransaction: boolean;
  userVariable(name: string): { readonly type: number; readonly value: Buffer | null } | undefined;
  setUserVariable(name: string, value: { readonly type: number; readonly value: Buffer | null }): void;
  /** The session's value of a system variable as text, where the gate keeps it. */
  systemVariable(name: string): string | undefined;
  setLastInsertId(id: bigint): void;
  setFoundRows(rows: bigint): void;
  addWarning(warning: { readonly code: number; readonly message: string }): void;
}

/** The statements that change the session or the cluster rather than rows. */
export interface GateActions {
  /** `value` is the text of the evaluated expression; null for NULL. `kind` is the SetOp's type. */
  setSystemVariable(request: { readonly name: string; readonly value: string | null; readonly text: string; readonly kind: 'SysVarSet' | 'SysVarAware'; readonly scope: 'session' | 'global' | 'transaction'; readonly supportsSetVar: boolean }): Promise<void>;
  useTarget(target: string): Promise<void>;
  show(what: string, filter: string | undefined, target: string | undefined): Promise<QueryResult>;
  alterVSchema(keyspace: string, query: string): Promise<QueryResult>;
  databaseDdl(action: 'create' | 'drop', name: string, query: string): Promise<QueryResult>;
  ddl(request: { readonly keyspace: PlanKeyspace; readonly query: string; readonly temporary: boolean; readonly action: string; readonly shards: ShardTarget | undefined }): Promise<QueryResult>;
  lock(keyspace: PlanKeyspace, query: string, binds: BindVariables): Promise<QueryResult>;
  /** VEXPLAIN QUERIES/ALL/TRACE: runs the primitive and describes what was sent. */
  vexplain(kind: string, input: Primitive, binds: BindVariables): Promise<QueryResult>;
  transactionStatus(keyspace: string | undefined, transactionId: string | undefined): Promise<QueryResult>;
  /** Runs a statement on the scratch mysqld with these tables; absent when the gate has none (`--scratch-mysqld off`). */
  scratch?: (request: ScratchRequest) => AsyncIterable<ResultPart>;
}

/** A table of the scratch server, and where its rows come from. */
export interface ScratchTable {
  /** Its name there, unique within the request. */
  readonly name: string;
  /** What result metadata name instead of the scratch table. */
  readonly origin: { readonly keyspace: string; readonly table: string };
  /** Empty: all that the rows have. */
  readonly columns: readonly string[];
  /** Column lists that joins compare by. */
  readonly keys: readonly (readonly string[])[];
  readonly primaryKey: readonly string[];
  readonly fulltext: readonly (readonly string[])[];
  /** SHOW FULL COLUMNS of the origin: exact types and collations, which the wire does not carry. */
  readonly describe: () => Promise<QueryResult>;
  readonly rows: AsyncIterable<ResultPart>;
}

export interface ScratchRequest {
  readonly tables: readonly ScratchTable[];
  /** In terms of the tables' names, without schemas. */
  readonly query: string;
  readonly binds: BindVariables;
  /** A table stands in the query more than once: MySQL cannot open a temporary table twice. */
  readonly reopens: boolean;
  /** The query groups: whether a column may be selected may depend on the primary keys (ONLY_FULL_GROUP_BY). */
  readonly grouped: boolean;
  /** User variables it reads or sets, lower case. */
  readonly variables: readonly string[];
  /** Names of tables in the query to the names that result metadata have. */
  readonly aliases: Readonly<Record<string, string>>;
}
