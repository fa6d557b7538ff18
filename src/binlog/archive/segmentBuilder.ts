import { crc32 } from 'node:zlib';
import { BINLOG_MAGIC, buildEvent, type ChecksumAlgorithm } from '../eventHeader.ts';
import { EVENT, EVENT_FLAG } from '../eventTypes.ts';
import { type Flavour, relocateFormatDescription } from '../formatDescription.ts';
import { encodeGtidList } from '../gtidEvents.ts';
import { type GtidState, mariadbPosition, mysqlSet } from '../gtidState.ts';
import type { ArchiveSourceServer, IndexedTransaction } from './archiveRecords.ts';

/** What the segments of one source file have in common. */
export interface SegmentOrigin {
  readonly flavour: Flavour;
  readonly timeline: number;
  readonly source: ArchiveSourceServer;
  readonly file: string;
  /** The raw format description of that file. */
  readonly formatDescription: Buffer;
  readonly checksum: ChecksumAlgorithm;
}

/**
 * A segment under construction, in memory: a binlog file of its own (magic, format description, the GTIDs before it), then whole transactions as the source wrote them, whose headers keep
 * the source's positions.
 */
export class SegmentBuilder {
  readonly origin: SegmentOrigin;
  readonly before: GtidState;
  readonly transactions: IndexedTransaction[] = [];
  readonly firstOffset: number;
  /** Chunks not yet taken, complete transactions first, then the open one. */
  #chunks: Buffer[] = [];
  /** Bytes of complete transactions and what precedes them. */
  #bytes: number;
  #openBytes = 0;
  #openChunks = 0;
  #crc = 0;
  receivedFirst = 0;
  receivedLast = 0;
  startPosition = 0;
  endPosition = 0;
  lastEvent: { readonly position: number; readonly bytes: number; readonly crc32: string } = { position: 0, bytes: 0, crc32: '' };

  constructor(origin: SegmentOrigin, before: GtidState) {
    this.origin = origin;
    this.before = before;
    const head = segmentHead(origin, before);
    this.#chunks.push(head);
    this.#bytes = head.length;
    this.firstOffset = head.length;
  }

  get completeBytes(): number { return this.transactions.length === 0 ? 0 : this.#bytes; }
  get openBytes(): number { return this.#openBytes; }

  add(event: Buffer): void {
    this.#chunks.push(event);
    this.#openChunks++;
    this.#openBytes += event.length;
  }

  /** The open transaction is complete. `endPosition`: in the source's file, behind `last`, its last event. */
  complete(transaction: Omit<IndexedTransaction, 'offset' | 'bytes'>, startPosition: number, last: Buffer, receivedMicros: number): void {
    if (this.transactions.length === 0) {
      this.startPosition = startPosition;
      this.receivedFirst = receivedMicros;
    }
    this.transactions.push({ ...transaction, offset: this.#bytes, bytes: this.#openBytes });
    this.#bytes += this.#openBytes;
    this.#openBytes = 0;
    this.#openChunks = 0;
    this.receivedLast = receivedMicros;
    this.endPosition = transaction.endPosition;
    this.lastEvent = { position: transaction.endPosition - last.length, bytes: last.length, crc32: eventDigest(last) };
  }

  /** Drops the open transaction, which will never be completed. */
  discardOpen(): void {
    if (this.#openChunks > 0) this.#chunks.splice(this.#chunks.length - this.#openChunks);
    this.#openBytes = 0;
    this.#openChunks = 0;
  }

  /** Moves the open transaction into a fresh builder; this one then holds complete transactions only. */
  splitOpen(before: GtidState): SegmentBuilder {
    const next = new SegmentBuilder(this.origin, before);
    const moved = this.#openChunks > 0 ? this.#chunks.splice(this.#chunks.length - this.#openChunks) : [];
    for (const event of moved) next.add(event);
    this.#openBytes = 0;
    this.#openChunks = 0;
    return next;
  }

  /** Hands over the bytes gathered so far (header first), the open transaction's included; the checksum runs over them. */
  take(): Buffer {
    const bytes = this.#chunks.length === 1 && this.#chunks[0] !== undefined ? this.#chunks[0] : Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#crc = crc32(bytes, this.#crc);
    // chunks handed over can no longer be dropped
    this.#openChunks = 0;
    return bytes;
  }

  get bytes(): number { return this.#bytes; }
  /** Over all bytes taken, in hex. */
  get crc32(): string { return this.#crc.toString(16).padStart(8, '0'); }
}

/** CRC32 over an event's bytes, as kept for the comparison with the source. */
export function eventDigest(event: Buffer): string {
  return crc32(event).toString(16).padStart(8, '0');
}

/** Magic, format description, and PREVIOUS_GTIDS (MySQL) or GTID_LIST (MariaDB) of what lies before the segment. */
function segmentHead(origin: SegmentOrigin, before: GtidState): Buffer {
  const serverId = origin.formatDescription.readUInt32LE(5);
  const timestamp = origin.formatDescription.readUInt32LE(0);
  const position = BINLOG_MAGIC.length + origin.formatDescription.length;
  const format = relocateFormatDescription(origin.formatDescription, { artificial: false, nextPosition: position });
  const body = origin.flavour === 'mysql' ? mysqlSet(before).encode() : encodeGtidList(mariadbPosition(before).gtids());
  const tail = origin.checksum === 'crc32' ? 4 : 0;
  const gtids = buildEvent(
    {
      type: origin.flavour === 'mysql' ? EVENT.PREVIOUS_GTIDS : EVENT.MARIADB_GTID_LIST, serverId, timestamp, nextPosition: position + 19 + body.length + tail,
      flags: origin.flavour === 'mysql' ? EVENT_FLAG.IGNORABLE : 0,
    },
    body, origin.checksum,
  );
  return Buffer.concat([BINLOG_MAGIC, format, gtids]);
}
