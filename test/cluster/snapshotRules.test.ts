import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { beforeAll, describe, expect, it } from 'vitest';
import { formatMicros, nowMicros, parseMicros } from '../../src/base/time.ts';
import { delay, waitFor } from '../../src/base/wait.ts';
import { type ClusterUnderTest, startCluster } from '../support/cluster.ts';
import { clientPrograms } from './clientPrograms.ts';

/** The rules of snapshot keyspaces as a client and an operator see them: two snapshots of a sharded keyspace at different times, one of an unsharded one. */
const shardedVSchema = {
  sharded: true, vindexes: { xxhash: { type: 'xxhash' } }, tables: { t: { column_vindexes: [{ column: 'id', name: 'xxhash' }], auto_increment: { column: 'id', sequence: 'c.seq' } } },
};
const unshardedVSchema = { tables: { note: {}, gone: {}, seq: { type: 'sequence' } } };
const keyspaces = [
  {
    name: 'c', vschema: unshardedVSchema,
    schema: "create table note (id int primary key, body varchar(50)); create table gone (id int primary key); create table seq (id bigint primary key, next_id bigint, cache bigint) comment 'vitess_sequence'; insert into seq values (0, 1, 100);",
  },
  { name: 's', shards: ['-80', '80-'], vschema: shardedVSchema, schema: 'create table t (id bigint primary key, team varchar(10), points int);' },
];
const restores = [['c_one', '0', 900], ['s_one', '-80', 901], ['s_one', '80-', 902], ['s_two', '-80', 903], ['s_two', '80-', 904]] as const;

let cluster: ClusterUnderTest;
let one = '';
let two = '';
const gates: Record<string, string> = {};

/** A moment with more than a whole second of quiet on both sides: MariaDB's binlog has whole seconds. */
async function quietMoment(): Promise<string> {
  await delay(1_500);
  const moment = formatMicros(nowMicros());
  await delay(1_500);
  return moment;
}

async function connectTo(address: string, database?: string): Promise<Connection> {
  const [host, port] = address.split(':');
  const session = await createConnection({ host, port: Number(port), user: 'app', database, supportBigNumbers: true, rowsAsArray: true });
  session.on('error', () => undefined);
  return session;
}

async function startGate(protocol: string): Promise<string> {
  const ready = await cluster.role(
    'gate', '--cell=zone1', '--mysql-address=127.0.0.1:0', '--http-address=127.0.0.1:0', `--tablet-protocol=${protocol}`, `--db-credentials-file=${cluster.data}/credentials.json`,
    '--topo-implementation=etcd2', `--topo-global-server-address=${cluster.topology}`,
  );
  return String(ready['mysql']);
}

const restoreTablet = (keyspace: string, shard: string, uid: number) => cluster.role(
  'tablet', `--tablet-path=zone1-${uid}`, `--init-keyspace=${keyspace}`, `--init-shard=${shard}`, '--restore-from-backup', `--tablet-dir=${cluster.data}/zone1-${uid}`,
  `--db-credentials-file=${cluster.data}/credentials.json`, '--backup-storage-implementation=file', `--file-backup-storage-root=${cluster.data}/backups`, `--topo-global-server-address=${cluster.topology}`,
);

