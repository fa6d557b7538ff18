import { z } from 'zod';
import { malformedBinlog } from '../binlogError.ts';
import type { TransactionKind } from '../transactionAssembler.ts';

const flavour = z.enum(['mysql', 'mariadb']);
const micros = z.number().int().nonnegative();

/** The first object of an epoch: who writes, and behind which object of the epoch before. Readers ignore what older epochs hold beyond. */
const epochRecord = z.object({
  version: z.literal(1),
  epoch: z.number().int().positive(),
  /** Undefined for the first epoch of an archive. */
  after: z.object({ epoch: z.number().int().positive(), sequence: z.number().int().nonnegative() }).optional(),
  startedMicros: micros,
  /** Host and process, for people. */
  writer: z.string(),
});
export type EpochRecord = z.infer<typeof epochRecord>;

const source = z.object({
  /** server_uuid (MySQL) or server_id (MariaDB). */
  id: z.string(),
  /** `host:port`, for people. */
  address: z.string(),
  serverVersion: z.string(),
});
export type ArchiveSourceServer = z.infer<typeof source>;

/**
 * Where the archive does not simply go on:
 * - `start`: the first object of an archive; what is before `state` is not in it;
 * - `source`: another server, which has everything archived so far: the same history goes on;
 * - `fork`: `dropped` was archived and is not part of this source's history (errant on the old primary, or lost by it): moments from `atMicros` on do not have it;
 * - `gap`: `missing` cannot be had any more; what follows needs a backup that holds at least `state`.
 */
const joinRecord = z.object({
  version: z.literal(1),
  kind: z.enum(['start', 'source', 'fork', 'gap']),
  epoch: z.number().int().positive(),
  /** 0: the start that stands in for what was truncated before the first object of an epoch. */
  sequence: z.number().int().nonnegative(),
  flavour,
  /** 1 for the first, one more with every fork. */
  timeline: z.number().int().positive(),
  source,
  /** From this moment on (the new source's clock) what follows is the history. */
  atMicros: micros,
  /** What is held before and after the join, as GTID state. */
  before: z.string(),
  state: z.string(),
  /** GTIDs separated by commas; on MySQL a GTID set. */
  dropped: z.string(),
  missing: z.string(),
  reason: z.string(),
});
export type JoinRecord = z.infer<typeof joinRecord>;

/** All commits stamped before `provenMicros` by the source's clock are archived. */
const evidenceRecord = z.object({
  version: z.literal(1),
  epoch: z.number().int().positive(),
  /** Last object of the epoch when it was written. */
  sequence: z.number().int().nonnegative(),
  sourceId: z.string(),
  provenMicros: micros,
  /** By the archiver's clock. */
  writtenMicros: micros,
  /** The source's clock minus the archiver's lies between these. */
  clockOffsetMicros: z.tuple([z.number(), z.number()]),
  state: z.string(),
});
export type EvidenceRecord = z.infer<typeof evidenceRecord>;

const segmentHeader = z.object({
  version: z.literal(1),
  epoch: z.number().int().positive(),
  sequence: z.number().int().positive(),
  flavour,
  timeline: z.number().int().positive(),
  source,
  /** The source's file; all transactions of a segment come from one file. */
  file: z.string(),
  startPosition: z.number().int().nonnegative(),
  endPosition: z.number().int().nonnegative(),
  checksum: z.enum(['none', 'crc32']),
  before: z.string(),
  after: z.string(),
  /** Of the data object: bytes, CRC32 over all of them (hex), and where its first transaction starts. */
  bytes: z.number().int().positive(),
  crc32: z.string(),
  firstOffset: z.number().int().positive(),
  /** When the first and last transaction were received whole, by the archiver's clock. */
  receivedMicros: z.tuple([micros, micros]),
  /** Start of the last event in the source's file, its length and the CRC32 over its bytes (hex): compared with the source on every reconnect. */
  lastEvent: z.object({ position: z.number().int().nonnegative(), bytes: z.number().int().positive(), crc32: z.string() }),
  transactions: z.number().int().positive(),
  /** Of a merged segment: the number and the transactions of each that it is made of, in order. */
  parts: z.array(z.tuple([z.number().int().positive(), z.number().int().positive()])).min(2).optional(),
});
export type SegmentHeader = z.infer<typeof segmentHeader>;

