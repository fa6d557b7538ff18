import { crc32 } from 'node:zlib';
import { Readable } from 'node:stream';
import { readObject } from '../../storage/readObject.ts';
import { malformedBinlog } from '../binlogError.ts';
import type { ArchiveCatalog } from './archiveCatalog.ts';
import { dataKey, parseDataKey, segmentKey } from './archiveKeys.ts';
import { encodeSegmentIndex, type IndexedTransaction, type SegmentIndex } from './archiveRecords.ts';
import type { SegmentEntry } from './timelines.ts';

/** Largest single segment that is merged; larger ones are well as they are. */
const smallBytes = 8 * 1024 * 1024;

export interface MergeLimits {
  /** A run is merged once it has so many bytes; default 32 MiB. */
  readonly bytes?: number;
  /** … or so many segments; default 1000. */
  readonly segments?: number;
}

/**
 * Merges the oldest run of small segments that is long enough into one, which readers take from then on. Only segments as they were first written are merged, never merged ones: no byte is
 * uploaded more than twice. Data first, then the index: after a crash in between, the data that is there already is taken when it is the same. Returns how many were merged; 0: nothing to do.
 */
export async function mergeSegments(catalog: ArchiveCatalog, limits: MergeLimits = {}, signal?: AbortSignal): Promise<number> {
  const { bytes = 32 * 1024 * 1024, segments = 1000 } = limits;
  let run: { entry: SegmentEntry; index: SegmentIndex }[] = [];
  let size = 0;
  for (const entry of catalog.entries) {
    const single = entry.type === 'segment' && entry.sequence === entry.lastSequence;
    const index = single ? await catalog.index(entry, signal) : undefined;
    const before = run.at(-1);
    if (!single || index === undefined || index.header.bytes > smallBytes || (before !== undefined && !continues(before.index, index))) {
      if (run.length >= 2) break;
      run = [];
      size = 0;
      if (!single || index === undefined || index.header.bytes > smallBytes) continue;
    }
    run.push({ entry, index });
    size += index.header.bytes;
    if (size >= bytes || run.length >= segments) break;
  }
  const closed = size >= bytes || run.length >= segments || run.at(-1)?.entry.key !== catalog.entries.at(-1)?.key;
  if (run.length < 2 || !closed) return 0;
  await storeMerged(catalog, run.map(({ index }) => index), signal);
  await catalog.refresh(signal);
  return run.length;
}

/** Of one file of one source, one behind the other. */
function continues({ header: a }: SegmentIndex, { header: b }: SegmentIndex): boolean {
  return a.epoch === b.epoch && a.sequence + 1 === b.sequence && a.file === b.file && a.source.id === b.source.id && a.timeline === b.timeline && a.checksum === b.checksum && a.after === b.before;
}

async function storeMerged(catalog: ArchiveCatalog, run: readonly SegmentIndex[], signal: AbortSignal | undefined): Promise<void> {
  const { storage, root } = catalog;
  const first = run[0];
  const last = run.at(-1);
  if (first === undefined || last === undefined) return;
  const { epoch, sequence } = first.header;
  const key = dataKey(root, epoch, sequence, last.header.sequence);
  let checksum = 0;
  let bytes = 0;
  async function* body(): AsyncGenerator<Buffer> {
    checksum = 0;
    bytes = 0;
    for (const { header } of run) {
      const segment = dataKey(root, epoch, header.sequence);
      const whole = await readObject(storage, segment, { maxBytes: smallBytes, signal });
      if (whole.length !== header.bytes || crc32(whole).toString(16).padStart(8, '0') !== header.crc32) throw malformedBinlog(`segment '${segment}' is not what its index says; it is not merged`);
      const part = header === first?.header ? whole : whole.subarray(header.firstOffset);
      checksum = crc32(part, checksum);
      bytes += part.length;
      yield part;
    }
  }
  if (await isStored(catalog, key)) {
    // an earlier try got this far: compared instead of uploaded again
    for await (const part of body()) void part;
    const stored = await readObject(storage, key, { maxBytes: 1024 * 1024 * 1024, signal });
    if (stored.length !== bytes || crc32(stored) !== checksum) await storage.put(key, Readable.from(body()), signal);
  } else {
    await storage.put(key, Readable.from(body()), signal);
  }
  const transactions: IndexedTransaction[] = [];
  let offset = first.header.firstOffset;
  for (const index of run) {
    for (const transaction of index.transactions) {
      transactions.push({ ...transaction, offset });
      offset += transaction.bytes;
    }
  }
  const header = {
    ...first.header, endPosition: last.header.endPosition, after: last.header.after, lastEvent: last.header.lastEvent, bytes, crc32: checksum.toString(16).padStart(8, '0'),
    receivedMicros: [first.header.receivedMicros[0], last.header.receivedMicros[1]] as [number, number], transactions: transactions.length,
    parts: run.map((index): [number, number] => [index.header.sequence, index.transactions.length]),
  };
  let [minEarliest, maxEarliest, maxLatest] = [Number.POSITIVE_INFINITY, 0, 0];
  for (const { earliest, latest } of transactions) {
    minEarliest = Math.min(minEarliest, earliest);
    maxEarliest = Math.max(maxEarliest, earliest);
    maxLatest = Math.max(maxLatest, latest);
  }
  await storage.put(segmentKey(root, { epoch, sequence, lastSequence: last.header.sequence, transactions: transactions.length, minEarliest, maxEarliest, maxLatest }), encodeSegmentIndex({ header, transactions }), signal);
}

async function isStored({ storage, root }: ArchiveCatalog, key: string): Promise<boolean> {
  for await (const object of storage.list(key)) if (object.key === key && parseDataKey(root, key) !== undefined) return true;
  return false;
}
