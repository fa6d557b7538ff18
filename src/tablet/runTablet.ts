import { mkdir } from 'node:fs/promises';
import { VtrewindError } from '../base/errors.ts';
import { freePort } from '../base/freePort.ts';
import { serveStatus } from '../base/serveStatus.ts';
import { nowMicros } from '../base/time.ts';
import { delay, waitFor } from '../base/wait.ts';
import { initialiseDataDirectory, isDataDirectory } from '../mysqld/dataDirectory.ts';
import type { ServerSettings } from '../mysqld/optionFile.ts';
import { findServerBinary, type ServerBinary } from '../mysqld/serverBinary.ts';
import { serverFolder } from '../mysqld/serverFolder.ts';
import { findSrvKeyspace, formatTabletAlias, isTopoError, parseTabletAlias, paths, rebuildKeyspaceGraph, updateRecord } from '../topo/index.ts';
import { Keyspace, KeyspaceType } from '../vitess/gen/topodata.ts';
import { createMysqlQueryService } from '../vitess/mysqlQueryService.ts';
import { serveTablet } from '../vitess/serveTablet.ts';
import { lockFolder } from './agentLock.ts';
import { healthPage, restorePage, tabletMetrics } from './httpPages.ts';
import { ensureAccounts } from './localAccounts.ts';
import { OwnedServer } from './ownedServer.ts';
import { RestoreProgressReporter } from './restoreProgress.ts';
import { restoreSnapshot } from './restoreSnapshot.ts';
import { seedFromBackup, settleSeed } from './seedFromBackup.ts';
import { TabletAgent } from './tabletAgent.ts';
import { TabletManager } from './tabletManager.ts';
import type { TabletOptions } from './tabletOptions.ts';
import { publishTablet, type TabletIdentity } from './tabletRecord.ts';
import { loadTabletState, saveTabletState, type TabletState } from './tabletState.ts';

export interface RunningTablet {
  readonly ready: { readonly alias: string; readonly grpc: string; readonly mysql: string; readonly http: string; readonly socket: string };
  stop(): Promise<void>;
}

/** How often a replica is compared with its primary for transactions of its own. */
const errantEveryMs = 10_000;
/** How long the first look at the topology may take. */
const topologyTimeoutMs = 60_000;
/** A restore that failed for good is looked at again after this long: a backup or the archive may have been put right meanwhile. */
const failedRestoreRetryMs = 60_000;

/**
 * The tablet agent: one mysqld, one folder, one entry in the topology. It resolves once gRPC and HTTP answer; a tablet of a snapshot keyspace does so before its restore is through
 * (it does not serve until then). `signal` ends it as `stop` does; killed, it leaves its server running and the next agent adopts it.
 */
