import { VtrewindError } from '../../base/errors.ts';
import type { ShardInfo } from '../../engine/vcursor.ts';
import { ER } from '../../mysql/constants/errorCodes.ts';
import { printStatement, rewriteTopDown, type SqlSettings, type Statement, visit } from '../../sql/index.ts';
import type { SessionAccess } from '../access/sessionAccess.ts';
import type { QueryResult, TabletTypeName } from '../../vitess/queryService.ts';
import { type Keyspace, parseShardRange, resolveDestination } from '../../vschema/index.ts';
import type { GateEnvironment } from './environment.ts';
import { anyKeyspace, shardsOf, typeFor, unknownDatabase } from './routing.ts';
import { NOTHING } from './rows.ts';
import type { SessionShards } from './sessionShards.ts';
import type { SessionState } from './sessionState.ts';
import type { LinkOptions } from './shardLink.ts';
import type { SessionTarget } from './target.ts';

const systemSchemas = new Set(['information_schema', 'mysql', 'performance_schema', 'sys']);
export const isSystemSchema = (name: string): boolean => systemSchemas.has(name.toLowerCase());

/** What statements that are not planned need of their session. */
export interface StatementHome {
  readonly env: GateEnvironment;
  readonly state: SessionState;
  readonly shards: SessionShards;
  readonly access: SessionAccess;
  readonly how: LinkOptions;
  /** How the session's servers read text. */
  readonly settings: SqlSettings;
}

/**
 * The keyspace that a statement outside the planner (DDL, administration, SHOW) is about: the one its names state, else the session's, else that of its
 * first table by global routing. Undefined when nothing says. Throws VT12001 when its names state several, 1044 when it is not one of the user's.
 */
export function keyspaceOf(home: StatementHome, ast: Statement): Keyspace | undefined {
  const keyspace = keyspaceNamed(home, ast);
  if (keyspace !== undefined) home.access.checkKeyspace(keyspace.name);
  return keyspace;
}

function keyspaceNamed(home: StatementHome, ast: Statement): Keyspace | undefined {
  const { vschema } = home.env.view;
  const stated = new Set<string>();
  let table: string | undefined;
  visit(ast, {
    enter(node) {
      if (node.kind !== 'tableName') return;
      if (node.schema !== undefined && !isSystemSchema(node.schema)) stated.add(node.schema);
      table ??= node.name;
    },
  });
  if (ast.kind === 'show' && ast.schema !== undefined && !isSystemSchema(ast.schema)) stated.add(ast.schema);
  if (stated.size > 1) throw new VtrewindError({ code: 'VT12001', mysql: ER.NOT_SUPPORTED_YET, sqlState: '42000', grpc: 'UNIMPLEMENTED', message: `VT12001: unsupported: ${ast.kind} over several keyspaces: ${[...stated].join(', ')}` });
  const [name] = stated;
  if (name !== undefined) return vschema.keyspaces.get(name) ?? refuseUnknown(name);
  const selected = home.state.target.keyspace;
  if (selected !== '' && !isSystemSchema(selected)) return vschema.keyspaces.get(selected) ?? refuseUnknown(selected);
  return table === undefined ? undefined : vschema.findTableOrUndefined(undefined, table, home.state.target.tabletType)?.keyspace;
}

function refuseUnknown(name: string): never {
  throw unknownDatabase(name);
}

function noDatabase(): VtrewindError {
  return new VtrewindError({ code: 'VT09005', mysql: ER.NO_DB_ERROR, sqlState: '3D000', grpc: 'FAILED_PRECONDITION', message: 'VT09005: no database selected: use keyspace<:shard><@type> or keyspace<[range]><@type> (<> are optional)' });
}

/** `createTable` as people write it. */
function words(kind: string): string {
  return kind.replace(/[A-Z]/g, ' $&').toUpperCase();
}

