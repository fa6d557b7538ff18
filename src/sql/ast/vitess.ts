import type { Expression } from './expression.ts';
import type { Commented, Node, TableName } from './node.ts';
import type { Limit, SelectItem } from './query.ts';

export type VitessStatement = AlterVschema | RevertMigration | AlterMigration | Stream | VStream | CreateSnapshotKeyspace | DropSnapshotKeyspace;

/** `alter vschema …`. */
export interface AlterVschema extends Node, Commented {
  readonly kind: 'alterVschema';
  readonly action:
    | 'create vindex' | 'drop vindex' | 'add table' | 'drop table' | 'add sequence' | 'drop sequence' | 'add vindex' | 'drop table vindex' | 'add auto_increment' | 'drop auto_increment';
  /** The table of ADD/DROP TABLE, SEQUENCE, and of ON … */
  readonly table?: TableName;
  /** The vindex that is named; its keyspace may be given. */
  readonly vindex?: TableName;
  /** ADD VINDEX: the columns, in order. */
  readonly columns: readonly string[];
  /** USING this vindex type. */
  readonly using?: string;
  /** WITH a = b, c = d. */
  readonly params: readonly VindexParam[];
  /** ADD AUTO_INCREMENT column USING sequence. */
  readonly sequence?: TableName;
}

export interface VindexParam extends Node {
  readonly kind: 'vindexParam';
  readonly name: string;
  readonly value: string;
}

export interface RevertMigration extends Node, Commented {
  readonly kind: 'revertMigration';
  readonly uuid: string;
}

export interface AlterMigration extends Node, Commented {
  readonly kind: 'alterMigration';
  readonly action: 'retry' | 'launch' | 'complete' | 'cancel' | 'cleanup' | 'throttle' | 'unthrottle' | 'force_cutover' | 'postpone complete' | 'set cutover_threshold';
  /** Absent for ALL. */
  readonly uuid?: string;
  readonly shards?: string;
  readonly expire?: string;
  readonly ratio?: string;
  readonly threshold?: string;
}

/** `stream * from t`. */
export interface Stream extends Node, Commented {
  readonly kind: 'stream';
  readonly item: SelectItem;
  readonly table: TableName;
}

/** `vstream * from t where … limit n`. */
export interface VStream extends Node, Commented {
  readonly kind: 'vstream';
  readonly item: SelectItem;
  readonly table: TableName;
  readonly where?: Expression;
  readonly limit?: Limit;
}

/** Ours: `create snapshot keyspace [if not exists] name from base as of timestamp '…'`. */
export interface CreateSnapshotKeyspace extends Node, Commented {
  readonly kind: 'createSnapshotKeyspace';
  readonly ifNotExists: boolean;
  readonly name: string;
  /** The keyspace it is a snapshot of. */
  readonly base: string;
  /** The moment: a string, or an expression such as `now() - interval 1 hour`. */
  readonly at: Expression;
  /** Words of WITH (name = value, …). */
  readonly options: readonly VindexParam[];
}

/** Ours. */
export interface DropSnapshotKeyspace extends Node, Commented {
  readonly kind: 'dropSnapshotKeyspace';
  readonly ifExists: boolean;
  readonly name: string;
}

export type VitessNode = VindexParam;
