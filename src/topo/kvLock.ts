import { delay } from '../base/wait.ts';
import { type KvBackend, prefixRange } from './kvBackend.ts';
import { describeLock, lockContents } from './lockContents.ts';
import { topoError } from './topoErrors.ts';
import type { TopoLock } from './topoServer.ts';

/** As vtctld does it: 30 seconds of lease, renewed three times within that. */
const defaultTtlSeconds = 30;
/** How long to wait for one's turn unless told otherwise; Vitess gives 45 s. */
const defaultTimeoutMs = 45_000;

/**
 * Vitess's lock: a key `<directory>/locks/<lease id>` under a lease. Who made the oldest key holds the lock; everyone else waits for
 * the next older key to go. `lost` aborts when the lease can no longer be proven alive, before it can have run out.
 * Throws VTR0305 when the turn does not come in time, naming the holder.
 */
export async function acquireLock(
  backend: KvBackend, directory: string, action: string,
  options: { readonly ttlSeconds?: number; readonly timeoutMs?: number; readonly signal?: AbortSignal },
): Promise<TopoLock> {
  const ttlSeconds = options.ttlSeconds ?? defaultTtlSeconds;
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  options.signal?.throwIfAborted();
  const lease = await backend.grantLease(ttlSeconds);
  const held = new LeaseKeeper(backend, lease, ttlSeconds);
  try {
    const prefix = `${directory}/locks/`;
    const key = `${prefix}${lease}`;
    const made = await backend.transact([{ key, is: 'absent' }], [{ type: 'put', key, value: lockContents(action), lease }]);
    if (!made.succeeded) throw topoError('nodeExists', `${key} exists already`);
    await waitForTurn(backend, prefix, key, made.revision, held, timeoutMs, options.signal);
    return held;
  } catch (error) {
    await held.release().catch(() => undefined); // the lease runs out by itself; the first error says more
    throw error;
  }
}

async function waitForTurn(
  backend: KvBackend, prefix: string, own: string, ownRevision: bigint, held: LeaseKeeper, timeoutMs: number, signal: AbortSignal | undefined,
): Promise<void> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const stop = AbortSignal.any([deadline, held.lost, ...(signal === undefined ? [] : [signal])]);
  let holder = 'nobody known';
  for (;;) {
    try {
      const { entries, revision } = await backend.range(prefixRange(prefix), { maxCreateRevision: ownRevision }, stop);
      if (!entries.some((e) => e.key === own)) throw topoError('lockLost', `the lock key ${own} is gone`, { hint: 'its lease ran out while waiting; try again' });
      let before = entries[0];
      for (const e of entries) if (e.key !== own && e.createRevision < ownRevision && (before?.key === own || before === undefined || e.createRevision > before.createRevision)) before = e;
      if (before === undefined || before.key === own) return;
      const waitedFor = before;
      holder = describeLock(waitedFor.value);
      for await (const batch of backend.watch({ key: waitedFor.key }, revision + 1n, stop)) {
        if (batch.type === 'compacted' || (batch.type === 'events' && batch.events.some((e) => e.type === 'delete'))) break;
      }
    } catch (error) {
      if (!stop.aborted) {
        if (error instanceof Error && 'grpc' in error && error.grpc !== 'UNAVAILABLE') throw error;
        await delay(100, stop).catch(() => undefined); // the store went away for a moment; `stop` bounds the tries
      }
    }
    if (held.lost.aborted) throw topoError('lockLost', `the lease of the lock on ${prefix} was lost while waiting`, { cause: held.lost.reason });
    signal?.throwIfAborted();
    if (deadline.aborted) {
      throw topoError('lockTimeout', `no lock on ${prefix} within ${timeoutMs} ms; held for: ${holder}`, { hint: 'wait for that action to end, or end it' });
    }
  }
}

/** Renews a lease until released. Gives up, and aborts `lost`, at two thirds of the TTL without an answer: before the store may expire it. */
class LeaseKeeper implements TopoLock {
  readonly #backend: KvBackend;
  readonly #lease: bigint;
  readonly #ttlMs: number;
  readonly #lost = new AbortController();
  readonly #ended = new AbortController();
  readonly #loop: Promise<void>;
  #revoked: Promise<void> | undefined;

  constructor(backend: KvBackend, lease: bigint, ttlSeconds: number) {
    this.#backend = backend;
    this.#lease = lease;
    this.#ttlMs = ttlSeconds * 1000;
    this.#loop = this.#renew();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  release(): Promise<void> {
    this.#revoked ??= (async () => {
      this.#ended.abort();
      await this.#loop;
      await this.#backend.revokeLease(this.#lease);
    })();
    return this.#revoked;
  }

  async #renew(): Promise<void> {
    const signal = this.#ended.signal;
    let provenAt = performance.now();
    let lastError: unknown;
    while (!signal.aborted) {
      // Bounded by `ended`; an abort is how the loop ends.
      await delay(Math.min(this.#ttlMs / 3, lastError === undefined ? this.#ttlMs : 200), signal).catch(() => undefined);
      if (signal.aborted) return;
      const askedAt = performance.now();
      const limit = AbortSignal.timeout(Math.max(1, Math.ceil(provenAt + (this.#ttlMs * 2) / 3 - askedAt)));
      try {
        const left = await untilAborted(this.#backend.keepLease(this.#lease), AbortSignal.any([limit, signal]));
        if (signal.aborted) return;
        if (left <= 0) return this.#lost.abort(topoError('lockLost', `the lease ${this.#lease} is gone`));
        provenAt = askedAt;
        lastError = undefined;
      } catch (error) {
        if (signal.aborted) return;
        lastError = error;
        if (performance.now() - provenAt >= (this.#ttlMs * 2) / 3) {
          return this.#lost.abort(topoError('lockLost', `the lease ${this.#lease} could not be renewed`, { cause: error }));
        }
      }
    }
  }
}

/** The answer, or a rejection as soon as `signal` aborts; the call itself may go on and is not waited for. */
function untilAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
