import { VtrewindError } from '../../base/errors.ts';
import { CAPABILITY, has } from '../../mysql/constants/capabilities.ts';
import { COM, commandName } from '../../mysql/constants/commands.ts';
import { ER } from '../../mysql/constants/errorCodes.ts';
import { PENDING, type MysqlServerConnection } from '../../mysql/serverConnection.ts';
import { decodeStatementExecute, statementIdOf } from '../../mysql/packets/statementPackets.ts';
import { type NormalizedQuery, normalize } from '../../sql/index.ts';
import type { BindVariable, QueryResult } from '../../vitess/queryService.ts';
import { SessionAccess } from '../access/sessionAccess.ts';
import { pickShard } from '../relay/pickShard.ts';
import { queryBytes } from '../relay/requestBytes.ts';
import { StatementRelay } from '../relay/statementRelay.ts';
import type { GateEnvironment } from './environment.ts';
import type { CachedPlan } from './planCache.ts';
import { PreparedRelay } from './preparedRelay.ts';
import { parameterMarks, spliceParameters } from './parameterMarks.ts';
import { PreparedStatements } from './preparedStatements.ts';
import { typeFor } from './routing.ts';
import type { RegisteredSession } from './sessionRegistry.ts';
import { SessionShards } from './sessionShards.ts';
import { SessionState } from './sessionState.ts';
import { SettingsState } from './settingsState.ts';
import { parameterCount, StatementRunner } from './statementRunner.ts';
import { formatTarget } from './target.ts';

type Outcome = void | Promise<void> | typeof PENDING;

/** Kinds that may be passed through to one shard. */
const relayable = new Set(['select', 'insert', 'replace', 'update', 'delete']);
/** Text of a statement kept for SHOW PROCESSLIST. */
const MAX_INFO_BYTES = 4096;

/** One client of the gate: its commands, from packet to answer. Passed-through statements go by {@link StatementRelay}, all others by {@link StatementRunner}. */
export class GateSession implements RegisteredSession {
  readonly #env: GateEnvironment;
  readonly #client: MysqlServerConnection;
  readonly #state: SessionState;
  readonly #shards: SessionShards;
  readonly #runner: StatementRunner;
  readonly #access: SessionAccess;
  readonly #relay: StatementRelay;
  readonly #prepared: PreparedStatements;
  readonly #preparedRelay: PreparedRelay;
  #abort: AbortController | undefined;
  #killed = false;
  #startedAt = performance.now();
  #running: Buffer | undefined;
  readonly #finished = () => this.#finish();

