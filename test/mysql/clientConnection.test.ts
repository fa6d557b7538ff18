import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MysqlClientConnection } from '../../src/mysql/clientConnection.ts';
import { CAPABILITY } from '../../src/mysql/constants/capabilities.ts';
import { TYPE } from '../../src/mysql/constants/columnTypes.ts';
import { MysqlPool } from '../../src/mysql/pool.ts';
import type { Row } from '../../src/vitess/queryService.ts';
import { flavours, startServer, type TestServer } from '../support/servers.ts';

const texts = (rows: readonly Row[]) => rows.map((row) => row.map((value) => value?.toString() ?? null));

for (const flavour of await flavours()) {
  describe(`our client against ${flavour}`, () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startServer({ flavour, options: ['max_allowed_packet=64M'] });
      const root = await server.connect();
      await root.query('create database c');
      await root.query("create user native@'%' identified by 'pw'");
      if (flavour === 'mysql') await root.query("create user sha2@'%' identified with caching_sha2_password by 'secret'");
      await root.query("grant all on *.* to native@'%'");
      await root.end();
    }, 120_000);
    afterAll(async () => server?.stop());
    const open = (more: object = {}) => MysqlClientConnection.connect({ host: '127.0.0.1', port: server.port, user: 'root', database: 'c', ...more });

    it('buffers a result with its column metadata, also without DEPRECATE_EOF', async () => {
      for (const withoutCapabilities of [0, CAPABILITY.DEPRECATE_EOF]) {
        const c = await open({ withoutCapabilities });
        const result = await c.query("select 1 as a, 'x' as b, null as n");
        expect(texts(result.rows)).toEqual([['1', 'x', null]]);
        expect(result.fields.map((f) => [f.name, f.type])).toEqual([['a', expect.any(Number)], ['b', TYPE.VARCHAR], ['n', expect.any(Number)]]);
        expect((await c.query('do 1')).rowsAffected).toBe(0n);
        await expect(c.query('select * from nope')).rejects.toMatchObject({ mysql: 1146, sqlState: '42S02' });
        await c.ping();
        c.quit();
      }
    });

    it('reads binary rows as the text protocol spells them, all types', async () => {
      const c = await open();
      await c.query(`create or replace table t0 (a int)`).catch(() => undefined);
      await c.query('drop table if exists types');
      await c.query(`create table types (id int primary key, ti tinyint, tu tinyint unsigned, si smallint, mi mediumint, bi bigint, bu bigint unsigned, z int(6) zerofill,
        f float, d double, dec_ decimal(20,5), dt date, t0 time, t6 time(6), d0 datetime, d3 datetime(3), ts timestamp null, y year, ch char(5), vc varchar(20), bin binary(3), vb varbinary(9),
        bl blob, tx text, en enum('a','b'), st set('x','y'), b bit(10), j json)`);
      await c.query(`insert into types values (1, -128, 255, -32768, -8388608, -9223372036854775808, 18446744073709551615, 42, 1.5, 2.25e-8, -12345.67800, '2024-02-29', '-838:59:59', '12:00:00.000001',
        '2024-02-29 12:34:56', '2024-02-29 12:34:56.789', '2001-01-01 00:00:01', 1999, 'abc', 'déjà', 'a', x'00ff', x'00', repeat('x', 300), 'b', 'x,y', b'1000000001', '{"a": 1}'),
        (2, null, null, null, null, null, null, null, 1e20, 1e15, 0, '0001-01-01', '00:00:00', '-00:00:00.5', '2024-01-01 00:00:00', '2024-01-01', null, null, '', '', '', '', '', '', null, '', b'0', null),
        (3, 0, 0, 0, 0, 0, 0, 0, 3.14159, 0.1, 1, '9999-12-31', '100:00:00', '00:00:00', '9999-12-31 23:59:59', '9999-12-31 23:59:59.999', null, 2155, 'x', 'y', 'z', 'q', 'b', 't', 'a', 'x', b'1', '[]')`);
      const text = await c.query('select * from types order by id');
      const statement = await c.prepare('select * from types order by id');
      expect(statement.parameters).toHaveLength(0);
      expect(statement.columns).toHaveLength(28);
      const binary = await c.execute(statement, []);
      expect(texts(binary.rows)).toEqual(texts(text.rows));
      expect(binary.fields.map((f) => f.type)).toEqual(text.fields.map((f) => f.type));
      c.closeStatement(statement);
      const bound = await c.prepare('select ? + 1, ?, ?, ?');
      const values = [{ type: TYPE.INT64, value: Buffer.from('-5') }, { type: TYPE.VARCHAR, value: Buffer.from('é') }, { type: TYPE.NULL_TYPE }, { type: TYPE.DECIMAL, value: Buffer.from('1.50') }];
      expect(texts((await c.execute(bound, values)).rows)).toEqual([['-4', 'é', null, '1.50']]);
      c.quit();
    });

    it('sends and reads packets beyond 16 MiB', async () => {
      const c = await open();
      const big = 'x'.repeat(17 * 1024 * 1024);
      const result = await c.query(`select '${big}' as big, 1 as one`);
      expect(result.rows[0]?.[0]?.length).toBe(big.length);
      expect(result.rows[0]?.[1]?.toString()).toBe('1');
      for (const size of [0xffffff - 20, 0xffffff, 0xffffff + 1]) {
        const exact = await c.query(`select length('${'y'.repeat(size)}')`);
        expect(exact.rows[0]?.[0]?.toString()).toBe(String(size));
      }
      c.quit();
    }, 60_000);

    it('streams with back-pressure: rows arrive in bounded parts and the server waits', async () => {
      const c = await open();
      await c.query('drop table if exists many');
      await c.query('create table many (id int auto_increment primary key, pad varchar(1000))');
      await c.query(`insert into many (pad) values ${"(repeat('p', 1000)),".repeat(2000).slice(0, -1)}`);
      let rows = 0;
      let largest = 0;
      let fields = 0;
      await c.streamQuery('select m.* from many m, (select 1 union select 2 union select 3) d', async (part) => {
        await new Promise((resolve) => setImmediate(resolve));
        fields += part.fields?.length ?? 0;
        rows += part.rows.length;
        largest = Math.max(largest, part.rows.length);
      });
      expect(rows).toBe(6000);
      expect(fields).toBe(2);
      expect(largest).toBeLessThan(400);
      await expect(c.streamQuery('select id from many', () => Promise.reject(new Error('stop')))).rejects.toThrow('stop');
      expect(c.closed).toBe(true);
    });

    it('logs in with every plugin of the server, with and without TLS', async () => {
      const user = await open({ user: 'native', password: 'pw' });
      expect(texts((await user.query('select current_user()')).rows)).toEqual([['native@%']]);
      await user.changeUser({ user: 'root', database: 'c' });
      expect(texts((await user.query('select database()')).rows)).toEqual([['c']]);
      user.quit();
      await expect(open({ user: 'native', password: 'wrong' })).rejects.toMatchObject({ mysql: 1045 });
      if (flavour === 'mysql') {
        for (const round of [1, 2]) {
          const plain = await open({ user: 'sha2', password: 'secret', database: undefined });
          expect(texts((await plain.query(`select ${round}`)).rows)).toEqual([[String(round)]]);
          plain.quit();
        }
        const secure = await open({ user: 'sha2', password: 'secret', database: undefined, tls: { mode: 'required' } });
        expect((await secure.query("show status like 'Ssl_cipher'")).rows[0]?.[1]?.length).toBeGreaterThan(0);
        secure.quit();
        await expect(open({ tls: { mode: 'verify_ca', ca: '' } })).rejects.toMatchObject({ mysql: 2003 });
      }
    });

    it('connects through the unix socket, and refuses where nobody listens', async () => {
      const c = await MysqlClientConnection.connect({ socketPath: server.socket, user: 'root' });
      expect(c.flavour).toBe(flavour);
      c.quit();
      await expect(MysqlClientConnection.connect({ host: '127.0.0.1', port: 1, user: 'root' })).rejects.toMatchObject({ mysql: 2003 });
    });

    it('streams the binlog from its start', async () => {
      const c = await open();
      await c.query('set @master_binlog_checksum=@@global.binlog_checksum, @source_binlog_checksum=@@global.binlog_checksum');
      if (flavour === 'mariadb') await c.query('set @mariadb_slave_capability=4');
      await c.registerReplica({ serverId: 990 });
      const file = (await c.query('show binary logs')).rows[0]?.[0]?.toString() ?? '';
      const types: number[] = [];
      for await (const event of c.dumpBinlog({ kind: 'file', serverId: 990, file, position: 4, flags: 1 })) {
        types.push(event[4] as number);
        if (types.length > 20) break;
      }
      expect(types[0]).toBe(4);
      expect(types).toContain(15);
      expect(c.closed).toBe(true);
    });

    it('aborting a query destroys its connection and rejects with the reason', async () => {
      const c = await open();
      const abort = new AbortController();
      const running = c.query('select sleep(30)', { signal: abort.signal });
      abort.abort(new Error('enough'));
      await expect(running).rejects.toThrow('enough');
      await expect(c.query('select 1')).rejects.toMatchObject({ code: 'VTR0801' });
    });

    describe('the pool', () => {
      it('carries settings: equal ones share a connection, different ones cost a reset', async () => {
        const pool = new MysqlPool({ connect: { host: '127.0.0.1', port: server.port, user: 'root', database: 'c' }, maxConnections: 1, baseline: "set names utf8mb4" });
        const german = { key: 'g', statements: ["set lc_time_names='de_DE'"] };
        const ask = async (settings?: { key: string; statements: string[] }) => {
          const lease = await pool.acquire(settings === undefined ? {} : { settings });
          const result = await lease.connection.query('select connection_id(), @@lc_time_names, database()');
          lease.release();
          return texts(result.rows)[0];
        };
        const [id, names] = (await ask())!;
        expect(names).toBe('en_US');
        expect(await ask(german)).toEqual([id, 'de_DE', 'c']);
        expect(await ask(german)).toEqual([id, 'de_DE', 'c']);
        expect(await ask()).toEqual([id, 'en_US', 'c']);
        expect(pool.stats()).toEqual({ open: 1, idle: 1, inUse: 0, waiting: 0 });
        pool.close();
      });

      it('is bounded, serves waiters in order, times out, and discards what is not fit', async () => {
        const pool = new MysqlPool({ connect: { host: '127.0.0.1', port: server.port, user: 'root', database: 'c' }, maxConnections: 1 });
        const first = await pool.acquire();
        await expect(pool.acquire({ timeoutMs: 50 })).rejects.toMatchObject({ mysql: 1203 });
        const waiting = pool.acquire();
        await first.connection.query('begin');
        first.release();
        const second = await waiting;
        expect(second.connection.threadId).not.toBe(first.connection.threadId);
        const sleeping = second.connection.query('select sleep(30)').then((r) => r.rows[0]?.[0]?.toString(), (error: unknown) => (error as { mysql: number }).mysql);
        await pool.kill(second.connection.threadId, 'query');
        expect([1317, '1']).toContain(await sleeping);
        second.release();
        await expect(pool.acquire({ settings: { key: 'bad', statements: ['set nonsense=1'] } })).rejects.toMatchObject({ mysql: 1193 });
        pool.close();
        await expect(pool.acquire()).rejects.toMatchObject({ mysql: 1053 });
      });
    });
  });
}
