import type { CastType, Expression, JsonOn } from './expression.ts';
import type { Node, TableName } from './node.ts';
import type { Query } from './query.ts';

/** Anything that stands in FROM. */
export type TableExpr = TableRef | DerivedTable | JsonTable | Join;

export interface TableRef extends Node {
  readonly kind: 'table';
  readonly table: TableName;
  readonly alias?: string;
  readonly partitions: readonly string[];
  readonly indexHints: readonly IndexHint[];
  /** `t as of timestamp '…'`: the table as it was then (ours, and `for system_time` of MariaDB). */
  readonly asOf?: AsOf;
  /** MariaDB's `for portion of period from a to b` of UPDATE and DELETE. */
  readonly portion?: Portion;
  /** `tablesample system (10)`. */
  readonly sample?: TableSample;
}

export interface AsOf extends Node {
  readonly kind: 'asOf';
  /** `timestamp`: AS OF TIMESTAMP expr, routed to a snapshot; the others are MariaDB's `for system_time …`. */
  readonly type: 'timestamp' | 'system_time as of' | 'system_time between' | 'system_time from' | 'system_time all';
  readonly at?: Expression;
  /** The end of BETWEEN and FROM … TO. */
  readonly to?: Expression;
}

export interface Portion extends Node {
  readonly kind: 'portion';
  readonly period: string;
  readonly from: Expression;
  readonly to: Expression;
}

export interface TableSample extends Node {
  readonly kind: 'tableSample';
  readonly method: 'system' | 'bernoulli';
  readonly percent: Expression;
}

export interface IndexHint extends Node {
  readonly kind: 'indexHint';
  /** The last two are Vitess's. */
  readonly action: 'use' | 'ignore' | 'force' | 'use vindex' | 'ignore vindex';
  readonly for?: 'join' | 'order by' | 'group by';
  /** `primary` included; empty for `use index ()`. */
  readonly indexes: readonly string[];
}

export interface DerivedTable extends Node {
  readonly kind: 'derivedTable';
  readonly query: Query;
  readonly lateral: boolean;
  readonly alias?: string;
  /** `as t (a, b)`. */
  readonly columns: readonly string[];
}

/** Comma-separated tables inside parentheses are `cross` joins; in FROM itself they are several entries of `from`. */
export interface Join extends Node {
  readonly kind: 'join';
  /** JOIN, INNER JOIN: `inner`. A CROSS JOIN with a condition is `inner`, a JOIN without one stays `inner`. */
  readonly type: 'inner' | 'cross' | 'straight' | 'left' | 'right' | 'full';
  readonly natural: boolean;
  readonly left: TableExpr;
  readonly right: TableExpr;
  readonly on?: Expression;
  readonly using?: readonly string[];
}

export interface JsonTable extends Node {
  readonly kind: 'jsonTable';
  readonly document: Expression;
  readonly path: Expression;
  readonly columns: readonly JsonTableColumn[];
  readonly alias: string;
}

export type JsonTableColumn = JsonTableOrdinality | JsonTablePath | JsonTableNested;

export interface JsonTableOrdinality extends Node {
  readonly kind: 'jsonTableOrdinality';
  readonly name: string;
}

export interface JsonTablePath extends Node {
  readonly kind: 'jsonTablePath';
  readonly name: string;
  readonly type: CastType;
  /** `exists path`. */
  readonly exists: boolean;
  readonly path: Expression;
  readonly onEmpty?: JsonOn;
  readonly onError?: JsonOn;
}

export interface JsonTableNested extends Node {
  readonly kind: 'jsonTableNested';
  readonly path: Expression;
  readonly columns: readonly JsonTableColumn[];
}
