import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection, FieldPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { waitFor } from '../../src/base/wait.ts';
import { ScratchRunner } from '../../src/gate/scratch/scratchRunner.ts';
import { openScratchServer, type ScratchServer } from '../../src/gate/scratch/scratchServer.ts';
import { type GateOnServer, startGateOnServer } from '../dml/gateOnServer.ts';
import { findFlavour, flavours, startServer, temporaryFolder, type TestServer } from '../support/servers.ts';

const vschema = {
  keyspaces: {
    ks: { sharded: true, vindexes: { xxhash: { type: 'xxhash' } }, tables: { emp: { column_vindexes: [{ column: 'id', name: 'xxhash' }] }, odd: { column_vindexes: [{ column: 'id', name: 'xxhash' }] } } },
    other: { sharded: false, tables: { emp: {}, notes: {} } },
  },
};
const tables = {
  ks: [
    `create table emp (id bigint primary key, boss bigint, team varchar(20) collate utf8mb4_general_ci, tag varchar(20) collate utf8mb4_bin, pay decimal(12,4), hired date, seen datetime(3), ok tinyint(1), raw varbinary(40), f double)`,
    `create table odd (id bigint unsigned primary key, e enum('z','a','m'), s set('x','y'), b bit(10), t time(2), y year, ts timestamp(6) null, j json, l char(5) character set latin1, bl blob, u int unsigned zerofill)`,
  ],
  other: ['create table emp (id bigint primary key, x int)', 'create table notes (id bigint primary key, emp_id bigint, note text)'],
};
const teams = ['Red', 'red', 'blue', 'Grün', 'grun', null];
const rows = {
  emp: Array.from({ length: 40 }, (_, i) => `(${i + 1}, ${i === 0 ? 'null' : Math.floor((i + 1) / 2)}, ${teams[i % 6] === null ? 'null' : `'${String(teams[i % 6])}'`}, 'T${i % 3}${i % 2 === 0 ? 'a' : 'A'}', ${i * 1.5 - 7}.125, '20${String(10 + (i % 9)).padStart(2, '0')}-0${(i % 8) + 1}-11', '2024-01-0${(i % 9) + 1} 10:11:12.${100 + i}', ${i % 2}, x'00ff${String(10 + i)}27', ${i} / 3)`.replace(/(-?\d+)\.5\.125/, '$1.625')),
  odd: Array.from({ length: 12 }, (_, i) => `(${i === 0 ? '18446744073709551615' : i}, '${'zam'[i % 3]}', '${['x', 'y', 'x,y', ''][i % 4]}', ${i * 85}, '-1${i % 9}:00:01.25', ${2000 + i}, '2024-06-0${(i % 9) + 1} 01:02:03.000004', '{"k": [${i}, "ä"]}', 'é${i}', x'${'27005cff'.slice(0, 2 * (i % 5))}', ${i})`),
};

/** Statements that no plan over shards covers. */
const statements = [
  'select id, team, rank() over (partition by team order by pay desc, id) r, sum(pay) over (partition by team order by id rows between 1 preceding and current row) s from emp order by id',
  'select id, lag(hired) over (order by id) prev, first_value(tag) over w as f, ntile(4) over w as n from emp window w as (order by pay, id) order by id',
  'with recursive up as (select id, boss, 1 as depth from emp where boss is null union all select e.id, e.boss, up.depth + 1 from emp e join up on e.boss = up.id) select depth, count(*), min(id), max(id) from up group by depth order by depth',
  'select e.id, e.pay from emp e where e.pay > (select avg(x.pay) from emp x where x.team = e.team and x.id <> e.id) order by e.id',
  'select e.id, (select count(*) from emp x where x.pay > e.pay and x.ok = e.ok) as above from emp e order by e.id',
  'select team, ok, count(*), sum(pay) from emp group by team, ok with rollup',
  'select tag, count(*) n from emp group by tag with rollup',
  'select id, pay / 3 as d, dense_rank() over (order by hired) h, date_add(hired, interval row_number() over (order by id) day) dd from emp order by id',
  "select id, e, s, b + 0 as b, t, y, ts, j, l, hex(bl) as bl, u, row_number() over (order by e, id) n from odd order by id",
  "select e.id, row_number() over (order by n.note, e.id) r, n.note from emp e join other.notes n on n.emp_id = e.id where e.id < 20 order by e.id",
  "select id, max(raw) over (partition by ok) m, f from emp where team = 'RED' order by id",
];

