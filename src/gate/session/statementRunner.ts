import { VtrewindError } from '../../base/errors.ts';
import type { GateActions, ResultPart } from '../../engine/vcursor.ts';
import { TYPE } from '../../mysql/constants/columnTypes.ts';
import { ER } from '../../mysql/constants/errorCodes.ts';
import type { PlanContext } from '../../planner/context.ts';
import type { Plan } from '../../planner/plan.ts';
import {
  bindName, build, type Expression, type LiteralBind, type NormalizedQuery, normalize, parseStatement, printExpression, printingFor, printStatement, some, sqlModeOf, SqlSettings, type Statement,
} from '../../sql/index.ts';
import type { BindVariable, BindVariables, QueryResult } from '../../vitess/queryService.ts';
import { fastRoute } from '../relay/fastRoute.ts';
import type { SessionAccess } from '../access/sessionAccess.ts';
import type { GateEnvironment } from './environment.ts';
import { GateCursor } from './gateCursor.ts';
import { checkSnapshot, isSystemSchema, keyspaceOf, runDatabaseDdl, runDdl, runOnOneShard, targetedShards } from './keyspaceStatements.ts';
import type { CachedPlan, PlanScope } from './planCache.ts';
import { anyKeyspace, shardsOf } from './routing.ts';
import { NOTHING } from './rows.ts';
import type { ScratchSession } from '../scratch/scratchRunner.ts';
import type { SessionShards } from './sessionShards.ts';
import type { SessionState, UserValue } from './sessionState.ts';
import { type SessionFacts, sessionValue, takeSessionValues } from './sessionValues.ts';
import { runSet, runSetTransaction, type SetHome } from './setStatement.ts';
import type { LinkOptions } from './shardLink.ts';
import { runShow } from './showStatement.ts';
import { qualifiedTarget } from './qualifiedTarget.ts';
import { formatTarget, parseTarget, type SessionTarget } from './target.ts';
import { unknownTable } from './unknownTable.ts';

export interface RunnerOptions {
  readonly env: GateEnvironment;
  readonly state: SessionState;
  readonly shards: SessionShards;
  readonly facts: SessionFacts;
  readonly access: SessionAccess;
  /** Of the statement that runs now. */
  readonly signal: () => AbortSignal;
  readonly closeConnection: () => void;
  /** CLIENT_IGNORE_SPACE: the client's own sql_mode has it. */
  readonly ignoreSpace: boolean;
}

/** Statement kinds that read or write tables, and so begin a transaction when autocommit is off. */
const tableKinds = new Set(['select', 'insert', 'replace', 'update', 'delete', 'call', 'load']);
const cachedKinds = new Set(['select', 'insert', 'replace', 'update', 'delete']);

