import {
  build, children, parseStatement, printExpression, type ColumnRef, type Expression, type Node, type OrderItem, type Query, type Select, type SelectItem,
  type Star, type With,
} from '../../sql/index.ts';
import { mysqlError, planError, unsupported } from '../errors.ts';
import { bindFrom, type Binders } from './bindFrom.ts';
import { isAggregate } from './expressions.ts';
import { bindColumn, collectAliases, newScope, type AliasUse, type CteEntry, type CteScope, type Scope } from './scope.ts';
import type { PlanningStatement } from './statement.ts';
import type { OutputColumn, RecursiveCte, SelectInfo, TableInfo } from './tableInfo.ts';
import { typeOfExpr } from './typeOf.ts';

export interface QueryColumns { readonly columns: readonly OutputColumn[]; readonly complete: boolean }

/** Binds every name in a query and says what columns it gives. Throws as MySQL or Vitess do for names that mean nothing. */
export function bindQuery(st: PlanningStatement, query: Query, parent: Scope | undefined, outerCtes: CteScope | undefined): QueryColumns {
  const ctes = query.with === undefined ? outerCtes : bindWith(query.with, outerCtes);
  const result = bindBody(st, query, parent, ctes);
  st.outputs.set(query, result);
  return result;
}

function bindBody(st: PlanningStatement, query: Query, parent: Scope | undefined, ctes: CteScope | undefined): QueryColumns {
  switch (query.kind) {
    case 'select': return bindSelect(st, query, parent, ctes);
    case 'setOperation': {
      const left = bindQuery(st, query.left, parent, ctes);
      const right = bindQuery(st, query.right, parent, ctes);
      if (left.complete && right.complete && left.columns.length !== right.columns.length) {
        throw mysqlError(1222, '21000', 'The used SELECT statements have a different number of columns');
      }
      const result = unionColumns(left, right);
      bindUnionTail(st, query, result);
      return result;
    }
    case 'nestedQuery': {
      const inner = bindQuery(st, query.query, parent, ctes);
      bindUnionTail(st, query, inner);
      return withoutExpr(inner);
    }
    case 'values': {
      const scope = newScope(parent);
      for (const row of query.rows) bindExpr(st, row, scope, ctes, 'none');
      return { columns: (query.rows[0]?.items ?? []).map((_, i) => ({ name: `column_${i}` })), complete: true };
    }
    case 'tableQuery': throw unsupported('TABLE statement across shards');
    default: return query satisfies never;
  }
}

function withoutExpr(c: QueryColumns): QueryColumns {
  return { complete: c.complete, columns: c.columns.map(({ expr: _, ...rest }) => rest) };
}

function unionColumns(left: QueryColumns, right: QueryColumns): QueryColumns {
  return {
    complete: left.complete && right.complete,
    columns: left.columns.map((l, i) => {
      const r = right.columns[i];
      return l.type !== undefined && r?.type === l.type && l.collation === r.collation ? { name: l.name, type: l.type, collation: l.collation } : { name: l.name };
    }),
  };
}

function bindUnionTail(st: PlanningStatement, query: Exclude<Query, Select>, result: QueryColumns): void {
  for (const item of query.orderBy) {
    const bindNames = (node: Node): void => {
      if (node.kind === 'column') {
        const ref = node as ColumnRef;
        if (ref.table !== undefined) throw mysqlError(1250, '42000', `Table \`${ref.table}\` from one of the SELECTs cannot be used in global ORDER clause`);
        const index = result.columns.findIndex((c) => c.name.toLowerCase() === ref.name.toLowerCase());
        if (index < 0 && result.complete) throw mysqlError(1054, '42S22', `Unknown column '${ref.name}' in 'order clause'`);
        st.bindings.set(ref, { kind: 'output', index });
      } else for (const child of children(node)) bindNames(child);
    };
    bindNames(item.expr);
    const at = ordinal(item.expr);
    if (at !== undefined && result.complete && (at < 1 || at > result.columns.length)) {
      throw mysqlError(1054, '42S22', `Unknown column '${at}' in 'order clause'`);
    }
  }
}

function bindWith(list: With, outer: CteScope | undefined): CteScope {
  let scope: CteScope | undefined = outer;
  for (const definition of list.tables) {
    const entry: CteEntry = list.recursive && mentions(definition.query, definition.name)
      ? { kind: 'recursive', definition, scope }
      : { kind: 'plain', definition, scope: { parent: scope, entries: new Map([[definition.name.toLowerCase(), { kind: 'hidden' }]]) } };
    scope = { parent: scope, entries: new Map([[definition.name.toLowerCase(), entry]]) };
  }
  return scope ?? { parent: undefined, entries: new Map() };
}