/** Refuses what would change a snapshot, before any tablet is asked (SNAPSHOTS.md, "Routing" 4), and an explicit `@primary` (3). */
export function checkSnapshot(env: GateEnvironment, keyspace: Keyspace, target: SessionTarget, write: boolean, what: string): void {
  if (!keyspace.snapshot) return;
  const facts = env.view.snapshot(keyspace.name);
  const described = facts === undefined ? 'a snapshot' : `a snapshot of ${facts.base} at ${facts.at}`;
  if (write) {
    throw new VtrewindError({
      code: 'VTR0001', mysql: ER.OPTION_PREVENTS_STATEMENT, sqlState: 'HY000', grpc: 'FAILED_PRECONDITION', message: `keyspace ${keyspace.name} is ${described} and is read-only: ${words(what)} is refused`,
      hint: `write to ${facts?.base ?? 'its base keyspace'}, or restart its tablets with --snapshot-writes=allow`,
    });
  }
  if (target.explicitType && target.tabletType === 'PRIMARY') {
    throw new VtrewindError({
      code: 'VTR1403', mysql: ER.OPTION_PREVENTS_STATEMENT, sqlState: 'HY000', grpc: 'FAILED_PRECONDITION', message: `keyspace ${keyspace.name} is ${described} and has no primary`,
      hint: `leave the tablet type out, or use ${keyspace.name}@replica`,
    });
  }
}

/** The shards the session's target leaves of a keyspace: all, one, or those of a range. */
export function targetedShards(env: GateEnvironment, target: SessionTarget, keyspace: string, type: TabletTypeName | undefined): readonly ShardInfo[] {
  const chosen = target.keyspace === keyspace ? target.shard : undefined;
  const all = shardsOf(env, target, keyspace, type);
  if (chosen === undefined || chosen.kind === 'allShards' || chosen.kind === 'anyShard') return all;
  if (chosen.kind === 'shard') {
    const found = all.filter((shard) => shard.target.shard === chosen.shard);
    if (found.length > 0) return found;
    return [{ target: { keyspace, shard: chosen.shard, tabletType: type ?? typeFor(env, target, keyspace, env.view.vschema.keyspaces.get(keyspace)?.snapshot === true) }, start: new Uint8Array(), end: new Uint8Array() }];
  }
  const keyRange = parseShardRange(chosen.range);
  if (keyRange === undefined) return all;
  const names = resolveDestination(keyspace, all.map((shard) => ({ name: shard.target.shard })), { kind: 'keyRange', keyRange });
  return all.filter((shard) => names.includes(shard.target.shard));
}

/** The statement's text for a tablet: keyspaces are not databases there. */
export function tabletText(home: StatementHome, ast: Statement): string {
  const { env, settings } = home;
  const stripped = rewriteTopDown(ast, (node) => {
    if (node.kind === 'tableName' && node.schema !== undefined && env.view.vschema.keyspaces.has(node.schema)) return { ...node, schema: undefined };
    return undefined;
  });
  const shown = stripped.kind === 'show' && stripped.schema !== undefined && env.view.vschema.keyspaces.has(stripped.schema) ? withoutSchema(stripped) : stripped;
  return printStatement(shown, settings);
}

function withoutSchema<T extends { readonly schema?: string }>(node: T): T {
  const { schema: _, ...rest } = node;
  return rest as T;
}

/** DDL: on every shard of the keyspace (or of the target), each by itself. The session's transaction is committed first, as MySQL does. */
export async function runDdl(home: StatementHome, ast: Statement): Promise<QueryResult> {
  const { env, state, shards } = home;
  if (shards.inTransaction) await shards.commit();
  const keyspace = keyspaceOf(home, ast);
  if (keyspace === undefined) throw noDatabase();
  checkSnapshot(env, keyspace, state.target, true, ast.kind);
  const temporary = 'temporary' in ast && ast.temporary === true;
  const targets = targetedShards(env, state.target, keyspace.name, 'PRIMARY');
  if (temporary && targets.length > 1) throw notHere(ast, 'temporary tables need an unsharded keyspace or a session on one shard');
  if (temporary) for (const shard of targets) await shards.pin(shard.target);
  const result = await onShards(home, targets, tabletText(home, ast), temporary ? 'session' : 'autocommit');
  if (!temporary) await env.schemaChanged(keyspace.name);
  return { ...result, fields: [], rows: [] };
}

