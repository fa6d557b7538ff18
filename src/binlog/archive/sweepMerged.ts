import { crc32 } from 'node:zlib';
import { malformedBinlog } from '../binlogError.ts';
import type { ArchiveCatalog } from './archiveCatalog.ts';
import { superseded } from './archiveError.ts';
import { dataFolder, dataKey, indexFolder, parseDataKey, parseIndexKey } from './archiveKeys.ts';
import type { SegmentEntry } from './timelines.ts';

interface Covered {
  readonly merged: SegmentEntry;
  readonly indexes: string[];
  readonly data: string[];
}

/**
 * Removes the segments that `merged` (entries of this catalog, as it was listed just now) took the place of: their indexes first, then their data. Before anything goes, the merged data is
 * read back and compared with its index. `epoch` is that of the caller's own writer: when a newer one has claimed the archive nothing is removed, for it may have listed the archive before
 * the merged ones were there; who claims later than this look lists later, too, and sees them. Returns how many objects are gone. Throws VTR1211 when superseded, VTR1201 when merged data
 * is not what its index says.
 */
export async function sweepMerged(catalog: ArchiveCatalog, epoch: number, merged: readonly SegmentEntry[], signal?: AbortSignal): Promise<number> {
  const covered = (await coveredBy(catalog, merged, signal)).filter(({ indexes, data }) => indexes.length + data.length > 0);
  if (covered.length === 0) return 0;
  for (const { merged: entry } of covered) await checkReadable(catalog, entry, signal);
  await checkClaims(catalog, epoch, signal);
  const keys = [...covered.flatMap(({ indexes }) => indexes), ...covered.flatMap(({ data }) => data)];
  for (const key of keys) await catalog.storage.delete(key, signal);
  return keys.length;
}

/** Objects whose range lies within a merged one's, what a crash left of them included. */
async function coveredBy({ storage, root }: ArchiveCatalog, merged: readonly SegmentEntry[], signal: AbortSignal | undefined): Promise<readonly Covered[]> {
  const all: Covered[] = [];
  for (const epoch of new Set(merged.map((entry) => entry.epoch))) {
    const here = merged.filter((entry) => entry.epoch === epoch).map((entry): Covered => ({ merged: entry, indexes: [], data: [] }));
    const find = (range: { readonly sequence: number; readonly lastSequence: number }) =>
      findCovering(here, range.sequence, ({ merged: { sequence, lastSequence } }) => sequence <= range.sequence && range.lastSequence <= lastSequence && lastSequence - sequence > range.lastSequence - range.sequence);
    for await (const { key } of storage.list(indexFolder(root, epoch), signal)) {
      const parsed = parseIndexKey(root, key);
      if (parsed.type === 'segment') find(parsed)?.indexes.push(key);
    }
    for await (const { key } of storage.list(dataFolder(root, epoch), signal)) {
      const parsed = parseDataKey(root, key);
      if (parsed !== undefined) find(parsed)?.data.push(key);
    }
    all.push(...here);
  }
  return all;
}

/** The last of `sorted` (by first number, not overlapping) that begins at or before `sequence`, when it covers. */
function findCovering(sorted: readonly Covered[], sequence: number, covers: (candidate: Covered) => boolean): Covered | undefined {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as Covered).merged.sequence <= sequence) low = middle + 1;
    else high = middle;
  }
  const candidate = sorted[low - 1];
  return candidate !== undefined && covers(candidate) ? candidate : undefined;
}

async function checkReadable(catalog: ArchiveCatalog, entry: SegmentEntry, signal: AbortSignal | undefined): Promise<void> {
  const { header } = await catalog.index(entry, signal);
  const key = dataKey(catalog.root, entry.epoch, entry.sequence, entry.lastSequence);
  let [bytes, checksum] = [0, 0];
  for await (const chunk of (await catalog.storage.get(key, undefined, signal)) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    checksum = crc32(chunk, checksum);
  }
  if (bytes !== header.bytes || checksum.toString(16).padStart(8, '0') !== header.crc32) throw malformedBinlog(`merged segment '${key}' is not what its index says; what it was made of is kept`);
}

async function checkClaims({ storage, root }: ArchiveCatalog, epoch: number, signal: AbortSignal | undefined): Promise<void> {
  for await (const { key } of storage.list(`${root}claims/`, signal)) {
    const claimed = Number(key.slice(-15, -5));
    if (claimed > epoch) throw superseded(root, epoch, claimed);
  }
}
