import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { VtrewindError } from '../../base/errors.ts';
import { freePort } from '../../base/freePort.ts';
import { formatMicros, nowMicros, parseMicros } from '../../base/time.ts';
import { delay, waitFor } from '../../base/wait.ts';
import { demoKeyspaces, readDemoData } from './demoData.ts';
import { followRestores } from './restoreBars.ts';
import { Story } from './story.ts';
import { type RunningRole, runCommand, startRole } from './vtrewindProcess.ts';

export interface DemoOptions {
  readonly mysqld: string;
  readonly data: string;
  readonly keep: boolean;
  readonly tabletProtocol: 'mysql' | 'grpc';
  /** Free ports instead of the usual ones, beside a cluster that has those. */
  readonly freePorts: boolean;
}

const rowsPerInsert = 2_000;
const clusterStartMs = 300_000;
const restoreMs = 180_000;
/** The moments before and after the accident are this far apart at least, so that the demo is exact on MariaDB too, whose binlog has whole seconds. */
const quietMs = 1_500;

/** One shard's content in one line: equal lines, equal rows. */
const fingerprint = "count(*) as n, coalesce(sum(crc32(concat_ws(',', id, delay, distance, time))), 0) as checksum";

interface Restore { readonly base: string; readonly name: string; readonly shard: string; readonly uid: number }
const restores: readonly Restore[] = [
  { base: 'commerce', name: 'commerce_restore', shard: '0', uid: 901 },
  { base: 'flights', name: 'flights_restore', shard: '-80', uid: 902 },
  { base: 'flights', name: 'flights_restore', shard: '80-', uid: 903 },
];

/** Brings up a cluster, breaks it, and queries it as it was before. Throws when a check fails. Ends what it started, or waits for Ctrl-C with `keep`. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const story = new Story(process.stdout);
  const roles: RunningRole[] = [];
  let client: Connection | undefined;
  await rm(options.data, { recursive: true, force: true });
  await mkdir(options.data, { recursive: true });
  try {
    story.chapter('A cluster: commerce (one shard) and flights (two shards), an archiver, a gate');
    const cluster = await startCluster(options);
    roles.push(cluster);
    const { mysql, control, http, topology } = addresses(cluster);
    story.say(`ready: MySQL on ${mysql}, status on http://${http}, control on ${control}`);
    client = await connect(mysql);
    const gate = new Asker(client, story);

    story.chapter('Real data through the gate: 3,376 airports and 200,000 flights');
    await loadData(gate, story);

    story.chapter('A full backup of every shard, while writes go on');
    const admin = (...args: string[]) => runCommand(['--server', control, ...args]);
    await backUp(gate, story, admin);

    story.chapter('More writes, then the accident');
    await gate.run("update flights.flight set delay = delay + 1 where distance = 1452");
    await gate.run("insert into flights.flight (delay, distance, time) values (7, 4242, 12.5), (8, 4243, 13.5)");
    await gate.run("insert into airports (iata, name, city, state, country, latitude, longitude) values ('VTR', 'Rewind Field', 'Vitess', 'VT', 'USA', 44.5, -72.7)");
    const before = await fingerprints(mysql, 'flights', 'commerce');
    const moment = await quietMoment();
    story.say(`the moment to remember: ${formatMicros(moment)}`);
    const lost = await gate.run('delete from flights.flight where distance > 2000');
    await gate.run('drop table airports');
    story.say(`${lost.affectedRows} flights and every airport are gone`);

    story.chapter('Snapshot keyspaces of both at that moment, and a restore tablet for each shard');
    await waitFor('the archive to hold proof of the moment', async () => (await provenUntil(options.data)) > moment, { timeoutMs: 30_000, everyMs: 250 });
    for (const [base, name] of [['commerce', 'commerce_restore'], ['flights', 'flights_restore']] as const) {
      const args = ['CreateKeyspace', '--type=SNAPSHOT', `--base-keyspace=${base}`, `--snapshot-timestamp=${formatMicros(moment)}`, name];
      story.show(`vtrewind ${args.join(' ')}`);
      await admin(...args);
    }
    const tablets = await Promise.all(restores.map((restore) => startRestore(options, topology, restore)));
    roles.push(...tablets);
    const reached = await followRestores(restores.map((restore, at) => ({ name: `${restore.name}/${restore.shard}`, http: String(tablets[at]?.ready['http']) })), story, restoreMs);
    await waitFor('the gate to see the restored shards', async () => (await gate.ask('show vitess_tablets')).filter((row) => String(row['Keyspace']).endsWith('_restore') && row['State'] === 'SERVING').length === restores.length, { timeoutMs: 30_000 });
    story.table(['shard', 'reached (GTID)'], restores.map((restore, at) => [`${restore.name}/${restore.shard}`, (reached[at]?.gtidSet ?? '').replaceAll('\n', '')]));

    story.chapter('The present shows the accident, the snapshot shows what was there before');
    await compare(gate, story, mysql, before);

    story.chapter('The snapshot stays out of the way');
    await refusals(gate, story, mysql);
    story.end();
    if (options.keep) {
      story.say(`it stays up: mysql -h${mysql.split(':')[0]} -P${mysql.split(':')[1]}; Ctrl-C ends it`);
      await new Promise<void>((resolve) => {
        process.once('SIGINT', () => resolve());
        process.once('SIGTERM', () => resolve());
      });
    }
  } finally {
    await client?.end().catch(() => client?.destroy());
    for (const role of roles.reverse()) await role.stop();
    if (!options.keep) await rm(options.data, { recursive: true, force: true });
  }
}

/** Statements through a real MySQL client library, shown in the story. */
class Asker {
  readonly #client: Connection;
  readonly #story: Story;

