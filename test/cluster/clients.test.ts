import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.ts';
import { type ClusterUnderTest, startCluster } from '../support/cluster.ts';
import { clientPrograms, type Login, mysql2Options } from './clientPrograms.ts';

const sha1 = (data: string | Buffer) => createHash('sha1').update(data).digest();
const nativeHash = (password: string) => `*${sha1(sha1(password)).toString('hex').toUpperCase()}`;

const users = {
  clear: { Password: 'clear-secret', UserData: 'clear', Groups: ['readers'] },
  // For each client a user of its own, because the first login with SHA-256 of a hash-only user is another one than the second.
  ...Object.fromEntries(['hash0', 'hash1', 'hash2', 'hash3'].map((user) => [user, { MysqlNativePassword: nativeHash(`${user}-secret`) }])),
  two: [{ Password: 'old-secret' }, { Password: 'new-secret' }],
  elsewhere: { Password: 'else-secret', SourceHost: '192.0.2.1' },
};

const keyspaces = [
  {
    name: 'commerce', vschema: { tables: { airports: {}, big: {}, flight_seq: { type: 'sequence' } } },
    schema: `create table airports (iata char(4) primary key, name varchar(100) not null); create table big (id int primary key, data longblob);
      create table flight_seq (id bigint primary key, next_id bigint, cache bigint) comment 'vitess_sequence'; insert into flight_seq values (0, 1, 100);`,
  },
  {
    name: 'flights', shards: ['-80', '80-'],
    vschema: { sharded: true, vindexes: { xxhash: { type: 'xxhash' } }, tables: { flight: { column_vindexes: [{ column: 'id', name: 'xxhash' }], auto_increment: { column: 'id', sequence: 'commerce.flight_seq' } } } },
    schema: 'create table flight (id bigint primary key, delay int not null, distance int not null, time double not null);',
  },
];

let cluster: ClusterUnderTest;
let host: string;
let port: number;
let admin: Connection;

beforeAll(async () => {
  cluster = await startCluster({ keyspaces, users });
  [host, port] = [cluster.mysql.split(':')[0] ?? '', Number(cluster.mysql.split(':')[1])];
  admin = await createConnection(mysql2Options(login()));
  await admin.query("insert into airports values ('SFO', 'San Francisco'), ('ORD', 'O''Hare'), ('ZRH', 'Zürich')");
  await admin.query(`insert into flights.flight (delay, distance, time) values ${Array.from({ length: 40 }, (_, i) => `(${i % 7}, ${100 * (i % 4)}, ${i}.5)`).join(', ')}`);
}, 120_000);
afterAll(() => admin?.end());

const login = (more: Partial<Login> = {}): Login => ({ host, port, user: 'clear', password: 'clear-secret', tls: false, ...more });

/** What the cluster's own account runs on the servers now. */
async function shardStatements(): Promise<string[]> {
  const { app } = JSON.parse(await readFile(join(cluster.data, 'credentials.json'), 'utf8')) as { app: { user: string; password: string } };
  const found = await Promise.all(['zone1-100', 'zone1-101', 'zone1-102'].map(async (alias) => {
    const session = await createConnection({ socketPath: join(cluster.data, alias, 'mysqld.sock'), ...app });
    const [rows] = await session.query<RowDataPacket[]>('show full processlist');
    await session.end();
    return rows.map((row) => String(row['Info'] ?? ''));
  }));
  return found.flat();
}

