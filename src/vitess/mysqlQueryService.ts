import { VtrewindError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { MysqlConnectOptions } from '../mysql/connectOptions.ts';
import { CAPABILITY } from '../mysql/constants/capabilities.ts';
import { TYPE } from '../mysql/constants/columnTypes.ts';
import { STATUS } from '../mysql/constants/statusFlags.ts';
import { type Lease, MysqlPool } from '../mysql/pool.ts';
import { NO_SETTINGS, type SessionSettings } from '../mysql/sessionSettings.ts';
import { beginStatements } from './beginStatements.ts';
import type { LiteralRules } from './bindLiteral.ts';
import { type Held, HeldConnections } from './heldConnections.ts';
import type { BindVariables, ExecuteOptions, Field, QueryResult, QueryService, Row, StreamHealthReply, Target, TransactionState } from './queryService.ts';
import { trimFields } from './resultCodec.ts';
import { runKillable } from './runStatement.ts';
import { SequenceValues } from './sequenceValues.ts';
import { StatementFailedInTransaction } from './statementFailed.ts';
import { type StatementTraits, traitsOf } from './statementTraits.ts';
import { substituteBinds } from './substituteBinds.ts';

export interface MysqlQueryServiceOptions {
  /** Where the mysqld is; `database` below is added. */
  readonly connect: MysqlConnectOptions;
  /** The keyspace's database (`vt_commerce`); results name the keyspace instead. */
  readonly database: string;
  /** Connections for statements, transactions and reservations together; as many again for callers that count found rows. */
  readonly poolSize: number;
  /** Named in replies that hold state. */
  readonly tabletAlias?: string;
  readonly health?: (signal: AbortSignal) => AsyncIterable<StreamHealthReply>;
  /** Throws where the target is not what this tablet serves now. */
  readonly checkTarget?: (target: Target, write?: boolean) => void;
  /** A transaction's longest life; default 30,000 as vttablet. 0: unlimited. */
  readonly transactionTimeoutMs?: number;
  /** A statement's longest run outside OLAP and DBA workloads; default unlimited. */
  readonly queryTimeoutMs?: number;
  /** A reserved connection without use for so long is ended; default 30 minutes. */
  readonly reservedIdleMs?: number;
  /** Largest buffered result in bytes; default 256 MiB. Streams are not bounded. */
  readonly maxResultBytes?: number;
  readonly log?: Log;
}

/** Beyond `QueryService`: what the tablet that owns the mysqld does with it. */
export interface MysqlQueryService extends QueryService {
  /** Rolls back and ends every transaction and reservation: a demotion, a shutdown. Callers learn `why` at their next call. */
  endAll(why: string): void;
  stats(): { readonly held: number; readonly open: number; readonly inUse: number; readonly waiting: number };
}

type State = { readonly transactionId?: bigint; readonly reservedId?: bigint };
type OnPart = Parameters<QueryService['streamExecute']>[5];

/** Straight to a mysqld, with the meaning that vttablet gives to transactions, reservations and their ids. */
export function createMysqlQueryService(options: MysqlQueryServiceOptions): MysqlQueryService {
  return new DirectQueryService(options);
}

const defaultTransactionTimeoutMs = 30_000;
const defaultReservedIdleMs = 1_800_000;
const defaultMaxResultBytes = 256 * 1024 * 1024;
/** Tells whether a statement set LAST_INSERT_ID: it does not, by itself. */
const noInsertId = 18_446_744_073_709_543_210n;

class DirectQueryService implements MysqlQueryService {
  readonly #options: MysqlQueryServiceOptions;
  readonly #pool: MysqlPool;
  #foundRowsPool: MysqlPool | undefined;
  readonly #held: HeldConnections;
  readonly #sequences: SequenceValues;

  constructor(options: MysqlQueryServiceOptions) {
    this.#options = options;
    this.#pool = this.#openPool(0);
    this.#held = new HeldConnections(options.reservedIdleMs ?? defaultReservedIdleMs);
    this.#sequences = new SequenceValues(() => this.#pool.acquire());
  }

  #openPool(capabilities: number): MysqlPool {
    const { connect, database, poolSize, log } = this.#options;
    return new MysqlPool({
      connect: { ...connect, database, capabilities: (connect.capabilities ?? 0) | capabilities }, maxConnections: poolSize, baseline: 'set names utf8mb4',
      ...(log === undefined ? {} : { log }),
    });
  }

  #poolFor(options: ExecuteOptions | undefined): MysqlPool {
    if (options?.clientFoundRows !== true) return this.#pool;
    this.#foundRowsPool ??= this.#openPool(CAPABILITY.FOUND_ROWS);
    return this.#foundRowsPool;
  }

  async #acquire(options: ExecuteOptions | undefined, settings: readonly string[] = []): Promise<{ lease: Lease; pool: MysqlPool }> {
    const pool = this.#poolFor(options);
    const lease = await pool.acquire({ settings: settingsOf(settings), signal: options?.signal });
    return { lease, pool };
  }

  // ── statements ───────────────────────────────────────────────────────────────────────────────────────────

  async execute(target: Target, sql: string | Buffer, binds: BindVariables, state: State, options?: ExecuteOptions): Promise<QueryResult> {
    this.#options.checkTarget?.(target);
    const traits = checked(sql);
    const id = idOf(state);
    if (id !== 0n) return this.#onHeld(id, (held) => this.#runOn(held, traits, target, sql, binds, options));
    refuseUnreserved(traits);
    if (traits.sequence !== undefined) return this.#sequence(traits, binds, options);
    const { lease, pool } = await this.#acquire(options, options?.settings);
    return this.#thenRelease(lease, traits, () => this.#run(lease, pool, target, sql, binds, {}, options, traits));
  }

  async streamExecute(target: Target, sql: string | Buffer, binds: BindVariables, state: State, options: ExecuteOptions | undefined, onPart: OnPart): Promise<void> {
    this.#options.checkTarget?.(target);
    const traits = checked(sql);
    if (['insert', 'replace', 'update', 'delete', 'ddl', 'load'].includes(traits.kind)) throw precondition(`${traits.kind.toUpperCase()} not allowed for streaming`);
    const id = idOf(state);
    if (id !== 0n) return this.#onHeld(id, (held) => this.#stream(held.lease, held.pool, target, sql, binds, held, options, onPart));
    refuseUnreserved(traits);
    if (traits.sequence !== undefined) return onPart(await this.#sequence(traits, binds, options));
    const { lease, pool } = await this.#acquire(options, options?.settings);
    return this.#thenRelease(lease, traits, () => this.#stream(lease, pool, target, sql, binds, {}, options, onPart));
  }

  #runOn(held: Held, traits: StatementTraits, target: Target, sql: string | Buffer, binds: BindVariables, options: ExecuteOptions | undefined): Promise<QueryResult> {
    if (!held.reserved) refuseUnreserved(traits);
    if (traits.marksSession) held.marked = true;
    if (traits.sequence !== undefined) return this.#sequence(traits, binds, options);
    return this.#run(held.lease, held.pool, target, sql, binds, held, options, traits);
  }

  async #run(
    lease: Lease, pool: MysqlPool, target: Target, sql: string | Buffer, binds: BindVariables, rules: Pick<LiteralRules, 'charset'>,
    options: ExecuteOptions | undefined, traits: StatementTraits,
  ): Promise<QueryResult> {
    const { connection } = lease;
    const wantsInsertId = options?.fetchLastInsertId === true && traits.kind === 'select';
    const result = await runKillable(lease, pool, this.#limits(options), async () => {
      if (wantsInsertId) await connection.query(`select last_insert_id(${noInsertId})`);
      return connection.query(this.#text(lease, sql, binds, rules), { maxBytes: this.#options.maxResultBytes ?? defaultMaxResultBytes });
    });
    const named = { ...result, fields: this.#fields(result.fields, target, options) };
    if (!wantsInsertId) return named;
    const insertId = BigInt((await connection.query('select last_insert_id()')).rows[0]?.[0]?.toString() ?? noInsertId);
    return insertId === noInsertId ? named : { ...named, insertId, insertIdChanged: true };
  }

  async #stream(
    lease: Lease, pool: MysqlPool, target: Target, sql: string | Buffer, binds: BindVariables, rules: Pick<LiteralRules, 'charset'>,
    options: ExecuteOptions | undefined, onPart: OnPart,
  ): Promise<void> {
    await runKillable(lease, pool, this.#limits(options, true), () =>
      lease.connection.streamQuery(this.#text(lease, sql, binds, rules), (part: { readonly fields?: readonly Field[]; readonly rows: readonly Row[] }) =>
        onPart(part.fields === undefined ? part : { fields: this.#fields(part.fields, target, options), rows: part.rows })));
  }

  #text({ connection }: Lease, sql: string | Buffer, binds: BindVariables, { charset }: Pick<LiteralRules, 'charset'>): Buffer {
    return substituteBinds(sql, this.#withSchemaName(sql, binds), { noBackslashEscapes: (connection.status & STATUS.NO_BACKSLASH_ESCAPES) !== 0, ...(charset === undefined ? {} : { charset }) });
  }

  /** A vtgate leaves `:__vtschemaname` to the tablet where the query means the keyspace's own database. */
  #withSchemaName(sql: string | Buffer, binds: BindVariables): BindVariables {
    if (!sql.includes(schemaName)) return binds;
    if (schemaName in binds && !(replaceSchemaName in binds)) return binds;
    return { ...binds, [schemaName]: { type: TYPE.VARCHAR, value: Buffer.from(this.#options.database) } };
  }

  #limits(options: ExecuteOptions | undefined, streaming = false) {
    const own = streaming || options?.workload === 'OLAP' || options?.workload === 'DBA' ? undefined : this.#options.queryTimeoutMs;
    return { timeoutMs: options?.timeoutMs ?? own, signal: options?.signal };
  }

  /** Clients know the keyspace, not its database. */
  #fields(fields: readonly Field[], target: Target, options: ExecuteOptions | undefined): readonly Field[] {
    const { database } = this.#options;
    const named = fields.map((f) => ({ ...f, type: typeByFlags(f), ...(f.database === database ? { database: target.keyspace } : {}) }));
    return trimFields(named, options?.includedFields ?? 'ALL');
  }

  #sequence(traits: StatementTraits, binds: BindVariables, options: ExecuteOptions | undefined): Promise<QueryResult> {
    const { sequence } = traits;
    if (sequence === undefined) throw invalid('invalid SQL');
    options?.signal?.throwIfAborted();
    const bound = sequence.countBind === undefined ? undefined : binds[sequence.countBind]?.value?.toString();
    if (sequence.count === undefined && !/^\d+$/.test(bound ?? '')) throw invalid(`missing bind var ${sequence.countBind}`);
    return this.#sequences.next(sequence.table, sequence.count ?? BigInt(bound ?? 0));
  }

  // ── transactions ─────────────────────────────────────────────────────────────────────────────────────────

  async begin(target: Target, options?: ExecuteOptions): Promise<TransactionState> {
    this.#options.checkTarget?.(target);
    const held = await this.#beginNew(target, options, options?.settings ?? []);
    return this.#state(held);
  }

  async #beginNew(target: Target, options: ExecuteOptions | undefined, settings: readonly string[]): Promise<Held> {
    const { lease, pool } = await this.#acquire(options, settings);
    try {
      for (const statement of beginStatements(target, options)) await lease.connection.query(statement);
    } catch (error) {
      lease.discard();
      throw error;
    }
    return this.#held.add(lease, pool, {
      transaction: options?.transactionIsolation === 'AUTOCOMMIT' ? 'autocommit' : 'open', reserved: false, transactionTimeoutMs: this.#transactionTimeout(options),
      charset: await charsetAfter(lease, settings),
    });
  }

  #transactionTimeout(options: ExecuteOptions | undefined): number {
    const own = this.#options.transactionTimeoutMs ?? defaultTransactionTimeoutMs;
    const asked = options?.transactionTimeoutMs ?? 0;
    if (asked <= 0) return own;
    return own <= 0 ? asked : Math.min(asked, own);
  }

  /** Begins on a reserved connection that has no transaction. */
  async #beginOn(held: Held, target: Target, options: ExecuteOptions | undefined): Promise<void> {
    if (held.transaction !== 'none') throw precondition(`transaction ${held.id}: a transaction is open already`);
    for (const statement of beginStatements(target, options)) await held.lease.connection.query(statement);
    held.transaction = options?.transactionIsolation === 'AUTOCOMMIT' ? 'autocommit' : 'open';
    held.transactionTimeoutMs = this.#transactionTimeout(options);
    this.#held.restartTimer(held);
  }

  commit(_target: Target, transactionId: bigint): Promise<{ readonly reservedId: bigint }> {
    return this.#conclude(transactionId, 'commit', 'transaction committed');
  }
  rollback(_target: Target, transactionId: bigint): Promise<{ readonly reservedId: bigint }> {
    return this.#conclude(transactionId, 'rollback', 'transaction rolled back');
  }

  /** After a failure the connection goes: its transaction is rolled back by the server, or its outcome is what the error says. */
  async #conclude(id: bigint, statement: 'commit' | 'rollback', why: string): Promise<{ readonly reservedId: bigint }> {
    const held = this.#held.take(id, `for ${statement}`);
    if (held.transaction === 'none') {
      this.#held.give(held);
      throw precondition(`transaction ${id}: no transaction is open on this reserved connection`);
    }
    try {
      if (held.transaction === 'open') await held.lease.connection.query(statement);
    } catch (error) {
      this.#held.end(held, `${statement} failed`, 'discard');
      throw error;
    }
    held.transaction = 'none';
    held.busyFor = undefined;
    if (held.reserved) return { reservedId: this.#held.renew(held) };
    this.#held.end(held, why, 'release');
    return { reservedId: 0n };
  }

  async beginExecute(target: Target, preQueries: readonly string[], sql: string | Buffer, binds: BindVariables, reservedId: bigint, options?: ExecuteOptions) {
    this.#options.checkTarget?.(target);
    const traits = checked(sql);
    if (reservedId !== 0n) {
      return this.#onHeld(reservedId, async (held) => {
        await this.#beginOn(held, target, options);
        return this.#withOpen(held, target, preQueries, traits, sql, binds, options);
      });
    }
    refuseUnreserved(traits);
    const held = await this.#beginNew(target, options, options?.settings ?? []);
    return this.#onHeld(held.id, () => this.#withOpen(held, target, preQueries, traits, sql, binds, options));
  }

  /** Statements on a connection that this call opened something on: a failure tells what is open. */
  async #withOpen(held: Held, target: Target, before: readonly string[], traits: StatementTraits, sql: string | Buffer, binds: BindVariables, options: ExecuteOptions | undefined) {
    const state = this.#state(held);
    try {
      for (const statement of before) await held.lease.connection.query(statement);
      return { ...state, result: await this.#runOn(held, traits, target, sql, binds, options) };
    } catch (error) {
      if (held.lease.connection.closed) throw error;
      throw new StatementFailedInTransaction(VtrewindError.from(error), state);
    }
  }

  #state(held: Held): TransactionState & { readonly reservedId: bigint } {
    const { tabletAlias } = this.#options;
    return { transactionId: held.transaction === 'none' ? 0n : held.id, reservedId: held.reserved ? held.id : 0n, ...(tabletAlias === undefined ? {} : { tabletAlias }) };
  }

  // ── reservations ─────────────────────────────────────────────────────────────────────────────────────────

  async reserveExecute(target: Target, preQueries: readonly string[], sql: string | Buffer, binds: BindVariables, transactionId: bigint, options?: ExecuteOptions) {
    this.#options.checkTarget?.(target);
    const traits = checked(sql);
    if (transactionId !== 0n) {
      return this.#onHeld(transactionId, async (held) => {
        await this.#applySettings(held, preQueries);
        held.reserved = true;
        return { ...this.#state(held), result: await this.#runOn(held, traits, target, sql, binds, options) };
      });
    }
    if (!needsReservation(traits, preQueries, options)) {
      return { reservedId: 0n, result: await this.execute(target, sql, binds, {}, { ...options, settings: preQueries }) };
    }
    const held = await this.#reserve(preQueries, options);
    return this.#onHeld(held.id, () => this.#withOpen(held, target, [], traits, sql, binds, options));
  }

  async reserveBeginExecute(target: Target, preQueries: readonly string[], postBeginQueries: readonly string[], sql: string | Buffer, binds: BindVariables, options?: ExecuteOptions) {
    this.#options.checkTarget?.(target);
    const traits = checked(sql);
    if (!needsReservation(traits, preQueries, options)) {
      const done = await this.beginExecute(target, postBeginQueries, sql, binds, 0n, { ...options, settings: preQueries });
      return { ...done, reservedId: 0n };
    }
    const held = await this.#reserve(preQueries, options);
    return this.#onHeld(held.id, async () => {
      try {
        await this.#beginOn(held, target, options);
      } catch (error) {
        this.#held.end(held, 'begin failed', 'discard');
        throw error;
      }
      return this.#withOpen(held, target, postBeginQueries, traits, sql, binds, options);
    });
  }

  async #reserve(settings: readonly string[], options: ExecuteOptions | undefined): Promise<Held> {
    const { lease, pool } = await this.#acquire(options);
    const held = this.#held.add(lease, pool, { transaction: 'none', reserved: true, transactionTimeoutMs: this.#transactionTimeout(options) });
    try {
      await this.#applySettings(held, settings);
    } catch (error) {
      this.#held.end(held, 'settings failed', 'discard');
      throw error;
    }
    return held;
  }

  async #applySettings(held: Held, settings: readonly string[]): Promise<void> {
    for (const statement of settings) await held.lease.connection.query(statement);
    held.charset = (await charsetAfter(held.lease, settings)) ?? held.charset;
  }

  async release(_target: Target, transactionId: bigint, reservedId: bigint): Promise<void> {
    const id = reservedId !== 0n ? reservedId : transactionId;
    if (id === 0n) throw invalid('connection ID and transaction ID do not exist');
    const held = this.#held.take(id, 'for release');
    this.#held.end(held, 'release connection', 'discard');
  }

  // ── the rest ─────────────────────────────────────────────────────────────────────────────────────────────

  async prepareDistributed(_target: Target, _transactionId: bigint, _dtid: string): Promise<void> {
    throw noTwoPhase();
  }
  async commitPrepared(_target: Target, _dtid: string): Promise<void> {
    throw noTwoPhase();
  }
  async rollbackPrepared(target: Target, _dtid: string, originalTransactionId: bigint): Promise<void> {
    if (originalTransactionId === 0n) throw noTwoPhase();
    await this.rollback(target, originalTransactionId);
  }

  async *streamHealth(signal: AbortSignal): AsyncIterable<StreamHealthReply> {
    const { health } = this.#options;
    if (health === undefined) throw new VtrewindError({ code: 'VTR0336', grpc: 'UNIMPLEMENTED', message: 'a server reached directly reports no health: ask its tablet' });
    yield* health(signal);
  }

  endAll(why: string): void {
    this.#held.endAll(why);
  }

  stats() {
    const stats = [this.#pool.stats(), ...(this.#foundRowsPool === undefined ? [] : [this.#foundRowsPool.stats()])];
    const sum = (key: 'open' | 'inUse' | 'waiting') => stats.reduce((n, s) => n + s[key], 0);
    return { held: this.#held.size, open: sum('open'), inUse: sum('inUse'), waiting: sum('waiting') };
  }

  async close(): Promise<void> {
    this.#held.endAll('tablet shut down');
    this.#pool.close();
    this.#foundRowsPool?.close();
  }

  async #onHeld<T>(id: bigint, work: (held: Held) => Promise<T>): Promise<T> {
    const held = this.#held.take(id, 'for query');
    try {
      return await work(held);
    } finally {
      this.#held.give(held);
    }
  }

  async #thenRelease<T>(lease: Lease, { marksSession }: StatementTraits, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      if (marksSession) lease.releaseDirty();
      else lease.release();
    }
  }
}

