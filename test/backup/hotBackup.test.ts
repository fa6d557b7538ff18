import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.ts';
import type { BackupManifest } from '../../src/backup/backupManifest.ts';
import type { Donor } from '../../src/backup/donor.ts';
import { listBackups } from '../../src/backup/listBackups.ts';
import { restoreBackup } from '../../src/backup/restoreBackup.ts';
import { runBackup } from '../../src/backup/runBackup.ts';
import { verifyBackup } from '../../src/backup/verifyBackup.ts';
import { MysqldProcess } from '../../src/mysqld/mysqldProcess.ts';
import { flavours, freePort, startServer, type TestServer, temporaryFolder } from '../support/servers.ts';
import { MemoryStorage } from './memoryStorage.ts';

const here = await flavours();

function donorOf(server: TestServer): Donor {
  return { binary: server.binary, socket: server.socket, dataDir: server.dataDir, scratchFolder: server.folder, connect: () => server.connect() };
}

const place = { keyspace: 'ks', shard: '-80', keyRange: { start: '', end: '80' }, tabletAlias: 'zone1-0000000100' };

async function scalar(session: Connection, sql: string): Promise<string> {
  const [found] = await session.query({ sql, rowsAsArray: true });
  return String((found as unknown[][])[0]?.[0]);
}