for (const [at, client] of clientPrograms.entries()) {
  if (client.missing !== undefined) console.warn(`skipped: ${client.name}: ${client.missing}`);
  describe.skipIf(client.missing !== undefined)(client.name, () => {
    for (const tls of [false, true]) {
      describe(tls ? 'over TLS' : 'without TLS', () => {
        for (const plugin of client.plugins.length > 0 ? client.plugins : [undefined]) {
          it(`logs in twice with ${plugin ?? 'what it is asked for'}, by password and by native hash`, async () => {
            // The second login of a user known by a native hash alone may take the fast path of SHA-256.
            for (const { user, password } of [{ user: 'clear', password: 'clear-secret' }, { user: `hash${at}`, password: `hash${at}-secret` }]) {
              for (const time of ['first', 'second']) {
                const { lines, message } = await client.run(login({ user, password, tls, plugin }), ["select concat('hello ', substring_index(user(), '@', 1))"]);
                expect({ lines, message }, `${user}, ${time} login`).toEqual({ lines: [`hello ${user}`], message: undefined });
              }
            }
          });
        }

        it('is refused with 1045 for a wrong password, no password, an unknown user, and from another host than allowed', async () => {
          const wrong = [
            { user: 'clear', password: 'Clear-secret' }, { user: 'clear', password: '' }, { user: `hash${at}`, password: 'nothing' }, { user: 'nobody', password: 'clear-secret' }, { user: 'elsewhere', password: 'else-secret' },
          ];
          for (const attempt of wrong) {
            const { errno, message } = await client.run(login({ ...attempt, tls }), ['select 1']);
            expect({ errno, message }, JSON.stringify(attempt)).toEqual({ errno: 1045, message: expect.stringContaining(`Access denied for user '${attempt.user}'`) });
          }
        });
      });
    }

    it('takes either of two valid passwords', async () => {
      for (const password of ['old-secret', 'new-secret']) expect((await client.run(login({ user: 'two', password, tls: true }), ['select 1'])).lines).toEqual(['1']);
    });

    it('is told 1049 for an unknown database, at login and by USE', async () => {
      expect((await client.run(login({ database: 'nowhere' }), ['select 1'])).errno).toBe(1049);
      expect((await client.run(login(), ['use nowhere', 'select 1'])).errno).toBe(1049);
    });

    it("does the demo's queries: unqualified, by keyspace, after USE, scattered, joined", async () => {
      const ask = async (texts: readonly string[], database?: string) => {
        const { lines, message } = await client.run(login({ database }), texts);
        expect(message).toBeUndefined();
        return lines;
      };
      expect(await ask(['select name from airports order by iata'])).toEqual(["O'Hare", 'San Francisco', 'Zürich']);
      expect(await ask(['select count(*) from flights.flight'])).toEqual(['40']);
      expect(await ask(['use flights', 'select count(*), sum(delay) from flight where distance > 100'])).toEqual(['20\t60']);
      expect(await ask(['select distance, count(*) as n from flight group by distance order by n desc, distance limit 2'], 'flights')).toEqual(['0\t10', '100\t10']);
      expect(await ask(['select count(*) from commerce.airports a join flights.flight f where f.distance = 300'])).toEqual(['30']);
      expect(await ask(['show databases'])).toEqual(expect.arrayContaining(['commerce', 'flights']));
      const shards = ['-80', '80-'];
      const counts = await Promise.all(shards.map(async (shard) => Number((await ask(['select count(*) from flight'], `flights:${shard}`))[0])));
      expect((counts[0] ?? 0) + (counts[1] ?? 0)).toBe(40);
      expect(Math.min(...counts)).toBeGreaterThan(0);
    });

    it('commits and rolls back, over two shards too', async () => {
      const base = 1000 * (at + 1);
      const { lines, message } = await client.run(login({ database: 'flights' }), [
        'begin', `insert into flight values (${base}, 1, ${base}, 1), (${base + 1}, 1, ${base}, 1), (${base + 2}, 1, ${base}, 1), (${base + 3}, 1, ${base}, 1)`, `select count(*) from flight where distance = ${base}`, 'rollback',
        `select count(*) from flight where distance = ${base}`,
        'start transaction', `insert into flight values (${base}, 2, ${base}, 1), (${base + 1}, 2, ${base}, 1)`, `update flight set delay = delay + 1 where distance = ${base}`, 'commit',
        `select sum(delay) from flight where distance = ${base}`, `delete from flight where distance = ${base}`, `select count(*) from flight where distance = ${base}`,
      ]);
      expect(message).toBeUndefined();
      expect(lines).toEqual(['4', '0', '6', '0']);
    });

    it('sends several statements in one packet and ends at the first error', async () => {
      const good = await client.run(login({ database: 'flights' }), ["select 1; select 'a;b' as x; select count(*) from flight where id < 0"]);
      expect(good).toEqual({ lines: ['1', 'a;b', '0'] });
      const bad = await client.run(login({ database: 'flights' }), ['select 1; select missing from flight; select 2']);
      expect(bad.message).toContain('missing');
      expect(bad.lines).not.toContain('2');
    });

    it('prepares and executes by SQL', async () => {
      const { lines, message } = await client.run(login({ database: 'commerce' }), ["prepare p from 'select name from airports where iata = ?'", "set @code = 'SFO'", 'execute p using @code', "set @code = 'ORD'", 'execute p using @code', 'deallocate prepare p']);
      expect(message).toBeUndefined();
      expect(lines).toEqual(['San Francisco', "O'Hare"]);
    });

    it('writes and reads a value of more than 16 MiB', async () => {
      const size = 17 * 1024 * 1024;
      const value = 'vtrewind'.repeat(size / 8);
      const { lines, message } = await client.run(login({ database: 'commerce' }), [`insert into big values (${at}, '${value}')`, `select length(data), sha1(data) from big where id = ${at}`, `select data from big where id = ${at}`]);
      expect(message).toBeUndefined();
      expect(lines[0]).toBe(`${size}\t${sha1(value).toString('hex')}`);
      // PyMySQL shows bytes as b'…'.
      expect((lines[1] ?? '').replace(/^b'|'$/g, '') === value).toBe(true);
      expect(lines.length).toBe(2);
    });

    it('is interrupted by KILL QUERY and goes on; KILL ends it', async () => {
      const mark = `kill me ${at}`;
      const idOf = async (text: string) => {
        const [rows] = await admin.query<RowDataPacket[]>('show processlist');
        const info = (row: RowDataPacket) => String(row['Info'] ?? '');
        return rows.find((row) => info(row).includes(text) && !info(row).includes('processlist'))?.['Id'] as string | undefined;
      };
      const asleep = async (text: string) => waitFor(`'${text}' to run`, () => idOf(text), { timeoutMs: 20_000 });
      const query = client.run(login({ database: 'commerce' }), [`select count(*) from airports where sleep(20) = 0 and '${mark} q' <> ''`]);
      await admin.query(`kill query ${await asleep(`${mark} q`)}`);
      expect(await query).toMatchObject({ errno: 1317 });
      const connection = client.run(login({ database: 'flights' }), [`select count(*) from flight where sleep(20) = 0 and '${mark} c' <> ''`]);
      await admin.query(`kill ${await asleep(`${mark} c`)}`);
      // The client library's own words for a connection that ended: 2013 (lost), -1 (mysql2 gives no number).
      expect((await connection).errno).toBeOneOf([2013, 2006, -1, 1317]);
      await waitFor('no shard to work for a client that is gone', async () => !(await shardStatements()).some((info) => info.includes(mark)), { timeoutMs: 5_000 });
    });
  });
}

describe('prepared statements of the protocol', () => {
  it('run on one shard, on all, and in a transaction, as often as wanted', async () => {
    const session = await createConnection(mysql2Options(login({ database: 'flights', tls: true })));
    try {
      for (let id = 1; id <= 20; id++) {
        const [rows] = await session.execute<RowDataPacket[]>('select id, time from flight where id = ?', [id]);
        expect(rows).toEqual([{ id: String(id), time: id - 0.5 }]);
      }
      const [scattered] = await session.execute<RowDataPacket[]>('select distance, count(*) as n from flight where delay >= ? group by distance order by distance', [0]);
      expect(scattered.map((row) => Number(row['n']))).toEqual([10, 10, 10, 10]);
      await session.beginTransaction();
      const [inserted] = await session.execute('insert into flight (delay, distance, time) values (?, ?, ?)', [1, 77, 0.25]);
      expect((inserted as { insertId: number }).insertId).toBeGreaterThan(40);
      await session.rollback();
      expect((await session.execute<RowDataPacket[]>('select count(*) as n from flight where distance = ?', [77]))[0]).toEqual([{ n: '0' }]);
    } finally {
      await session.end();
    }
  });
});
