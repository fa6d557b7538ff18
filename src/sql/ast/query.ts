import type { ColumnRef, Expression, Row, UserVariable, WindowSpec } from './expression.ts';
import type { Commented, Node, TableName } from './node.ts';
import type { TableExpr } from './tableRef.ts';

/** Whatever returns rows and can stand in parentheses. */
export type Query = Select | SetOperation | ValuesQuery | TableQuery | NestedQuery;

/** What may follow any query. */
export interface QueryTail extends Commented {
  readonly with?: With;
  readonly orderBy: readonly OrderItem[];
  readonly limit?: Limit;
  readonly locks: readonly Lock[];
  readonly into?: Into;
}

export interface Select extends Node, QueryTail {
  readonly kind: 'select';
  readonly distinct: boolean;
  /** Lower case, in the order written: `straight_join`, `high_priority`, `sql_calc_found_rows`, `sql_no_cache`, `sql_small_result`, … */
  readonly options: readonly SelectOption[];
  readonly items: readonly SelectItem[];
  /** Empty: no FROM, which `from dual` is too (and is printed as). */
  readonly from: readonly TableExpr[];
  readonly where?: Expression;
  readonly groupBy?: GroupBy;
  readonly having?: Expression;
  readonly windows: readonly NamedWindow[];
  readonly qualify?: Expression;
}

export type SelectOption =
  | 'all' | 'high_priority' | 'straight_join' | 'sql_small_result' | 'sql_big_result' | 'sql_buffer_result'
  | 'sql_cache' | 'sql_no_cache' | 'sql_calc_found_rows';

export type SelectItem = Star | SelectExpr | NextValues;

/** `*`, `t.*`, `s.t.*`. */
export interface Star extends Node {
  readonly kind: 'star';
  readonly schema?: string;
  readonly table?: string;
}

/** Without an alias MySQL names the column after the text from `start` to `end` of this node, parentheses included (a column: after the column). */
export interface SelectExpr extends Node {
  readonly kind: 'selectExpr';
  readonly expr: Expression;
  readonly alias?: string;
}

/** Vitess's `select next n values from seq`; NEXT VALUE is an amount of 1. */
export interface NextValues extends Node {
  readonly kind: 'nextValues';
  readonly amount: Expression;
}

export interface GroupBy extends Node {
  readonly kind: 'groupBy';
  /** Those of MariaDB and old MySQL may have a direction. */
  readonly items: readonly OrderItem[];
  readonly rollup: boolean;
  /** `group by cube (a, b)`. */
  readonly cube?: boolean;
}

export interface OrderItem extends Node {
  readonly kind: 'orderItem';
  readonly expr: Expression;
  /** Always there in ORDER BY (ascending by default); in GROUP BY only when it was written. */
  readonly direction?: 'asc' | 'desc';
}

/** `limit offset, count` and `limit count offset offset`. `count` is absent only in MariaDB's `offset n rows`. */
export interface Limit extends Node {
  readonly kind: 'limit';
  readonly count?: Expression;
  readonly offset?: Expression;
  /** MariaDB's `rows examined n`. */
  readonly rowsExamined?: Expression;
  /** MariaDB's `fetch first n rows with ties`. */
  readonly withTies?: boolean;
}

export interface NamedWindow extends Node {
  readonly kind: 'namedWindow';
  readonly name: string;
  readonly spec: WindowSpec;
}

export interface Lock extends Node {
  readonly kind: 'lock';
  /** `legacy share` is LOCK IN SHARE MODE. */
  readonly strength: 'update' | 'share' | 'legacy share';
  readonly of: readonly TableName[];
  readonly wait?: 'nowait' | 'skip locked' | { readonly seconds: string };
}

export type Into = IntoVariables | IntoFile;

export interface IntoVariables extends Node {
  readonly kind: 'intoVariables';
  /** A {@link ColumnRef} is a local variable of a routine. */
  readonly variables: readonly (UserVariable | ColumnRef)[];
}

export interface IntoFile extends Node {
  readonly kind: 'intoFile';
  /** `outfile s3`, `dumpfile s3`, manifest and the like are Vitess's, for its own tools. */
  readonly type: 'outfile' | 'dumpfile' | 'outfile s3';
  readonly path: string;
  readonly charset?: string;
  readonly format?: FileFormat;
  /** Vitess's trailing options of OUTFILE S3, as written. */
  readonly s3Options?: string;
}

/** FIELDS and LINES clauses of INTO OUTFILE and LOAD DATA; strings are literals decoded as in {@link StringLiteral.value}. */
export interface FileFormat extends Node {
  readonly kind: 'fileFormat';
  readonly fieldsTerminatedBy?: string;
  readonly fieldsEnclosedBy?: string;
  readonly optionallyEnclosed: boolean;
  readonly fieldsEscapedBy?: string;
  readonly linesStartingBy?: string;
  readonly linesTerminatedBy?: string;
}

export interface With extends Node {
  readonly kind: 'with';
  readonly recursive: boolean;
  readonly tables: readonly CommonTable[];
}

export interface CommonTable extends Node {
  readonly kind: 'commonTable';
  readonly name: string;
  readonly columns: readonly string[];
  readonly query: Query;
  /** MariaDB's `cycle a, b restrict`. */
  readonly cycle?: readonly string[];
}

/** Left-associative; INTERSECT binds tighter. An operand with a tail of its own was in parentheses. */
export interface SetOperation extends Node, QueryTail {
  readonly kind: 'setOperation';
  readonly op: 'union' | 'except' | 'intersect';
  /** Without ALL (and with DISTINCT): false. */
  readonly all: boolean;
  readonly left: Query;
  readonly right: Query;
}

/** `values row(1, 2), row(3, 4)` (MariaDB: `values (1, 2), (3, 4)`). */
export interface ValuesQuery extends Node, QueryTail {
  readonly kind: 'values';
  readonly rows: readonly Row[];
  /** Rows were written with the word ROW. */
  readonly rowKeyword: boolean;
}

/** `table t`. */
export interface TableQuery extends Node, QueryTail {
  readonly kind: 'tableQuery';
  readonly table: TableName;
}

/** `(query) order by … limit …` where the inner query has a tail of its own: `(select a from t limit 10) order by a limit 5`. */
export interface NestedQuery extends Node, QueryTail {
  readonly kind: 'nestedQuery';
  readonly query: Query;
}
