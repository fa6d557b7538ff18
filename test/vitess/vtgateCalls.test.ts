import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VtrewindError } from '../../src/base/errors.ts';
import { silentLog } from '../../src/base/log.ts';
import * as pb from '../../src/vitess/gen/query.ts';
import { QueryService as Rpc } from '../../src/vitess/gen/queryservice.ts';
import { GrpcPeer, type UnaryMethod } from '../../src/vitess/grpcChannel.ts';
import { createMysqlQueryService } from '../../src/vitess/mysqlQueryService.ts';
import { serveQueryService } from '../../src/vitess/serveTablet.ts';
import { hasFlavour, startServer, type TestServer } from '../support/servers.ts';

interface Recorded { Call: number; Target: string; Method: string; Dir: 'request' | 'response' | 'status'; base64: string; Type: string; grpcCodeNumber?: number; grpcMessage?: string }
type Message = Record<string, unknown> & { result?: pb.QueryResult; error?: { message: string }; transactionId?: bigint; reservedId?: bigint };

/** What is not the same here, and why. */
const differs = [
  /^revert /, // online schema changes are a vttablet's own
  /^create view v1/, // was there before the recording
  /^show create database/, // a vttablet puts the database in the keyspace's place
  /^show (full )?processlist|^show (binary log|replica) status/, // of another server
];
const tables = {
  customer: 'create table corder (order_id bigint not null, customer_id bigint, sku varbinary(128), price bigint, primary key (order_id)); create table customer (customer_id bigint not null, email varbinary(128), primary key (customer_id))',
  commerce: 'create table product (sku varbinary(128) primary key, description varbinary(128), price bigint); create table customer_seq (id bigint primary key, next_id bigint, cache bigint); create table order_seq like customer_seq; insert into customer_seq values (0, 1, 10); insert into order_seq values (0, 1, 10)',
};
const methods = new Map(Object.values(Rpc).map((m) => [m.path as string, m as unknown as UnaryMethod<unknown, unknown> & { readonly responseStream: boolean }]));
const decode = (type: string, base64: string) => (pb as unknown as Record<string, { decode(b: Buffer): Message & { target?: pb.Target; query?: pb.BoundQuery } }>)[type.split('.')[1]!]!.decode(Buffer.from(base64, 'base64'));

describe.skipIf(!(await hasFlavour('mysql')))('what a real vtgate sent to its tablets', () => {
  let server: TestServer;
  const peers = new Map<string, GrpcPeer>();
  const closers: (() => Promise<void> | void)[] = [];
  beforeAll(async () => {
    server = await startServer({ flavour: 'mysql' });
    const c = await server.connect({ multipleStatements: true });
    const own = readFileSync(new URL('../fixtures/grpc/tables.sql', import.meta.url), 'utf8').split(';').slice(0, 2).join(';');
    for (const [shard, database, sql] of [['customer/-80', 'vt_customer', tables.customer], ['customer/80-', 'vt_customer_b', tables.customer], ['commerce/0', 'vt_commerce', `${tables.commerce}; ${own}`]] as const) {
      await c.query(`create database ${database}; use ${database}; ${sql}`);
      const queryService = createMysqlQueryService({ connect: { socketPath: server.socket, user: 'root' }, database, poolSize: 10, tabletAlias: 'zone1-0000000100' });
      const grpc = await serveQueryService({ address: '127.0.0.1:0', queryService, log: silentLog });
      const peer = new GrpcPeer('tablet', grpc.address, {});
      peers.set(shard, peer);
      closers.push(() => peer.close(), () => grpc.close(), () => queryService.close());
    }
    await c.end();
  }, 120_000);
  afterAll(async () => {
    for (const close of closers) await close();
    await server?.stop();
  });

  it('is answered alike: results or errors, columns with all they are, what is reserved', async () => {
    const calls = new Map<string, Recorded[]>();
    for (const line of readFileSync(new URL('../fixtures/grpc/vtgate_to_vttablet.jsonl', import.meta.url), 'utf8').trim().split('\n')) {
      const r: Recorded = JSON.parse(line);
      const key = `${r.Call} ${r.Target}`;
      calls.set(key, [...(calls.get(key) ?? []), r]);
    }
    const ids = new Map<bigint, bigint>();
    const unlike: string[] = [];
    let alike = 0;
    for (const recorded of calls.values()) {
      const request = recorded[0]!;
      if (request.Dir !== 'request' || /StreamHealth|GetSchema/.test(request.Method)) continue;
      const message = decode(request.Type, request.base64);
      const peer = peers.get(`${message.target?.keyspace}/${message.target?.shard}`);
      if (peer === undefined) continue; // snapshot keyspaces: their restored rows are not here
      for (const key of ['transactionId', 'reservedId'] as const) message[key] = ids.get(message[key] ?? 0n) ?? message[key] ?? 0n;
      const method = methods.get(request.Method)!;
      const theirs = recorded.filter((r) => r.Dir === 'response').map((r) => decode(r.Type, r.base64))[0];
      const status = recorded.find((r) => r.Dir === 'status');
      let ours: Message | undefined;
      let failure: string | undefined;
      try {
        if (!method.responseStream) ours = (await peer.unary(method, message)) as Message;
        else for await (const part of peer.stream(method, message)) ours ??= part as Message;
      } catch (error) {
        failure = VtrewindError.from(error).message;
      }
      for (const key of ['transactionId', 'reservedId'] as const) if (theirs?.[key]) ids.set(theirs[key], ours?.[key] ?? 0n);
      const sql = message.query?.sql.toString() ?? '';
      if (differs.some((d) => d.test(sql))) continue;
      const theirError = status?.grpcCodeNumber ? status.grpcMessage : theirs?.error?.message;
      const ourError = failure ?? ours?.error?.message;
      const columns = (m: Message | undefined) => JSON.stringify((m?.result?.fields ?? []).map((f) => [f.type, f.charset, f.flags & ~2 & ~4 & ~8 & ~16384 & ~1 & ~4096, f.columnLength, f.decimals, f.orgTable ? f.database : '']));
      const same = (theirError === undefined) === (ourError === undefined) && (theirError !== undefined || columns(theirs) === columns(ours))
        && (ours?.reservedId ?? 0n) === 0n === ((theirs?.reservedId ?? 0n) === 0n);
      if (same) alike++;
      else unlike.push(`${request.Call} ${request.Method.split('/').at(-1)} ${sql.slice(0, 200)}\n  theirs ${theirError ?? columns(theirs)}\n  ours   ${ourError ?? columns(ours)}`);
    }
    expect(unlike).toEqual([]);
    expect(alike).toBeGreaterThan(550);
  }, 120_000);
});
