import { build, type Expression, type Insert as InsertNode, type Node, type Row } from '../../sql/index.ts';
import { bindQuery } from '../analysis/bindQuery.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { CatalogTable } from '../catalog.ts';
import { schemaTrackingRequired, unsupported } from '../errors.ts';
import type { InsertConflicts } from '../plan.ts';
import { inner, planQuery } from '../select/planQuery.ts';
import { planDelete } from './planDelete.ts';
import { planUpdate } from './planUpdate.ts';

/** The primary key of the row that is in the way, in the binds of what changes or removes it. */
const keyBind = (i: number): string => `__conflict_key_${i}`;

/** Whether rows in the way of an INSERT must be known before it: only then can their lookup rows follow. */
export function needsConflicts(ast: InsertNode, table: CatalogTable): boolean {
  return (ast.verb === 'replace' || ast.onDuplicate.length > 0) && table.vindexes.some((v) => v.owned && v.vindex.kind === 'lookup');
}

/** How to find the rows that a new row collides with, on any shard, and what becomes of them. Throws VT09015 where the primary key is not known. */
export function insertConflicts(st: PlanningStatement, ast: InsertNode, table: CatalogTable, row: Row): InsertConflicts {
  if (ast.returning !== undefined && ast.returning.length > 0) throw unsupported('RETURNING of an INSERT that may change rows of a table with lookups');
  if (table.primaryKey.length === 0) throw schemaTrackingRequired();
  const columns = ast.columns ?? [];
  const newExpression = (name: string): Expression => {
    const value = row.items[columns.findIndex((c) => sameName(c.name, name))];
    return value === undefined || value.kind === 'default' ? { kind: 'default', column: build.column(name), start: -1, end: -1 } : value;
  };
  const find = keysOf(table).filter((key) => key.every((name) => columns.some((c) => sameName(c.name, name)))).map((key) => {
    const where = build.and(...key.map((name) => build.eq(build.column(name), newExpression(name))));
    const reading = build.select(table.primaryKey.map((name) => build.item(build.column(name))), [build.table(table.name, undefined, table.keyspace.name)], {
      ...(where !== undefined && { where }), locks: [{ kind: 'lock', strength: 'update', of: [], start: -1, end: -1 }],
    });
    bindQuery(st, reading, undefined, undefined);
    return planQuery(st, reading, { ...inner, ordered: false }).build();
  });
  const where = build.and(...table.primaryKey.map((name, i) => build.eq(build.column(name), build.bind(keyBind(i)))));
  const from = [build.table(table.name, undefined, table.keyspace.name)];
  const common = { lowPriority: false, ignore: ast.ignore, from, orderBy: [], start: -1, end: -1, ...(where !== undefined && { where }) };
  const keys = table.primaryKey.map((_, i) => keyBind(i));
  if (ast.verb === 'replace') return { kind: 'replace', find, keys, same: [], change: planDelete(st, { kind: 'delete', quick: false, targets: [], ...common, ignore: false }) };
  const home = new Set((table.vindexes[0]?.columns ?? []).map((name) => name.toLowerCase()));
  const same: { key: number; column: string }[] = [];
  const assignments = ast.onDuplicate.flatMap((a) => {
    const column = build.column(a.column.name);
    const given = newValue(ast, a.value);
    // Where the row lives stays: what it is set to must be what it has, which is seen when the row is found.
    if (home.has(a.column.name.toLowerCase()) && given !== undefined && sameName(given, a.column.name)) {
      const key = table.primaryKey.findIndex((name) => sameName(name, a.column.name));
      if (key < 0) throw unsupported('DML cannot update vindex column');
      same.push({ key, column: a.column.name });
      return [];
    }
    // A column that keeps its value is no change.
    if (a.value.kind === 'column' && given === undefined && sameName(a.value.name, a.column.name)) return [];
    return [{ ...a, column, value: st.rewriteBound(a.value, (node: Node) => { const name = newValue(ast, node); return name === undefined ? undefined : newExpression(name); }) }];
  });
  const change = assignments.length === 0 ? undefined : planUpdate(st, { kind: 'update', assignments, ...common });
  return { kind: 'update', find, keys, same, ...(change !== undefined && { change }) };
}

const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** The column whose new value this stands for: `values(c)`, or `c` of the row's alias. */
function newValue(ast: InsertNode, node: Node): string | undefined {
  if (node.kind === 'valuesFunction') return (node as Expression & { kind: 'valuesFunction' }).column.name;
  if (node.kind !== 'column' || ast.rowAlias === undefined) return undefined;
  const column = node as Expression & { kind: 'column' };
  const { name, columns } = ast.rowAlias;
  const renamed = (columns ?? []).findIndex((c) => sameName(c, column.name));
  if (column.table === undefined ? renamed < 0 : !sameName(column.table, name)) return undefined;
  return renamed < 0 ? column.name : ast.columns?.[renamed]?.name;
}

/** What no two rows may share, in the order in which MySQL looks: keys of the table, then lookups that are unique. */
function keysOf(table: CatalogTable): (readonly string[])[] {
  return [table.primaryKey, ...table.uniqueKeys, ...table.vindexes.filter((v) => v.owned && v.vindex.kind === 'lookup' && v.vindex.unique).map((v) => v.columns)];
}
