import { randomInt, randomUUID } from 'node:crypto';
import { VtrewindError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { serveStatus } from '../base/serveStatus.ts';
import { formatMicros } from '../base/time.ts';
import type { Storage } from '../storage/storage.ts';
import type { Topology } from '../topo/index.ts';
import { nextArchiveEpoch } from './archiveEpoch.ts';
import { ArchiveListener } from './archiveListener.ts';
import { archiveMetrics } from './archiveMetrics.ts';
import { followShards, type ShardName } from './followShards.ts';
import { ShardArchiver } from './shardArchiver.ts';
import { findShardPrimary } from './shardPrimary.ts';

export interface ArchiverOptions {
  /** Opened by the caller; closed by it too. */
  readonly topology: Topology;
  /** Where backups and archives live. */
  readonly storage: Storage;
  /** `host:port` where replicas, mysqlbinlog and restore tablets attach; port 0: any free one. */
  readonly listen: string;
  /** /healthz, /metrics, /debug/vars, /archive. */
  readonly httpAddress: string;
  /** Logs in to primaries (REPLICATION SLAVE, REPLICATION CLIENT), and replicas log in with it here. */
  readonly replication: { readonly user: string; readonly password: string };
  /** Limits to these keyspaces; default every normal one. */
  readonly keyspaces?: readonly string[];
  readonly log: Log;
}

export interface RunningArchiver {
  readonly ready: { readonly mysql: string; readonly http: string };
  stop(): Promise<void>;
}

/** A shard is unwell when its proven end is this far behind, microseconds. */
const unwellLagMicros = 10_000_000;

/**
 * The archiver role: follows the topology, archives every shard of every normal keyspace from its primary, and serves the archives. Resolves once it listens; a shard without a primary is
 * waited for. Snapshot keyspaces are not archived.
 */
export async function runArchiver(options: ArchiverOptions, signal: AbortSignal): Promise<RunningArchiver> {
  const { topology, storage, log, replication } = options;
  const shards = new Map<string, ShardArchiver>();
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const stopping: Promise<void>[] = [];
  const colon = options.listen.lastIndexOf(':');
  const listener = await ArchiveListener.open({ host: options.listen.slice(0, colon), port: Number(options.listen.slice(colon + 1)), account: replication, shards, log });
  const statuses = () => [...shards.values()].map((archiver) => archiver.status());
  const nameOf = ({ keyspace, shard }: ShardName) => `${keyspace}/${shard}`;

  const add = (name: ShardName) => {
    const { keyspace, shard } = name;
    const archiver = new ShardArchiver({
      storage, keyspace, shard, log, identity: { serverId: randomInt(0x2000_0000, 0x4000_0000), uuid: randomUUID() },
      nextEpoch: (stored) => nextArchiveEpoch(topology, keyspace, shard, stored), currentPrimary: () => findShardPrimary(topology, keyspace, shard, replication),
      onSource: (version) => listener.useVersion(version),
    });
    shards.set(nameOf(name), archiver);
    archiver.start();
  };
  const remove = (name: ShardName) => {
    const archiver = shards.get(nameOf(name));
    shards.delete(nameOf(name));
    if (archiver !== undefined) stopping.push(archiver.stop());
  };
  const following = followShards(topology, options.keyspaces, { added: add, removed: remove, primaryChanged: (name) => shards.get(nameOf(name))?.primaryChanged() }, log, both).catch((error: unknown) => {
    if (!both.aborted) log.fatal({ event: 'topology_watch_ended', error: VtrewindError.from(error).message }, 'the watch of the topology ended');
  });

  const metrics = archiveMetrics(statuses, () => listener.dumps);
  const report = () => statuses().map((status) => ({ ...status, proven: status.provenMicros === 0 ? undefined : formatMicros(status.provenMicros) }));
  let http: Awaited<ReturnType<typeof serveStatus>>;
  try {
    http = await serveStatus(options.httpAddress, {
      metrics,
      health: () => {
        const unwell = statuses().filter((status) => status.state !== 'noPrimary' && status.state !== 'standby' && (status.state !== 'following' || (status.lagMicros ?? 0) > unwellLagMicros));
        return { ok: unwell.length === 0, shards: shards.size, unwell: unwell.map((status) => ({ shard: `${status.keyspace}/${status.shard}`, state: status.state, lagMicros: status.lagMicros, error: status.lastError })) };
      },
      vars: () => ({ shards: report(), dumps: listener.dumps }),
      pages: { '/archive': () => ({ type: 'application/json', body: `${JSON.stringify({ shards: report(), dumps: listener.dumps }, null, 2)}\n` }) },
    });
  } catch (error) {
    stop.abort(new Error('the archiver could not start'));
    await following;
    await Promise.allSettled([...shards.values()].map((archiver) => archiver.stop()));
    await listener.close();
    throw error;
  }
  log.info({ event: 'ready', mysql: listener.address, http: http.address, storage: storage.url }, 'the archiver is ready');
  let stopped: Promise<void> | undefined;
  return {
    ready: { mysql: listener.address, http: http.address },
    stop: () => {
      stopped ??= (async () => {
        stop.abort(new Error('the archiver stops'));
        await following;
        await Promise.allSettled([...stopping, ...[...shards.values()].map((archiver) => archiver.stop())]);
        await listener.close();
        await http.close();
      })();
      return stopped;
    },
  };
}
