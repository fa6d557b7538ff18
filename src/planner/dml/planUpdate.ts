import { build, printExpression, printStatement, type Assignment, type ColumnRef, type Expression, type Update as UpdateNode } from '../../sql/index.ts';
import { bindColumn, newScope } from '../analysis/scope.ts';
import { tablesOf } from '../analysis/expressions.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { TableInfo } from '../analysis/tableInfo.ts';
import type { CatalogTable } from '../catalog.ts';
import { planError, tableNotFound, unsupported } from '../errors.ts';
import { forShards, isSingleShard, listVariables } from '../operators/buildRoute.ts';
import type { RouteOperator } from '../operators/operator.ts';
import type { DmlVindexChange, Primitive, Update } from '../plan.ts';
import { bestOption } from '../routing/options.ts';
import { refuseSnapshotWrite } from '../snapshots.ts';
import { directiveOn, queryTimeout } from '../statements/directives.ts';
import { toEval } from '../translate/toEval.ts';
import { checkForeignKeys } from './foreignKeys.ts';
import { dmlRouting } from './dmlRouting.ts';
import { dmlWithInput } from './dmlWithInput.ts';
import { redirected, writable } from './reference.ts';
import { catalogTable, dmlSource } from './source.ts';
import { lookupUpkeep } from './upkeep.ts';

/** UPDATE: one statement where one route holds its tables; else its rows' keys are read first. */
export function planUpdate(st: PlanningStatement, given: UpdateNode): Primitive {
  if (given.with !== undefined) throw unsupported('WITH expression in UPDATE statement');
  const ast = redirectReference(st, given);
  const values = ast.assignments.map((a) => a.value).filter((v) => v.kind !== 'default');
  for (const v of values) if (v.kind === 'assign') throw unsupported('Assignment expression');
  const { select, source, tables } = dmlSource(st, ast.from, ast.where, values, ast.orderBy, ast.limit);
  const placed = select.items.map((item) => (item.kind === 'selectExpr' ? item.expr : undefined));
  let at = 0;
  const assignments = ast.assignments.map((a): Assignment => (a.value.kind === 'default' ? a : { ...a, value: placed[at++] ?? a.value }));
  const byTable = assignmentsByTable(st, assignments, tables);
  for (const [target, list] of byTable) {
    const table = catalogTable(target);
    if (table === undefined) throw notUpdatable(st, target);
    refuseSnapshotWrite(st, table.keyspace, 'UPDATE');
    checkForeignKeys(st, ast, table, { kind: 'update', columns: list.map((a) => a.column.name) });
  }
  const fresh: UpdateNode = { ...ast, assignments, from: select.from, ...(select.where !== undefined && { where: select.where }) };
  if (source.kind === 'route' && byTable.size === 1) {
    const [target] = byTable.keys();
    const direct = target === undefined ? undefined : directUpdate(st, fresh, source, target);
    if (direct !== undefined) return direct;
  }
  return updateByKeys(st, fresh, select, source, byTable);
}

function redirectReference(st: PlanningStatement, ast: UpdateNode): UpdateNode {
  const [only, more] = ast.from;
  if (only?.kind !== 'table' || more !== undefined) return ast;
  const entry = st.catalog.find(only.table.schema, only.table.name);
  if (entry.kind !== 'table') return ast;
  const home = writable(st, entry.table);
  return home === entry.table ? ast : { ...ast, from: [redirected(only, home)] };
}

function notUpdatable(st: PlanningStatement, target: TableInfo): Error {
  const { source } = target;
  const text = source.kind === 'derived' && source.node.kind === 'derivedTable' ? printExpression(forShards(st, source.node, new Map(), new Map())) : target.name;
  return planError('VT03032', 1288, 'HY000', `the target table ${text} of the UPDATE is not updatable`);
}

