import { Server, ServerCredentials, type ServerDuplexStream, type ServiceError, type sendUnaryData, status } from '@grpc/grpc-js';
import { VtrewindError } from '../base/errors.ts';
import * as pb from '../vitess/gen/etcdserverpb.ts';
import type { EmbeddedStore, StoredEntry, StoredEvent } from './embeddedStore.ts';
import { compareKeys, type KvRange, type Write } from './kvBackend.ts';
import { topoError } from './topoErrors.ts';

/** Watches on one stream at once, and nesting of transactions; etcd bounds operations of one transaction at 128. */
const limits = { watchesPerStream: 1_000, operations: 1_024, messageBytes: 16 * 1024 * 1024 };

export interface EmbeddedServer {
  /** `127.0.0.1:<port>` */
  readonly endpoint: string;
  close(): Promise<void>;
}

/**
 * Lets other processes of this machine use the embedded store: the etcd v3 calls KV, Watch and Lease over gRPC, on the loopback address only
 * (nobody is asked for a password). `port` 0 takes a free one.
 */
export async function serveEmbedded(store: EmbeddedStore, port = 0): Promise<EmbeddedServer> {
  const server = new Server({ 'grpc.max_receive_message_length': limits.messageBytes, 'grpc.keepalive_permit_without_calls': 1, 'grpc.http2.min_ping_interval_without_data_ms': 1_000 });
  server.addService(pb.KVService, kvService(store));
  server.addService(pb.LeaseService, leaseService(store));
  server.addService(pb.WatchService, { watch: (stream: WatchStream) => new WatchSession(store, stream) } satisfies pb.WatchServer as pb.WatchServer);
  server.addService(pb.MaintenanceService, {
    status: (_call, answer) => answer(null, pb.StatusResponse.fromPartial({ header: header(store), version: '3.4.0' })),
  } satisfies pb.MaintenanceServer as pb.MaintenanceServer);
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, got) => (error === null ? resolve(got) : reject(error)));
  });
  return {
    endpoint: `127.0.0.1:${bound}`,
    close: () => new Promise((resolve) => {
      const force = setTimeout(() => server.forceShutdown(), 500);
      server.tryShutdown(() => {
        clearTimeout(force);
        resolve();
      });
    }),
  };
}

function header(store: EmbeddedStore): pb.ResponseHeader {
  return { clusterId: 1n, memberId: 1n, revision: store.revision, raftTerm: 1n };
}

/** Runs `work` and answers with its result, or with the gRPC error that etcd's clients know. */
function unary<Request, Response>(work: (request: Request) => Promise<Response> | Response) {
  return (call: { readonly request: Request }, answer: sendUnaryData<Response>): void => {
    Promise.resolve().then(() => work(call.request)).then((response) => answer(null, response), (error: unknown) => answer(grpcError(error)));
  };
}

function grpcError(error: unknown): Partial<ServiceError> {
  const known = VtrewindError.from(error);
  const code = known.grpc in status ? status[known.grpc as keyof typeof status] : status.UNKNOWN;
  return { code, details: known.message.startsWith('required revision') ? `etcdserver: mvcc: ${known.message}` : `etcdserver: ${known.message}` };
}

function kvService(store: EmbeddedStore): pb.KVServer {
  return {
    range: unary((r: pb.RangeRequest) => range(store, r)),
    put: unary((r: pb.PutRequest) => {
      const before = store.entriesIn({ key: r.key.toString() })[0];
      store.write([putOf(store, r)]);
      return { header: header(store), prevKv: r.prevKv && before ? keyValue(before) : undefined };
    }),
    deleteRange: unary((r: pb.DeleteRangeRequest) => {
      const doomed = store.entriesIn(rangeOf(r));
      store.write(doomed.map((e) => ({ type: 'delete', key: e.key })));
      return { header: header(store), deleted: BigInt(doomed.length), prevKvs: r.prevKv ? doomed.map(keyValue) : [] };
    }),
    txn: unary((r: pb.TxnRequest) => txn(store, r)),
    compact: unary((r: pb.CompactionRequest) => {
      store.compact(r.revision);
      return { header: header(store) };
    }),
  };
}

