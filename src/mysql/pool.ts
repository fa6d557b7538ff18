import { VtrewindError } from '../base/errors.ts';
import { type Log, silentLog } from '../base/log.ts';
import { MysqlClientConnection } from './clientConnection.ts';
import type { MysqlConnectOptions } from './connectOptions.ts';
import { ER } from './constants/errorCodes.ts';
import { STATUS } from './constants/statusFlags.ts';
import { NO_SETTINGS, type SessionSettings } from './sessionSettings.ts';

export interface MysqlPoolOptions {
  readonly connect: MysqlConnectOptions;
  readonly maxConnections: number;
  /** Longest wait for a connection; default 5,000. */
  readonly acquireTimeoutMs?: number;
  /** Idle connections beyond the first are closed after this; default 60,000. */
  readonly idleTimeoutMs?: number;
  /** Connections older than this are closed when released; default 30 minutes. */
  readonly maxLifetimeMs?: number;
  /** Callers that may wait at once; more are refused at once. Default 5,000. */
  readonly maxWaiting?: number;
  /** One statement run on every new connection and after each reset, before a session's own settings. */
  readonly baseline?: string;
  readonly log?: Log;
}

export interface AcquireOptions {
  readonly settings?: SessionSettings;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A connection on loan. Give it back exactly once. */
export interface Lease {
  readonly connection: MysqlClientConnection;
  /** Statements prepared on this connection by text; emptied by a reset. The pool does not touch it otherwise. */
  readonly statements: Map<string, { readonly id: number }>;
  /** Back to the pool. One that is closed, mid-response or in a transaction is discarded instead. */
  release(): void;
  /** Back to the pool with its session state unknown (a statement changed it): it is reset before its next use. */
  releaseDirty(): void;
  /** Closes it: its state is not worth keeping. */
  discard(): void;
}

interface Waiter {
  readonly settings: SessionSettings;
  readonly resolve: (lease: PooledConnection) => void;
  readonly reject: (error: unknown) => void;
  timer: NodeJS.Timeout;
  detach: () => void;
}

/** Connections opened at the same time by one pool, so that a restarted mysqld is not stormed. */
const MAX_OPENING = 16;

class PooledConnection implements Lease {
  readonly connection: MysqlClientConnection;
  readonly statements = new Map<string, { readonly id: number }>();
  readonly openedAt = performance.now();
  readonly #pool: PoolHooks;
  settings: SessionSettings = NO_SETTINGS;
  dirty = false;
  leased = true;
  idleSince = 0;

  constructor(connection: MysqlClientConnection, pool: PoolHooks) {
    this.connection = connection;
    this.#pool = pool;
  }
  release(): void {
    if (!this.leased) return;
    this.leased = false;
    this.#pool.giveBack(this);
  }
  releaseDirty(): void {
    this.dirty = true;
    this.release();
  }
  discard(): void {
    if (!this.leased) return;
    this.leased = false;
    this.#pool.drop(this);
  }
}

interface PoolHooks {
  giveBack(connection: PooledConnection): void;
  drop(connection: PooledConnection): void;
}

/**
 * A bounded pool of connections to one mysqld with one set of capabilities. Sessions carry settings over it: a connection that has the
 * asked settings is preferred, then a fresh one, then one is reset (one round trip, no new connection). Waiters are served first come, first
 * served. A connection that fails while idle leaves by itself; the next caller gets another.
 */
export class MysqlPool {
  readonly options: MysqlPoolOptions;
  readonly #log: Log;
  readonly #idle: PooledConnection[] = [];
  readonly #waiting: Waiter[] = [];
  readonly #all = new Set<PooledConnection>();
  readonly #closing = new AbortController();
  readonly #sweep: NodeJS.Timeout;
  #opening = 0;
  #lastError: VtrewindError | undefined;

  constructor(options: MysqlPoolOptions) {
    this.options = options;
    this.#log = options.log ?? silentLog;
    this.#sweep = setInterval(() => this.#closeIdle(), Math.max(1000, (options.idleTimeoutMs ?? 60_000) / 4));
    this.#sweep.unref();
  }

