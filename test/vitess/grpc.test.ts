import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { VtrewindError } from '../../src/base/errors.ts';
import { silentLog } from '../../src/base/log.ts';
import { waitFor } from '../../src/base/wait.ts';
import { TYPE } from '../../src/mysql/constants/columnTypes.ts';
import { QueryService as Rpc } from '../../src/vitess/gen/queryservice.ts';
import { CreateTransactionRequest } from '../../src/vitess/gen/query.ts';
import { GrpcPeer } from '../../src/vitess/grpcChannel.ts';
import { connectQueryService } from '../../src/vitess/grpcQueryService.ts';
import type { ExecuteOptions, QueryResult, QueryService, StreamHealthReply, Target } from '../../src/vitess/queryService.ts';
import { serveQueryService, serveTablet } from '../../src/vitess/serveTablet.ts';
import { StatementFailedInTransaction } from '../../src/vitess/statementFailed.ts';
import type { ReplicaStatus, ServerStatus, TabletManagerHandler } from '../../src/vitess/tabletManager.ts';
import { connectTabletManager } from '../../src/vitess/tabletManagerClient.ts';
import { temporaryFolder } from '../support/servers.ts';

const target: Target = { keyspace: 'ks', shard: '-80', tabletType: 'REPLICA', cell: 'zone1' };
const result: QueryResult = {
  fields: [{ name: 'a', type: TYPE.INT64, table: 't', orgTable: 't', database: 'ks', orgName: 'a', columnLength: 20, charset: 63, decimals: 0, flags: 20483 }, { name: 'b', type: TYPE.VARCHAR }],
  rows: [[Buffer.from('1'), null], [Buffer.from('-22'), Buffer.alloc(0)], [null, Buffer.from([0, 255, 39])]],
  rowsAffected: 3n, insertId: 18_446_744_073_709_551_615n, insertIdChanged: true, info: 'Rows matched: 3',
};
const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const unused = () => Promise.reject(new Error('not asked in this test'));
function fake(parts: Partial<QueryService>): QueryService {
  return {
    execute: unused, streamExecute: unused, begin: unused, commit: unused, rollback: unused, beginExecute: unused, reserveExecute: unused, reserveBeginExecute: unused, release: unused,
    prepareDistributed: unused, commitPrepared: unused, rollbackPrepared: unused, close: async () => {},
    async *streamHealth() { /* says nothing */ }, ...parts,
  };
}
async function connected(parts: Partial<QueryService>) {
  const server = await serveQueryService({ address: '127.0.0.1:0', queryService: fake(parts), log: silentLog });
  const client = connectQueryService(server.address);
  closers.push(() => server.close(), () => client.close());
  return { server, client };
}

