import { type BackupSummary, listBackups } from '../backup/index.ts';
import { parseGtidState } from '../binlog/gtidState.ts';
import { type Micros, parseMicros } from '../base/time.ts';
import type { Storage } from '../storage/storage.ts';
import type { ArchiveAccess, ArchiveSpan } from './archiveAccess.ts';

/** Any moment in `[from, until]` can be restored. */
export interface RestorableSpan {
  readonly from: Micros;
  readonly until: Micros;
  /** The backup it starts at. */
  readonly backup: string;
}
/** Moments between two restorable spans, and why they can't be restored. */
export interface RestorableGap {
  readonly from: Micros;
  readonly until: Micros;
  readonly why: string;
}
export interface RestorableWindow {
  readonly keyspace: string;
  readonly shard: string;
  /** Oldest first, not touching. Empty: nothing can be restored. */
  readonly spans: readonly RestorableSpan[];
  readonly gaps: readonly RestorableGap[];
  readonly backups: readonly { readonly name: string; readonly state: BackupSummary['state']; readonly committedBefore: Micros | undefined }[];
}

/**
 * What can be restored of one shard, computed from what is proven: complete backups, and the archive's unbroken spans with their evidence. Moments from a backup's consistency
 * point to the end of the span that leads on from it.
 */
export async function restorableWindow(options: { readonly storage: Storage; readonly archive: Pick<ArchiveAccess, 'spans'> | undefined; readonly keyspace: string; readonly shard: string; readonly signal?: AbortSignal }): Promise<RestorableWindow> {
  const { storage, archive, keyspace, shard, signal } = options;
  const backups = await listBackups(storage, keyspace, shard, signal);
  const archived = archive === undefined ? [] : await archive.spans(signal);
  const found: RestorableSpan[] = [];
  for (const { state, manifest, name } of backups) {
    if (state !== 'complete' || manifest === undefined) continue;
    const from = parseMicros(manifest.position.committedBefore);
    for (const span of archived) if (leadsOn(span, manifest.server.flavour, manifest.position.gtid) && span.untilTime >= from) found.push({ from, until: span.untilTime, backup: name });
  }
  const spans = merge(found);
  const gaps = spans.slice(1).map((next, i) => {
    const before = spans[i] as RestorableSpan;
    const broken = archived.find((s) => s.fromTime > before.from && s.fromTime <= next.from);
    return { from: before.until, until: next.from, why: broken === undefined ? `nothing is archived until the backup ${next.backup}` : broken.begins };
  });
  return {
    keyspace, shard, spans, gaps,
    backups: backups.map((b) => ({ name: b.name, state: b.state, committedBefore: b.manifest === undefined ? undefined : parseMicros(b.manifest.position.committedBefore) })),
  };
}

/** The backup lies within the span: it has all that came before the span, and nothing from after it. */
function leadsOn(span: ArchiveSpan, flavour: 'mariadb' | 'mysql', position: string): boolean {
  const held = parseGtidState(flavour, position);
  return held.containsAll(parseGtidState(flavour, span.fromGtid)) && parseGtidState(flavour, span.untilGtid).containsAll(held);
}

function merge(spans: readonly RestorableSpan[]): RestorableSpan[] {
  const merged: RestorableSpan[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = merged[merged.length - 1];
    if (last !== undefined && span.from <= last.until) merged[merged.length - 1] = { ...last, until: Math.max(last.until, span.until) };
    else merged.push(span);
  }
  return merged;
}

/** The restorable moment closest to `at`; undefined when there is none. */
export function nearestRestorable(window: Pick<RestorableWindow, 'spans'>, at: Micros): Micros | undefined {
  let best: Micros | undefined;
  for (const { from, until } of window.spans) {
    const close = Math.min(Math.max(at, from), until);
    if (best === undefined || Math.abs(close - at) < Math.abs(best - at)) best = close;
  }
  return best;
}
