import { CHECKSUM_BYTES, type ChecksumAlgorithm, eventTimestamp, eventType, HEADER_BYTES, verifyChecksum } from './eventHeader.ts';
import { EVENT } from './eventTypes.ts';
import { decodeFormatDescription, type FormatDescription } from './formatDescription.ts';
import { type SourcePosition, SourcePositionTracker } from './sourcePosition.ts';
import { type AssemblyStep, TransactionAssembler } from './transactionAssembler.ts';

/** What one event of a dump means. */
export type StreamStep =
  /** What follows is written under this format, in this file. */
  | { readonly type: 'format'; readonly format: FormatDescription; readonly discarded: boolean }
  /** The source is at its end. */
  | { readonly type: 'heartbeat' }
  | AssemblyStep;

/** Follows a dump event by event: checksums verified, place and format kept, transactions cut. */
export class EventStream {
  readonly #tracker = new SourcePositionTracker();
  readonly #assembler = new TransactionAssembler();
  #format: FormatDescription | undefined;

  /** Behind the last event taken. */
  get position(): SourcePosition { return this.#tracker.current; }
  get format(): FormatDescription | undefined { return this.#format; }
  /** Within a transaction. */
  get isOpen(): boolean { return this.#assembler.isOpen; }

  /** Throws VTR1201 for damage, VTR1203 for what has no GTID. */
  take(event: Buffer): StreamStep {
    const type = eventType(event);
    if (type === EVENT.FORMAT_DESCRIPTION) {
      verifyChecksum(event, 'crc32');
      const format = decodeFormatDescription(event);
      this.#format = format;
      this.#assembler.setFormat(format);
      this.#tracker.advance(event, 'crc32');
      return { type: 'format', format, discarded: this.#assembler.push(event, 0).type === 'discarded' };
    }
    if (this.#format === undefined) {
      // only the artificial rotate comes before the first format description; nothing says how it ends
      this.#tracker.advance(event, checksumOfFirstRotate(event));
      return { type: 'outside' };
    }
    verifyChecksum(event, this.#format.checksum);
    const end = this.#tracker.advance(event, this.#format.checksum);
    if (type === EVENT.HEARTBEAT || type === EVENT.HEARTBEAT_V2) return { type: 'heartbeat' };
    return this.#assembler.push(event, end);
  }
}

/** Whether the artificial rotate that opens a dump ends in four bytes of checksum. */
function checksumOfFirstRotate(event: Buffer): ChecksumAlgorithm {
  if (eventType(event) !== EVENT.ROTATE || eventTimestamp(event) !== 0 || event.length <= HEADER_BYTES + 8 + CHECKSUM_BYTES) return 'none';
  try {
    verifyChecksum(event, 'crc32');
    return 'crc32';
  } catch {
    return 'none';
  }
}
