import { children, printExpression, some, type Aggregate, type ColumnRef, type Expression, type Node, type Query } from '../../sql/index.ts';
import type { PlanningStatement } from './statement.ts';
import type { TableSet } from './tableInfo.ts';

/** The tables an expression (or query) refers to, those of its own subqueries included. */
export function tablesOf(st: PlanningStatement, node: Node): TableSet {
  const cached = st.setCache.get(node);
  if (cached !== undefined) return cached;
  let set = 0n;
  if (node.kind === 'column') {
    const binding = st.bindings.get(node as ColumnRef);
    if (binding?.kind === 'table') set = binding.table.set;
    else if (binding?.kind === 'alias') set = tablesOf(st, binding.expr);
    else if (binding?.kind === 'ambiguous') set = binding.tables;
  } else {
    for (const child of children(node)) set |= tablesOf(st, child);
  }
  st.setCache.set(node, set);
  return set;
}

export function isSubset(inner: TableSet, outer: TableSet): boolean {
  return (inner & ~outer) === 0n;
}

const isQuery = (node: Node): boolean => node.kind === 'subquery' || node.kind === 'exists' || node.kind === 'derivedTable';

/** Subqueries directly in the expression, outermost only. */
export function subqueriesOf(node: Node): Expression[] {
  const found: Expression[] = [];
  const walk = (n: Node): void => {
    if (n.kind === 'subquery' || n.kind === 'exists') found.push(n as Expression);
    else for (const child of children(n)) walk(child);
  };
  walk(node);
  return found;
}

export function hasSubquery(node: Node): boolean {
  return some(node, (n) => n.kind === 'subquery' || n.kind === 'exists');
}

/** Aggregates of this level that do not stand in a window or a subquery. */
export function aggregatesOf(st: PlanningStatement, node: Node): Expression[] {
  const found: Expression[] = [];
  const walk = (n: Node): void => {
    if (isAggregate(st, n)) found.push(n as Expression);
    else if (n.kind === 'column') {
      const binding = st.bindings.get(n as ColumnRef);
      if (binding?.kind === 'alias') walk(binding.expr);
    } else if (!isQuery(n)) for (const child of children(n)) walk(child);
  };
  walk(node);
  return found;
}

export function isAggregate(st: PlanningStatement, n: Node): boolean {
  if (n.kind === 'aggregate') return (n as Aggregate).over === undefined;
  return n.kind === 'function' && st.catalog.isAggregateFunction((n as { name?: string }).name ?? '') && (n as { over?: unknown }).over === undefined;
}

export function hasAggregate(st: PlanningStatement, node: Node): boolean {
  return aggregatesOf(st, node).length > 0;
}

/** Window functions of this level. */
export function windowsOf(node: Node): Expression[] {
  const found: Expression[] = [];
  const walk = (n: Node): void => {
    if ((n as { over?: unknown }).over !== undefined) found.push(n as Expression);
    else if (!isQuery(n)) for (const child of children(n)) walk(child);
  };
  walk(node);
  return found;
}

/** A text that equals for expressions that mean the same: columns by the table they are bound to. */
export function keyOf(st: PlanningStatement, expr: Expression): string {
  const bound = st.rewriteBound(st.expand(expr), (node) => {
    if (node.kind !== 'column') return undefined;
    const binding = st.bindings.get(node as ColumnRef);
    if (binding?.kind !== 'table') return { ...(node as ColumnRef), name: (node as ColumnRef).name.toLowerCase() } as ColumnRef;
    return { kind: 'column', table: `#${binding.table.id}`, name: binding.name.toLowerCase(), start: -1, end: -1 } as ColumnRef;
  });
  return printExpression(bound);
}

export function sameExpr(st: PlanningStatement, a: Expression, b: Expression): boolean {
  return a === b || keyOf(st, a) === keyOf(st, b);
}

/** The leaf selects of a query, left to right. */
export function leaves(query: Query): Query[] {
  if (query.kind === 'setOperation') return [...leaves(query.left), ...leaves(query.right)];
  if (query.kind === 'nestedQuery') return leaves(query.query);
  return [query];
}

/** Functions whose value differs from call to call, or that have an effect: such expressions are never copied or moved across rows. */
const volatile = new Set(['rand', 'uuid', 'uuid_short', 'sleep', 'random_bytes', 'last_insert_id', 'get_lock', 'release_lock', 'benchmark']);
export function isVolatile(node: Node): boolean {
  return some(node, (n) => (n.kind === 'function' && volatile.has(n.name)) || n.kind === 'assign');
}
