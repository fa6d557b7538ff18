import type { Plan } from '../../planner/plan.ts';
import type { FastRoute } from '../relay/fastRoute.ts';

/** A plan and, when its statement may be passed through, how. */
export interface CachedPlan {
  readonly plan: Plan;
  readonly fast: FastRoute | undefined;
  /** Names and functions of the session that its text asks for; empty for most. */
  readonly needs: readonly string[];
  /** A SELECT with `last_insert_id(expr)`: its connection is asked for the value afterwards. */
  readonly setsInsertId: boolean;
  /** Reads information_schema: which keyspace's is known at run time only. */
  readonly system?: boolean;
  /** SQL_CALC_FOUND_ROWS with a limit that one shard applies: its connection is asked for `found_rows()` afterwards. */
  readonly countsFoundRows: boolean;
}

/** Longest key kept: a statement of megabytes would fill the cache alone. */
const MAX_KEY_CHARS = 16 * 1024;

/**
 * Plans by scope (what the session adds: keyspace, tablet type, shard, sql_mode) and statement key. Bounded in number; the one used longest ago
 * leaves. Emptied when the version of the cluster's view changes.
 */
export class PlanCache {
  readonly capacity: number;
  #scopes = new Map<string, PlanScope>();
  #version = -1;
  size = 0;
  readonly counts = { hits: 0, misses: 0, evictions: 0 };

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** The scope's plans as of `version`. Ask again when the version has moved. */
  scope(name: string, version: number): PlanScope {
    if (version !== this.#version) {
      this.#version = version;
      this.#scopes = new Map();
      this.size = 0;
    }
    let scope = this.#scopes.get(name);
    if (scope === undefined) {
      scope = new PlanScope(this, version);
      this.#scopes.set(name, scope);
    }
    return scope;
  }

  /** Drops the oldest plan of the largest scope. */
  evict(): void {
    let largest: PlanScope | undefined;
    for (const scope of this.#scopes.values()) if (largest === undefined || scope.size > largest.size) largest = scope;
    if (largest?.dropOldest() === true) this.counts.evictions++;
  }

  clear(): void {
    this.#version = -1;
  }
}

export class PlanScope {
  readonly version: number;
  readonly #cache: PlanCache;
  readonly #plans = new Map<string, CachedPlan>();
  #reads = 0;

  constructor(cache: PlanCache, version: number) {
    this.#cache = cache;
    this.version = version;
  }

  get size(): number {
    return this.#plans.size;
  }

  get(key: string): CachedPlan | undefined {
    const found = this.#plans.get(key);
    if (found === undefined) {
      this.#cache.counts.misses++;
      return undefined;
    }
    this.#cache.counts.hits++;
    // Exact recency for every read would cost more than the plan saves: now and then is enough to keep what is used.
    if ((++this.#reads & 0x3f) === 0) {
      this.#plans.delete(key);
      this.#plans.set(key, found);
    }
    return found;
  }

  put(key: string, plan: CachedPlan): void {
    if (key.length > MAX_KEY_CHARS) return;
    if (!this.#plans.has(key)) this.#cache.size++;
    this.#plans.set(key, plan);
    if (this.#cache.size > this.#cache.capacity) this.#cache.evict();
  }

  dropOldest(): boolean {
    for (const key of this.#plans.keys()) {
      this.#plans.delete(key);
      this.#cache.size--;
      return true;
    }
    return false;
  }
}
