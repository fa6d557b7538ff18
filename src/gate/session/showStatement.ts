import { VtrewindError } from '../../base/errors.ts';
import { ER } from '../../mysql/constants/errorCodes.ts';
import type { Show } from '../../sql/index.ts';
import type { Field, QueryResult, Row } from '../../vitess/queryService.ts';
import type { Keyspace } from '../../vschema/index.ts';
import { checkSnapshot, isSystemSchema, keyspaceOf, runOnOneShard, type StatementHome, targetedShards, tabletText } from './keyspaceStatements.ts';
import { type Cell, rowsOf } from './rows.ts';
import { anyKeyspace, unknownDatabase } from './routing.ts';
import type { SessionFacts } from './sessionValues.ts';
import { filteredShow } from './showFilter.ts';
import { formatTarget } from './target.ts';

const SYSTEM_DATABASES = ['information_schema', 'mysql', 'performance_schema', 'sys'];

/** SHOW: what the gate knows it answers itself; the rest one shard answers, with keyspaces for databases. */
export async function runShow(home: StatementHome, show: Show, facts: SessionFacts): Promise<QueryResult> {
  const { env, state } = home;
  const filtered = (columns: readonly string[], rows: readonly (readonly Cell[])[], by = 0) => filteredShow(home, show, facts, rowsOf(columns, rows), by);
  switch (show.what) {
    case 'databases': return filtered(['Database'], [...keyspaceNames(home), ...SYSTEM_DATABASES.filter((name) => home.access.allows(name) || name === 'information_schema')].map((name) => [name]));
    case 'keyspaces': case 'vitess_keyspaces': return filtered(['Database'], keyspaceNames(home).map((name) => [name]));
    case 'vitess_shards': return filtered(['Shards'], shardNames(home).map((name) => [name]));
    case 'vitess_tablets': return filtered(['Cell', 'Keyspace', 'Shard', 'TabletType', 'State', 'Alias', 'Hostname', 'PrimaryTermStartTime'], tabletRows(home), 1);
    case 'vitess_target': return rowsOf(['Target'], [[formatTarget(state.target)]]);
    case 'vschema keyspaces': return filtered(['Keyspace', 'Sharded', 'Foreign Key', 'Comment'], [...env.view.vschema.keyspaces.values()].filter((keyspace) => home.access.allows(keyspace.name)).map((keyspace) => [
      keyspace.name, String(keyspace.sharded), keyspace.foreignKeyMode, keyspace.snapshot ? `snapshot of ${env.view.snapshot(keyspace.name)?.base ?? 'another keyspace'}` : (keyspace.error?.message ?? ''),
    ]));
    case 'vschema tables': return filtered(['Tables'], [...vschemaKeyspace(home, show).tables.keys()].sort().map((name) => [name]));
    case 'vschema vindexes': return vindexes(home, show);
    case 'warnings': return diagnostics(home, show, false);
    case 'errors': return diagnostics(home, show, true);
    case 'processlist': return processes(home, show);
    case 'snapshots': return filteredShow(home, show, facts, ownRows(home, await env.snapshots()));
    case 'create database': return createDatabase(home, show);
    case 'tables': case 'table status': case 'open tables': return tables(home, show, facts);
    case 'variables': {
      const all = variables(await runOnOneShard(home, { ...show, where: undefined }, { write: false, any: true }), facts);
      return show.where === undefined ? all : filteredShow(home, show, facts, all);
    }
    case 'columns': case 'index': case 'create table': case 'create view': case 'triggers': return fromTable(home, show);
    default: return runOnOneShard(home, show, { write: false, any: true });
  }
}

/** Those of the user. */
function ownRows(home: StatementHome, result: QueryResult): QueryResult {
  return { ...result, rows: result.rows.filter((row) => home.access.allows(row[0]?.toString() ?? '')) };
}

/** Those of the user. */
function keyspaceNames(home: StatementHome): string[] {
  return home.env.view.keyspaceNames().filter((name) => home.access.allows(name));
}

function shardNames(home: StatementHome): string[] {
  const { env } = home;
  const names = new Set<string>();
  for (const keyspace of keyspaceNames(home)) {
    for (const type of ['PRIMARY', 'REPLICA', 'RDONLY'] as const) for (const shard of env.view.shards(keyspace, type) ?? []) names.add(`${keyspace}/${shard.target.shard}`);
  }
  return [...names];
}

function tabletRows(home: StatementHome): Cell[][] {
  return home.env.tablets.all().filter((tablet) => home.access.allows(tablet.keyspace)).map((tablet) => [
    tablet.cell, tablet.keyspace, tablet.shard, tablet.tabletType, tablet.serving ? 'SERVING' : 'NOT_SERVING', tablet.alias, tablet.hostname, tablet.primaryTermStart,
  ]);
}

function vschemaKeyspace(home: StatementHome, show: Show): Keyspace {
  const name = show.schema ?? home.state.target.keyspace;
  home.access.checkKeyspace(name);
  const keyspace = home.env.view.vschema.keyspaces.get(name);
  if (keyspace !== undefined) return keyspace;
  if (name === '') throw new VtrewindError({ code: 'VT09005', mysql: ER.NO_DB_ERROR, sqlState: '3D000', message: 'VT09005: no database selected' });
  throw unknownDatabase(name);
}

