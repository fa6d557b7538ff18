import type { CatalogEntry } from './archiveCatalog.ts';

/** A boundary in the archive's order: before transaction `transaction` (from 0) of the object `sequence` of `epoch`. */
export interface ArchivePlace {
  readonly epoch: number;
  readonly sequence: number;
  readonly transaction: number;
}

export function comparePlaces(a: ArchivePlace, b: ArchivePlace): number {
  return a.epoch - b.epoch || a.sequence - b.sequence || a.transaction - b.transaction;
}

/** The place before an entry. */
export const placeBefore = (entry: CatalogEntry): ArchivePlace => ({ epoch: entry.epoch, sequence: entry.sequence, transaction: 0 });
/** The place behind an entry and everything in it. */
export const placeBehind = (entry: CatalogEntry): ArchivePlace => ({ epoch: entry.epoch, sequence: entry.sequence + 1, transaction: 0 });
