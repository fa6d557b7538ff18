import { malformedBinlog } from './binlogError.ts';

/** Reads little-endian fields off a Buffer; every read past `end` throws VTR1201 instead of giving a short value. */
export class ByteCursor {
  readonly buffer: Buffer;
  readonly end: number;
  position: number;

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.buffer = buffer;
    this.position = start;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  private take(bytes: number): number {
    const at = this.position;
    if (bytes < 0 || at + bytes > this.end) throw malformedBinlog(`${bytes} bytes wanted at ${at}, the event ends at ${this.end}`);
    this.position = at + bytes;
    return at;
  }

  skip(bytes: number): void { this.take(bytes); }
  u8(): number { return this.buffer.readUInt8(this.take(1)); }
  u16(): number { return this.buffer.readUInt16LE(this.take(2)); }
  u24(): number { return this.buffer.readUIntLE(this.take(3), 3); }
  u32(): number { return this.buffer.readUInt32LE(this.take(4)); }
  u48(): number { return this.buffer.readUIntLE(this.take(6), 6); }
  u64(): bigint { return this.buffer.readBigUInt64LE(this.take(8)); }
  i64(): bigint { return this.buffer.readBigInt64LE(this.take(8)); }

  /** Seven bytes, as commit timestamps are stored. */
  u56(): bigint {
    const at = this.take(7);
    return BigInt(this.buffer.readUIntLE(at, 6)) | (BigInt(this.buffer.readUInt8(at + 6)) << 48n);
  }

  /** A view, not a copy. */
  bytes(length: number): Buffer {
    const at = this.take(length);
    return this.buffer.subarray(at, at + length);
  }

  text(length: number, encoding: 'utf8' | 'latin1' = 'utf8'): string {
    const at = this.take(length);
    return this.buffer.toString(encoding, at, at + length);
  }

  rest(): Buffer { return this.bytes(this.remaining); }

  /** Length-encoded integer of the MySQL protocol; the NULL marker 0xfb is refused. */
  lenenc(): bigint {
    const first = this.u8();
    if (first < 0xfb) return BigInt(first);
    if (first === 0xfc) return BigInt(this.u16());
    if (first === 0xfd) return BigInt(this.u24());
    if (first === 0xfe) return this.u64();
    throw malformedBinlog(`0x${first.toString(16)} starts no length-encoded integer`);
  }

  /** A length-encoded integer that must be a length or count within the event. */
  lenencSize(): number {
    const value = this.lenenc();
    if (value > BigInt(this.remaining) * 8n + 8n) throw malformedBinlog(`length ${value} reaches past the event`);
    return Number(value);
  }

  /**
   * Unsigned variable-length integer of MySQL's serialization format (GTID_TAGGED, tags in GTID sets): the number of trailing ones of the
   * first byte is the number of bytes that follow; up to 56 bits are shifted behind the marker, larger numbers stand whole after 0xff.
   */
  varUint(): bigint {
    const first = this.u8();
    if (first === 0xff) return this.u64();
    let length = 1;
    while ((first >> (length - 1)) & 1) length++;
    this.position--;
    const at = this.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.buffer.readUInt8(at + i));
    return value >> BigInt(length);
  }

  /** Signed form of `varUint`: the lowest bit is the sign, a negative x stands as -(x+1). */
  varInt(): bigint {
    const raw = this.varUint();
    return (raw & 1n) === 0n ? raw >> 1n : -(raw >> 1n) - 1n;
  }
}

/** `varUint` the other way round. */
export function encodeVarUint(value: bigint): Buffer {
  let length = 1;
  while (length <= 8 && value >= 1n << BigInt(7 * length)) length++;
  if (length === 9) {
    const whole = Buffer.alloc(9);
    whole[0] = 0xff;
    whole.writeBigUInt64LE(value, 1);
    return whole;
  }
  let shifted = (value << BigInt(length)) | ((1n << BigInt(length - 1)) - 1n);
  const out = Buffer.alloc(length);
  for (let i = 0; i < length; i++) {
    out[i] = Number(shifted & 0xffn);
    shifted >>= 8n;
  }
  return out;
}

export function encodeVarInt(value: bigint): Buffer {
  return encodeVarUint(value >= 0n ? value << 1n : (-(value + 1n) << 1n) | 1n);
}
