import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.ts';
import { reparentShard } from '../../src/recovery/reparentShard.ts';
import { findSrvKeyspace, getShard } from '../../src/topo/index.ts';
import { TabletType } from '../../src/vitess/gen/topodata.ts';
import { connectQueryService } from '../../src/vitess/grpcQueryService.ts';
import type { StreamHealthReply } from '../../src/vitess/queryService.ts';
import { connectTabletManager } from '../../src/vitess/tabletManagerClient.ts';
import { flavours } from '../support/servers.ts';
import { scalar, TestCluster, testLog } from './tabletFixture.ts';

const here = await flavours();

describe.each(here)('tablets of %s', (flavour) => {
  let cluster: TestCluster;
  const primary = { keyspace: 'ks', initPrimary: true };

  beforeAll(async () => {
    cluster = await TestCluster.start(flavour);
    await cluster.tablet(100, primary);
    await cluster.tablet(101, { keyspace: 'ks' });
  });
  afterAll(() => cluster.stop());

  /** Follows a tablet's health until it is as wanted. */
  async function healthUntil(uid: number, what: string, wanted: (reply: StreamHealthReply) => boolean): Promise<StreamHealthReply> {
    const service = connectQueryService(cluster.tablets.get(uid)!.ready.grpc);
    const enough = AbortSignal.timeout(20_000);
    try {
      for await (const reply of service.streamHealth(enough)) if (wanted(reply)) return reply;
      throw new Error(`${uid} did not become ${what}`);
    } finally {
      await service.close();
    }
  }

  const write = async (uid: number, sql: string) => {
    const session = await cluster.app(uid, 'vt_ks');
    try {
      await session.query(sql);
    } finally {
      await session.end();
    }
  };
  const read = async (uid: number, sql: string) => {
    const session = await cluster.app(uid, 'vt_ks');
    try {
      return await scalar(session, sql);
    } finally {
      await session.end();
    }
  };

  it('the first becomes the primary, the others replicate from it, and the records say so', async () => {
    const { record } = await getShard(cluster.topology, 'ks', '0');
    expect(record.primaryAlias).toMatchObject({ cell: 'zone1', uid: 100 });
    expect(record.isPrimaryServing).toBe(true);
    expect((await cluster.record(100)).type).toBe(TabletType.PRIMARY);
    expect((await cluster.record(101)).type).toBe(TabletType.REPLICA);
    expect(await findSrvKeyspace(cluster.topology, 'zone1', 'ks')).toBeDefined();
    await write(100, 'CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20))');
    await write(100, "INSERT INTO t VALUES (1, 'one')");
    await waitFor('replication', async () => (await read(101, 'SELECT v FROM t WHERE id = 1')) === 'one', { timeoutMs: 20_000 });
    await expect(write(101, "INSERT INTO t VALUES (2, 'no')")).rejects.toMatchObject({ errno: 1290 });
    // Accounts and _vt were made on each by itself: no server has transactions that the other lacks.
    expect(await read(101, 'SELECT COUNT(*) FROM _vt.local_metadata')).toBe('1');
  });

  it('health is streamed with the type, the term and changed tables; queries go through gRPC to the right target only', async () => {
    const serving = await healthUntil(100, 'serving', (r) => r.serving);
    expect(serving.target).toMatchObject({ keyspace: 'ks', shard: '0', tabletType: 'PRIMARY' });
    expect(serving.primaryTermStartTimestamp).toBeGreaterThan(1_600_000_000);
    const service = connectQueryService(cluster.tablets.get(100)!.ready.grpc);
    try {
      const result = await service.execute({ keyspace: 'ks', shard: '0', tabletType: 'PRIMARY' }, 'select id, v from t', {}, {});
      expect(result.rows.map((row) => row.map(String))).toEqual([['1', 'one']]);
      await expect(service.execute({ keyspace: 'ks', shard: '0', tabletType: 'REPLICA' }, 'select 1', {}, {})).rejects.toThrow(/wrong tablet type/);
      const changed = healthUntil(100, 'changed', (r) => r.tableSchemaChanged.includes('u'));
      await write(100, 'CREATE TABLE u (id INT PRIMARY KEY)');
      await changed;
    } finally {
      await service.close();
    }
  });

  it('a killed mysqld comes back in its role, with everything acknowledged', async () => {
    await write(100, "INSERT INTO t VALUES (3, 'kept')");
    const before = await read(100, 'SELECT @@pid_file');
    process.kill(Number.parseInt((await import('node:fs')).readFileSync(before, 'utf8'), 10), 'SIGKILL');
    await healthUntil(100, 'down', (r) => !r.serving);
    await healthUntil(100, 'up', (r) => r.serving);
    expect(await read(100, 'SELECT v FROM t WHERE id = 3')).toBe('kept');
    await write(100, "INSERT INTO t VALUES (4, 'after')");
    await waitFor('replication', async () => (await read(101, 'SELECT v FROM t WHERE id = 4')) === 'after', { timeoutMs: 20_000 });
  });

  it('a planned reparent under writes moves the primary without losing one that was acknowledged; the old one follows', async () => {
    await write(100, 'CREATE TABLE w (writer INT, n INT, PRIMARY KEY (writer, n))');
    const over = new AbortController();
    const acknowledged = [0, 0, 0];
    const writers = acknowledged.map(async (_, k) => {
      for (let n = 1; !over.signal.aborted; n++) {
        try {
          const { record } = await getShard(cluster.topology, 'ks', '0');
          await write(record.primaryAlias!.uid, `INSERT INTO w VALUES (${k}, ${n})`);
          acknowledged[k] = n;
        } catch (error) {
          // Refused or cut off: not acknowledged, so it may be there or not; it is tried again under the same number unless it is there.
          expect([1290, 1836, undefined]).toContain((error as { errno?: number }).errno === 1062 ? undefined : (error as { errno?: number }).errno);
          if ((error as { errno?: number }).errno !== 1062) n--;
        }
      }
    });
    // One session holds a transaction open and never commits: it must not stop the move.
    const idle = await cluster.app(100, 'vt_ks');
    idle.on('error', () => undefined);
    await idle.beginTransaction();
    await idle.query("INSERT INTO t VALUES (1000, 'never committed')");
    await waitFor('some writes', () => acknowledged.every((n) => n > 5), { timeoutMs: 20_000 });
    const result = await reparentShard({ topology: cluster.topology, keyspace: 'ks', shard: '0', to: 'zone1-0000000101', connect: connectTabletManager, log: testLog });
    expect(result).toMatchObject({ oldPrimary: 'zone1-0000000100', newPrimary: 'zone1-0000000101', warnings: [] });
    expect((await getShard(cluster.topology, 'ks', '0')).record.primaryAlias).toMatchObject({ uid: 101 });
    const atMove = [...acknowledged];
    await waitFor('writes on the new primary', () => acknowledged.every((n, k) => n > atMove[k]! + 5), { timeoutMs: 20_000 });
    over.abort();
    await Promise.all(writers);
    idle.destroy();
    for (const [k, n] of acknowledged.entries()) expect(Number(await read(101, `SELECT COUNT(*) FROM w WHERE writer = ${k} AND n <= ${n}`))).toBe(n);
    expect(await read(101, 'SELECT COUNT(*) FROM t WHERE id = 1000')).toBe('0');
    await write(101, "INSERT INTO t VALUES (5, 'new primary')");
    await waitFor('replication to the old primary', async () => (await read(100, 'SELECT v FROM t WHERE id = 5')) === 'new primary', { timeoutMs: 20_000 });
    expect((await cluster.record(100)).type).toBe(TabletType.REPLICA);
    const health = await healthUntil(100, 'a serving replica', (r) => r.serving && r.target.tabletType === 'REPLICA');
    expect(health.primaryTermStartTimestamp).toBe(0);
  });

  it('after an emergency reparent the old primary comes back as a replica; with transactions of its own it does not serve', async () => {
    await waitFor('replication', async () => (await read(100, 'SELECT COUNT(*) FROM t')) === (await read(101, 'SELECT COUNT(*) FROM t')), { timeoutMs: 20_000 });
    // The primary's replica is cut off, then the primary takes one write more that nobody else will have.
    const manager = connectTabletManager(await cluster.record(100));
    await manager.stopReplication();
    await write(101, "INSERT INTO t VALUES (6, 'errant')");
    await cluster.stopTablet(101);
    const result = await reparentShard({ topology: cluster.topology, keyspace: 'ks', shard: '0', emergency: true, connect: connectTabletManager, log: testLog });
    manager.close();
    expect(result.newPrimary).toBe('zone1-0000000100');
    await write(100, "INSERT INTO t VALUES (7, 'after')");
    await cluster.tablet(101, { keyspace: 'ks' });
    const health = await healthUntil(101, 'refused', (r) => r.target.tabletType === 'REPLICA' && r.healthError !== '' && !/starting|lag is unknown|reconnecting/.test(r.healthError));
    expect(health.serving).toBe(false);
    expect(health.healthError).toMatch(flavour === 'mysql' ? /transactions its primary has not/ : /replication stopped/);
  });

  it('a new replica starts from a backup', async () => {
    const manager = connectTabletManager(await cluster.record(100));
    const lines: string[] = [];
    await manager.backup({}, (line) => lines.push(line), AbortSignal.timeout(60_000));
    manager.close();
    expect(lines.at(-1)).toMatch(/complete/);
    await write(100, "INSERT INTO t VALUES (8, 'after the backup')");
    await cluster.tablet(102, { keyspace: 'ks', restoreFromBackup: true });
    await waitFor('replication', async () => (await read(102, 'SELECT v FROM t WHERE id = 8')) === 'after the backup', { timeoutMs: 30_000 });
    await healthUntil(102, 'serving', (r) => r.serving);
    expect(await read(102, 'SELECT COUNT(*) FROM t')).toBe(await read(100, 'SELECT COUNT(*) FROM t'));
  });
});
