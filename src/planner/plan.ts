import type { Field, Row, TabletTypeName } from '../vitess/queryService.ts';
import type { Vindex } from '../vschema/index.ts';
import type { EvalExpr } from './evalExpr.ts';

/**
 * A plan: a tree of primitives with Vitess's names. Immutable and free of per-execution state, so one plan serves any number of
 * sessions at once. The engine runs it; {@link explainPlan} prints it.
 */
export interface Plan {
  readonly type: PlanType;
  readonly queryType: string;
  readonly original: string;
  /** Absent for statements that only change the session (BEGIN, ROLLBACK, …): see {@link Plan.queryType}. */
  readonly root: Primitive | undefined;
  /** `keyspace.table`, sorted, without repeats. */
  readonly tablesUsed: readonly string[];
  /** True when it writes to shards (the gate wraps it in an implicit transaction when `multiShardWrites`). */
  readonly writes: boolean;
  /** True when more than one statement or shard may be written, so autocommit needs a transaction around it. */
  readonly multiShardWrites: boolean;
  /** The snapshot keyspaces it reads; such routes run outside the session's transaction. */
  readonly snapshotKeyspaces: readonly string[];
  /** What the client sees as column names; absent: what the root gives. */
  readonly columnNames?: readonly (string | undefined)[];
}

export type PlanType =
  | 'Local' | 'Passthrough' | 'MultiShard' | 'Lookup' | 'Scatter' | 'Join' | 'ForeignKey' | 'Complex' | 'OnlineDDL' | 'DirectDDL' | 'Transaction' | 'Topology';

export interface PlanKeyspace {
  readonly name: string;
  readonly sharded: boolean;
  /** Set when the keyspace is a snapshot: it has no primary, and takes no writes. */
  readonly snapshot?: boolean;
}

/** How a route picks its shards. The words are Vitess's. */
export type RouteVariant =
  | 'Unsharded' | 'EqualUnique' | 'Equal' | 'IN' | 'MultiEqual' | 'Between' | 'SubShard' | 'Scatter' | 'Reference' | 'Next' | 'DBA' | 'None' | 'ByDestination';

/** A value with the SQL text it came from (for plans as JSON). */
export interface PlanValue {
  readonly expr: EvalExpr;
  readonly text: string;
}

export interface Routing {
  readonly variant: RouteVariant;
  readonly keyspace: PlanKeyspace;
  /** Which tablets to ask; absent: the session's, and for a snapshot keyspace what serves (replica, then rdonly). */
  readonly tabletType?: TabletTypeName;
  readonly vindex?: Vindex;
  /** One per vindex column; a tuple for IN and MultiEqual. */
  readonly values?: readonly PlanValue[];
  /** How a lookup vindex finds keyspace ids: `query` takes the values as the list `argument` and gives (value, keyspace id) rows. */
  readonly lookup?: { readonly argument: string; readonly query: Primitive };
  /** A pinned table's keyspace id. */
  readonly pinned?: Buffer;
  /** ByDestination only: a shard name or a key range given in the target. */
  readonly shards?: ShardTarget;
  /** DBA only: `table_schema = …` and `table_name = …` decide the keyspace at run time. */
  readonly sysTableSchema?: readonly PlanValue[];
  readonly sysTableName?: Readonly<Record<string, PlanValue>>;
}

export type ShardTarget =
  | { readonly kind: 'shard'; readonly shard: string }
  | { readonly kind: 'keyRange'; readonly range: string }
  | { readonly kind: 'allShards' }
  | { readonly kind: 'anyShard' };

export interface Route {
  readonly op: 'Route';
  readonly routing: Routing;
  /** SQL with `:name` and `::name` bind variables; `::__vals` (one per vindex column: `::__vals0`, …) is filled per shard for IN. */
  readonly query: string;
  /** Same columns, no rows: asked of any one shard when no shard is chosen. */
  readonly fieldQuery: string;
  /** When set the shards' rows, each sorted so, are merged. */
  readonly orderBy?: readonly OrderColumn[];
  /** Columns the parent sees; the others (weight strings) are dropped after merging. Absent: all. */
  readonly keepColumns?: number;
  /** Names for the client when they differ from what the query gives. */
  readonly columnNames?: readonly (string | undefined)[];
  readonly scatterErrorsAsWarnings?: boolean;
  /** Milliseconds. */
  readonly queryTimeoutMs?: number;
  /** Lists every name in `query` that holds the members of an IN per shard, with the column it belongs to. */
  readonly listVars?: readonly { readonly name: string; readonly value: number }[];
  /** `for update`, `lock in share mode`: needs the primary and a transaction. */
  readonly locks?: boolean;
  readonly tableName?: string;
  /** Rows are due even when the value belongs to no shard (an outer join or aggregate in the statement): any shard is asked then. */
  readonly alwaysOneShard?: boolean;
}

