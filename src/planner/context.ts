import type { VSchema } from '../vschema/index.ts';
import type { TabletTypeName } from '../vitess/queryService.ts';
import type { ShardTarget } from './plan.ts';

/** What planning depends on besides the statement and the vschema. Together with the statement's key it is the plan cache's key. */
export interface PlanContext {
  /** The text the statement was parsed from: columns without an alias are named after it. */
  readonly sql: string;
  /** Absent: no database selected. A system schema (`information_schema`, `mysql`, …) is possible too. */
  readonly defaultKeyspace?: string;
  /** The session's tablet type. */
  readonly tabletType: TabletTypeName;
  /** True when the session's target names the type (`use ks@primary`): then a snapshot keyspace is refused on PRIMARY instead of using what serves. */
  readonly tabletTypeExplicit: boolean;
  /** `use ks:-80`, `use ks[40-80]`: everything goes there, unplanned. */
  readonly shardTarget?: ShardTarget;
  /** Tables' columns, keys and views as the schema tracker knows them, beyond the vschema's own lists. */
  readonly schema?: SchemaView;
  /** For example `8.0.30`; default 8.0. */
  readonly mysqlVersion?: string;
  /** False: SET of system variables is checked and ignored, not applied. Default true. */
  readonly sysVarSetEnabled?: boolean;
  readonly viewsEnabled?: boolean;
  /** The session's foreign_key_checks, when it was set. */
  readonly foreignKeyChecks?: boolean;
  /** Statements known by name through PREPARE … FROM, and user variables: for EXECUTE and PREPARE … FROM @x. */
  readonly preparedStatements?: ReadonlyMap<string, { readonly sql: string; readonly parameters: number }>;
  readonly userVariables?: ReadonlyMap<string, string>;
  /** Names of system variables whose value the gate keeps (autocommit, …): `select @@autocommit` reads `:__vtautocommit`. */
  readonly transactionMode?: 'SINGLE' | 'MULTI' | 'TWOPC';
  /** Whether MySQL sources say a snapshot may be written (`--snapshot-writes=allow`). */
  readonly snapshotWritesAllowed?: boolean;
  /** Facts about snapshot keyspaces, for messages: name → base and time (RFC 3339). */
  readonly snapshots?: ReadonlyMap<string, { readonly base: string; readonly at: string }>;
}

export interface PlannerInput {
  readonly vschema: VSchema;
  readonly context: PlanContext;
}

/** The tracker's knowledge. All answers by the keyspace's and table's exact names. */
export interface SchemaView {
  table(keyspace: string, table: string): TrackedTable | undefined;
  view?(keyspace: string, view: string): { readonly definition: string } | undefined;
  isAggregateFunction?(keyspace: string, name: string): boolean;
  /** Collation id of text columns without one of their own; default 255 (utf8mb4_0900_ai_ci). */
  readonly defaultCollation?: number;
}

export interface TrackedColumn {
  readonly name: string;
  /** query.Type number; undefined when unknown. */
  readonly type?: number;
  readonly collation?: number;
  readonly invisible?: boolean;
  readonly nullable?: boolean;
}

export interface TrackedTable {
  readonly columns: readonly TrackedColumn[];
  /** True when `columns` are all of the table's. */
  readonly complete: boolean;
  readonly primaryKey?: readonly string[];
  readonly uniqueKeys?: readonly (readonly string[])[];
  readonly foreignKeys?: readonly ForeignKey[];
}

export interface ForeignKey {
  readonly columns: readonly string[];
  /** `keyspace.table`. */
  readonly parent: string;
  readonly parentColumns: readonly string[];
  readonly onDelete: ReferenceAction;
  readonly onUpdate: ReferenceAction;
}
export type ReferenceAction = 'CASCADE' | 'RESTRICT' | 'SET NULL' | 'NO ACTION' | 'SET DEFAULT' | 'default';