  constructor(client: Connection, story: Story) {
    this.#client = client;
    this.#story = story;
  }

  async run(sql: string, shown = sql): Promise<{ readonly affectedRows: number }> {
    if (shown !== '') this.#story.show(shown);
    const [result] = await this.#client.query(sql);
    return result as { affectedRows: number };
  }

  async ask(sql: string): Promise<readonly Record<string, unknown>[]> {
    const [rows] = await this.#client.query<RowDataPacket[]>(sql);
    return rows as Record<string, unknown>[];
  }

  /** The first row's `n`. */
  async count(sql: string): Promise<number> {
    this.#story.show(sql);
    return Number((await this.ask(sql))[0]?.['n']);
  }

  /** The error that a statement is answered with; undefined when it succeeds. */
  async errorOf(sql: string): Promise<{ readonly errno: number; readonly message: string } | undefined> {
    this.#story.show(sql);
    try {
      await this.#client.query(sql);
      return undefined;
    } catch (error) {
      return { errno: (error as { errno?: number }).errno ?? 0, message: (error as Error).message };
    }
  }
}

async function startCluster(options: DemoOptions): Promise<RunningRole> {
  const port = async (usual: number) => (options.freePorts ? await freePort() : usual);
  const config = {
    data: options.data, mysqld: options.mysqld,
    gate: { mysql: `127.0.0.1:${await port(15306)}`, http: `127.0.0.1:${await port(15001)}`, tabletProtocol: options.tabletProtocol },
    control: `127.0.0.1:${await port(15999)}`, archiver: `127.0.0.1:${await port(15307)}`,
    keyspaces: await Promise.all(demoKeyspaces.map(async ({ name, shards, replicas, vschema, schema }) => {
      await writeFile(join(options.data, `${name}.sql`), schema);
      return { name, shards, replicas, vschema, schema: `${name}.sql` };
    })),
  };
  const file = join(options.data, 'cluster.yaml');
  await writeFile(file, JSON.stringify(config, null, 2));
  return startRole(['up', '--config', file], clusterStartMs);
}

function addresses(cluster: RunningRole): { mysql: string; http: string; control: string; topology: string } {
  const { mysql, http, control, topology } = cluster.ready;
  return { mysql: String(mysql), http: String(http), control: String(control), topology: String(topology) };
}

function connect(address: string, target?: string): Promise<Connection> {
  const [host, port] = address.split(':');
  return createConnection({ host, port: Number(port), user: 'demo', supportBigNumbers: true, ...(target === undefined ? {} : { database: target }) });
}

async function loadData(gate: Asker, story: Story): Promise<void> {
  const { flights, airports } = readDemoData();
  for (let at = 0; at < airports.length; at += rowsPerInsert) {
    await gate.run(`insert into airports (iata, name, city, state, country, latitude, longitude) values ${airports.slice(at, at + rowsPerInsert).map((row) => `(${row.map(literal).join(', ')})`).join(', ')}`, '');
  }
  story.show("insert into airports (iata, name, …) values ('00M', 'Thigpen', …), …");
  for (let at = 0; at < flights.length; at += rowsPerInsert) {
    await gate.run(`insert into flights.flight (delay, distance, time) values ${flights.slice(at, at + rowsPerInsert).map(({ delay: late, distance, time }) => `(${late}, ${distance}, ${time})`).join(', ')}`, '');
  }
  story.show('insert into flights.flight (delay, distance, time) values (0, 1452, 0.0), …');
  story.check('every airport arrived', (await gate.count('select count(*) as n from airports')) === airports.length);
  story.check('every flight arrived, its id from the sequence', (await gate.count('select count(*) as n from flights.flight')) === flights.length);
  story.table(['distance', 'flights', 'average delay'], (await gate.ask('select distance, count(*) as n, avg(delay) as late from flights.flight group by distance order by n desc, distance limit 3')).map((row) => [row['distance'], row['n'], row['late']]));
}