interface Answer { readonly names: readonly string[]; readonly rows: readonly string[] }

async function answerOf(session: Connection, sql: string): Promise<Answer> {
  const [found, fields] = await session.query<never[]>({ sql, rowsAsArray: true, typeCast: (field: { buffer(): Buffer | null }) => field.buffer()?.toString('latin1') ?? null } as never);
  const shown = (found as unknown as (string | null)[][]).map((row) => row.map((value) => value ?? 'NULL').join(' | '));
  return { names: (fields as FieldPacket[]).map((field) => `${field.name} ${field.columnType} ${field.table} ${field.orgTable} ${field.decimals}`), rows: shown };
}

for (const flavour of await flavours()) {
  describe(`statements over shards of ${flavour} that run on the scratch server, beside one plain server`, () => {
    let server: TestServer;
    let scratch: ScratchServer;
    let gate: GateOnServer;
    let small: GateOnServer;
    let plain: Connection;
    let folder: string;
    beforeAll(async () => {
      const binary = await findFlavour(flavour);
      folder = await temporaryFolder('scratch');
      const [started, opened] = await Promise.all([startServer({ flavour, options: ['character-set-server=utf8mb4'] }), openScratchServer({ choice: binary?.path ?? '', folder, account: { user: '', password: '' }, log: silentLog })]);
      if (opened === undefined) throw new Error('no scratch server');
      [server, scratch] = [started, opened];
      const limits = { maxRows: 100_000, maxBytes: 64 << 20 };
      gate = await startGateOnServer({ server, vschema, schema: tables, shards: 2, prefix: 'a', scratch: new ScratchRunner(scratch, limits, silentLog) });
      small = await startGateOnServer({ server, vschema, schema: tables, shards: 2, prefix: 'b', scratch: new ScratchRunner(scratch, { maxRows: 10, maxBytes: 5000 }, silentLog) });
      plain = await server.connect();
      for (const name of ['ks', 'other'] as const) {
        await plain.query(`create database ${name} character set utf8mb4 collate utf8mb4_general_ci`);
        await plain.query(`use ${name}`);
        for (const table of tables[name]) await plain.query(table);
      }
      await plain.query('use ks');
      for (const session of [plain, await gate.connect({ database: 'ks' }), await small.connect({ database: 'ks' })]) {
        await session.query(`insert into emp values ${rows.emp.join(', ')}`);
        await session.query(`insert into odd values ${rows.odd.join(', ')}`);
        await session.query("insert into other.notes values (1, 2, 'b'), (2, 5, 'A'), (3, 30, null)");
        if (session !== plain) await session.end();
      }
    }, 240_000);
    afterAll(async () => {
      await plain?.end();
      await gate?.stop();
      await small?.stop();
      await scratch?.close();
      await server?.stop();
    });

    const databases = async (): Promise<string[]> => {
      const pool = await scratch.pool();
      const lease = await pool.acquire();
      const { rows: found } = await lease.connection.query("show databases like 'vtrewind\\_scratch%'");
      lease.release();
      return found.map((row) => String(row[0]));
    };

    it('answers windows, recursion, correlated subqueries, rollups, decimals, dates and collations as one server does', async () => {
      const session = await gate.connect({ database: 'ks' });
      for (const sql of statements) expect([sql, await answerOf(session, sql)]).toEqual([sql, await answerOf(plain, sql)]);
      await session.end();
      expect(await databases()).toEqual([]);
    }, 120_000);

    it("runs under the client's settings", async () => {
      const session = await gate.connect({ database: 'ks' });
      const one = await server.connect({ database: 'ks' });
      const settings = ["set sql_mode = 'PIPES_AS_CONCAT'", 'set group_concat_max_len = 12', "set time_zone = '+05:30'", 'set div_precision_increment = 9', "set lc_time_names = 'de_DE'", "set names latin1"];
      for (const text of settings) for (const client of [session, one]) await client.query(text);
      for (const sql of [
        "select id, team || '-' || tag as c, row_number() over (order by id) n, pay / 7 q, date_format(hired, '%W %M') d from emp order by id",
        'select ok, group_concat(tag order by id) g, count(*) from emp group by ok with rollup', 'select id, ts, l, rank() over (order by ts, id) r from odd order by id',
      ]) expect([sql, await answerOf(session, sql)]).toEqual([sql, await answerOf(one, sql)]);
      await Promise.all([session.end(), one.end()]);
    }, 60_000);

    it('takes parameters, user variables and transactions', async () => {
      const session = await gate.connect({ database: 'ks' });
      await session.query('set @least = 30');
      const sql = 'select id, rank() over (order by pay) r, @least as l from emp where id > ? and id > @least order by id';
      const [found] = await session.execute(sql, [35]);
      expect((found as unknown[][]).map((row) => row.map(Number))).toEqual([36, 37, 38, 39, 40].map((id, i) => [id, i + 1, 30]));
      await session.beginTransaction();
      await session.query("insert into emp (id, boss, team) values (100, 1, 'new')");
      expect((await session.query('select max(r) from (select row_number() over (order by id) r from emp) d'))[0]).toEqual([['41']]);
      await session.rollback();
      expect((await session.query('select max(r) from (select row_number() over (order by id) r from emp) d'))[0]).toEqual([['40']]);
      await session.end();
    }, 60_000);

    it('refuses more rows or bytes than allowed and names the flag', async () => {
      const session = await small.connect({ database: 'ks' });
      await expect(session.query('select id, rank() over (order by pay) r from emp')).rejects.toThrow(/more than 10 rows.*--scratch-max-rows/);
      await session.query(`insert into other.notes values (9, 9, repeat('x', 6000))`);
      await expect(session.query('select e.id, n.note, row_number() over (order by n.note) r from emp e join other.notes n on n.emp_id = e.id where e.id = 2')).rejects.toThrow(/more than 5000 bytes.*--scratch-max-bytes/);
      expect((await session.query('select id, rank() over (order by pay, id) r from emp where id < 3 order by id'))[0]).toHaveLength(2);
      await session.end();
      expect(await databases()).toEqual([]);
    }, 60_000);

    it('kills the statement and drops its database when the client goes away, and on an error', async () => {
      const session = await gate.connect({ database: 'ks' });
      session.query("select count(*) over () n, sleep(100) from emp where id < 30").catch(() => undefined);
      await waitFor('the scratch statement to run', async () => (await databases()).length > 0, { timeoutMs: 60_000 });
      session.destroy();
      await waitFor('its database to go', async () => (await databases()).length === 0, { timeoutMs: 60_000 });
      const again = await gate.connect({ database: 'ks' });
      await expect(again.query('select id, rank() over (order by id) r from emp e where e.pay > (select x.pay from emp x where x.ok = e.ok)')).rejects.toMatchObject({ errno: 1242 });
      expect((await again.query('select max(r) from (select row_number() over (order by id) r from emp) d'))[0]).toEqual([['40']]);
      await again.end();
      expect(await databases()).toEqual([]);
    }, 120_000);

    it("ends what a killed gate left, leaves other gates' servers alone, and leaves nothing behind", async () => {
      await scratch.pool();
      const [mine] = readdirSync(folder).filter((name) => name.startsWith('gate-'));
      mkdirSync(join(folder, 'gate-999999999-1-dead'));
      const other = await openScratchServer({ choice: server.binary.path, folder, account: { user: '', password: '' }, log: silentLog });
      expect(readdirSync(folder).filter((name) => name.startsWith('gate-'))).toEqual([mine]);
      await other?.close();
      expect(await databases()).toEqual([]);
      await scratch.close();
      expect(readdirSync(folder).filter((name) => name.startsWith('gate-'))).toEqual([]);
    }, 60_000);
  });
}