function range(store: EmbeddedStore, r: pb.RangeRequest): pb.RangeResponse {
  if (r.revision > 0n && r.revision !== store.revision) throw topoError('badVersion', 'required revision has been compacted');
  let found = store.entriesIn(rangeOf(r)).filter((e) =>
    (r.minModRevision === 0n || e.modRevision >= r.minModRevision) && (r.maxModRevision === 0n || e.modRevision <= r.maxModRevision)
    && (r.minCreateRevision === 0n || e.createRevision >= r.minCreateRevision) && (r.maxCreateRevision === 0n || e.createRevision <= r.maxCreateRevision));
  const count = BigInt(found.length);
  if (r.countOnly) return { header: header(store), kvs: [], more: false, count };
  if (r.sortOrder !== pb.RangeRequest_SortOrder.NONE || r.sortTarget !== pb.RangeRequest_SortTarget.KEY) {
    const way = r.sortOrder === pb.RangeRequest_SortOrder.DESCEND ? -1 : 1;
    found.sort((a, b) => way * compareBy(r.sortTarget, a, b));
  }
  const more = r.limit > 0n && count > r.limit;
  if (more) found = found.slice(0, Number(r.limit));
  return { header: header(store), kvs: found.map((e) => (r.keysOnly ? { ...keyValue(e), value: Buffer.alloc(0) } : keyValue(e))), more, count };
}

function compareBy(target: pb.RangeRequest_SortTarget, a: StoredEntry, b: StoredEntry): number {
  const sign = (x: bigint, y: bigint) => (x < y ? -1 : x > y ? 1 : 0);
  switch (target) {
    case pb.RangeRequest_SortTarget.VERSION: return sign(a.version, b.version);
    case pb.RangeRequest_SortTarget.CREATE: return sign(a.createRevision, b.createRevision);
    case pb.RangeRequest_SortTarget.MOD: return sign(a.modRevision, b.modRevision);
    case pb.RangeRequest_SortTarget.VALUE: return Buffer.compare(a.value, b.value);
    default: return compareKeys(a.key, b.key);
  }
}

/** Writes of one transaction take effect together; a range in it sees the store as it was before. Nested transactions are refused. */
function txn(store: EmbeddedStore, r: pb.TxnRequest): pb.TxnResponse {
  const succeeded = r.compare.every((c) => holds(store, c));
  const operations = succeeded ? r.success : r.failure;
  if (operations.length > limits.operations) throw topoError('limit', 'too many operations in txn request');
  const writes: Write[] = [];
  const responses: pb.ResponseOp[] = [];
  for (const { request } of operations) {
    if (request === undefined) throw topoError('badName', 'empty operation in txn request');
    if (request.$case === 'requestPut') {
      writes.push(putOf(store, request.requestPut));
      responses.push({ response: { $case: 'responsePut', responsePut: { header: header(store), prevKv: undefined } } });
    } else if (request.$case === 'requestDeleteRange') {
      const doomed = store.entriesIn(rangeOf(request.requestDeleteRange));
      for (const e of doomed) writes.push({ type: 'delete', key: e.key });
      const prevKvs = request.requestDeleteRange.prevKv ? doomed.map(keyValue) : [];
      responses.push({ response: { $case: 'responseDeleteRange', responseDeleteRange: { header: header(store), deleted: BigInt(doomed.length), prevKvs } } });
    } else if (request.$case === 'requestRange') {
      responses.push({ response: { $case: 'responseRange', responseRange: range(store, request.requestRange) } });
    } else {
      throw new VtrewindError({ code: 'VTR0310', grpc: 'UNIMPLEMENTED', message: 'nested transactions are not served by the embedded topology' });
    }
  }
  if (writes.length > 0) store.write(writes);
  return { header: header(store), succeeded, responses };
}

function holds(store: EmbeddedStore, c: pb.Compare): boolean {
  const range = rangeOf(c);
  const found = store.entriesIn(range);
  // A key that is not there compares with zeros, as in etcd; over a range without keys the comparison holds.
  if (found.length === 0) return range.end !== undefined || compared(c, undefined);
  return found.every((e) => compared(c, e));
}