beforeAll(async () => {
  cluster = await startCluster({ keyspaces });
  const live = await connectTo(cluster.mysql);
  await live.query(`insert into s.t (team, points) values ${Array.from({ length: 30 }, (_, i) => `('${'abc'[i % 3]}', ${i})`).join(', ')}`);
  await live.query("insert into note values (1, 'before')");
  await live.query('insert into gone values (1), (2)');
  await Promise.all(['c/0', 's/-80', 's/80-'].map((shard) => cluster.cli('BackupShard', '--allow-primary', shard)));
  await live.query("insert into s.t (team, points) values ('d', 100), ('d', 101), ('d', 102), ('d', 103)");
  await live.query("insert into note values (2, 'at one')");
  one = await quietMoment();
  await live.query("update s.t set points = points + 1000 where team = 'a'");
  await live.query("delete from s.t where team = 'b'");
  two = await quietMoment();
  await live.query('delete from s.t');
  await live.query('delete from note');
  await live.query('drop table gone');
  await live.end();
  await cluster.cli('ApplyVSchema', `--vschema=${JSON.stringify({ tables: { note: {}, seq: { type: 'sequence' } } })}`, 'c');
  await waitFor('the archive to hold proof of both moments', async () => {
    const ends = await Promise.all(['c', 's'].map(async (keyspace) => {
      const window = JSON.parse(await cluster.cli('window', keyspace, '--json', `--file-backup-storage-root=${cluster.data}/backups`)) as { spans: { until: string }[] };
      return parseMicros(window.spans.at(-1)?.until ?? '1970-01-01T00:00:00Z');
    }));
    return Math.min(...ends) > parseMicros(two);
  }, { timeoutMs: 30_000, everyMs: 250 });
  await cluster.cli('CreateKeyspace', '--type=SNAPSHOT', '--base-keyspace=s', `--snapshot-timestamp=${one}`, 's_one');
  // The older spelling.
  await cluster.cli('CreateKeyspace', '-keyspace_type=SNAPSHOT', '-base_keyspace=s', `-snapshot_time=${two}`, 's_two');
  await cluster.cli('CreateKeyspace', '--type=SNAPSHOT', '--base-keyspace=c', `--snapshot-timestamp=${one}`, 'c_one');
  await Promise.all(restores.map(([keyspace, shard, uid]) => restoreTablet(keyspace, shard, uid)));
  Object.assign(gates, { mysql: cluster.mysql, grpc: await startGate('grpc') });
  for (const gate of Object.values(gates)) {
    const session = await connectTo(gate);
    await waitFor('the restored shards to serve', async () => {
      const [rows] = await session.query<RowDataPacket[][]>('show vitess_tablets');
      return rows.filter((row) => /_(one|two)$/.test(String(row[1])) && String(row[4]) === 'SERVING').length === restores.length;
    }, { timeoutMs: 90_000 });
    await session.end();
  }
}, 240_000);