/** Bind variables with a meaning of their own between vtgate and tablet. */
const schemaName = '__vtschemaname';
const replaceSchemaName = '__replacevtschemaname';

const BINARY_FLAG = 128;
const binaryOf = new Map<number, number>([
  [TYPE.VARCHAR, TYPE.VARBINARY], [TYPE.CHAR, TYPE.BINARY], [TYPE.TEXT, TYPE.BLOB], [TYPE.ENUM, TYPE.BINARY], [TYPE.SET, TYPE.BINARY],
]);

/** A vttablet calls a string binary by its BINARY flag, which columns of a `_bin` collation have too. */
function typeByFlags(field: Field): number {
  return ((field.flags ?? 0) & BINARY_FLAG) === 0 ? field.type : (binaryOf.get(field.type) ?? field.type);
}

function settingsOf(statements: readonly string[]): SessionSettings {
  return statements.length === 0 ? NO_SETTINGS : { key: statements.join(';\n'), statements };
}

/**
 * Settings alone are kept over pooled connections; anything else, and statements with a state of their own, keep theirs. A call without
 * any settings can only want the reservation itself.
 */
function needsReservation(traits: StatementTraits, preQueries: readonly string[], options: ExecuteOptions | undefined): boolean {
  return options?.alwaysReserve === true || preQueries.length === 0 || traits.reservedFor !== undefined || preQueries.some((q) => traitsOf(q).reservedFor !== 'Set');
}

