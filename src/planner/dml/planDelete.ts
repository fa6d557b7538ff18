import { build, printStatement, type Delete as DeleteNode } from '../../sql/index.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { TableInfo } from '../analysis/tableInfo.ts';
import type { CatalogTable } from '../catalog.ts';
import { planError, tableNotFound, unsupported } from '../errors.ts';
import { forShards, isSingleShard, listVariables } from '../operators/buildRoute.ts';
import type { RouteOperator } from '../operators/operator.ts';
import type { Delete, DmlVindexChange, Primitive } from '../plan.ts';
import { bestOption } from '../routing/options.ts';
import { refuseSnapshotWrite } from '../snapshots.ts';
import { directiveOn, queryTimeout } from '../statements/directives.ts';
import { checkForeignKeys } from './foreignKeys.ts';
import { dmlRouting } from './dmlRouting.ts';
import { dmlWithInput } from './dmlWithInput.ts';
import { redirected, writable } from './reference.ts';
import { catalogTable, dmlSource } from './source.ts';
import { lookupUpkeep } from './upkeep.ts';

/** DELETE: one statement where one route holds its tables; else its rows' keys are read first. */
export function planDelete(st: PlanningStatement, given: DeleteNode): Primitive {
  if (given.with !== undefined) throw unsupported('WITH expression in DELETE statement');
  const ast = redirectReference(st, given);
  const { select, source, tables } = dmlSource(st, ast.from, ast.where, [], ast.orderBy, ast.limit);
  const targets = targetTables(ast, tables);
  for (const target of targets) {
    const table = catalogTable(target);
    if (table === undefined) continue;
    refuseSnapshotWrite(st, table.keyspace, 'DELETE');
    checkForeignKeys(st, ast, table, { kind: 'delete' });
  }
  const [only, more] = targets;
  if (source.kind === 'route' && only !== undefined && more === undefined) {
    const direct = directDelete(st, { ...ast, ...(select.where !== undefined && { where: select.where }), from: select.from }, source, only);
    if (direct !== undefined) return direct;
  }
  return dmlWithInput(st, { targets, select, source }, (_target, where, from) =>
    planDelete(st, { ...ast, targets: [], from: [from], where, orderBy: [], limit: undefined, start: -1, end: -1 } satisfies DeleteNode));
}

/** DELETE from reference data goes to its source. */
export function redirectReference<T extends DeleteNode>(st: PlanningStatement, ast: T): T {
  const [only, more] = ast.from;
  if (only?.kind !== 'table' || more !== undefined) return ast;
  const entry = st.catalog.find(only.table.schema, only.table.name);
  if (entry.kind !== 'table') return ast;
  const home = writable(st, entry.table);
  return home === entry.table ? ast : { ...ast, from: [redirected(only, home)] };
}

function targetTables(ast: DeleteNode, tables: readonly TableInfo[]): TableInfo[] {
  const names = ast.targets.length === 0 ? tables.slice(0, 1).map((t) => t.name) : ast.targets.map((t) => t.name);
  return names.map((name) => {
    const found = tables.find((t) => t.name.toLowerCase() === name.toLowerCase());
    if (found === undefined) throw planError('VT03003', 1109, '42S02', `unknown table '${name}' in MULTI DELETE`);
    if (found.source.kind !== 'base') throw planError('VT03004', 1288, 'HY000', `the target table ${name} of the DELETE is not updatable`);
    return found;
  });
}

function directDelete(st: PlanningStatement, ast: DeleteNode, route: RouteOperator, target: TableInfo): Delete | undefined {
  const option = bestOption(st, route);
  const single = isSingleShard(option);
  if (ast.limit !== undefined && !single) return undefined;
  const table = route.renamed.get(target.id) ?? catalogTable(target);
  if (table === undefined) throw tableNotFound(target.name);
  if (catalogTable(target)?.kind === 'reference' && route.tables.length > 1 && table.keyspace.sharded) throw unsupported('DML on reference table with join');
  if (table !== catalogTable(target)) return undefined;
  const owned = table.vindexes.filter((v) => v.owned && v.vindex.kind === 'lookup');
  const lists = listVariables(option);
  const query = printStatement(forShards(st, ast, route.renamed, lists.replaced));
  const timeout = queryTimeout(ast);
  return {
    op: 'Delete', routing: dmlRouting(st, route, option), query, table: [table.name],
    ...(lists.vars.length > 0 && { listVars: lists.vars }),
    ...(owned.length > 0 && table.keyspace.sharded && ownedParts(st, ast, route, target, table)),
    ...(directiveOn(ast, 'MULTI_SHARD_AUTOCOMMIT') && { multiShardAutocommit: true }), ...(timeout !== undefined && { queryTimeoutMs: timeout }),
  };
}

/** What has to be read before rows go, so that their lookup rows can follow. */
function ownedParts(st: PlanningStatement, ast: DeleteNode, route: RouteOperator, target: TableInfo, table: CatalogTable): Partial<Delete> {
  const primary = table.vindexes[0];
  if (primary === undefined) return {};
  const names = [...primary.columns];
  const changes: DmlVindexChange[] = [];
  for (const v of table.vindexes) {
    if (!v.owned || v.vindex.kind !== 'lookup') continue;
    const offsets = v.columns.map((c) => names.push(c) - 1);
    const upkeep = lookupUpkeep(st, table, v);
    changes.push({ name: v.name, vindex: v.vindex, offsets, ...(upkeep !== undefined && { upkeep }) });
  }
  const reading = build.select(names.map((name) => build.item(build.column(name, ast.from.length === 1 && ast.from[0]?.kind === 'table' && ast.targets.length === 0 ? undefined : target.name))), ast.from, {
    ...(ast.where !== undefined && { where: ast.where }), orderBy: ast.orderBy, ...(ast.limit !== undefined && { limit: ast.limit }), locks: [{ kind: 'lock', strength: 'update', of: [], start: -1, end: -1 }],
  });
  return { ownedVindexQuery: printStatement(forShards(st, reading, route.renamed, listVariables(bestOption(st, route)).replaced)), ksidVindex: primary.vindex, ksidLength: primary.columns.length, owned: changes };
}