for (const protocol of ['mysql', 'grpc']) {
  describe(`snapshot keyspaces through a gate, tablet protocol ${protocol}`, () => {
    let sessions: Connection[] = [];
    const open = async (database?: string) => {
      const session = await connectTo(gates[protocol] ?? '', database);
      sessions.push(session);
      return session;
    };
    const rowsOf = async (session: Connection, sql: string) => {
      const [rows] = await session.query<RowDataPacket[][]>(sql);
      return rows.map((row) => row.map((value: unknown) => (typeof value === 'bigint' ? Number(value) : value)));
    };
    const count = async (session: Connection, sql: string) => Number((await rowsOf(session, sql))[0]?.[0]);
    const errorOf = async (session: Connection, sql: string) => {
      try {
        await session.query(sql);
      } catch (error) {
        return error as { errno: number; message: string };
      }
      throw new Error(`no error: ${sql}`);
    };
    const endSessions = async () => {
      for (const session of sessions.splice(0)) await session.end().catch(() => session.destroy());
      sessions = [];
    };

    it('1: unqualified names without a keyspace never mean a snapshot', async () => {
      const session = await open();
      expect(await count(session, 'select count(*) from t')).toBe(0);
      expect(await count(session, 'select count(*) from note')).toBe(0);
      // A table that only a snapshot still has is not found there.
      expect([1105, 1146]).toContain((await errorOf(session, 'select count(*) from gone')).errno);
      expect(await count(session, 'select count(*) from c_one.gone')).toBe(2);
      await endSessions();
    });

    it('2: USE, a qualified name, a target with type or shard, a database at login and COM_INIT_DB reach it', async () => {
      const session = await open();
      expect(await count(session, 'select count(*) from s_one.t')).toBe(34);
      for (const target of ['s_one', 's_one@replica', '`s_one@replica`']) {
        await session.query(`use ${target}`);
        expect(await count(session, 'select count(*) from t'), target).toBe(34);
      }
      let sum = 0;
      for (const shard of ['-80', '80-']) {
        await session.query(`use \`s_one:${shard}@replica\``);
        const here = await count(session, 'select count(*) from t');
        expect(here).toBeGreaterThan(0);
        sum += here;
      }
      expect(sum).toBe(34);
      for (const target of ['s_one', 's_one@replica', 'c_one']) {
        const other = await open(target);
        expect(await count(other, `select count(*) from ${target === 'c_one' ? 'note' : 't'}`), target).toBe(target === 'c_one' ? 2 : 34);
      }
      // The command line sends USE as COM_INIT_DB.
      const [host = '', port = ''] = (gates[protocol] ?? '').split(':');
      const shown = await clientPrograms[0]?.run({ host, port: Number(port), user: 'app', password: '', tls: false }, ['use s_one', 'select count(*) from t', 'use s_two@replica', 'select count(*) from t']);
      expect(shown).toEqual({ lines: ['34', '24'] });
      await endSessions();
    });

    it('3: the default tablet type goes to what serves; an explicit @primary fails at once and says why', async () => {
      const session = await open('s_one');
      expect(await count(session, 'select count(*) from t where id = 1')).toBe(1);
      const began = performance.now();
      expect((await errorOf(session, 'use s_one@primary')).message).toMatch(/s_one is a snapshot of s at 20.* no primary/);
      await expect(open('s_one@primary')).rejects.toThrow(/no primary/);
      // A default type of the whole session that is explicit too.
      const typed = await open('@primary');
      expect((await errorOf(typed, 'select count(*) from s_one.t')).message).toMatch(/no primary/);
      expect(performance.now() - began).toBeLessThan(5_000);
      await endSessions();
    });

    it('4: writes, DDL, locking reads and sequences are refused with 1290, naming keyspace, base and time', async () => {
      const refused = [
        'insert into s_one.t (id, team) values (1000, "x")', 'insert into s_one.t (team) values ("x")', 'replace into s_one.t values (1, "x", 1)', 'update s_one.t set points = 0', 'update s_one.t set points = 0 where id = 1',
        'delete from s_one.t where id = 1', 'truncate table s_one.t', 'alter table s_one.t add x int', 'create table s_one.u (id int)', 'drop table s_one.t', 'select * from s_one.t where id = 1 for update',
        'select * from s_one.t where id = 1 lock in share mode', 'insert into s_one.t select * from s.t',
      ];
      const session = await open();
      for (const sql of refused) {
        const error = await errorOf(session, sql);
        expect({ sql, errno: error.errno }).toEqual({ sql, errno: 1290 });
        expect(error.message, sql).toMatch(/s_one is a snapshot of s at 20\d\d-/);
        expect(error.message, sql).toContain(one.slice(0, 19));
      }
      await session.query('use s_one');
      for (const sql of refused.map((text) => text.replaceAll('s_one.', ''))) expect({ sql, errno: (await errorOf(session, sql)).errno }).toEqual({ sql, errno: 1290 });
      await session.query('use c_one');
      for (const sql of ['select next value from seq', 'insert into note values (9, "x")', 'select * from note for update']) expect({ sql, errno: (await errorOf(session, sql)).errno }).toEqual({ sql, errno: 1290 });
      expect(await count(session, 'select count(*) from s_one.t')).toBe(34);
      // In a transaction, and prepared.
      await session.beginTransaction();
      await expect(session.execute('update s_one.t set points = ? where id = ?', [1, 1])).rejects.toMatchObject({ errno: 1290 });
      await session.rollback();
      await endSessions();
    });

    it('7: statements with no keyspace of their own never ask a snapshot', async () => {
      const restored = new Set((await Promise.all(['s_one', 's_two', 'c_one'].map((keyspace) => cluster.cli('GetTablets', `--keyspace=${keyspace}`)))).flatMap((text) => text.trim().split('\n').map((line) => Number(line.split(' ')[5]?.split(':')[1]))));
      expect(restored.size).toBe(restores.length);
      for (let i = 0; i < 5; i++) {
        const session = await open();
        expect(await count(session, 'select 1')).toBe(1);
        const [variable] = await rowsOf(session, "show variables like 'port'");
        expect(restored.has(Number(variable?.[1]))).toBe(false);
        expect((await rowsOf(session, 'select count(*) from information_schema.tables where table_name = "gone"'))[0]?.map(Number)).toEqual([0]);
        await endSessions();
      }
    });

    it('8: a gate that starts waits for no primary of a snapshot keyspace', async () => {
      const gate = await startGate(protocol);
      const session = await connectTo(gate);
      expect(await count(session, 'select count(*) from s.t')).toBe(0);
      await waitFor('the snapshot to be seen', () => count(session, 'select count(*) from s_two.t').then((n) => n === 24), { timeoutMs: 10_000 });
      await session.end();
    });

    it('9: live and restored tables meet in one statement; a read of a snapshot is no part of a transaction', async () => {
      const session = await open();
      await session.query('insert into s.t (id, team, points) values (1, "z", -1), (2, "z", -2)');
      expect(await rowsOf(session, 'select l.id, l.team, o.points from s.t l join s_one.t o on o.id = l.id order by l.id')).toEqual([[1, 'z', 0], [2, 'z', 1]]);
      await session.beginTransaction();
      await session.query('insert into c.note select id, team from s_one.t where points >= 102');
      await session.query('update s.t set points = 7 where id = 1');
      expect(await count(session, 'select points from s_one.t where id = 1')).toBe(0);
      expect(await count(session, 'select count(*) from c.note')).toBe(2);
      await session.rollback();
      expect(await count(session, 'select count(*) from c.note')).toBe(0);
      await session.query('insert into s.t (id, team, points) select id, team, points from s_one.t where team = "d"');
      expect(await count(session, 'select count(*) from s.t where team = "d"')).toBe(4);
      await session.query('delete from s.t');
      await endSessions();
    });

    it('10: SHOW KEYSPACES and SHOW DATABASES list them sorted; SHOW SNAPSHOTS says what they are', async () => {
      const session = await open();
      expect((await rowsOf(session, 'show keyspaces')).flat()).toEqual(['c', 'c_one', 's', 's_one', 's_two']);
      const databases = (await rowsOf(session, 'show databases')).flat();
      expect(databases.filter((name) => /^(c|s)(_|$)/.test(String(name)))).toEqual(['c', 'c_one', 's', 's_one', 's_two']);
      const [rows, fields] = await session.query<RowDataPacket[][]>('show snapshots');
      const text = JSON.stringify(rows);
      expect(rows.length).toBeGreaterThanOrEqual(3);
      for (const part of ['s_one', 's_two', 'c_one', one.slice(0, 19), two.slice(0, 19), 'serving', '-80']) expect(text.replaceAll('T', ' ')).toContain(part.replace('T', ' '));
      expect(fields.length).toBeGreaterThanOrEqual(7);
      await endSessions();
    });

    it('11: two snapshots of one base at different times serve side by side, in one statement too', async () => {
      const session = await open();
      expect(await count(session, 'select count(*) from s_one.t')).toBe(34);
      expect(await count(session, 'select count(*) from s_two.t')).toBe(24);
      expect(await rowsOf(session, 'select a.id, b.points - a.points from s_one.t a join s_two.t b on b.id = a.id where a.team = "a" and a.id <= 7 order by a.id')).toEqual([[1, 1000], [4, 1000], [7, 1000]]);
      const missing = await rowsOf(session, 'select a.id from s_one.t a left join s_two.t b on b.id = a.id where b.id is null order by a.id limit 3');
      expect(missing.flat()).toEqual([2, 5, 8]);
      await endSessions();
    });

    it('sorts, limits and groups over the shards of a snapshot', async () => {
      const session = await open('s_one');
      expect((await rowsOf(session, 'select id from t order by points desc, id limit 5')).flat()).toEqual([34, 33, 32, 31, 30]);
      expect((await rowsOf(session, 'select id from t order by id limit 3 offset 10')).flat()).toEqual([11, 12, 13]);
      expect((await rowsOf(session, 'select team, count(*), min(points), max(points) from t group by team order by team')).map((row) => row.map(String))).toEqual([['a', '10', '0', '27'], ['b', '10', '1', '28'], ['c', '10', '2', '29'], ['d', '4', '100', '103']]);
      expect((await rowsOf(session, 'select distinct team from t order by team desc')).flat()).toEqual(['d', 'c', 'b', 'a']);
      expect((await rowsOf(session, 'select * from t order by id limit 1'))[0]).toEqual([1, 'a', 0]);
      expect(await count(session, 'select count(*) from t where team in ("a", "d") having count(*) > 1')).toBe(14);
      const [prepared] = await session.execute<RowDataPacket[]>('select points from t where id = ?', [3]);
      expect(prepared).toEqual([[2]]);
      await endSessions();
    });
  });
}

