import { VtrewindError } from '../../base/errors.ts';
import { delay } from '../../base/wait.ts';
import { WIRE_SHAPE } from '../../mysql/constants/capabilities.ts';
import { ER } from '../../mysql/constants/errorCodes.ts';
import { STATUS } from '../../mysql/constants/statusFlags.ts';
import type { Lease, MysqlPool } from '../../mysql/pool.ts';
import type { MysqlServerConnection } from '../../mysql/serverConnection.ts';
import type { Target } from '../../vitess/queryService.ts';
import type { GateEnvironment } from '../session/environment.ts';
import { MysqlLink, readWarnings } from '../session/mysqlLink.ts';
import type { TabletHandle } from '../session/ports.ts';
import type { SessionShards } from '../session/sessionShards.ts';
import type { SessionState } from '../session/sessionState.ts';
import { Relay, type RelayOutcome } from './relay.ts';
import type { HeadMemory, NameChange } from './responseHead.ts';

/** One statement to pass through. */
export interface RelayStatement {
  readonly target: Target;
  /** Outside the session's transaction (a snapshot keyspace). */
  readonly outside: boolean;
  readonly repeatable: boolean;
  readonly head: HeadMemory | undefined;
  /** The command for this connection, framed; a promise when a statement must be prepared there first. */
  readonly bytes: (lease: Lease) => Buffer | Promise<Buffer>;
}

/** How often KILL QUERY is said for one statement, and how long it may take effect in between. */
const KILL_ATTEMPTS = 20;
const KILL_AGAIN_MS = 50;
const OWN_FLAGS = STATUS.AUTOCOMMIT | STATUS.IN_TRANS;

/** Passes a session's single-shard statements through: finds a connection, relays, remembers what the response said. */
export class StatementRelay {
  readonly #env: GateEnvironment;
  readonly #client: MysqlServerConnection;
  readonly #state: SessionState;
  readonly #shards: SessionShards;
  readonly #relay: Relay;
  readonly #names = new WeakMap<TabletHandle | MysqlPool, NameChange>();
  #pool: MysqlPool | undefined;
  /** Counts statements, so that a KILL that lasts knows whether its statement still runs. */
  #statement = 0;
  /** Ends the wait for a connection. */
  #waiting: AbortController | undefined;
  #cancelled = false;
  /** The held connection the statement runs on. */
  #link: MysqlLink | undefined;

  constructor(env: GateEnvironment, client: MysqlServerConnection, state: SessionState, shards: SessionShards) {
    this.#env = env;
    this.#client = client;
    this.#state = state;
    this.#shards = shards;
    this.#relay = new Relay(client);
  }

