import { type GtidState, parseGtidState } from '../gtidState.ts';
import type { ArchiveCatalog, CatalogEntry } from './archiveCatalog.ts';
import type { EvidenceRecord, JoinRecord } from './archiveRecords.ts';

export type SegmentEntry = Extract<CatalogEntry, { type: 'segment' }>;
export type JoinEntry = Extract<CatalogEntry, { type: 'join' }>;

/** A run of the archive without a gap on one timeline, and what opened it. */
export interface Section {
  readonly opened: JoinEntry;
  /** In order; `source` joins within it change nothing but the server. */
  readonly entries: readonly CatalogEntry[];
  readonly segments: readonly SegmentEntry[];
  readonly timeline: number;
  /** What is held before the first transaction of the section. */
  readonly startState: GtidState;
}

/** Cuts the archive's order into sections: a new one at the start, at every fork and at every gap. */
export function sectionsOf(catalog: ArchiveCatalog): readonly Section[] {
  const sections: { opened: JoinEntry; entries: CatalogEntry[]; segments: SegmentEntry[]; timeline: number; startState: GtidState }[] = [];
  for (const entry of catalog.entries) {
    if (entry.type === 'join' && entry.record.kind !== 'source') {
      const { record } = entry;
      sections.push({ opened: entry, entries: [entry], segments: [], timeline: record.timeline, startState: parseGtidState(record.flavour, record.state) });
      continue;
    }
    const open = sections.at(-1);
    open?.entries.push(entry);
    if (entry.type === 'segment') open?.segments.push(entry);
  }
  return sections;
}

/** When a section's history begins to count, microseconds: from its recorded moment or its first transaction on, whichever is earlier. */
export function sectionBegins(section: Section): number {
  const first = section.segments[0];
  const { kind, atMicros } = section.opened.record;
  // behind a gap nothing tells when the missing transactions ended, but the first transaction there
  if (kind === 'gap') return first?.minEarliest ?? Number.POSITIVE_INFINITY;
  return Math.min(atMicros, first?.minEarliest ?? atMicros);
}

/** Moments before this one are proven for the last section, microseconds: its last transaction, or evidence of its source beyond that. */
export function provenEnd(sections: readonly Section[], evidence: readonly EvidenceRecord[]): number {
  const last = sections.at(-1);
  if (last === undefined) return 0;
  let end = last.segments.reduce((max, segment) => Math.max(max, segment.maxEarliest), 0);
  const joins = last.entries.filter((entry): entry is JoinEntry => entry.type === 'join');
  for (const record of evidence) {
    // the server that was followed when it was taken
    const join = joins.findLast((entry) => entry.epoch < record.epoch || (entry.epoch === record.epoch && entry.sequence <= record.sequence));
    if (join !== undefined && record.sourceId === join.record.source.id) end = Math.max(end, record.provenMicros);
  }
  return end;
}

/** GTIDs that forks up to and including `sections[upTo]` took out of what was archived before them. */
export function droppedBefore(sections: readonly Section[], upTo: number): readonly JoinRecord[] {
  return sections.slice(0, upTo + 1).flatMap((section) => (section.opened.record.kind === 'fork' ? [section.opened.record] : []));
}
