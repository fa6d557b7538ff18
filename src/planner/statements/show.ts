import { printStatement, type Describe, type Explain, type Show, type Statement, type TableName } from '../../sql/index.ts';
import { valueTypes, type VSchema } from '../../vschema/index.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import { isSystemSchema } from '../catalog.ts';
import { noDatabase, tableNotFound } from '../errors.ts';
import { forShards } from '../operators/buildRoute.ts';
import type { PlanKeyspace, Primitive, Rows, Send } from '../plan.ts';
import { snapshotTabletType } from '../snapshots.ts';
import { bindQuery } from '../analysis/bindQuery.ts';
import { homeOf, named } from './ddl.ts';
import { withoutKeyspaces } from './bypass.ts';

/** SHOW: what the gate knows it answers itself; the rest is asked of one shard. */
export function planShow(st: PlanningStatement, ast: Show, vschema: VSchema): Primitive {
  switch (ast.what) {
    case 'keyspaces':
    case 'vitess_keyspaces':
    case 'databases': return databases(st, ast);
    case 'vitess_shards':
    case 'vitess_tablets':
    case 'vitess_target':
    case 'vitess_replication_status':
    case 'vitess_metadata variables':
    case 'snapshots':
    case 'restore window':
    case 'processlist':
    case 'warnings':
    case 'errors':
    case 'gtid_executed':
    case 'vgtid_executed':
    case 'grants': return { op: 'ShowExec', what: ast.count ? `count(*) ${ast.what}` : ast.what, ...filterOf(ast), ...(targetOf(ast) !== undefined && { target: targetOf(ast) ?? '' }) };
    case 'vitess_migrations':
    case 'vitess_migration logs':
    case 'vitess_throttler status':
    case 'vitess_throttled_apps': return toAll(st, ast, named(st, ast.schema ?? st.context.defaultKeyspace));
    case 'unresolved transactions': return { op: 'TransactionStatus', ...(keyspaceName(st, ast) !== undefined && { keyspace: keyspaceName(st, ast) ?? '' }) };
    case 'transaction status': return { op: 'TransactionStatus', transactionId: ast.name ?? '' };
    case 'vschema tables': return vschemaTables(st, ast);
    case 'vschema keyspaces': return vschemaKeyspaces(vschema);
    case 'vschema vindexes': return vschemaVindexes(st, ast, vschema);
    case 'variables': return { op: 'ReplaceVariables', input: toOne(st, ast, st.catalog.anyKeyspace()) };
    case 'engines': return rows(['Engine', 'Support', 'Comment', 'Transactions', 'XA', 'Savepoints'], [['InnoDB', 'DEFAULT', 'Supports transactions, row-level locking, and foreign keys', 'YES', 'YES', 'YES']]);
    case 'plugins': return rows(['Name', 'Status', 'Type', 'Library', 'License'], [['InnoDB', 'ACTIVE', 'STORAGE ENGINE', null, 'GPL']]);
    case 'tables': {
      const home = schemaOf(st, ast);
      const columns: Record<number, string> = { 0: `Tables_in_${ast.schema ?? st.context.defaultKeyspace ?? home.name}${ast.like === undefined ? '' : ` (${ast.like})`}` };
      return { op: 'RenameFields', names: columns, input: toOne(st, ast, home) };
    }
    case 'table status':
    case 'open tables':
    case 'triggers':
    case 'events': return toOne(st, ast, schemaOf(st, ast));
    case 'columns':
    case 'index':
    case 'create table':
    case 'create view': return ofTable(st, ast);
    case 'create database': return toOne(st, ast, isSystemSchema(ast.name) ? st.catalog.anyKeyspace() : named(st, ast.name ?? ast.schema));
    case 'create procedure':
    case 'create function':
    case 'create trigger':
    case 'create event': return toOne(st, ast, ast.table?.schema === undefined ? st.catalog.anyKeyspace() : named(st, ast.table.schema));
    default: return toOne(st, ast, st.catalog.anyKeyspace());
  }
}