function assignmentsByTable(st: PlanningStatement, assignments: readonly Assignment[], tables: readonly TableInfo[]): Map<TableInfo, Assignment[]> {
  const scope = { ...newScope(undefined), tables: [...tables] };
  const found = new Map<TableInfo, Assignment[]>();
  const seen = new Set<string>();
  for (const a of assignments) {
    bindColumn(st, a.column, scope, 'none');
    const binding = st.bindings.get(a.column);
    const table = binding?.kind === 'table' ? binding.table : tables[0];
    if (table === undefined) throw tableNotFound(a.column.table ?? '');
    found.set(table, [...(found.get(table) ?? []), a]);
    const key = `${table.id}.${a.column.name.toLowerCase()}`;
    const owner = catalogTable(table);
    if (seen.has(key) && owner?.vindexes.some((v) => v.columns.some((c) => c.toLowerCase() === a.column.name.toLowerCase())) === true) {
      throw planError('VT03015', 1110, '42000', `column has duplicate set values: '${a.column.name}'`);
    }
    seen.add(key);
  }
  return found;
}

function directUpdate(st: PlanningStatement, ast: UpdateNode, route: RouteOperator, target: TableInfo): Update | undefined {
  const option = bestOption(st, route);
  const single = isSingleShard(option);
  const table = route.renamed.get(target.id) ?? catalogTable(target);
  if (table === undefined) throw tableNotFound(target.name);
  if (catalogTable(target)?.kind === 'reference' && table.keyspace.sharded && route.tables.length > 1) throw unsupported('DML on reference table with join');
  if (table !== catalogTable(target)) return undefined;
  if (ast.limit !== undefined && !single) return undefined;
  const changes = table.keyspace.sharded ? changedVindexes(st, ast, table, target) : [];
  if (changes.length > 0 && route.tables.length > 1) return undefined;
  const lists = listVariables(option);
  const query = printStatement(forShards(st, ast, route.renamed, lists.replaced));
  const timeout = queryTimeout(ast);
  return {
    op: 'Update', routing: dmlRouting(st, route, option), query, table: [table.name],
    ...(lists.vars.length > 0 && { listVars: lists.vars }),
    ...(changes.length > 0 && ownedParts(st, ast, route, table, changes)),
    ...(directiveOn(ast, 'MULTI_SHARD_AUTOCOMMIT') && { multiShardAutocommit: true }), ...(timeout !== undefined && { queryTimeoutMs: timeout }),
  };
}

/** The lookups whose columns change. Throws VT12001 for the primary vindex, and for values that are not known beforehand. */
function changedVindexes(_st: PlanningStatement, ast: UpdateNode, table: CatalogTable, _target: TableInfo): CatalogTable['vindexes'][number][] {
  const changed: CatalogTable['vindexes'][number][] = [];
  table.vindexes.forEach((v, i) => {
    const set = ast.assignments.filter((a) => v.columns.some((c) => c.toLowerCase() === a.column.name.toLowerCase()));
    if (set.length === 0) return;
    if (i === 0) throw unsupported(`you cannot UPDATE primary vindex columns; invalid update on vindex: ${v.name}`);
    if (!v.owned || v.vindex.kind !== 'lookup') return;
    for (const a of set) {
      if (a.value.kind !== 'default' && toEval(a.value, () => undefined) === undefined) {
        throw unsupported(`only values are supported; invalid update on column: \`${a.column.name}\` with expr: [${printExpression(a.value)}]`);
      }
    }
    if (ast.limit !== undefined && ast.orderBy.length === 0) throw unsupported('Vindex update should have ORDER BY clause when using LIMIT');
    changed.push(v);
  });
  return changed;
}

