import { VtrewindError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { ResultPart, ShardOptions, ShardOutcome, ShardQuery } from '../../engine/vcursor.ts';
import { WIRE_SHAPE } from '../../mysql/constants/capabilities.ts';
import { ER } from '../../mysql/constants/errorCodes.ts';
import type { ExecuteOptions, Target } from '../../vitess/queryService.ts';
import { markCommit } from '../transactions/markCommit.ts';
import { MysqlLink, type TextRules } from './mysqlLink.ts';
import type { TabletAccess, TabletHandle } from './ports.ts';
import { ServiceLink } from './serviceLink.ts';
import type { SettingsState } from './settingsState.ts';
import type { LinkOptions, ShardLink } from './shardLink.ts';

/** Shards asked at the same time by one statement. */
const MAX_PARALLEL_SHARDS = 64;

export interface TransactionOptions {
  /** `begin`, `start transaction read only`, … as the shards are told. */
  readonly begin: string;
  /** `set transaction …` statements before it. */
  readonly before: readonly string[];
  /** The gate's own, around one statement: it may span shards in any mode. */
  readonly implicit: boolean;
}

export interface ShardsOptions {
  readonly tablets: TabletAccess;
  readonly settings: SettingsState;
  /** The client's negotiated capabilities. */
  readonly capabilities: number;
  readonly textRules: () => TextRules;
  readonly executeOptions: () => ExecuteOptions;
  readonly transactionMode: () => 'SINGLE' | 'MULTI' | 'TWOPC';
  readonly log: Log;
  readonly acquireTimeoutMs: number;
}

export const keyOf = (target: Target): string => `${target.keyspace}/${target.shard}@${target.tabletType}`;

/**
 * The tablets a session holds on to, and its transaction over them. A transaction begins on a shard with the first statement sent there; commit and
 * rollback go to the shards in the order they joined. When a shard is lost, or ends the transaction by itself (deadlock), the others are rolled back
 * too and the error says so: the client may run the whole again.
 */
export class SessionShards {
  readonly #options: ShardsOptions;
  readonly #links = new Map<string, ShardLink>();
  /** Links that serve one statement outside the session's hold. */
  readonly #passing = new Set<ShardLink>();
  #transaction: TransactionOptions | undefined;
  #savepoints: string[] = [];

  constructor(options: ShardsOptions) {
    this.#options = options;
  }

  get inTransaction(): boolean {
    return this.#transaction !== undefined;
  }
  get inImplicit(): boolean {
    return this.#transaction?.implicit === true;
  }
  get holds(): boolean {
    return this.#links.size > 0;
  }
  /** Shards that take part in the transaction. */
  get participants(): readonly Target[] {
    return [...this.#links.values()].filter((link) => link.inTransaction).map((link) => link.target);
  }

  begin(options: TransactionOptions): void {
    this.#transaction = options;
    this.#savepoints = [];
  }

  /** The connection that a statement to this target must use; undefined when any will do. */
  held(target: Target): ShardLink | undefined {
    return this.#links.size === 0 ? undefined : this.#links.get(keyOf(target));
  }

  /** Joins the target to the session's transaction. Throws what vtgate throws in SINGLE mode for a second shard (1317, "multi-db transaction attempted"). */
  async join(target: Target): Promise<ShardLink> {
    const key = keyOf(target);
    let link = this.#links.get(key);
    const transaction = this.#transaction;
    if (transaction === undefined || link?.inTransaction === true) {
      if (link !== undefined) return link;
      return this.#hold(key, await this.open(target));
    }
    if (!transaction.implicit && this.#options.transactionMode() === 'SINGLE' && this.participants.length > 0) {
      throw new VtrewindError({
        code: 'VTR1022', mysql: ER.QUERY_INTERRUPTED, sqlState: '70100', grpc: 'ABORTED', message: `multi-db transaction attempted: [${[...this.participants, target].map(keyOf).join(' ')}]`,
        hint: "set transaction_mode = 'MULTI'",
      });
    }
    link ??= this.#hold(key, await this.open(target));
    try {
      await link.begin([...transaction.before, transaction.begin, ...this.#savepoints.map((name) => `savepoint ${name}`)]);
    } catch (error) {
      this.#drop(key, link);
      throw error;
    }
    return link;
  }

  #hold(key: string, link: ShardLink): ShardLink {
    this.#links.set(key, link);
    return link;
  }

  #drop(key: string, link: ShardLink): void {
    this.#links.delete(key);
    link.release();
  }

  /** Stays on one connection of this target until {@link unpin}: GET_LOCK, temporary tables, LOCK TABLES. */
  async pin(target: Target): Promise<ShardLink> {
    const key = keyOf(target);
    const link = this.#links.get(key) ?? this.#hold(key, await this.open(target));
    link.pinned = true;
    return link;
  }

  /** A connection with the session's settings, held by nobody yet. */
  async open(target: Target, signal?: AbortSignal): Promise<ShardLink> {
    const handle = this.#options.tablets.pick(target);
    const pool = handle.pool(this.#options.capabilities & WIRE_SHAPE);
    if (pool === undefined) return new ServiceLink(handle, this.#options.settings.serviceStatements, this.#options.executeOptions(), this.#options.textRules);
    const lease = await pool.acquire({ settings: this.#options.settings.settings, signal, timeoutMs: this.#options.acquireTimeoutMs });
    return new MysqlLink(handle, pool, lease, this.#options.textRules);
  }

  /** The tablet itself is asked, whatever the protocol of statements: it hands out sequence values for all gates from one cache. */
  #overService(target: Target): ShardLink {
    return new ServiceLink(this.#options.tablets.pick(target), [], this.#options.executeOptions());
  }

  pick(target: Target): TabletHandle {
    return this.#options.tablets.pick(target);
  }

  async execute(queries: readonly ShardQuery[], options: ShardOptions, limits: LinkOptions): Promise<ShardOutcome[]> {
    if (queries.length === 1) return [await this.#one(queries[0] as ShardQuery, options, limits)];
    const outcomes: ShardOutcome[] = new Array(queries.length);
    // Two statements for one held connection must not run at once: those of one target go one after another.
    const byTarget = new Map<string, number[]>();
    queries.forEach((query, index) => {
      const key = keyOf(query.target);
      const list = byTarget.get(key);
      if (list === undefined) byTarget.set(key, [index]);
      else list.push(index);
    });
    const lanes = [...byTarget.values()];
    let next = 0;
    const work = async () => {
      for (let lane = lanes[next++]; lane !== undefined; lane = lanes[next++]) {
        for (const index of lane) outcomes[index] = await this.#one(queries[index] as ShardQuery, options, limits);
      }
    };
    await Promise.all(Array.from({ length: Math.min(MAX_PARALLEL_SHARDS, lanes.length) }, work));
    return outcomes;
  }

  async #one(query: ShardQuery, options: ShardOptions, limits: LinkOptions): Promise<ShardOutcome> {
    try {
      return { result: await this.#with(query, options, limits, (link, how) => link.execute(query.sql, query.binds, how)) };
    } catch (error) {
      return { error: VtrewindError.from(error) };
    }
  }

  stream(query: ShardQuery, options: ShardOptions, limits: LinkOptions, onPart: (part: ResultPart) => Promise<void> | void): Promise<void> {
    return this.#with(query, options, limits, (link, how) => link.stream(query.sql, query.binds, how, onPart));
  }

  async #with<T>(query: ShardQuery, options: ShardOptions, limits: LinkOptions, run: (link: ShardLink, how: LinkOptions) => Promise<T>): Promise<T> {
    const how: LinkOptions = options.timeoutMs === undefined ? limits : { ...limits, timeoutMs: options.timeoutMs };
    // Sequences hand out values from a cache of the tablet's, which only its service has.
    if (query.sql.startsWith('select next ')) return run(new ServiceLink(this.#options.tablets.pick(query.target), [], this.#options.executeOptions()), how);
    const inSession = options.transaction === 'session';
    if (options.reserved === true) await this.pin(query.target);
    const stays = inSession && (this.#transaction !== undefined || this.held(query.target) !== undefined);
    if (stays) {
      const link = await this.join(query.target);
      try {
        return await run(link, how);
      } catch (error) {
        throw await this.afterError(link, error);
      }
    }
    const link = options.sequence === true ? this.#overService(query.target) : await this.open(query.target, limits.signal);
    this.#passing.add(link);
    try {
      return await run(link, how);
    } finally {
      this.#passing.delete(link);
      link.release();
    }
  }

  /** An error on a held connection: when the shard's part of the transaction is gone, the whole transaction goes. */
  async afterError(link: ShardLink, thrown: unknown): Promise<unknown> {
    const error = VtrewindError.from(thrown);
    if (!link.lost && error.mysql !== ER.LOCK_DEADLOCK) return error;
    const wasOpen = this.#transaction !== undefined;
    if (link.lost) this.#drop(keyOf(link.target), link);
    if (!wasOpen) return error;
    await this.rollback();
    if (!link.lost) return error;
    return new VtrewindError({
      code: 'VTR1002', mysql: ER.LOCK_DEADLOCK, sqlState: '40001', grpc: 'ABORTED', cause: error,
      message: `the connection to tablet ${link.alias} was lost and the transaction has been rolled back; try restarting transaction`,
    });
  }

  /** Commits shard by shard, in the order they joined. When one fails, those after it are rolled back and the error says what stands. */
  async commit(): Promise<void> {
    const links = this.#endTransaction();
    try {
      await markCommit(links);
    } catch (error) {
      await this.#rollbackAll(links);
      this.#letGo();
      throw error;
    }
    let committed = 0;
    for (const link of links) {
      try {
        await link.commit();
        committed++;
      } catch (thrown) {
        const error = VtrewindError.from(thrown);
        await this.#rollbackAll(links.slice(committed));
        this.#letGo();
        if (committed === 0) throw error;
        throw new VtrewindError({
          code: 'VTR1003', mysql: error.mysql, sqlState: error.sqlState, grpc: 'ABORTED', cause: error,
          message: `the commit failed on ${keyOf(link.target)} after ${links.slice(0, committed).map((done) => keyOf(done.target)).join(', ')} had committed: ${error.message}`,
          hint: 'the transaction is committed in part; compare the rows of these shards',
        });
      }
    }
    this.#letGo();
  }

  async rollback(): Promise<void> {
    const links = this.#endTransaction();
    await this.#rollbackAll(links);
    this.#letGo();
  }

  #endTransaction(): ShardLink[] {
    this.#transaction = undefined;
    this.#savepoints = [];
    return [...this.#links.values()].filter((link) => link.inTransaction);
  }

  async #rollbackAll(links: readonly ShardLink[]): Promise<void> {
    for (const link of links) {
      try {
        await link.rollback();
      } catch (error) {
        // A connection that cannot roll back is closed, which rolls back.
        this.#options.log.warn({ event: 'rollback_failed', target: keyOf(link.target), error: VtrewindError.from(error).message }, 'rollback failed; the connection is dropped');
        this.#drop(keyOf(link.target), link);
      }
    }
  }

  /** Held connections that nothing binds any more go back to their pools. */
  #letGo(): void {
    for (const [key, link] of this.#links) if (!link.pinned && !link.inTransaction) this.#drop(key, link);
  }

  /** SAVEPOINT on every shard of the transaction, and on those that join later. */
  async savepoint(name: string): Promise<void> {
    await this.#onAll(`savepoint ${name}`);
    this.#savepoints = [...this.#savepoints.filter((known) => known !== name), name];
  }

  async rollbackTo(name: string): Promise<void> {
    this.#known(name);
    await this.#onAll(`rollback to ${name}`);
    this.#savepoints = this.#savepoints.slice(0, this.#savepoints.indexOf(name) + 1);
  }

  async releaseSavepoint(name: string): Promise<void> {
    this.#known(name);
    await this.#onAll(`release savepoint ${name}`);
    this.#savepoints = this.#savepoints.slice(0, this.#savepoints.indexOf(name));
  }

  #known(name: string): void {
    if (!this.#savepoints.includes(name)) throw new VtrewindError({ code: 'VTR1004', mysql: 1305, sqlState: '42000', message: `SAVEPOINT ${name.replace(/^`|`$/g, '')} does not exist`, grpc: 'NOT_FOUND' });
  }

  async #onAll(statement: string): Promise<void> {
    for (const link of [...this.#links.values()]) {
      if (!link.inTransaction) continue;
      try {
        await link.execute(statement, {}, {});
      } catch (error) {
        throw await this.afterError(link, error);
      }
    }
  }

  unpin(): void {
    for (const [key, link] of this.#links) {
      if (!link.pinned) continue;
      if (!link.inTransaction) this.#drop(key, link);
    }
  }

  /** Settings changed: held connections get them too. */
  async apply(statement: string): Promise<void> {
    for (const link of this.#links.values()) await link.execute(statement, {}, {});
  }

  /** Stops what runs now, on every tablet. */
  async cancel(): Promise<void> {
    await Promise.allSettled([...this.#links.values(), ...this.#passing].map((link) => link.cancel()));
  }

  /** The client is gone: everything is rolled back and given back, without waiting. */
  close(): void {
    this.#transaction = undefined;
    for (const [key, link] of this.#links) this.#drop(key, link);
  }
}
