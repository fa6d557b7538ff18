import { VtrewindError } from '../base/errors.ts';
import { QueryResult as PbResult } from './gen/query.ts';
import type { QueryResult, Row } from './queryService.ts';
import { decodeResult, encodeResult } from './resultCodec.ts';

/**
 * `query.QueryResult` straight to and from bytes where it matters: its rows, which generated code would turn into objects of big integers
 * twice. Everything else of the message goes through the generated code. Source: proto/query.proto (QueryResult.rows = 4, Row.lengths = 1 packed
 * zigzag varints with -1 for NULL, Row.values = 2).
 */
const tag = { row: (4 << 3) | 2, lengths: (1 << 3) | 2, values: (2 << 3) | 2 };

export function encodeResultBytes(result: QueryResult): Buffer {
  const { info, sessionStateChanges, insertIdChanged, ...head } = encodeResult({ ...result, rows: [] });
  // In the order of their numbers, as Vitess writes them: fields and counts, rows, the rest. A result set counts no affected rows.
  const before = PbResult.encode({ ...head, info: '', sessionStateChanges: '', insertIdChanged: false }).finish();
  const after = PbResult.encode({ fields: [], rowsAffected: 0n, insertId: 0n, rows: [], info, sessionStateChanges, insertIdChanged }).finish();
  let size = before.length + after.length;
  for (const row of result.rows) {
    const bytes = rowSize(row);
    size += 1 + varintSize(bytes) + bytes;
  }
  const out = Buffer.allocUnsafe(size);
  out.set(before, 0);
  let at = before.length;
  for (const row of result.rows) at = writeRow(out, at, row);
  out.set(after, at);
  return out;
}

function lengthsSize(row: Row): number {
  let size = 0;
  for (const value of row) size += value === null ? 1 : varintSize(value.length * 2);
  return size;
}
function valuesSize(row: Row): number {
  let size = 0;
  for (const value of row) if (value !== null) size += value.length;
  return size;
}
function rowSize(row: Row): number {
  const lengths = lengthsSize(row);
  const values = valuesSize(row);
  return (lengths > 0 ? 1 + varintSize(lengths) + lengths : 0) + (values > 0 ? 1 + varintSize(values) + values : 0);
}

function writeRow(out: Buffer, start: number, row: Row): number {
  let at = start;
  out[at++] = tag.row;
  at = writeVarint(out, at, rowSize(row));
  const lengths = lengthsSize(row);
  if (lengths > 0) {
    out[at++] = tag.lengths;
    at = writeVarint(out, at, lengths);
    for (const value of row) at = writeVarint(out, at, value === null ? 1 : value.length * 2);
  }
  const values = valuesSize(row);
  if (values > 0) {
    out[at++] = tag.values;
    at = writeVarint(out, at, values);
    for (const value of row) if (value !== null) at += value.copy(out, at);
  }
  return at;
}

export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}
export function writeVarint(out: Buffer, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest >= 0x80) {
    out[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  out[at++] = rest;
  return at;
}

/** Reads varints and lengths out of a message; throws VTR0326 at its end. */
export class WireCursor {
  readonly bytes: Buffer;
  at = 0;
  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
  get done(): boolean {
    return this.at >= this.bytes.length;
  }
  varint(): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw truncated();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 0x80;
    }
    throw truncated();
  }
  /** The bytes of a length-delimited field, not copied. */
  block(): Buffer {
    const length = this.varint();
    const end = this.at + length;
    if (end > this.bytes.length) throw truncated();
    const block = this.bytes.subarray(this.at, end);
    this.at = end;
    return block;
  }
  skip(wireType: number): void {
    if (wireType === 0) this.varint();
    else if (wireType === 1) this.at += 8;
    else if (wireType === 2) this.block();
    else if (wireType === 5) this.at += 4;
    else throw truncated();
    if (this.at > this.bytes.length) throw truncated();
  }
}

/** Values are slices of `bytes`. */
export function decodeResultBytes(bytes: Buffer): QueryResult {
  const cursor = new WireCursor(bytes);
  const rows: Row[] = [];
  const others: Buffer[] = [];
  while (!cursor.done) {
    const start = cursor.at;
    const key = cursor.varint();
    if (key === tag.row) {
      rows.push(readRow(cursor.block()));
    } else {
      cursor.skip(key & 7);
      others.push(bytes.subarray(start, cursor.at));
    }
  }
  const rest = decodeResult(PbResult.decode(Buffer.concat(others)));
  return { ...rest, rows, rowsAffected: rest.fields.length > 0 && rest.rowsAffected === 0n ? BigInt(rows.length) : rest.rowsAffected };
}

function readRow(bytes: Buffer): Row {
  const cursor = new WireCursor(bytes);
  const lengths: number[] = [];
  let values: Buffer = none;
  while (!cursor.done) {
    const key = cursor.varint();
    if (key === tag.lengths) {
      const packed = new WireCursor(cursor.block());
      while (!packed.done) lengths.push(packed.varint());
    } else if (key === ((1 << 3) | 0)) {
      lengths.push(cursor.varint());
    } else if (key === tag.values) {
      values = cursor.block();
    } else {
      cursor.skip(key & 7);
    }
  }
  const row: (Buffer | null)[] = new Array(lengths.length);
  let at = 0;
  for (let i = 0; i < lengths.length; i++) {
    const zigzag = lengths[i] as number;
    if (zigzag % 2 === 1) {
      row[i] = null;
      continue;
    }
    const length = zigzag / 2;
    if (at + length > values.length) throw truncated();
    row[i] = values.subarray(at, at + length);
    at += length;
  }
  return row;
}
const none = Buffer.alloc(0);

function truncated(): VtrewindError {
  return new VtrewindError({ code: 'VTR0326', grpc: 'INTERNAL', message: 'a tablet sent a result that can not be read' });
}