  /**
   * Starts the statement. False: it cannot be passed through (the tablet is reached over gRPC) and the engine must run it. Otherwise the client gets its
   * answer, whatever happens, and `finished` is called once.
   */
  start(statement: RelayStatement, finished: () => void): boolean {
    const { target } = statement;
    this.#statement++;
    this.#cancelled = false;
    this.#pool = undefined;
    this.#link = undefined;
    const held = statement.outside ? undefined : this.#shards.held(target);
    if (held !== undefined && !(held instanceof MysqlLink)) return false;
    const joins = !statement.outside && (this.#shards.inTransaction || held !== undefined);
    if (held?.inTransaction === true || (held !== undefined && !this.#shards.inTransaction)) {
      this.#send(statement, held.handle, held.lease, held, 0, finished);
      return true;
    }
    const handle = this.#env.tablets.pick(target);
    const pool = handle.pool(this.#client.capabilities & WIRE_SHAPE);
    if (pool === undefined) return false;
    if (joins) {
      this.#join(statement, finished).catch((error: unknown) => this.#fail(error, finished));
      return true;
    }
    this.#pool = pool;
    const lease = pool.tryAcquire(this.#state.settings.settings);
    if (lease !== undefined) this.#send(statement, handle, lease, undefined, 0, finished);
    else this.#acquire(statement, handle, pool, 0, finished).catch((error: unknown) => this.#fail(error, finished));
    return true;
  }

  async #join(statement: RelayStatement, finished: () => void): Promise<void> {
    const link = await this.#shards.join(statement.target);
    if (!(link instanceof MysqlLink)) throw new VtrewindError({ code: 'VTR1016', message: `tablet ${link.alias} changed how it is reached during a transaction`, grpc: 'INTERNAL' });
    this.#send(statement, link.handle, link.lease, link, 0, finished);
  }

  async #acquire(statement: RelayStatement, handle: TabletHandle, pool: MysqlPool, attempt: number, finished: () => void): Promise<void> {
    const waiting = new AbortController();
    this.#waiting = waiting;
    const signal = AbortSignal.any([this.#client.signal, waiting.signal]);
    const lease = await pool.acquire({ settings: this.#state.settings.settings, timeoutMs: this.#env.limits.acquireTimeoutMs, signal }).finally(() => {
      this.#waiting = undefined;
    });
    this.#send(statement, handle, lease, undefined, attempt, finished);
  }

  #send(statement: RelayStatement, handle: TabletHandle, lease: Lease, link: MysqlLink | undefined, attempt: number, finished: () => void): void {
    let bytes: Buffer | Promise<Buffer>;
    try {
      bytes = statement.bytes(lease);
    } catch (error) {
      if (link === undefined) lease.release();
      this.#fail(error, finished);
      return;
    }
    if (Buffer.isBuffer(bytes)) {
      this.#run(bytes, statement, handle, lease, link, attempt, finished);
      return;
    }
    bytes.then(
      (ready) => this.#run(ready, statement, handle, lease, link, attempt, finished),
      (error: unknown) => {
        if (link === undefined) lease.release();
        this.#fail(error, finished);
      },
    );
  }

  #run(bytes: Buffer, statement: RelayStatement, handle: TabletHandle, lease: Lease, link: MysqlLink | undefined, attempt: number, finished: () => void): void {
    if (this.#cancelled) {
      if (link === undefined) lease.release();
      this.#fail(interrupted(), finished);
      return;
    }
    this.#link = link;
    const { status } = this.#state;
    this.#relay.run(
      { lease, bytes, names: this.#namesOf(handle), head: statement.head, clearStatus: OWN_FLAGS, setStatus: status },
      (outcome) => this.#done(outcome, statement, handle, lease, link, attempt, finished),
    );
  }

  #namesOf(handle: TabletHandle): NameChange | undefined {
    const { databaseName, target } = handle;
    if (databaseName === target.keyspace) return undefined;
    const key = this.#pool ?? handle;
    const known = this.#names.get(key);
    if (known !== undefined && known.from === databaseName && known.to === target.keyspace) return known;
    const names = { from: databaseName, to: target.keyspace };
    this.#names.set(key, names);
    return names;
  }

  #done(outcome: RelayOutcome, statement: RelayStatement, handle: TabletHandle, lease: Lease, link: MysqlLink | undefined, attempt: number, finished: () => void): void {
    const failure = outcome.lost ?? outcome.error;
    if (failure === undefined) {
      this.#remember(outcome);
      if (outcome.warnings > 0 && outcome.rows <= 0) {
        this.#afterwards(lease, link, handle, finished);
        return;
      }
      if (link === undefined) this.#giveBack(lease);
      finished();
      return;
    }
    if (outcome.lost !== undefined && !outcome.forwarded && statement.repeatable && link === undefined && attempt === 0 && !this.#client.closed) {
      // The pooled connection was dead: its server closed it, or restarted. Nothing was answered, so another is tried once.
      lease.discard();
      const pool = handle.pool(this.#client.capabilities & WIRE_SHAPE);
      if (pool !== undefined) {
        this.#acquire(statement, handle, pool, 1, finished).catch((error: unknown) => this.#fail(error, finished));
        return;
      }
    }
    if (link !== undefined) {
      this.#shards.afterError(link, failure).then((error) => this.#failed(VtrewindError.from(error), outcome, finished), (error: unknown) => this.#fail(error, finished));
      return;
    }
    if (outcome.lost !== undefined) lease.discard();
    else this.#giveBack(lease);
    this.#failed(failure, outcome, finished);
  }

  /** An ERR of the tablet was forwarded already; a lost connection is told now, where the protocol still allows it. */
  #failed(error: VtrewindError, outcome: RelayOutcome, finished: () => void): void {
    this.#state.failed(error);
    this.#env.counters.failed(error.mysql);
    if (outcome.lost !== undefined) {
      if (this.#relay.canSendError()) this.#client.sendError(error);
      else this.#client.destroy();
    }
    finished();
  }

  /** Before anything was sent to the client. */
  #fail(thrown: unknown, finished: () => void): void {
    const error = VtrewindError.from(thrown);
    this.#state.failed(error);
    this.#env.counters.failed(error.mysql);
    this.#client.sendError(error);
    finished();
  }

