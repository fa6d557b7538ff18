import * as fc from 'fast-check';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VtrewindError } from '../../src/base/errors.ts';
import { silentLog } from '../../src/base/log.ts';
import { MysqlClientConnection } from '../../src/mysql/clientConnection.ts';
import { connectQueryService } from '../../src/vitess/grpcQueryService.ts';
import { createMysqlQueryService } from '../../src/vitess/mysqlQueryService.ts';
import type { QueryResult, QueryService, Target } from '../../src/vitess/queryService.ts';
import { serveQueryService } from '../../src/vitess/serveTablet.ts';
import { StatementFailedInTransaction } from '../../src/vitess/statementFailed.ts';
import { flavours, startServer, type TestServer } from '../support/servers.ts';

const target: Target = { keyspace: 'ks', shard: '0', tabletType: 'PRIMARY' };
const sessions = 4;
const long = process.env.VTREWIND_TEST === 'long';

/** A session as a gate keeps it over a QueryService: its settings, its transaction, its reservation. */
class PooledSession {
  readonly #service: QueryService;
  readonly #settings: string[] = [];
  #transactionId = 0n;
  #reservedId = 0n;
  #needsOwn = false;

  constructor(service: QueryService) {
    this.#service = service;
  }

  async run(sql: string): Promise<string> {
    try {
      return await this.#run(sql);
    } catch (error) {
      if (error instanceof StatementFailedInTransaction) {
        this.#transactionId = error.transactionId;
        this.#reservedId = error.reservedId;
      }
      return `error ${VtrewindError.from(error).mysql}`;
    }
  }