export interface OrderColumn {
  readonly column: number;
  /** The weight_string of it: compared instead where the value is text. */
  readonly weightColumn?: number;
  readonly descending: boolean;
  /** query.Type number where known from the schema. */
  readonly type?: number;
  /** MySQL collation id, where known. */
  readonly collation?: number;
}

/** Where a joined row's column comes from. */
export interface JoinColumn {
  readonly side: 'L' | 'R';
  readonly index: number;
}

export interface Join {
  readonly op: 'Join';
  readonly variant: 'Join' | 'LeftJoin';
  readonly left: Primitive;
  readonly right: Primitive;
  readonly columns: readonly JoinColumn[];
  /** Bind variables that the right side gets from each left row: name to left column. */
  readonly vars: Readonly<Record<string, number>>;
  readonly tableName?: string;
}

export interface HashJoin {
  readonly op: 'HashJoin';
  readonly variant: 'HashJoin' | 'HashLeftJoin';
  readonly left: Primitive;
  readonly right: Primitive;
  readonly columns: readonly JoinColumn[];
  readonly leftKey: OrderColumn;
  readonly rightKey: OrderColumn;
  readonly predicate: string;
}

/** Left rows for which the right side, run with `vars`, has (or, when `anti`, has not) a row. */
export interface SemiJoin {
  readonly op: 'SemiJoin';
  readonly anti: boolean;
  readonly left: Primitive;
  readonly right: Primitive;
  readonly columns: readonly number[];
  readonly vars: Readonly<Record<string, number>>;
}

export type SubqueryVariant = 'PulloutValue' | 'PulloutIn' | 'PulloutNotIn' | 'PulloutExists' | 'PulloutNotExists';

/** Runs `subquery` once, puts its answer into bind variables, then runs `outer`. */
export interface UncorrelatedSubquery {
  readonly op: 'UncorrelatedSubquery';
  readonly variant: SubqueryVariant;
  readonly resultVar: string;
  readonly hasValuesVar: string | undefined;
  readonly subquery: Primitive;
  readonly outer: Primitive;
}

export type AggregateFunction =
  | 'count' | 'count_star' | 'sum' | 'min' | 'max' | 'avg' | 'any_value' | 'group_concat' | 'bit_and' | 'bit_or' | 'bit_xor' | 'json_arrayagg' | 'json_objectagg'
  | 'std' | 'stddev_samp' | 'var_pop' | 'var_samp'
  /** Sums of the shards' counts. */
  | 'sum_count' | 'sum_count_star' | 'sum_sum';

export interface Aggregation {
  readonly function: AggregateFunction;
  readonly column: number;
  /** json_objectagg's value. */
  readonly column2?: number;
  readonly distinct?: boolean;
  /** Distinct: the column whose values are told apart, where it is not `column` itself. */
  readonly keyColumn?: number;
  readonly weightColumn?: number;
  readonly type?: number;
  readonly collation?: number;
  readonly alias: string;
  readonly separator?: string;
  readonly orderBy?: readonly OrderColumn[];
  /** avg over shards: `column` holds sums and this one counts. */
  readonly countColumn?: number;
}

export interface Aggregate {
  readonly op: 'Aggregate';
  /** Scalar: one row. Ordered: the input comes sorted by the keys. Hash: it does not. */
  readonly variant: 'Scalar' | 'Ordered' | 'Hash';
  readonly keys: readonly OrderColumn[];
  /** Each output column: a key or passed column of the input (first row's value), or an aggregate. */
  readonly output: readonly ({ readonly from: 'input'; readonly column: number; readonly name?: string } | { readonly from: 'aggregate'; readonly aggregation: Aggregation })[];
  readonly input: Primitive;
  readonly rollup?: boolean;
}

