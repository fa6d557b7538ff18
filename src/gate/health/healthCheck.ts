import { VtrewindError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Metrics } from '../../base/metrics.ts';
import type { Tablet } from '../../vitess/gen/topodata.ts';
import type { QueryService, StreamHealthReply, TabletTypeName, Target } from '../../vitess/queryService.ts';
import { HealthMetrics } from './healthMetrics.ts';
import { defaultLagLimits, type LagLimits, withinLag } from './replicationLag.ts';
import { ShardPrimaries } from './shardPrimaries.ts';
import { databaseName, formatTarget, heardTablet, lostTablet, shardName, type TabletHealth, unheardTablet } from './tabletHealth.ts';
import { TabletStream } from './tabletStream.ts';

export interface HealthCheckOptions {
  /** Tablets of this cell are asked first. */
  readonly cell: string;
  /** Opens the query service of a tablet (lazily: no connection yet). The health check closes it. */
  readonly connect: (tablet: Tablet) => QueryService;
  /** The base keyspace of a snapshot; undefined for a normal keyspace. */
  readonly snapshotBase: (keyspace: string) => string | undefined;
  readonly lag?: LagLimits;
  /** vtgate's --healthcheck-retry-delay and --healthcheck-timeout. */
  readonly retryDelayMs?: number;
  readonly timeoutMs?: number;
  /** For a choice among equals; default Math.random. */
  readonly random?: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** A tablet chosen to be asked. The same object for as long as nothing changes. */
export interface TabletHandle {
  readonly alias: string;
  readonly cell: string;
  /** What it was chosen for, without a cell. */
  readonly target: Target;
  readonly databaseName: string;
  readonly service: QueryService;
  readonly mysqlHost: string;
  readonly mysqlPort: number;
}

/** A line of SHOW VITESS_TABLETS and of /debug/health. */
export interface TabletStatus {
  readonly cell: string;
  readonly keyspace: string;
  readonly shard: string;
  readonly tabletType: TabletTypeName;
  readonly alias: string;
  readonly hostname: string;
  readonly serving: boolean;
  readonly error: string;
  /** Unix seconds; 0 for all but primaries. */
  readonly primaryTermStart: number;
  readonly replicationLagSeconds: number;
}

/** Made once for all that ask: choosing allocates nothing. */
interface Choices {
  readonly all: readonly TabletHandle[];
  /** Those of the own cell when there are any. */
  readonly preferred: readonly TabletHandle[];
}

interface Followed {
  readonly stream: TabletStream;
  readonly service: QueryService;
  readonly record: Tablet;
}

/**
 * How every tablet is, learnt from its StreamHealth alone: the topology only says whom to listen to. Choosing is synchronous and never waits.
 * Of several that call themselves primary of a shard the one with the latest term counts.
 */
export class HealthCheck {
  readonly #options: HealthCheckOptions;
  readonly #metrics: HealthMetrics;
  readonly #followed = new Map<string, Followed>();
  readonly #health = new Map<string, TabletHealth>();
  /** Tablets that serve, by `keyspace/shard@TYPE`, already filtered by lag; made when first asked for after a change. */
  readonly #choices = new Map<string, Choices>();
  /** The same by the very object that a statement's shard is, which the view keeps from one change to the next. */
  #choicesByTarget = new WeakMap<Target, Choices>();
  readonly #primaries = new ShardPrimaries();
  readonly #listeners = new Set<() => void>();
  readonly #schemaListeners = new Set<(keyspace: string) => void>();
  readonly #closing = new Set<Promise<void>>();
  #closed = false;

  constructor(options: HealthCheckOptions) {
    this.#options = options;
    this.#metrics = new HealthMetrics(options.metrics);
  }

