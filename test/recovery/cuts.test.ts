import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ShardArchiver } from '../../src/archive/shardArchiver.ts';
import { formatMicros, type Micros } from '../../src/base/time.ts';
import { waitFor } from '../../src/base/wait.ts';
import { windowReader } from '../../src/commands/shardWindows.ts';
import { runControl } from '../../src/control/index.ts';
import { parseGtid, parseGtidState } from '../../src/binlog/gtidState.ts';
import type { KeyspaceRestorePlan } from '../../src/recovery/planKeyspaceRestore.ts';
import { encodeSnapshotRecord, findRestoreProgress, findSnapshotRecord, paths, type SnapshotRecord } from '../../src/topo/index.ts';
import { connectTabletManager } from '../../src/vitess/tabletManagerClient.ts';
import { atEnd, flavours } from '../support/servers.ts';
import { momentNow, scalar, TestCluster, testLog } from '../tablet/tabletFixture.ts';

const here = await flavours();
const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const agent = fileURLToPath(new URL('../tablet/agentProcess.ts', import.meta.url));

describe.each(here)('cuts of %s', (flavour) => {
  let cluster: TestCluster;
  let archiver: ShardArchiver;
  let session: Connection;
  let ended: string;
  let endedAt: Micros;
  let control: Awaited<ReturnType<typeof runControl>>;
  /** Transactions of the history, by what they did. */
  const named = new Map<string, string>();

  const position = async (connection: Connection) => (await scalar(connection, flavour === 'mysql' ? 'SELECT @@global.gtid_executed' : 'SELECT @@global.gtid_current_pos')).replace(/\s/g, '');
  const ids = async (connection: Connection) => scalar(connection, 'SELECT GROUP_CONCAT(id ORDER BY id) FROM vt_ks.t');
  const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

  /** Runs a statement and gives its GTID; nobody else commits meanwhile. */
  async function committed(connection: Connection, sql: string): Promise<string> {
    if (flavour === 'mariadb') {
      await connection.query(sql);
      return scalar(connection, 'SELECT @@last_gtid');
    }
    const before = await position(connection);
    await connection.query(sql);
    return scalar(connection, `SELECT GTID_SUBTRACT('${await position(connection)}', '${before}')`);
  }

  async function rows(from: number, to: number): Promise<void> {
    for (const id of numbers(from, to)) await session.query('INSERT INTO t VALUES (?, ?)', [id, `row ${id}`]);
  }

  async function restored(uid: number, name: string, more: Partial<SnapshotRecord>): Promise<Connection> {
    await cluster.snapshotKeyspace(name, 'ks', endedAt);
    await cluster.topology.global.update(paths.snapshot(name), encodeSnapshotRecord({
      formatVersion: 1, requested: { kind: 'time', at: endedAt }, at: endedAt, createdAt: endedAt, shards: ['0'], vschemaFrom: 'current', ...more,
    }));
    await cluster.tablet(uid, { keyspace: name });
    await cluster.untilRestored(name, 120_000);
    return cluster.root(uid);
  }

  /** A snapshot keyspace made on the command line, through a control server. */
  async function created(name: string, ...flags: string[]): Promise<SnapshotRecord> {
    const made = await vtrewind('--server', control.ready.grpc, 'CreateKeyspace', '--type=SNAPSHOT', '--base-keyspace=ks', ...flags, name);
    expect(made).toMatchObject({ code: 0, err: '' });
    return (await findSnapshotRecord(cluster.topology, name))!.record;
  }

  const planned = (...args: string[]) => vtrewind('restore', 'plan', 'ks', ...args, '--file-backup-storage-root', cluster.storageFolder);

  async function vtrewind(...args: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
    try {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [cli, ...args], { timeout: 120_000 });
      return { code: 0, out: stdout, err: stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, out: stdout, err: stderr };
    }
  }

  beforeAll(async () => {
    cluster = await TestCluster.start(flavour);
    await cluster.tablet(100, { keyspace: 'ks', initPrimary: true });
    archiver = cluster.archiver('ks', '0');
    session = await cluster.root(100, { database: 'vt_ks' });
    control = await runControl({ topology: cluster.topology, storage: cluster.storage, grpcAddress: '127.0.0.1:0', httpAddress: '127.0.0.1:0', window: windowReader(cluster.storage), log: testLog }, new AbortController().signal);
    await session.query('CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(40))');
    await session.query('CREATE TABLE extra (id INT PRIMARY KEY)');
    await session.query('CREATE VIEW seen AS SELECT id FROM extra');
    await session.query('INSERT INTO extra VALUES (7)');
    await rows(1, 5);
    const manager = connectTabletManager(await cluster.record(100));
    await manager.backup({}, () => undefined, AbortSignal.timeout(60_000));
    manager.close();
    await rows(6, 10);
    named.set('delete', await committed(session, 'DELETE FROM t WHERE id BETWEEN 3 AND 7'));
    await rows(11, 15);
    named.set('drop', await committed(session, 'DROP TABLE extra'));
    await rows(16, 20);
    // Commits of several sessions; on MariaDB they are held until four are there and become one group.
    const writers = await Promise.all(numbers(1, 4).map(() => cluster.root(100, { database: 'vt_ks' })));
    if (flavour === 'mariadb') {
      await session.query('SET GLOBAL binlog_commit_wait_count = 4, GLOBAL binlog_commit_wait_usec = 5000000');
      const made = await Promise.all(writers.map((writer, i) => committed(writer, `INSERT INTO t VALUES (${31 + i}, 'together')`)));
      await session.query('SET GLOBAL binlog_commit_wait_count = 0, GLOBAL binlog_commit_wait_usec = 0');
      const [events] = await session.query('SHOW BINLOG EVENTS LIMIT 10000');
      expect((events as { Info: string }[]).filter(({ Info }) => / cid=\d+/.test(Info) && made.some((gtid) => Info.includes(`GTID ${gtid} `)))).toHaveLength(4);
      named.set('together', made[1]!);
    } else {
      for (const [i, writer] of writers.entries()) {
        const gtid = await committed(writer, `INSERT INTO t VALUES (${31 + i}, 'alone')`);
        if (i === 1) named.set('together', gtid);
      }
    }
    await Promise.all(writers.map((writer) => writer.end()));
    await rows(41, 45);
    ended = await position(session);
    await session.query('DO SLEEP(1.5)');
    endedAt = await momentNow(session);
    await session.query('DO SLEEP(1.5)');
    await session.query('TRUNCATE TABLE t');
    const wanted = await position(session);
    await waitFor('the archive to catch up', () => archiver.status().position === wanted && archiver.status().provenMicros > endedAt + 1_000_000, { timeoutMs: 60_000 });
  });
  afterAll(async () => {
    await session.end();
    await control.stop();
    await cluster.stop();
  });

  // What the two servers do alike is tried with the one that starts faster; MySQL's own ways are in the tests of both.
  it.runIf(flavour === 'mariadb').concurrent('just before a transaction: all that came before it, and neither it nor what came behind', async () => {
    const root = await restored(200, 'ks_before', { requested: { kind: 'beforeGtid', perShard: { 0: named.get('delete')! } } });
    expect(await ids(root)).toBe(numbers(1, 10).join());
    const reached = parseGtidState(flavour, await position(root));
    expect(reached.contains(parseGtid(flavour, named.get('delete')!))).toBe(false);
    await root.end();
    await cluster.stopTablet(200);
  });

  it.runIf(flavour === 'mariadb').concurrent('stepping over a DELETE, a DROP TABLE and one of a group of commits keeps all that came behind them', async () => {
    const root = await restored(201, 'ks_without', { requested: { kind: 'gtid', perShard: { 0: ended } }, cuts: { 0: ended }, exclude: { 0: [...named.values()] } });
    expect(await ids(root)).toBe([...numbers(1, 20), 31, 32, 33, 34, ...numbers(41, 45)].filter((id) => id !== 32).join());
    expect(await scalar(root, 'SELECT id FROM vt_ks.seen')).toBe('7');
    // What was stepped over counts as done: the position is that of the cut.
    expect(parseGtidState(flavour, await position(root)).equals(parseGtidState(flavour, ended))).toBe(true);
    await root.end();
    await cluster.stopTablet(201);
  });

  it.concurrent('chosen tables just before a transaction: the others, views too, are gone', async () => {
    const record = await created('ks_chosen', `--before-gtid=${named.get('drop')!}`, '--table=extra', '--table=t');
    expect(record).toMatchObject({ requested: { kind: 'beforeGtid', perShard: { 0: named.get('drop')! } }, tables: ['extra', 't'], shards: ['0'] });
    await cluster.tablet(202, { keyspace: 'ks_chosen' });
    await cluster.untilRestored('ks_chosen', 120_000);
    const root = await cluster.root(202);
    const [tables] = await root.query({ sql: 'SHOW TABLES FROM vt_ks', rowsAsArray: true });
    expect((tables as string[][]).flat()).toEqual(['extra', 't']);
    expect(await scalar(root, 'SELECT id FROM vt_ks.extra')).toBe('7');
    expect(await ids(root)).toBe([1, 2, ...numbers(8, 15)].join());
    await root.end();
    await cluster.stopTablet(202);
  });

  it.runIf(flavour === 'mariadb').concurrent('a chosen table that was not there is an error that names those that were', async () => {
    await expect(restored(203, 'ks_absent', { requested: { kind: 'gtid', perShard: { 0: ended } }, tables: ['extra'] })).rejects.toThrow(/extra did not exist in vt_ks/);
    await cluster.stopTablet(203);
  });

  it.concurrent('kill -9 of agent and server while a replay steps over transactions still ends right', async () => {
    const record = await created('ks_killed', `--snapshot-timestamp=${formatMicros(endedAt)}`, ...[...named.values()].map((gtid) => `--exclude-gtid=${gtid}`));
    expect(record).toMatchObject({ requested: { kind: 'time', at: endedAt }, at: endedAt, cuts: { 0: ended }, exclude: { 0: [...named.values()] } });
    const { folder } = await cluster.options(204, { keyspace: 'ks_killed' });
    const settings = { endpoint: cluster.topology.endpoint, storage: cluster.storageFolder, alias: 'zone1-204', folder, mysqld: cluster.mysqld, keyspace: 'ks_killed', initPrimary: false };
    const start = (): ChildProcess => {
      const child = spawn(process.execPath, [agent, JSON.stringify(settings)], { stdio: 'ignore' });
      atEnd(() => {
        child.kill('SIGKILL');
      });
      return child;
    };
    const phase = () => {
      try {
        return (JSON.parse(readFileSync(join(folder, 'restore.json'), 'utf8')) as { phase: string }).phase;
      } catch {
        return 'none';
      }
    };
    const first = start();
    await waitFor('the replay', () => ['replaying', 'verifying', 'serving'].includes(phase()), { timeoutMs: 120_000, everyMs: 1 });
    first.kill('SIGKILL');
    try {
      process.kill(Number.parseInt(readFileSync(join(folder, 'mysqld.pid'), 'utf8'), 10), 'SIGKILL');
    } catch {
      // It was between two phases, without a server.
    }
    const second = start();
    await waitFor('the restore', async () => (await findRestoreProgress(cluster.topology, 'ks_killed', '0'))?.state === 'serving', { timeoutMs: 120_000 });
    const reader = await waitFor('a reader', () => cluster.app(204, 'vt_ks'), { timeoutMs: 60_000 });
    expect(await ids(reader)).toBe([...numbers(1, 20), 31, 32, 33, 34, ...numbers(41, 45)].filter((id) => id !== 32).join());
    expect(await scalar(reader, 'SELECT id FROM seen')).toBe('7');
    expect(parseGtidState(flavour, await position(reader)).equals(parseGtidState(flavour, ended))).toBe(true);
    await reader.end();
    const gone = new Promise((resolve) => second.once('exit', resolve));
    second.kill('SIGTERM');
    await gone;
  }, 360_000);

  it('the command line shows a plan as text and as JSON, and changes nothing', async () => {
    const json = await planned('--before-gtid', named.get('drop')!, '--exclude-gtid', named.get('delete')!, '--table', 'extra', '--json');
    expect(json).toMatchObject({ code: 0, err: '' });
    const plan = JSON.parse(json.out) as KeyspaceRestorePlan;
    expect(plan).toMatchObject({ base: 'ks', tables: ['extra'], shards: [{ shard: '0', flavour, exclude: [named.get('delete')], firstExcluded: { gtid: named.get('drop') } }] });
    const [shard] = plan.shards;
    expect(parseGtidState(flavour, shard!.gtid).contains(parseGtid(flavour, named.get('delete')!))).toBe(true);
    expect(shard!.transactions).toBe(11);
    expect(shard!.replay!.bytes).toBeGreaterThan(0);
    const text = await planned('--at', formatMicros(endedAt), ...(flavour === 'mariadb' ? ['--nearest', 'before'] : []));
    expect(text).toMatchObject({ code: 0, err: '' });
    expect(text.out).toContain(`ks as of ${formatMicros(endedAt)}\nks/0\n  backup    `);
    expect(text.out).toContain(`  up to     ${ended}\n`);
    expect(text.out).toMatch(/ {2}last in .* {2}first out /s);
    expect(text.out).toMatch(/in all .* about \d+ s\n$/);
  });

  it.runIf(flavour === 'mariadb')('a moment outside the window, a transaction nobody has, and more than one moment are refused with what to do', async () => {
    const early = await planned('--at', formatMicros(endedAt - 3_600_000_000));
    expect(early).toMatchObject({ code: 1, out: '' });
    expect(early.err).toMatch(/before the archive|no backup/);
    const late = await planned('--at', '2999-01-01T00:00:00Z');
    expect(late.err).toContain('is in the future (VTR0701)');
    const unknown = await planned('--gtid', ended, '--exclude-gtid', flavour === 'mysql' ? '11111111-1111-1111-1111-111111111111:1' : '0-4711-999999');
    expect(unknown.err).toMatch(/which is to be stepped over \(VTR0711\)/);
    const wrong = await vtrewind('--server', control.ready.grpc, 'CreateKeyspace', '--type=SNAPSHOT', '--base-keyspace=ks', `--gtid=${ended}`, '--before-gtid=7', 'ks_wrong');
    expect(wrong.err).toContain('exactly one moment is wanted (VTR0930)');
    const far = await vtrewind('--server', control.ready.grpc, 'CreateKeyspace', '--type=SNAPSHOT', '--base-keyspace=ks', `--snapshot-timestamp=${formatMicros(endedAt - 3_600_000_000)}`, '--table=t', 'ks_far');
    expect(far.err).toMatch(/before the archive|no backup/);
    expect(await findSnapshotRecord(cluster.topology, 'ks_far')).toBeUndefined();
    const none = await planned();
    expect(none.err).toContain('exactly one moment is wanted (VTR0930)');
  });
});
