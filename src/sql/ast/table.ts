import type { Expression } from './expression.ts';
import type { Commented, Node, TableName } from './node.ts';
import type { OrderItem, Query } from './query.ts';

export type TableStatement = CreateTable | DropTable | TruncateTable | RenameTable | CreateIndex | DropIndex;

/** `create table …` in all forms: with definitions, LIKE another table, filled from a query. */
export interface CreateTable extends Node, Commented {
  readonly kind: 'createTable';
  readonly table: TableName;
  readonly temporary: boolean;
  /** MariaDB. */
  readonly orReplace: boolean;
  readonly ifNotExists: boolean;
  /** `like other`; nothing else is written then. */
  readonly like?: TableName;
  readonly columns: readonly ColumnDefinition[];
  readonly indexes: readonly IndexDefinition[];
  readonly checks: readonly CheckDefinition[];
  /** MariaDB's `period for …`. */
  readonly periods: readonly PeriodDefinition[];
  readonly options: readonly TableOption[];
  readonly partitioning?: Partitioning;
  /** What happens to a duplicate row of the query. */
  readonly duplicates?: 'ignore' | 'replace';
  readonly query?: Query;
}

export interface ColumnDefinition extends Node {
  readonly kind: 'columnDefinition';
  readonly name: string;
  /** Absent for a column of MariaDB that is defined by its expression's type alone (`row_start … generated`), and for `serial`-like words never. */
  readonly type: ColumnType;
  readonly attributes: readonly ColumnAttribute[];
}

export interface ColumnType extends Node {
  readonly kind: 'columnType';
  /** Lower case, one spelling: `integer` → `int`, `character varying` → `varchar`, `bool` → `tinyint` with length 1, `dec` and `numeric` → `decimal`. */
  readonly name: string;
  /** As written, without spaces: `10` or `10,2`. */
  readonly length?: string;
  /** Members of ENUM and SET. */
  readonly members?: readonly string[];
  readonly unsigned: boolean;
  readonly zerofill: boolean;
  readonly charset?: string;
  readonly collate?: string;
  /** `char(10) binary`: the binary collation of the character set. */
  readonly binary: boolean;
}

/** One attribute of a column, in the order written. */
export type ColumnAttribute =
  | FlagAttribute | DefaultAttribute | OnUpdateAttribute | GeneratedAttribute | TextAttribute | ReferenceAttribute | CheckAttribute | ReferenceSystem;

export interface FlagAttribute extends Node {
  readonly kind: 'flagAttribute';
  readonly flag:
    | 'null' | 'not null' | 'auto_increment' | 'unique key' | 'primary key' | 'key' | 'visible' | 'invisible' | 'not secondary' | 'compressed'
    | 'with system versioning' | 'without system versioning' | 'serial default value';
}

export interface DefaultAttribute extends Node {
  readonly kind: 'defaultAttribute';
  readonly value: Expression;
  /** `default (expr)`. */
  readonly parenthesised: boolean;
}

export interface OnUpdateAttribute extends Node {
  readonly kind: 'onUpdateAttribute';
  readonly value: Expression;
}

export interface GeneratedAttribute extends Node {
  readonly kind: 'generatedAttribute';
  /** Absent for MariaDB's `generated always as row start` and `row end`. */
  readonly expression?: Expression;
  readonly row?: 'start' | 'end';
  readonly storage?: 'virtual' | 'stored';
}

/** `comment '…'`, `collate …`, `column_format …` and other attributes with one word, string or number. */
export interface TextAttribute extends Node {
  readonly kind: 'textAttribute';
  readonly name: 'comment' | 'collate' | 'column_format' | 'storage' | 'engine_attribute' | 'secondary_engine_attribute' | 'srid' | 'compressed';
  /** Strings decoded. */
  readonly value: string;
}

/** MariaDB's `ref_system_id = 101`. */
export interface ReferenceSystem extends Node {
  readonly kind: 'referenceSystem';
  readonly id: string;
}

export interface CheckAttribute extends Node {
  readonly kind: 'checkAttribute';
  readonly name?: string;
  readonly condition: Expression;
  readonly enforced?: boolean;
}

export type ReferenceAction = 'restrict' | 'cascade' | 'set null' | 'no action' | 'set default';

/** `references t (a, b) match full on delete cascade`. */
export interface ReferenceAttribute extends Node {
  readonly kind: 'reference';
  readonly table: TableName;
  readonly columns: readonly string[];
  readonly match?: 'full' | 'partial' | 'simple';
  readonly onDelete?: ReferenceAction;
  readonly onUpdate?: ReferenceAction;
}

export type IndexType = 'primary key' | 'unique key' | 'key' | 'fulltext key' | 'spatial key' | 'vector key' | 'foreign key';

/** A key in CREATE TABLE or ADD; INDEX and KEY are one. */
export interface IndexDefinition extends Node {
  readonly kind: 'indexDefinition';
  readonly type: IndexType;
  /** `constraint name`; the empty string for CONSTRAINT without a name. */
  readonly constraint?: string;
  readonly name?: string;
  /** MariaDB. */
  readonly ifNotExists: boolean;
  readonly parts: readonly IndexPart[];
  readonly options: readonly IndexOption[];
  /** Of a foreign key. */
  readonly reference?: ReferenceAttribute;
}

