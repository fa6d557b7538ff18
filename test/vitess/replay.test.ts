import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VtrewindError } from '../../src/base/errors.ts';
import { silentLog } from '../../src/base/log.ts';
import * as pb from '../../src/vitess/gen/query.ts';
import { QueryService as Rpc } from '../../src/vitess/gen/queryservice.ts';
import { GrpcPeer, type UnaryMethod } from '../../src/vitess/grpcChannel.ts';
import { createMysqlQueryService, type MysqlQueryService } from '../../src/vitess/mysqlQueryService.ts';
import { serveQueryService } from '../../src/vitess/serveTablet.ts';
import { hasFlavour, startServer, type TestServer } from '../support/servers.ts';

interface Recorded { Call: number; Tag: string; Target: string; Method: string; Dir: 'request' | 'response' | 'status'; base64: string; Type?: string; grpcCodeNumber?: number; grpcMessage?: string }
const calls = new Map<number, Recorded[]>();
for (const line of readFileSync(new URL('../fixtures/grpc/direct.jsonl', import.meta.url), 'utf8').trim().split('\n')) {
  const r: Recorded = JSON.parse(line);
  calls.set(r.Call, [...(calls.get(r.Call) ?? []), r]);
}

/** What can't be the same, and why. */
const differs = new Map<string, string>([
  ['bindvar/INT64-bad-value', 'a number that is none is refused here, not sent as SQL'],
  ['show/tables', 'other tables'], ['options/timeout', 'the text differs: tested elsewhere'], ['err/syntax', 'the server parses here: 1064 in its own words'],
  ['alltypes/expressions', 'times, ids and users'],
]);
/** Columns are named as the statement was written; a vttablet names them as it reprints it. */
const namesDiffer = new Set(['err/division', 'reserve/execute', 'reservebegin2/get_lock']);
const skipped = /^(snapshot|customer|deadlock|getschema|streamhealth|2pc)/;

type AnyMethod = UnaryMethod<unknown, unknown> & { readonly responseStream: boolean };
const methods = new Map(Object.values(Rpc).map((m) => [m.path as string, m as unknown as AnyMethod]));
const decode = (type: string, bytes: Buffer) => (pb as unknown as Record<string, { decode(b: Buffer): Record<string, unknown> }>)[type.split('.')[1]!]!.decode(bytes);

