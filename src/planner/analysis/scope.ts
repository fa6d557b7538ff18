import type { ColumnRef, Expression } from '../../sql/index.ts';
import { ambiguousColumn, columnNotFound } from '../errors.ts';
import { sameExpr } from './expressions.ts';
import type { PlanningStatement } from './statement.ts';
import type { ColumnBinding, RecursiveCte, TableInfo, TableSet } from './tableInfo.ts';
import type { CommonTable } from '../../sql/index.ts';

/** The tables a SELECT's expressions can name, and those of the queries around it. */
export interface Scope {
  readonly parent: Scope | undefined;
  readonly tables: TableInfo[];
  /** Columns joined with USING or NATURAL: unqualified, they are the named table's. */
  readonly joined: Map<string, TableInfo>;
  /** Select aliases, for GROUP BY, HAVING and ORDER BY. */
  aliases: Map<string, Expression> | undefined;
  readonly ambiguous: string[];
}

/** The CTEs in sight. */
export interface CteScope {
  readonly parent: CteScope | undefined;
  readonly entries: ReadonlyMap<string, CteEntry>;
}
export type CteEntry =
  | { readonly kind: 'plain'; readonly definition: CommonTable; readonly scope: CteScope | undefined }
  | { readonly kind: 'recursive'; readonly definition: CommonTable; readonly scope: CteScope | undefined }
  | { readonly kind: 'self'; readonly cte: RecursiveCte }
  /** Its own name inside of it, without RECURSIVE: the planner refuses. */
  | { readonly kind: 'hidden' };

export function newScope(parent: Scope | undefined): Scope {
  return { parent, tables: [], joined: new Map(), aliases: undefined, ambiguous: [] };
}

export function hasColumn(table: TableInfo, name: string): 'yes' | 'no' | 'maybe' {
  const wanted = name.toLowerCase();
  if (table.columns.some((c) => c.name.toLowerCase() === wanted)) return 'yes';
  return table.complete ? 'no' : 'maybe';
}

export type AliasUse = 'none' | 'first' | 'last';

/** Binds one column reference; throws when it names nothing, or too many things. */
export function bindColumn(st: PlanningStatement, ref: ColumnRef, scope: Scope, aliases: AliasUse): void {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const binding = resolveIn(ref, at, at === scope ? aliases : 'last');
    if (binding !== undefined) {
      st.bindings.set(ref, binding);
      return;
    }
  }
  throw notFound(ref, scope);
}

function notFound(ref: ColumnRef, scope: Scope): Error {
  const [only, second] = scope.tables;
  if (ref.table !== undefined) return columnNotFound(`${ref.table}.${ref.name}`);
  return only !== undefined && second === undefined ? columnNotFound(ref.name, only.name) : columnNotFound(ref.name);
}

function resolveIn(ref: ColumnRef, scope: Scope, aliases: AliasUse): ColumnBinding | undefined {
  const alias = ref.table === undefined && aliases !== 'none' ? scope.aliases?.get(ref.name.toLowerCase()) : undefined;
  if (alias !== undefined && aliases === 'first') return { kind: 'alias', expr: alias };
  const table = ref.table === undefined ? resolveUnqualified(ref.name, scope) : resolveQualified(ref, scope);
  if (alias !== undefined && (table === undefined || table.certainty !== 'yes')) return { kind: 'alias', expr: alias };
  if (table === undefined) return undefined;
  if (table.table !== undefined) return { kind: 'table', table: table.table, name: ref.name };
  scope.ambiguous.push(ref.name);
  return { kind: 'ambiguous', tables: table.set, name: ref.name };
}

interface Found { readonly table?: TableInfo; readonly set: TableSet; readonly certainty: 'yes' | 'maybe' }

function resolveQualified(ref: ColumnRef, scope: Scope): Found | undefined {
  const exact = scope.tables.some((t) => t.name === ref.table);
  const named = scope.tables.filter((t) => (exact ? t.name === ref.table : t.name.toLowerCase() === ref.table?.toLowerCase())
    && (ref.schema === undefined || t.schema?.toLowerCase() === ref.schema.toLowerCase()));
  for (const table of named) {
    const has = hasColumn(table, ref.name);
    if (has !== 'no') return { table, set: table.set, certainty: has };
  }
  return undefined;
}

function resolveUnqualified(name: string, scope: Scope): Found | undefined {
  const joined = scope.joined.get(name.toLowerCase());
  if (joined !== undefined) return { table: joined, set: joined.set, certainty: 'yes' };
  const certain: TableInfo[] = [];
  const possible: TableInfo[] = [];
  for (const table of scope.tables) {
    const has = hasColumn(table, name);
    if (has === 'yes') certain.push(table);
    else if (has === 'maybe') possible.push(table);
  }
  const [sure, another] = certain;
  if (another !== undefined) throw ambiguousColumn(name);
  if (sure !== undefined) return { table: sure, set: sure.set, certainty: 'yes' };
  const [only, more] = possible;
  if (only === undefined) return undefined;
  if (more === undefined) return { table: only, set: only.set, certainty: 'maybe' };
  return { set: possible.reduce((set, t) => set | t.set, 0n), certainty: 'maybe' };
}

/** Select aliases by name; of two that are equal in meaning the first stands, of different ones neither is ambiguous to MySQL: the first. */
export function collectAliases(st: PlanningStatement, items: readonly { readonly name: string; readonly expr: Expression }[]): Map<string, Expression> {
  const aliases = new Map<string, Expression>();
  for (const { name, expr } of items) {
    const known = aliases.get(name.toLowerCase());
    if (known === undefined || sameExpr(st, known, expr)) aliases.set(name.toLowerCase(), known ?? expr);
  }
  return aliases;
}
