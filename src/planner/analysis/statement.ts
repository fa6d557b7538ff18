import { mapChildren, type ColumnRef, type Delete, type Expression, type Insert, type Node, type Query, type Select } from '../../sql/index.ts';
import type { Catalog } from '../catalog.ts';
import type { PlanContext } from '../context.ts';
import type { Primitive, UncorrelatedSubquery } from '../plan.ts';
import type { ColumnBinding, OutputColumn, SelectInfo, TableInfo, TableSet } from './tableInfo.ts';

/** A subquery taken out of the statement, to be run before the rest. */
export type Pullout = Omit<UncorrelatedSubquery, 'op' | 'outer'>;

/** The planning of DML, for statements that need others beside them (lookup tables). */
export interface DmlPlanners {
  readonly insert: (st: PlanningStatement, ast: Insert) => Primitive;
  readonly delete: (st: PlanningStatement, ast: Delete) => Primitive;
}

/**
 * What is known while one statement is planned. Bindings hang on nodes by identity; {@link rewriteBound} carries them over when a tree
 * is rewritten, so the same facts hold for the new nodes.
 */
export class PlanningStatement {
  readonly catalog: Catalog;
  readonly context: PlanContext;
  readonly dml: DmlPlanners;
  readonly tables: TableInfo[] = [];
  readonly bindings = new WeakMap<ColumnRef, ColumnBinding>();
  readonly tableOf = new WeakMap<Node, TableInfo>();
  readonly selects = new WeakMap<Select, SelectInfo>();
  readonly outputs = new WeakMap<Query, { readonly columns: readonly OutputColumn[]; readonly complete: boolean }>();
  readonly pullouts: Pullout[] = [];
  readonly tablesUsed = new Set<string>();
  readonly snapshotKeyspaces = new Set<string>();
  /** The text a node was parsed from, for views and other texts than the statement's own. */
  readonly texts = new WeakMap<Node, string>();
  /** Of the outermost statement: they hold for everything it sends. */
  readonly directives: { queryTimeoutMs?: number; scatterErrorsAsWarnings: boolean } = { scatterErrorsAsWarnings: false };
  readonly setCache = new WeakMap<Node, TableSet>();
  private readonly names = new Set<string>();
  private subqueries = 0;

  constructor(catalog: Catalog, context: PlanContext, dml: DmlPlanners) {
    this.catalog = catalog;
    this.context = context;
    this.dml = dml;
  }

  /** A bind variable name that nothing else in the statement uses. */
  reserve(wanted: string): string {
    let name = wanted;
    for (let n = 1; this.names.has(name); n++) name = `${wanted}${n}`;
    this.names.add(name);
    return name;
  }

  nextSubquery(): { readonly result: string; readonly hasValues: string } {
    this.subqueries++;
    return { result: this.reserve(`__sq${this.subqueries}`), hasValues: this.reserve(this.subqueries === 1 ? '__sq_has_values' : `__sq_has_values${this.subqueries}`) };
  }

  addTable(info: Omit<TableInfo, 'id' | 'set'>): TableInfo {
    const id = this.tables.length;
    const table: TableInfo = { ...info, id, set: 1n << BigInt(id) };
    this.tables.push(table);
    return table;
  }

  /**
   * Rewrites top-down; `replace` answers undefined to go in. Nodes whose children changed are new objects and inherit what was bound to the old.
   */
  rewriteBound<T extends Node>(node: T, replace: (node: Node) => Node | undefined): T {
    const walk = (old: Node): Node => {
      const replaced = replace(old);
      if (replaced !== undefined) return replaced;
      const fresh = mapChildren(old, walk);
      if (fresh !== old) this.inherit(old, fresh);
      return fresh;
    };
    return walk(node) as T;
  }

  /** Gives `fresh` all that is known of `old`. */
  inherit(old: Node, fresh: Node): void {
    const table = this.tableOf.get(old);
    if (table !== undefined) this.tableOf.set(fresh, table);
    const text = this.texts.get(old);
    if (text !== undefined) this.texts.set(fresh, text);
    if (old.kind === 'select') {
      const info = this.selects.get(old as Select);
      if (info !== undefined) this.selects.set(fresh as Select, this.refresh(info, old as Select, fresh as Select));
    }
    const output = this.outputs.get(old as Query);
    if (output !== undefined) this.outputs.set(fresh as Query, fresh.kind === 'select' ? this.selects.get(fresh as Select) ?? output : output);
    if (old.kind === 'column') {
      const binding = this.bindings.get(old as ColumnRef);
      if (binding !== undefined) this.bindings.set(fresh as ColumnRef, binding);
    }
  }

  /** The facts of a select whose parts were rewritten: lists that were resolved from the old parts follow the new ones. */
  private refresh(info: SelectInfo, old: Select, fresh: Select): SelectInfo {
    const moved = new Map<Node, Node>();
    const pair = (a: Node, b: Node): void => {
      moved.set(a, b);
    };
    old.items.forEach((item, i) => {
      const now = fresh.items[i];
      if (now === undefined) return;
      pair(item, now);
      if (item.kind === 'selectExpr' && now.kind === 'selectExpr') pair(item.expr, now.expr);
    });
    old.groupBy?.items.forEach((item, i) => {
      const now = fresh.groupBy?.items[i];
      if (now !== undefined) pair(item.expr, now.expr);
    });
    old.orderBy.forEach((item, i) => {
      const now = fresh.orderBy[i];
      if (now !== undefined) pair(item.expr, now.expr);
    });
    const follow = <E extends Node>(e: E): E => (moved.get(e) as E | undefined) ?? e;
    return {
      ...info,
      select: fresh,
      items: info.items.map(follow),
      columns: info.columns.map((column) => (column.expr === undefined ? column : { ...column, expr: follow(column.expr) })),
      groupBy: info.groupBy.map(follow),
      orderBy: info.orderBy.map((o) => ({ ...o, expr: follow(o.expr) })),
    };
  }

  info(select: Select): SelectInfo {
    const info = this.selects.get(select);
    if (info === undefined) throw new Error('a select was planned before it was bound');
    return info;
  }

  bind(column: ColumnRef, binding: ColumnBinding): ColumnRef {
    this.bindings.set(column, binding);
    return column;
  }

  /** A new reference to a table's column. */
  columnOf(table: TableInfo, name: string): ColumnRef {
    return this.bind({ kind: 'column', table: table.name, name, start: -1, end: -1 }, { kind: 'table', table, name });
  }

  /** Aliases (of GROUP BY, HAVING, ORDER BY) replaced by what they stand for. */
  expand(expr: Expression): Expression {
    return this.rewriteBound(expr, (node) => {
      if (node.kind !== 'column') return undefined;
      const binding = this.bindings.get(node as ColumnRef);
      return binding?.kind === 'alias' ? this.expand(binding.expr) : node;
    });
  }
}