  stats(): { readonly open: number; readonly idle: number; readonly inUse: number; readonly waiting: number } {
    return { open: this.#all.size, idle: this.#idle.length, inUse: this.#all.size - this.#idle.length, waiting: this.#waiting.length };
  }

  /** Why the last attempt to connect failed; undefined after one that succeeded. */
  get lastError(): VtrewindError | undefined {
    return this.#lastError;
  }

  /** An idle connection that has exactly these settings, at once; undefined when there is none. Most recently used first. */
  tryAcquire(settings: SessionSettings): Lease | undefined {
    const last = this.#idle.at(-1);
    if (last !== undefined && this.#fits(last, settings)) {
      this.#idle.pop();
      last.leased = true;
      return last;
    }
    for (let i = this.#idle.length - 2; i >= 0; i--) {
      const candidate = this.#idle[i] as PooledConnection;
      if (this.#fits(candidate, settings)) {
        this.#idle.splice(i, 1);
        candidate.leased = true;
        return candidate;
      }
    }
    return undefined;
  }

  #fits(candidate: PooledConnection, settings: SessionSettings): boolean {
    return !candidate.dirty && !candidate.connection.closed && (candidate.settings === settings || candidate.settings.key === settings.key);
  }

  /** A connection with these settings. Throws VTR0810 (1203) when none comes free in time, or why connecting fails; a setting's own error as the server says it. */
  async acquire(options: AcquireOptions = {}): Promise<Lease> {
    const settings = options.settings ?? NO_SETTINGS;
    for (;;) {
      if (this.#closing.signal.aborted) throw poolClosed();
      const ready = this.tryAcquire(settings);
      if (ready !== undefined) return ready;
      const candidate = this.#takeAny() ?? (await this.#openOrWait(settings, options));
      if (this.#fits(candidate, settings)) return candidate;
      if (await this.#prepareFor(candidate, settings)) return candidate;
    }
  }

  /** A fresh idle connection first, then any other when no more may be opened. */
  #takeAny(): PooledConnection | undefined {
    let at = this.#idle.findIndex((c) => !c.dirty && c.settings.key === '');
    const full = this.#all.size + this.#opening >= this.options.maxConnections;
    // While there is room a new connection is opened, so that each kind of session finds its own; then the one idle longest is reset.
    if (at < 0 && full && this.#idle.length > 0) at = 0;
    if (at < 0) return undefined;
    const [candidate] = this.#idle.splice(at, 1);
    if (candidate === undefined) return undefined;
    candidate.leased = true;
    return candidate;
  }

  /** False: the connection was lost on the way and the caller tries another. */
  async #prepareFor(candidate: PooledConnection, settings: SessionSettings): Promise<boolean> {
    const { connection } = candidate;
    try {
      if (candidate.dirty || candidate.settings.key !== '') {
        await connection.resetConnection();
        candidate.statements.clear();
        candidate.dirty = false;
        candidate.settings = NO_SETTINGS;
        if (this.options.connect.database !== undefined) await connection.initDb(this.options.connect.database);
        if (this.options.baseline !== undefined) await connection.query(this.options.baseline);
      }
      for (const statement of settings.statements) {
        candidate.dirty = true;
        await connection.query(statement);
      }
      candidate.dirty = false;
      candidate.settings = settings;
      return true;
    } catch (error) {
      if (connection.closed) {
        candidate.discard();
        return false;
      }
      candidate.releaseDirty();
      throw error;
    }
  }

  #openOrWait(settings: SessionSettings, options: AcquireOptions): Promise<PooledConnection> {
    const maxWaiting = this.options.maxWaiting ?? 5000;
    if (this.#waiting.length >= maxWaiting) throw exhausted(`${maxWaiting} statements already wait for a connection`);
    return new Promise((resolve, reject) => {
      const { signal } = options;
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const timeoutMs = options.timeoutMs ?? this.options.acquireTimeoutMs ?? 5000;
      const leave = (error: unknown) => {
        const at = this.#waiting.indexOf(waiter);
        if (at >= 0) this.#waiting.splice(at, 1);
        waiter.detach();
        reject(error);
      };
      const onAbort = () => leave(signal?.reason);
      const waiter: Waiter = {
        settings, resolve, reject,
        timer: setTimeout(() => leave(this.#lastError ?? exhausted(`none of ${this.options.maxConnections} connections came free within ${timeoutMs} ms`)), timeoutMs),
        detach: () => {
          clearTimeout(waiter.timer);
          signal?.removeEventListener('abort', onAbort);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(waiter);
      this.#openMore();
    });
  }

  #openMore(): void {
    while (!this.#closing.signal.aborted && this.#opening < Math.min(MAX_OPENING, this.#waiting.length) && this.#all.size + this.#opening < this.options.maxConnections) {
      this.#opening++;
      this.#open().then(
        (pooled) => {
          this.#opening--;
          this.#lastError = undefined;
          this.#serve(pooled);
        },
        (error: unknown) => {
          this.#opening--;
          this.#lastError = VtrewindError.from(error);
          this.#log.warn({ event: 'backend_connect_failed', error: this.#lastError.message }, 'cannot connect to the tablet');
          // Everyone behind would meet the same; those that other connections may still serve keep waiting.
          if (this.#all.size === 0) for (const waiter of this.#waiting.splice(0)) {
            waiter.detach();
            waiter.reject(this.#lastError);
          }
        },
      );
    }
  }

  async #open(): Promise<PooledConnection> {
    const connection = await MysqlClientConnection.connect(this.options.connect, this.#closing.signal);
    const pooled = new PooledConnection(connection, { giveBack: (c) => this.#giveBack(c), drop: (c) => this.#drop(c) });
    try {
      if (this.options.baseline !== undefined) await connection.query(this.options.baseline);
    } catch (error) {
      connection.destroy();
      throw error;
    }
    this.#all.add(pooled);
    return pooled;
  }

  #giveBack(pooled: PooledConnection): void {
    const { connection } = pooled;
    const unfit = connection.closed || connection.busy || (connection.status & STATUS.IN_TRANS) !== 0;
    const old = performance.now() - pooled.openedAt > (this.options.maxLifetimeMs ?? 1_800_000);
    if (unfit || old || this.#closing.signal.aborted) this.#drop(pooled);
    else this.#serve(pooled);
  }

  /** To the first waiter, or to the idle ones. */
  #serve(pooled: PooledConnection): void {
    if (this.#closing.signal.aborted) {
      this.#drop(pooled);
      return;
    }
    const waiter = this.#waiting.shift();
    if (waiter === undefined) {
      pooled.leased = false;
      pooled.idleSince = performance.now();
      this.#idle.push(pooled);
      return;
    }
    waiter.detach();
    pooled.leased = true;
    waiter.resolve(pooled);
  }

  #drop(pooled: PooledConnection): void {
    this.#all.delete(pooled);
    pooled.connection.quit();
    if (this.#waiting.length > 0) this.#openMore();
  }

  #closeIdle(): void {
    const now = performance.now();
    const limit = this.options.idleTimeoutMs ?? 60_000;
    for (let i = this.#idle.length - 1; i >= 0; i--) {
      const pooled = this.#idle[i] as PooledConnection;
      if (pooled.connection.closed || (this.#all.size > 1 && now - pooled.idleSince > limit)) {
        this.#idle.splice(i, 1);
        this.#drop(pooled);
      }
    }
  }

  /** Kills a statement or a connection of this mysqld, over a connection of its own (the pool may be full of what is to be killed). */
  async kill(threadId: number, what: 'query' | 'connection', signal?: AbortSignal): Promise<void> {
    const side = await MysqlClientConnection.connect({ ...this.options.connect, database: undefined }, signal);
    try {
      await side.query(`kill ${what} ${threadId}`);
    } catch (error) {
      // Gone already: what was asked for has happened.
      if (!(error instanceof VtrewindError && error.mysql === ER.NO_SUCH_THREAD)) throw error;
    } finally {
      side.quit();
    }
  }

  /** Refuses new callers, closes idle connections now and the others as they come back. */
  close(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(poolClosed());
    clearInterval(this.#sweep);
    for (const waiter of this.#waiting.splice(0)) {
      waiter.detach();
      waiter.reject(poolClosed());
    }
    for (const pooled of this.#idle.splice(0)) this.#drop(pooled);
  }
}

function exhausted(why: string): VtrewindError {
  return new VtrewindError({
    code: 'VTR0810', mysql: ER.TOO_MANY_USER_CONNECTIONS, sqlState: '42000', grpc: 'RESOURCE_EXHAUSTED',
    message: `no connection to the tablet's server is free: ${why}`, hint: 'raise the pool size, or send fewer statements at once',
  });
}

function poolClosed(): VtrewindError {
  return new VtrewindError({ code: 'VTR0811', mysql: ER.SERVER_SHUTDOWN, sqlState: '08S01', grpc: 'UNAVAILABLE', message: 'Server shutdown in progress' });
}