function keyspaceName(st: PlanningStatement, ast: Show): string | undefined {
  return ast.schema ?? ast.name ?? st.context.defaultKeyspace;
}

function filterOf(ast: Show): { filter?: string } {
  if (ast.like !== undefined) return { filter: ` like '${ast.like.replaceAll("'", "''")}'` };
  if (ast.where === undefined) return {};
  const text = printStatement({ ...ast, what: 'status', full: false, extended: false, table: undefined, schema: undefined, scope: undefined });
  return { filter: text.slice(text.indexOf(' where ')) };
}

function targetOf(ast: Show): string | undefined {
  return ast.table?.name ?? ast.name ?? ast.schema;
}

function schemaOf(st: PlanningStatement, ast: Show): PlanKeyspace {
  const name = ast.schema ?? st.context.defaultKeyspace;
  if (name === undefined) throw noDatabase();
  return named(st, name);
}

function send(st: PlanningStatement, keyspace: PlanKeyspace, query: string, single: boolean): Send {
  const tabletType = snapshotTabletType(st, keyspace);
  return {
    op: 'Send', keyspace, shards: single ? { kind: 'anyShard' } : { kind: 'allShards' }, query, isDml: false, singleShardOnly: single, reservedConnectionNeeded: false, ...(tabletType !== undefined && { tabletType }),
  };
}

/** One shard is asked, without the keyspace in the words: there the database has another name. */
function toOne(st: PlanningStatement, ast: Show, keyspace: PlanKeyspace): Send {
  const schema = ast.schema !== undefined && !isSystemSchema(ast.schema) ? undefined : ast.schema;
  return send(st, keyspace, printStatement(withoutKeyspaces(st, { ...ast, schema })), true);
}

function toAll(st: PlanningStatement, ast: Show, keyspace: PlanKeyspace): Send {
  return send(st, keyspace, printStatement(ast), false);
}

function ofTable(st: PlanningStatement, ast: Show): Primitive {
  const { table } = ast;
  if (table === undefined) throw tableNotFound('');
  const schema = ast.schema ?? table.schema;
  if (isSystemSchema(schema)) return send(st, st.catalog.anyKeyspace(), printStatement(ast), true);
  const found = resolve(st, { ...table, schema });
  const renamed = { ...ast, schema: undefined, table: { ...table, schema: undefined, name: found.name } };
  return send(st, found.keyspace, printStatement(renamed), true);
}

/** The table on its tablets, routing rules applied. */
export function resolve(st: PlanningStatement, name: TableName): { keyspace: PlanKeyspace; name: string } {
  const entry = st.catalog.find(name.schema, name.name);
  if (entry.kind === 'vindex') throw tableNotFound(name.name);
  return entry.kind === 'table' ? { keyspace: entry.table.keyspace, name: entry.table.name } : { keyspace: entry.keyspace, name: entry.name };
}

function databases(st: PlanningStatement, ast: Show): Rows {
  const names = [...st.catalog.keyspaces().map((k) => k.name)].sort();
  const system = ['information_schema', 'mysql', 'sys', 'performance_schema'];
  const all = ast.what === 'databases' || ast.what === 'keyspaces' || ast.what === 'vitess_keyspaces' ? [...names, ...system] : names;
  return rows([ast.like === undefined ? 'Database' : `Database (${ast.like})`], all.filter((name) => matches(name, ast.like)).map((name) => [name]));
}

/** LIKE without a server: `%` and `_`, case counts for nothing. */
export function matches(text: string, like: string | undefined): boolean {
  if (like === undefined) return true;
  let source = '';
  for (let i = 0; i < like.length; i++) {
    const c = like[i] ?? '';
    if (c === '\\' && i + 1 < like.length) source += quoteForRegExp(like[++i] ?? '');
    else source += c === '%' ? '.*' : c === '_' ? '.' : quoteForRegExp(c);
  }
  return new RegExp(`^${source}$`, 'is').test(text);
}
const quoteForRegExp = (c: string): string => c.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