function compared(c: pb.Compare, e: StoredEntry | undefined): boolean {
  const union = c.targetUnion;
  if (union?.$case === 'value') {
    if (e === undefined) return c.result === pb.Compare_CompareResult.NOT_EQUAL;
    return judge(c.result, Buffer.compare(e.value, union.value));
  }
  const wanted = union === undefined ? 0n : union.$case === 'version' ? union.version : union.$case === 'createRevision' ? union.createRevision : union.$case === 'modRevision' ? union.modRevision : union.lease;
  const targets = pb.Compare_CompareTarget;
  const is = c.target === targets.VERSION ? e?.version : c.target === targets.CREATE ? e?.createRevision : c.target === targets.MOD ? e?.modRevision : e?.lease;
  const actual = is ?? 0n;
  return judge(c.result, actual < wanted ? -1 : actual > wanted ? 1 : 0);
}

function judge(result: pb.Compare_CompareResult, sign: number): boolean {
  switch (result) {
    case pb.Compare_CompareResult.GREATER: return sign > 0;
    case pb.Compare_CompareResult.LESS: return sign < 0;
    case pb.Compare_CompareResult.NOT_EQUAL: return sign !== 0;
    default: return sign === 0;
  }
}

function leaseService(store: EmbeddedStore): pb.LeaseServer {
  return {
    leaseGrant: unary(async (r: pb.LeaseGrantRequest) => {
      if (r.ID !== 0n) throw new VtrewindError({ code: 'VTR0310', grpc: 'UNIMPLEMENTED', message: 'the embedded topology picks lease ids itself' });
      const id = await store.grantLease(Number(r.TTL));
      return { header: header(store), ID: id, TTL: BigInt(store.leaseState(id)?.granted ?? 0), error: '' };
    }),
    leaseRevoke: unary(async (r: pb.LeaseRevokeRequest) => {
      if (store.leaseState(r.ID) === undefined) throw topoError('noNode', 'requested lease not found');
      await store.revokeLease(r.ID);
      return { header: header(store) };
    }),
    leaseKeepAlive: (stream) => {
      stream.on('data', (r: pb.LeaseKeepAliveRequest) => {
        store.keepLease(r.ID).then(
          (ttl) => stream.write({ header: header(store), ID: r.ID, TTL: BigInt(ttl) }),
          (error: unknown) => { stream.emit('error', grpcError(error)); },
        );
      });
      stream.on('end', () => stream.end());
      stream.on('error', () => stream.end());
    },
    leaseTimeToLive: unary((r: pb.LeaseTimeToLiveRequest) => {
      const lease = store.leaseState(r.ID);
      return {
        header: header(store), ID: r.ID, TTL: BigInt(lease?.left ?? -1), grantedTTL: BigInt(lease?.granted ?? 0),
        keys: r.keys && lease ? lease.keys.map((k) => Buffer.from(k)) : [],
      };
    }),
  };
}

type WatchStream = ServerDuplexStream<pb.WatchRequest, pb.WatchResponse>;

/** One Watch stream: any number of watches, each pulled from the store only as fast as the stream takes it. */
class WatchSession {
  readonly #store: EmbeddedStore;
  readonly #stream: WatchStream;
  readonly #watches = new Map<bigint, AbortController>();
  #nextId = 0n;

