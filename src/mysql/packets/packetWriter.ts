/** Largest payload of one physical packet; a payload of exactly this size is followed by another packet. */
export const MAX_PAYLOAD = 0xff_ffff;

/**
 * Builds framed packets one after another in one growing buffer, so that a whole response goes out in one write:
 * `begin()`, writes, `end()`, …, `take()`. Payloads of 16 MiB and more are split into continuations by `end()`.
 */
export class PacketWriter {
  #buffer: Buffer;
  #at = 0;
  #packetStart = -1;
  /** Sequence id of the next packet, 0 to 255. */
  sequence: number;

  constructor(sequence = 0, capacity = 256) {
    this.#buffer = Buffer.allocUnsafe(capacity);
    this.sequence = sequence;
  }

  /** Bytes ready to be taken, an unfinished packet's included. */
  get length(): number {
    return this.#at;
  }

  #room(bytes: number): number {
    const at = this.#at;
    if (at + bytes > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, at + bytes));
      this.#buffer.copy(grown, 0, 0, at);
      this.#buffer = grown;
    }
    this.#at = at + bytes;
    return at;
  }

  begin(): this {
    this.#packetStart = this.#at;
    this.#room(4);
    return this;
  }

  end(): this {
    const start = this.#packetStart;
    let size = this.#at - start - 4;
    if (size < MAX_PAYLOAD) {
      this.#header(start, size);
    } else {
      const payload = Buffer.from(this.#buffer.subarray(start + 4, this.#at));
      this.#at = start;
      let from = 0;
      do {
        size = Math.min(MAX_PAYLOAD, payload.length - from);
        const at = this.#room(4 + size);
        this.#header(at, size);
        payload.copy(this.#buffer, at + 4, from, from + size);
        from += size;
      } while (size === MAX_PAYLOAD);
    }
    this.#packetStart = -1;
    return this;
  }

  #header(at: number, size: number): void {
    this.#buffer.writeUIntLE(size, at, 3);
    this.#buffer[at + 3] = this.sequence;
    this.sequence = (this.sequence + 1) & 0xff;
  }

  /** One whole packet. */
  packet(payload: Buffer): this {
    return this.begin().bytes(payload).end();
  }

  /** The bytes so far, which become the caller's; the writer starts a new buffer and keeps counting sequence ids. */
  take(): Buffer {
    const bytes = this.#buffer.subarray(0, this.#at);
    this.#buffer = Buffer.allocUnsafe(256);
    this.#at = 0;
    return bytes;
  }

  /** The payload written since `begin()`, without a header: for codecs that are asked for a bare payload. */
  static payload(write: (w: PacketWriter) => void): Buffer {
    const w = new PacketWriter();
    write(w);
    return w.take();
  }

  uint8(value: number): this {
    const at = this.#room(1);
    this.#buffer[at] = value;
    return this;
  }
  uint16(value: number): this {
    const at = this.#room(2);
    this.#buffer.writeUInt16LE(value & 0xffff, at);
    return this;
  }
  uint24(value: number): this {
    const at = this.#room(3);
    this.#buffer.writeUIntLE(value, at, 3);
    return this;
  }
  uint32(value: number): this {
    const at = this.#room(4);
    this.#buffer.writeUInt32LE(value >>> 0, at);
    return this;
  }
  uint64(value: bigint): this {
    const at = this.#room(8);
    this.#buffer.writeBigUInt64LE(BigInt.asUintN(64, value), at);
    return this;
  }
  float(value: number): this {
    const at = this.#room(4);
    this.#buffer.writeFloatLE(value, at);
    return this;
  }
  double(value: number): this {
    const at = this.#room(8);
    this.#buffer.writeDoubleLE(value, at);
    return this;
  }

  lengthEncodedInteger(value: bigint | number): this {
    if (typeof value === 'bigint') {
      if (value > 0xff_ffffn) return this.uint8(0xfe).uint64(value);
      return this.lengthEncodedInteger(Number(value));
    }
    if (value < 0xfb) return this.uint8(value);
    if (value <= 0xffff) return this.uint8(0xfc).uint16(value);
    if (value <= 0xff_ffff) return this.uint8(0xfd).uint24(value);
    return this.uint8(0xfe).uint64(BigInt(value));
  }

  bytes(value: Uint8Array): this {
    const at = this.#room(value.length);
    this.#buffer.set(value, at);
    return this;
  }

  zeros(count: number): this {
    const at = this.#room(count);
    this.#buffer.fill(0, at, at + count);
    return this;
  }

  string(value: string): this {
    const size = Buffer.byteLength(value);
    const at = this.#room(size);
    this.#buffer.write(value, at, size, 'utf8');
    return this;
  }

  nullTerminatedString(value: string): this {
    return this.string(value).uint8(0);
  }

  lengthEncodedBytes(value: Uint8Array): this {
    return this.lengthEncodedInteger(value.length).bytes(value);
  }

  lengthEncodedString(value: string): this {
    return this.lengthEncodedInteger(Buffer.byteLength(value)).string(value);
  }
}