function vindexes(home: StatementHome, show: Show): QueryResult {
  if (show.table !== undefined) {
    const table = home.env.view.vschema.findTable(show.table.schema ?? (home.state.target.keyspace === '' ? undefined : home.state.target.keyspace), show.table.name);
    home.access.checkKeyspace(table.keyspace.name);
    return rowsOf(['Columns', 'Name', 'Type', 'Params', 'Owner'], table.columnVindexes.map(({ columns, name, type, vindex, owned }) => [columns.join(', '), name, type, params(vindex.params), owned ? table.name : '']));
  }
  const keyspace = vschemaKeyspace(home, show);
  return rowsOf(['Keyspace', 'Name', 'Type', 'Params', 'Owner'], [...keyspace.vindexes.values()].map((vindex) => [keyspace.name, vindex.name, vindex.type, params(vindex.params), '']));
}

function params(all: Readonly<Record<string, string>>): string {
  return Object.entries(all).sort().map(([key, value]) => `${key}=${value}`).join('; ');
}

function diagnostics(home: StatementHome, show: Show, errorsOnly: boolean): QueryResult {
  const found = home.state.warnings.filter((warning) => !errorsOnly || warning.level === 'Error');
  if (show.count) return rowsOf([errorsOnly ? '@@session.error_count' : '@@session.warning_count'], [[found.length]], new Set(['@@session.error_count', '@@session.warning_count']));
  return rowsOf(['Level', 'Code', 'Message'], limited(show, found).map((warning) => [warning.level, warning.code, warning.message]), new Set(['Code']));
}

function limited<T>(show: Show, rows: readonly T[]): readonly T[] {
  const [offset, count] = [show.limit?.offset, show.limit?.count].map((bound) => (bound?.kind === 'number' ? Number(bound.text) : undefined));
  return rows.slice(offset ?? 0, count === undefined ? undefined : (offset ?? 0) + count);
}

const MAX_INFO_CHARS = 100;

function processes(home: StatementHome, show: Show): QueryResult {
  const now = performance.now();
  return rowsOf(['Id', 'User', 'Host', 'db', 'Command', 'Time', 'State', 'Info'], home.env.registry.all().filter((session) => home.access.sees(session.user)).map((session) => [
    session.id, session.user, session.host, session.database === '' ? null : session.database, session.command, Math.max(0, Math.floor((now - session.since) / 1000)), '',
    session.info === null ? null : show.full ? session.info : session.info.slice(0, MAX_INFO_CHARS),
  ]), new Set(['Id', 'Time']));
}

function createDatabase(home: StatementHome, show: Show): QueryResult {
  const name = show.name ?? show.schema ?? show.table?.name ?? '';
  if (!home.env.view.keyspaceNames().includes(name)) throw unknownDatabase(name);
  return rowsOf(['Database', 'Create Database'], [[name, `CREATE DATABASE \`${name.replaceAll('`', '``')}\``]]);
}

/** One shard's list; the column that names its database names the keyspace. */
async function tables(home: StatementHome, show: Show, facts: SessionFacts): Promise<QueryResult> {
  const asked = await runOnOneShard(home, { ...show, where: undefined }, { write: false, any: home.state.target.shard === undefined });
  const keyspace = keyspaceOf(home, show)?.name ?? '';
  const result = show.what === 'open tables' ? openTables(home, show, keyspace === '' ? anyKeyspace(home.env).name : keyspace, asked) : asked;
  const shown: QueryResult = { ...result, fields: result.fields.map((field): Field => (field.name.startsWith('Tables_in_') ? { ...field, name: field.name.replace(/^Tables_in_[^ ]+/, `Tables_in_${keyspace}`) } : field)) };
  return show.where === undefined ? shown : filteredShow(home, show, facts, shown);
}

/** What tablets keep for themselves. */
const SIDECAR = '_vt';

/** A tablet is asked for the tables of all its databases, since a keyspace is none there. */
function openTables(home: StatementHome, show: Show, keyspace: string, result: QueryResult): QueryResult {
  const shard = targetedShards(home.env, home.state.target, keyspace, undefined)[0];
  const own = shard === undefined ? undefined : home.shards.pick(shard.target).databaseName;
  const rows = result.rows.flatMap((row): Row[] => {
    const [database, ...rest] = row;
    const name = database?.toString() ?? '';
    if (own !== undefined && name === own) return [[Buffer.from(keyspace), ...rest]];
    return name === SIDECAR || (show.schema !== undefined && !isSystemSchema(show.schema)) ? [] : [row];
  });
  return { ...result, rows };
}

/** SHOW COLUMNS, INDEX, CREATE TABLE: any shard of the table's keyspace knows. */
async function fromTable(home: StatementHome, show: Show): Promise<QueryResult> {
  const keyspace = keyspaceOf(home, show);
  if (keyspace === undefined) {
    if (show.table !== undefined && home.state.target.keyspace === '' && show.table.schema === undefined) home.env.view.vschema.findTable(undefined, show.table.name);
    return runOnOneShard(home, show, { write: false, any: true });
  }
  checkSnapshot(home.env, keyspace, home.state.target, false, 'show');
  const shard = targetedShards(home.env, home.state.target, keyspace.name, undefined)[0];
  if (shard === undefined) throw unknownDatabase(keyspace.name);
  const [outcome] = await home.shards.execute([{ target: shard.target, sql: tabletText(home, show), binds: {} }], { write: false, transaction: keyspace.snapshot ? 'outside' : 'session' }, { ...home.how, literal: true });
  if (outcome === undefined || 'error' in outcome) throw outcome?.error ?? unknownDatabase(keyspace.name);
  return outcome.result;
}

/** A server's variables with those of the gate in their place. */
function variables(result: QueryResult, facts: { readonly serverVersion: string }): QueryResult {
  const own: Readonly<Record<string, string>> = { version: facts.serverVersion, version_comment: 'vtrewind' };
  return { ...result, rows: result.rows.map((row): Row => {
    const value = own[row[0]?.toString() ?? ''];
    return value === undefined ? row : [row[0] ?? null, Buffer.from(value)];
  }) };
}
