import { crc32 } from 'node:zlib';
import { readObject } from '../../storage/readObject.ts';
import type { ArchiveCatalog } from '../archive/archiveCatalog.ts';
import { dataKey } from '../archive/archiveKeys.ts';
import type { IndexedTransaction, SegmentIndex } from '../archive/archiveRecords.ts';
import { malformedBinlog } from '../binlogError.ts';
import { BINLOG_MAGIC, HEADER_BYTES, verifyChecksum } from '../eventHeader.ts';

/** Segments up to this size are read whole and checked against their index; larger ones (one huge transaction) are streamed and checked event by event. */
const wholeBytes = 64 * 1024 * 1024;
const maxEventBytes = 0x4001_0000;

/** The stored bytes of one segment, verified as they are read. */
export class SegmentData {
  readonly #catalog: ArchiveCatalog;
  readonly #index: SegmentIndex;
  readonly #key: string;
  #whole: Buffer | undefined;
  #head: Buffer | undefined;

  constructor(catalog: ArchiveCatalog, index: SegmentIndex) {
    this.#catalog = catalog;
    this.#index = index;
    const { epoch, sequence, parts } = index.header;
    this.#key = dataKey(catalog.root, epoch, sequence, parts?.at(-1)?.[0] ?? sequence);
  }

  /** The raw format description at the segment's head. Throws VTR1201 for damage, VTR0221 when the object is gone. */
  async formatDescription(signal: AbortSignal): Promise<Buffer> {
    const { header } = this.#index;
    if (header.bytes <= wholeBytes) {
      this.#whole ??= await this.#readWhole(signal);
      this.#head = this.#whole.subarray(0, header.firstOffset);
    }
    this.#head ??= await collectBytes(await this.#catalog.storage.get(this.#key, { start: 0, length: header.firstOffset }, signal), header.firstOffset);
    const at = BINLOG_MAGIC.length;
    const length = this.#head.length >= at + HEADER_BYTES ? this.#head.readUInt32LE(at + 9) : 0;
    if (length < HEADER_BYTES || at + length > this.#head.length) throw malformedBinlog(`segment '${this.#key}' has no format description`);
    const event = this.#head.subarray(at, at + length);
    verifyChecksum(event, 'crc32');
    return event;
  }

  async #readWhole(signal: AbortSignal): Promise<Buffer> {
    const { header } = this.#index;
    const bytes = await readObject(this.#catalog.storage, this.#key, { maxBytes: wholeBytes, signal });
    const digest = crc32(bytes).toString(16).padStart(8, '0');
    if (bytes.length !== header.bytes || digest !== header.crc32) {
      throw malformedBinlog(`segment '${this.#key}' has ${bytes.length} bytes with checksum ${digest}; its index says ${header.bytes} and ${header.crc32}`);
    }
    return bytes;
  }

  /** The events of one transaction, in order. */
  async *events(transaction: IndexedTransaction, signal: AbortSignal): AsyncGenerator<Buffer, void, void> {
    if (this.#whole !== undefined) {
      yield* splitEvents(this.#whole, transaction.offset, transaction.offset + transaction.bytes);
      return;
    }
    let rest: Buffer = Buffer.alloc(0);
    let given = 0;
    for await (const chunk of (await this.#catalog.storage.get(this.#key, { start: transaction.offset, length: transaction.bytes }, signal)) as AsyncIterable<Buffer>) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const whole = wholeEventBytes(rest);
      for (const event of splitEvents(rest, 0, whole)) {
        verifyChecksum(event, this.#index.header.checksum);
        given += event.length;
        yield event;
      }
      rest = rest.subarray(whole);
    }
    if (rest.length > 0 || given !== transaction.bytes) throw malformedBinlog(`segment '${this.#key}' ends within transaction ${transaction.gtid}`);
  }
}

/** How many of the first bytes are whole events. */
function wholeEventBytes(bytes: Buffer): number {
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length) {
    const length = bytes.readUInt32LE(at + 9);
    if (length < HEADER_BYTES || length > maxEventBytes) throw malformedBinlog(`an event of ${length} bytes in a segment`);
    if (at + length > bytes.length) break;
    at += length;
  }
  return at;
}

function* splitEvents(bytes: Buffer, from: number, to: number): Generator<Buffer, void, void> {
  for (let at = from; at < to; ) {
    const length = at + HEADER_BYTES <= to ? bytes.readUInt32LE(at + 9) : 0;
    if (length < HEADER_BYTES || at + length > to) throw malformedBinlog('a segment whose events do not fill their transaction');
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

async function collectBytes(stream: AsyncIterable<Buffer>, expected: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (bytes.length !== expected) throw malformedBinlog(`${bytes.length} bytes where ${expected} were stored`);
  return bytes;
}
