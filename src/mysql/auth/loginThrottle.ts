/** How failed logins are slowed down. All times in milliseconds. */
export interface ThrottleLimits {
  /** Failures in a row, of one user from one address, before it is blocked. */
  readonly freeFailures: number;
  /** Of the first block; each further failure doubles it. */
  readonly firstBlockMs: number;
  readonly maxBlockMs: number;
  /** A pair without failures for so long is forgotten. */
  readonly forgetMs: number;
  /** Pairs remembered; the one that failed longest ago leaves. */
  readonly maxEntries: number;
}

export const DEFAULT_THROTTLE: ThrottleLimits = { freeFailures: 10, firstBlockMs: 1000, maxBlockMs: 60_000, forgetMs: 600_000, maxEntries: 10_000 };

interface Failures {
  count: number;
  lastAt: number;
  blockedUntil: number;
}

/**
 * Failed logins by address and user, so that guessing one user's password blocks nobody else. While a pair is blocked even the right password
 * is refused, unseen. Bounded in memory.
 */
export class LoginThrottle {
  readonly #limits: ThrottleLimits;
  readonly #now: () => number;
  readonly #pairs = new Map<string, Failures>();

  constructor(limits: ThrottleLimits = DEFAULT_THROTTLE, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  get size(): number {
    return this.#pairs.size;
  }

  /** Milliseconds until this pair may try again; 0 when it may now. */
  blockedFor(address: string, user: string): number {
    const pair = this.#pairs.get(keyOf(address, user));
    return pair === undefined ? 0 : Math.max(0, pair.blockedUntil - this.#now());
  }

  failed(address: string, user: string): void {
    const { freeFailures, firstBlockMs, maxBlockMs, forgetMs, maxEntries } = this.#limits;
    const key = keyOf(address, user);
    const now = this.#now();
    const before = this.#pairs.get(key);
    const count = before === undefined || now - before.lastAt > forgetMs ? 1 : before.count + 1;
    const over = count - freeFailures;
    // Deleted first, so that the map's order is that of the last failures.
    this.#pairs.delete(key);
    this.#pairs.set(key, { count, lastAt: now, blockedUntil: over < 0 ? 0 : now + Math.min(maxBlockMs, firstBlockMs * 2 ** Math.min(over, 30)) });
    for (const [oldest, pair] of this.#pairs) {
      if (this.#pairs.size <= maxEntries && now - pair.lastAt <= forgetMs) break;
      this.#pairs.delete(oldest);
    }
  }

  succeeded(address: string, user: string): void {
    this.#pairs.delete(keyOf(address, user));
  }
}

/** User names are cut: a client chooses them. */
function keyOf(address: string, user: string): string {
  return `${address}\0${user.slice(0, 128)}`;
}
