import type { DerivedTable, Expression, JsonTable, Query, Select, TableRef } from '../../sql/index.ts';
import type { CatalogTable } from '../catalog.ts';
import type { PlanKeyspace } from '../plan.ts';
import type { Vindex } from '../../vschema/index.ts';

/** A set of tables of one statement: bit n is the table with id n. */
export type TableSet = bigint;

/** A column of a query's result, or of a table. */
export interface OutputColumn {
  readonly name: string;
  /** query.Type number, where known. */
  readonly type?: number;
  readonly collation?: number;
  /** What it is made of, in terms of the query's own tables; absent for set operations and unknown columns. */
  readonly expr?: Expression;
  readonly invisible?: boolean;
}

/** One occurrence of a table in FROM. Two mentions of the same table are two of these. */
export interface TableInfo {
  readonly id: number;
  readonly set: TableSet;
  /** Alias, or the name as written. */
  readonly name: string;
  /** The schema written or found, for `schema.table.column`. */
  readonly schema?: string;
  readonly columns: readonly OutputColumn[];
  /** True when `columns` are all there are. */
  readonly complete: boolean;
  readonly source: TableSource;
}

export type TableSource =
  | { readonly kind: 'base'; readonly table: CatalogTable; readonly node: TableRef }
  /** `query` holds the definition: of a derived table, a CTE (each mention has a copy of its own) or a view. */
  | { readonly kind: 'derived'; readonly query: Query; readonly node: TableRef | DerivedTable; readonly columnNames: readonly string[] }
  | { readonly kind: 'vindex'; readonly vindex: Vindex; readonly keyspace: PlanKeyspace; readonly node: TableRef }
  | { readonly kind: 'json'; readonly node: JsonTable }
  /** A recursive CTE seen from outside. */
  | { readonly kind: 'recursive'; readonly query: Query; readonly node: TableRef; readonly columnNames: readonly string[]; readonly cte: RecursiveCte }
  /** A recursive CTE seen from its own recursive part. */
  | { readonly kind: 'self'; readonly node: TableRef; readonly cte: RecursiveCte };

export interface RecursiveCte {
  readonly name: string;
  /** Known once the seed is bound. */
  columns: readonly OutputColumn[];
  complete: boolean;
}

/** What the analysis knows of one SELECT. */
export interface SelectInfo {
  readonly select: Select;
  readonly tables: readonly TableInfo[];
  readonly own: TableSet;
  readonly columns: readonly OutputColumn[];
  /** False when a `*` could not be expanded. */
  readonly complete: boolean;
  /** The items with every `*` expanded; as written where that is not possible. */
  readonly items: Select['items'];
  readonly groupBy: readonly Expression[];
  readonly orderBy: readonly { readonly expr: Expression; readonly descending: boolean }[];
  /** Unqualified names that could belong to several tables. */
  readonly ambiguous: readonly string[];
}

export type ColumnBinding =
  | { readonly kind: 'table'; readonly table: TableInfo; readonly name: string }
  | { readonly kind: 'alias'; readonly expr: Expression }
  | { readonly kind: 'ambiguous'; readonly tables: TableSet; readonly name: string }
  /** Of a set operation's ORDER BY. */
  | { readonly kind: 'output'; readonly index: number };
