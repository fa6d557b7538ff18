import { malformed } from './malformedPacket.ts';

/**
 * Reads one packet's payload from front to back. Every read is checked: a payload that ends early, or a length that points past the
 * end, throws VTR0803 (MySQL 1835) and never reads foreign bytes. Buffers returned are views, not copies.
 */
export class PacketReader {
  readonly payload: Buffer;
  offset: number;

  constructor(payload: Buffer, offset = 0) {
    this.payload = payload;
    this.offset = offset;
  }

  get remaining(): number {
    return this.payload.length - this.offset;
  }

  #take(bytes: number): number {
    const at = this.offset;
    if (bytes < 0 || at + bytes > this.payload.length) throw malformed(`${bytes} bytes wanted at ${at} of ${this.payload.length}`);
    this.offset = at + bytes;
    return at;
  }

  peek(): number {
    if (this.offset >= this.payload.length) throw malformed(`nothing left at ${this.offset}`);
    return this.payload[this.offset] as number;
  }

  expectByte(value: number, what: string): void {
    const found = this.uint8();
    if (found !== value) throw malformed(`${what}: expected ${value}, found ${found}`);
  }

  skip(bytes: number): void {
    this.#take(bytes);
  }

  uint8(): number {
    return this.payload[this.#take(1)] as number;
  }
  uint16(): number {
    return this.payload.readUInt16LE(this.#take(2));
  }
  uint24(): number {
    return this.payload.readUIntLE(this.#take(3), 3);
  }
  uint32(): number {
    return this.payload.readUInt32LE(this.#take(4));
  }
  uint64(): bigint {
    return this.payload.readBigUInt64LE(this.#take(8));
  }
  int8(): number {
    return this.payload.readInt8(this.#take(1));
  }
  int16(): number {
    return this.payload.readInt16LE(this.#take(2));
  }
  int32(): number {
    return this.payload.readInt32LE(this.#take(4));
  }
  int64(): bigint {
    return this.payload.readBigInt64LE(this.#take(8));
  }
  float(): number {
    return this.payload.readFloatLE(this.#take(4));
  }
  double(): number {
    return this.payload.readDoubleLE(this.#take(8));
  }

  /** A length-encoded integer as bigint (0 to 2^64-1). 0xfb (NULL) and 0xff (error) are refused here. */
  lengthEncodedInteger(): bigint {
    const first = this.uint8();
    if (first < 0xfb) return BigInt(first);
    if (first === 0xfc) return BigInt(this.uint16());
    if (first === 0xfd) return BigInt(this.uint24());
    if (first === 0xfe) return this.uint64();
    throw malformed(`0x${first.toString(16)} is no length-encoded integer`);
  }

  /** A length-encoded integer that counts bytes or things in memory; refuses what exceeds 2^53-1. */
  length(): number {
    const first = this.uint8();
    if (first < 0xfb) return first;
    if (first === 0xfc) return this.uint16();
    if (first === 0xfd) return this.uint24();
    if (first === 0xfe) {
      const value = this.uint64();
      if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed(`length ${value} out of range`);
      return Number(value);
    }
    throw malformed(`0x${first.toString(16)} is no length`);
  }

  bytes(length: number): Buffer {
    const at = this.#take(length);
    return this.payload.subarray(at, at + length);
  }

  lengthEncodedBytes(): Buffer {
    return this.bytes(this.length());
  }

  lengthEncodedString(): string {
    return this.lengthEncodedBytes().toString('utf8');
  }

  /** Bytes up to a NUL, which is consumed; throws when there is none. */
  nullTerminatedBytes(): Buffer {
    const end = this.payload.indexOf(0, this.offset);
    if (end < 0) throw malformed(`no terminator after ${this.offset}`);
    const bytes = this.payload.subarray(this.offset, end);
    this.offset = end + 1;
    return bytes;
  }

  nullTerminatedString(): string {
    return this.nullTerminatedBytes().toString('utf8');
  }

  rest(): Buffer {
    const bytes = this.payload.subarray(this.offset);
    this.offset = this.payload.length;
    return bytes;
  }
}
