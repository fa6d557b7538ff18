import type { Log } from '../base/log.ts';
import { type Micros, nowMicros } from '../base/time.ts';
import { type RestoreProgress, type Topology, writeRestoreProgress } from '../topo/index.ts';

/** The topology hears of progress at most this often; of a change of state at once. */
const writeEveryMs = 1000;

/** How far a restore is: kept for the HTTP page, and written to the topology for SHOW SNAPSHOTS and the command line's bars. */
export class RestoreProgressReporter {
  readonly #topology: Topology;
  readonly #place: { readonly keyspace: string; readonly shard: string; readonly tabletAlias: string };
  readonly #log: Log;
  #now: RestoreProgress;
  #phaseStarted = performance.now();
  #phaseStartFraction = 0;
  #written = 0;
  #writing: Promise<void> | undefined;

  constructor(topology: Topology, place: { readonly keyspace: string; readonly shard: string; readonly tabletAlias: string }, log: Log) {
    this.#topology = topology;
    this.#place = place;
    this.#log = log;
    this.#now = { formatVersion: 1, state: 'restoring', phase: 'planned', fraction: 0, bytesDone: 0, bytesTotal: 0, tabletAlias: place.tabletAlias, updatedAt: nowMicros() };
  }

  get current(): RestoreProgress {
    return this.#now;
  }

  /** `fraction` (0 to 1) is that of the phase; the time left is reckoned from it. */
  update(change: Partial<Omit<RestoreProgress, 'formatVersion' | 'tabletAlias' | 'updatedAt' | 'etaSeconds'>>): void {
    const before = this.#now;
    const moved = change.phase !== undefined && change.phase !== before.phase;
    const fraction = Math.min(1, Math.max(0, change.fraction ?? (moved ? 0 : before.fraction)));
    if (moved) {
      this.#phaseStarted = performance.now();
      this.#phaseStartFraction = fraction;
    }
    const { etaSeconds: _, ...rest } = before;
    const eta = this.#eta(fraction);
    this.#now = { ...rest, ...change, fraction, updatedAt: nowMicros(), ...(eta === undefined ? {} : { etaSeconds: eta }) };
    if (moved || change.state !== before.state) this.#written = 0;
    this.#write();
  }

  /** Writes the last word and waits for it. */
  async finish(change: Partial<Omit<RestoreProgress, 'formatVersion' | 'tabletAlias' | 'updatedAt' | 'etaSeconds'>>): Promise<void> {
    this.update(change);
    await this.#writing;
    await this.#writeNow();
  }

  #eta(fraction: number): number | undefined {
    const done = fraction - this.#phaseStartFraction;
    const seconds = (performance.now() - this.#phaseStarted) / 1000;
    return done > 0.01 && seconds > 0.5 && fraction < 1 ? Math.ceil((seconds / done) * (1 - fraction)) : undefined;
  }

  #write(): void {
    if (this.#writing !== undefined || performance.now() - this.#written < writeEveryMs) return;
    this.#writing = this.#writeNow().finally(() => {
      this.#writing = undefined;
    });
  }

  async #writeNow(): Promise<void> {
    this.#written = performance.now();
    try {
      await writeRestoreProgress(this.#topology, this.#place.keyspace, this.#place.shard, this.#now);
    } catch (error) {
      this.#log.warn({ err: error }, 'restore progress could not be written to the topology');
    }
  }
}

/** For the reached moment where the archive does not know it. */
export function knownMicros(at: Micros | undefined): { readonly reachedAt?: Micros } {
  return at === undefined ? {} : { reachedAt: at };
}
