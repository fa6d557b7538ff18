import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { waitFor } from '../../src/base/wait.ts';
import { VtrewindError } from '../../src/base/errors.ts';
import { TYPE } from '../../src/mysql/constants/columnTypes.ts';
import { createMysqlQueryService, type MysqlQueryService } from '../../src/vitess/mysqlQueryService.ts';
import type { Target } from '../../src/vitess/queryService.ts';
import { StatementFailedInTransaction } from '../../src/vitess/statementFailed.ts';
import { flavours, startServer, type TestServer } from '../support/servers.ts';

const target: Target = { keyspace: 'ks', shard: '0', tabletType: 'PRIMARY' };
const text = (v: Buffer | null | undefined) => v?.toString();
const long = process.env.VTREWIND_TEST === 'long';

for (const flavour of await flavours()) describe(`a tablet straight to ${flavour}`, () => {
  let server: TestServer;
  let service: MysqlQueryService;
  const ask = async (sql: string, state = {}, options = {}) => (await service.execute(target, sql, {}, state, options)).rows.map((r) => r.map(text));
  beforeAll(async () => {
    server = await startServer({ flavour });
    const c = await server.connect();
    await c.query('create database vt_ks');
    await c.query('create table vt_ks.t (id bigint primary key auto_increment, v varchar(100))');
    await c.query('create table vt_ks.s (id bigint primary key, next_id bigint, cache bigint)');
    await c.query('insert into vt_ks.s values (0, 1, 10)');
    await c.query('insert into vt_ks.t values (1, "a"), (2, "b")');
    await c.end();
    service = createMysqlQueryService({ connect: { socketPath: server.socket, user: 'root' }, database: 'vt_ks', poolSize: 10, tabletAlias: 'zone1-0000000100', transactionTimeoutMs: 5_000 });
  }, 120_000);
  afterAll(async () => {
    await service?.close();
    await server?.stop();
  });

  it('names the keyspace, not its database, in column descriptions', async () => {
    const { fields } = await service.execute(target, 'select id, v from t', {}, {});
    expect(fields.map((f) => [f.database, f.table, f.name])).toEqual([['ks', 't', 'id'], ['ks', 't', 'v']]);
    expect((await service.execute(target, 'select id from t', {}, {}, { includedFields: 'TYPE_AND_NAME' })).fields).toEqual([{ name: 'id', type: TYPE.INT64 }]);
  });

  it('keeps a transaction apart until it commits, and ends it then', async () => {
    const { transactionId, tabletAlias } = await service.begin(target);
    expect(tabletAlias).toBe('zone1-0000000100');
    await service.execute(target, "insert into t values (10, 'tx')", {}, { transactionId });
    expect(await ask('select count(*) from t where id = 10')).toEqual([['0']]);
    expect(await ask('select count(*) from t where id = 10', { transactionId })).toEqual([['1']]);
    expect(await service.commit(target, transactionId)).toEqual({ reservedId: 0n });
    expect(await ask('select count(*) from t where id = 10')).toEqual([['1']]);
    await expect(service.commit(target, transactionId)).rejects.toThrow(/^transaction \d+: ended at .* \(transaction committed\)$/);
    await ask('delete from t where id = 10');
  });

  it('ends a transaction that outlives its time and gives its locks back', async () => {
    const { transactionId } = await service.begin(target, { transactionTimeoutMs: 150 });
    await ask("update t set v = 'locked' where id = 1", { transactionId });
    await waitFor('the row to be free', () => ask("update t set v = 'a' where id = 1").then(() => true), { timeoutMs: 10_000 });
    await expect(ask('select 1', { transactionId })).rejects.toThrow(/exceeded timeout: 150ms/);
  });

  it('refuses a second statement on a busy transaction', async () => {
    const { transactionId } = await service.begin(target);
    const slow = ask('select sleep(0.5)', { transactionId });
    await expect(ask('select 1', { transactionId })).rejects.toThrow(/in use: for query/);
    await slow;
    await service.rollback(target, transactionId);
  });

  it('begins read-only on a replica and with the isolation asked for', async () => {
    const replica: Target = { ...target, tabletType: 'REPLICA' };
    const { transactionId } = await service.begin(replica);
    await expect(ask("insert into t values (20, 'x')", { transactionId })).rejects.toMatchObject({ mysql: 1792 });
    await service.rollback(replica, transactionId);
    const rc = await service.begin(target, { transactionIsolation: 'READ_COMMITTED' });
    expect(await ask('select count(*) from t', { transactionId: rc.transactionId })).toEqual([['2']]);
    await ask("insert into t values (21, 'x')");
    expect(await ask('select count(*) from t', { transactionId: rc.transactionId })).toEqual([['3']]);
    await service.rollback(target, rc.transactionId);
    await ask('delete from t where id = 21');
  });

  it('tells of the open transaction when the statement that began it failed', async () => {
    const failed = await service.beginExecute(target, [], "insert into t values (1, 'dup')", {}, 0n).then(() => undefined, (e: unknown) => e);
    expect(failed).toBeInstanceOf(StatementFailedInTransaction);
    const { transactionId, mysql } = failed as StatementFailedInTransaction;
    expect(mysql).toBe(1062);
    expect(await ask('select 1', { transactionId })).toEqual([['1']]);
    await service.rollback(target, transactionId);
  });

  it('makes a victim of one of two that lock each other, with the number drivers retry on', async () => {
    const [a, b] = [await service.begin(target), await service.begin(target)];
    await ask("update t set v = 'x' where id = 1", a);
    await ask("update t set v = 'x' where id = 2", b);
    const both = await Promise.allSettled([ask("update t set v = 'x' where id = 2", a), ask("update t set v = 'x' where id = 1", b)]);
    expect(both.flatMap((r) => (r.status === 'rejected' ? [VtrewindError.from(r.reason).mysql] : []))).toEqual([1213]);
    await service.rollback(target, a.transactionId);
    await service.rollback(target, b.transactionId);
  });

  it('kills a statement at its time limit and keeps its transaction', async () => {
    const { transactionId } = await service.begin(target);
    await ask("insert into t values (30, 'kept')", { transactionId });
    await expect(ask('select sleep(20)', { transactionId }, { timeoutMs: 100 })).rejects.toMatchObject({ mysql: 3024 });
    expect(await ask('select v from t where id = 30', { transactionId })).toEqual([['kept']]);
    await service.rollback(target, transactionId);
    await expect(ask('select sleep(20)', {}, { timeoutMs: 100 })).rejects.toMatchObject({ mysql: 3024 });
    for (let i = 0; i < 20; i++) expect(await ask('select 1')).toEqual([['1']]);
  });

  it('kills a statement when its caller goes, on the server too', async () => {
    const cancel = new AbortController();
    const gone = ask('select sleep(30)', {}, { signal: cancel.signal });
    const running = () => ask("select count(*) from information_schema.processlist where info like 'select sleep(30)%'");
    await waitFor('it to run', async () => (await running())[0]![0] === '1', { timeoutMs: 5_000 });
    cancel.abort();
    await expect(gone).rejects.toMatchObject({ mysql: 1317 });
    await waitFor('it to be gone', async () => (await running())[0]![0] === '0', { timeoutMs: 5_000 });
  });

  it('survives a killed connection: the transaction is lost and said to be, others go on', async () => {
    const { transactionId } = await service.begin(target);
    const [[id]] = (await ask('select connection_id()', { transactionId })) as [[string]];
    const c = await server.connect();
    await c.query(`kill ${id}`);
    await c.end();
    await expect(ask('select 1', { transactionId })).rejects.toMatchObject({ mysql: expect.any(Number) });
    await expect(service.commit(target, transactionId)).rejects.toThrow(/transaction \d+: ended at .*connection lost/);
    expect(await ask('select 1')).toEqual([['1']]);
  });

  it('keeps settings over pooled connections without leaking them', async () => {
    const set = ['set @@session.sql_mode = "ANSI_QUOTES"'];
    const done = await service.reserveExecute(target, set, 'select @@sql_mode', {}, 0n);
    expect([done.reservedId, text(done.result.rows[0]![0])]).toEqual([0n, 'ANSI_QUOTES']);
    for (let i = 0; i < 20; i++) expect((await ask('select @@sql_mode'))[0]![0]).not.toBe('ANSI_QUOTES');
    const tx = await service.reserveBeginExecute(target, set, ['savepoint a'], 'select @@sql_mode', {});
    expect([tx.reservedId, text(tx.result.rows[0]![0])]).toEqual([0n, 'ANSI_QUOTES']);
    await service.rollback(target, tx.transactionId);
    await expect(service.reserveExecute(target, ['set nosuchvar = 1'], 'select 1', {}, 0n)).rejects.toMatchObject({ mysql: 1193 });
  });

  it('reserves a connection for what needs one, through transactions and back', async () => {
    const r = await service.reserveExecute(target, [], 'create temporary table tmp (id int)', {}, 0n);
    expect(r.reservedId).toBeGreaterThan(0n);
    const tx = await service.beginExecute(target, [], 'insert into tmp values (1)', {}, r.reservedId);
    expect(tx.transactionId).toBe(r.reservedId);
    const { reservedId } = await service.commit(target, tx.transactionId);
    expect(reservedId).not.toBe(r.reservedId);
    await expect(ask('select 1', { reservedId: r.reservedId })).rejects.toThrow(/renew existing connection/);
    expect(await ask('select * from tmp', { reservedId })).toEqual([['1']]);
    await service.release(target, 0n, reservedId);
    await expect(ask('select * from tmp', { reservedId })).rejects.toThrow(/release connection/);
    await expect(ask("select get_lock('a', 1)")).rejects.toThrow('SelectLockFunc not allowed without reserved connection');
    await expect(ask('begin')).rejects.toThrow('invalid SQL');
  });

  it('reserves where no settings are given, and for SET TRANSACTION, which no pooled connection keeps', async () => {
    const plain = await service.reserveExecute(target, [], 'select connection_id()', {}, 0n);
    expect(plain.reservedId).toBeGreaterThan(0n);
    expect(await ask('select connection_id()', { reservedId: plain.reservedId })).toEqual([[text(plain.result.rows[0]![0])]]);
    await service.release(target, 0n, plain.reservedId);
    for (let i = 0; i < 2; i++) {
      const tx = await service.reserveBeginExecute(target, ['set transaction isolation level read committed'], [], 'select 1', {});
      expect(tx.reservedId).toBe(tx.transactionId);
      expect(await ask('select count(*) from t', tx)).toEqual([['2']]);
      await ask("insert into t values (40, 'x')");
      expect(await ask('select count(*) from t', tx)).toEqual([['3']]);
      await service.release(target, tx.transactionId, tx.reservedId);
      await ask('delete from t where id = 40');
    }
  });

  it('leaves nothing of one caller to the next: user variables, default database, procedures', async () => {
    await ask('select @a := 5');
    const { transactionId } = await service.begin(target);
    await ask('select 7 into @a', { transactionId });
    await service.commit(target, transactionId);
    for (let i = 0; i < 12; i++) expect(await ask('select @a')).toEqual([[undefined]]);
    await expect(ask('use mysql')).rejects.toThrow('Use not allowed without reserved connection');
    await expect(ask('flush tables with read lock')).rejects.toThrow('Flush not allowed without reserved connection');
  });

  it('counts found rows for those who ask and changed ones for the others', async () => {
    const count = async (clientFoundRows: boolean) => (await service.execute(target, 'update t set v = v where id = 1', {}, {}, { clientFoundRows })).rowsAffected;
    expect([await count(false), await count(true), await count(false)]).toEqual([0n, 1n, 0n]);
  });

  it('reports what last_insert_id(expr) set, also in a SELECT', async () => {
    const one = await service.execute(target, 'select last_insert_id(77)', {}, {}, { fetchLastInsertId: true });
    expect([one.insertId, one.insertIdChanged]).toEqual([77n, true]);
    const none = await service.execute(target, 'select 1', {}, {}, { fetchLastInsertId: true });
    expect(none.insertId).toBe(0n);
  });

  it('gives each sequence value once, to many at a time', async () => {
    const took = await Promise.all(Array.from({ length: 50 }, (_, i) => service.execute(target, `select next ${(i % 3) + 1} values from s`, {}, {})));
    const values = took.flatMap((r, i) => Array.from({ length: (i % 3) + 1 }, (_, k) => Number(text(r.rows[0]![0])) + k));
    expect(new Set(values).size).toBe(values.length);
    const [[next]] = (await ask('select next_id from s')) as [[string]];
    expect(Number(next)).toBeGreaterThan(Math.max(...values));
    await expect(ask('select next value from t')).rejects.toThrow();
    expect(took[0]!.fields).toEqual([{ name: 'nextval', type: TYPE.INT64 }]);
  });

  it('streams as fast as it is read and no faster', async () => {
    let rows = 0;
    let parts = 0;
    let fields = 0;
    let inside = 0;
    await service.streamExecute(target, "select repeat('x', 2000) from t a, t b, t c, t d, t e, t f, t g, t h, t i, t j, t k, t l", {}, {}, undefined, async (part) => {
      expect(++inside).toBe(1);
      if (part.fields) fields++;
      rows += part.rows.length;
      parts++;
      await new Promise((r) => setImmediate(r));
      inside--;
    });
    expect([rows, fields]).toEqual([4096, 1]);
    expect(parts).toBeGreaterThan(20);
    await expect(service.streamExecute(target, "update t set v = 'x'", {}, {}, undefined, () => {})).rejects.toThrow('UPDATE not allowed for streaming');
    await expect(service.streamExecute(target, 'select * from t', {}, {}, undefined, () => Promise.reject(new Error('reader broke')))).rejects.toThrow('reader broke');
    expect(await ask('select 1')).toEqual([['1']]);
  });

  it('brings any bytes to the server and back, in every mode and character set', async () => {
    const modes = [['set sql_mode = ""'], ['set sql_mode = "NO_BACKSLASH_ESCAPES"'], ['set sql_mode = "ANSI_QUOTES"', 'set names gbk'], ['set names sjis']];
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(...modes), fc.boolean(), async (bytes, settings, quotes) => {
      const value = Buffer.from(quotes ? bytes.map((b, i) => [0x27, 0x5c, 0x22, b][i % 4]!) : bytes);
      const { result } = await service.reserveExecute(target, settings, 'select hex(:b), length(:b)', { b: { type: TYPE.VARBINARY, value } }, 0n);
      expect(text(result.rows[0]![0])).toBe(value.toString('hex').toUpperCase());
    }), { numRuns: long ? 2_000 : 60 });
    const words = fc.string({ unit: fc.constantFrom("'", '"', '\\', 'é', '日', '😀', 'a', '%', '\n', '\0', ';', '--', ':x', '`'), maxLength: 20 });
    await fc.assert(fc.asyncProperty(words, fc.boolean(), async (word, plain) => {
      const { result } = await service.reserveExecute(target, [`set sql_mode = '${plain ? 'NO_BACKSLASH_ESCAPES' : ''}'`], 'select :w as w', { w: { type: TYPE.VARCHAR, value: Buffer.from(word) } }, 0n);
      expect(text(result.rows[0]![0])).toBe(word);
    }), { numRuns: long ? 2_000 : 60 });
  }, 60_000);

  it('says what was lost when the server is killed, and serves again when it is back', async () => {
    const { transactionId } = await service.begin(target);
    await ask("insert into t values (50, 'lost')", { transactionId });
    const waiting = ask('select sleep(30)').then(() => undefined, (e: unknown) => VtrewindError.from(e));
    await waitFor('it to run', async () => (await ask("select count(*) from information_schema.processlist where info like 'select sleep(30)%'"))[0]![0] === '1', { timeoutMs: 5_000 });
    await server.kill();
    expect((await waiting)!.mysql).toBe(2013);
    await expect(ask('select 1')).rejects.toMatchObject({ grpc: 'UNAVAILABLE' });
    await expect(service.commit(target, transactionId)).rejects.toThrow();
    await server.restart();
    await waitFor('the service to serve again', () => ask('select 1').then(() => true), { timeoutMs: 20_000 });
    expect(await ask('select count(*) from t where id = 50')).toEqual([['0']]);
    expect(service.stats().held).toBe(0);
  }, 60_000);

  it('ends all that is held when told to', async () => {
    const { transactionId } = await service.begin(target);
    service.endAll('primary demoted');
    await expect(ask('select 1', { transactionId })).rejects.toThrow(/primary demoted/);
    expect(service.stats().held).toBe(0);
  });
});
