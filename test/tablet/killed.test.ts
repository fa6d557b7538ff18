import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.ts';
import { parseGtidState } from '../../src/binlog/gtidState.ts';
import { findRestoreProgress } from '../../src/topo/index.ts';
import { connectTabletManager } from '../../src/vitess/tabletManagerClient.ts';
import { atEnd, flavours } from '../support/servers.ts';
import { momentNow, scalar, TestCluster } from './tabletFixture.ts';

const here = await flavours();
const program = fileURLToPath(new URL('./agentProcess.ts', import.meta.url));

describe.each(here)('kill -9 with %s', (flavour) => {
  let cluster: TestCluster;
  const agents = new Map<number, ChildProcess>();
  const said = new Map<number, string>();

  async function agent(uid: number, keyspace: string, initPrimary = false, waitReady = true): Promise<ChildProcess> {
    const { folder } = await cluster.options(uid, { keyspace });
    const settings = { endpoint: cluster.topology.endpoint, storage: cluster.storageFolder, alias: `zone1-${uid}`, folder, mysqld: cluster.mysqld, keyspace, initPrimary };
    const child = spawn(process.execPath, [program, JSON.stringify(settings)], { stdio: ['ignore', 'pipe', 'pipe'] });
    agents.set(uid, child);
    atEnd(() => {
      child.kill('SIGKILL');
    });
    let output = '';
    said.set(uid, output);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (part: Buffer) => {
        output += part.toString();
        said.set(uid, output);
      });
    }
    if (waitReady) {
      await waitFor(`agent ${uid}`, () => {
        if (child.exitCode !== null) return 'ended';
        return output.includes('ready {') && 'ready';
      }, { timeoutMs: 60_000 }).then((answer) => {
        if (answer === 'ended') throw new Error(output);
      });
    }
    return child;
  }

  async function kill(uid: number, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = agents.get(uid)!;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  const pidOf = (uid: number) => Number.parseInt(readFileSync(join(cluster.folders.get(uid)!, 'mysqld.pid'), 'utf8'), 10);
  /** Servers that run on a tablet's folder, by their command lines. */
  const servers = (uid: number) => execFileSync('ps', ['axo', 'args']).toString().split('\n').filter((line) => line.includes(`--defaults-file=${cluster.folders.get(uid)!}/`)).length;
  let session: Connection | undefined;

  beforeAll(async () => {
    cluster = await TestCluster.start(flavour);
    await agent(300, 'ks', true);
  });
  afterAll(async () => {
    session?.destroy();
    for (const uid of agents.keys()) await kill(uid, 'SIGTERM');
    await cluster.stop();
  });

  it('of a tablet agent leaves its mysqld serving; the next agent adopts it and never starts a second', async () => {
    const before = pidOf(300);
    const writer = await cluster.app(300, 'vt_ks');
    await writer.query('CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(200))');
    await kill(300);
    await writer.query("INSERT INTO t (v) VALUES ('while nobody looked after it')");
    await agent(300, 'ks');
    expect(pidOf(300)).toBe(before);
    expect(servers(300)).toBe(1);
    await writer.query("INSERT INTO t (v) VALUES ('after')");
    expect(await scalar(writer, 'SELECT COUNT(*) FROM t')).toBe('2');
    await writer.end();
    // A second agent on the same folder is refused while the first lives.
    const first = agents.get(300)!;
    const second = await agent(300, 'ks', false, false);
    await waitFor('the second agent to give up', () => second.exitCode !== null, { timeoutMs: 20_000 });
    expect(said.get(300)).toMatch(/another tablet agent/);
    agents.set(300, first);
  });

  it('of a restore tablet\'s agent, again and again, and of its mysqld, still ends at the cut', async () => {
    const archiver = cluster.archiver('ks', '0');
    session = await cluster.app(300, 'vt_ks');
    for (let i = 0; i < 20; i++) await session.query('INSERT INTO t (v) VALUES (?)', ['x'.repeat(200)]);
    const manager = connectTabletManager(await cluster.record(300));
    await manager.backup({}, () => undefined, AbortSignal.timeout(60_000));
    manager.close();
    for (let i = 0; i < 600; i++) await session.query('INSERT INTO t (v) VALUES (?)', [`${i}`.repeat(20)]);
    await session.query('DO SLEEP(1.5)');
    const at = await momentNow(session);
    const checksum = async (c: Connection) => String(((await c.query('CHECKSUM TABLE vt_ks.t'))[0] as { Checksum: unknown }[])[0]?.Checksum);
    const wanted = await checksum(session);
    const gtid = await scalar(session, flavour === 'mysql' ? 'SELECT @@global.gtid_executed' : 'SELECT @@global.gtid_current_pos');
    await session.query('DO SLEEP(1.5)');
    await session.query('TRUNCATE TABLE t');
    await waitFor('the archive', () => archiver.status().provenMicros > at + 1_000_000, { timeoutMs: 20_000 });
    await cluster.snapshotKeyspace('ks_then', 'ks', at);

    // The agent ends as soon as each phase has been written down: killed, or (in one phase) asked to stop. In every other phase its server is killed too.
    const order = ['planned', 'fetching', 'starting', 'replaying', 'verifying', 'serving'];
    const phase = () => {
      try {
        return (JSON.parse(readFileSync(join(cluster.folders.get(301)!, 'restore.json'), 'utf8')) as { phase: string }).phase;
      } catch {
        return 'none';
      }
    };
    const interrupted = new Set<string>();
    for (const [round, wanted] of order.entries()) {
      await agent(301, 'ks_then', false, false);
      await waitFor(`the restore to be ${wanted}`, () => order.indexOf(phase()) >= round, { timeoutMs: 60_000, everyMs: 2 });
      // Asked to stop, it takes its server with it.
      const asked = wanted === 'replaying' && (await waitFor('the agent to be ready', () => (said.get(301) ?? '').includes('ready {'), { timeoutMs: 30_000 }));
      await kill(301, asked ? 'SIGTERM' : 'SIGKILL');
      if (asked) expect(servers(301)).toBe(0);
      interrupted.add(phase());
      if (round % 2 === 1) {
        try {
          process.kill(pidOf(301), 'SIGKILL');
        } catch {
          // No server runs in this phase.
        }
      }
    }
    expect(interrupted.size).toBeGreaterThan(2);
    await agent(301, 'ks_then');
    await waitFor('the restore', async () => (await findRestoreProgress(cluster.topology, 'ks_then', '0'))?.state === 'serving', { timeoutMs: 60_000 });
    expect(servers(301)).toBe(1);
    const reader = await waitFor('a reader', () => cluster.app(301, 'vt_ks'), { timeoutMs: 20_000 });
    expect(await checksum(reader)).toBe(wanted);
    const reached = await scalar(reader, flavour === 'mysql' ? 'SELECT @@global.gtid_executed' : 'SELECT @@global.gtid_current_pos');
    expect(parseGtidState(flavour, reached).equals(parseGtidState(flavour, gtid))).toBe(true);
    await reader.end();
  }, 180_000);
});