  constructor(env: GateEnvironment, client: MysqlServerConnection) {
    this.#env = env;
    this.#client = client;
    const settings = new SettingsState(client.collation);
    this.#state = new SessionState(settings, env.limits.maxUserVariables, () => this.#shards.inTransaction && !this.#shards.inImplicit);
    this.#state.transactionMode = env.transactionMode;
    this.#shards = new SessionShards({
      tablets: env.tablets, settings, capabilities: client.capabilities, log: env.log, acquireTimeoutMs: env.limits.acquireTimeoutMs,
      textRules: () => this.#runner.settings,
      executeOptions: () => ({ clientFoundRows: has(client.capabilities, CAPABILITY.FOUND_ROWS), workload: this.#state.workload, callerUser: client.entry?.userData ?? client.user, includedFields: 'ALL' }),
      transactionMode: () => this.#state.transactionMode,
    });
    const account = `${client.user}@${client.local ? 'localhost' : client.remoteAddress}`;
    this.#access = new SessionAccess(client.entry?.access, account);
    this.#runner = new StatementRunner({
      env, access: this.#access, state: this.#state, shards: this.#shards, signal: () => this.#signal(), closeConnection: () => { this.#killed = true; }, ignoreSpace: has(client.capabilities, CAPABILITY.IGNORE_SPACE),
      facts: { connectionId: client.id, account, serverVersion: env.serverVersion },
    });
    this.#relay = new StatementRelay(env, client, this.#state, this.#shards);
    this.#prepared = new PreparedStatements(env.limits.maxPreparedStatements, env.limits.maxLongDataBytes);
    this.#preparedRelay = new PreparedRelay(env, client, this.#state, this.#shards, this.#runner, this.#relay);
    // Before `useTarget`, whose default type it is.
    this.#runner.useTarget(client.database ?? (env.defaultTabletType === 'PRIMARY' ? '' : `@${env.defaultTabletType.toLowerCase()}`));
    env.registry.add(this);
  }

  // ── for KILL and SHOW PROCESSLIST ────────────────────────────────────────────────────────────────────────

  get id(): number {
    return this.#client.id;
  }
  get user(): string {
    return this.#client.user;
  }
  get host(): string {
    return this.#client.local ? 'localhost' : `${this.#client.remoteAddress}:${this.#client.remotePort}`;
  }
  get database(): string {
    return formatTarget(this.#state.target);
  }
  get command(): string {
    return this.#client.busy ? 'Query' : 'Sleep';
  }
  get since(): number {
    return this.#client.activeAt;
  }
  get info(): string | null {
    return this.#client.busy && this.#running !== undefined ? this.#running.toString('utf8', 0, MAX_INFO_BYTES) : null;
  }
  /** Something is held that closing would lose. */
  get holdsTransaction(): boolean {
    return this.#shards.inTransaction;
  }

  async killQuery(): Promise<void> {
    if (!this.#client.busy) return;
    const abort = this.#abort;
    this.#abort = undefined;
    abort?.abort(interrupted());
    await this.#relay.cancel();
  }
  killConnection(): void {
    this.#client.destroy();
  }

  /** The client is gone: what runs is stopped, what is held is rolled back. */
  close(): void {
    this.#env.registry.remove(this.id);
    this.#abort?.abort(interrupted());
    this.#relay.abandon((error) => this.#env.log.debug({ event: 'kill_failed', error: VtrewindError.from(error).message }, 'a statement without a client could not be killed'));
    this.#shards.cancel().finally(() => this.#shards.close()).catch(() => undefined);
  }

  #signal(): AbortSignal {
    this.#abort ??= new AbortController();
    return this.#abort.signal;
  }

  // ── commands ─────────────────────────────────────────────────────────────────────────────────────────────

  handle(payload: Buffer): Outcome {
    this.#startedAt = performance.now();
    switch (payload[0]) {
      case COM.QUERY: return this.#query(payload.subarray(1));
      case COM.STMT_EXECUTE: return this.#execute(payload);
      case COM.STMT_PREPARE: return this.#prepare(payload.subarray(1));
      case COM.PING: return this.#ok();
      case COM.INIT_DB:
        this.#runner.useTarget(payload.toString('utf8', 1));
        return this.#ok();
      case COM.STMT_CLOSE:
        if (payload.length >= 5) this.#prepared.close(payload);
        return undefined;
      case COM.STMT_SEND_LONG_DATA:
        if (payload.length >= 5) this.#prepared.longData(payload);
        return undefined;
      case COM.STMT_RESET:
        this.#prepared.reset(this.#prepared.of(payload, 'mysqld_stmt_reset'));
        return this.#ok();
      case COM.STMT_FETCH: throw new VtrewindError({ code: 'VTR1017', mysql: 1421, grpc: 'FAILED_PRECONDITION', message: `The statement (${statementIdOf(payload)}) has no open cursor.` });
      case COM.RESET_CONNECTION: return this.#reset();
      case COM.SET_OPTION: return this.#setOption(payload);
      case COM.STATISTICS: return this.#statistics();
      case COM.PROCESS_KILL: return this.#env.registry.kill(payload.length >= 5 ? payload.readUInt32LE(1) : 0, 'connection', this.user, this.#access.mayKillAny).then(() => this.#ok());
      default:
        throw new VtrewindError({ code: 'VTR1018', mysql: ER.UNKNOWN_COM_ERROR, sqlState: '08S01', grpc: 'UNIMPLEMENTED', message: `Unknown command: ${commandName(payload[0] ?? 0)}` });
    }
  }

  #ok(): undefined {
    this.#client.sendOk({ status: this.#state.status });
    return undefined;
  }

  async #reset(): Promise<void> {
    await this.#shards.rollback();
    this.#shards.unpin();
    this.#prepared.clear();
    this.#state.reset(this.#client.collation);
    this.#runner.readingChanged();
    this.#ok();
  }

  #setOption(payload: Buffer): undefined {
    const on = payload.length >= 3 && payload.readUInt16LE(1) === 0;
    this.#client.capabilities = (on ? this.#client.capabilities | CAPABILITY.MULTI_STATEMENTS : this.#client.capabilities & ~CAPABILITY.MULTI_STATEMENTS) >>> 0;
    this.#client.sendEof({ warnings: 0, status: this.#state.status });
    return undefined;
  }

  #statistics(): undefined {
    this.#client.writePacket(Buffer.from(`Uptime: ${Math.floor(performance.now() / 1000)}  Threads: ${this.#env.registry.all().length}  Questions: ${this.#env.counters.queries}`));
    return undefined;
  }

  // ── text ─────────────────────────────────────────────────────────────────────────────────────────────────

  #query(text: Buffer): Outcome {
    const { counters } = this.#env;
    counters.queries++;
    this.#running = text;
    let query: NormalizedQuery;
    let plan: CachedPlan | undefined;
    try {
      query = normalize(text, this.#runner.settings);
      if (query.tail >= 0) return this.#several(text, query);
      if (relayable.has(query.kind)) {
        plan = this.#planNow(query);
        if (plan?.fast !== undefined && this.#pass(text, query, plan)) return PENDING;
      }
    } catch (error) {
      return this.#fail(error);
    }
    return this.#general(query, undefined, false);
  }

  /** Undefined: the general way finds out why there is no plan, or waits for what is missing. */
  #planNow(query: NormalizedQuery): CachedPlan | undefined {
    if (this.#env.schemaPending() === undefined) return this.#runner.planOf(query);
    try {
      return this.#runner.planOf(query);
    } catch {
      return undefined;
    }
  }

  /** Passes the statement through when its one shard is known now. */
  #pass(text: Buffer, query: NormalizedQuery, plan: CachedPlan): boolean {
    const { fast } = plan;
    if (fast === undefined) return false;
    const { target } = this.#state;
    const shards = this.#env.view.shards(fast.keyspace, fast.tabletType ?? typeFor(this.#env, target, fast.keyspace, fast.snapshot));
    if (shards === undefined) return false;
    const shard = pickShard(fast, shards, (name) => bindNamed(query, name));
    if (shard === undefined) return false;
    this.#runner.beginIfNeeded(query.kind);
    this.#state.begin();
    // The whole packet when the statement is all there is in it; what surrounds it (comments for other servers) goes along.
    const bytes = fast.verbatim
      ? queryBytes(query.start === 0 && query.end === text.length ? text : text.subarray(query.start, query.end))
      : queryBytes(fast.template.render(this.#runner.bindsOf(query, plan.needs, undefined), this.#runner.settings));
    return this.#relay.start({ target: shard.target, outside: fast.snapshot, repeatable: fast.repeatable && !this.#shards.inTransaction, head: fast.head, bytes: () => bytes }, this.#finished);
  }

  async #general(query: NormalizedQuery, parameters: readonly BindVariable[] | undefined, binary: boolean): Promise<void> {
    try {
      if (query.kind === 'select' && this.#state.workload === 'OLAP') await this.#stream(query, parameters, binary);
      else await this.#answer(await this.#runner.run(query, parameters), binary, false);
    } catch (error) {
      this.#fail(error);
    }
    this.#measure();
    if (this.#killed) this.#client.end();
  }

  async #answer(result: QueryResult, binary: boolean, more: boolean): Promise<void> {
    const { counters } = this.#env;
    if (result.fields.length > 0) counters.rowsReturned += result.rows.length;
    else counters.rowsAffected += Number(result.rowsAffected);
    await this.#client.sendResult(result, { binary, more, status: this.#state.status, warnings: result.warnings ?? 0 });
  }

  async #stream(query: NormalizedQuery, parameters: readonly BindVariable[] | undefined, binary: boolean): Promise<void> {
    const writer = this.#client.resultWriter({ binary });
    let begun = false;
    await this.#runner.stream(query, parameters, async (part) => {
      if (part.fields !== undefined && !begun) {
        begun = true;
        writer.fields(part.fields);
      }
      this.#env.counters.rowsReturned += part.rows.length;
      await writer.rows(part.rows);
    });
    if (begun) writer.end({ status: this.#state.status });
    else this.#ok();
  }

  async #several(text: Buffer, first: NormalizedQuery): Promise<void> {
    if (!has(this.#client.capabilities, CAPABILITY.MULTI_STATEMENTS)) {
      this.#fail(new VtrewindError({
        code: 'VTR1019', mysql: ER.PARSE_ERROR, sqlState: '42000', grpc: 'INVALID_ARGUMENT',
        message: `You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use near '${text.toString('utf8', first.tail, first.tail + 80)}' at line 1`,
      }));
      return;
    }
    let query: NormalizedQuery | undefined = first;
    try {
      while (query !== undefined) {
        const next: NormalizedQuery | undefined = query.tail >= 0 ? normalize(text, this.#runner.settings, query.tail) : undefined;
        const follows: boolean = next !== undefined && next.kind !== 'empty';
        await this.#answer(await this.#runner.run(query), false, follows);
        query = follows ? next : undefined;
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#measure();
  }

  // ── prepared ─────────────────────────────────────────────────────────────────────────────────────────────

  async #prepare(text: Buffer): Promise<void> {
    const kept = Buffer.from(text);
    const query = normalize(kept, this.#runner.settings);
    if (query.tail >= 0 && normalize(kept, this.#runner.settings, query.tail).kind !== 'empty') {
      throw new VtrewindError({ code: 'VTR1019', mysql: ER.PARSE_ERROR, sqlState: '42000', grpc: 'INVALID_ARGUMENT', message: 'You have an error in your SQL syntax: a prepared statement is one statement' });
    }
    if (query.kind === 'empty') throw new VtrewindError({ code: 'VTR1014', mysql: ER.EMPTY_QUERY, sqlState: '42000', grpc: 'INVALID_ARGUMENT', message: 'Query was empty' });
    const marks = relayable.has(query.kind) ? [] : parameterMarks(kept, this.#runner.settings);
    const described = await this.#preparedRelay.describe(kept, query);
    const statement = this.#prepared.add(kept, query, marks.length > 0 ? marks.length : parameterCount(query), marks);
    this.#preparedRelay.answer(statement, described);
  }

  #execute(payload: Buffer): Outcome {
    const { counters } = this.#env;
    counters.queries++;
    const statement = this.#prepared.of(payload, 'mysqld_stmt_execute');
    this.#running = statement.text;
    try {
      this.#prepared.checkLongData(statement);
      const { types, values } = decodeStatementExecute(payload, statement.parameters, statement.types, statement.longData);
      if (statement.parameters > 0) statement.types = types;
      const long = statement.longData.size > 0;
      this.#prepared.reset(statement);
      if (statement.marks.length > 0) {
        const text = spliceParameters(statement.text, statement.marks, values, this.#runner.settings);
        return this.#general(normalize(text, this.#runner.settings), undefined, true);
      }
      if (!long && this.#preparedRelay.start(statement, payload, values, this.#finished)) return PENDING;
      return this.#general(statement.query, values, true);
    } catch (error) {
      return this.#fail(error);
    }
  }

  // ── end ──────────────────────────────────────────────────────────────────────────────────────────────────

  #fail(thrown: unknown): undefined {
    const error = VtrewindError.from(thrown);
    this.#state.failed(error);
    this.#env.counters.failed(error.mysql);
    this.#client.sendError(error);
    return undefined;
  }

  #finish(): void {
    this.#measure();
    this.#client.finishCommand();
  }

  #measure(): void {
    this.#env.counters.observe(performance.now() - this.#startedAt);
    this.#running = undefined;
  }
}

function bindNamed(query: NormalizedQuery, name: string): BindVariable | undefined {
  if (!name.startsWith(query.prefix)) return undefined;
  const index = Number(name.slice(query.prefix.length)) - 1;
  const bind = query.binds[index];
  return bind === undefined || bind.param >= 0 ? undefined : (bind as BindVariable);
}

function interrupted(): VtrewindError {
  return new VtrewindError({ code: 'VTR1020', mysql: ER.QUERY_INTERRUPTED, sqlState: '70100', grpc: 'CANCELED', message: 'Query execution was interrupted' });
}

