import type { Connection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.ts';
import { flavours } from '../support/servers.ts';
import { type GateCluster, startGateCluster } from './gateCluster.ts';

const rows = async (c: Connection, sql: string, values?: unknown[]): Promise<unknown[][]> => {
  const [found] = await c.query<RowDataPacket[][]>({ sql, rowsAsArray: true, ...(values === undefined ? {} : { values }) });
  return found as unknown as unknown[][];
};
const run = async (c: Connection, sql: string): Promise<ResultSetHeader> => (await c.query<ResultSetHeader>(sql))[0];

for (const flavour of await flavours()) for (const protocol of ['mysql', 'grpc'] as const) {
  describe(`sessions over ${protocol} to ${flavour}`, () => {
    let cluster: GateCluster;
    let c: Connection;
    beforeAll(async () => {
      cluster = await startGateCluster(flavour, protocol);
      c = await cluster.connect();
      await run(c, 'insert into ks.t values (1, "one", 1), (10, "two", 2), (3, "three", 3), (14, null, 4), (5, "five", 5)');
      await run(c, 'insert into un.plain (id, name, k) values (1, "a", 10), (2, "b", 20), (3, "c", 30)');
    }, 130_000);
    afterAll(async () => {
      await c?.end();
      await cluster?.stop();
    }, 60_000);

    it('answers from one shard, from all, and joins', async () => {
      expect(await rows(c, 'select id, name from ks.t where id = 3')).toEqual([[3, 'three']]);
      expect(await rows(c, 'select id from ks.t order by id desc limit 2')).toEqual([[14], [10]]);
      expect(await rows(c, 'select count(*) from ks.t')).toEqual([[5]]);
      expect(await rows(c, 'select p.k, t.name from un.plain p join ks.t t on t.id = p.id order by p.k')).toEqual([[10, 'one'], [30, 'three']]);
      expect(await rows(c, 'select name from t where id in (1, 5) order by name')).toEqual([['five'], ['one']]);
    });

    it('hides the tablets\' database in metadata and errors', async () => {
      const [, fields] = await c.query('select * from un.plain p where id = 1');
      expect(fields.map((field) => [field.name, (field as { schema?: string }).schema, (field as { orgTable?: string }).orgTable])[0]).toEqual(['id', 'un', 'plain']);
      await expect(c.query('select * from un.nope')).rejects.toMatchObject({ errno: 1146, message: expect.not.stringContaining('vt_') });
    });

    it('follows targets: USE, the database at connect, and COM_INIT_DB', async () => {
      const d = await cluster.connect({ database: 'ks:-80' });
      const first = (await rows(d, 'select id from t order by id')).flat();
      await run(d, 'use `ks:80-@primary`');
      const second = (await rows(d, 'select id from t order by id')).flat();
      expect([first, second]).toEqual([[10, 14], [1, 3, 5]]);
      expect(await rows(d, 'select database()')).toEqual([['ks:80-@primary']]);
      await d.changeUser({ user: 'root', database: 'un@replica' });
      await waitFor('the replica to catch up', async () => (await rows(d, 'select count(*) from plain'))[0]?.[0] === 3, { timeoutMs: 10_000 });
      await expect(run(d, 'insert into plain (name) values ("no")')).rejects.toMatchObject({ errno: expect.any(Number) });
      await expect(run(d, 'use nowhere')).rejects.toMatchObject({ errno: 1049 });
      await expect(cluster.connect({ database: 'nowhere' })).rejects.toMatchObject({ errno: 1049 });
      await d.end();
    });

    it('keeps what the session has: last_insert_id, found_rows, user variables, warnings', async () => {
      const d = await cluster.connect({ database: 'un' });
      const { insertId } = await run(d, 'insert into plain (name, k) values ("new", 1), ("newer", 2)');
      expect(await rows(d, 'select last_insert_id()')).toEqual([[insertId]]);
      await rows(d, 'select * from plain where k in (1, 2)');
      expect(await rows(d, 'select found_rows()')).toEqual([[2]]);
      await run(d, 'delete from plain where k in (1, 2)');
      expect(await rows(d, 'select row_count()')).toEqual([[2]]);
      await run(d, 'set @a = 41, @b = "x"');
      expect(await rows(d, 'select @a + 1, @b, @c')).toEqual([[42, 'x', null]]);
      if (protocol === 'mysql') {
        await run(d, 'drop table if exists un.not_there');
        expect((await rows(d, 'show warnings')).length).toBeLessThan(2);
        await run(d, "set sql_mode = ''");
        await run(d, 'update plain set k = "12abc" where id = 1');
        expect((await rows(d, 'show warnings'))[0]?.slice(0, 2)).toEqual(['Warning', 1265]);
        expect(await rows(d, 'show count(*) warnings')).toEqual([[1]]);
      }
      await run(d, 'update plain set k = 10 where id = 1');
      expect(await rows(d, 'select connection_id()')).toEqual([[d.threadId]]);
      await d.end();
    });

    it('reads and writes text in the session\'s own mode and character set', async () => {
      const d = await cluster.connect();
      await run(d, "set sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES,PIPES_AS_CONCAT'");
      expect(await rows(d, "select 'a\\b', id || '\\' y, \"name\" from ks.t where name <> 'q\\' order by id limit 1")).toEqual([['a\\b', '1\\', 'one']]);
      await run(d, "set sql_mode = ''");
      await run(d, 'set names latin1');
      // The driver sends UTF-8: two characters of latin1, which the tablet must see as such.
      expect(await rows(d, "select char_length('é'), charset('é'), id from ks.t order by id limit 1")).toEqual([[2, 'latin1', 1]]);
      await d.end();
    });

    it('remembers last_insert_id(n), finds targets in table names, and knows a table that is nowhere', async () => {
      const d = await cluster.connect();
      await rows(d, 'select last_insert_id(7)');
      expect(await rows(d, 'select last_insert_id()')).toEqual([[7]]);
      await rows(d, 'select last_insert_id(id) from ks.t where id = 10');
      expect(await rows(d, 'select last_insert_id()')).toEqual([[10]]);
      expect((await rows(d, 'select id from `ks:-80`.t order by id')).flat()).toEqual([10, 14]);
      expect((await rows(d, 'select x.id from `ks:80-@primary`.t x order by id')).flat()).toEqual([1, 3, 5]);
      for (const sql of ['select * from ks.nope', 'insert into ks.nope values (1)']) {
        await expect(d.query(sql)).rejects.toMatchObject({ errno: 1146, sqlState: '42S02', message: expect.stringContaining('table nope not found') });
      }
      await d.end();
    });

    it('carries settings over shared connections and leaks none to another session', async () => {
      const [d, e] = [await cluster.connect({ database: 'un' }), await cluster.connect({ database: 'un' })];
      await run(d, "set sql_mode = 'ANSI_QUOTES', time_zone = '+05:00'");
      for (let i = 0; i < 5; i++) {
        expect(await rows(d, 'select @@sql_mode, @@time_zone')).toEqual([['ANSI_QUOTES', '+05:00']]);
        expect((await rows(e, 'select @@time_zone'))[0]?.[0]).toBe('SYSTEM');
      }
      expect(await rows(d, 'select "name" from plain where id = 2')).toEqual([['b']]);
      expect(await rows(e, 'select "name" from plain where id = 2')).toEqual([['name']]);
      await expect(run(d, 'set sql_mode = "nonsense"')).rejects.toMatchObject({ errno: expect.any(Number) });
      expect(await rows(d, 'select @@sql_mode')).toEqual([['ANSI_QUOTES']]);
      await d.end();
      await e.end();
    });

    it('commits and rolls back over shards; savepoints; autocommit off', async () => {
      const [d, other] = [await cluster.connect({ database: 'ks' }), await cluster.connect({ database: 'ks' })];
      const values = async (x: Connection) => (await rows(x, 'select v from t where id in (1, 10, 3) order by v')).flat();
      await run(d, 'begin');
      await run(d, 'update t set v = v + 100 where id = 1');
      await run(d, 'savepoint s');
      await run(d, 'update t set v = v + 100 where id = 10');
      await run(d, 'update t set v = v + 100 where id = 3');
      expect(await values(d)).toEqual([101, 102, 103]);
      expect(await values(other)).toEqual([1, 2, 3]);
      await run(d, 'rollback to s');
      expect(await values(d)).toEqual([2, 3, 101]);
      await run(d, 'rollback');
      expect(await values(d)).toEqual([1, 2, 3]);
      await run(d, 'set autocommit = 0');
      await run(d, 'update t set v = 50 where id in (1, 10, 3)');
      expect(await values(other)).toEqual([1, 2, 3]);
      await run(d, 'commit');
      expect(await values(other)).toEqual([50, 50, 50]);
      await run(d, 'update t set v = case id when 10 then 2 else id end where id in (1, 10, 3)');
      await run(d, 'set autocommit = 1');
      expect(await values(other)).toEqual([1, 2, 3]);
      await run(d, "set transaction_mode = 'SINGLE'");
      await run(d, 'begin');
      await run(d, 'update t set v = 0 where id = 1');
      await expect(run(d, 'update t set v = 0 where id = 10')).rejects.toMatchObject({ errno: 1317, message: expect.stringContaining('multi-db transaction attempted') });
      await run(d, 'rollback');
      expect(await values(other)).toEqual([1, 2, 3]);
      await d.end();
      await other.end();
    });

    it('a client that goes loses its transaction', async () => {
      const d = await cluster.connect({ database: 'ks' });
      await run(d, 'begin');
      await run(d, 'update t set v = 77 where id = 1');
      d.destroy();
      await waitFor('the lock to be free', async () => (await run(c, 'update ks.t set v = 1 where id = 1')).affectedRows === 1, { timeoutMs: 20_000 });
      expect(await rows(c, 'select v from ks.t where id = 1')).toEqual([[1]]);
    });

    it('prepares statements: parameters of all kinds, NULL, lists, DML, another shard each time', async () => {
      const d = await cluster.connect({ database: 'ks' });
      for (const [id, name] of [[1, 'one'], [10, 'two'], [3, 'three'], [1, 'one']] as const) expect((await d.execute<RowDataPacket[]>('select id, name from t where id = ?', [id]))[0]).toEqual([{ id, name }]);
      expect((await d.execute<RowDataPacket[]>('select id from t where id in (?, ?) order by id', [5, 10]))[0]).toEqual([{ id: 5 }, { id: 10 }]);
      expect((await d.execute<RowDataPacket[]>('select count(*) as n from t where v > ? and name is not null', [1.5]))[0]).toEqual([{ n: 3 }]);
      expect((await d.execute<ResultSetHeader>('update t set name = ? where id = ?', [null, 5]))[0].affectedRows).toBe(1);
      expect((await d.execute<RowDataPacket[]>('select name from t where id = ?', [5]))[0]).toEqual([{ name: null }]);
      expect((await d.execute<ResultSetHeader>('insert into un.plain (name, k, big) values (?, ?, ?)', ['é', -7, Buffer.from([0, 255, 39, 92])]))[0].affectedRows).toBe(1);
      expect((await d.execute<RowDataPacket[]>('select name, big from un.plain where k = ?', [-7]))[0]).toEqual([{ name: 'é', big: Buffer.from([0, 255, 39, 92]) }]);
      expect((await d.execute<RowDataPacket[]>('select ? as a, ? as b', ['x', 3]))[0]).toHaveLength(1);
      await expect(d.execute('select nope from t where id = ?', [1])).rejects.toMatchObject({ errno: 1054 });
      await run(d, 'delete from un.plain where k = -7');
      await d.end();
    });

    it('runs several statements of one packet when the client may', async () => {
      const d = await cluster.connect({ database: 'un', multipleStatements: true });
      const [results] = await d.query<RowDataPacket[][]>("select 1 as a; select ';' as b; select name from plain where id = 1;");
      expect(results).toEqual([[{ a: 1 }], [{ b: ';' }], [{ name: 'a' }]]);
      await expect(d.query('select 1; selekt; select 2')).rejects.toMatchObject({ errno: 1064 });
      await d.end();
      await expect(c.query('select 1; select 2')).rejects.toMatchObject({ errno: 1064 });
    });

    it('sends packets beyond 16 MiB both ways', async () => {
      const d = await cluster.connect({ database: 'un' });
      const big = Buffer.alloc(17 << 20, 'x');
      await d.execute('insert into plain (id, name, big) values (?, "big", ?)', [1000, big]);
      const [found] = await d.query<RowDataPacket[]>('select big from plain where id = 1000');
      expect(big.equals(found[0]?.['big'])).toBe(true);
      await run(d, 'delete from plain where id = 1000');
      await d.end();
    }, 60_000);

    it('fills ids from sequences', async () => {
      const { insertId } = await run(c, 'insert into ks.u (a, b) values (1, "p"), (2, "q"), (3, "r")');
      expect(await rows(c, `select a from ks.u where id >= ${insertId} order by id`)).toEqual([[1], [2], [3]]);
    });

    it('kills a statement and a connection by their ids at the gate', async () => {
      const d = await cluster.connect({ database: 'un' });
      const sleeping = rows(d, 'select sleep(30)').then((answer) => answer[0]?.[0], (error: { errno: number }) => error.errno);
      await waitFor('the statement to run', async () => (await rows(c, 'show processlist')).some((line) => String(line[7]).includes('sleep(30)')), { timeoutMs: 5_000 });
      await run(c, `kill query ${d.threadId}`);
      expect([1317, 1, 1105]).toContain(await sleeping);
      expect(await rows(d, 'select 1')).toEqual([[1]]);
      const gone = new Promise((resolve) => d.once('error', resolve));
      d.on('error', () => undefined);
      await run(c, `kill ${d.threadId}`);
      await gone;
      await expect(run(c, 'kill 4000000')).rejects.toMatchObject({ errno: 1094 });
    });

    it('shows what it knows', async () => {
      expect((await rows(c, 'show keyspaces')).flat()).toEqual(['ks', 'un']);
      expect((await rows(c, "show databases like 'k%'")).flat()).toEqual(['ks']);
      expect((await rows(c, 'show vitess_shards')).flat()).toEqual(['ks/-80', 'ks/80-', 'un/0']);
      expect((await rows(c, 'show vitess_tablets')).map((line) => line.slice(1, 5).join(' '))).toEqual(['ks -80 PRIMARY SERVING', 'ks 80- PRIMARY SERVING', 'un 0 PRIMARY SERVING', 'un 0 REPLICA SERVING']);
      expect((await rows(c, 'show tables from un')).flat()).toEqual(['plain', 'u_seq']);
      expect((await rows(c, 'show vschema tables from ks')).flat()).toEqual(['t', 'u']);
      expect((await rows(c, "show variables like 'version_comment'"))).toEqual([['version_comment', 'vtrewind']]);
      expect((await rows(c, 'show columns from ks.t')).map((line) => line[0])).toEqual(['id', 'name', 'v']);
      expect(await rows(c, 'select @@autocommit, @@version_comment')).toEqual([[1, 'vtrewind']]);
      expect(await rows(c, 'show snapshots')).toEqual([]);
    });

    it('sends DDL to every shard and sees the tables at once', async () => {
      await run(c, 'create table ks.made (id int primary key)');
      for (const shard of ['-80', '80-']) {
        const d = await cluster.connect({ database: `ks:${shard}` });
        expect((await rows(d, 'show tables')).flat()).toContain('made');
        await d.end();
      }
      await run(c, 'drop table ks.made');
      await run(c, 'create table un.later (id int primary key, name text)');
      await run(c, 'insert into un.later values (1, "x")');
      expect(await rows(c, 'select name from later')).toEqual([['x']]);
      await run(c, 'drop table un.later');
    });

    if (protocol === 'mysql') it('passes single-shard statements through undecoded', async () => {
      const before = await cluster.vars();
      for (let i = 0; i < 10; i++) await rows(c, 'select * from ks.t where id = 1');
      const after = await cluster.vars();
      expect(Number(after['StatementsRelayed']) - Number(before['StatementsRelayed'])).toBe(10);
      expect(Number(after['QueryPlanCacheMisses']) - Number(before['QueryPlanCacheMisses'])).toBeLessThan(2);
    });

    it('serves health, metrics and a page', async () => {
      expect((await fetch(`${cluster.http}/healthz`)).status).toBe(200);
      const metrics = await (await fetch(`${cluster.http}/metrics`)).text();
      for (const name of ['vtgate_mysql_server_conn_count', 'vtgate_mysql_server_timings_bucket', 'vtgate_query_plan_cache_hits', 'vtgate_healthcheck_connections']) expect(metrics).toContain(name);
      expect(await (await fetch(cluster.http)).text()).toContain('vtrewind gate');
      expect(await (await fetch(`${cluster.http}/debug/health`)).json()).toHaveLength(4);
    });
  });
}