const here = await hasFlavour('mysql');
describe.skipIf(!here)('calls recorded from vttablet, asked of our tablet over a MySQL 9', () => {
  let server: TestServer;
  let service: MysqlQueryService;
  let grpc: Awaited<ReturnType<typeof serveQueryService>>;
  let peer: GrpcPeer;
  /** Recorded ids of transactions and reservations → ours. */
  const ids = new Map<bigint, bigint>();

  beforeAll(async () => {
    server = await startServer({ flavour: 'mysql' });
    const c = await server.connect({ multipleStatements: true });
    await c.query('create database vt_commerce; use vt_commerce; set sql_mode = ""');
    await c.query(readFileSync(new URL('../fixtures/grpc/tables.sql', import.meta.url), 'utf8'));
    const rows = calls.get(2)!.find((r) => r.Dir === 'response')!;
    const { result } = pb.ExecuteResponse.decode(Buffer.from(rows.base64, 'base64'));
    for (const row of result!.rows) {
      let at = 0;
      const values = row.lengths.map((n, i) => {
        const f = result!.fields[i]!;
        if (f.name === 'c_gen') return 'default';
        if (n < 0n) return 'null';
        const value = row.values.subarray(at, (at += Number(n)));
        const text = `x'${value.toString('hex')}'`;
        // Texts are UTF-8 in the answer whatever the column's character set is.
        const isText = [pb.Type.BINARY, pb.Type.BLOB, pb.Type.BIT, pb.Type.GEOMETRY].every((t) => t !== f.type) && !(f.type === pb.Type.VARBINARY && f.charset === 63);
        return isText ? `convert(${text} using utf8mb4)` : text;
      });
      // Skipping what moved `at` for the generated column, which is the last number but two.
      const gen = result!.fields.findIndex((f) => f.name === 'c_gen');
      if (row.lengths[gen]! >= 0n) {
        let offset = 0;
        for (let i = 0; i < result!.fields.length; i++) {
          const n = Number(row.lengths[i]);
          if (i > gen && n >= 0) values[i] = `convert(x'${row.values.subarray(offset, offset + n).toString('hex')}' using utf8mb4)`;
          if (n > 0) offset += n;
        }
      }
      await c.query(`insert into cap_types values (${values.join(', ')})`);
    }
    await c.end();
    service = createMysqlQueryService({
      connect: { socketPath: server.socket, user: 'root' }, database: 'vt_commerce', poolSize: 20, tabletAlias: 'zone1-0000000100',
      checkTarget: (t) => {
        const refuse = (message: string, code: 'INVALID_ARGUMENT' | 'FAILED_PRECONDITION') => new VtrewindError({ code: 'VTR0000', grpc: code, message });
        if (t.keyspace !== 'commerce') throw refuse(`invalid keyspace ${t.keyspace} does not match expected commerce`, 'INVALID_ARGUMENT');
        if (t.shard !== '0') throw refuse(`invalid shard ${t.shard} does not match expected 0`, 'INVALID_ARGUMENT');
        if (t.tabletType !== 'PRIMARY') throw refuse(`wrong tablet type: ${t.tabletType}, want: PRIMARY or []`, 'FAILED_PRECONDITION');
      },
    });
    grpc = await serveQueryService({ address: '127.0.0.1:0', queryService: service, log: silentLog });
    peer = new GrpcPeer('tablet', grpc.address, {});
  }, 120_000);
  afterAll(async () => {
    peer?.close();
    await grpc?.close();
    await service?.close();
    await server?.stop();
  });

  const mapIds = (message: Record<string, unknown>) => {
    for (const key of ['transactionId', 'reservedId']) {
      const recorded = message[key];
      if (typeof recorded === 'bigint' && recorded !== 0n && recorded > 1_000_000n) message[key] = ids.get(recorded) ?? recorded;
    }
    return message;
  };

  async function ask(request: Recorded): Promise<{ messages: Record<string, unknown>[]; error?: VtrewindError }> {
    const method = methods.get(request.Method)!;
    const message = mapIds(decode(request.Type!, Buffer.from(request.base64, 'base64')));
    try {
      if (!method.responseStream) return { messages: [await peer.unary(method, message) as Record<string, unknown>] };
      const messages: Record<string, unknown>[] = [];
      for await (const m of peer.stream(method, message)) messages.push(m as Record<string, unknown>);
      return { messages };
    } catch (error) {
      return { messages: [], error: VtrewindError.from(error) };
    }
  }

  /** Text of errors without what names a moment, an id, the caller or the statement. */
  const essence = (text: string) => text.replace(/ \(CallerID: [^)]*\).*$|: Sql: ".*$/s, '').replace(/\d{10,}/g, 'ID').replace(/ended at [\d-]+ [\d:.]+ UTC/, 'ended at T');

  function comparable(tag: string, message: Record<string, unknown>, learn: boolean, recorded?: Record<string, unknown>): unknown {
    const m = structuredClone(message) as { result?: pb.QueryResult; error?: { message: string; code: number }; transactionId?: bigint; reservedId?: bigint };
    for (const key of ['transactionId', 'reservedId'] as const) {
      const theirs = recorded?.[key];
      if (learn && typeof theirs === 'bigint' && theirs !== 0n) ids.set(theirs, m[key] ?? 0n);
      if (m[key] !== undefined) m[key] = m[key] === 0n ? 0n : 1n;
    }
    if (m.result) m.result.info = '';
    if (m.result && namesDiffer.has(tag)) for (const f of m.result.fields) f.name = '';
    if (m.error) m.error.message = essence(m.error.message);
    return m;
  }
  /** How rows are cut into messages is the sender's choice. */
  function merged(messages: Record<string, unknown>[]): Record<string, unknown>[] {
    const rows: pb.Row[] = [];
    let fields: pb.Field[] = [];
    const rest: Record<string, unknown>[] = [];
    for (const m of messages) {
      const result = m['result'] as pb.QueryResult | undefined;
      if (result) {
        rows.push(...result.rows);
        if (result.fields.length > 0) fields = result.fields;
      }
      if ((m['transactionId'] ?? 0n) !== 0n || (m['reservedId'] ?? 0n) !== 0n || m['error']) rest.push({ ...m, result: undefined });
    }
    return [{ result: { fields, rows, info: '' } }, ...rest];
  }

  for (const [, recorded] of calls) {
    const request = recorded[0]!;
    if (skipped.test(request.Tag)) continue;
    it(`${request.Call} ${request.Tag}`, async () => {
      if (request.Tag.startsWith('tx-timeout/execute-after')) await sleep(700); // the transaction's time is what is tested
      const theirs = recorded.filter((r) => r.Dir === 'response').map((r) => decode(r.Type!, Buffer.from(r.base64, 'base64')));
      const status = recorded.find((r) => r.Dir === 'status');
      const ours = await ask(request);
      if (differs.has(request.Tag)) return;
      if (theirs.length === 0 && status !== undefined && status.grpcCodeNumber !== undefined && status.grpcCodeNumber !== 0) {
        expect(ours.error, 'an error').toBeDefined();
        const raw = ours.error!.cause as { code: number; details: string };
        expect(essence(raw.details)).toBe(essence(status.grpcMessage!));
        expect(raw.code).toBe(status.grpcCodeNumber);
        return;
      }
      expect(ours.error).toBeUndefined();
      const stream = methods.get(request.Method)!.responseStream;
      const [a, b] = stream ? [merged(ours.messages), merged(theirs)] : [ours.messages, theirs];
      expect(a.map((m, i) => comparable(request.Tag, m, true, b[i]))).toEqual(b.map((m) => comparable(request.Tag, m, false)));
    }, 20_000);
  }
});
