import { malformed } from '../../mysql/packets/malformedPacket.ts';
import { MAX_PAYLOAD } from '../../mysql/packets/packetWriter.ts';

/** Largest packet that may end rows (EOF, OK, ERR); an OK with session state stays far below. */
const MAX_TERMINAL_BYTES = 256 * 1024;

/**
 * Follows row packets by their headers, looking at no more than a header and the first byte of each: finds the packet that ends the rows.
 * Counts rows; allocates nothing. A header that a chunk's end cuts is left to the caller, who gives it again in front of the next chunk.
 */
export class RowTracker {
  readonly #deprecateEof: boolean;
  /** Payload bytes of the packet under way still to pass. */
  #skip = 0;
  /** The last packet had MAX_PAYLOAD bytes, so the next one continues it. */
  #continued = false;
  /** Rows since the last reset. */
  rows = 0;
  /** Sequence id of the last row packet begun. */
  sequence = 0;
  /** After {@link scan}: bytes up to here belong to rows and may be forwarded. */
  forwardable = 0;

  constructor(deprecateEof: boolean) {
    this.#deprecateEof = deprecateEof;
  }

  /** What was forwarded ends with a whole row. */
  get atBoundary(): boolean {
    return this.#skip === 0 && !this.#continued;
  }

  reset(): void {
    this.#skip = 0;
    this.#continued = false;
    this.rows = 0;
  }

  /**
   * Reads `chunk` from `from` on. True: the terminal packet's header is at `forwardable`. False: all up to `forwardable` is rows, and what is left (at
   * most 4 bytes) must come again in front of the next chunk. Throws malformed for a terminal packet beyond any sense.
   */
  scan(chunk: Buffer, from: number): boolean {
    const end = chunk.length;
    let at = from;
    for (;;) {
      const step = Math.min(this.#skip, end - at);
      at += step;
      this.#skip -= step;
      this.forwardable = at;
      if (at + 4 > end) return false;
      const size = (chunk[at] as number) | ((chunk[at + 1] as number) << 8) | ((chunk[at + 2] as number) << 16);
      if (this.#continued) {
        this.#continued = size === MAX_PAYLOAD;
      } else {
        if (at + 5 > end) return false;
        const first = chunk[at + 4] as number;
        if (first === 0xff || (first === 0xfe && (this.#deprecateEof ? size < MAX_PAYLOAD : size < 9))) {
          if (size > MAX_TERMINAL_BYTES) throw malformed(`a packet of ${size} bytes ends the rows`);
          return true;
        }
        this.#continued = size === MAX_PAYLOAD;
        this.rows++;
      }
      this.#skip = size;
      this.sequence = chunk[at + 3] as number;
      at += 4;
    }
  }
}