describe('the query service over gRPC', () => {
  it('carries statement, values, options and result whole', async () => {
    const seen: unknown[] = [];
    const { client } = await connected({
      execute: async (t, sql, binds, state, options) => {
        const { signal, ...rest } = options as ExecuteOptions;
        expect(signal).toBeInstanceOf(AbortSignal);
        seen.push(t, sql, binds, { transactionId: state.transactionId, reservedId: state.reservedId }, rest);
        return result;
      },
    });
    const sql = Buffer.from("select :a, '\xff'", 'latin1');
    const binds = { a: { type: TYPE.VARBINARY, value: Buffer.from([1, 2]) }, l: { type: TYPE.TUPLE, values: [{ type: TYPE.INT64, value: Buffer.from('1') }] } };
    const options: ExecuteOptions = { includedFields: 'TYPE_AND_NAME', clientFoundRows: true, workload: 'OLAP', sqlSelectLimit: 5n, transactionIsolation: 'SERIALIZABLE', transactionAccessMode: ['READ_ONLY'], callerUser: 'ann', timeoutMs: 1500, transactionTimeoutMs: 700, fetchLastInsertId: true };
    const answer = await client.execute(target, sql, binds, { transactionId: 5n, reservedId: 5n }, options);
    expect(seen[0]).toEqual(target);
    expect(seen[1]).toEqual(sql);
    expect(seen[2]).toMatchObject(binds);
    expect(seen.slice(3)).toEqual([{ transactionId: 5n, reservedId: 5n }, options]);
    expect(answer).toEqual({ ...result, fields: [result.fields[0], { name: 'b', type: TYPE.VARCHAR }] });
  });

  it('carries errors with number, state, text and hint, and the transaction that is still open', async () => {
    const failure = new VtrewindError({ code: 'VTR0800', mysql: 1062, sqlState: '23000', message: "Duplicate entry '1' for key 'PRIMARY'", hint: 'look' });
    const { client } = await connected({
      execute: () => Promise.reject(failure),
      beginExecute: () => Promise.reject(new StatementFailedInTransaction(failure, { transactionId: 42n, tabletAlias: 'zone1-0000000100' })),
    });
    await expect(client.execute(target, 'x', {}, {})).rejects.toMatchObject({ mysql: 1062, sqlState: '23000', message: failure.message, hint: 'look', grpc: 'ALREADY_EXISTS' });
    const open = await client.beginExecute(target, [], 'x', {}, 0n).then(() => undefined, (e: unknown) => e);
    expect(open).toBeInstanceOf(StatementFailedInTransaction);
    expect(open).toMatchObject({ transactionId: 42n, tabletAlias: 'zone1-0000000100', mysql: 1062, message: failure.message });
  });

  it('cancels on the tablet what its caller gives up', async () => {
    let canceled = 0;
    const { client } = await connected({
      execute: (_t, _s, _b, _i, options) => new Promise((_, reject) => {
        options?.signal?.addEventListener('abort', () => {
          canceled++;
          reject(options.signal?.reason);
        });
      }),
    });
    const cancel = new AbortController();
    const reason = new Error('client went away');
    setTimeout(() => cancel.abort(reason), 30);
    await expect(client.execute(target, 'x', {}, {}, { signal: cancel.signal })).rejects.toBe(reason);
    await waitFor('the tablet to hear of it', () => canceled === 1, { timeoutMs: 2_000 });
  });

  it('holds a stream back when its reader is slow, over the whole way, and ends it when the reader stops', async () => {
    let sent = 0;
    let ended = false;
    const part = { rows: Array.from({ length: 64 }, () => [Buffer.alloc(1_000, 120)]) };
    const { client } = await connected({
      streamExecute: async (_t, _s, _b, _i, options, onPart) => {
        try {
          await onPart({ fields: [{ name: 'x', type: TYPE.VARCHAR }], rows: [] });
          for (let i = 0; i < 2_000; i++) {
            options?.signal?.throwIfAborted();
            await onPart(part);
            sent++;
          }
        } finally {
          ended = true;
        }
      },
    });
    let got = 0;
    let release: () => void = () => {};
    const gate = new Promise<void>((r) => {
      release = r;
    });
    const stop = new AbortController();
    const reading = client.streamExecute(target, 'x', {}, {}, { signal: stop.signal }, async () => {
      if (++got === 5) await gate;
      if (got === 200) stop.abort(new Error('enough'));
    });
    await waitFor('the reader to stall', () => got === 5, { timeoutMs: 5_000 });
    let before = -1;
    await waitFor('the sender to stall too', () => {
      const still = sent === before;
      before = sent;
      return still;
    }, { timeoutMs: 10_000, everyMs: 200 });
    // 2,000 parts are 128 MB; what may be under way is bounded by the windows of HTTP/2 and the buffers of two streams.
    expect(sent).toBeLessThan(400);
    release();
    await expect(reading).rejects.toThrow('enough');
    await waitFor('the sender to end', () => ended, { timeoutMs: 5_000 });
  }, 30_000);

  it('gives settings to a pooled connection, and releases what a tablet reserved instead', async () => {
    const released: bigint[] = [];
    const { client } = await connected({
      reserveExecute: async (_t, pre) => ({ reservedId: pre.length === 2 ? 9n : 0n, tabletAlias: 'zone1-0000000100', result }),
      release: async (_t, _tx, id) => {
        released.push(id);
      },
    });
    await client.execute(target, 'x', {}, {}, { settings: ['set a = 1'] });
    expect(released).toEqual([]);
    await client.execute(target, 'x', {}, {}, { settings: ['set a = 1', 'set b = 2'] });
    expect(released).toEqual([9n]);
  });

  it('streams health until told to stop', async () => {
    const reply: StreamHealthReply = {
      target, serving: true, primaryTermStartTimestamp: 1_795_247_105, replicationLagSeconds: 7, healthError: 'replication is behind', tabletAlias: 'zone1-0000000201',
      tableSchemaChanged: ['t'], viewSchemaChanged: ['v'],
    };
    let stopped = false;
    const { client } = await connected({
      async *streamHealth(signal) {
        yield reply;
        yield { ...reply, serving: false };
        await new Promise<void>((r) => signal.addEventListener('abort', () => r(), { once: true }));
        stopped = true;
      },
    });
    const stop = new AbortController();
    const seen: StreamHealthReply[] = [];
    for await (const r of client.streamHealth(stop.signal)) {
      seen.push(r);
      if (seen.length === 2) stop.abort();
    }
    expect(seen).toEqual([reply, { ...reply, serving: false }]);
    await waitFor('the tablet to stop', () => stopped, { timeoutMs: 2_000 });
  });

  it('answers UNIMPLEMENTED by name where it serves nothing', async () => {
    const { server } = await connected({});
    const peer = new GrpcPeer('tablet', server.address, {});
    closers.push(() => peer.close());
    await expect(peer.unary(Rpc.createTransaction, CreateTransactionRequest.fromPartial({}))).rejects.toMatchObject({ grpc: 'UNIMPLEMENTED', message: expect.stringContaining('CreateTransaction is not served by this tablet') });
    await expect(peer.unary(Rpc.execute, { ...blank, target: undefined })).rejects.toMatchObject({ grpc: 'INVALID_ARGUMENT', message: 'No target' });
  });
  const blank = { effectiveCallerId: undefined, immediateCallerId: undefined, query: undefined, transactionId: 0n, options: undefined, reservedId: 0n };

  it('says UNAVAILABLE and where, when nobody listens', async () => {
    const client = connectQueryService('127.0.0.1:1');
    closers.push(() => client.close());
    await expect(client.execute(target, 'x', {}, {})).rejects.toMatchObject({ grpc: 'UNAVAILABLE', message: expect.stringContaining('tablet at 127.0.0.1:1') });
  });

  it('speaks TLS, checks the certificate, and asks for the client’s own', async () => {
    const folder = await temporaryFolder('tls');
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
    openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'key.pem', '-out', 'cert.pem', '-days', '2', '-subj', '/CN=tablet', '-addext', 'subjectAltName=DNS:tablet');
    const [key, cert] = [readFileSync(join(folder, 'key.pem')), readFileSync(join(folder, 'cert.pem'))];
    const server = await serveQueryService({ address: '127.0.0.1:0', queryService: fake({ execute: async () => result }), log: silentLog, tls: { key, cert, ca: cert } });
    closers.push(() => server.close());
    const ask = async (options: Parameters<typeof connectQueryService>[1]) => {
      const client = connectQueryService(server.address, options);
      try {
        return await client.execute(target, 'x', {}, {});
      } finally {
        await client.close();
      }
    };
    expect((await ask({ tls: { ca: cert, key, cert, serverName: 'tablet' } })).rows).toHaveLength(3);
    await expect(ask({ tls: { ca: cert, serverName: 'tablet' } })).rejects.toMatchObject({ grpc: 'UNAVAILABLE' });
    await expect(ask({ tls: { ca: cert, key, cert, serverName: 'other' } })).rejects.toMatchObject({ grpc: 'UNAVAILABLE' });
    await expect(ask({})).rejects.toMatchObject({ grpc: 'UNAVAILABLE' });
  });
});

