import { Etcd3, type IOptions } from 'etcd3';
import type { GrpcCodeName } from '../base/errors.ts';
import { VtrewindError } from '../base/errors.ts';
import type { Guard, KvBackend, KvEntry, KvEvent, KvRange, RangeOptions, RangeResult, WatchBatch, Write } from './kvBackend.ts';
import { topoError } from './topoErrors.ts';

/** How to reach an etcd 3.4 or newer. */
export interface EtcdOptions {
  /** `host:port`, `http://…` or `https://…`; one that is down is passed over. */
  readonly endpoints: readonly string[];
  readonly auth?: { readonly username: string; readonly password: string };
  /** PEM. Without `rootCertificate` the system's roots hold (for https endpoints). */
  readonly tls?: { readonly rootCertificate: Buffer; readonly privateKey?: Buffer; readonly certificateChain?: Buffer };
  /** For one call; default 10 s. */
  readonly callTimeoutMs?: number;
}

/** Tries of a call that changes nothing, and of one that provably was never sent: at least this many, and every endpoint once. */
const leastTries = 3;
/**
 * How often a watch asks its member for one key, linearizably: a member cut off from its cluster keeps a watch open and silent for as long
 * as the cut lasts, but can't answer that.
 */
const watchProbeMs = 10_000;
/** A watch that isn't confirmed within this is given up and set again. */
const watchSetTimeoutMs = 10_000;

/**
 * etcd through the etcd3 package: its connections, authentication and typed calls. Its watch manager, lease class and retry policies are
 * not used: they lose watches and leases over reconnects and would repeat a transaction whose outcome is unknown.
 */
export class EtcdBackend implements KvBackend {
  readonly description: string;
  /** One client an endpoint: etcd3's own choice among several is random and may take the dead one each time. */
  readonly #clients: readonly Etcd3[];
  #current = 0;
  readonly #timeoutMs: number;
  readonly #authenticates: boolean;
  readonly #closed = new AbortController();