function mentions(query: Node, name: string): boolean {
  if (query.kind === 'table') {
    const table = (query as unknown as { table: { schema?: string; name: string } }).table;
    if (table.schema === undefined && table.name.toLowerCase() === name.toLowerCase()) return true;
  }
  return children(query).some((child) => mentions(child, name));
}

/** Binds the definition of a recursive CTE: the seed first, which gives the columns the recursive part sees. */
export function bindRecursive(st: PlanningStatement, query: Query, cte: RecursiveCte, names: readonly string[], scope: CteScope | undefined, parent: Scope | undefined): QueryColumns {
  const inside: CteScope = { parent: scope, entries: new Map([[cte.name.toLowerCase(), { kind: 'self', cte }]]) };
  if (query.kind !== 'setOperation') throw unsupported('recursive CTE without UNION');
  const seed = bindQuery(st, query.left, parent, inside);
  cte.columns = seed.columns.map((c, i) => ({ ...c, expr: undefined, name: names[i] ?? c.name }));
  cte.complete = seed.complete;
  bindQuery(st, query.right, parent, inside);
  const result = withoutExpr(seed);
  st.outputs.set(query, result);
  return result;
}

function bindSelect(st: PlanningStatement, select: Select, parent: Scope | undefined, ctes: CteScope | undefined): QueryColumns {
  const scope = newScope(parent);
  for (const entry of select.from) bindFrom(st, entry, scope, ctes, binders);
  for (const item of select.items) if (item.kind === 'selectExpr') bindExpr(st, item.expr, scope, ctes, 'none', select);
  const expanded = expandStars(st, select, scope);
  const columns = expanded.items.map((item): OutputColumn => outputOf(st, item, expanded.hidden.get(item)));
  scope.aliases = collectAliases(st, expanded.items.flatMap((item) =>
    item.kind === 'selectExpr' && (item.alias !== undefined || item.expr.kind === 'column') ? [{ name: item.alias ?? (item.expr as ColumnRef).name, expr: item.expr }] : []));
  if (select.where !== undefined) bindExpr(st, select.where, scope, ctes, 'none');
  for (const window of select.windows) bindExpr(st, window, scope, ctes, 'none');
  const byPosition = (expr: Expression, clause: string): Expression => {
    const at = ordinal(expr);
    if (at === undefined) return expr;
    const item = expanded.items[at - 1];
    if (expanded.complete && item === undefined) throw mysqlError(1054, '42S22', `Unknown column '${at}' in '${clause} clause'`);
    return item?.kind === 'selectExpr' ? item.expr : expr;
  };
  const groupBy = (select.groupBy?.items ?? []).map((item) => {
    if (ordinal(item.expr) === undefined) bindExpr(st, item.expr, scope, ctes, 'last');
    const expr = byPosition(item.expr, 'group');
    const meant = st.expand(expr);
    if (isAggregate(st, meant)) throw planError('VT03005', 1056, '42000', `cannot group on '${printExpression(item.expr.kind === 'number' ? meant : item.expr)}'`);
    return expr;
  });
  if (select.having !== undefined) bindExpr(st, select.having, scope, ctes, 'first');
  const orderBy = select.orderBy.map((item: OrderItem) => {
    if (ordinal(item.expr) === undefined) bindExpr(st, item.expr, scope, ctes, 'first');
    return { expr: byPosition(item.expr, 'order'), descending: item.direction === 'desc' };
  });
  if (select.limit?.count !== undefined) bindExpr(st, select.limit.count, scope, ctes, 'none');
  const own = scope.tables.reduce((set, t) => set | t.set, 0n);
  const info: SelectInfo = { select, tables: scope.tables, own, columns, complete: expanded.complete, items: expanded.items, groupBy, orderBy, ambiguous: scope.ambiguous };
  st.selects.set(select, info);
  return info;
}

/** The 1-based position an ORDER BY or GROUP BY item is, when it is a bare integer. */
export function ordinal(expr: Expression): number | undefined {
  return expr.kind === 'number' && expr.type === 'integer' ? Number(expr.text) : undefined;
}

/** Binds all columns and subqueries of an expression. Aggregate arguments see tables before aliases. */
export function bindExpr(st: PlanningStatement, node: Node, scope: Scope, ctes: CteScope | undefined, aliases: AliasUse, owner?: Select): void {
  switch (node.kind) {
    case 'column': bindColumn(st, node as ColumnRef, scope, aliases); return;
    case 'subquery':
    case 'exists': bindQuery(st, (node as unknown as { query: Query }).query, owner === undefined ? scope : selectItemScope(st, scope, owner, node), ctes); return;
    default: {
      const inner: AliasUse = isAggregate(st, node) && aliases === 'first' ? 'last' : aliases;
      for (const child of children(node)) bindExpr(st, child, scope, ctes, inner, owner);
    }
  }
}