/** Administration that one server must do: an unsharded keyspace, or a session on one shard. */
export async function runOnOneShard(home: StatementHome, ast: Statement, options: { readonly write: boolean; readonly any?: boolean }): Promise<QueryResult> {
  const { env, state } = home;
  const keyspace = keyspaceOf(home, ast);
  const name = keyspace?.name ?? (options.any === true ? anyKeyspace(env).name : undefined);
  if (name === undefined) throw noDatabase();
  if (keyspace !== undefined) checkSnapshot(env, keyspace, state.target, options.write, ast.kind);
  const targets = targetedShards(env, state.target, name, undefined);
  if (targets.length > 1 && options.any !== true) throw notHere(ast, `keyspace ${name} has ${targets.length} shards; choose one with USE \`${name}:shard\``);
  return onShards(home, targets.slice(0, 1), tabletText(home, ast), 'session');
}

async function onShards(home: StatementHome, targets: readonly ShardInfo[], sql: string, transaction: 'session' | 'autocommit'): Promise<QueryResult> {
  // A text that is passed on may hold colons of its own; it is no template.
  const outcomes = await home.shards.execute(targets.map(({ target }) => ({ target, sql, binds: {} })), { write: true, transaction }, { ...home.how, literal: true });
  let first: QueryResult | undefined;
  let affected = 0n;
  for (const outcome of outcomes) {
    if ('error' in outcome) throw outcome.error;
    first ??= outcome.result;
    affected += outcome.result.rowsAffected;
  }
  return first === undefined ? NOTHING : { ...first, rowsAffected: affected };
}

function notHere(ast: Statement, why: string): VtrewindError {
  return new VtrewindError({ code: 'VT12001', mysql: ER.NOT_SUPPORTED_YET, sqlState: '42000', grpc: 'UNIMPLEMENTED', message: `VT12001: unsupported: ${ast.kind}: ${why}` });
}

/** CREATE and DROP DATABASE: a keyspace, where the gate was given a way to make one. */
export async function runDatabaseDdl(home: StatementHome, action: 'create' | 'drop', name: string, tolerant: boolean): Promise<QueryResult> {
  const { env, state } = home;
  const known = env.view.keyspaceNames().includes(name);
  const keyspace = env.view.vschema.keyspaces.get(name);
  if (keyspace?.snapshot === true) checkSnapshot(env, keyspace, state.target, true, `${action} database`);
  if (action === 'create' && known) {
    if (tolerant) return NOTHING;
    throw new VtrewindError({ code: 'VT03033', mysql: 1007, sqlState: 'HY000', grpc: 'ALREADY_EXISTS', message: `Can't create database '${name}'; database exists` });
  }
  if (action === 'drop' && !known) {
    if (tolerant) return NOTHING;
    throw new VtrewindError({ code: 'VT05001', mysql: 1008, sqlState: 'HY000', grpc: 'NOT_FOUND', message: `Can't drop database '${name}'; database doesn't exist` });
  }
  if (env.databaseHook === undefined) {
    throw new VtrewindError({
      code: 'VT12001', mysql: ER.NOT_SUPPORTED_YET, sqlState: '42000', grpc: 'UNIMPLEMENTED', message: `VT12001: unsupported: ${action} database: this gate manages no keyspaces`,
      hint: action === 'create' ? "make it with 'vtrewind CreateKeyspace' and start its tablets" : "drop it with 'vtrewind DeleteKeyspace'",
    });
  }
  await env.databaseHook(action, name);
  return { ...NOTHING, rowsAffected: action === 'create' ? 1n : 0n };
}