  constructor(store: EmbeddedStore, stream: WatchStream) {
    this.#store = store;
    this.#stream = stream;
    stream.on('data', (r: pb.WatchRequest) => this.#request(r));
    stream.on('end', () => { this.#stop(); stream.end(); });
    stream.on('cancelled', () => this.#stop());
    stream.on('error', () => this.#stop());
  }

  #stop(): void {
    for (const watch of this.#watches.values()) watch.abort();
    this.#watches.clear();
  }

  #request({ requestUnion }: pb.WatchRequest): void {
    if (requestUnion?.$case === 'createRequest') {
      const wanted = requestUnion.createRequest;
      const id = wanted.watchId !== 0n ? wanted.watchId : this.#nextId++;
      if (this.#watches.size >= limits.watchesPerStream || this.#watches.has(id)) {
        this.#stream.write(pb.WatchResponse.fromPartial({ header: header(this.#store), watchId: -1n, created: true, canceled: true, cancelReason: 'too many watches, or a watch id twice' }));
        return;
      }
      const stop = new AbortController();
      this.#watches.set(id, stop);
      this.#run(id, wanted, stop.signal).catch((error: unknown) => {
        this.#stop();
        this.#stream.emit('error', grpcError(error));
      });
    } else if (requestUnion?.$case === 'cancelRequest') {
      const id = requestUnion.cancelRequest.watchId;
      this.#watches.get(id)?.abort();
      if (this.#watches.delete(id)) this.#stream.write(pb.WatchResponse.fromPartial({ header: header(this.#store), watchId: id, canceled: true }));
    } else if (requestUnion?.$case === 'progressRequest') {
      this.#stream.write(pb.WatchResponse.fromPartial({ header: header(this.#store), watchId: -1n }));
    }
  }

  async #run(watchId: bigint, wanted: pb.WatchCreateRequest, signal: AbortSignal): Promise<void> {
    const from = wanted.startRevision > 0n ? wanted.startRevision : this.#store.revision + 1n;
    const skipPut = wanted.filters.includes(pb.WatchCreateRequest_FilterType.NOPUT);
    const skipDelete = wanted.filters.includes(pb.WatchCreateRequest_FilterType.NODELETE);
    await this.#send(pb.WatchResponse.fromPartial({ header: header(this.#store), watchId, created: true }), signal);
    for await (const batch of this.#store.follow(rangeOf(wanted), from, signal)) {
      if (batch === 'compacted') {
        this.#watches.delete(watchId);
        return this.#send(pb.WatchResponse.fromPartial({ header: header(this.#store), watchId, canceled: true, compactRevision: this.#store.compactedRevision + 1n }), signal);
      }
      const events = batch.events.filter((e) => !(e.type === 'put' ? skipPut : skipDelete)).map(eventOf);
      if (events.length === 0) continue;
      await this.#send({ ...pb.WatchResponse.fromPartial({ watchId }), header: { ...header(this.#store), revision: batch.revision }, events }, signal);
    }
    if (!signal.aborted) this.#stream.end();
  }

  async #send(answer: pb.WatchResponse, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#stream.cancelled || this.#stream.write(answer)) return;
    await new Promise<void>((resolve) => {
      const go = () => {
        this.#stream.off('drain', go);
        signal.removeEventListener('abort', go);
        resolve();
      };
      this.#stream.once('drain', go);
      signal.addEventListener('abort', go, { once: true });
    });
  }
}

function rangeOf(r: { readonly key: Buffer; readonly rangeEnd: Buffer }): KvRange {
  return r.rangeEnd.length === 0 ? { key: r.key.toString() } : { key: r.key.toString(), end: r.rangeEnd.toString() };
}
function putOf(store: EmbeddedStore, r: pb.PutRequest): Write {
  const before = r.ignoreValue || r.ignoreLease ? store.entriesIn({ key: r.key.toString() })[0] : undefined;
  if ((r.ignoreValue || r.ignoreLease) && before === undefined) throw topoError('noNode', 'key not found');
  return { type: 'put', key: r.key.toString(), value: r.ignoreValue && before ? before.value : r.value, lease: r.ignoreLease && before ? before.lease : r.lease };
}
function keyValue(e: StoredEntry): pb.KeyValue {
  return { key: Buffer.from(e.key), value: e.value, createRevision: e.createRevision, modRevision: e.modRevision, version: e.version, lease: e.lease };
}
function eventOf(e: StoredEvent): pb.Event {
  const kv = e.type === 'put' ? keyValue(e.entry) : { ...pb.KeyValue.fromPartial({}), key: Buffer.from(e.key), modRevision: e.revision };
  return { type: e.type === 'put' ? pb.Event_EventType.PUT : pb.Event_EventType.DELETE, kv, prevKv: undefined };
}