function literal(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

async function backUp(gate: Asker, story: Story, admin: (...args: string[]) => Promise<string>): Promise<void> {
  let written = 0;
  let running = true;
  const writer = (async () => {
    while (running) {
      await gate.run('update flights.flight set delay = delay where id = 1', '');
      written++;
    }
  })();
  try {
    for (const shard of ['commerce/0', 'flights/-80', 'flights/80-']) {
      story.show(`vtrewind BackupShard --allow-primary ${shard}`);
      await admin('BackupShard', '--allow-primary', shard);
      story.say((await admin('GetBackups', shard)).trim());
    }
  } finally {
    running = false;
    await writer;
  }
  story.check('the servers went on serving writes', written > 0, `${written} writes`);
}

const airportsFingerprint = "count(*) as n, sum(crc32(concat_ws(',', iata, name, city, state, country, latitude, longitude))) as checksum";

/** Per shard, what its flights are; and what the airports are. */
async function fingerprints(mysql: string, flights: string, commerce: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const note = async (name: string, target: string, sql: string) => {
    const session = await connect(mysql, target);
    const [rows] = await session.query<RowDataPacket[]>(sql);
    found.set(name, JSON.stringify(rows[0]));
    await session.end();
  };
  for (const shard of ['-80', '80-']) await note(`flights/${shard}`, `${flights}:${shard}`, `select ${fingerprint} from flight`);
  await note('commerce/0', commerce, `select ${airportsFingerprint} from airports`);
  return found;
}

async function quietMoment(): Promise<number> {
  await delay(quietMs);
  const moment = nowMicros();
  await delay(quietMs);
  return moment;
}

/** The end of the restorable window over all shards, as `vtrewind window` tells it. */
async function provenUntil(data: string): Promise<number> {
  const ends = await Promise.all(['commerce', 'flights'].map(async (keyspace) => {
    const window = JSON.parse(await runCommand(['window', keyspace, '--json', `--file-backup-storage-root=${join(data, 'backups')}`])) as { spans: { until: string }[] };
    const last = window.spans.at(-1);
    return last === undefined ? 0 : parseMicros(last.until);
  }));
  return Math.min(...ends);
}

function startRestore(options: DemoOptions, topology: string, restore: Restore): Promise<RunningRole> {
  return startRole([
    'tablet', `--tablet-path=zone1-${restore.uid}`, `--init-keyspace=${restore.name}`, `--init-shard=${restore.shard}`, '--restore-from-backup', `--tablet-dir=${join(options.data, `zone1-${restore.uid}`)}`,
    `--mysqld=${options.mysqld}`, `--db-credentials-file=${join(options.data, 'credentials.json')}`, '--backup-storage-implementation=file', `--file-backup-storage-root=${join(options.data, 'backups')}`,
    `--topo-global-server-address=${topology}`,
  ], restoreMs);
}

async function compare(gate: Asker, story: Story, mysql: string, before: ReadonlyMap<string, string>): Promise<void> {
  story.check('unqualified, flights are the live ones: the long ones are gone', (await gate.count('select count(*) as n from flight where distance > 2000')) === 0);
  const there = await gate.count('select count(*) as n from flights_restore.flight where distance > 2000');
  story.check('flights_restore.flight still has them', there > 0, String(there));
  await gate.run('use flights_restore');
  const used = await gate.count('select count(*) as n from flight where distance > 2000');
  story.check('use flights_restore reaches the same', used === there, String(used));
  const restored = await fingerprints(mysql, 'flights_restore', 'commerce_restore');
  for (const [shard, was] of before) story.check(`${shard} is restored to the last row and checksum, ${was}`, restored.get(shard) === was, restored.get(shard));
  const joined = 'select count(*) as n from flights.flight live join flights_restore.flight restored on restored.id = live.id where live.id <= 100 and restored.delay = live.delay';
  const live = await gate.count('select count(*) as n from flights.flight where id <= 100');
  const both = await gate.count(joined);
  story.check('live and restored rows join in one statement', both === live && live > 0, `${both} of ${live}`);
}

async function refusals(gate: Asker, story: Story, mysql: string): Promise<void> {
  const write = await gate.errorOf("update flights_restore.flight set delay = 0 where id = 1");
  story.check('a write to the snapshot is refused with error 1290', write?.errno === 1290, write?.message ?? 'no error');
  if (write !== undefined) story.say(write.message);
  const fresh = await connect(mysql);
  const dropped = await new Asker(fresh, story).errorOf('select count(*) from airports');
  await fresh.end();
  story.check('an unqualified airports is not found, and not silently taken from the snapshot', dropped?.errno === 1146, dropped?.message ?? 'no error');
  if (dropped !== undefined) story.say(dropped.message);
  const rows = await gate.ask('show snapshots');
  if (rows.length === 0) throw new VtrewindError({ code: 'VTR0911', message: 'SHOW SNAPSHOTS shows none' });
  story.show('show snapshots');
  const head = Object.keys(rows[0] ?? {});
  story.table(head, rows.map((row) => head.map((column) => row[column])));
}