/** Runs one statement of a session and gives its whole result: session statements here, the others by plan. */
export class StatementRunner implements SetHome {
  readonly env: GateEnvironment;
  readonly state: SessionState;
  readonly shards: SessionShards;
  readonly access: SessionAccess;
  readonly #options: RunnerOptions;
  settings: SqlSettings;
  #scope: PlanScope | undefined;
  #scopeName = '';

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.env = options.env;
    this.state = options.state;
    this.shards = options.shards;
    this.access = options.access;
    this.settings = this.#readSettings();
  }

  get how(): LinkOptions {
    return { signal: this.#options.signal(), maxRows: this.env.limits.maxMemoryRows, onWarnings: (warnings) => { for (const warning of warnings) this.state.addWarning(warning); } };
  }

  // ── how text is read ─────────────────────────────────────────────────────────────────────────────────────

  #readSettings(): SqlSettings {
    const mode = this.state.settings.get('sql_mode') ?? '';
    const { charset } = this.state.settings;
    const sqlMode = sqlModeOf(mode.replaceAll("'", ''));
    return new SqlSettings({ sqlMode: { ...sqlMode, ignoreSpace: sqlMode.ignoreSpace === true || this.#options.ignoreSpace }, charset: charset === 'binary' ? 'utf8mb4' : charset, maxLength: 1 << 30 });
  }

  readingChanged(): void {
    this.settings = this.#readSettings();
    this.#scope = undefined;
  }

  // ── target ───────────────────────────────────────────────────────────────────────────────────────────────

  /** USE, COM_INIT_DB and the database named at connect. Throws 1044 for one that is not the user's, 1049 for an unknown keyspace; a snapshot's `@primary` is refused here already. */
  useTarget(text: string): void {
    const target = parseTarget(text, this.env.defaultTabletType);
    this.access.checkKeyspace(target.keyspace);
    if (target.keyspace !== '' && !isSystemSchema(target.keyspace)) {
      const keyspace = this.env.view.vschema.keyspaces.get(target.keyspace);
      if (keyspace === undefined && !this.env.view.keyspaceNames().includes(target.keyspace)) {
        throw new VtrewindError({ code: 'VT05003', mysql: ER.BAD_DB_ERROR, sqlState: '42000', grpc: 'NOT_FOUND', message: `VT05003: unknown database '${target.keyspace}' in vschema` });
      }
      if (keyspace !== undefined) checkSnapshot(this.env, keyspace, target, false, 'use');
    }
    this.state.target = target;
    this.#scope = undefined;
  }

  // ── plans ────────────────────────────────────────────────────────────────────────────────────────────────

  #planScope(): PlanScope {
    const { version } = this.env.view;
    if (this.#scope !== undefined && this.#scope.version === version) return this.#scope;
    const { target } = this.state;
    const { settings } = this;
    this.#scopeName = `${formatTarget(target)}|${target.tabletType}|${settings.ansiQuotes}${settings.pipesAsConcat}${settings.noBackslashEscapes}${settings.ignoreSpace}${settings.highNotPrecedence}${settings.charset.decoder === 'utf-8' ? '' : settings.charset.name}|${this.state.settings.get('foreign_key_checks') ?? ''}|${this.access.scope}`;
    this.#scope = this.env.plans.scope(this.#scopeName, version);
    return this.#scope;
  }

  /** The plan of a statement, from the cache where it is. Throws syntax and planning errors. */
  planOf(query: NormalizedQuery): CachedPlan {
    const scope = this.#planScope();
    const found = scope.get(query.key);
    if (found !== undefined) return found;
    const made = this.#makePlan(parseStatement(query.key, this.settings), query.key);
    if (cachedKinds.has(query.kind)) scope.put(query.key, made);
    return made;
  }

  /** A keyspace that has just begun to serve: its tables are waited for before a statement is refused for not knowing them. */
  async #planWhenKnown(query: NormalizedQuery): Promise<CachedPlan> {
    try {
      return this.planOf(query);
    } catch (error) {
      const pending = this.env.schemaPending();
      if (pending === undefined) throw error;
      await pending;
      return this.planOf(query);
    }
  }

  #makePlan(parsed: Statement, source: string): CachedPlan {
    const { target } = this.state;
    this.access.checkStatement(parsed, target, this.#isKeyspace);
    const qualified = qualifiedTarget(parsed, this.#isKeyspace, target.tabletType);
    const { ast, needs } = takeSessionValues(qualified?.ast ?? parsed, source);
    // What a plan says to shards is read there in this session's mode.
    return printingFor(this.settings, () => {
      const plan = this.#planFor(ast, source, qualified?.target ?? target);
      this.access.checkPlan(plan);
      const setsInsertId = ast.kind === 'select' && some(ast, (node) => node.kind === 'function' && node.name === 'last_insert_id' && node.args.length > 0);
      const countsFoundRows = plan.root?.op === 'Route' && 'limit' in ast && ast.limit !== undefined && some(ast, (node) => node.kind === 'select' && node.options.includes('sql_calc_found_rows'));
      const system = readsSystemTables(parsed, target.keyspace);
      return { plan, fast: setsInsertId || countsFoundRows || system ? undefined : fastRoute(plan, needs.length === 0 ? printStatement(parsed) : undefined, this.settings), needs, setsInsertId, countsFoundRows, system };
    });
  }

  readonly #isKeyspace = (name: string): boolean => this.env.view.vschema.keyspaces.has(name);

  #planFor(ast: Statement, source: string, target: SessionTarget): Plan {
    try {
      return this.env.planner.plan(ast, this.env.view.vschema, this.#planContext(source, target));
    } catch (error) {
      throw unknownTable(this.env, error, ast, target.keyspace);
    }
  }

  #planContext(sql: string, target: SessionTarget): PlanContext {
    const foreignKeyChecks = this.state.settings.get('foreign_key_checks');
    return {
      sql, tabletType: target.tabletType, tabletTypeExplicit: target.explicitType, schema: this.env.schema, sysVarSetEnabled: true, transactionMode: this.state.transactionMode,
      snapshots: snapshotFacts(this.env),
      ...(target.keyspace === '' ? {} : { defaultKeyspace: target.keyspace }),
      ...(target.shard === undefined ? {} : { shardTarget: target.shard }),
      ...(foreignKeyChecks === undefined ? {} : { foreignKeyChecks: foreignKeyChecks !== '0' }),
    };
  }

  /** The statement's binds by name: its literals, the client's parameters, the session's values. */
  bindsOf(query: NormalizedQuery, needs: readonly string[], parameters: readonly BindVariable[] | undefined): BindVariables {
    const binds: Record<string, BindVariable> = {};
    for (let i = 0; i < query.binds.length; i++) binds[bindName(query, i)] = valueOfBind(query.binds[i] as LiteralBind, parameters);
    for (const name of needs) binds[name] = sessionValue(name, this.state, this.#options.facts);
    return binds;
  }

  // ── statements ───────────────────────────────────────────────────────────────────────────────────────────

  /** With autocommit off the first statement that touches tables begins a transaction. */
  beginIfNeeded(kind: string): void {
    if (!this.state.autocommit && !this.shards.inTransaction && tableKinds.has(kind)) this.#begin('begin');
  }

  async run(query: NormalizedQuery, parameters?: readonly BindVariable[]): Promise<QueryResult> {
    if (query.kind !== 'show') this.state.begin();
    const result = await this.#dispatch(query, parameters);
    if (query.kind !== 'show') this.state.remember(result);
    const warnings = this.state.warnings.length;
    return { ...result, warnings: query.kind === 'show' ? (result.warnings ?? 0) : Math.max(warnings, result.warnings ?? 0), statusFlags: this.state.status };
  }

  async #dispatch(query: NormalizedQuery, parameters: readonly BindVariable[] | undefined): Promise<QueryResult> {
    switch (query.kind) {
      case 'select': case 'insert': case 'replace': case 'update': case 'delete': return this.#planned(query, parameters);
      case 'empty': throw new VtrewindError({ code: 'VTR1014', mysql: ER.EMPTY_QUERY, sqlState: '42000', grpc: 'INVALID_ARGUMENT', message: 'Query was empty' });
      default: return this.#session(parseStatement(query.key, this.settings), query);
    }
  }

  async #planned(query: NormalizedQuery, parameters: readonly BindVariable[] | undefined): Promise<QueryResult> {
    this.beginIfNeeded(query.kind);
    const found = await this.#planWhenKnown(query);
    const { plan, needs } = found;
    const binds = this.bindsOf(query, needs, parameters);
    this.env.counters.planned++;
    return this.#inTransaction(plan.multiShardWrites, () => this.env.planner.execute(plan, binds, this.#cursor(found)));
  }

  /** Streams a SELECT: for sessions of workload OLAP. */
  async stream(query: NormalizedQuery, parameters: readonly BindVariable[] | undefined, onPart: (part: ResultPart) => Promise<void>): Promise<void> {
    this.state.begin();
    this.beginIfNeeded(query.kind);
    const { plan, needs, system } = await this.#planWhenKnown(query);
    let rows = 0;
    await this.env.planner.stream(plan, this.bindsOf(query, needs, parameters), this.#cursor({ setsInsertId: false, countsFoundRows: false, system }), async (part) => {
      rows += part.rows.length;
      await onPart(part);
    });
    this.state.rowsGiven(rows);
  }

  /** A statement that writes to several shards in autocommit is one transaction. */
  async #inTransaction<T>(needed: boolean, run: () => Promise<T>): Promise<T> {
    if (!needed || this.shards.inTransaction) return run();
    this.shards.begin({ begin: 'begin', before: [], implicit: true });
    let result: T;
    try {
      result = await run();
    } catch (error) {
      await this.shards.rollback();
      throw error;
    }
    await this.shards.commit();
    this.env.counters.commits++;
    return result;
  }

  #cursor(asks?: Pick<CachedPlan, 'setsInsertId' | 'countsFoundRows' | 'system'>): GateCursor {
    return new GateCursor(this.env, this.state, this.shards, this.#options.signal(), this.#actions(), { ...asks, visible: asks?.system === true && this.access.confined ? (keyspace) => this.access.allows(keyspace) : undefined });
  }

  async #session(ast: Statement, query: NormalizedQuery): Promise<QueryResult> {
    this.access.checkStatement(ast, this.state.target, this.#isKeyspace);
    switch (ast.kind) {
      case 'begin':
        if (this.shards.inTransaction) await this.#commit();
        this.#begin(printStatement({ ...ast, comments: [] }));
        return NOTHING;
      case 'commit':
        await this.#commit();
        return this.#chained(ast.chain, ast.release);
      case 'rollback':
        if (ast.savepoint !== undefined) {
          await this.shards.rollbackTo(quoteName(ast.savepoint));
          return NOTHING;
        }
        this.env.counters.rollbacks++;
        await this.shards.rollback();
        return this.#chained(ast.chain, ast.release);
      case 'savepoint':
        if (!this.shards.inTransaction && !this.state.autocommit) this.#begin('begin');
        if (this.shards.inTransaction) await this.shards.savepoint(quoteName(ast.name));
        return NOTHING;
      case 'releaseSavepoint':
        await this.shards.releaseSavepoint(quoteName(ast.name));
        return NOTHING;
      case 'use':
        this.useTarget(ast.target ?? '');
        return NOTHING;
      case 'set':
        await runSet(this, ast);
        return NOTHING;
      case 'setTransaction':
        await runSetTransaction(this, ast);
        return NOTHING;
      case 'show': {
        const shown = await runShow(this, ast, this.#options.facts);
        // Diagnostics leave found_rows() alone.
        if (ast.what === 'warnings' || ast.what === 'errors') this.state.rowCount = -1n;
        else this.state.rowsGiven(shown.rows.length);
        return shown;
      }
      case 'kill': return this.#kill(ast.type === 'query', ast.id);
      case 'prepare': return this.#prepare(ast.name, await this.evaluate(ast.from));
      case 'execute': return this.#execute(ast.name, ast.using);
      case 'deallocate':
        if (!this.state.namedStatements.delete(ast.name.toLowerCase())) throw unknownStatement(ast.name, 'DEALLOCATE PREPARE');
        return NOTHING;
      case 'createDatabase': return runDatabaseDdl(this, 'create', ast.name, ast.ifNotExists);
      case 'dropDatabase': return runDatabaseDdl(this, 'drop', ast.name, ast.ifExists);
      case 'explain': case 'describe': case 'explainConnection': return runOnOneShard(this, ast, { write: false, any: true });
      case 'do': {
        await this.evaluateAll(ast.expressions);
        return NOTHING;
      }
      case 'lockTables': return this.#lockTables(ast);
      case 'unlockTables': return this.#unlockTables(ast);
      default: return this.#other(ast, query);
    }
  }

  #other(ast: Statement, query: NormalizedQuery): Promise<QueryResult> {
    switch (query.kind) {
      case 'ddl': return runDdl(this, ast);
      case 'account': case 'replication': case 'xa': case 'stream': case 'vstream': case 'revert':
        throw new VtrewindError({ code: 'VT12001', mysql: ER.NOT_SUPPORTED_YET, sqlState: '42000', grpc: 'UNIMPLEMENTED', message: `VT12001: unsupported: ${ast.kind}`, hint: 'connect to the tablet for what belongs to its server' });
      case 'vexplain': return this.#planned(query, undefined);
      case 'call': case 'load':
        this.beginIfNeeded(query.kind);
        return runOnOneShard(this, ast, { write: true });
      default: return runOnOneShard(this, ast, { write: true });
    }
  }

  // ── transactions ─────────────────────────────────────────────────────────────────────────────────────────

  #begin(text: string): void {
    this.shards.begin({ begin: text, before: this.state.nextTransaction, implicit: false });
    this.state.nextTransaction = [];
  }

  async #commit(): Promise<void> {
    if (!this.shards.inTransaction) return;
    this.env.counters.commits++;
    await this.shards.commit();
  }

  #chained(chain: boolean | undefined, release: boolean | undefined): QueryResult {
    if (chain === true) this.#begin('begin');
    if (release === true) this.#options.closeConnection();
    return NOTHING;
  }

  async setAutocommit(on: boolean): Promise<void> {
    if (on && !this.state.autocommit) await this.#commit();
    this.state.autocommit = on;
  }

  // ── the rest ─────────────────────────────────────────────────────────────────────────────────────────────

  async #kill(queryOnly: boolean, id: Expression | undefined): Promise<QueryResult> {
    const value = id === undefined ? undefined : await this.evaluate(id);
    const number = Number(String(value?.value ?? ''));
    if (!Number.isSafeInteger(number)) throw new VtrewindError({ code: 'VTR1005', mysql: ER.NO_SUCH_THREAD, grpc: 'NOT_FOUND', message: `Unknown thread id: ${String(value?.value ?? '')}` });
    const [user = ''] = this.#options.facts.account.split('@');
    await this.env.registry.kill(number, queryOnly ? 'query' : 'connection', user, this.access.mayKillAny);
    return NOTHING;
  }

  #prepare(name: string, from: UserValue): QueryResult {
    const text = from.value ?? Buffer.from('NULL');
    const query = normalize(text, this.settings);
    if (query.tail >= 0) parseStatement(text, this.settings);
    if (cachedKinds.has(query.kind)) parseStatement(query.key, this.settings);
    if (this.state.namedStatements.size >= this.env.limits.maxUserVariables) throw new VtrewindError({ code: 'VTR1011', mysql: ER.MAX_PREPARED_STMT_COUNT_REACHED, sqlState: '42000', message: "Can't create more than max_prepared_stmt_count statements" });
    this.state.namedStatements.set(name.toLowerCase(), Buffer.from(text));
    return NOTHING;
  }

  async #execute(name: string, using: readonly Expression[]): Promise<QueryResult> {
    const text = this.state.namedStatements.get(name.toLowerCase());
    if (text === undefined) throw unknownStatement(name, 'EXECUTE');
    const query = normalize(text, this.settings);
    const wanted = parameterCount(query);
    if (wanted !== using.length) throw new VtrewindError({ code: 'VTR1015', mysql: ER.WRONG_ARGUMENTS, grpc: 'INVALID_ARGUMENT', message: 'Incorrect arguments to EXECUTE' });
    const values: BindVariable[] = [];
    for (const expression of using) {
      const value = await this.evaluate(expression);
      values.push(value.value === null ? { type: TYPE.NULL_TYPE } : { type: value.type, value: value.value });
    }
    return this.#dispatch(query, values);
  }

  async #lockTables(ast: Statement): Promise<QueryResult> {
    if (this.shards.inTransaction) await this.#commit();
    const keyspace = keyspaceOf(this, ast)?.name ?? anyKeyspace(this.env).name;
    const targets = targetedShards(this.env, this.state.target, keyspace, undefined);
    const [only] = targets;
    if (only === undefined || targets.length > 1) throw new VtrewindError({ code: 'VT12001', mysql: ER.NOT_SUPPORTED_YET, sqlState: '42000', grpc: 'UNIMPLEMENTED', message: 'VT12001: unsupported: lock tables over several shards' });
    await this.shards.pin(only.target);
    return runOnOneShard(this, ast, { write: false });
  }

  async #unlockTables(ast: Statement): Promise<QueryResult> {
    if (this.shards.holds) await this.shards.apply(printStatement(ast, this.settings));
    this.shards.unpin();
    return NOTHING;
  }

  /** The value of one expression, by the same way as any SELECT. */
  async evaluate(expression: Expression): Promise<UserValue> {
    if (expression.kind === 'string' && expression.introducer === undefined) return { type: TYPE.VARCHAR, value: Buffer.from(expression.value) };
    if (expression.kind === 'number' && expression.type === 'integer') return { type: TYPE.INT64, value: Buffer.from(expression.text) };
    if (expression.kind === 'userVariable') return this.state.userVariable(expression.name) ?? { type: TYPE.NULL_TYPE, value: null };
    const [value] = await this.evaluateAll([expression]);
    return value ?? { type: TYPE.NULL_TYPE, value: null };
  }

  async evaluateAll(expressions: readonly Expression[]): Promise<UserValue[]> {
    if (expressions.length === 0) return [];
    const ast = build.select(expressions.map((expression, i) => build.item(expression, `c${i}`)), []);
    const made = this.#makePlan(ast, printStatement(ast, this.settings));
    const binds: Record<string, BindVariable> = {};
    for (const name of made.needs) binds[name] = sessionValue(name, this.state, this.#options.facts);
    const result = await this.env.planner.execute(made.plan, binds, this.#cursor({ setsInsertId: false, countsFoundRows: false, system: made.system }));
    return result.fields.map((field, i) => ({ type: field.type, value: result.rows[0]?.[i] ?? null }));
  }

  #scratchSession(): ScratchSession {
    return {
      signal: this.#options.signal(), rules: this.settings, userVariable: (name) => this.state.userVariable(name),
      ask: async (keyspace, sql) => {
        const shard = shardsOf(this.env, this.state.target, keyspace ?? anyKeyspace(this.env).name, undefined)[0];
        const [outcome] = shard === undefined ? [] : await this.shards.execute([{ target: shard.target, sql, binds: {} }], { write: false, transaction: 'outside' }, { signal: this.#options.signal() });
        if (outcome === undefined) throw new VtrewindError({ code: 'VT14002', grpc: 'UNAVAILABLE', message: 'no shard to ask for the session of a scratch statement' });
        if ('error' in outcome) throw outcome.error;
        return outcome.result;
      },
    };
  }

  #actions(): GateActions {
    const parse = (sql: string) => parseStatement(sql, this.settings);
    const unsupported = (what: string) => new VtrewindError({ code: 'VT12001', mysql: ER.NOT_SUPPORTED_YET, sqlState: '42000', grpc: 'UNIMPLEMENTED', message: `VT12001: unsupported: ${what}` });
    const { scratch } = this.env;
    return {
      ...(scratch === undefined ? {} : { scratch: (request) => scratch.run(request, this.#scratchSession()) }),
      setSystemVariable: async ({ name, value, scope }) => {
        const target = { kind: 'systemVariable', name, scope: scope === 'global' ? 'global' : 'session', start: -1, end: -1 } as const;
        const expression: Expression = value === null ? build.nullLiteral() : /^-?\d+$/.test(value) ? build.integer(value) : build.string(value);
        await runSet(this, { kind: 'set', assignments: [{ kind: 'setVariable', target, value: expression, start: -1, end: -1 }], start: -1, end: -1 });
      },
      useTarget: async (target) => this.useTarget(target),
      show: async (what, filter) => {
        const ast = parse(`show ${what}${filter === undefined ? '' : ` like ${printExpression(build.string(filter), this.settings)}`}`);
        if (ast.kind !== 'show') throw unsupported(`show ${what}`);
        return runShow(this, ast, this.#options.facts);
      },
      alterVSchema: async () => { throw unsupported('alter vschema'); },
      databaseDdl: (action, name) => runDatabaseDdl(this, action, name, false),
      ddl: ({ query }) => runDdl(this, parse(query)),
      lock: async (keyspace, sql, binds) => {
        const shard = shardsOf(this.env, this.state.target, keyspace.name, undefined)[0];
        if (shard === undefined) throw unsupported('lock functions without a shard');
        await this.shards.pin(shard.target);
        const [outcome] = await this.shards.execute([{ target: shard.target, sql, binds }], { write: false, transaction: 'session' }, this.how);
        if (outcome === undefined) throw unsupported('lock functions');
        if ('error' in outcome) throw outcome.error;
        return outcome.result;
      },
      vexplain: async (kind) => { throw unsupported(`vexplain ${kind}`); },
      transactionStatus: async () => { throw unsupported('show transaction status'); },
    };
  }
}

function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

function unknownStatement(name: string, command: string): VtrewindError {
  return new VtrewindError({ code: 'VTR1012', mysql: ER.UNKNOWN_STMT_HANDLER, grpc: 'NOT_FOUND', message: `Unknown prepared statement handler (${name}) given to ${command}` });
}

/** A literal's bind as it is, or with the client's parameters in place of `?`. */
function valueOfBind(bind: LiteralBind, parameters: readonly BindVariable[] | undefined): BindVariable {
  if (bind.param >= 0) return parameters?.[bind.param] ?? { type: TYPE.NULL_TYPE };
  if (bind.members?.some((member) => member.param >= 0) === true) {
    return { type: bind.type, values: bind.members.map((member) => {
      const value = valueOfBind(member, parameters);
      return { type: value.type, value: value.value ?? Buffer.alloc(0) };
    }) };
  }
  return bind as BindVariable;
}

/** `?` in a statement whose literals were taken out. */
export function parameterCount(query: NormalizedQuery): number {
  const count = (bind: LiteralBind): number => (bind.param >= 0 ? 1 : (bind.members ?? []).reduce((sum, member) => sum + count(member), 0));
  return query.binds.reduce((sum, bind) => sum + count(bind), 0);
}

/** What information_schema says of the tablet's database is said of the keyspace: its rows are looked through. */
function readsSystemTables(ast: Statement, defaultKeyspace: string): boolean {
  return some(ast, (node) => node.kind === 'tableName' && isSystemSchema(node.schema ?? defaultKeyspace));
}

function snapshotFacts(env: GateEnvironment): ReadonlyMap<string, { readonly base: string; readonly at: string }> {
  const facts = new Map<string, { readonly base: string; readonly at: string }>();
  for (const keyspace of env.view.vschema.keyspaces.values()) {
    const found = keyspace.snapshot ? env.view.snapshot(keyspace.name) : undefined;
    if (found !== undefined) facts.set(keyspace.name, found);
  }
  return facts;
}