describe('creating a snapshot keyspace', () => {
  it('records type, base and time, and copies the vschema with require_explicit_routing', async () => {
    const [record, vschema, normal] = await Promise.all([cluster.cli('GetKeyspace', 's_one'), cluster.cli('GetVSchema', 's_one'), cluster.cli('GetVSchema', 's')]);
    expect(record).toMatch(/"keyspace_type": 1,/);
    expect(record).toMatch(/"base_keyspace": "s"/);
    expect(record).toContain(String(Math.floor(parseMicros(one) / 1_000_000)));
    const copied = JSON.parse(vschema) as Record<string, unknown>;
    expect(copied['require_explicit_routing']).toBe(true);
    expect({ ...copied, require_explicit_routing: undefined }).toEqual({ ...(JSON.parse(normal) as object), require_explicit_routing: undefined });
    // The vschema of the base changed since: the current one was copied, and `gone` was no longer in it.
    expect(Object.keys((JSON.parse(await cluster.cli('GetVSchema', 'c_one')) as { tables: object }).tables)).toContain('note');
  });

  it('is refused, each with its own error: base, time, window, policy, name', async () => {
    const create = (...args: string[]) => cluster.cli('CreateKeyspace', '--type=SNAPSHOT', ...args).then(() => 'created', (error: Error) => error.message);
    const at = `--snapshot-timestamp=${one}`;
    const answers = await Promise.all([
      create(at, 'x1'), create('--base-keyspace=nowhere', at, 'x2'), create('--base-keyspace=s_one', at, 'x3'), create('--base-keyspace=s', 'x4'), create('--base-keyspace=s', '--snapshot-timestamp=2026-07-17T18:25:20', 'x5'),
      create('--base-keyspace=s', '--snapshot-timestamp=2099-01-01T00:00:00Z', 'x6'), create('--base-keyspace=s', '--snapshot-timestamp=2020-01-01T00:00:00Z', 'x7'),
      create('--base-keyspace=s', at, '--durability-policy=semi_sync', 'x8'), create('--base-keyspace=s', at, 's_one'), create('--base-keyspace=s', at, 'bad/name'),
    ]);
    const expected = [/needs a base/, /nowhere does not exist/, /itself a snapshot/, /needs a time/, /zone/, /future/, /window|earliest|restor/i, /durability policy/, /exists already/, /no name/];
    for (const [i, pattern] of expected.entries()) expect(answers[i], String(pattern)).toMatch(pattern);
    expect(await cluster.cli('GetKeyspaces')).not.toMatch(/"x\d"/);
  }, 60_000);

  it('an ApplyVSchema without the flag is refused; forced, its tables still are no default', async () => {
    const vschema = `--vschema=${JSON.stringify({ ...shardedVSchema, tables: { ...shardedVSchema.tables, only_here: { column_vindexes: [{ column: 'id', name: 'xxhash' }] } } })}`;
    await expect(cluster.cli('ApplyVSchema', vschema, 's_two')).rejects.toThrow(/require_explicit_routing/);
    await cluster.cli('ApplyVSchema', '--force', vschema, 's_two');
    for (const gate of Object.values(gates)) {
      const session = await connectTo(gate);
      const asked = async (sql: string) => session.query<RowDataPacket[][]>(sql).then(([rows]) => Number(rows[0]?.[0]), (error: { errno: number }) => `error ${error.errno}`);
      await waitFor('the gate to see the override', async () => (await session.query<RowDataPacket[][]>('show vschema tables from s_two').then(([rows]) => rows, () => [])).some((row) => String(row[0]) === 'only_here'), { timeoutMs: 10_000 });
      expect(await asked('select count(*) from t')).toBe(0);
      expect(await asked('select count(*) from s_two.t')).toBe(24);
      expect(await asked('select count(*) from only_here')).toMatch(/error (1105|1146)/);
      await session.end();
    }
  });
});
