import type { Expression, Limit, Lock, Query, TableExpr } from '../../sql/index.ts';
import type { CatalogTable, TableVindex } from '../catalog.ts';
import type { EvalExpr } from '../evalExpr.ts';
import type { PlanKeyspace, Primitive, RouteVariant, ShardTarget } from '../plan.ts';
import type { OutputColumn, TableInfo, TableSet } from '../analysis/tableInfo.ts';
import type { Vindex } from '../../vschema/index.ts';

/**
 * Operators: the statement's FROM and WHERE as a tree that can still change. Merging and predicate push-down make new operators
 * (the old ones stay as they were); once the shape is decided, columns are asked for with `addColumn` and the tree becomes primitives.
 */
export type Operator = RouteOperator | JoinOperator | DerivedOperator | FilterOperator | SemiJoinOperator | VindexFuncOperator | InlineOperator;

/** A table whose shards a route must cover, wherever in the route's statement it stands. */
export interface RoutedTable {
  readonly info: TableInfo;
  readonly table: CatalogTable;
  /** Vindexes that hints allow, write-only ones left out. */
  readonly vindexes: readonly TableVindex[];
  /** On the inner side of an outer join: says nothing about where the row is. */
  readonly nullable: boolean;
}

/** What decides where a route goes. `any`: the data is wherever it is asked for in the keyspace; `dual`: in any keyspace. */
export type RouteClass = 'sharded' | 'unsharded' | 'any' | 'dual' | 'system' | 'none' | 'next' | 'target';

export interface RouteOperator {
  readonly kind: 'route';
  readonly class: RouteClass;
  readonly keyspace: PlanKeyspace;
  readonly tabletType?: CatalogTable['tabletType'];
  readonly target?: ShardTarget;
  /** Tables of the block it stands in. */
  readonly set: TableSet;
  /** Tables of all blocks in it, for routing. */
  readonly tables: readonly RoutedTable[];
  /** Conditions that hold for every row, columns of derived tables replaced by what they are made of. */
  readonly known: readonly Expression[];
  readonly from: readonly TableExpr[];
  readonly where: readonly Expression[];
  /** The whole statement, when it is not to be built from the parts above. */
  body?: Query;
  /** Tables whose name differs from the catalog's first answer: copies of reference data in another keyspace. */
  readonly renamed: ReadonlyMap<number, CatalogTable>;
  /** Route options that other parts of the statement brought in (a subquery pinned to one shard). */
  readonly fixed?: RouteOption;
  readonly locks: readonly Lock[];
  /** The columns asked for so far, while the statement is built from parts. */
  readonly items: RouteItem[];
  readonly order: RouteOrder[];
  limit?: Limit;
  groupBy?: readonly Expression[];
  distinct?: boolean;
  /** An outer join was merged into a single-shard route: rows are due even when the value belongs to no shard. */
  readonly alwaysOneShard?: boolean;
  /** Output columns, when `body` is set. */
  readonly columns?: readonly OutputColumn[];
  readonly complete?: boolean;
  readonly tableNames?: readonly string[];
}

export interface RouteItem { readonly expr: Expression; readonly key: string; readonly alias?: string }
export interface RouteOrder { readonly expr: Expression; readonly column: number; readonly weightColumn?: number; readonly descending: boolean; readonly type?: number; readonly collation?: number }

/** One way to choose shards. */
export interface RouteOption {
  readonly variant: RouteVariant;
  readonly vindex?: Vindex;
  readonly values: readonly Expression[];
  readonly unique: boolean;
  readonly cost: number;
  /** The IN nodes whose list is split per shard: one per value, where there is one. */
  readonly lists: readonly (Expression | undefined)[];
  readonly pinned?: Buffer;
}

export interface JoinOperator {
  readonly kind: 'join';
  readonly type: 'inner' | 'left';
  readonly left: Operator;
  readonly right: Operator;
  readonly set: TableSet;
  /** Bind variables for the right side: what they are of the left. */
  readonly vars: Map<string, Expression>;
  readonly columns: JoinOutput[];
  /** Set when the right side can't take conditions: the rows are matched here. */
  readonly hash?: { readonly left: Expression; readonly right: Expression };
}
export type JoinOutput = { readonly from: 'L' | 'R'; readonly index: number; readonly key: string } | { readonly from: 'eval'; readonly expr: EvalExpr; readonly text: string; readonly key: string };

/** A derived table, CTE or union that stays a plan of its own; its columns are reached by position. */
export interface DerivedOperator {
  readonly kind: 'derived';
  readonly table: TableInfo;
  readonly set: TableSet;
  /** Plans it, with conditions pushed in and, where asked, weight strings behind the columns. */
  readonly plan: (options: DerivedOptions) => PlannedQuery;
  readonly conditions: readonly Expression[];
  /** False when a condition would change the answer (LIMIT, window functions, recursion). */
  readonly takesConditions: boolean;
  readonly columns: DerivedOutput[];
  readonly state: { weights: boolean };
}
export interface DerivedOptions { readonly conditions: readonly Expression[]; readonly weights: boolean }
export type DerivedOutput = { readonly key: string; readonly column: number } | { readonly key: string; readonly weightOf: number } | { readonly key: string; readonly eval: EvalExpr; readonly text: string };

/** A simple derived table over a join: its columns are the join's expressions. */
export interface InlineOperator {
  readonly kind: 'inline';
  readonly table: TableInfo;
  readonly set: TableSet;
  readonly inner: Operator;
}

export interface FilterOperator {
  readonly kind: 'filter';
  readonly input: Operator;
  readonly set: TableSet;
  readonly conditions: readonly Expression[];
}

export interface SemiJoinOperator {
  readonly kind: 'semiJoin';
  readonly anti: boolean;
  readonly left: Operator;
  readonly right: PlannedQuery;
  readonly set: TableSet;
  readonly vars: ReadonlyMap<string, Expression>;
}

export interface VindexFuncOperator {
  readonly kind: 'vindexFunc';
  readonly table: TableInfo;
  readonly set: TableSet;
  readonly vindex: Vindex;
  readonly keyspace: PlanKeyspace;
  readonly value?: Expression;
  readonly columns: number[];
}

/** A query that is planned to its end. */
export interface PlannedQuery {
  readonly columns: readonly OutputColumn[];
  readonly complete: boolean;
  /** Set when the whole query is one route that needs nothing on top. */
  readonly route?: RouteOperator;
  /** Position of the weight string of each output column, where one was asked for and is needed. */
  readonly weights: readonly (number | undefined)[];
  build(): Primitive;
}
