import type { Log } from '../../base/log.ts';
import type { ResultPart, VCursor } from '../../engine/vcursor.ts';
import type { PlanContext, SchemaView } from '../../planner/context.ts';
import type { Plan } from '../../planner/plan.ts';
import type { Statement } from '../../sql/index.ts';
import type { BindVariables, QueryResult } from '../../vitess/queryService.ts';
import type { VSchema } from '../../vschema/index.ts';
import type { PlanCache } from './planCache.ts';
import type { ClusterView, TabletAccess } from './ports.ts';
import type { ScratchRunner } from '../scratch/scratchRunner.ts';
import type { SessionRegistry } from './sessionRegistry.ts';

/** Decides and runs plans: src/planner and src/engine, given by gate.ts so that sessions can be tested with others. */
export interface Planner {
  plan(ast: Statement, vschema: VSchema, context: PlanContext): Plan;
  execute(plan: Plan, binds: BindVariables, cursor: VCursor): Promise<QueryResult>;
  stream(plan: Plan, binds: BindVariables, cursor: VCursor, onPart: (part: ResultPart) => Promise<void>): Promise<void>;
}

/** Every bound of a session, in one place. */
export interface SessionLimits {
  /** Rows a statement may hold in the gate (sort, distinct, join side, buffered result). */
  readonly maxMemoryRows: number;
  readonly maxPreparedStatements: number;
  readonly maxUserVariables: number;
  /** Bytes of COM_STMT_SEND_LONG_DATA held for one statement. */
  readonly maxLongDataBytes: number;
  readonly acquireTimeoutMs: number;
  readonly maxWarnings: number;
}

export const DEFAULT_SESSION_LIMITS: SessionLimits = {
  maxMemoryRows: 300_000, maxPreparedStatements: 16_382, maxUserVariables: 1_000, maxLongDataBytes: 64 << 20, acquireTimeoutMs: 10_000, maxWarnings: 64,
};

/** Counts that the hot path keeps as plain numbers; the metrics page reads them. */
export class SessionCounters {
  queries = 0;
  relayed = 0;
  planned = 0;
  errors = 0;
  commits = 0;
  rollbacks = 0;
  rowsReturned = 0;
  rowsAffected = 0;
  /** Seconds, by bucket of {@link latencyBuckets}. */
  readonly latency = new Float64Array(latencyBuckets.length + 1);
  latencySum = 0;
  byError = new Map<number, number>();

  observe(milliseconds: number): void {
    const seconds = milliseconds / 1000;
    this.latencySum += seconds;
    let at = 0;
    while (at < latencyBuckets.length && seconds > (latencyBuckets[at] as number)) at++;
    this.latency[at] = (this.latency[at] as number) + 1;
  }

  failed(mysqlError: number): void {
    this.errors++;
    this.byError.set(mysqlError, (this.byError.get(mysqlError) ?? 0) + 1);
  }
}

/** vtgate's own buckets, in seconds. */
export const latencyBuckets: readonly number[] = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/** What all sessions of a gate share. */
export interface GateEnvironment {
  readonly view: ClusterView;
  readonly tablets: TabletAccess;
  readonly planner: Planner;
  readonly plans: PlanCache;
  readonly schema: SchemaView & { tableNames(keyspace: string): readonly string[] };
  /** A DDL went through this gate: the tables are read again. Resolves when they were. */
  readonly schemaChanged: (keyspace: string) => Promise<void>;
  /** Tables are being read just now: what could not be planned may be planned after. Undefined: nothing is. */
  readonly schemaPending: () => Promise<void> | undefined;
  /** SHOW SNAPSHOTS. */
  readonly snapshots: () => Promise<QueryResult>;
  /** Makes or drops a keyspace; absent where the gate may not. */
  readonly databaseHook: ((action: 'create' | 'drop', name: string) => Promise<void>) | undefined;
  /** Runs what no plan covers; absent where there is no scratch server. */
  readonly scratch?: ScratchRunner | undefined;
  readonly registry: SessionRegistry;
  readonly counters: SessionCounters;
  readonly serverVersion: string;
  readonly defaultTabletType: 'PRIMARY' | 'REPLICA' | 'RDONLY';
  readonly transactionMode: 'SINGLE' | 'MULTI';
  readonly limits: SessionLimits;
  readonly log: Log;
}