describe('the tablet manager over gRPC', () => {
  const replica: ReplicaStatus = {
    position: 'MySQL56/8a:1-5', relayLogPosition: 'MySQL56/8a:1-7', ioRunning: 'connecting', sqlRunning: true, lagSeconds: 3, sourceHost: 'h', sourcePort: 3306, sourceUuid: '8a', sourceUser: 'repl', lastIoError: 'io', lastSqlError: '',
  };
  const status: ServerStatus = {
    serverId: 7, serverUuid: '8a', version: '9.7.0', versionComment: 'c', readOnly: true, superReadOnly: true, gtidMode: 'ON', gtidPurged: '', binlogFormat: 'ROW', binlogRowImage: 'FULL',
    logBinEnabled: true, logReplicaUpdates: true, tabletType: 'REPLICA', replication: replica, primary: { position: 'MySQL56/8a:1-5', serverUuid: '8a' },
  };
  const asked: unknown[] = [];
  const note = (name: string, ...args: unknown[]) => {
    asked.push([name, ...args]);
  };
  const handler: TabletManagerHandler = {
    ping: (p) => p, primaryStatus: async () => ({ position: 'p', serverUuid: 'u' }), primaryPosition: async () => 'p', replicationStatus: async () => replica,
    waitForPosition: async (p, ms) => note('waitForPosition', p, ms > 500 && ms <= 1_000), stopReplication: async () => note('stop'), startReplication: async () => note('start'), resetReplication: async () => note('reset'),
    stopReplicationAndGetStatus: async (mode) => ({ before: replica, after: { ...replica, ioRunning: false, sqlRunning: mode === 'io' } }),
    initPrimary: async () => 'p1', demotePrimary: async () => ({ position: 'p2' }), undoDemotePrimary: async () => note('undo'), promoteReplica: async () => 'p3',
    setReplicationSource: async (parent, options) => note('source', parent, options), changeType: async (t) => note('type', t), refreshState: async () => note('refresh'), runHealthCheck: async () => note('health'),
    setReadOnly: async (on) => note('readOnly', on), reloadSchema: async () => note('reload'),
    getSchema: async () => ({ databaseSchema: 'd', tables: [{ name: 't', schema: 'create', columns: ['a'], primaryKeyColumns: ['a'], type: 'BASE TABLE', dataLength: 5n, rowCount: 6n, fields: [{ name: 'a', type: TYPE.INT64 }] }] }),
    applySchema: async ({ sql }) => note('apply', sql), executeFetch: async (as, q, o) => { note('fetch', as, q.toString(), o); return result; },
    backup: async (o, onEvent, signal) => {
      for (let i = 0; i < 5; i++) onEvent(`line ${i} of ${o.concurrency}`);
      await new Promise((r) => setTimeout(r, 20));
      signal.throwIfAborted();
      onEvent('last');
      if (o.concurrency === 13) throw new VtrewindError({ code: 'VTR0611', grpc: 'FAILED_PRECONDITION', message: 'no storage', hint: 'give one' });
    },
    restoreFromBackup: async (o, onEvent) => onEvent(JSON.stringify(o)), fullStatus: async () => status,
  };

  it('carries every call and answer', async () => {
    const server = await serveTablet({ address: '127.0.0.1:0', queryService: fake({}), manager: handler, log: silentLog });
    const m = connectTabletManager(server.address);
    closers.push(() => server.close(), () => m.close());
    expect(await m.ping('x')).toBe('x');
    expect(await m.primaryStatus()).toEqual({ position: 'p', serverUuid: 'u' });
    expect(await m.replicationStatus()).toEqual(replica);
    expect(await m.stopReplicationAndGetStatus('io')).toEqual({ before: replica, after: { ...replica, ioRunning: false, sqlRunning: true } });
    expect([await m.primaryPosition(), await m.initPrimary(), await m.demotePrimary(), await m.promoteReplica()]).toEqual(['p', 'p1', { position: 'p2' }, 'p3']);
    expect(await m.fullStatus()).toEqual(status);
    expect(await m.getSchema({})).toEqual(await handler.getSchema({}));
    await m.waitForPosition('MySQL56/x', 1_000);
    await m.setReplicationSource('zone1-0000000100', { waitPosition: 'w' });
    await m.changeType('RDONLY');
    await m.setReadOnly(true);
    await m.setReadOnly(false);
    await m.applySchema({ sql: 'create table x (id int)' });
    expect((await m.executeFetch('dba', Buffer.from('select 1'), { maxRows: 5, disableBinlogs: true })).rows).toEqual(result.rows);
    for (const call of ['stopReplication', 'startReplication', 'resetReplication', 'undoDemotePrimary', 'refreshState', 'runHealthCheck', 'reloadSchema'] as const) await m[call]();
    expect(asked).toEqual([
      ['waitForPosition', 'MySQL56/x', true], ['source', 'zone1-0000000100', { startReplication: true, waitPosition: 'w' }], ['type', 'RDONLY'], ['readOnly', true], ['readOnly', false],
      ['apply', 'create table x (id int)'], ['reload'], ['fetch', 'dba', 'select 1', { maxRows: 5, dbName: '', disableBinlogs: true, reloadSchema: false }],
      ['stop'], ['start'], ['reset'], ['undo'], ['refresh'], ['health'], ['reload'],
    ]);
    const heard: string[] = [];
    await m.backup({ concurrency: 3 }, (line) => heard.push(line), AbortSignal.timeout(5_000));
    expect(heard).toEqual(['line 0 of 3', 'line 1 of 3', 'line 2 of 3', 'line 3 of 3', 'line 4 of 3', 'last']);
    await expect(m.backup({ concurrency: 13 }, () => {}, AbortSignal.timeout(5_000))).rejects.toMatchObject({ code: 'VTR0611', message: 'no storage', hint: 'give one' });
    await m.restoreFromBackup({ restoreToTimestamp: 1_795_247_105_123_456, dryRun: true }, (line) => heard.push(line), AbortSignal.timeout(5_000));
    expect(JSON.parse(heard.at(-1)!)).toEqual({ restoreToTimestamp: 1_795_247_105_123_456, dryRun: true });
  });
});