describe.each(here)('hot backup of %s', (flavour) => {
  let server: TestServer;
  let storage: MemoryStorage;
  let manifest: BackupManifest;
  const restored: MysqldProcess[] = [];

  async function openRestored(folder: string, name: string): Promise<MysqldProcess> {
    const dataDir = join(folder, 'data');
    await restoreBackup({ storage, folder: `ks/-80/${name}/`, binary: server.binary, dataDir });
    const process = await MysqldProcess.start({
      binary: server.binary, folder,
      settings: { port: await freePort(), serverId: 4_000_000_000 + restored.length, quarantine: true, extra: manifest.server.requiredOptions },
    });
    restored.push(process);
    return process;
  }

  beforeAll(async () => {
    server = await startServer({ flavour, options: ['event_scheduler=ON'] });
    storage = new MemoryStorage();
    const session = await server.connect();
    await session.query('CREATE DATABASE vt_ks');
    await session.query('CREATE TABLE vt_ks.t (n INT PRIMARY KEY, pad VARCHAR(200) NOT NULL)');
    await session.query('CREATE TABLE vt_ks.total (id INT PRIMARY KEY, sum BIGINT NOT NULL, rows_ INT NOT NULL)');
    await session.query('INSERT INTO vt_ks.total VALUES (1, 0, 0)');
    await session.query('CREATE TABLE vt_ks.fired (at TIMESTAMP(6))');
    await session.query('CREATE VIEW vt_ks.v AS SELECT COUNT(*) AS c FROM vt_ks.t');
    await session.query("CREATE USER repl@'127.0.0.1' IDENTIFIED BY 'r'");
    await session.query("GRANT REPLICATION SLAVE ON *.* TO repl@'127.0.0.1'");
    await session.end();
  });

  afterAll(async () => {
    for (const process of restored) await process.stop();
    await server.stop();
  });

  it('taken while writes go on holds a whole number of transactions, and its position is exact', async () => {
    const session = await server.connect();
    const writer = await server.connect();
    const enough = new AbortController();
    let written = 0;
    const writing = (async () => {
      while (!enough.signal.aborted) {
        written++;
        await writer.beginTransaction();
        await writer.query('INSERT INTO vt_ks.t VALUES (?, ?)', [written, 'x'.repeat(written % 200)]);
        await writer.query('UPDATE vt_ks.total SET sum = sum + ?, rows_ = rows_ + 1', [written]);
        await writer.commit();
      }
    })();
    await waitFor('some writes', () => written > 50, { timeoutMs: 20_000 });
    manifest = await runBackup({ donor: donorOf(server), storage, ...place, vschema: { sharded: true }, chunkBytes: 1 << 20 });
    const atEnd = written;
    await waitFor('more writes', () => written > atEnd + 50, { timeoutMs: 20_000 });
    enough.abort();
    await writing;
    await writer.end();

    expect(manifest.chunks.length).toBeGreaterThan(5);
    expect(manifest.position.gtid).not.toBe('');
    expect(manifest.tables.map((t) => `${t.database}.${t.name}`)).toContain('vt_ks.t');
    expect(storage.objects.get(`ks/-80/${manifest.name}/schema.sql`)?.toString()).toContain('CREATE TABLE');
    expect((await listBackups(storage, 'ks', '-80')).map((b) => b.state)).toEqual(['complete']);
    expect(await verifyBackup(storage, `ks/-80/${manifest.name}/`)).toMatchObject({ ok: true });
    // Nothing of the backup's own work is left behind, and the server was left writable.
    expect((await readdir(server.folder)).filter((n) => n.startsWith('backup-'))).toEqual([]);
    expect(await scalar(session, 'SELECT @@global.read_only')).toBe('0');

    const copy = await openRestored(await temporaryFolder('restored'), manifest.name);
    const inCopy = await copy.connect();
    const k = Number(await scalar(inCopy, 'SELECT COUNT(*) FROM vt_ks.t'));
    expect(k).toBeGreaterThan(50);
    expect(k).toBeLessThan(written);
    expect(await scalar(inCopy, 'SELECT MAX(n) FROM vt_ks.t')).toBe(String(k));
    expect(await scalar(inCopy, 'SELECT CONCAT(sum, ":", rows_) FROM vt_ks.total')).toBe(`${(k * (k + 1)) / 2}:${k}`);

    // Replicating on from the recorded position, it misses nothing and repeats nothing.
    await inCopy.query(flavour === 'mysql' ? 'RESET REPLICA ALL' : 'RESET SLAVE ALL');
    if (flavour === 'mysql') {
      expect((await scalar(inCopy, 'SELECT @@global.gtid_executed')).replace(/\s/g, '')).toBe(manifest.position.gtid);
      await inCopy.query(`CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=${server.port}, SOURCE_USER='repl', SOURCE_PASSWORD='r', SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1`);
      await inCopy.query('START REPLICA');
    } else {
      await inCopy.query('RESET MASTER');
      await inCopy.query(`SET GLOBAL gtid_slave_pos='${manifest.position.gtid}'`);
      await inCopy.query(`CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${server.port}, MASTER_USER='repl', MASTER_PASSWORD='r', MASTER_USE_GTID=slave_pos`);
      await inCopy.query('START SLAVE');
    }
    await waitFor('the copy to catch up', async () => (await scalar(inCopy, 'SELECT COUNT(*) FROM vt_ks.t')) === String(written), { timeoutMs: 30_000 });
    for (const table of ['t', 'total']) {
      const sum = async (c: Connection) => ((await c.query(`CHECKSUM TABLE vt_ks.${table}`))[0] as { Checksum: unknown }[])[0]?.Checksum;
      expect(await sum(inCopy)).toEqual(await sum(session));
    }
    await inCopy.query(flavour === 'mysql' ? 'STOP REPLICA' : 'STOP SLAVE');
    await inCopy.end();
    await session.end();
  });

  it('a replica can be the donor; its replication metadata does not come alive in the copy, and neither does an event in the data', async () => {
    const replica = await startServer({ flavour, options: ['read_only=ON', ...(flavour === 'mysql' ? ['super_read_only=ON'] : [])] });
    const primary = await server.connect();
    const inReplica = await replica.connect();
    if (flavour === 'mysql') {
      await inReplica.query('SET GLOBAL super_read_only=OFF');
      await inReplica.query('RESET BINARY LOGS AND GTIDS');
      await inReplica.query(`CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=${server.port}, SOURCE_USER='repl', SOURCE_PASSWORD='r', SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1`);
      await inReplica.query('SET GLOBAL super_read_only=ON');
      await inReplica.query('START REPLICA');
    } else {
      await inReplica.query('RESET MASTER');
      await inReplica.query("SET GLOBAL gtid_slave_pos=''");
      await inReplica.query(`CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${server.port}, MASTER_USER='repl', MASTER_PASSWORD='r', MASTER_USE_GTID=slave_pos`);
      await inReplica.query('START SLAVE');
    }
    await primary.query('CREATE EVENT vt_ks.tick ON SCHEDULE EVERY 1 SECOND DO INSERT INTO vt_ks.fired VALUES (SYSDATE(6))');
    const total = await scalar(primary, 'SELECT COUNT(*) FROM vt_ks.t');
    await waitFor('the replica to catch up', async () => (await scalar(inReplica, 'SELECT COUNT(*) FROM vt_ks.t')) === total
      && (await scalar(inReplica, 'SELECT COUNT(*) FROM vt_ks.fired')) !== '0', { timeoutMs: 30_000 });

    const backup = await runBackup({ donor: donorOf(replica), storage, ...place, tabletAlias: 'zone1-0000000101' });
    expect(await scalar(inReplica, 'SELECT @@global.read_only')).toBe('1');
    await primary.query('DROP EVENT vt_ks.tick');
    const copy = await openRestored(await temporaryFolder('restored'), backup.name);
    const inCopy = await copy.connect();
    const [status] = await inCopy.query(flavour === 'mysql' ? 'SHOW REPLICA STATUS' : 'SHOW SLAVE STATUS');
    for (const row of status as Record<string, unknown>[]) expect([row.Replica_IO_Running ?? row.Slave_IO_Running, row.Replica_SQL_Running ?? row.Slave_SQL_Running]).toEqual(['No', 'No']);
    expect(await scalar(inCopy, 'SELECT @@global.event_scheduler')).toBe('OFF');
    const fired = await scalar(inCopy, 'SELECT COUNT(*) FROM vt_ks.fired');
    if (flavour === 'mysql') {
      expect((await scalar(inCopy, 'SELECT @@global.gtid_executed')).replace(/\s/g, '')).toBe(backup.position.gtid);
      expect(await scalar(inCopy, 'SELECT @@server_uuid')).not.toBe(await scalar(inReplica, 'SELECT @@server_uuid'));
    } else {
      // The position is that of the replicated stream, in the primary's domain and server id.
      expect(backup.position.gtid).toMatch(new RegExp(`^0-${server.serverId}-\\d+$`));
    }
    // The event would fire every second: two of the server's own seconds later nothing has.
    await scalar(inCopy, 'SELECT SLEEP(2.1)');
    expect(await scalar(inCopy, 'SELECT COUNT(*) FROM vt_ks.fired')).toBe(fired);
    await inCopy.end();
    await inReplica.end();
    await primary.end();
    await replica.stop();
  });

  it('a damaged chunk or manifest is refused, and no directory is left that looks like a database', async () => {
    const good = `ks/-80/${manifest.name}/`;
    const folder = await temporaryFolder('damaged');
    const dataDir = join(folder, 'data');
    const chunk = manifest.chunks[Math.floor(manifest.chunks.length / 2)]!;
    for (const key of [`${good}${chunk.name}`, `${good}manifest.json`]) {
      const whole = Buffer.from(storage.objects.get(key)!);
      storage.damage(key);
      await expect(restoreBackup({ storage, folder: good, binary: server.binary, dataDir })).rejects.toMatchObject({ grpc: 'DATA_LOSS' });
      expect(await verifyBackup(storage, good)).toMatchObject({ ok: false });
      await expect(stat(dataDir)).rejects.toMatchObject({ code: 'ENOENT' });
      await expect(stat(`${dataDir}.restoring`)).rejects.toMatchObject({ code: 'ENOENT' });
      storage.objects.set(key, whole);
    }
    const missing = storage.objects.get(`${good}${chunk.name}`)!;
    storage.objects.delete(`${good}${chunk.name}`);
    expect((await listBackups(storage, 'ks', '-80')).find((b) => b.name === manifest.name)).toMatchObject({ state: 'damaged' });
    await expect(restoreBackup({ storage, folder: good, binary: server.binary, dataDir })).rejects.toMatchObject({ grpc: 'DATA_LOSS' });
    storage.objects.set(`${good}${chunk.name}`, missing);
    await mkdir(dataDir);
    await restoreBackup({ storage, folder: good, binary: server.binary, dataDir });
  });

  it('a write that storage tears, or that fails, leaves no backup', async () => {
    const before = (await listBackups(storage, 'ks', '-80')).length;
    storage.torn = (key, body) => (key.endsWith('data.000000.zst') ? body.subarray(0, body.length - 1) : body);
    await expect(runBackup({ donor: donorOf(server), storage, ...place })).rejects.toMatchObject({ code: 'VTR0403' });
    storage.torn = (_, body) => body;
    storage.before = (call, key) => {
      if (call === 'put' && key.endsWith('manifest.json')) throw new Error('no space');
    };
    await expect(runBackup({ donor: donorOf(server), storage, ...place })).rejects.toThrow('no space');
    storage.before = () => undefined;
    expect((await listBackups(storage, 'ks', '-80')).length).toBe(before);
    expect((await readdir(server.folder)).filter((n) => n.startsWith('backup-'))).toEqual([]);
  });

  it.runIf(flavour === 'mysql')('refuses by name where a user table lives outside InnoDB, since a clone would empty it', async () => {
    const session = await server.connect();
    await session.query('CREATE TABLE vt_ks.old_style (id INT) ENGINE=MyISAM');
    await expect(runBackup({ donor: donorOf(server), storage, ...place })).rejects.toMatchObject({ code: 'VTR0409', message: expect.stringContaining('vt_ks.old_style (MyISAM)') });
    await session.query('DROP TABLE vt_ks.old_style');
    await session.end();
  });
});