  /** Follows exactly these tablets, by alias. One whose address changed is connected to anew; one that is gone is forgotten. */
  setTablets(tablets: ReadonlyMap<string, Tablet>): void {
    if (this.#closed) return;
    for (const [alias, { record }] of this.#followed) {
      const now = tablets.get(alias);
      if (now === undefined || address(now) !== address(record)) this.#forget(alias);
    }
    for (const [alias, tablet] of tablets) {
      if (this.#followed.has(alias)) this.#update(alias, (before) => ({ ...before, tablet }));
      else this.#follow(alias, tablet);
    }
    this.#changed();
  }

  /**
   * A healthy tablet for the target: for PRIMARY the primary; else any one with little lag, of the own cell if there is one there, without those in `except`.
   * Throws UNAVAILABLE `no healthy tablet available for '…'` (1105).
   */
  pick(target: Target, except?: ReadonlySet<string>): TabletHandle {
    let choices = this.#choicesByTarget.get(target);
    if (choices === undefined) {
      choices = this.#choicesFor(target);
      this.#choicesByTarget.set(target, choices);
    }
    const among = except === undefined ? choices.preferred : this.#near(choices.all.filter(({ alias }) => !except.has(alias)));
    const chosen = among.length === 1 ? among[0] : among[Math.min(Math.floor((this.#options.random ?? Math.random)() * among.length), among.length - 1)];
    if (chosen === undefined) throw this.#noneFor(target);
    return chosen;
  }

  /** The types of which a healthy tablet serves the shard, in the order PRIMARY, REPLICA, RDONLY, others. */
  serving(keyspace: string, shard: string): readonly TabletTypeName[] {
    const types = new Set<TabletTypeName>();
    for (const { target, serving } of this.#health.values()) {
      if (serving && target.keyspace === keyspace && target.shard === shard) types.add(target.tabletType);
    }
    const order: readonly TabletTypeName[] = ['PRIMARY', 'REPLICA', 'RDONLY'];
    return [...order.filter((type) => types.delete(type)), ...types].filter((type) => this.#choicesFor({ keyspace, shard, tabletType: type }).all.length > 0);
  }

  /** Every tablet that is followed, in order of keyspace, shard, type and alias. */
  all(): readonly TabletStatus[] {
    const order = (status: TabletStatus) => [status.keyspace, status.shard, status.tabletType, status.alias].join('\0');
    return [...this.#health.values()]
      .map((health): TabletStatus => ({
        cell: health.cell, keyspace: health.target.keyspace, shard: health.target.shard, tabletType: health.target.tabletType, alias: health.alias, hostname: health.tablet.hostname, serving: health.serving, error: health.error,
        primaryTermStart: health.primaryTermStart, replicationLagSeconds: health.replicationLagSeconds,
      }))
      .sort((a, b) => (order(a) < order(b) ? -1 : 1));
  }

  /** Calls `listener` after any change of who serves what; returns what takes it off again. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `listener` with the keyspace when a tablet of it says that tables or views changed; returns what takes it off again. */
  onSchemaChange(listener: (keyspace: string) => void): () => void {
    this.#schemaListeners.add(listener);
    return () => this.#schemaListeners.delete(listener);
  }

  /**
   * Resolves when each target has a healthy tablet; rejects with VTR1352 (UNAVAILABLE) naming those that have none when the time is over.
   * Targets of snapshot keyspaces are not waited for: they have no primary, and a restore may take hours (SNAPSHOTS.md, "Routing" 8).
   */
  async waitFor(targets: () => readonly Target[], timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const missing = () => targets().filter((target) => this.#options.snapshotBase(target.keyspace) === undefined && this.#choicesFor(target).all.length === 0);
    const done = Promise.withResolvers<void>();
    const check = () => {
      if (missing().length === 0) done.resolve();
    };
    const late = () => done.reject(new VtrewindError({
      code: 'VTR1352', grpc: 'UNAVAILABLE', message: `no healthy tablet after ${timeoutMs} ms for ${missing().map(formatTarget).join(', ')}`,
      hint: 'look at /debug/health: each tablet says there why it does not serve',
    }));
    const aborted = () => done.reject(signal?.reason);
    const timer = setTimeout(late, timeoutMs);
    const off = this.onChange(check);
    signal?.addEventListener('abort', aborted, { once: true });
    try {
      if (signal?.aborted) aborted();
      check();
      await done.promise;
    } finally {
      clearTimeout(timer);
      off();
      signal?.removeEventListener('abort', aborted);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    this.#schemaListeners.clear();
    for (const alias of [...this.#followed.keys()]) this.#forget(alias);
    await Promise.all(this.#closing);
  }

  #follow(alias: string, tablet: Tablet): void {
    const service = this.#options.connect(tablet);
    this.#health.set(alias, unheardTablet(tablet, service));
    const stream = new TabletStream({
      service, retryDelayMs: this.#options.retryDelayMs ?? 2, timeoutMs: this.#options.timeoutMs ?? 60_000,
      onReply: (reply) => this.#heard(alias, reply),
      onLost: (error) => this.#lost(alias, error),
    });
    this.#followed.set(alias, { stream, service, record: tablet });
  }

  /** Stops listening; the service is closed once its stream is over. */
  #forget(alias: string): void {
    const followed = this.#followed.get(alias);
    if (followed === undefined) return;
    this.#followed.delete(alias);
    this.#health.delete(alias);
    const closing = followed.stream.close().then(() => followed.service.close())
      .catch((error: unknown) => this.#options.log.warn({ alias, error: String(error) }, 'the connection to a tablet did not close cleanly'))
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  #heard(alias: string, reply: StreamHealthReply): void {
    if (reply.tabletAlias !== '' && reply.tabletAlias !== alias) {
      this.#lost(alias, `health stats mismatch: another tablet, ${reply.tabletAlias}, answers at its address`);
      return;
    }
    const snapshot = this.#options.snapshotBase(reply.target.keyspace) !== undefined;
    const changed = this.#update(alias, (before) => heardTablet(before, reply, snapshot));
    if (changed) this.#changed();
    if (reply.tableSchemaChanged.length > 0 || reply.viewSchemaChanged.length > 0) {
      for (const listener of [...this.#schemaListeners]) listener(reply.target.keyspace);
    }
  }

  #lost(alias: string, error: string): void {
    const before = this.#health.get(alias);
    if (before === undefined) return;
    this.#metrics.lost(before.target);
    if (before.serving) this.#options.log.warn({ alias, ...before.target, error }, 'a serving tablet was lost');
    if (this.#update(alias, (health) => lostTablet(health, error))) this.#changed();
  }

  /** Whether anything that routing or people can see is different. */
  #update(alias: string, change: (before: TabletHealth) => TabletHealth): boolean {
    const before = this.#health.get(alias);
    if (before === undefined) return false;
    const after = change(before);
    this.#health.set(alias, after);
    return before.serving !== after.serving || before.error !== after.error || before.tablet !== after.tablet || before.primaryTermStart !== after.primaryTermStart
      || before.replicationLagSeconds !== after.replicationLagSeconds || formatTarget(before.target) !== formatTarget(after.target);
  }

  #changed(): void {
    this.#choices.clear();
    this.#choicesByTarget = new WeakMap();
    for (const { health, before } of this.#primaries.update(this.#health)) {
      this.#metrics.promoted(health.target);
      if (before !== undefined) this.#options.log.info({ ...health.target, alias: health.alias, before }, 'a shard has another primary');
    }
    this.#metrics.changed(this.#health.values());
    for (const listener of [...this.#listeners]) listener();
  }

  #choicesFor(target: Target): Choices {
    const name = `${shardName(target)}@${target.tabletType}`;
    const known = this.#choices.get(name);
    if (known !== undefined) return known;
    const base = this.#options.snapshotBase(target.keyspace);
    const all = this.#findChoices(target).map(({ alias, cell, service, tablet }): TabletHandle => ({
      alias, cell, service, target: { keyspace: target.keyspace, shard: target.shard, tabletType: target.tabletType }, databaseName: databaseName(tablet, base),
      mysqlHost: tablet.mysqlHostname === '' ? tablet.hostname : tablet.mysqlHostname, mysqlPort: tablet.mysqlPort,
    }));
    const choices = { all, preferred: this.#near(all) };
    this.#choices.set(name, choices);
    return choices;
  }

  /** Those of the own cell, or all where there is none. */
  #near(tablets: readonly TabletHandle[]): readonly TabletHandle[] {
    const near = tablets.filter(({ cell }) => cell === this.#options.cell);
    return near.length > 0 ? near : tablets;
  }

  #findChoices(target: Target): readonly TabletHealth[] {
    const shard = shardName(target);
    if (target.tabletType === 'PRIMARY') {
      const primary = this.#primaries.of(shard);
      return primary?.serving === true ? [primary] : [];
    }
    const serving = [...this.#health.values()].filter((health) => health.serving && health.target.tabletType === target.tabletType && shardName(health.target) === shard);
    return withinLag(serving, this.#options.lag ?? defaultLagLimits, this.#options.snapshotBase(target.keyspace) !== undefined);
  }

  #noneFor(target: Target): VtrewindError {
    const base = this.#options.snapshotBase(target.keyspace);
    const why = [...this.#health.values()]
      .filter((health) => shardName(health.target) === shardName(target) && health.target.tabletType === target.tabletType && health.error !== '')
      .map(({ alias, error }) => `${alias}: ${error}`);
    const hint = base !== undefined && target.tabletType === 'PRIMARY'
      ? `${target.keyspace} is a snapshot of ${base} and has no primary: use ${target.keyspace}@replica`
      : why.length > 0 ? why.join('; ') : 'no such tablet is known: GetTablets lists those that are registered';
    return new VtrewindError({ code: 'VTR1353', grpc: 'UNAVAILABLE', message: `no healthy tablet available for '${formatTarget(target)}'`, hint });
  }
}

/** Where a tablet is reached: when this changes the connection is another. */
function address(tablet: Tablet): string {
  return `${tablet.hostname} ${tablet.portMap['grpc'] ?? ''} ${tablet.mysqlHostname} ${tablet.mysqlPort}`;
}