/** In the select list a subquery sees the aliases of the items before it: `select 1 as x, (select x)`. */
function selectItemScope(st: PlanningStatement, scope: Scope, owner: Select, node: Node): Scope {
  const before: { name: string; expr: Expression }[] = [];
  for (const item of owner.items) {
    if (item.kind !== 'selectExpr' || contains(item, node)) break;
    if (item.alias !== undefined) before.push({ name: item.alias, expr: item.expr });
  }
  return before.length === 0 ? scope : { ...scope, aliases: collectAliases(st, before), parent: scope.parent, get ambiguous() { return scope.ambiguous; } };
}

function contains(tree: Node, node: Node): boolean {
  return tree === node || children(tree).some((child) => contains(child, node));
}

interface Expanded { readonly items: readonly SelectItem[]; readonly complete: boolean; readonly hidden: Map<SelectItem, OutputColumn> }

function expandStars(st: PlanningStatement, select: Select, scope: Scope): Expanded {
  const items: SelectItem[] = [];
  const hidden = new Map<SelectItem, OutputColumn>();
  let complete = true;
  for (const item of select.items) {
    if (item.kind !== 'star') {
      items.push(item);
      continue;
    }
    const tables = starTables(item, scope);
    if (tables.some((t) => !t.complete)) {
      items.push(item);
      complete = false;
      continue;
    }
    for (const { table, column } of starColumns(tables, scope, item.table === undefined)) {
      const built = build.item(st.columnOf(table, column.name));
      hidden.set(built, column);
      items.push(built);
    }
  }
  return { items, complete, hidden };
}

function starTables(star: Star, scope: Scope): readonly TableInfo[] {
  if (star.table === undefined) return scope.tables;
  const named = scope.tables.filter((t) => t.name.toLowerCase() === star.table?.toLowerCase() && (star.schema === undefined || t.schema === star.schema));
  if (named.length === 0) throw mysqlError(1051, '42S02', `Unknown table '${star.table}'`);
  return named;
}

/** `*` lists columns joined by USING once and first. */
function* starColumns(tables: readonly TableInfo[], scope: Scope, all: boolean): Generator<{ table: TableInfo; column: OutputColumn }> {
  if (all) {
    for (const [name, table] of scope.joined) {
      const column = table.columns.find((c) => c.name.toLowerCase() === name);
      if (column !== undefined) yield { table, column };
    }
  }
  for (const table of tables) {
    for (const column of table.columns) {
      if (column.invisible === true || (all && scope.joined.has(column.name.toLowerCase()))) continue;
      yield { table, column };
    }
  }
}

function outputOf(st: PlanningStatement, item: SelectItem, known: OutputColumn | undefined): OutputColumn {
  if (item.kind === 'star') return { name: '*' };
  if (item.kind === 'nextValues') return { name: 'nextval' };
  const type = known ?? typeOfExpr(st, item.expr);
  return { name: item.alias ?? nameOf(st, item.expr, item), expr: item.expr, ...(type.type !== undefined && { type: type.type }), ...(type.collation !== undefined && { collation: type.collation }) };
}

/** The name MySQL gives a column without an alias: the column's own, or the text of the expression. */
export function nameOf(st: PlanningStatement, expr: Expression, item: Node = expr): string {
  if (expr.kind === 'column') return expr.name;
  if (expr.start < 0) return printExpression(expr);
  if (expr.kind === 'string') return expr.value;
  if (expr.kind === 'null') return 'NULL';
  if (expr.kind === 'bool') return expr.value ? 'TRUE' : 'FALSE';
  const span = item.start < 0 ? expr : item;
  const text = (st.texts.get(expr) ?? st.context.sql).slice(span.start, span.end);
  return text === '' ? printExpression(expr) : text;
}

const binders: Binders = { expr: (st, node, scope, ctes, aliases) => bindExpr(st, node, scope, ctes, aliases), query: bindQuery, recursive: bindRecursive, view: parseViewDefinition };

/** Parses a view's definition. Throws VT12001 when it is no query. */
export function parseViewDefinition(definition: string): Query {
  const parsed = parseStatement(definition);
  switch (parsed.kind) {
    case 'select':
    case 'setOperation':
    case 'nestedQuery': return parsed;
    default: throw unsupported(`view defined by ${parsed.kind}`);
  }
}
