import type { CatalogEntry } from './archiveCatalog.ts';
import type { SegmentHeader } from './archiveRecords.ts';

/**
 * A boundary in the archive's order: before transaction `transaction` (from 0) of the object `sequence` of `epoch`. Segments count as they were first written: merging them changes no place.
 */
export interface ArchivePlace {
  readonly epoch: number;
  readonly sequence: number;
  readonly transaction: number;
}

/** Before everything. */
export const firstPlace: ArchivePlace = { epoch: 0, sequence: 0, transaction: 0 };

export function comparePlaces(a: ArchivePlace, b: ArchivePlace): number {
  return a.epoch - b.epoch || a.sequence - b.sequence || a.transaction - b.transaction;
}

/** The place before an entry. */
export const placeBefore = (entry: Pick<CatalogEntry, 'epoch' | 'sequence'>): ArchivePlace => ({ epoch: entry.epoch, sequence: entry.sequence, transaction: 0 });
/** The place behind an entry and everything in it. */
export const placeBehind = (entry: Pick<CatalogEntry, 'epoch' | 'lastSequence'>): ArchivePlace => ({ epoch: entry.epoch, sequence: entry.lastSequence + 1, transaction: 0 });

type Numbered = Pick<SegmentHeader, 'epoch' | 'sequence' | 'transactions' | 'parts'>;
const partsOf = (header: Numbered): readonly (readonly [number, number])[] => header.parts ?? [[header.sequence, header.transactions]];

/** The place before transaction `k` (from 0) of a segment, merged or not; behind the segment when it has no such transaction. */
export function placeWithin(header: Numbered, k: number): ArchivePlace {
  const { epoch } = header;
  let before = 0;
  let last = header.sequence;
  for (const [sequence, transactions] of partsOf(header)) {
    if (k < before + transactions) return { epoch, sequence, transaction: k - before };
    before += transactions;
    last = sequence;
  }
  return { epoch, sequence: last + 1, transaction: 0 };
}

/** How many of a segment's transactions lie before a place. */
export function transactionsBefore(header: Numbered, place: ArchivePlace): number {
  if (place.epoch !== header.epoch) return place.epoch > header.epoch ? header.transactions : 0;
  let before = 0;
  for (const [sequence, transactions] of partsOf(header)) {
    if (sequence > place.sequence) break;
    before += sequence < place.sequence ? transactions : Math.min(place.transaction, transactions);
  }
  return before;
}