export interface Sort { readonly op: 'Sort'; readonly orderBy: readonly OrderColumn[]; readonly input: Primitive; readonly keepColumns?: number }
export interface Limit { readonly op: 'Limit'; readonly count?: PlanValue; readonly offset?: PlanValue; readonly input: Primitive }
export interface Distinct { readonly op: 'Distinct'; readonly columns: readonly OrderColumn[]; readonly input: Primitive; readonly keepColumns?: number }
export interface Filter { readonly op: 'Filter'; readonly predicate: PlanValue; readonly input: Primitive; readonly keepColumns?: number }
export interface Projection { readonly op: 'Projection'; readonly expressions: readonly (PlanValue & { readonly name: string })[]; readonly input: Primitive }
/** Picks and renames columns. */
export interface SimpleProjection { readonly op: 'SimpleProjection'; readonly columns: readonly number[]; readonly names?: readonly (string | undefined)[]; readonly input: Primitive }
export interface Concatenate { readonly op: 'Concatenate'; readonly inputs: readonly Primitive[] }
export interface RecurseCte { readonly op: 'RecurseCTE'; readonly seed: Primitive; readonly term: Primitive; readonly vars: Readonly<Record<string, number>> }

/** Asks the lookup table (`lookup`, once per value) for keyspace ids, then sends `sendTo` there. */
export interface VindexLookup {
  readonly op: 'VindexLookup';
  readonly variant: 'EqualUnique' | 'Equal' | 'IN' | 'MultiEqual';
  readonly keyspace: PlanKeyspace;
  readonly vindex: Vindex;
  readonly values: readonly PlanValue[];
  /** The bind variable of `lookup` that takes the values (a list). */
  readonly argument: string;
  readonly lookup: Primitive;
  readonly sendTo: Route;
}

export interface VindexFunc {
  readonly op: 'VindexFunc';
  readonly vindex: Vindex;
  readonly keyspace: PlanKeyspace;
  readonly fields: readonly Field[];
  /** Index into id, keyspace_id, range_start, range_end, hex_keyspace_id, shard. */
  readonly columns: readonly number[];
  readonly value: PlanValue;
}

/** A statement that is sent as it is. */
export interface Send {
  readonly op: 'Send';
  readonly keyspace: PlanKeyspace;
  readonly shards: ShardTarget;
  readonly query: string;
  readonly isDml: boolean;
  readonly singleShardOnly: boolean;
  readonly reservedConnectionNeeded: boolean;
  readonly tabletType?: TabletTypeName;
  readonly queryTimeoutMs?: number;
}

export interface Ddl {
  readonly op: 'DDL';
  readonly keyspace: PlanKeyspace;
  readonly query: string;
  readonly temporary: boolean;
  /** The AST's kind of statement, for the schema tracker. */
  readonly action: string;
  readonly shards?: ShardTarget;
}

/** CREATE/DROP DATABASE: the gate's own business (under `up` it makes or drops a keyspace). */
export interface DatabaseDdl { readonly op: 'DatabaseDDL'; readonly action: 'create' | 'drop'; readonly name: string; readonly query: string }

export interface Rows { readonly op: 'Rows'; readonly fields: readonly Field[]; readonly rows: readonly Row[] }
export interface SingleRow { readonly op: 'SingleRow' }

export type SetOp =
  | { readonly type: 'UserDefinedVariable'; readonly name: string; readonly value: SetValue }
  /** A setting that MySQL sessions carry: applied to every connection this session uses. */
  | { readonly type: 'SysVarSet'; readonly name: string; readonly keyspace: PlanKeyspace; readonly value: SetValue; readonly supportsSetVar: boolean; readonly scope: 'session' | 'global' | 'transaction' }
  /** A setting the gate itself acts on (autocommit, sql_select_limit, transaction_mode, …). */
  | { readonly type: 'SysVarAware'; readonly name: string; readonly value: SetValue }
  | { readonly type: 'SysVarIgnore'; readonly name: string; readonly value: SetValue }
  | { readonly type: 'SysVarCheckAndIgnore'; readonly name: string; readonly keyspace: PlanKeyspace; readonly value: SetValue };

