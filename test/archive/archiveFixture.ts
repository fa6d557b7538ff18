import { randomUUID } from 'node:crypto';
import { createLog, silentLog } from '../../src/base/log.ts';
import { waitFor } from '../../src/base/wait.ts';
import { ShardArchiver, type ShardArchiverOptions } from '../../src/archive/shardArchiver.ts';
import { ArchiveCatalog } from '../../src/binlog/archive/archiveCatalog.ts';
import { ArchiveReplaySource } from '../../src/binlog/serve/archiveReplaySource.ts';
import { ReplicaHandler, type ReplicaHandlerOptions } from '../../src/binlog/serve/replicaHandler.ts';
import { Credential, staticUsers } from '../../src/mysql/auth/users.ts';
import { MysqlServer } from '../../src/mysql/mysqlServer.ts';
import { openStorage } from '../../src/storage/openStorage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { temporaryFolder, type TestServer } from '../support/servers.ts';

export const testLog = process.env.VTREWIND_LOG === undefined ? silentLog : createLog('test');
export const testPassword = 'secret';
let nextId = 3_000_000_000 + (process.pid % 10_000) * 1000;

/** Storage in a folder of its own. */
export async function testStorage(): Promise<{ readonly storage: Storage; readonly folder: string }> {
  const folder = await temporaryFolder('archive');
  return { storage: await openStorage(folder), folder };
}

/** An archiver in this process that follows `primary()`. */
export function archiverOf(storage: Storage, primary: () => TestServer | undefined, more: Partial<ShardArchiverOptions> = {}): ShardArchiver {
  const archiver = new ShardArchiver({
    storage, keyspace: 'ks', shard: '-80', identity: { serverId: nextId++, uuid: randomUUID() }, log: testLog,
    nextEpoch: (stored) => Promise.resolve(stored + 1),
    currentPrimary: () => {
      const server = primary();
      return Promise.resolve(server === undefined ? undefined : { name: `test-${server.serverId}`, connect: { host: '127.0.0.1', port: server.port, user: 'root' } });
    },
    ...more,
  });
  archiver.start();
  return archiver;
}

/** The GTID state of a server as it prints it. */
export async function executedBy(server: TestServer): Promise<string> {
  const connection = await server.connect();
  try {
    const [rows] = await connection.query(`SELECT ${server.flavour === 'mysql' ? '@@GLOBAL.gtid_executed' : '@@GLOBAL.gtid_binlog_pos'} AS state`);
    return (rows as { state: string }[])[0]!.state.replaceAll('\n', '');
  } finally {
    await connection.end();
  }
}

/** Waits until the archiver has stored everything the server has, and a proof that there is nothing more. */
export async function caughtUp(archiver: ShardArchiver, server: TestServer): Promise<string> {
  const asked = await executedBy(server);
  const at = Date.now() * 1000;
  await waitFor('the archive to catch up', () => {
    const status = archiver.status();
    return status.position === asked && status.provenMicros > at;
  }, { timeoutMs: 20_000 });
  return asked;
}

/** A listener that serves the archive, as a replica sees a source. */
export async function serveArchive(catalog: ArchiveCatalog, more: Partial<ReplicaHandlerOptions> & { readonly archiver?: ShardArchiver } = {}): Promise<{ readonly server: MysqlServer; readonly handler: ReplicaHandler }> {
  const { archiver, ...options } = more;
  const source = options.source ?? new ArchiveReplaySource(catalog, archiver?.follower);
  const handler = new ReplicaHandler({ source, serverId: nextId++, serverUuid: randomUUID(), log: testLog, ...options });
  const server = await MysqlServer.listen({
    host: '127.0.0.1', serverVersion: (await source.describe()).serverVersion, log: testLog,
    users: staticUsers([{ user: 'repl', userData: 'repl', groups: [], sourceHost: '', credential: Credential.ofPassword(testPassword) }]),
  }, handler);
  return { server, handler };
}

/** Makes `replica` follow a listener by GTID. `from`: what it holds, for MariaDB (MySQL knows it itself). */
export function attach(replica: TestServer, port: number, from = ''): Promise<void> {
  return attachTo(replica, { port, user: 'repl', password: testPassword }, from);
}

export async function attachTo(replica: TestServer, source: { readonly port: number; readonly user: string; readonly password: string }, from = ''): Promise<void> {
  const connection = await replica.connect({ multipleStatements: true });
  const { port, user, password } = source;
  try {
    if (replica.flavour === 'mysql') {
      await connection.query(`CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=${port}, SOURCE_USER='${user}', SOURCE_PASSWORD='${password}', SOURCE_AUTO_POSITION=1,
        GET_SOURCE_PUBLIC_KEY=1, SOURCE_HEARTBEAT_PERIOD=0.5, SOURCE_CONNECT_RETRY=1; START REPLICA`);
    } else {
      await connection.query(`SET GLOBAL gtid_slave_pos='${from}'; CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${port}, MASTER_USER='${user}', MASTER_PASSWORD='${password}', MASTER_USE_GTID=slave_pos,
        MASTER_HEARTBEAT_PERIOD=0.5, MASTER_CONNECT_RETRY=1; START SLAVE`);
    }
  } finally {
    await connection.end();
  }
}

/** The state a replica has applied; throws with its own error when it has stopped on one. */
export async function appliedBy(replica: TestServer): Promise<string> {
  const connection = await replica.connect();
  try {
    const [status] = await connection.query(replica.flavour === 'mysql' ? 'SHOW REPLICA STATUS' : 'SHOW SLAVE STATUS');
    const row = (status as Record<string, string>[])[0] ?? {};
    const error = row.Last_IO_Error || row.Last_SQL_Error;
    if (error) throw new Error(error);
    const [rows] = await connection.query(`SELECT ${replica.flavour === 'mysql' ? '@@GLOBAL.gtid_executed' : '@@GLOBAL.gtid_slave_pos'} AS state`);
    return (rows as { state: string }[])[0]!.state.replaceAll('\n', '');
  } finally {
    await connection.end();
  }
}

export const loadCatalog = (storage: Storage): Promise<ArchiveCatalog> => ArchiveCatalog.load(storage, 'ks', '-80');
