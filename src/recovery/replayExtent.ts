import type { ArchiveCatalog } from '../binlog/archive/archiveCatalog.ts';
import { type ArchivePlace, comparePlaces } from '../binlog/archive/archivePlace.ts';
import { sectionsOf, type SegmentEntry } from '../binlog/archive/timelines.ts';
import { type GtidState, parseGtidState } from '../binlog/gtidState.ts';
import type { ReplayExtent } from './archiveAccess.ts';

/** Indexes that are read to add up bytes; of more segments than this a sample is taken. */
const sampleSegments = 64;

/** The segments between what a backup holds and a place of the archive, and their bytes. A segment that is needed in part counts whole. */
export async function replayExtent(catalog: ArchiveCatalog, held: GtidState, until: ArchivePlace, signal?: AbortSignal): Promise<ReplayExtent> {
  const needed: SegmentEntry[] = [];
  for (const section of sectionsOf(catalog)) {
    const before = section.segments.filter((segment) => comparePlaces({ ...segment, transaction: 0 }, until) < 0);
    let low = 0;
    let high = before.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const { header } = await catalog.index(before[middle] as SegmentEntry, signal);
      if (held.containsAll(parseGtidState(header.flavour, header.after))) low = middle + 1;
      else high = middle;
    }
    needed.push(...before.slice(low));
  }
  const step = Math.max(1, Math.ceil(needed.length / sampleSegments));
  let bytes = 0;
  let read = 0;
  for (let i = 0; i < needed.length; i += step) {
    bytes += (await catalog.index(needed[i] as SegmentEntry, signal)).header.bytes;
    read++;
  }
  return { segments: needed.length, bytes: read === 0 ? 0 : Math.round((bytes / read) * needed.length), exact: read === needed.length };
}