export async function runTablet(given: TabletOptions, signal: AbortSignal): Promise<RunningTablet> {
  const alias = parseTabletAlias(given.alias);
  const options: TabletOptions = { ...given, alias: formatTabletAlias(alias) };
  if (alias.uid === 0 || alias.uid >= 0x8000_0000) throw new VtrewindError({ code: 'VTR0601', grpc: 'INVALID_ARGUMENT', message: `the number of ${options.alias} is not between 1 and ${0x7fff_ffff}`, hint: 'it is the server\'s id; higher ones are for restored servers' });
  const hostname = options.hostname ?? '127.0.0.1';
  const unlock = await lockFolder(options.folder);
  const ending = new AbortController();
  const alive = AbortSignal.any([signal, ending.signal]);
  const closers: (() => Promise<void>)[] = [unlock];
  const stop = async () => {
    ending.abort(new VtrewindError({ code: 'VTR0600', grpc: 'CANCELED', message: 'the tablet is stopping' }));
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
  };
  try {
    const binary = await findServerBinary(options.mysqld ?? 'auto');
    const keyspace = await keyspaceRecord(options, alive);
    const isSnapshot = keyspace.keyspaceType === KeyspaceType.SNAPSHOT;
    const database = `vt_${isSnapshot ? keyspace.baseKeyspace : options.keyspace}`;
    let state = (await loadTabletState(options.folder, options)) ?? (await newState(options, alias.uid));
    await saveTabletState(options.folder, state);

    let settings: ServerSettings | undefined;
    const server = new OwnedServer({
      binary, folder: options.folder, log: options.log,
      settings: () => settings ?? notYet(),
      onDown: () => void agent.checkHealth(),
      onUp: async (process, how) => {
        const session = await process.connect();
        try {
          if (!isSnapshot) state = await settleSeed(session, binary, options.folder, state);
          await ensureAccounts(session, binary.flavour, options.users);
        } finally {
          session.destroy();
        }
        if (how === 'restarted') await agent.resumeRole();
      },
    });
    // The addresses are known once the servers below listen; nothing is published before.
    const identity: { -readonly [K in keyof TabletIdentity]: TabletIdentity[K] } = {
      topology: options.topology, alias: options.alias, keyspace: options.keyspace, shard: options.shard, hostname, grpcPort: 0, httpPort: 0, mysqlPort: state.mysqlPort,
      startedAt: nowMicros(), dbNameOverride: isSnapshot ? database : '', tags: { flavour: binary.flavour },
    };
    const agent = new TabletAgent({
      identity, alias, topology: options.topology, server, database, users: options.users, tabletType: options.tabletType ?? 'REPLICA', initPrimary: options.initPrimary ?? false,
      healthIntervalMs: options.healthIntervalMs ?? 1000, log: options.log, endAll: (why) => queryService.endAll(why),
    });
    const progress = isSnapshot ? new RestoreProgressReporter(options.topology, { keyspace: options.keyspace, shard: options.shard, tabletAlias: options.alias }, options.log) : undefined;
    const manager = new TabletManager(agent, { folder: options.folder, storage: options.storage });
    const queryService = createMysqlQueryService({
      connect: { socketPath: serverFolder(options.folder).socket, ...options.users.app }, database, poolSize: 100, tabletAlias: options.alias,
      health: (s) => agent.health.subscribe(s), checkTarget: (target) => agent.checkTarget(target), log: options.log,
    });
    closers.push(() => queryService.close());
    const grpc = await serveTablet({ address: kept(options.grpcAddress, state.grpcPort), queryService, manager, log: options.log });
    closers.push(() => grpc.close());
    const http = await serveStatus(kept(options.httpAddress, state.httpPort), {
      metrics: tabletMetrics(agent, server, () => progress?.current), health: () => healthPage(agent), vars: () => ({ ...healthPage(agent), restore: progress?.current }),
      pages: { '/restore': () => restorePage(progress?.current) },
    });
    closers.push(() => http.close());
    identity.grpcPort = grpc.port;
    identity.httpPort = Number(http.address.slice(http.address.lastIndexOf(':') + 1));
    state = { ...state, grpcPort: identity.grpcPort, httpPort: identity.httpPort };
    await saveTabletState(options.folder, state);
    closers.push(() => server.stop());

    const background: Promise<void>[] = [];
    const inBackground = (what: string, work: Promise<void>) => {
      background.push(work.catch((error: unknown) => {
        if (!alive.aborted) options.log.error({ err: error, what }, 'a part of the tablet ended');
      }));
    };
    closers.push(async () => {
      await agent.announceStop();
      await Promise.all(background);
    });
    if (progress !== undefined) {
      agent.markRestoring('the restore has not begun');
      await publishTablet(identity, 'RESTORE', undefined);
      inBackground('restore', (async () => {
        for (;;) {
          try {
            settings = await restoreSnapshot({ options, keyspace, binary, database, port: state.mysqlPort, progress, onPhase: (phase) => agent.markRestoring(phase), signal: alive });
            await server.start(alive);
            await agent.becomeRestored(options.tabletType ?? 'REPLICA');
            await progress.finish({ state: 'serving', phase: 'serving', fraction: 1 });
            return;
          } catch (error) {
            alive.throwIfAborted();
            agent.markRestoring(`the restore failed: ${error instanceof Error ? error.message : String(error)}`);
            await delay(failedRestoreRetryMs, alive);
          }
        }
      })());
    } else {
      state = await prepareData(options, binary, state, alive);
      settings = normalSettings(options, state, hostname);
      await server.start(alive);
      await agent.assumeRole();
      inBackground('shard record', agent.followTopology(alive));
      inBackground('errant transactions', repeat(errantEveryMs, alive, () => agent.lookForErrant().catch((error: unknown) => options.log.debug({ err: error }, 'the primary could not be compared with'))));
    }
    inBackground('health', agent.keepHealth(alive));
    await ensureServingGraph(options, isSnapshot, alias.cell);
    return { ready: { alias: options.alias, grpc: grpc.address, mysql: `${hostname}:${state.mysqlPort}`, http: http.address, socket: serverFolder(options.folder).socket }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A new tablet gets an empty server, or, where it was told to, its shard's newest backup. */
async function prepareData(options: TabletOptions, binary: ServerBinary, state: TabletState, signal: AbortSignal): Promise<TabletState> {
  const { data } = serverFolder(options.folder);
  if (await isDataDirectory(data)) return state;
  if (options.restoreFromBackup === true) {
    const seeded = await seedFromBackup(options, binary, state, signal);
    if (seeded !== undefined) return seeded;
  }
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  await initialiseDataDirectory(binary, data, { signal });
  return state;
}

function normalSettings(options: TabletOptions, state: TabletState, hostname: string): ServerSettings {
  return {
    port: state.mysqlPort, bindAddress: hostname, serverId: state.serverId, readOnly: true, ...(options.bufferPoolBytes === undefined ? {} : { bufferPoolBytes: options.bufferPoolBytes }),
    extra: [...(state.seed?.requiredOptions ?? []), ...(options.mysqldOptions ?? [])],
  };
}

async function newState(options: TabletOptions, uid: number): Promise<TabletState> {
  const port = options.mysqlPort ?? 0;
  return { alias: options.alias, keyspace: options.keyspace, shard: options.shard, mysqlPort: port === 0 ? await freePort() : port, grpcPort: 0, httpPort: 0, serverId: uid };
}

/** The keyspace's record; one that does not exist is made, as Vitess's tablets do. Waits for a topology that is still coming up. */
async function keyspaceRecord(options: TabletOptions, signal: AbortSignal): Promise<Keyspace> {
  return waitFor('the topology', async () => {
    try {
      return await updateRecord(options.topology.global, paths.keyspace(options.keyspace), Keyspace, (now) => (now === undefined ? Keyspace.fromPartial({}) : undefined));
    } catch (error) {
      if (isTopoError(error, 'unreachable')) throw error;
      return Promise.reject(error);
    }
  }, { timeoutMs: topologyTimeoutMs, everyMs: 500, signal });
}

/** A cell without a serving graph of this keyspace gets one, once all its shards are there; the last tablet to come finds them. */
async function ensureServingGraph(options: TabletOptions, isSnapshot: boolean, cell: string): Promise<void> {
  if ((await findSrvKeyspace(options.topology, cell, options.keyspace)) !== undefined) return;
  try {
    await rebuildKeyspaceGraph(options.topology, options.keyspace, { cells: [cell], allowPartial: isSnapshot });
  } catch (error) {
    if (!isTopoError(error, 'badGraph')) throw error;
    options.log.info({ why: (error as Error).message }, 'no serving graph yet: shards are missing');
  }
}

/** `host:port` with the port of the last run where none is asked for. */
function kept(address: string | undefined, port: number): string {
  if (address === undefined) return `127.0.0.1:${port}`;
  return address.endsWith(':0') ? `${address.slice(0, -1)}${port}` : address;
}

async function repeat(everyMs: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await work();
    await delay(everyMs, signal).catch(() => undefined);
  }
}

function notYet(): never {
  throw new VtrewindError({ code: 'VTR0604', grpc: 'UNAVAILABLE', message: 'the server is not restored yet' });
}