/** `expr` where the gate can evaluate it, else `text` is asked of any shard: `select <text> from dual`. */
export interface SetValue { readonly text: string; readonly expr?: EvalExpr }
export interface SetStatement { readonly op: 'Set'; readonly ops: readonly SetOp[] }

/** How a sequence gives the values for an auto-increment column. */
export interface Generate {
  readonly keyspace: PlanKeyspace;
  /** `select next :n values from seq`. */
  readonly query: string;
  readonly table: string;
  /** Position of the column in the rows. */
  readonly column: number;
  /** One per row (VALUES form): absent value or null asks the sequence. */
  readonly values?: readonly PlanValue[];
}

export interface Insert {
  readonly op: 'Insert';
  readonly variant: 'Unsharded' | 'Sharded' | 'Select' | 'ByDestination';
  readonly keyspace: PlanKeyspace;
  readonly tabletType?: TabletTypeName;
  readonly table: string;
  /** Unsharded: the whole statement. Sharded: `prefix`, the rows of the shard, `suffix`. */
  readonly query: string;
  readonly prefix?: string;
  readonly rows?: readonly string[];
  readonly suffix?: string;
  readonly generate?: Generate;
  /** The column vindexes, primary first, with the value of every row for each of their columns: `values[row][column]`. */
  readonly vindexes?: readonly InsertVindex[];
  readonly ignore?: boolean;
  readonly multiShardAutocommit?: boolean;
  readonly queryTimeoutMs?: number;
  /** INSERT … SELECT. */
  readonly input?: Primitive;
  readonly columns?: readonly string[];
  /** Sharded with ON DUPLICATE KEY or REPLACE: a unique key of another shard can't be seen. */
  readonly forceNonStreaming?: boolean;
  readonly targetShards?: ShardTarget;
  /** ON DUPLICATE KEY UPDATE and REPLACE on a table with owned lookups, one per row: rows in the way are found first. */
  readonly conflicts?: readonly InsertConflicts[];
}

/** The rows that a new row collides with. */
export interface InsertConflicts {
  readonly kind: 'update' | 'replace';
  /** Each gives the primary keys of the rows that have one key in common with the new row; the first that gives one counts for `update`. */
  readonly find: readonly Primitive[];
  /** The bind variables that `change` takes a primary key in. */
  readonly keys: readonly string[];
  /** Key columns that the statement sets to the new row's value: the row in the way must have it already. */
  readonly same: readonly { readonly key: number; readonly column: string }[];
  /** Changes or removes the row with this primary key; absent when nothing is left to change. */
  readonly change?: Primitive;
}

export interface InsertVindex {
  readonly name: string;
  readonly vindex: Vindex;
  readonly columns: readonly string[];
  /** Positions in the row (Select variant). */
  readonly offsets?: readonly number[];
  readonly values?: readonly (readonly PlanValue[])[];
  /** Owned lookup: plans that write its table. */
  readonly lookup?: LookupUpkeep;
  /** How to read a lookup. */
  readonly query?: { readonly argument: string; readonly query: Primitive };
  readonly primary: boolean;
  /** This table's rows are what the lookup remembers. */
  readonly owned: boolean;
}

/** How an owned lookup vindex's table is kept: both plans take the from-columns by name and `keyspace_id` as binds. */
export interface LookupUpkeep {
  readonly insert: Primitive;
  readonly remove: Primitive;
  readonly from: readonly string[];
  readonly to: string;
  /** Duplicate keys are left alone (insert ignore, non-unique re-insert). */
  readonly autocommit: boolean;
}

export interface DmlVindexChange {
  readonly name: string;
  readonly vindex: Vindex;
  /** Where the old values are in the owned query's columns. */
  readonly offsets: readonly number[];
  /** Update: where the new values are; equal to `offsets` when unchanged. */
  readonly newOffsets?: readonly number[];
  readonly changedOffset?: number;
  readonly upkeep?: LookupUpkeep;
}

