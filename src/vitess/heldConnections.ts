import { VtrewindError } from '../base/errors.ts';
import type { Lease, MysqlPool } from '../mysql/pool.ts';
import type { LiteralRules } from './bindLiteral.ts';

/** Why ended connections ended, for as many as this. */
const maxRemembered = 1_000;
/** Connections held at once. */
const maxHeld = 10_000;

/** A connection that belongs to a transaction, a reservation, or both. Its id is what callers know it by. */
export interface Held {
  id: bigint;
  readonly lease: Lease;
  readonly pool: MysqlPool;
  /** `none`: reserved only. `autocommit`: a transaction by name alone, each statement commits itself. */
  transaction: 'none' | 'open' | 'autocommit';
  reserved: boolean;
  /** Ended when not used up by then; milliseconds. */
  transactionTimeoutMs: number;
  timer: NodeJS.Timeout | undefined;
  expired: boolean;
  busyFor: string | undefined;
  /** A statement on it may have left something in its session. */
  marked: boolean;
  /** character_set_client where it may not be utf8mb4. */
  charset: LiteralRules['charset'];
}

/**
 * The connections a tablet keeps for its callers between statements. Each is used by one statement at a time; one that outlives its time is
 * ended, after its statement when one runs. Ids grow and are never given twice, also over restarts (they start at the clock's nanoseconds).
 */
export class HeldConnections {
  readonly #held = new Map<bigint, Held>();
  readonly #ended = new Map<bigint, string>();
  readonly #reservedIdleMs: number;
  #nextId = BigInt(Date.now()) * 1_000_000n;

  constructor(reservedIdleMs: number) {
    this.#reservedIdleMs = reservedIdleMs;
  }

  get size(): number {
    return this.#held.size;
  }

  add(lease: Lease, pool: MysqlPool, state: { readonly transaction: Held['transaction']; readonly reserved: boolean; readonly transactionTimeoutMs: number; readonly charset?: string | undefined }): Held {
    if (this.#held.size >= maxHeld) {
      lease.discard();
      throw new VtrewindError({ code: 'VTR0334', mysql: 1203, sqlState: '42000', grpc: 'RESOURCE_EXHAUSTED', message: `${maxHeld} transactions and reserved connections are open already` });
    }
    const held: Held = { id: ++this.#nextId, lease, pool, ...state, charset: state.charset, marked: false, timer: undefined, expired: false, busyFor: undefined };
    this.#held.set(held.id, held);
    this.#startTimer(held);
    return held;
  }

  /** For one statement; give it back. Throws ABORTED, in Vitess's words, when there is none, it ended, or a statement runs on it. */
  take(id: bigint, purpose: string): Held {
    const held = this.#held.get(id);
    if (held === undefined) {
      const ended = this.#ended.get(id);
      throw aborted(ended === undefined ? `transaction ${id}: not found (potential transaction timeout)` : `transaction ${id}: ended at ${ended}`);
    }
    if (held.busyFor !== undefined) throw aborted(`transaction ${id}: in use: ${held.busyFor}`);
    held.busyFor = purpose;
    return held;
  }

  give(held: Held): void {
    held.busyFor = undefined;
    if (!this.#held.has(held.id)) return;
    if (held.lease.connection.closed) this.end(held, 'connection lost', 'discard');
    else if (held.expired) this.end(held, `exceeded timeout: ${duration(held.transactionTimeoutMs)}`, 'discard');
    else if (held.transaction === 'none') this.#startTimer(held);
  }

  /** A transaction began or ended on it: its time starts anew. */
  restartTimer(held: Held): void {
    this.#startTimer(held);
  }

  /** The connection goes on under a new id; the old one says so. */
  renew(held: Held): bigint {
    this.#held.delete(held.id);
    this.#remember(held.id, 'renew existing connection');
    held.id = ++this.#nextId;
    this.#held.set(held.id, held);
    this.#startTimer(held);
    return held.id;
  }

  end(held: Held, why: string, connection: 'release' | 'discard'): void {
    if (!this.#held.delete(held.id)) return;
    clearTimeout(held.timer);
    this.#remember(held.id, why);
    if (connection === 'release' && held.marked) held.lease.releaseDirty();
    else if (connection === 'release') held.lease.release();
    else held.lease.discard();
  }

  /** Ends everything; what runs on a connection loses it. */
  endAll(why: string): void {
    for (const held of [...this.#held.values()]) this.end(held, why, 'discard');
  }

  #startTimer(held: Held): void {
    clearTimeout(held.timer);
    const inTransaction = held.transaction !== 'none';
    const ms = inTransaction ? held.transactionTimeoutMs : this.#reservedIdleMs;
    held.expired = false;
    if (ms <= 0) {
      held.timer = undefined;
      return;
    }
    held.timer = setTimeout(() => {
      if (held.busyFor !== undefined) held.expired = inTransaction;
      else this.end(held, `exceeded timeout: ${duration(ms)}`, 'discard');
    }, ms);
    held.timer.unref();
  }

  #remember(id: bigint, why: string): void {
    if (this.#ended.size >= maxRemembered) for (const oldest of this.#ended.keys()) {
      this.#ended.delete(oldest);
      break;
    }
    this.#ended.set(id, `${new Date().toISOString().replace('T', ' ').replace('Z', ' UTC')} (${why})`);
  }
}

function aborted(message: string): VtrewindError {
  return new VtrewindError({ code: 'VTR0335', mysql: 1317, sqlState: '70100', grpc: 'ABORTED', message });
}

/** As Go prints durations: `500ms`, `1.5s`, `30s`, `1m0s`. */
function duration(ms: number): string {
  if (ms < 1_000) return `${ms}ms`;
  const seconds = ms / 1_000;
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
