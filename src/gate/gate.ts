import { readFile } from 'node:fs/promises';
import { VtrewindError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { createMetrics } from '../base/metrics.ts';
import { serveStatus } from '../base/serveStatus.ts';
import { executePlan, streamPlan } from '../engine/index.ts';
import { MysqlServer } from '../mysql/mysqlServer.ts';
import { planStatement } from '../planner/index.ts';
import type { Topology } from '../topo/topoServer.ts';
import { connectQueryService } from '../vitess/grpcQueryService.ts';
import { tabletGrpcAddress } from '../vitess/tabletManagerClient.ts';
import { gateVars, type MetricSources, registerGateMetrics } from './gateMetrics.ts';
import { followTopology } from './health/followTopology.ts';
import type { HealthCheck } from './health/index.ts';
import { ScratchRunner } from './scratch/scratchRunner.ts';
import { openScratchServer } from './scratch/scratchServer.ts';
import { DEFAULT_SCRATCH_LIMITS, type ScratchLimits } from './scratch/scratchTables.ts';
import { SchemaTracker } from './schema/schemaTracker.ts';
import { DEFAULT_SESSION_LIMITS, type GateEnvironment, SessionCounters, type SessionLimits } from './session/environment.ts';
import { GateSession } from './session/gateSession.ts';
import { PlanCache } from './session/planCache.ts';
import type { ClusterView, TabletAccess, TabletHandle, TabletRow } from './session/ports.ts';
import { SessionRegistry } from './session/sessionRegistry.ts';
import { showSnapshots } from './snapshots/showSnapshots.ts';
import { statusPage } from './statusPage.ts';
import { TabletPools } from './tabletPools.ts';
import { TopologyView } from './topology/index.ts';
import { UsersFile } from './usersFile.ts';

export interface GateOptions {
  readonly cell: string;
  readonly cellsToWatch?: readonly string[] | undefined;
  /** Opened, and closed after the gate, by the caller. */
  readonly topo: Topology;
  /** `host:port`; port 0 picks a free one. */
  readonly mysqlAddress: string;
  readonly mysqlSocketPath?: string | undefined;
  readonly httpAddress: string;
  /** Vitess's mysql_auth_server_static JSON; without it anyone from this machine may log in. */
  readonly usersFile?: string | undefined;
  readonly tls?: { readonly certFile?: string | undefined; readonly keyFile?: string | undefined; readonly caFile?: string | undefined; readonly required?: boolean | undefined } | undefined;
  readonly serverVersion?: string | undefined;
  readonly tabletProtocol: 'mysql' | 'grpc';
  readonly transactionMode?: 'SINGLE' | 'MULTI' | undefined;
  readonly defaultTabletType?: 'PRIMARY' | 'REPLICA' | 'RDONLY' | undefined;
  /** The account on the tablets' servers that statements run under. */
  readonly backendUser: { readonly user: string; readonly password: string };
  /** Connections to one tablet; default 100. */
  readonly backendConnections?: number | undefined;
  readonly planCacheSize?: number | undefined;
  /** How long clients with a command or a transaction may go on when the gate stops; default 5,000 ms. */
  readonly drainMs?: number | undefined;
  readonly databaseHook?: ((action: 'create' | 'drop', name: string) => Promise<void>) | undefined;
  readonly limits?: Partial<SessionLimits> | undefined;
  /** Where statements run that no plan covers; default none. `choice` and `folder` as in `ScratchServerOptions`. */
  readonly scratch?: { readonly choice: string; readonly folder?: string | undefined } & Partial<ScratchLimits> | undefined;
  readonly log: Log;
}

export interface RunningGate {
  readonly ready: { readonly mysql: string; readonly http: string };
  stop(): Promise<void>;
}

export const DEFAULT_SERVER_VERSION = '8.4.6-vtrewind';
const DEFAULT_BACKEND_CONNECTIONS = 100;
const DEFAULT_PLANS = 10_000;
const DEFAULT_DRAIN_MS = 5_000;
/** vtgate's --gateway-initial-tablet-timeout, shorter: what comes later is used when it comes. */
const INITIAL_TABLET_MS = 10_000;
/** How long DDL waits for the tables to be read again; they go on being read after it. */
const SCHEMA_WAIT_MS = 5_000;

/**
 * The gate role: reads the topology by watch, follows the tablets' health, listens for MySQL clients. Resolves when it listens; the caller's signal or `stop` ends
 * it: new clients are refused, those with a command or transaction get `drainMs`.
 */
export async function runGate(options: GateOptions, signal?: AbortSignal): Promise<RunningGate> {
  signal?.throwIfAborted();
  const parts: (() => Promise<void> | void)[] = [];
  const stop = once(async () => {
    for (const close of parts.splice(0).reverse()) await close();
  });
  try {
    const ready = await start(options, parts, signal);
    signal?.addEventListener('abort', () => { stop().catch((error: unknown) => options.log.error({ event: 'stop_failed', error: VtrewindError.from(error).message }, 'the gate did not stop cleanly')); }, { once: true });
    return { ready, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(options: GateOptions, parts: (() => Promise<void> | void)[], signal: AbortSignal | undefined): Promise<RunningGate['ready']> {
  const { log } = options;
  const startedAt = performance.now();
  const metrics = createMetrics();
  const users = await UsersFile.open(options.usersFile, log);
  parts.push(() => users.close());
  const view = new TopologyView({ topo: options.topo, cell: options.cell, ...(options.cellsToWatch === undefined || options.cellsToWatch.length === 0 ? {} : { cellsToWatch: options.cellsToWatch }), log, metrics });
  parts.push(() => view.close());
  const closeEarly = () => { view.close().catch(() => undefined); };
  signal?.addEventListener('abort', closeEarly, { once: true });
  await view.start();
  await view.ready();
  signal?.removeEventListener('abort', closeEarly);
  const health = followTopology(view, { cell: options.cell, connect: (tablet) => connectQueryService(tabletGrpcAddress(tablet)), log, metrics });
  parts.push(() => health.close());
  const pools = new TabletPools({ ...options.backendUser, maxConnections: options.backendConnections ?? DEFAULT_BACKEND_CONNECTIONS, log });
  parts.push(() => pools.close());
  view.on('tablets', () => pools.keepOnly(new Set(view.tablets().keys())));
  const plans = new PlanCache(options.planCacheSize ?? DEFAULT_PLANS);
  const schema = trackSchemas(view, health, log);
  parts.push(() => schema.tracker.close());
  const counters = new SessionCounters();
  const scratch = await openScratchServer({ choice: options.scratch?.choice ?? 'off', folder: options.scratch?.folder, account: options.backendUser, log });
  if (scratch !== undefined) parts.push(() => scratch.close());
  const env: GateEnvironment = {
    view: clusterView(view, schema.version), tablets: tabletAccess(view, health, pools, options.tabletProtocol), planner: { plan: planStatement, execute: executePlan, stream: streamPlan }, plans, schema: schema.tracker,
    schemaChanged: schema.changed, schemaPending: schema.pending, snapshots: () => showSnapshots(options.topo), databaseHook: options.databaseHook,
    scratch: scratch === undefined ? undefined : new ScratchRunner(scratch, { ...DEFAULT_SCRATCH_LIMITS, ...options.scratch }, log), registry: new SessionRegistry(), counters,
    serverVersion: options.serverVersion ?? DEFAULT_SERVER_VERSION, defaultTabletType: options.defaultTabletType ?? 'PRIMARY', transactionMode: options.transactionMode ?? 'MULTI',
    limits: { ...DEFAULT_SESSION_LIMITS, ...options.limits }, log,
  };
  await firstTablets(view, health, log, signal);
  await schema.pending();
  const server = await listen(options, env, users);
  let draining = false;
  parts.push(async () => {
    draining = true;
    await server.close({ drainMs: options.drainMs ?? DEFAULT_DRAIN_MS, canClose: (connection) => !(connection.session instanceof GateSession && connection.session.holdsTransaction) });
  });
  const sources: MetricSources = { server: () => server, counters, plans, pools, startedAt };
  registerGateMetrics(metrics, sources);
  const status = await serveStatus(options.httpAddress, {
    metrics,
    health: () => ({ ok: !draining, draining, topology: view.sources() }),
    vars: () => gateVars(sources),
    pages: {
      '/': () => ({ type: 'text/html; charset=utf-8', body: statusPage({ mysql: server.address, clients: server.connections.size, topology: view.sources().map((source) => `${source.name}: ${JSON.stringify(source.state)}`), tablets: env.tablets.all() }) }),
      '/debug/health': () => ({ type: 'application/json', body: `${JSON.stringify(health.all())}\n` }),
    },
  });
  // Stopped after the clients, so that health can be watched while they drain.
  parts.splice(parts.length - 1, 0, () => status.close());
  log.info({ event: 'gate_ready', mysql: server.address, http: status.address, tabletProtocol: options.tabletProtocol }, 'the gate listens');
  return { mysql: server.address, http: status.address };
}

/** Clients that come early would find no tablet: the primaries of all shards are waited for, but not for long; snapshots never (SNAPSHOTS.md, "Routing" 8). */
async function firstTablets(view: TopologyView, health: HealthCheck, log: Log, signal: AbortSignal | undefined): Promise<void> {
  const targets = () => view.keyspaceNames().filter((keyspace) => !view.isSnapshot(keyspace)).flatMap((keyspace) => (view.shards(keyspace, 'PRIMARY') ?? []).map((shard) => shard.target));
  try {
    await health.waitFor(targets, INITIAL_TABLET_MS, signal);
  } catch (error) {
    signal?.throwIfAborted();
    log.warn({ event: 'tablets_missing', error: VtrewindError.from(error).message }, 'the gate starts without some tablets');
  }
}

async function listen(options: GateOptions, env: GateEnvironment, users: UsersFile): Promise<MysqlServer> {
  const split = options.mysqlAddress.lastIndexOf(':');
  const { certFile, keyFile, caFile, required } = options.tls ?? {};
  const tls = certFile !== undefined && keyFile !== undefined
    ? { cert: await readFile(certFile), key: await readFile(keyFile), ca: caFile === undefined ? undefined : await readFile(caFile) }
    : undefined;
  return MysqlServer.listen({
    host: options.mysqlAddress.slice(0, split).replace(/^\[|\]$/g, ''), port: Number(options.mysqlAddress.slice(split + 1)), socketPath: options.mysqlSocketPath, serverVersion: env.serverVersion,
    users: () => users.users, tls, requireTls: required === true, log: options.log,
  }, {
    onAuthenticated: (connection) => {
      if (connection.session instanceof GateSession) connection.session.close();
      connection.session = new GateSession(env, connection);
    },
    onCommand: (connection, payload) => (connection.session as GateSession).handle(payload),
    onClose: (connection) => {
      if (connection.session instanceof GateSession) connection.session.close();
    },
  });
}

function clusterView(view: TopologyView, schemaVersion: () => number): ClusterView {
  return {
    get vschema() {
      return view.vschema;
    },
    // Both only grow, so their sum names one state of both.
    get version() {
      return view.version + schemaVersion();
    },
    shards: (keyspace, type) => view.shards(keyspace, type),
    keyspaceNames: () => view.keyspaceNames(),
    snapshot: (keyspace) => view.snapshot(keyspace),
  };
}

function tabletAccess(view: TopologyView, health: HealthCheck, pools: TabletPools, protocol: 'mysql' | 'grpc'): TabletAccess {
  const pool = protocol === 'grpc' ? () => undefined : undefined;
  // Health keeps its choices from one change to the next, so a handle is made once for each and not for each statement.
  const handles = new WeakMap<object, TabletHandle>();
  return {
    pick(target) {
      const chosen = health.pick(target);
      let handle = handles.get(chosen);
      if (handle === undefined) {
        const { alias, mysqlHost, mysqlPort, databaseName } = chosen;
        handle = { alias, target: chosen.target, databaseName, service: chosen.service, pool: pool ?? ((capabilities) => pools.pool(alias, mysqlHost, mysqlPort, databaseName, capabilities)) };
        handles.set(chosen, handle);
      }
      return handle;
    },
    serving: (keyspace, shard) => health.serving(keyspace, shard),
    all: () => health.all().map((status): TabletRow => ({
      cell: view.tablets().get(status.alias)?.alias?.cell ?? '', keyspace: status.keyspace, shard: status.shard, tabletType: status.tabletType, alias: status.alias, hostname: status.hostname,
      serving: status.serving, error: status.error, primaryTermStart: status.primaryTermStart === 0 ? '' : new Date(status.primaryTermStart * 1000).toISOString().replace('.000Z', 'Z'),
    })),
  };
}

/** Reads the tables of each keyspace once one of its tablets serves, and again whenever one says that they changed. */
function trackSchemas(view: TopologyView, health: HealthCheck, log: Log): { readonly tracker: SchemaTracker; readonly version: () => number; readonly changed: (keyspace: string) => Promise<void>; readonly pending: () => Promise<void> | undefined } {
  let version = 0;
  const tracker: SchemaTracker = new SchemaTracker({
    log,
    ask: (keyspace, sql, signal) => {
      const target = servingTarget(view, health, keyspace);
      return health.pick(target).service.execute(target, sql, {}, {}, { signal });
    },
    onChange: (keyspace) => {
      version++;
      view.setTrackedTables(keyspace, tracker.tableNames(keyspace));
    },
  });
  const begun = new Set<string>();
  const follow = () => {
    const names = new Set(view.keyspaceNames());
    for (const keyspace of begun) {
      if (names.has(keyspace)) continue;
      begun.delete(keyspace);
      tracker.forget(keyspace);
    }
    for (const { keyspace, serving } of health.all()) {
      if (!serving || begun.has(keyspace)) continue;
      begun.add(keyspace);
      reload(keyspace);
    }
  };
  const loading = new Set<Promise<void>>();
  const reload = (keyspace: string) => {
    const load: Promise<void> = tracker.reload(keyspace)
      .catch((error: unknown) => log.warn({ event: 'schema_unread', keyspace, error: VtrewindError.from(error).message }, "a keyspace's tables could not be read"))
      .finally(() => loading.delete(load));
    loading.add(load);
  };
  health.onChange(follow);
  health.onSchemaChange(reload);
  view.on('serving', follow);
  follow();
  return {
    tracker, version: () => version,
    changed: (keyspace) => atMost(tracker.reload(keyspace), SCHEMA_WAIT_MS),
    pending: () => (loading.size === 0 ? undefined : atMost(Promise.all(loading), SCHEMA_WAIT_MS)),
  };
}

/** Waits for `work`, but no longer than that; it goes on by itself then. */
async function atMost(work: Promise<unknown>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** A shard of the keyspace and a type that serves it: the primary first. Throws VT14002 when none does. */
function servingTarget(view: TopologyView, health: HealthCheck, keyspace: string) {
  for (const tabletType of ['PRIMARY', 'REPLICA', 'RDONLY'] as const) {
    for (const { target } of view.shards(keyspace, tabletType) ?? []) if (health.serving(keyspace, target.shard).includes(tabletType)) return target;
  }
  throw new VtrewindError({ code: 'VT14002', grpc: 'UNAVAILABLE', message: `no healthy tablet available for keyspace ${keyspace}` });
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= run());
}