interface DmlBase {
  readonly routing: Routing;
  readonly query: string;
  readonly table: readonly string[];
  /** `select <primary vindex columns>, <owned columns> … for update`: read before the change, for lookups and moves. */
  readonly ownedVindexQuery?: string;
  readonly ksidVindex?: Vindex;
  readonly ksidLength?: number;
  readonly owned?: readonly DmlVindexChange[];
  readonly multiShardAutocommit?: boolean;
  readonly queryTimeoutMs?: number;
  readonly listVars?: readonly { readonly name: string; readonly value: number }[];
}
export interface Update extends DmlBase {
  readonly op: 'Update';
  readonly changedVindexValues?: readonly string[];
}
export interface Delete extends DmlBase { readonly op: 'Delete' }

/** Reads keys with `input`, then runs each DML with `::dml_vals` holding them. */
export interface DmlWithInput {
  readonly op: 'DMLWithInput';
  readonly input: Primitive;
  readonly dmls: readonly { readonly dml: Primitive; readonly offsets: readonly number[]; readonly vars?: Readonly<Record<string, number>> }[];
}

export interface Sequential { readonly op: 'Sequential'; readonly inputs: readonly Primitive[] }

/** get_lock and its family: one reserved connection in one keyspace. */
export interface Lock { readonly op: 'Lock'; readonly keyspace: PlanKeyspace; readonly functions: readonly string[]; readonly query: string; readonly fieldQuery: string }
export interface UpdateTarget { readonly op: 'UpdateTarget'; readonly target: string }
/** SHOW of what the gate knows (vitess_shards, vitess_tablets, snapshots, …). */
export interface ShowExec { readonly op: 'ShowExec'; readonly what: string; readonly filter?: string; readonly target?: string }
export interface ReplaceVariables { readonly op: 'ReplaceVariables'; readonly input: Primitive }
export interface RenameFields { readonly op: 'RenameFields'; readonly names: Readonly<Record<number, string>>; readonly input: Primitive }
export interface AlterVSchema { readonly op: 'AlterVSchema'; readonly keyspace: PlanKeyspace; readonly query: string }
export interface Vexplain { readonly op: 'VEXPLAIN'; readonly kind: 'queries' | 'all' | 'trace'; readonly input: Primitive }
export interface SqlCalcFoundRows { readonly op: 'SQL_CALC_FOUND_ROWS'; readonly limited: Primitive; readonly count: Primitive }
export interface ExecEntry { readonly op: 'EXECUTE'; readonly name: string; readonly parameters: readonly string[]; readonly input: Primitive }
export interface TransactionStatus { readonly op: 'TransactionStatus'; readonly keyspace?: string; readonly transactionId?: string }
export interface Mirror { readonly op: 'Mirror'; readonly percent: number; readonly primary: Primitive; readonly target: Primitive }

/** What no primitive covers: the inputs' rows go into temporary tables of a scratch mysqld and `query` runs there. */
export interface Scratch {
  readonly op: 'Scratch';
  readonly inputs: readonly ScratchInput[];
  readonly query: string;
  readonly why: string;
  /** One of the tables is mentioned more than once in `query`. */
  readonly reopens: boolean;
  readonly grouped: boolean;
  /** User variables that `query` reads or sets, lower case. */
  readonly variables: readonly string[];
  /** Names that tables have in `query` to those the client gave them, where they differ. */
  readonly aliases: Readonly<Record<string, string>>;
}

export interface ScratchInput {
  /** On the scratch server. */
  readonly table: string;
  readonly origin: { readonly keyspace: string; readonly table: string };
  /** Empty: all that the input gives. */
  readonly columns: readonly string[];
  readonly keys: readonly (readonly string[])[];
  readonly primaryKey: readonly string[];
  readonly fulltext: readonly (readonly string[])[];
  /** SHOW FULL COLUMNS of the origin. */
  readonly describe: Send;
  readonly input: Primitive;
}

export type Primitive =
  | Route | Join | HashJoin | SemiJoin | UncorrelatedSubquery | Aggregate | Sort | Limit | Distinct | Filter | Projection | SimpleProjection | Concatenate
  | RecurseCte | VindexLookup | VindexFunc | Send | Ddl | DatabaseDdl | Rows | SingleRow | SetStatement | Insert | Update | Delete | DmlWithInput | Sequential
  | Lock | UpdateTarget | ShowExec | ReplaceVariables | RenameFields | AlterVSchema | Vexplain | SqlCalcFoundRows | ExecEntry
  | TransactionStatus | Mirror | Scratch;