/** The character set statements are read in, asked only where a setting may have changed it. */
async function charsetAfter({ connection }: Lease, settings: readonly string[]): Promise<string | undefined> {
  if (!settings.some((s) => /\bnames\b|character|charset/i.test(s))) return undefined;
  return (await connection.query('select @@character_set_client')).rows[0]?.[0]?.toString();
}

function idOf({ transactionId = 0n, reservedId = 0n }: State): bigint {
  if (transactionId !== 0n && reservedId !== 0n && transactionId !== reservedId) {
    throw new VtrewindError({ code: 'VTR0337', mysql: 1815, grpc: 'INTERNAL', message: '[BUG] transactionID and reserveID must match if both are non-zero' });
  }
  return transactionId !== 0n ? transactionId : reservedId;
}

/** Refuses what would break the bookkeeping of transactions or act on others' connections. */
function checked(sql: string | Buffer): StatementTraits {
  const traits = traitsOf(sql);
  if (traits.kind === 'empty') throw invalid('Query was empty');
  if (traits.severalStatements) throw invalid('Expected a single statement');
  if (['begin', 'commit', 'xa', 'kill'].includes(traits.kind) || (traits.kind === 'rollback' && !traits.toSavepoint)) throw invalid('invalid SQL');
  return traits;
}

function refuseUnreserved(traits: StatementTraits): void {
  if (traits.reservedFor !== undefined) throw precondition(`${traits.reservedFor} not allowed without reserved connection`);
}

function invalid(message: string): VtrewindError {
  return new VtrewindError({ code: 'VTR0338', grpc: 'INVALID_ARGUMENT', message });
}
function precondition(message: string): VtrewindError {
  return new VtrewindError({ code: 'VTR0339', grpc: 'FAILED_PRECONDITION', message });
}
function noTwoPhase(): VtrewindError {
  return new VtrewindError({ code: 'VT12001', mysql: 1235, sqlState: '42000', grpc: 'UNIMPLEMENTED', message: 'VT12001: unsupported: two-phase commit on this tablet', hint: 'use transaction mode MULTI or SINGLE' });
}
