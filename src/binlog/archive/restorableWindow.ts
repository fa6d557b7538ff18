import type { Micros } from '../../base/time.ts';
import type { Storage } from '../../storage/storage.ts';
import type { Flavour } from '../formatDescription.ts';
import { parseGtidState } from '../gtidState.ts';
import { ArchiveCatalog } from './archiveCatalog.ts';
import { provenEnd, sectionBegins, sectionsOf } from './timelines.ts';

/** A range of moments that the archive proves, `from` included, `to` not. */
export interface WindowSection {
  readonly from: Micros;
  readonly to: Micros;
  readonly timeline: number;
  /** A backup to replay from holds at least this. */
  readonly startState: string;
  readonly endState: string;
  readonly segments: number;
  readonly transactions: number;
}

/** What is missing, by name. `to` is undefined while nothing behind the gap has been archived. */
export interface WindowGap {
  readonly from: Micros;
  readonly to: Micros | undefined;
  readonly missing: string;
  readonly reason: string;
}

/** Archived transactions that are no part of the history from `at` on (errant, or lost by the primary). */
export interface WindowFork {
  readonly at: Micros;
  readonly timeline: number;
  readonly dropped: string;
  readonly reason: string;
}

export interface RestorableWindow {
  readonly keyspace: string;
  readonly shard: string;
  /** Undefined when nothing is archived. */
  readonly flavour: Flavour | undefined;
  readonly sections: readonly WindowSection[];
  readonly gaps: readonly WindowGap[];
  readonly forks: readonly WindowFork[];
}

/**
 * What the archive of a shard can be cut at, from what is stored and proven: the first section begins where the archive does, the last ends at its last transaction or at the last
 * proof that the source had committed nothing more. A restore needs, besides, a backup that holds a section's `startState` and nothing past the cut.
 */
export async function restorableWindow(storage: Storage, keyspace: string, shard: string, signal?: AbortSignal): Promise<RestorableWindow> {
  const catalog = await ArchiveCatalog.load(storage, keyspace, shard, signal);
  return await windowOf(catalog, signal);
}

/** The same from a catalog at hand. */
export async function windowOf(catalog: ArchiveCatalog, signal?: AbortSignal): Promise<RestorableWindow> {
  const all = sectionsOf(catalog);
  const end = provenEnd(all, await catalog.evidence(signal));
  const sections: WindowSection[] = [];
  const gaps: WindowGap[] = [];
  const forks: WindowFork[] = [];
  for (const [i, section] of all.entries()) {
    const { record } = section.opened;
    const next = all[i + 1];
    const begins = sectionBegins(section);
    const lastCommit = section.segments.reduce((max, segment) => Math.max(max, segment.maxEarliest), 0);
    // a section that a fork ends is complete up to the fork; one that a gap ends up to its last transaction
    const to = next === undefined ? end : next.opened.record.kind === 'gap' ? lastCommit : sectionBegins(next);
    if (record.kind === 'gap') {
      const previous = all[i - 1];
      const from = previous === undefined ? 0 : Math.max(sectionBegins(previous), previous.segments.reduce((max, segment) => Math.max(max, segment.maxEarliest), 0));
      gaps.push({ from, to: Number.isFinite(begins) ? begins : undefined, missing: record.missing, reason: record.reason });
    }
    if (record.kind === 'fork') forks.push({ at: begins, timeline: record.timeline, dropped: record.dropped, reason: record.reason });
    // commit times to the second can leave no time between: such a section can still be cut by GTID
    if (!Number.isFinite(begins) || (section.segments.length === 0 && begins >= to)) continue;
    const last = section.entries.at(-1);
    const after = last?.type === 'segment' ? (await catalog.index(last, signal)).header.after : last?.record.state;
    sections.push({
      from: begins, to: Math.max(begins, to), timeline: section.timeline, startState: section.startState.toString(), endState: after === undefined ? '' : parseGtidState(record.flavour, after).toString(),
      segments: section.segments.length, transactions: section.segments.reduce((sum, segment) => sum + segment.transactions, 0),
    });
  }
  return { keyspace: catalog.keyspace, shard: catalog.shard, flavour: catalog.flavour, sections, gaps, forks };
}