/** A column, a prefix of it, or an expression. */
export interface IndexPart extends Node {
  readonly kind: 'indexPart';
  readonly column?: string;
  readonly length?: string;
  readonly expression?: Expression;
  readonly direction?: 'asc' | 'desc';
  /** MariaDB's `period without overlaps`. */
  readonly withoutOverlaps: boolean;
}

export interface IndexOption extends Node {
  readonly kind: 'indexOption';
  /** `using`, `key_block_size`, `with parser`, `comment`, `visible`, `invisible`, `engine_attribute`, `ignored`, …, lower case. */
  readonly name: string;
  /** As it is to be written (strings quoted). */
  readonly value?: string;
}

export interface CheckDefinition extends Node {
  readonly kind: 'checkDefinition';
  readonly constraint?: string;
  readonly ifNotExists: boolean;
  readonly condition: Expression;
  readonly enforced?: boolean;
}

export interface PeriodDefinition extends Node {
  readonly kind: 'periodDefinition';
  readonly ifNotExists: boolean;
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

/** `engine = InnoDB`, `default charset = utf8mb4`: the name lower case and in one spelling (`charset`, `collate`, …). */
export interface TableOption extends Node {
  readonly kind: 'tableOption';
  readonly name: string;
  /** As it is to be written: a word, a number, a quoted string, `(a, b)` for UNION; empty for `with system versioning`. */
  readonly value: string;
}

export interface Partitioning extends Node {
  readonly kind: 'partitioning';
  readonly by: PartitionMethod;
  /** The number in PARTITIONS n. */
  readonly count?: string;
  readonly sub?: { readonly by: PartitionMethod; readonly count?: string };
  readonly definitions: readonly PartitionDefinition[];
}

export interface PartitionMethod extends Node {
  readonly kind: 'partitionMethod';
  readonly type: 'hash' | 'key' | 'range' | 'range columns' | 'list' | 'list columns' | 'system_time';
  readonly linear: boolean;
  /** `algorithm = 2` of KEY. */
  readonly algorithm?: string;
  readonly expression?: Expression;
  readonly columns?: readonly string[];
  /** MariaDB's `interval 1 hour starts …`, `limit 100`, `auto`: as it is to be written. */
  readonly rest?: string;
}

export interface PartitionDefinition extends Node {
  readonly kind: 'partitionDefinition';
  /** It is a SUBPARTITION. */
  readonly subpartition: boolean;
  readonly name: string;
  readonly lessThan?: readonly Expression[];
  /** `less than maxvalue` without parentheses. */
  readonly maxvalue: boolean;
  /** A row for each member of LIST COLUMNS with several columns. */
  readonly in?: readonly Expression[];
  /** MariaDB: `values in (default)` as `default`, and `history`, `current` of system_time. */
  readonly special?: 'default' | 'history' | 'current';
  readonly options: readonly TableOption[];
  readonly subpartitions: readonly PartitionDefinition[];
}

export interface DropTable extends Node, Commented {
  readonly kind: 'dropTable';
  readonly temporary: boolean;
  readonly ifExists: boolean;
  readonly tables: readonly TableName[];
  /** RESTRICT and CASCADE do nothing. */
  readonly behaviour?: 'restrict' | 'cascade';
  readonly wait?: LockWait;
}

/** MariaDB's `wait 5` and `nowait`. */
export type LockWait = 'nowait' | { readonly seconds: string };

export interface TruncateTable extends Node, Commented {
  readonly kind: 'truncateTable';
  readonly table: TableName;
  readonly wait?: LockWait;
}

export interface RenameTable extends Node, Commented {
  readonly kind: 'renameTable';
  readonly ifExists: boolean;
  readonly renames: readonly RenamePair[];
}

export interface RenamePair extends Node {
  readonly kind: 'renamePair';
  readonly from: TableName;
  readonly to: TableName;
  readonly wait?: LockWait;
}

export interface CreateIndex extends Node, Commented {
  readonly kind: 'createIndex';
  /** MariaDB. */
  readonly orReplace: boolean;
  readonly table: TableName;
  /** Its `parts`, `options` and name; ALGORITHM and LOCK are options here. */
  readonly index: IndexDefinition;
  readonly wait?: LockWait;
}

export interface DropIndex extends Node, Commented {
  readonly kind: 'dropIndex';
  readonly ifExists: boolean;
  /** `PRIMARY` for the primary key. */
  readonly name: string;
  readonly table: TableName;
  /** ALGORITHM and LOCK. */
  readonly options: readonly IndexOption[];
  readonly wait?: LockWait;
}

export type TableNode =
  | ColumnDefinition | ColumnType | ColumnAttribute | IndexDefinition | IndexPart | IndexOption | CheckDefinition | PeriodDefinition | TableOption
  | Partitioning | PartitionMethod | PartitionDefinition | RenamePair | OrderItem;
