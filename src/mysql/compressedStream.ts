import * as zlib from 'node:zlib';
import { malformed } from './packets/malformedPacket.ts';

export type CompressionAlgorithm = 'zlib' | 'zstd';

/** Payloads below this travel as they are; compressing them costs more than it saves. Source: MySQL, MIN_COMPRESS_LENGTH. */
const MIN_BYTES = 50;
/** Largest piece compressed at once; the protocol would allow 16 MiB, but all of it blocks the process. */
const PIECE_BYTES = 1 << 20;
const HEADER_BYTES = 7;
const ZLIB_LEVEL = 6;
export const DEFAULT_ZSTD_LEVEL = 3;
const MAX_ZSTD_LEVEL = 22;
const EMPTY = Buffer.alloc(0);

/** Bun and Node before 22.15 have no zstd: it is not offered there. */
export const zstdAvailable: boolean = typeof zlib.zstdCompressSync === 'function';

/**
 * The compressed protocol: ordinary packets cut anywhere and wrapped into packets of their own (3 bytes compressed length, sequence id, 3 bytes length before
 * compression or 0). One per connection, both directions. A packet that inflates beyond what its header says throws VTR0803. Source: MySQL "Compression".
 */
export class CompressedStream {
  readonly #algorithm: CompressionAlgorithm;
  readonly #level: number;
  #held: Buffer = EMPTY;
  #parts: Buffer[] = [];
  #have = 0;
  #need = 0;
  #sequence = 0;

  /** `level` is zstd's, 1 to 22; zlib has one fixed level. */
  constructor(algorithm: CompressionAlgorithm, level = DEFAULT_ZSTD_LEVEL) {
    this.#algorithm = algorithm;
    this.#level = Math.min(MAX_ZSTD_LEVEL, Math.max(1, level));
  }

  /** A client's next write begins a command. */
  beginCommand(): void {
    this.#sequence = 0;
  }

  /** Hands the plain bytes that are complete to `sink`, in order. */
  inflate(chunk: Buffer, sink: (plain: Buffer) => void): void {
    let bytes = chunk;
    if (this.#need > 0 && this.#have + bytes.length < this.#need) {
      this.#parts.push(bytes);
      this.#have += bytes.length;
      return;
    }
    if (this.#parts.length > 0) {
      this.#parts.push(bytes);
      bytes = Buffer.concat(this.#parts);
      this.#parts = [];
    } else if (this.#held.length > 0) {
      bytes = Buffer.concat([this.#held, bytes]);
    }
    this.#held = EMPTY;
    this.#have = 0;
    this.#need = 0;
    let at = 0;
    while (bytes.length - at >= HEADER_BYTES) {
      const size = bytes.readUIntLE(at, 3);
      const end = at + HEADER_BYTES + size;
      if (end > bytes.length) {
        this.#need = end - at;
        break;
      }
      this.#sequence = ((bytes[at + 3] as number) + 1) & 0xff;
      const plainSize = bytes.readUIntLE(at + 4, 3);
      const body = bytes.subarray(at + HEADER_BYTES, end);
      at = end;
      sink(plainSize === 0 ? body : this.#expand(body, plainSize));
    }
    const rest = bytes.subarray(at);
    if (rest.length === 0) return;
    if (this.#need > 0) {
      this.#parts = [rest];
      this.#have = rest.length;
    } else {
      this.#held = rest;
    }
  }

  #expand(body: Buffer, size: number): Buffer {
    let plain: Buffer;
    try {
      plain = this.#algorithm === 'zlib' ? zlib.inflateSync(body, { maxOutputLength: size }) : zlib.zstdDecompressSync(body, { maxOutputLength: size });
    } catch (error) {
      throw malformed(`a compressed packet does not decompress: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (plain.length !== size) throw malformed(`a compressed packet holds ${plain.length} bytes, not ${size}`);
    return plain;
  }

  /** The bytes to send for `plain`, which holds packets whole or cut. */
  deflate(plain: Buffer): Buffer {
    if (plain.length <= PIECE_BYTES) return this.#wrap(plain);
    const out: Buffer[] = [];
    for (let at = 0; at < plain.length; at += PIECE_BYTES) out.push(this.#wrap(plain.subarray(at, at + PIECE_BYTES)));
    return Buffer.concat(out);
  }

  #wrap(piece: Buffer): Buffer {
    const packed = piece.length < MIN_BYTES ? undefined : this.#pack(piece);
    const smaller = packed !== undefined && packed.length < piece.length;
    const body = smaller ? packed : piece;
    const out = Buffer.allocUnsafe(HEADER_BYTES + body.length);
    out.writeUIntLE(body.length, 0, 3);
    out[3] = this.#sequence;
    out.writeUIntLE(smaller ? piece.length : 0, 4, 3);
    body.copy(out, HEADER_BYTES);
    this.#sequence = (this.#sequence + 1) & 0xff;
    return out;
  }

  #pack(piece: Buffer): Buffer {
    if (this.#algorithm === 'zlib') return zlib.deflateSync(piece, { level: ZLIB_LEVEL });
    return zlib.zstdCompressSync(piece, { params: { [zlib.constants.ZSTD_c_compressionLevel]: this.#level } });
  }
}
