import { describe, expect, it } from 'vitest';
import type { RowDataPacket } from 'mysql2';
import type { Connection } from 'mysql2/promise';
import { delay, waitFor } from '../../src/base/wait.ts';
import { type ClusterUnderTest, mysqldPid, startCluster } from '../support/cluster.ts';

const keyspaces = [
  { name: 'c', vschema: { tables: { seq: { type: 'sequence' } } }, schema: "create table seq (id bigint primary key, next_id bigint, cache bigint) comment 'vitess_sequence'; insert into seq values (0, 1, 100);" },
  {
    name: 's', shards: ['-80', '80-'],
    vschema: { sharded: true, vindexes: { xxhash: { type: 'xxhash' } }, tables: { t: { column_vindexes: [{ column: 'id', name: 'xxhash' }], auto_increment: { column: 'id', sequence: 'c.seq' } } } },
    schema: 'create table t (id bigint primary key, n bigint not null, unique key (n));',
  },
];

/** Inserts rows n = 1, 2, … through the gate one by one, remembering those that were acknowledged, reconnecting when the connection breaks. */
class Writer {
  readonly acknowledged: number[] = [];
  readonly errors: string[] = [];
  readonly #cluster: ClusterUnderTest;
  #next = 1;
  #running = true;
  readonly #done: Promise<void>;

  constructor(cluster: ClusterUnderTest) {
    this.#cluster = cluster;
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#done;
  }

  async #open(): Promise<Connection> {
    const session = await this.#cluster.connect({ database: 's' });
    session.on('error', () => undefined);
    return session;
  }

  async #run(): Promise<void> {
    let session: Connection | undefined;
    while (this.#running) {
      try {
        session ??= await this.#open();
        const n = this.#next++;
        await session.query('insert into t (n) values (?)', [n]);
        this.acknowledged.push(n);
      } catch (error) {
        this.errors.push((error as Error).message);
        session?.destroy();
        session = undefined;
        // A client that waits a little before it tries again, as every pool does.
        await delay(20);
      }
    }
    await session?.end();
  }
}

describe('kill -9 of a process of vtrewind up', () => {
  it('is survived by each of them: it comes back and nothing acknowledged is lost', async () => {
    const cluster = await startCluster({ keyspaces });
    const writer = new Writer(cluster);
    const progress = async () => {
      const before = writer.acknowledged.length;
      await waitFor('writes to go on', () => writer.acknowledged.length > before + 20, { timeoutMs: 60_000 });
    };
    await progress();
    for (const victim of ['gate', 'archiver', 'control', 'tablet s/-80 101', 'mysqld zone1-101', 'mysqld zone1-100', 'tablet c/0 100']) {
      const pidNow = async () => (victim.startsWith('mysqld') ? mysqldPid(cluster.data, victim.slice('mysqld '.length)).catch(() => 0) : ((await cluster.pids()).get(victim) ?? 0));
      const before = await pidNow();
      expect(before, victim).toBeGreaterThan(0);
      process.kill(before, 'SIGKILL');
      await waitFor(`${victim} to come back`, async () => {
        const now = await pidNow();
        return now > 0 && now !== before;
      }, { timeoutMs: 60_000 });
      await progress();
    }
    await writer.stop();
    const session = await cluster.connect({ database: 's' });
    const [rows] = await session.query<RowDataPacket[]>('select n from t');
    await session.end();
    const found = new Set(rows.map((row) => Number(row['n'])));
    expect(writer.acknowledged.filter((n) => !found.has(n))).toEqual([]);
    // Every error says that something is away, none that something is wrong.
    const strange = writer.errors.filter((message) => !/ECONNREFUSED|ECONNRESET|connection|no healthy tablet|shutdown|not.serving|is down|read-only|is closing|went away/i.test(message));
    expect([...new Set(strange)]).toEqual([]);

    // What the archive holds is whole too: the window of each shard reaches past the last write, without a gap.
    await cluster.cli('BackupShard', '--allow-primary', 's/-80');
    await waitFor('an unbroken window', async () => {
      const window = JSON.parse(await cluster.cli('window', 's/-80', '--json', `--file-backup-storage-root=${cluster.data}/backups`)) as { shards: { spans: unknown[]; gaps: unknown[] }[] };
      return window.shards[0]?.spans.length === 1 && window.shards[0].gaps.length === 0;
    }, { timeoutMs: 20_000, everyMs: 500 });
    expect(await cluster.stop()).toBe(0);
  }, 240_000);
});
