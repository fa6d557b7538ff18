import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Micros } from '../../src/base/time.ts';
import { formatMicros } from '../../src/base/time.ts';
import { waitFor } from '../../src/base/wait.ts';
import { listBackups } from '../../src/backup/index.ts';
import { ArchiveCatalog } from '../../src/binlog/archive/archiveCatalog.ts';
import { parseGtid, parseGtidState } from '../../src/binlog/gtidState.ts';
import { openArchive } from '../../src/recovery/openArchive.ts';
import { restorableWindow } from '../../src/recovery/restorableWindow.ts';
import { findRestoreProgress } from '../../src/topo/index.ts';
import { TabletType } from '../../src/vitess/gen/topodata.ts';
import { connectTabletManager } from '../../src/vitess/tabletManagerClient.ts';
import type { ShardArchiver } from '../../src/archive/shardArchiver.ts';
import { flavours } from '../support/servers.ts';
import { momentNow, scalar, TestCluster, testLog, users } from './tabletFixture.ts';

const here = await flavours();

interface Shot {
  readonly at: Micros;
  readonly gtid: string;
  readonly checksums: string;
  readonly rows: string;
}

describe.each(here)('restoring %s', (flavour) => {
  let cluster: TestCluster;
  let archiver: ShardArchiver;
  let session: Connection;
  const shots: Shot[] = [];
  let n = 0;

  async function transactions(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      n++;
      await session.beginTransaction();
      await session.query('INSERT INTO t VALUES (?, ?)', [n, `row ${n}`]);
      await session.query('UPDATE total SET sum = sum + ?', [n]);
      if (n % 7 === 0) await session.query('DELETE FROM t WHERE id = ?', [n - 3]);
      await session.commit();
    }
  }

  const tables = ['t', 'total'];
  async function checksums(connection: Connection): Promise<string> {
    const sums: string[] = [];
    for (const table of tables) sums.push(String(((await connection.query(`CHECKSUM TABLE vt_ks.${table}`))[0] as { Checksum: unknown }[])[0]?.Checksum));
    return sums.join();
  }

  const position = async (connection: Connection) => (await scalar(connection, flavour === 'mysql' ? 'SELECT @@global.gtid_executed' : 'SELECT @@global.gtid_current_pos')).replace(/\s/g, '');

  /** What the data is now, and a moment at which it is exactly this. MariaDB stamps whole seconds: there the moment is set apart by more than one. */
  async function shot(): Promise<Shot> {
    const apart = flavour === 'mariadb' ? 1.5 : 0.002;
    await session.query(`DO SLEEP(${apart})`);
    const taken = { at: await momentNow(session), gtid: await position(session), checksums: await checksums(session), rows: await scalar(session, 'SELECT COUNT(*) FROM vt_ks.t') };
    await session.query(`DO SLEEP(${apart})`);
    shots.push(taken);
    return taken;
  }

  async function backup(uid: number): Promise<void> {
    const manager = connectTabletManager(await cluster.record(uid));
    try {
      await manager.backup({}, () => undefined, AbortSignal.timeout(60_000));
    } finally {
      manager.close();
    }
  }

  const archived = async () => {
    const wanted = await position(session);
    const at = Date.now() * 1000;
    await waitFor('the archive to catch up', () => archiver.status().position === wanted && archiver.status().provenMicros > at, { timeoutMs: 30_000 });
  };

  beforeAll(async () => {
    cluster = await TestCluster.start(flavour);
    await cluster.tablet(100, { keyspace: 'ks', initPrimary: true, mysqldOptions: ['event_scheduler=ON'] });
    await cluster.tablet(101, { keyspace: 'ks' });
    archiver = cluster.archiver('ks', '0');
    session = await cluster.root(100, { database: 'vt_ks' });
    await session.query('CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(40))');
    await session.query('CREATE TABLE total (sum BIGINT NOT NULL)');
    await session.query('INSERT INTO total VALUES (0)');
    await session.query('CREATE TABLE fired (at TIMESTAMP(6))');
    await transactions(50);
    await backup(101);
    await transactions(40);
    await shot();
    await transactions(30);
    await backup(100);
    await transactions(40);
    await shot();
    await session.query("CREATE EVENT tick ON SCHEDULE EVERY 1 SECOND DO INSERT INTO vt_ks.fired VALUES (SYSDATE(6))");
    await waitFor('the event to fire', async () => (await scalar(session, 'SELECT COUNT(*) FROM fired')) !== '0', { timeoutMs: 10_000 });
    await session.query('ALTER EVENT tick DISABLE');
    await session.query('ALTER EVENT tick ENABLE');
    await shot();
    await session.query('DROP EVENT tick');
    await session.query('DELETE FROM t');
    await session.query('DROP TABLE total');
    await archived();
  });
  afterAll(async () => {
    await session.end();
    await cluster.stop();
  });

  it('a time between two transactions is restored to the transaction, served read-only, and says what it is', async () => {
    const [, second] = shots;
    await cluster.snapshotKeyspace('ks_second', 'ks', second!.at);
    await cluster.tablet(200, { keyspace: 'ks_second' });
    await cluster.untilRestored('ks_second');
    const reader = await cluster.app(200, 'vt_ks');
    expect(await checksums(reader)).toBe(second!.checksums);
    expect(await scalar(reader, 'SELECT COUNT(*) FROM t')).toBe(second!.rows);
    await expect(reader.query("INSERT INTO t VALUES (-1, 'no')")).rejects.toMatchObject({ errno: 1290 });
    const [metadata] = await reader.query("SELECT name, CONVERT(value USING utf8mb4) AS value FROM _vt.local_metadata WHERE db_name = 'vt_ks'");
    const facts = Object.fromEntries((metadata as { name: string; value: string }[]).map((row) => [row.name, row.value]));
    expect(facts).toMatchObject({ BaseKeyspace: 'ks', RequestedTime: formatMicros(second!.at) });
    expect(facts['ReachedPosition']).toBe(`${flavour === 'mysql' ? 'MySQL56' : 'MariaDB'}/${second!.gtid}`);
    expect(facts['RestorePosition']).not.toBe(facts['ReachedPosition']);
    expect(facts['RestoredBackupTime']).toMatch(/Z$/);
    const root = await cluster.root(200);
    expect(await position(root)).toBe(second!.gtid);
    expect((await root.query(flavour === 'mysql' ? 'SHOW REPLICA STATUS' : 'SHOW SLAVE STATUS'))[0]).toEqual([]);
    await root.end();
    await reader.end();
    expect(await cluster.record(200)).toMatchObject({ type: TabletType.REPLICA, dbNameOverride: 'vt_ks' });
    // The newest backup before the moment was used.
    const [, newest] = await listBackups(cluster.storage, 'ks', '0');
    expect(await findRestoreProgress(cluster.topology, 'ks_second', '0')).toMatchObject({ state: 'serving', backup: newest!.name, gtidSet: second!.gtid, fraction: 1 });
  });

  it('a restored server stays as it was through a restart, and an event in its data never fires', async () => {
    const third = shots[2]!;
    await cluster.snapshotKeyspace('ks_third', 'ks', third.at, { kind: 'gtid', perShard: { 0: third.gtid } });
    await cluster.tablet(201, { keyspace: 'ks_third' });
    await cluster.untilRestored('ks_third');
    const fired = async () => {
      const reader = await cluster.app(201, 'vt_ks');
      const count = await scalar(reader, 'SELECT COUNT(*) FROM fired');
      expect(await scalar(reader, 'SELECT @@global.event_scheduler')).toBe('OFF');
      await reader.end();
      return count;
    };
    const before = await fired();
    await cluster.stopTablet(201);
    await cluster.tablet(201, { keyspace: 'ks_third' });
    await waitFor('it to serve again', async () => (await cluster.record(201)).type === TabletType.REPLICA && (await fired()) === before, { timeoutMs: 30_000 });
    const root = await cluster.root(201);
    await root.query('DO SLEEP(2.1)');
    expect(await scalar(root, "SELECT COUNT(*) FROM information_schema.events WHERE event_name = 'tick'")).toBe('1');
    expect(await fired()).toBe(before);
    expect(await position(root)).toBe(third.gtid);
    await root.end();
  });

  it('a GTID state is exact to the transaction: the accident itself is left out, everything before it is there', async () => {
    const first = shots[0]!;
    await cluster.snapshotKeyspace('ks_first', 'ks', first.at, { kind: 'gtid', perShard: { 0: first.gtid } });
    await cluster.tablet(202, { keyspace: 'ks_first' });
    await cluster.untilRestored('ks_first');
    const reader = await cluster.app(202, 'vt_ks');
    expect(await checksums(reader)).toBe(first.checksums);
    await reader.end();
    const [oldest] = await listBackups(cluster.storage, 'ks', '0');
    expect((await findRestoreProgress(cluster.topology, 'ks_first', '0'))?.backup).toBe(oldest!.name);
  });

  it('with snapshot writes allowed it is a scratch copy that takes writes, which reach nobody else', async () => {
    const first = shots[0]!;
    await cluster.snapshotKeyspace('ks_scratch', 'ks', first.at, { kind: 'gtid', perShard: { 0: first.gtid } });
    await cluster.tablet(208, { keyspace: 'ks_scratch', snapshotWrites: 'allow' });
    await cluster.untilRestored('ks_scratch');
    const writer = await cluster.app(208, 'vt_ks');
    await writer.query("INSERT INTO t VALUES (-1, 'scratch')");
    expect(await scalar(writer, 'SELECT v FROM t WHERE id = -1')).toBe('scratch');
    await writer.end();
    expect(await scalar(session, 'SELECT COUNT(*) FROM t WHERE id = -1')).toBe('0');
  });

  it('a damaged newest backup is passed over for the older one, and that is said', async () => {
    const backups = await listBackups(cluster.storage, 'ks', '0');
    const [oldest, newest] = backups;
    const { writeFile } = await import('node:fs/promises');
    const path = join(cluster.storageFolder, newest!.folder, newest!.manifest!.chunks[0]!.name);
    const good = await readFile(path);
    const bad = Buffer.from(good);
    bad[bad.length >> 1]! ^= 1;
    await writeFile(path, bad);
    try {
      const second = shots[1]!;
      await cluster.snapshotKeyspace('ks_damaged', 'ks', second.at);
      await cluster.tablet(203, { keyspace: 'ks_damaged' });
      await cluster.untilRestored('ks_damaged');
      const reader = await cluster.app(203, 'vt_ks');
      expect(await checksums(reader)).toBe(second.checksums);
      await reader.end();
      expect((await findRestoreProgress(cluster.topology, 'ks_damaged', '0'))?.backup).toBe(oldest!.name);
      const state = JSON.parse(await readFile(join(cluster.folders.get(203)!, 'restore.json'), 'utf8')) as { plan: { skipped: { folder: string; why: string }[] } };
      expect(state.plan.skipped.find((s) => s.folder === newest!.folder)?.why).toMatch(/hash differs/);
    } finally {
      await writeFile(path, good);
    }
  });

  it('a moment before the first backup fails with the nearest one named; nothing is served', async () => {
    const archive = await openArchive({ storage: cluster.storage, keyspace: 'ks', shard: '0', log: testLog });
    const window = await restorableWindow({ storage: cluster.storage, archive, keyspace: 'ks', shard: '0' });
    expect(window.spans).toHaveLength(1);
    expect(window.gaps).toEqual([]);
    const from = window.spans[0]!.from;
    expect(window.spans[0]!.until).toBeGreaterThan(shots[2]!.at);
    await cluster.snapshotKeyspace('ks_early', 'ks', from - 3_600_000_000);
    await cluster.tablet(204, { keyspace: 'ks_early' });
    await expect(cluster.untilRestored('ks_early')).rejects.toThrow(/before the archive|no backup/);
    expect((await cluster.record(204)).type).toBe(TabletType.RESTORE);
    await expect(cluster.app(204, 'vt_ks')).rejects.toThrow();
  });

  it('a keyspace without any backup fails; no empty tablet is served', async () => {
    await cluster.snapshotKeyspace('ks_nothing', 'other', shots[1]!.at);
    await cluster.tablet(205, { keyspace: 'ks_nothing' });
    await expect(cluster.untilRestored('ks_nothing')).rejects.toThrow(/no complete backup/);
    expect((await cluster.record(205)).type).toBe(TabletType.RESTORE);
  });

  it('a binlog server that is named is replayed from, here the primary itself', async () => {
    const first = shots[0]!;
    const { mysqlHostname, mysqlPort } = await cluster.record(100);
    const archive = { host: mysqlHostname, port: mysqlPort, ...users.repl };
    await cluster.snapshotKeyspace('ks_remote', 'ks', first.at, flavour === 'mysql' ? { kind: 'time', at: first.at } : { kind: 'gtid', perShard: { 0: first.gtid } });
    await cluster.tablet(206, { keyspace: 'ks_remote', archive });
    await cluster.untilRestored('ks_remote');
    const reader = await cluster.app(206, 'vt_ks');
    expect(await checksums(reader)).toBe(first.checksums);
    await reader.end();
  });

  it.runIf(flavour === 'mysql')('a time between two transactions less than a millisecond apart parts them', async () => {
    await session.query('CREATE TABLE fast (id INT PRIMARY KEY AUTO_INCREMENT, writer INT)');
    const start = await position(session);
    const writers = await Promise.all([1, 2, 3, 4].map(() => cluster.root(100, { database: 'vt_ks' })));
    await Promise.all(writers.map(async (writer, k) => {
      for (let i = 0; i < 25; i++) await writer.query('INSERT INTO fast (writer) VALUES (?)', [k]);
      await writer.end();
    }));
    await archived();
    const catalog = await ArchiveCatalog.load(cluster.storage, 'ks', '0');
    const before = parseGtidState('mysql', start);
    const all = [];
    for (const entry of catalog.entries) if (entry.type === 'segment') all.push(...(await catalog.index(entry)).transactions);
    const inserts = all.filter((t) => !before.contains(parseGtid('mysql', t.gtid)));
    expect(inserts).toHaveLength(100);
    const k = inserts.findIndex((t, i) => {
      const next = inserts[i + 1];
      return i > 5 && next !== undefined && next.earliest - t.earliest > 1 && next.earliest - t.earliest < 1000;
    });
    expect(k).toBeGreaterThan(5);
    await cluster.snapshotKeyspace('ks_between', 'ks', inserts[k + 1]!.earliest - 1);
    await cluster.tablet(207, { keyspace: 'ks_between' });
    await cluster.untilRestored('ks_between');
    const reader = await cluster.app(207, 'vt_ks');
    expect(await scalar(reader, 'SELECT COUNT(*) FROM fast')).toBe(String(k + 1));
    await reader.end();
    const root = await cluster.root(207);
    const reached = parseGtidState('mysql', await position(root));
    expect([reached.contains(parseGtid('mysql', inserts[k]!.gtid)), reached.contains(parseGtid('mysql', inserts[k + 1]!.gtid))]).toEqual([true, false]);
    await root.end();
  });
});
