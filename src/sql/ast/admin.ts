import type { Assignment } from './dml.ts';
import type { ColumnRef, Expression, UserVariable } from './expression.ts';
import type { Commented, Node, TableName } from './node.ts';
import type { FileFormat, Limit } from './query.ts';

export type AdminStatement =
  | LockTables | UnlockTables | Flush | Kill | TableMaintenance | Xa | Prepare | Execute | Deallocate | Call | Do | HandlerOpen | HandlerClose | HandlerRead | LoadData | Help
  | CompoundBlock | ServerCommand;

export interface LockTables extends Node, Commented {
  readonly kind: 'lockTables';
  readonly tables: readonly LockedTable[];
}

export interface LockedTable extends Node {
  readonly kind: 'lockedTable';
  readonly table: TableName;
  readonly alias?: string;
  readonly type: 'read' | 'read local' | 'write' | 'low_priority write' | 'write concurrent';
}

export interface UnlockTables extends Node, Commented {
  readonly kind: 'unlockTables';
}

export interface Flush extends Node, Commented {
  readonly kind: 'flush';
  readonly local: boolean;
  /** `privileges`, `binary logs`, `relay logs for channel 'x'`, …: each as it is to be written; `tables` when tables are flushed. */
  readonly what: readonly string[];
  readonly tables: readonly TableName[];
  readonly withReadLock: boolean;
  readonly forExport: boolean;
}

export interface Kill extends Node, Commented {
  readonly kind: 'kill';
  readonly type?: 'connection' | 'query' | 'query id';
  /** MariaDB. */
  readonly strength?: 'hard' | 'soft';
  readonly id?: Expression;
  /** MariaDB's KILL USER, as it is to be written. */
  readonly user?: string;
}

export interface TableMaintenance extends Node, Commented {
  readonly kind: 'tableMaintenance';
  readonly verb: 'analyze' | 'optimize' | 'check' | 'repair' | 'checksum';
  readonly local: boolean;
  /** CHECK and REPAIR VIEW of MariaDB. */
  readonly view: boolean;
  readonly tables: readonly TableName[];
  /** What follows: `quick`, `extended`, `for upgrade`, `update histogram on a with 4 buckets`, `persistent for all`, as it is to be written. */
  readonly options: string;
}

export interface Xa extends Node, Commented {
  readonly kind: 'xa';
  readonly action: 'start' | 'end' | 'prepare' | 'commit' | 'rollback' | 'recover';
  /** The transaction's id as it is to be written, all its parts. */
  readonly xid?: string;
  /** `join`, `resume`, `suspend`, `suspend for migrate`, `one phase`, `convert xid`. */
  readonly option?: string;
}

export interface Prepare extends Node, Commented {
  readonly kind: 'prepare';
  readonly name: string;
  /** A string, a user variable, or in MariaDB any expression. */
  readonly from: Expression;
}

export interface Execute extends Node, Commented {
  readonly kind: 'execute';
  readonly name: string;
  /** MariaDB's EXECUTE IMMEDIATE. */
  readonly immediate?: Expression;
  readonly using: readonly Expression[];
}

export interface Deallocate extends Node, Commented {
  readonly kind: 'deallocate';
  readonly verb: 'deallocate' | 'drop';
  readonly name: string;
}

export interface Call extends Node, Commented {
  readonly kind: 'call';
  readonly procedure: TableName;
  readonly args: readonly Expression[];
}

export interface Do extends Node, Commented {
  readonly kind: 'do';
  readonly expressions: readonly Expression[];
}

export interface HandlerOpen extends Node, Commented {
  readonly kind: 'handlerOpen';
  readonly table: TableName;
  readonly alias?: string;
}

export interface HandlerClose extends Node, Commented {
  readonly kind: 'handlerClose';
  readonly table: TableName;
}

export interface HandlerRead extends Node, Commented {
  readonly kind: 'handlerRead';
  readonly table: TableName;
  readonly index?: string;
  readonly move?: 'first' | 'next' | 'prev' | 'last';
  readonly op?: '=' | '<=' | '>=' | '<' | '>';
  readonly values: readonly Expression[];
  readonly where?: Expression;
  readonly limit?: Limit;
}

/** LOAD DATA and LOAD XML. */
export interface LoadData extends Node, Commented {
  readonly kind: 'loadData';
  readonly format: 'data' | 'xml';
  readonly priority?: 'low_priority' | 'concurrent';
  readonly local: boolean;
  /** MySQL 9's and Vitess's sources: `infile`, `url`, `s3`. */
  readonly source: 'infile' | 'url' | 's3' | 's3 file' | 's3 manifest' | 's3 prefix';
  readonly path: string;
  readonly duplicates?: 'ignore' | 'replace';
  /** Absent only where Vitess leaves it out, with S3. */
  readonly table?: TableName;
  readonly partitions: readonly string[];
  readonly charset?: string;
  readonly rowsIdentifiedBy?: string;
  readonly fileFormat?: FileFormat;
  readonly ignoreRows?: string;
  readonly columns: readonly (ColumnRef | UserVariable)[];
  readonly assignments: readonly Assignment[];
}

export interface Help extends Node, Commented {
  readonly kind: 'help';
  readonly topic: string;
}

/** MariaDB's `begin not atomic … end`; the body as text. */
export interface CompoundBlock extends Node, Commented {
  readonly kind: 'compoundBlock';
  readonly body: string;
}

/** Commands to the server that name no table: replication, plugins, diagnostics, shutdown. Kept as words. */
export interface ServerCommand extends Node, Commented {
  readonly kind: 'serverCommand';
  readonly command:
    | 'change master' | 'change replication source' | 'change replication filter' | 'start replica' | 'stop replica' | 'start all replicas' | 'stop all replicas' | 'start group_replication' | 'stop group_replication'
    | 'reset' | 'purge' | 'binlog' | 'install' | 'uninstall' | 'shutdown' | 'restart' | 'clone' | 'import table' | 'lock instance' | 'unlock instance' | 'cache index'
    | 'load index' | 'backup' | 'signal' | 'resignal' | 'get diagnostics' | 'set resource group';
  /** What follows the command's words, as it is to be written. */
  readonly rest: string;
}

export type AdminNode = LockedTable;