  constructor(options: EtcdOptions) {
    this.description = `etcd at ${options.endpoints.join(', ')}`;
    this.#timeoutMs = options.callTimeoutMs ?? 10_000;
    this.#authenticates = options.auth !== undefined;
    this.#clients = options.endpoints.map((endpoint) => new Etcd3({
      hosts: /^https?:\/\//.test(endpoint) ? endpoint : `http://${endpoint}`,
      ...(options.auth === undefined ? {} : { auth: { ...options.auth } }),
      ...(options.tls === undefined ? {} : {
        credentials: { rootCertificate: options.tls.rootCertificate, privateKey: options.tls.privateKey, certChain: options.tls.certificateChain },
      }),
      faultHandling: { global: once, host: () => once },
      grpcOptions: {
        // etcd answers pings more frequent than 5 s with GOAWAY.
        'grpc.keepalive_time_ms': 10_000,
        'grpc.keepalive_timeout_ms': 5_000,
        'grpc.max_receive_message_length': 64 * 1024 * 1024,
        'grpc.initial_reconnect_backoff_ms': 100,
        'grpc.max_reconnect_backoff_ms': 2_000,
      },
    }));
  }

  async range(range: KvRange, options: RangeOptions = {}, signal?: AbortSignal): Promise<RangeResult> {
    const request = {
      ...etcdRange(range),
      ...(options.maxCreateRevision === undefined ? {} : { max_create_revision: options.maxCreateRevision.toString() }),
    };
    const answer = await this.#call((client) => client.kv.range(request, this.#deadline()), true, signal);
    return { revision: BigInt(answer.header.revision), entries: answer.kvs.map(entryOf) };
  }

  async transact(guards: readonly Guard[], writes: readonly Write[]): Promise<{ readonly succeeded: boolean; readonly revision: bigint }> {
    const request = {
      compare: guards.map((g) => ({
        key: Buffer.from(g.key),
        target: 'Mod' as const,
        result: g.is === 'present' ? ('Greater' as const) : ('Equal' as const),
        mod_revision: g.is === 'unchanged' ? g.modRevision.toString() : '0',
      })),
      success: writes.map((w) => w.type === 'put'
        ? { request_put: { key: Buffer.from(w.key), value: Buffer.from(w.value), lease: (w.lease ?? 0n).toString() } }
        : { request_delete_range: { key: Buffer.from(w.key) } }),
      failure: [],
    };
    const answer = await this.#call((client) => client.kv.txn(request, this.#deadline()), false);
    return { succeeded: answer.succeeded, revision: BigInt(answer.header.revision) };
  }

  async *watch(range: KvRange, fromRevision: bigint, signal: AbortSignal): AsyncIterable<WatchBatch> {
    if (signal.aborted) return;
    await this.#renewToken();
    let member: Etcd3 | undefined;
    const stream = await this.#call((client) => {
      member = client;
      return client.watchClient.watch();
    }, true, signal);
    const stop = () => stream.cancel();
    let probing = false;
    const probe = setInterval(() => {
      if (probing || member === undefined) return;
      probing = true;
      member.kv.range({ key: Buffer.from(range.key), limit: 1, keys_only: true }, this.#deadline()).then(() => {
        probing = false;
      }, stop);
    }, watchProbeMs);
    probe.unref();
    signal.addEventListener('abort', stop, { once: true });
    this.#closed.signal.addEventListener('abort', stop, { once: true });
    const setTimer = setTimeout(stop, watchSetTimeoutMs);
    let pending: KvEvent[] = [];
    try {
      stream.write({ create_request: { ...etcdRange(range), start_revision: fromRevision.toString(), progress_notify: true } });
      for await (const answer of stream as unknown as AsyncIterable<WatchAnswer>) {
        if (answer.canceled) {
          if (BigInt(answer.compact_revision) > 0n) {
            yield { type: 'compacted' };
            return;
          }
          throw topoError('unreachable', `${this.description} ended a watch: ${answer.cancel_reason || 'no reason given'}`);
        }
        if (answer.created) {
          clearTimeout(setTimer);
          yield { type: 'created', revision: BigInt(answer.header.revision) };
          continue;
        }
        for (const event of answer.events) {
          pending.push(event.type === 'Delete' || event.type === 'DELETE' ? { type: 'delete', key: event.kv.key.toString() } : { type: 'put', entry: entryOf(event.kv) });
        }
        // A progress notice without events: some etcd 3.4 give it ahead of events still under way, so its revision is not taken.
        if (answer.fragment || pending.length === 0) continue;
        yield { type: 'events', revision: BigInt(answer.header.revision), events: pending };
        pending = [];
      }
      if (!signal.aborted) throw topoError('unreachable', `${this.description} ended a watch`);
    } catch (error) {
      if (!signal.aborted) {
        // A stream's own failure shows only here; another endpoint may do better.
        this.#current = (this.#current + 1) % this.#clients.length;
        throw this.#translate(error);
      }
    } finally {
      clearTimeout(setTimer);
      clearInterval(probe);
      signal.removeEventListener('abort', stop);
      this.#closed.signal.removeEventListener('abort', stop);
      stream.cancel();
    }
  }

  async grantLease(ttlSeconds: number): Promise<bigint> {
    const granted = await this.#call((client) => client.leaseClient.leaseGrant({ TTL: ttlSeconds.toString() }, this.#deadline()), false);
    if (granted.error) throw topoError('limit', `${this.description} gave no lease: ${granted.error}`);
    return BigInt(granted.ID);
  }

  async keepLease(lease: bigint): Promise<number> {
    await this.#renewToken();
    const stream = await this.#call((client) => client.leaseClient.leaseKeepAlive(this.#deadline()), true);
    try {
      stream.write({ ID: lease.toString() });
      for await (const answer of stream as unknown as AsyncIterable<{ readonly TTL: string }>) return Number(answer.TTL);
      throw topoError('unreachable', `${this.description} did not answer about lease ${lease}`);
    } catch (error) {
      throw this.#translate(error);
    } finally {
      stream.cancel();
    }
  }

  async revokeLease(lease: bigint): Promise<void> {
    try {
      await this.#call((client) => client.leaseClient.leaseRevoke({ ID: lease.toString() }, this.#deadline()), true);
    } catch (error) {
      if (!(error instanceof VtrewindError && /lease not found/.test(error.message))) throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed.abort();
    for (const client of this.#clients) client.close();
  }

  /** Tokens run out after minutes. etcd3 fetches a new one when a plain call is refused for it, but not for streams. */
  async #renewToken(): Promise<void> {
    if (!this.#authenticates) return;
    try {
      await this.#call((client) => client.kv.range({ key: Buffer.from('auth'), limit: 1, keys_only: true }, this.#deadline()), true);
    } catch (error) {
      // Whoever may not read that key was known all the same.
      if (!(error instanceof VtrewindError && error.grpc === 'PERMISSION_DENIED')) throw error;
    }
  }

  #deadline(): { deadline: number } {
    return { deadline: Date.now() + this.#timeoutMs };
  }

  /** `idempotent` false: tried again only where the transport says that nothing went out. */
  async #call<T>(call: (client: Etcd3) => Promise<T>, idempotent: boolean, signal?: AbortSignal): Promise<T> {
    const maxTries = Math.max(leastTries, this.#clients.length);
    for (let tried = 1; ; tried++) {
      signal?.throwIfAborted();
      const asked = this.#current;
      const client = this.#clients[asked];
      if (client === undefined || this.#closed.signal.aborted) throw topoError('closed', `${this.description} was closed`);
      try {
        return await call(client);
      } catch (error) {
        const translated = this.#translate(error);
        if (translated.grpc === 'UNAVAILABLE' && asked === this.#current) this.#current = (asked + 1) % this.#clients.length;
        const neverSent = /No connection established/.test(translated.message);
        if (translated.grpc !== 'UNAVAILABLE' || tried >= maxTries || !(idempotent || neverSent)) throw translated;
      }
    }
  }

  #translate(error: unknown): VtrewindError {
    if (error instanceof VtrewindError) return error;
    const name = error instanceof Error ? error.constructor.name : '';
    const text = error instanceof Error ? error.message : String(error);
    const grpc = codes[name] ?? (error instanceof Error && 'code' in error && (error.code === 14 || error.code === 4 || error.code === 1) ? 'UNAVAILABLE' : 'UNKNOWN');
    if (grpc === 'UNAVAILABLE') return topoError('unreachable', `${this.description} can't be reached: ${text}`, { cause: error });
    return new VtrewindError({ code: 'VTR0300', grpc, message: `${this.description}: ${text}`, cause: error });
  }
}

/** Classes that etcd3 throws; all that mean "not reached in time" are UNAVAILABLE here. */
const codes: Readonly<Record<string, GrpcCodeName>> = {
  GRPCUnavailableError: 'UNAVAILABLE', GRPCCancelledError: 'UNAVAILABLE', GRPCDeadlineExceededError: 'UNAVAILABLE',
  GRPCInternalError: 'UNAVAILABLE', GRPCUnknownError: 'UNAVAILABLE', EtcdWatchStreamEnded: 'UNAVAILABLE',
  GRPCInvalidArgumentError: 'INVALID_ARGUMENT', GRPCNotFoundError: 'NOT_FOUND', GRPCAlreadyExistsError: 'ALREADY_EXISTS',
  GRPCResourceExhastedError: 'RESOURCE_EXHAUSTED', GRPCFailedPreconditionError: 'FAILED_PRECONDITION', GRPCOutOfRangeError: 'OUT_OF_RANGE',
  GRPCUnauthenticatedError: 'UNAUTHENTICATED', EtcdAuthenticationFailedError: 'UNAUTHENTICATED', EtcdPermissionDeniedError: 'PERMISSION_DENIED',
};

/** A fault-handling policy in the shape etcd3 wants, that does nothing: what may be repeated is decided here. */
const nothing = () => ({ dispose() { /* nothing was taken */ } });
type Policy = NonNullable<NonNullable<IOptions['faultHandling']>['global']>;
const once: Policy = {
  _altReturn: undefined as never,
  onSuccess: nothing,
  onFailure: nothing,
  execute: async (run, signal) => run({ signal: signal ?? never }),
};
const never = new AbortController().signal;

/** etcd3's stream yields these, with numbers past 2^53 as text. */
interface WatchAnswer {
  readonly header: { readonly revision: string };
  readonly created: boolean;
  readonly canceled: boolean;
  readonly compact_revision: string;
  readonly cancel_reason?: string;
  readonly fragment?: boolean;
  readonly events: readonly { readonly type: string; readonly kv: RawEntry }[];
}
interface RawEntry { readonly key: Buffer; readonly value: Buffer; readonly create_revision: string; readonly mod_revision: string }

function entryOf(kv: RawEntry): KvEntry {
  return { key: kv.key.toString(), value: kv.value, createRevision: BigInt(kv.create_revision), modRevision: BigInt(kv.mod_revision) };
}
function etcdRange(range: KvRange): { key: Buffer; range_end?: Buffer } {
  return range.end === undefined ? { key: Buffer.from(range.key) } : { key: Buffer.from(range.key), range_end: Buffer.from(range.end) };
}
