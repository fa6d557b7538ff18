import type { ColumnRef, Expression, Row } from './expression.ts';
import type { Commented, Node, TableName } from './node.ts';
import type { Limit, OrderItem, Query, SelectItem, With } from './query.ts';
import type { TableExpr } from './tableRef.ts';

export type DmlStatement = Insert | Update | Delete;

export interface Insert extends Node, Commented {
  readonly kind: 'insert';
  readonly verb: 'insert' | 'replace';
  readonly priority?: 'low_priority' | 'delayed' | 'high_priority';
  readonly ignore: boolean;
  readonly table: TableName;
  readonly partitions: readonly string[];
  /** Absent: no list was written, or `()`. `insert … set a = 1` is the same as columns and one row of values. */
  readonly columns?: readonly ColumnRef[];
  /** Rows of values, or a query (VALUES ROW(…) and TABLE t included). */
  readonly source: InsertRows | Query;
  /** `as new (a, b)` after the source. */
  readonly rowAlias?: RowAlias;
  readonly onDuplicate: readonly Assignment[];
  /** MariaDB. */
  readonly returning?: readonly SelectItem[];
}

export interface InsertRows extends Node {
  readonly kind: 'insertRows';
  readonly rows: readonly Row[];
}

export interface RowAlias extends Node {
  readonly kind: 'rowAlias';
  readonly name: string;
  readonly columns: readonly string[];
}

/** `column = value` of UPDATE and ON DUPLICATE KEY UPDATE; the value may be {@link DefaultValue}. */
export interface Assignment extends Node {
  readonly kind: 'assignment';
  readonly column: ColumnRef;
  readonly value: Expression;
}

export interface Update extends Node, Commented {
  readonly kind: 'update';
  readonly with?: With;
  readonly lowPriority: boolean;
  readonly ignore: boolean;
  /** One table: the single-table form, which alone may have ORDER BY and LIMIT (MariaDB allows them everywhere). */
  readonly from: readonly TableExpr[];
  readonly assignments: readonly Assignment[];
  readonly where?: Expression;
  readonly orderBy: readonly OrderItem[];
  readonly limit?: Limit;
  readonly returning?: readonly SelectItem[];
}

export interface Delete extends Node, Commented {
  readonly kind: 'delete';
  readonly with?: With;
  readonly lowPriority: boolean;
  readonly quick: boolean;
  readonly ignore: boolean;
  /** Empty: the single-table form `delete from t …`. Names or aliases of entries of `from` otherwise. */
  readonly targets: readonly TableName[];
  readonly from: readonly TableExpr[];
  readonly where?: Expression;
  readonly orderBy: readonly OrderItem[];
  readonly limit?: Limit;
  readonly returning?: readonly SelectItem[];
}
