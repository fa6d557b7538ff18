import type { Expression } from './expression.ts';
import type { Commented, Node, TableName } from './node.ts';
import type { OrderItem } from './query.ts';
import type { CheckDefinition, ColumnDefinition, IndexDefinition, IndexOption, LockWait, PartitionDefinition, Partitioning, PeriodDefinition, TableOption } from './table.ts';

export interface AlterTable extends Node, Commented {
  readonly kind: 'alterTable';
  readonly table: TableName;
  /** MariaDB. */
  readonly online: boolean;
  readonly ignore: boolean;
  readonly ifExists: boolean;
  readonly wait?: LockWait;
  readonly actions: readonly AlterAction[];
  readonly partitioning?: Partitioning;
}

export type AlterAction =
  | AddColumns | AddIndex | AddCheck | AddPeriod | AlterColumn | ChangeColumn | DropPart | RenamePart | AlterPart | TableOptions | OrderRows | ConvertCharset
  | PartitionAction | PlainAction;

/** `add column a int first`, `add (a int, b int)`. */
export interface AddColumns extends Node {
  readonly kind: 'addColumns';
  readonly ifNotExists: boolean;
  readonly columns: readonly ColumnDefinition[];
  /** Definitions of keys and checks that stood in the parentheses with the columns. */
  readonly others: readonly (IndexDefinition | CheckDefinition)[];
  readonly position?: ColumnPosition;
}

/** FIRST is true; otherwise the column that it stands behind. */
export type ColumnPosition = { readonly first: true } | { readonly after: string };

export interface AddIndex extends Node {
  readonly kind: 'addIndex';
  readonly index: IndexDefinition;
}

export interface AddCheck extends Node {
  readonly kind: 'addCheck';
  readonly check: CheckDefinition;
}

/** MariaDB. */
export interface AddPeriod extends Node {
  readonly kind: 'addPeriod';
  readonly period: PeriodDefinition;
}

/** `alter column a set default …`, `drop default`, `set visible`. */
export interface AlterColumn extends Node {
  readonly kind: 'alterColumn';
  readonly ifExists: boolean;
  readonly column: string;
  readonly action: 'set default' | 'drop default' | 'set visible' | 'set invisible';
  readonly value?: Expression;
  readonly parenthesised: boolean;
}

/** `change a b int` and `modify a int` (no `from`). */
export interface ChangeColumn extends Node {
  readonly kind: 'changeColumn';
  readonly ifExists: boolean;
  readonly from?: string;
  readonly column: ColumnDefinition;
  readonly position?: ColumnPosition;
}

export interface DropPart extends Node {
  readonly kind: 'dropPart';
  readonly what: 'column' | 'key' | 'foreign key' | 'primary key' | 'check' | 'constraint' | 'period' | 'partition' | 'system versioning';
  readonly ifExists: boolean;
  /** None for a primary key and system versioning, several for partitions. */
  readonly names: readonly string[];
  readonly behaviour?: 'restrict' | 'cascade';
}

export interface RenamePart extends Node {
  readonly kind: 'renamePart';
  readonly what: 'column' | 'key' | 'table';
  readonly ifExists: boolean;
  readonly from?: string;
  /** A table's new name. */
  readonly table?: TableName;
  readonly to?: string;
}

/** `alter index i invisible`, `alter check c not enforced`, `alter constraint c enforced`, `alter index i ignored`. */
export interface AlterPart extends Node {
  readonly kind: 'alterPart';
  readonly what: 'key' | 'check' | 'constraint';
  readonly ifExists: boolean;
  readonly name: string;
  readonly state: 'visible' | 'invisible' | 'enforced' | 'not enforced' | 'ignored' | 'not ignored';
}

export interface TableOptions extends Node {
  readonly kind: 'tableOptions';
  readonly options: readonly TableOption[];
}

export interface OrderRows extends Node {
  readonly kind: 'orderRows';
  readonly orderBy: readonly OrderItem[];
}

export interface ConvertCharset extends Node {
  readonly kind: 'convertCharset';
  /** `default` for `convert to character set default`. */
  readonly charset: string;
  readonly collate?: string;
}

/** ADD, REORGANIZE, EXCHANGE, COALESCE and the like. */
export interface PartitionAction extends Node {
  readonly kind: 'partitionAction';
  readonly action:
    | 'add' | 'reorganize' | 'exchange' | 'convert to table' | 'convert from table' | 'coalesce' | 'truncate' | 'analyze' | 'check' | 'optimize' | 'rebuild' | 'repair' | 'discard'
    | 'import' | 'remove partitioning' | 'upgrade partitioning' | 'secondary_load' | 'secondary_unload';
  readonly local: boolean;
  readonly ifNotExists: boolean;
  /** Empty for ALL. */
  readonly names: readonly string[];
  readonly all: boolean;
  readonly definitions: readonly PartitionDefinition[];
  /** The table of EXCHANGE and CONVERT. */
  readonly table?: TableName;
  readonly validation?: 'with' | 'without';
  /** The number of COALESCE and of ADD PARTITION PARTITIONS n. */
  readonly count?: string;
  /** The words behind CHECK and REPAIR PARTITION: `for upgrade`, `quick`, … */
  readonly words: readonly string[];
}

/** What is only a few words. */
export interface PlainAction extends Node {
  readonly kind: 'plainAction';
  readonly action:
    | 'force' | 'enable keys' | 'disable keys' | 'discard tablespace' | 'import tablespace' | 'add system versioning' | 'with validation' | 'without validation'
    | 'secondary_load' | 'secondary_unload' | 'algorithm' | 'lock';
  /** The word behind ALGORITHM and LOCK, lower case. */
  readonly value?: string;
}

export type AlterTableNode = AlterAction | IndexOption;