function ownedParts(st: PlanningStatement, ast: UpdateNode, route: RouteOperator, table: CatalogTable, changed: readonly CatalogTable['vindexes'][number][]): Partial<Update> {
  const primary = table.vindexes[0];
  if (primary === undefined) return {};
  const items: Expression[] = primary.columns.map((c) => build.column(c));
  const owned = table.vindexes.filter((v) => v.owned && v.vindex.kind === 'lookup');
  const offsets = new Map<CatalogTable['vindexes'][number], number[]>();
  for (const v of owned) offsets.set(v, v.columns.map((c) => items.push(build.column(c)) - 1));
  const changes: DmlVindexChange[] = [];
  const texts: string[] = [];
  for (const v of changed) {
    const old = offsets.get(v) ?? [];
    const assigned = ast.assignments.filter((a) => v.columns.some((c) => c.toLowerCase() === a.column.name.toLowerCase()));
    const same = assigned.map((a): Expression => build.compare('<=>', build.column(a.column.name), a.value.kind === 'default' ? { ...a.value, column: build.column(a.column.name) } : a.value));
    const changedOffset = items.push(build.and(...same) ?? build.bool(true)) - 1;
    const newOffsets = v.columns.map((c, i) => {
      const a = assigned.find((x) => x.column.name.toLowerCase() === c.toLowerCase());
      return a === undefined ? old[i] ?? 0 : items.push(a.value.kind === 'default' ? { ...a.value, column: build.column(a.column.name) } : a.value) - 1;
    });
    const upkeep = lookupUpkeep(st, table, v);
    changes.push({ name: v.name, vindex: v.vindex, offsets: old, newOffsets, changedOffset, ...(upkeep !== undefined && { upkeep }) });
    texts.push(`${v.name}:${changedOffset}`);
  }
  const reading = build.select(items.map((e) => build.item(e)), ast.from, {
    ...(ast.where !== undefined && { where: ast.where }), orderBy: ast.orderBy, ...(ast.limit !== undefined && { limit: ast.limit }), locks: [{ kind: 'lock', strength: 'update', of: [], start: -1, end: -1 }],
  });
  return {
    ownedVindexQuery: printStatement(forShards(st, reading, route.renamed, listVariables(bestOption(st, route)).replaced)),
    ksidVindex: primary.vindex, ksidLength: primary.columns.length, owned: changes, changedVindexValues: texts,
  };
}

/** Keys first; values that come from other tables are read with them, row by row. */
function updateByKeys(st: PlanningStatement, ast: UpdateNode, select: Parameters<typeof dmlWithInput>[1]['select'], source: Parameters<typeof dmlWithInput>[1]['source'], byTable: Map<TableInfo, Assignment[]>): Primitive {
  const targets = [...byTable.keys()];
  const updated = new Set([...byTable].flatMap(([t, list]) => list.map((a) => `${t.id}.${a.column.name.toLowerCase()}`)));
  const extra: Expression[] = [];
  const vars = new Map<TableInfo, Map<string, number>>();
  const keyWidth = targets.reduce((n, t) => n + (catalogTable(t)?.primaryKey.length ?? 0), 0);
  const rewritten = new Map<TableInfo, Assignment[]>();
  for (const [target, list] of byTable) {
    const own = new Map<string, number>();
    rewritten.set(target, list.map((a) => ({
      ...a, column: build.column(a.column.name, target.name),
      value: st.rewriteBound(a.value, (n) => {
        if (n.kind !== 'column') return undefined;
        const node = n as ColumnRef;
        const of = tablesOf(st, node);
        if (of === 0n || of === target.set) return node;
        const binding = st.bindings.get(node);
        if (binding?.kind === 'table' && updated.has(`${binding.table.id}.${binding.name.toLowerCase()}`)) {
          throw unsupported(`'${printExpression(node)}' column referenced in update expression '${printExpression(a.value)}' is itself updated`);
        }
        const name = st.reserve(`${binding?.kind === 'table' ? binding.table.name : ''}_${node.name}`);
        own.set(name, keyWidth + extra.push(node) - 1);
        return build.bind(name);
      }),
    })));
    vars.set(target, own);
  }
  const made = dmlWithInput(st, { targets, select, source }, (target, where, from) =>
    planUpdate(st, { ...ast, from: [from], assignments: rewritten.get(target) ?? [], where, orderBy: [], limit: undefined, start: -1, end: -1 }), extra);
  return { ...made, dmls: made.dmls.map((d, i) => { const target = targets[i]; const own = target === undefined ? undefined : vars.get(target); return own === undefined || own.size === 0 ? d : { ...d, vars: Object.fromEntries(own) }; }) };
}