  #remember(outcome: RelayOutcome): void {
    const { counters } = this.#env;
    counters.relayed++;
    if (outcome.rows >= 0) {
      this.#state.foundRows = BigInt(outcome.rows);
      this.#state.rowCount = -1n;
      counters.rowsReturned += outcome.rows;
    } else {
      this.#state.rowCount = outcome.affectedRows;
      if (outcome.lastInsertId !== 0n) this.#state.lastInsertId = outcome.lastInsertId;
      counters.rowsAffected += Number(outcome.affectedRows);
    }
  }

  /** The client has its answer; what it will be told of warnings is read from this connection before another session gets it. */
  #afterwards(lease: Lease, link: MysqlLink | undefined, handle: TabletHandle, finished: () => void): void {
    readWarnings(lease.connection, handle).then(
      (warnings) => {
        this.#state.warnings = warnings;
        if (link === undefined) this.#giveBack(lease);
        finished();
      },
      (error: unknown) => {
        this.#env.log.debug({ event: 'warnings_unread', error: VtrewindError.from(error).message }, 'the warnings of a statement could not be read');
        if (link === undefined) lease.discard();
        finished();
      },
    );
  }

  /** A KILL QUERY under way must not meet the next session's statement: its connection is closed. */
  #giveBack(lease: Lease): void {
    if (this.#cancelled) lease.discard();
    else lease.release();
  }

  /**
   * Stops the statement under way, with error 1317 for the client, also when it still waits for a connection. A server forgets a KILL QUERY that comes before the statement has begun there, so it is said again while the statement runs on.
   */
  async cancel(): Promise<void> {
    this.#cancelled = true;
    this.#waiting?.abort(interrupted());
    const statement = this.#statement;
    for (let attempt = 0; attempt < KILL_ATTEMPTS; attempt++) {
      const { lease } = this.#relay;
      if (lease === undefined || statement !== this.#statement) return;
      await this.#killQuery(lease);
      if (this.#relay.lease === lease && statement === this.#statement) await delay(KILL_AGAIN_MS);
    }
  }

  async #killQuery(lease: Lease): Promise<void> {
    if (this.#link !== undefined) await this.#link.cancel();
    else await this.#pool?.kill(lease.connection.threadId, 'query');
  }

  /** The client is gone: the statement is killed and its connection not used again. */
  abandon(onError: (error: unknown) => void): void {
    const { lease } = this.#relay;
    if (lease === undefined) return;
    this.#killQuery(lease).catch(onError);
    lease.connection.destroy();
  }
}

function interrupted(): VtrewindError {
  return new VtrewindError({ code: 'VTR1020', mysql: ER.QUERY_INTERRUPTED, sqlState: '70100', grpc: 'CANCELED', message: 'Query execution was interrupted' });
}