export function rows(names: readonly string[], values: readonly (readonly (string | null)[])[]): Rows {
  return {
    op: 'Rows', fields: names.map((name) => ({ name, type: valueTypes.VARCHAR, charset: 255, columnLength: 1020 })),
    rows: values.map((row) => row.map((v) => (v === null ? null : Buffer.from(v)))),
  };
}

function vschemaTables(st: PlanningStatement, ast: Show): Rows {
  const keyspace = named(st, ast.schema ?? ast.table?.schema ?? st.context.defaultKeyspace);
  return rows(['Tables'], [['dual'], ...st.catalog.tables(keyspace.name).map((t) => [t.name])].sort(([a = ''], [b = '']) => (a < b ? -1 : 1)));
}

function vschemaKeyspaces(vschema: VSchema): Rows {
  return rows(['Keyspace', 'Sharded', 'Foreign Key', 'Comment'], [...vschema.keyspaces.values()].map((k) => [k.name, String(k.sharded), k.foreignKeyMode, k.error?.message ?? '']));
}

function vschemaVindexes(st: PlanningStatement, ast: Show, vschema: VSchema): Rows {
  if (ast.table !== undefined) {
    const keyspaceWritten = ast.table.schema ?? st.context.defaultKeyspace;
    const table = vschema.findTable(keyspaceWritten, ast.table.name);
    return rows(['Columns', 'Name', 'Type', 'Params', 'Owner'], table.columnVindexes.map((v) => [v.columns.join(', '), v.name, v.type, paramsText(v.vindex.params), v.owned ? table.name : '']));
  }
  const values = [...vschema.keyspaces.values()].flatMap((k) => [...k.vindexes.values()].map((v) => [k.name, v.name, v.type, paramsText(v.params), ownerOf(k, v.name)]));
  return rows(['Keyspace', 'Name', 'Type', 'Params', 'Owner'], values);
}

const paramsText = (params: Readonly<Record<string, string>>): string => Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => `${k}=${v}`).join('; ');

function ownerOf(keyspace: { readonly tables: ReadonlyMap<string, { readonly name: string; readonly owned: readonly { readonly name: string }[] }> }, vindex: string): string {
  for (const table of keyspace.tables.values()) if (table.owned.some((v) => v.name === vindex)) return table.name;
  return '';
}

/** DESCRIBE t: the columns, from one shard. */
export function planDescribe(st: PlanningStatement, ast: Describe): Primitive {
  if (isSystemSchema(ast.table.schema)) return send(st, st.catalog.anyKeyspace(), printStatement(ast), true);
  const found = resolve(st, ast.table);
  return send(st, found.keyspace, printStatement({ ...ast, table: { ...ast.table, schema: undefined, name: found.name } }), true);
}

/** EXPLAIN of a statement: what one shard of its first table's keyspace says. */
export function planExplain(st: PlanningStatement, ast: Explain): Primitive {
  const { statement } = ast;
  if (statement.kind === 'select' || statement.kind === 'setOperation' || statement.kind === 'nestedQuery') {
    bindQuery(st, statement, undefined, undefined);
    const home = st.tables.find((t) => t.source.kind === 'base' && t.source.table.kind !== 'systemTable');
    const keyspace = home?.source.kind === 'base' ? home.source.table.keyspace : st.catalog.anyKeyspace();
    st.tablesUsed.clear();
    return send(st, keyspace, printStatement({ ...ast, statement: forShards(st, statement, new Map(), new Map()) }), true);
  }
  const first = firstTable(statement);
  const keyspace = first === undefined ? st.catalog.anyKeyspace() : homeOf(st, first, true);
  return send(st, keyspace, printStatement(withoutKeyspaces(st, ast)), true);
}

function firstTable(statement: Statement): TableName | undefined {
  if (statement.kind === 'insert') return statement.table;
  if (statement.kind === 'update' || statement.kind === 'delete') {
    const [first] = statement.from;
    return first?.kind === 'table' ? first.table : undefined;
  }
  return undefined;
}