/** Where a truncated archive begins: before object `sequence` of `epoch`, with `start` in the place of what was removed. */
const truncationRecord = z.object({
  version: z.literal(1),
  epoch: z.number().int().positive(),
  sequence: z.number().int().positive(),
  /** Of kind `start`, numbered just before the first object that is kept. */
  start: joinRecord,
  truncatedMicros: micros,
});
export type TruncationRecord = z.infer<typeof truncationRecord>;

const kinds = ['dml', 'statement', 'xaPrepare', 'xaCommit', 'xaRollback', 'incident'] as const satisfies readonly TransactionKind[];

/** One transaction of a segment. */
export interface IndexedTransaction {
  /** As the server prints it. */
  readonly gtid: string;
  readonly kind: TransactionKind;
  /** Where it starts in the data object, and its length there. */
  readonly offset: number;
  readonly bytes: number;
  /** Committed within this interval, microseconds by the clock of the server that was primary; a single moment on MySQL. */
  readonly earliest: number;
  readonly latest: number;
  /** End in the source's file. */
  readonly endPosition: number;
}

const transactionRow = z.tuple([z.string(), z.number().int().min(0).max(kinds.length - 1), z.number().int(), z.number().int(), z.number().int(), z.number().int(), z.number().int()]);

export interface SegmentIndex {
  readonly header: SegmentHeader;
  readonly transactions: readonly IndexedTransaction[];
}

/** JSON lines: the header, then one array a transaction: gtid, kind (0 dml, 1 statement, 2 XA prepare, 3 XA commit, 4 XA rollback, 5 incident), offset, bytes, earliest, latest, end position. */
export function encodeSegmentIndex(index: SegmentIndex): Buffer {
  const lines = [JSON.stringify(index.header)];
  for (const t of index.transactions) lines.push(JSON.stringify([t.gtid, kinds.indexOf(t.kind), t.offset, t.bytes, t.earliest, t.latest, t.endPosition]));
  return Buffer.from(`${lines.join('\n')}\n`);
}

/** Throws VTR1201 when anything in it is not as written, transactions that do not join up included. */
export function decodeSegmentIndex(bytes: Buffer, key: string): SegmentIndex {
  const lines = bytes.toString('utf8').split('\n');
  if (lines.pop() !== '') throw malformedBinlog(`index '${key}' is cut short`);
  const header = parseJson(segmentHeader, lines[0] ?? '', key);
  const transactions: IndexedTransaction[] = [];
  let offset = header.firstOffset;
  for (const line of lines.slice(1)) {
    const [gtid, kind, at, length, earliest, latest, endPosition] = parseJson(transactionRow, line, key);
    if (at !== offset) throw malformedBinlog(`index '${key}': ${gtid} starts at ${at} instead of ${offset}`);
    offset = at + length;
    transactions.push({ gtid, kind: kinds[kind] ?? 'dml', offset: at, bytes: length, earliest, latest, endPosition });
  }
  if (transactions.length !== header.transactions || offset !== header.bytes) throw malformedBinlog(`index '${key}' does not agree with its own header`);
  return { header, transactions };
}

export const encodeRecord = (record: EpochRecord | JoinRecord | EvidenceRecord | TruncationRecord): Buffer => Buffer.from(`${JSON.stringify(record)}\n`);
export const decodeEpochRecord = (bytes: Buffer, key: string): EpochRecord => parseJson(epochRecord, bytes.toString('utf8'), key);
export const decodeJoinRecord = (bytes: Buffer, key: string): JoinRecord => parseJson(joinRecord, bytes.toString('utf8'), key);
export const decodeEvidenceRecord = (bytes: Buffer, key: string): EvidenceRecord => parseJson(evidenceRecord, bytes.toString('utf8'), key);

export const decodeTruncationRecord = (bytes: Buffer, key: string): TruncationRecord => parseJson(truncationRecord, bytes.toString('utf8'), key);

function parseJson<T>(schema: z.ZodType<T>, text: string, key: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw malformedBinlog(`object '${key}' of the archive is damaged or of another version`, cause);
  }
}
