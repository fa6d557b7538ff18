import type { Connection, RowDataPacket } from 'mysql2/promise';
import { VtrewindError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { formatMicros, type Micros, nowMicros } from '../base/time.ts';
import { delay } from '../base/wait.ts';
import { isReadOnly, readReplicationStatus, resetReplication, setReadOnly, setReplicationSource, startReplication, stopReplication } from '../mysqld/replication.ts';
import { decodeRecord, formatTabletAlias, keyRangesOverlap, listShards, parseShardName, paths, readRecord, sameTablet, type Topology, updateRecord, withShardLock } from '../topo/index.ts';
import { Shard, type TabletAlias, Tablet } from '../vitess/gen/topodata.ts';
import type { StreamHealthReply, TabletTypeName, Target } from '../vitess/queryService.ts';
import { errantTransactions } from './errantTransactions.ts';
import { HealthBroadcast } from './healthBroadcast.ts';
import type { OwnedServer } from './ownedServer.ts';
import { SchemaChangeDetector } from './schemaChanges.ts';
import { KeptSession } from './keptSession.ts';
import { Serial } from './serial.ts';
import type { Account } from './tabletOptions.ts';
import { describeTime, fromVitessTime, publishTablet, type TabletIdentity, toVitessTime } from './tabletRecord.ts';
import { type TabletRole, typeOfRole } from './tabletRole.ts';

export interface AgentOptions {
  readonly identity: TabletIdentity;
  readonly alias: TabletAlias;
  readonly topology: Topology;
  readonly server: OwnedServer;
  /** The database it serves: `vt_<keyspace>`, or that of the base keyspace. */
  readonly database: string;
  readonly users: { readonly app: Account; readonly repl: Account };
  readonly tabletType: 'REPLICA' | 'RDONLY';
  readonly initPrimary: boolean;
  readonly healthIntervalMs: number;
  /** Ends the transactions and reservations of the query service: nothing of them may commit any more. */
  readonly endAll: (why: string) => void;
  readonly log: Log;
}

/** A replica further behind than this does not serve (Vitess's `--unhealthy-threshold` default of two hours). */
const maxLagSeconds = 7200;
const topologyRetryMs = 1000;

/**
 * Keeps one server in the role the topology gives it, and tells everybody how it is. Role changes come one at a time: from the shard record, from the
 * tablet manager's calls, and after each start of the server (which always starts read-only).
 */
export class TabletAgent {
  readonly health = new HealthBroadcast();
  readonly options: AgentOptions;
  readonly #log: Log;
  readonly #serial = new Serial();
  readonly #schema: SchemaChangeDetector;
  readonly #watcher: KeptSession;
  #role: TabletRole = { kind: 'starting' };
  #changed = { tables: new Set<string>(), views: new Set<string>() };
  #shard: Shard | undefined;
  #topologyError = '';
  #errant = '';
  #stopping = false;

  constructor(options: AgentOptions) {
    this.options = options;
    this.#log = options.log;
    this.#schema = new SchemaChangeDetector(options.database);
    this.#watcher = new KeptSession(options.server);
  }

  get role(): TabletRole {
    return this.#role;
  }

  /** Why the topology is out of reach; empty while it is not. */
  get topologyError(): string {
    return this.#topologyError;
  }

  get shardRecord(): Shard | undefined {
    return this.#shard;
  }

  /** Runs a change of role or of replication alone. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#serial.run(work);
  }

  /** After the server came up for the first time: takes the role that the shard record gives, which is created when the shard is new. */
  async assumeRole(): Promise<void> {
    const { topology, identity, alias, initPrimary } = this.options;
    const fresh = await newShard(topology, identity.keyspace, identity.shard);
    let shard = (await updateRecord(topology.global, paths.shard(identity.keyspace, identity.shard), Shard, (now) => (now === undefined ? fresh : undefined))) ?? fresh;
    if (shard.primaryAlias === undefined && initPrimary) {
      await withShardLock(topology, identity.keyspace, identity.shard, `InitPrimary(${identity.alias})`, async () => {
        const now = await readRecord(topology.global, paths.shard(identity.keyspace, identity.shard), Shard);
        if (now?.record.primaryAlias !== undefined) return;
        await this.exclusively(() => this.becomePrimary(nowMicros()));
      });
      shard = (await readRecord(topology.global, paths.shard(identity.keyspace, identity.shard), Shard))?.record ?? shard;
    }
    await this.#follow(shard);
    if (this.#role.kind === 'starting' && sameTablet(shard.primaryAlias, alias)) await this.exclusively(() => this.becomePrimary(fromVitessTime(shard.primaryTermStartTime) ?? nowMicros()));
    if (this.#role.kind === 'starting') await this.exclusively(() => this.becomeReplica(undefined));
  }

  /** After the server was started again: it is read-only then, and gets back the role this agent last knew. */
  async resumeRole(): Promise<void> {
    const role = this.#role;
    if (role.kind === 'primary') await this.exclusively(() => this.becomePrimary(role.termStart));
    else if (role.kind === 'replica') await this.exclusively(() => this.becomeReplica(role.source));
  }

  /** Follows the shard record until the signal aborts. The last known one stays valid while the topology is away. */
  async followTopology(signal: AbortSignal): Promise<void> {
    const { topology, identity } = this.options;
    const path = paths.shard(identity.keyspace, identity.shard);
    while (!signal.aborted) {
      try {
        for await (const event of topology.global.watch(path, signal)) {
          if (event.type === 'disconnected') this.#topologyError = event.error.message;
          const entry = event.type === 'put' ? event.entry : event.type === 'snapshot' ? event.entries.find((e) => e.path === path) : undefined;
          if (entry === undefined) continue;
          this.#topologyError = '';
          await this.#follow(decodeRecord(path, entry.value, Shard)).catch((error: unknown) => this.#log.error({ err: error }, 'the shard record could not be followed; it is tried again'));
        }
      } catch (error) {
        if (signal.aborted) return;
        this.#topologyError = error instanceof Error ? error.message : String(error);
        this.#log.warn({ err: error }, 'the topology is out of reach');
      }
      await delay(topologyRetryMs, signal).catch(() => undefined);
    }
  }

  /** Reads the shard record now instead of waiting for the watch. */
  async refresh(): Promise<void> {
    const { topology, identity } = this.options;
    const found = await readRecord(topology.global, paths.shard(identity.keyspace, identity.shard), Shard);
    if (found !== undefined && this.#role.kind !== 'restoring' && this.#role.kind !== 'restored') await this.#follow(found.record);
    await this.checkHealth();
  }

  async #follow(shard: Shard): Promise<void> {
    this.#shard = shard;
    const { alias } = this.options;
    const primary = shard.primaryAlias;
    await this.exclusively(async () => {
      const role = this.#role;
      if (primary === undefined || sameTablet(primary, alias)) return;
      if (role.kind === 'primary' || role.kind === 'demoted') {
        const recorded = fromVitessTime(shard.primaryTermStartTime) ?? 0;
        if (recorded > role.termStart) {
          this.#log.warn({ newPrimary: formatTabletAlias(primary), term: describeTime(shard.primaryTermStartTime) }, 'another tablet is the primary now; this one follows it');
          await this.becomeReplica(formatTabletAlias(primary));
        } else if (role.kind === 'primary') {
          await this.#recordPrimary(role.termStart);
        }
        return;
      }
      if (role.kind === 'starting' || (role.kind === 'replica' && role.source !== formatTabletAlias(primary))) await this.becomeReplica(formatTabletAlias(primary));
    });
  }

  /** Takes writes from now on. Call within {@link exclusively}. The Tablet record is written first, then the Shard record when this term is newer than the one there. */
  async becomePrimary(termStart: Micros): Promise<void> {
    const { server, identity, database } = this.options;
    const { flavour } = server.process.binary;
    await server.withSession(async (session) => {
      if ((await readReplicationStatus(session, flavour)) !== undefined) {
        await stopReplication(session, flavour);
        await resetReplication(session, flavour);
      }
      await setReadOnly(session, flavour, false);
      const [found] = await session.query<RowDataPacket[]>('SELECT 1 FROM information_schema.schemata WHERE schema_name = ?', [database]);
      if (found.length === 0) await session.query(`CREATE DATABASE IF NOT EXISTS \`${database}\``);
    });
    this.#role = { kind: 'primary', termStart };
    this.#errant = '';
    await publishTablet(identity, 'PRIMARY', termStart);
    await this.#recordPrimary(termStart);
    this.#log.info({ term: formatMicros(termStart) }, 'this tablet is the primary');
    await this.checkHealth();
  }

  /** No more writes, but ready to go back. Call within {@link exclusively}. Returns once all running commits are through. */
  async demote(): Promise<void> {
    const role = this.#role;
    if (role.kind === 'demoted') return;
    if (role.kind !== 'primary') throw new VtrewindError({ code: 'VTR0606', grpc: 'FAILED_PRECONDITION', message: `${this.options.identity.alias} is no primary` });
    this.#role = { kind: 'demoted', termStart: role.termStart };
    await this.checkHealth();
    const { server, endAll } = this.options;
    try {
      endAll('the primary was demoted');
      await server.withSession(async (session) => {
        await setReadOnly(session, server.process.binary.flavour, true);
        await this.#endTransactions(session);
      });
    } catch (error) {
      this.#role = role;
      throw error;
    }
  }

  /** What clients left open directly on the server can't commit any more, but its locks would stand in the way of the applier. */
  async #endTransactions(session: Connection): Promise<void> {
    const [open] = await session.query<RowDataPacket[]>('SELECT trx_mysql_thread_id AS id FROM information_schema.innodb_trx');
    const ids = new Set(open.map((row) => String(row.id)));
    const [sessions] = await session.query<RowDataPacket[]>('SHOW PROCESSLIST');
    for (const row of sessions) {
      if (row.User !== this.options.users.app.user || !ids.has(String(row.Id))) continue;
      await session.query(`KILL ${Number(row.Id)}`).catch((error: { errno?: number }) => {
        // 1094: it has ended by itself.
        if (error.errno !== 1094) throw error;
      });
    }
  }

  /** Follows the shard's primary (or waits for there to be one). Call within {@link exclusively}. */
  async becomeReplica(sourceAlias: string | undefined): Promise<void> {
    const { server, identity, tabletType, users } = this.options;
    const { flavour } = server.process.binary;
    const source = sourceAlias === undefined ? undefined : await this.#tablet(sourceAlias);
    await server.withSession(async (session) => {
      await setReadOnly(session, flavour, true);
      if (this.#role.kind === 'primary') {
        this.options.endAll('this tablet is the primary no more');
        await this.#endTransactions(session);
      }
      if (source === undefined) return;
      const now = await readReplicationStatus(session, flavour);
      const same = now !== undefined && now.sourceHost === source.mysqlHostname && now.sourcePort === source.mysqlPort && now.sourceUser === users.repl.user && now.usesGtid;
      if (!same) {
        if (now !== undefined) {
          await stopReplication(session, flavour);
          await resetReplication(session, flavour);
        }
        await setReplicationSource(session, flavour, { host: source.mysqlHostname, port: source.mysqlPort, ...users.repl });
      }
      await startReplication(session, flavour);
    });
    this.#role = { kind: 'replica', type: tabletType, source: source === undefined ? undefined : sourceAlias };
    await publishTablet(identity, tabletType, undefined);
    this.#log.info({ source: sourceAlias ?? 'none yet' }, 'this tablet is a replica');
    await this.checkHealth();
  }

  /** A restored tablet: replicates from nobody and serves as `type`. */
  async becomeRestored(type: TabletTypeName): Promise<void> {
    this.#role = { kind: 'restored', type };
    await publishTablet(this.options.identity, type, undefined);
    await this.checkHealth();
  }

  markRestoring(detail: string): void {
    this.#role = { kind: 'restoring', detail };
  }

  /** DRAINED, SPARE, REPLICA …: how a replica is used. */
  async changeType(type: TabletTypeName): Promise<void> {
    const role = this.#role;
    if (role.kind !== 'replica' && role.kind !== 'restored') throw new VtrewindError({ code: 'VTR0606', grpc: 'FAILED_PRECONDITION', message: `the type of a ${role.kind} tablet is not changed`, hint: 'reparent the shard instead' });
    this.#role = { ...role, type };
    await publishTablet(this.options.identity, type, undefined);
    await this.checkHealth();
  }

  /** Throws what a vttablet answers when the target is not this tablet or does not serve. */
  checkTarget(target: Target): void {
    const { keyspace, shard } = this.options.identity;
    const type = typeOfRole(this.#role);
    const wrong = target.keyspace !== keyspace ? `invalid keyspace ${target.keyspace} does not match expected ${keyspace}`
      : target.shard !== shard ? `invalid shard ${target.shard} does not match expected ${shard}`
      : target.tabletType !== type ? `wrong tablet type: ${target.tabletType}, want: ${type} or []` : undefined;
    if (wrong !== undefined) throw new VtrewindError({ code: 'VTR0607', grpc: target.tabletType !== type ? 'FAILED_PRECONDITION' : 'INVALID_ARGUMENT', message: wrong });
    if (this.health.latest?.serving !== true) {
      throw new VtrewindError({ code: 'VTR0608', grpc: 'CLUSTER_EVENT', message: `operation not allowed in state NOT_SERVING: ${this.health.latest?.healthError ?? 'not checked yet'}` });
    }
  }

  /** The schema may have changed: look now rather than at the next round. */
  async reloadSchema(): Promise<void> {
    await this.#lookAtSchema();
    await this.checkHealth();
  }

  async keepHealth(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#lookAtSchema().catch((error: unknown) => this.#log.debug({ err: error }, 'the schema could not be looked at'));
      await this.checkHealth();
      await delay(this.options.healthIntervalMs, signal).catch(() => undefined);
    }
  }

  /** Last words: readers learn at once that it serves no more. */
  async announceStop(): Promise<void> {
    this.#stopping = true;
    await this.checkHealth();
    this.#watcher.close();
  }

  async checkHealth(): Promise<void> {
    const { identity, alias } = this.options;
    const role = this.#role;
    const type = typeOfRole(role);
    const state = this.#stopping ? { error: 'the tablet is stopping', lag: 0 } : await this.#measure().catch((error: unknown) => ({ error: error instanceof Error ? error.message : String(error), lag: 0 }));
    const changed = this.#changed;
    this.#changed = { tables: new Set(), views: new Set() };
    const reply: StreamHealthReply = {
      target: { keyspace: identity.keyspace, shard: identity.shard, tabletType: type, cell: alias.cell }, serving: state.error === '',
      primaryTermStartTimestamp: role.kind === 'primary' || role.kind === 'demoted' ? Math.floor(role.termStart / 1_000_000) : 0,
      replicationLagSeconds: state.lag, healthError: state.error, tabletAlias: identity.alias, tableSchemaChanged: [...changed.tables], viewSchemaChanged: [...changed.views],
    };
    this.health.publish(reply);
  }

  /** An empty error means it serves. */
  async #measure(): Promise<{ readonly error: string; readonly lag: number }> {
    const { server } = this.options;
    const role = this.#role;
    if (role.kind === 'starting') return { error: 'the tablet is starting', lag: 0 };
    if (role.kind === 'restoring') return { error: `the tablet is being restored: ${role.detail}`, lag: 0 };
    return this.#watcher.run(async (session) => {
      if (role.kind === 'primary') return { error: (await isReadOnly(session)) ? 'the primary is read-only' : '', lag: 0 };
      if (role.kind === 'demoted') return { error: 'the primary was demoted', lag: 0 };
      if (role.kind === 'restored') return { error: servesReads(role.type), lag: 0 };
      const status = await readReplicationStatus(session, server.process.binary.flavour);
      if (status === undefined) return { error: 'replication is not set up: the shard has no primary yet', lag: 0 };
      const lag = status.secondsBehind;
      if (!status.sqlRunning || status.sqlError !== '') return { error: `replication stopped: ${status.sqlError || 'it was told to'}`, lag: lag ?? 0 };
      if (this.#errant !== '') return { error: `this server has transactions its primary has not: ${this.#errant}`, lag: 0 };
      if (status.ioRunning === 'no' && status.ioError !== '') return { error: `replication stopped: ${status.ioError}`, lag: lag ?? 0 };
      if (lag === undefined) {
        // Reconnecting to a source that is away: what it has is still good; how old it is nobody knows.
        return status.ioRunning === 'yes' ? { error: 'the replication lag is unknown', lag: 0 } : { error: '', lag: this.#unknownSinceSeconds() };
      }
      this.#lagUnknownSince = undefined;
      if (lag > maxLagSeconds) return { error: `replication is ${lag} s behind`, lag };
      return { error: servesReads(role.type), lag };
    });
  }

  #lagUnknownSince: Micros | undefined;

  #unknownSinceSeconds(): number {
    this.#lagUnknownSince ??= nowMicros();
    return Math.floor((nowMicros() - this.#lagUnknownSince) / 1_000_000);
  }

  /** Transactions of its own would make a replica differ from its shard; it must not serve then. */
  async checkErrant(session: Connection, source: Tablet): Promise<void> {
    const { server, users } = this.options;
    this.#errant = await errantTransactions(session, server.process.binary.flavour, { host: source.mysqlHostname, port: source.mysqlPort }, users.repl);
    if (this.#errant !== '') this.#log.error({ errant: this.#errant }, 'this server has transactions that its primary has not; it does not serve');
  }

  /** Looks for errant transactions now and then; the source may be away, which is no news here. */
  async lookForErrant(): Promise<void> {
    const role = this.#role;
    if (role.kind !== 'replica' || role.source === undefined || !this.options.server.up) return;
    const source = await this.#tablet(role.source);
    await this.options.server.withSession((session) => this.checkErrant(session, source));
  }

  async #lookAtSchema(): Promise<void> {
    const { server } = this.options;
    if (!server.up) return;
    const found = await this.#watcher.run((session) => this.#schema.changes(session));
    for (const name of found.tables) this.#changed.tables.add(name);
    for (const name of found.views) this.#changed.views.add(name);
  }

  async #recordPrimary(termStart: Micros): Promise<void> {
    const { topology, identity, alias } = this.options;
    const written = await updateRecord(topology.global, paths.shard(identity.keyspace, identity.shard), Shard, (now) => {
      if (now === undefined || (fromVitessTime(now.primaryTermStartTime) ?? -1) >= termStart) return undefined;
      return { ...now, primaryAlias: alias, primaryTermStartTime: toVitessTime(termStart) };
    });
    this.#shard = written ?? this.#shard;
  }

  async #tablet(alias: string): Promise<Tablet> {
    const cell = await this.options.topology.cell(alias.slice(0, alias.lastIndexOf('-')));
    const found = await readRecord(cell, paths.tablet(alias), Tablet);
    if (found === undefined) throw new VtrewindError({ code: 'VTR0609', grpc: 'NOT_FOUND', message: `the primary ${alias} has no tablet record yet` });
    return found.record;
  }
}

/** Types that queries are not routed to do not serve. */
function servesReads(type: TabletTypeName): string {
  return type === 'REPLICA' || type === 'RDONLY' ? '' : `a tablet of type ${type} does not serve`;
}

/** As a Vitess tablet makes one: it serves unless shards that overlap it serve already (a split that has not switched yet). */
async function newShard(topology: Topology, keyspace: string, shard: string): Promise<Shard> {
  const { keyRange } = parseShardName(shard);
  const others = await listShards(topology, keyspace);
  const taken = [...others].some(([name, other]) => name !== shard && other.record.isPrimaryServing && keyRangesOverlap(other.record.keyRange, keyRange));
  return Shard.fromPartial({ keyRange, isPrimaryServing: !taken });
}