  async #run(sql: string): Promise<string> {
    const state = { transactionId: this.#transactionId, reservedId: this.#reservedId };
    if (sql === 'begin') {
      if (this.#transactionId !== 0n) await this.#run('commit');
      const begun = this.#reservedId !== 0n ? await this.#service.beginExecute(target, [], 'select 1', {}, this.#reservedId)
        : this.#settings.length > 0 ? await this.#service.reserveBeginExecute(target, this.#settings, [], 'select 1', {})
          : await this.#service.begin(target);
      this.#transactionId = begun.transactionId;
      return 'ok';
    }
    if (sql === 'commit' || sql === 'rollback') {
      if (this.#transactionId === 0n) return 'ok';
      const id = this.#transactionId;
      this.#transactionId = 0n;
      this.#reservedId = (await this.#service[sql](target, id)).reservedId;
      return 'ok';
    }
    if (sql.startsWith('set @@')) {
      if (this.#reservedId !== 0n) return text(await this.#service.execute(target, sql, {}, state));
      if (this.#transactionId !== 0n) {
        this.#reservedId = (await this.#service.reserveExecute(target, [sql], 'select 1', {}, this.#transactionId)).reservedId;
        this.#settings.push(sql);
        return 'ok';
      }
      await this.#service.reserveExecute(target, [sql], 'select 1', {}, 0n);
      this.#settings.push(sql);
      return 'ok';
    }
    this.#needsOwn ||= /temporary|get_lock|@u/.test(sql);
    if (this.#reservedId === 0n && this.#needsOwn) {
      if (this.#transactionId !== 0n) {
        const reserved = await this.#service.reserveExecute(target, [], sql, {}, this.#transactionId);
        this.#reservedId = reserved.reservedId;
        return text(reserved.result);
      }
      const first = await this.#service.reserveExecute(target, [], 'select 1', {}, 0n);
      this.#reservedId = first.reservedId;
      for (const setting of this.#settings) await this.#service.execute(target, setting, {}, { reservedId: this.#reservedId });
      return text(await this.#service.execute(target, sql, {}, { reservedId: this.#reservedId }));
    }
    if (this.#reservedId === 0n && this.#transactionId === 0n && this.#settings.length > 0) return text((await this.#service.reserveExecute(target, this.#settings, sql, {}, 0n)).result);
    return text(await this.#service.execute(target, sql, {}, state));
  }

  async close(): Promise<void> {
    if (this.#transactionId !== 0n || this.#reservedId !== 0n) await this.#service.release(target, this.#transactionId, this.#reservedId);
  }
}

function text(result: QueryResult): string {
  return result.fields.length === 0 ? 'ok' : JSON.stringify(result.rows.map((r) => r.map((v) => v?.toString() ?? null)));
}
async function direct(c: MysqlClientConnection, sql: string): Promise<string> {
  try {
    return text(await c.query(sql));
  } catch (error) {
    return `error ${VtrewindError.from(error).mysql}`;
  }
}

/** Statements of one session; `T` is its own table, so that no two sessions wait for each other. */
const statements = [
  'begin', 'begin', 'commit', 'rollback', 'insert into T (v) values (7)', 'insert into T (id, v) values (1, 1)', 'update T set v = v + 1', 'delete from T where id > 3', 'select count(*), sum(v) from T',
  'set @@session.sql_mode = "ANSI_QUOTES"', 'set @@session.sql_mode = ""', "set @@session.time_zone = '+03:00'", 'set @@session.lock_wait_timeout = 77', 'set @@session.nosuch = 1',
  'select @@session.sql_mode, @@session.time_zone, @@session.lock_wait_timeout', 'select @@autocommit, @@character_set_client', 'create temporary table if not exists tmp (a int)', 'insert into tmp values (5)',
  'select count(*) from tmp', "select get_lock('L', 0)", "select is_used_lock('L') is not null", 'select @u', 'select 9 into @u', 'select 1 from nosuch', 'select "x" from dual where 1 = 0', 'savepoint a', 'rollback to a',
];
const steps = fc.array(fc.record({ session: fc.nat(sessions - 1), sql: fc.constantFrom(...statements) }), { minLength: 10, maxLength: 60 });

for (const flavour of await flavours()) describe(`sessions over a pool of ${flavour} connections`, () => {
  let server: TestServer;
  const closers: (() => Promise<void>)[] = [];
  const services: Record<string, QueryService> = {};
  let admin: Connection;
  beforeAll(async () => {
    server = await startServer({ flavour });
    admin = await server.connect();
    await admin.query('create database vt_ks');
    await admin.query('create database plain');
    for (const db of ['vt_ks', 'plain']) for (let i = 0; i < sessions; i++) await admin.query(`create table ${db}.t${i} (id int primary key auto_increment, v int)`);
    const mysql = createMysqlQueryService({ connect: { socketPath: server.socket, user: 'root' }, database: 'vt_ks', poolSize: 8 });
    const grpc = await serveQueryService({ address: '127.0.0.1:0', queryService: mysql, log: silentLog });
    services['directly'] = mysql;
    services['over gRPC'] = connectQueryService(grpc.address);
    closers.push(() => services['over gRPC']!.close(), () => grpc.close(), () => mysql.close());
  }, 120_000);
  afterAll(async () => {
    for (const close of closers) await close();
    await admin?.end();
    await server?.stop();
  });

  for (const how of ['directly', 'over gRPC']) it(`cannot be told from private ones, whatever they do in whatever order (${how})`, async () => {
    await fc.assert(fc.asyncProperty(steps, async (script) => {
      const pooled = Array.from({ length: sessions }, () => new PooledSession(services[how]!));
      const privately = await Promise.all(Array.from({ length: sessions }, () => MysqlClientConnection.connect({ socketPath: server.socket, user: 'root', database: 'plain' })));
      try {
        for (const c of privately) await c.query('set names utf8mb4');
        for (const db of ['vt_ks', 'plain']) for (let i = 0; i < sessions; i++) {
          await admin.query(`delete from ${db}.t${i}`);
          await admin.query(`insert into ${db}.t${i} (id, v) values (1, 10), (2, 20)`);
        }
        for (const [i, { session, sql }] of script.entries()) {
          // Locks have one name a side and session, so that the sides do not meet.
          const mine = (side: string) => sql.replaceAll('T', `t${session}`).replaceAll("'L'", `'${side}${session}'`).replaceAll('tmp', `tmp${session}`);
          const [a, b] = [await pooled[session]!.run(mine('p')), await direct(privately[session]!, mine('q'))];
          expect(a, `step ${i}: session ${session}: ${sql}`).toBe(b);
        }
      } finally {
        for (const p of pooled) await p.close();
        for (const c of privately) c.quit();
      }
    }), { numRuns: long ? 400 : 40, endOnFailure: false });
  }, 180_000);
});
