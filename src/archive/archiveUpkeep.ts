import { VtrewindError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { delay } from '../base/wait.ts';
import { ArchiveCatalog } from '../binlog/archive/archiveCatalog.ts';
import { mergeSegments } from '../binlog/archive/mergeSegments.ts';
import { sweepMerged } from '../binlog/archive/sweepMerged.ts';
import type { SegmentEntry } from '../binlog/archive/timelines.ts';
import type { Storage } from '../storage/storage.ts';

export interface UpkeepLimits {
  /** So many new segments are merged into one; default 500. 0: nothing is merged or removed. */
  readonly mergeAfter?: number;
  /** What was merged stays for so long, for readers that have listed it; default 10 minutes. */
  readonly graceMs?: number;
  /** How often it is looked whether something is to be done; default 5 s. */
  readonly everyMs?: number;
}

export interface UpkeepOptions extends UpkeepLimits {
  readonly storage: Storage;
  readonly keyspace: string;
  readonly shard: string;
  /** Of the writer that this upkeep belongs to. */
  readonly epoch: number;
  /** What readers in this process read; listed again after a merge. */
  readonly shared: ArchiveCatalog;
  readonly counts: UpkeepCounts;
  readonly log: Log;
}

/** What was done since the process started. */
export class UpkeepCounts {
  merged = 0;
  removed = 0;
  failures = 0;
}

const longestRetryMs = 5 * 60_000;

/**
 * Keeps a shard's archive small in objects beside its writer: merges segments and removes, after a grace period, those that were merged. A failure is told and tried again later, less and
 * less often; nothing here holds up the writer. Ends with `stop`, or by itself when a newer writer has claimed the archive.
 */
export class ArchiveUpkeep {
  readonly #options: UpkeepOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  /** When each merged entry was first seen, by this process's clock, ms; until it is swept. */
  readonly #seen = new Map<string, number>();
  readonly #swept = new Set<string>();
  #unmerged = Number.POSITIVE_INFINITY;

  constructor(options: UpkeepOptions) {
    this.#options = options;
    this.#running = (options.mergeAfter ?? 500) > 0 ? this.#run() : Promise.resolve();
  }

  /** A segment was stored. */
  stored(): void { this.#unmerged++; }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the upkeep ends'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { everyMs = 5000, counts, log } = this.#options;
    const { signal } = this.#stop;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await delay(Math.min(everyMs * 2 ** Math.min(failures, 20), Math.max(everyMs, longestRetryMs)), signal);
        await this.#merge(signal);
        await this.#sweep(signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        const failure = VtrewindError.from(error);
        if (failure.code === 'VTR1211') {
          log.info({ event: 'upkeep_ended', error: failure.message }, 'another archiver has claimed the archive; nothing is merged or removed any more');
          return;
        }
        failures++;
        counts.failures++;
        log.warn({ event: 'upkeep_failed', code: failure.code, error: failure.message, hint: failure.hint }, 'segments could not be merged or removed; tried again later');
      }
    }
  }

  async #merge(signal: AbortSignal): Promise<void> {
    const { storage, keyspace, shard, shared, mergeAfter = 500, counts, log } = this.#options;
    if (this.#unmerged < mergeAfter) return;
    const before = this.#unmerged;
    // a catalog of its own: reading every index must not push out what readers have at hand
    const catalog = await ArchiveCatalog.load(storage, keyspace, shard, signal);
    let merged = 0;
    for (let run = await mergeSegments(catalog, { segments: mergeAfter }, signal); run > 0; run = await mergeSegments(catalog, { segments: mergeAfter }, signal)) {
      merged += run;
      counts.merged += run;
    }
    // what came meanwhile counts towards the next round
    this.#unmerged = before === Number.POSITIVE_INFINITY ? 0 : Math.max(0, this.#unmerged - before);
    const now = performance.now();
    for (const { key } of mergedOf(catalog)) if (!this.#swept.has(key) && !this.#seen.has(key)) this.#seen.set(key, now);
    if (merged === 0) return;
    log.info({ event: 'segments_merged', segments: merged }, 'segments merged');
    await shared.refresh(signal);
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    const { storage, keyspace, shard, epoch, graceMs = 10 * 60_000, counts, log } = this.#options;
    const ripe = performance.now() - graceMs;
    if (![...this.#seen.values()].some((since) => since <= ripe)) return;
    const catalog = await ArchiveCatalog.load(storage, keyspace, shard, signal);
    const due = mergedOf(catalog).filter(({ key }) => (this.#seen.get(key) ?? Number.POSITIVE_INFINITY) <= ripe);
    const removed = await sweepMerged(catalog, epoch, due, signal);
    // one that is in no listing any more was truncated
    for (const [key, since] of this.#seen) if (since <= ripe) this.#seen.delete(key);
    for (const { key } of due) this.#swept.add(key);
    counts.removed += removed;
    if (removed > 0) log.info({ event: 'merged_removed', objects: removed }, 'merged segments removed');
  }
}

function mergedOf(catalog: ArchiveCatalog): SegmentEntry[] {
  return catalog.entries.filter((entry): entry is SegmentEntry => entry.type === 'segment' && entry.sequence !== entry.lastSequence);
}
