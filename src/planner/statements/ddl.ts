import { printStatement, type CreateView, type AlterView, type Statement, type TableName } from '../../sql/index.ts';
import { bindQuery } from '../analysis/bindQuery.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import { isSystemSchema } from '../catalog.ts';
import { mysqlError, noDatabase, planError, unsupported } from '../errors.ts';
import type { Ddl, PlanKeyspace, Primitive } from '../plan.ts';
import { planQuery } from '../select/planQuery.ts';
import { refuseSnapshotWrite } from '../snapshots.ts';
import { withoutKeyspaces } from './bypass.ts';

/** Statements that define schema objects: sent to every shard of the keyspace they name. Undefined for other statements. */
export function planDdl(st: PlanningStatement, ast: Statement): Primitive | undefined {
  switch (ast.kind) {
    case 'createTable': return ddl(st, ast, homeOf(st, ast.table, false), ast.temporary);
    case 'alterTable': return ddl(st, ast, homeOf(st, ast.table, true));
    case 'createIndex':
    case 'dropIndex': return ddl(st, ast, homeOf(st, ast.table, true));
    case 'dropTable': return ddl(st, ast, commonHome(st, ast.tables), ast.temporary);
    case 'truncateTable': return ddl(st, ast, homeOf(st, ast.table, true));
    case 'renameTable': {
      const home = commonHome(st, ast.renames.map((r) => r.from));
      for (const { to } of ast.renames) {
        if (to.schema !== undefined && to.schema !== home.name) throw planError('VT03002', 1450, 'HY000', `changing schema from '${home.name}' to '${to.schema}' is not allowed`);
      }
      return ddl(st, ast, home);
    }
    case 'createView':
    case 'alterView': return planView(st, ast);
    case 'dropObject': return ddl(st, ast, commonHome(st, ast.names));
    case 'createRoutine': {
      const home = homeOf(st, ast.name, false);
      if (home.sharded) throw unsupported('CREATE PROCEDURE is not supported on sharded keyspaces');
      return ddl(st, ast, home);
    }
    case 'alterRoutine': return ddl(st, ast, homeOf(st, ast.name, false));
    case 'createTrigger': return ddl(st, ast, homeOf(st, ast.table, true));
    case 'createEvent':
    case 'alterEvent':
    case 'createSequence':
    case 'alterSequence': return ddl(st, ast, homeOf(st, ast.name, false));
    case 'createDatabase': {
      const exists = st.catalog.keyspace(ast.name) !== undefined;
      if (exists && ast.ifNotExists) return { op: 'Rows', fields: [], rows: [] };
      if (exists) throw planError('VT06001', 1007, 'HY000', `cannot create database '${ast.name}'; database exists`);
      return { op: 'DatabaseDDL', action: 'create', name: ast.name, query: printStatement(ast) };
    }
    case 'dropDatabase': {
      const keyspace = st.catalog.keyspace(ast.name);
      if (keyspace === undefined && ast.ifExists) return { op: 'Rows', fields: [], rows: [] };
      if (keyspace === undefined) throw planError('VT05001', 1008, 'HY000', `cannot drop database '${ast.name}'; database does not exists`);
      refuseSnapshotWrite(st, keyspace, 'DROP DATABASE');
      return { op: 'DatabaseDDL', action: 'drop', name: ast.name, query: printStatement(ast) };
    }
    case 'alterDatabase': {
      const keyspace = named(st, ast.name ?? st.context.defaultKeyspace);
      return ddl(st, ast, keyspace);
    }
    default: return undefined;
  }
}

function ddl(st: PlanningStatement, ast: Statement, keyspace: PlanKeyspace, temporary = false): Ddl {
  refuseSnapshotWrite(st, keyspace, 'a change of the schema');
  return { op: 'DDL', keyspace, query: printStatement(withoutKeyspaces(st, ast)), temporary, action: ast.kind };
}

export function named(st: PlanningStatement, name: string | undefined): PlanKeyspace {
  if (name === undefined || isSystemSchema(name)) {
    if (name === undefined) throw noDatabase();
    return st.catalog.anyKeyspace();
  }
  const keyspace = st.catalog.keyspace(name);
  if (keyspace === undefined) throw planError('VT05003', 1049, '42000', `unknown database '${name}' in vschema`);
  return keyspace;
}

/** The keyspace of an object: the one written, the session's, or where the vschema has a table of that name. */
export function homeOf(st: PlanningStatement, name: TableName, search: boolean): PlanKeyspace {
  if (name.schema !== undefined) return named(st, name.schema);
  if (st.context.defaultKeyspace !== undefined) return named(st, st.context.defaultKeyspace);
  const normal = st.catalog.keyspaces().filter((k) => k.snapshot !== true);
  if (normal.length === 1 && normal[0] !== undefined) return normal[0];
  if (!search) throw noDatabase();
  const found = findOnly(st, name.name);
  if (found === undefined) throw noDatabase();
  return found;
}

/** Where an unqualified table is, when the vschema knows; undefined when it does not. Other errors (ambiguity) pass. */
export function findOnly(st: PlanningStatement, name: string): PlanKeyspace | undefined {
  const homes = st.catalog.keyspaces().filter((ks) => ks.snapshot !== true && st.catalog.tables(ks.name).some((t) => t.name === name));
  const [only, more] = homes;
  if (more !== undefined) throw mysqlError(1105, 'HY000', `ambiguous table reference: ${name}`);
  return only;
}

function commonHome(st: PlanningStatement, names: readonly TableName[]): PlanKeyspace {
  const homes = names.map((name) => homeOf(st, name, true));
  const [first] = homes;
  if (first === undefined) throw noDatabase();
  if (homes.some((h) => h.name !== first.name)) throw unsupported('Tables or Views specified in the query do not belong to the same destination');
  return first;
}

/** A view's query must be one that every shard answers for itself, in the view's own keyspace. */
function planView(st: PlanningStatement, ast: CreateView | AlterView): Primitive {
  const home = homeOf(st, ast.view, true);
  const query = ast.query;
  bindQuery(st, query, undefined, undefined);
  const planned = planQuery(st, query, { ordered: true, weights: false });
  if (st.pullouts.length > 0) throw unsupported(foreign(st, home) ? 'Select query does not belong to the same keyspace as the view statement' : 'Complex select queries are not supported in create or alter view statements');
  const { route } = planned;
  if (foreign(st, home)) throw unsupported('Select query does not belong to the same keyspace as the view statement');
  if (route === undefined) {
    const single = planned.build();
    const limited = single.op === 'Limit' && single.input.op === 'Route' && query.orderBy.length === 0 && query.kind === 'select' && query.groupBy === undefined;
    if (!limited) throw unsupported('Complex select queries are not supported in create or alter view statements');
  }
  st.tablesUsed.clear();
  return ddl(st, { ...ast, view: { ...ast.view, schema: undefined }, query: withoutKeyspaces(st, query) }, home);
}

function foreign(st: PlanningStatement, home: PlanKeyspace): boolean {
  return [...st.tablesUsed].some((name) => !name.startsWith(`${home.name}.`));
}
