import { createReadStream } from 'node:fs';
import { malformedBinlog, unsupportedBinlog } from './binlogError.ts';
import { BINLOG_MAGIC, ENCRYPTED_MAGIC, eventNextPosition, eventType, HEADER_BYTES, verifyChecksum } from './eventHeader.ts';
import { EVENT } from './eventTypes.ts';
import { decodeFormatDescription, type FormatDescription } from './formatDescription.ts';
import { type BinlogTransaction, TransactionAssembler } from './transactionAssembler.ts';

/** One event of a file: its bytes (a view that stays valid), and where it stands. */
export interface BinlogEntry {
  readonly event: Buffer;
  readonly type: number;
  readonly start: number;
  readonly end: number;
  /** Describes this event (and, for a format description, itself). */
  readonly format: FormatDescription;
}

export interface BinlogReaderOptions {
  /** Check every event's CRC32; default true. */
  readonly verifyChecksums?: boolean;
  /** Largest event accepted; default 1 GiB + 64 KiB, above any server's max_allowed_packet. */
  readonly maxEventBytes?: number;
  /** A file that ends within an event throws VTR1201 (default), or just ends there (`stop`: a file that is being written). */
  readonly truncated?: 'throw' | 'stop';
}

/**
 * Reads a binlog file or stored segment event by event: memory is bounded by the largest event. Throws VTR1201 for what is no binlog, VTR1203 for a file that MySQL has
 * encrypted or MariaDB has (START_ENCRYPTION).
 */
export class BinlogReader {
  readonly #source: AsyncIterable<Buffer>;
  readonly #options: BinlogReaderOptions;

  constructor(source: AsyncIterable<Buffer>, options: BinlogReaderOptions = {}) {
    this.#source = source;
    this.#options = options;
  }

  static file(path: string, options?: BinlogReaderOptions): BinlogReader {
    return new BinlogReader(createReadStream(path, { highWaterMark: 256 * 1024 }), options);
  }

  /** Every event from the first format description on. */
  async *entries(): AsyncGenerator<BinlogEntry, void, void> {
    const maxEventBytes = this.#options.maxEventBytes ?? 0x4001_0000;
    const verify = this.#options.verifyChecksums ?? true;
    let format: FormatDescription | undefined;
    let position = 0;
    let pending: Buffer[] = [];
    let pendingBytes = 0;
    let wanted = BINLOG_MAGIC.length;
    for await (const chunk of this.#source) {
      pending.push(chunk);
      pendingBytes += chunk.length;
      if (pendingBytes < wanted) continue;
      let bytes = pending.length === 1 ? chunk : Buffer.concat(pending, pendingBytes);
      if (position === 0) {
        checkMagic(bytes);
        position = BINLOG_MAGIC.length;
        bytes = bytes.subarray(position);
      }
      let at = 0;
      for (;;) {
        wanted = HEADER_BYTES;
        if (bytes.length - at < wanted) break;
        const length = bytes.readUInt32LE(at + 9);
        if (length < HEADER_BYTES || length > maxEventBytes) throw malformedBinlog(`an event of ${length} bytes at ${position}`);
        wanted = length;
        if (bytes.length - at < wanted) break;
        const event = bytes.subarray(at, at + length);
        const type = eventType(event);
        if (type === EVENT.FORMAT_DESCRIPTION) format = decodeFormatDescription(event);
        if (format === undefined) throw malformedBinlog('the first event is no format description');
        if (verify) verifyChecksum(event, type === EVENT.FORMAT_DESCRIPTION ? 'crc32' : format.checksum);
        if (type === EVENT.MARIADB_START_ENCRYPTION) {
          throw unsupportedBinlog('the binlog file is encrypted', 'read it over the network from the server that has the key; only encrypted files are refused, not encrypting servers');
        }
        yield { event, type, start: position, end: position + length, format };
        at += length;
        position += length;
      }
      pending = at < bytes.length ? [bytes.subarray(at)] : [];
      pendingBytes = bytes.length - at;
    }
    if (pendingBytes > 0 && this.#options.truncated !== 'stop') throw malformedBinlog(`the file ends within an event at ${position}`);
    if (position === 0 && this.#options.truncated !== 'stop') throw malformedBinlog('an empty file');
  }

  /** Every complete transaction, positions as stored in the event headers of the server that wrote them. */
  async *transactions(): AsyncGenerator<BinlogTransaction, void, void> {
    const assembler = new TransactionAssembler();
    for await (const entry of this.entries()) {
      if (entry.type === EVENT.FORMAT_DESCRIPTION) assembler.setFormat(entry.format);
      const next = eventNextPosition(entry.event);
      const step = assembler.push(entry.event, next === 0 ? entry.end : next);
      if (step.type === 'end') yield step.transaction;
    }
  }
}

function checkMagic(bytes: Buffer): void {
  const magic = bytes.subarray(0, 4);
  if (magic.equals(ENCRYPTED_MAGIC)) throw unsupportedBinlog('the binlog file is encrypted', 'read it over the network from the server that has the key');
  if (!magic.equals(BINLOG_MAGIC)) throw malformedBinlog(`the file starts with ${magic.toString('hex')} instead of ${BINLOG_MAGIC.toString('hex')}`);
}
