import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Connection, type ConnectionOptions, createConnection } from 'mysql2/promise';
import { ShardArchiver } from '../../src/archive/shardArchiver.ts';
import { createLog, silentLog } from '../../src/base/log.ts';
import type { Micros } from '../../src/base/time.ts';
import { waitFor } from '../../src/base/wait.ts';
import type { Flavour } from '../../src/mysqld/serverBinary.ts';
import { openStorage } from '../../src/storage/openStorage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { type RunningTablet, runTablet, type TabletOptions } from '../../src/tablet/index.ts';
import { toVitessTime } from '../../src/tablet/tabletRecord.ts';
import { encodeSnapshotRecord, findRestoreProgress, formatTabletAlias, getShard, type OpenTopology, openTopo, paths, type RequestedMoment, readRecord, sameServer } from '../../src/topo/index.ts';
import { CellInfo, Keyspace, KeyspaceType, Tablet } from '../../src/vitess/gen/topodata.ts';
import { users } from './agentSettings.ts';
import { atEnd, findFlavour, temporaryFolder } from '../support/servers.ts';

export const testLog = process.env.VTREWIND_LOG === undefined ? silentLog : createLog('test');
export { users };

/** Tablets of this process over one embedded topology and one storage. */
export class TestCluster {
  readonly topology: OpenTopology;
  readonly storage: Storage;
  readonly storageFolder: string;
  readonly mysqld: string;
  readonly tablets = new Map<number, RunningTablet>();
  readonly folders = new Map<number, string>();
  readonly archivers: ShardArchiver[] = [];

  private constructor(topology: OpenTopology, storage: Storage, storageFolder: string, mysqld: string) {
    this.topology = topology;
    this.storage = storage;
    this.storageFolder = storageFolder;
    this.mysqld = mysqld;
  }

  static async start(flavour: Flavour): Promise<TestCluster> {
    const binary = await findFlavour(flavour);
    if (binary === undefined) throw new Error(`no ${flavour}`);
    const topology = await openTopo({ kind: 'embedded', directory: join(await temporaryFolder('topo'), 'topo'), serve: true });
    await topology.global.create(paths.cellInfo('zone1'), CellInfo.encode(CellInfo.fromPartial({ serverAddress: sameServer, root: '/vitess/zone1' })).finish());
    const storageFolder = await temporaryFolder('storage');
    return new TestCluster(topology, await openStorage(storageFolder), storageFolder, binary.path);
  }

  async options(uid: number, more: Partial<TabletOptions> & { readonly keyspace: string }): Promise<TabletOptions> {
    let folder = this.folders.get(uid);
    if (folder === undefined) {
      folder = join(await temporaryFolder('tablet'), 'tablet');
      this.folders.set(uid, folder);
      const pidFile = join(folder, 'mysqld.pid');
      atEnd(() => {
        try {
          process.kill(Number.parseInt(readFileSync(pidFile, 'utf8'), 10), 'SIGKILL');
        } catch {
          // It was stopped in order.
        }
      });
    }
    return {
      topology: this.topology, alias: `zone1-${uid}`, folder, mysqld: this.mysqld, shard: '0', users, storage: this.storage, healthIntervalMs: 200, log: testLog.child({ tablet: uid }), ...more,
    };
  }

  async tablet(uid: number, more: Partial<TabletOptions> & { readonly keyspace: string }): Promise<RunningTablet> {
    const tablet = await runTablet(await this.options(uid, more), new AbortController().signal);
    this.tablets.set(uid, tablet);
    return tablet;
  }

  async stopTablet(uid: number): Promise<void> {
    const tablet = this.tablets.get(uid);
    this.tablets.delete(uid);
    await tablet?.stop();
  }

  async record(uid: number): Promise<Tablet> {
    const found = await readRecord(await this.topology.cell('zone1'), paths.tablet(formatTabletAlias({ cell: 'zone1', uid })), Tablet);
    if (found === undefined) throw new Error(`no record of tablet ${uid}`);
    return found.record;
  }

  /** root through the socket. */
  root(uid: number, more: ConnectionOptions = {}): Promise<Connection> {
    return createConnection({ socketPath: this.tablets.get(uid)!.ready.socket, user: 'root', supportBigNumbers: true, bigNumberStrings: true, dateStrings: true, ...more });
  }

  /** The gate's account over TCP. */
  async app(uid: number, database: string): Promise<Connection> {
    const { mysqlHostname, mysqlPort } = await this.record(uid);
    return createConnection({ host: mysqlHostname, port: mysqlPort, user: users.app.user, password: users.app.password, database, supportBigNumbers: true, bigNumberStrings: true, dateStrings: true });
  }

  /** An archiver that follows the shard record. */
  archiver(keyspace: string, shard: string): ShardArchiver {
    const archiver = new ShardArchiver({
      storage: this.storage, keyspace, shard, identity: { serverId: 3_900_000_000 + this.archivers.length, uuid: randomUUID() }, log: testLog.child({ archiver: shard }), nextEpoch: (stored) => Promise.resolve(stored + 1),
      flushIntervalMs: 20,
      currentPrimary: async () => {
        const { record } = await getShard(this.topology, keyspace, shard);
        if (record.primaryAlias === undefined) return undefined;
        const { mysqlHostname, mysqlPort } = await this.record(record.primaryAlias.uid);
        return { name: formatTabletAlias(record.primaryAlias), connect: { host: mysqlHostname, port: mysqlPort, ...users.repl } };
      },
    });
    archiver.start();
    this.archivers.push(archiver);
    return archiver;
  }

  async snapshotKeyspace(name: string, base: string, at: Micros, requested: RequestedMoment = { kind: 'time', at }): Promise<void> {
    const record = Keyspace.fromPartial({ keyspaceType: KeyspaceType.SNAPSHOT, baseKeyspace: base, snapshotTime: toVitessTime(at) });
    await this.topology.global.create(paths.keyspace(name), Keyspace.encode(record).finish());
    await this.topology.global.create(paths.snapshot(name), encodeSnapshotRecord({ formatVersion: 1, requested, at, createdAt: at, shards: ['0'], vschemaFrom: 'current' }));
  }

  async untilRestored(keyspace: string, timeoutMs = 50_000): Promise<void> {
    const ended = await waitFor(`${keyspace} to be restored`, async () => {
      const progress = await findRestoreProgress(this.topology, keyspace, '0');
      return (progress?.state === 'serving' || progress?.state === 'failed') && progress;
    }, { timeoutMs, everyMs: 100 });
    if (ended.state === 'failed') throw new Error(ended.error);
  }

  async stop(): Promise<void> {
    for (const archiver of this.archivers) await archiver.stop();
    await Promise.all([...this.tablets.keys()].map((uid) => this.stopTablet(uid)));
    await this.topology.close();
  }
}

export async function scalar(session: Connection, sql: string): Promise<string> {
  const [found] = await session.query({ sql, rowsAsArray: true });
  return String((found as unknown[][])[0]?.[0]);
}

/** The server's clock, once it has moved past everything committed so far. */
export async function momentNow(session: Connection): Promise<Micros> {
  return Number(await scalar(session, 'SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)'));
}
