import type { Field, Row, Value } from '../../vitess/queryService.ts';
import { COLUMN, COLUMN_FLAG, columnType } from '../constants/columnTypes.ts';
import { decodeDateTime, decodeTime, writeDateTime, writeTime } from './binaryTemporal.ts';
import type { WireField } from './columnDefinition.ts';
import { floatText } from './floatText.ts';
import { PacketReader } from './packetReader.ts';
import type { PacketWriter } from './packetWriter.ts';

/** ProtocolBinary::ResultsetRow. The null bitmap of rows starts at bit 2. Values become and come from the text protocol's spelling. */
export function decodeBinaryRow(payload: Buffer, fields: readonly WireField[]): Row {
  const r = new PacketReader(payload);
  r.expectByte(0x00, 'binary row header');
  const nulls = r.bytes((fields.length + 9) >> 3);
  const row: Value[] = new Array(fields.length);
  for (let i = 0; i < fields.length; i++) {
    const bit = i + 2;
    if (((nulls[bit >> 3] as number) & (1 << (bit & 7))) !== 0) {
      row[i] = null;
    } else {
      const field = fields[i] as WireField;
      row[i] = decodeBinaryValue(r, field.wireType, ((field.flags ?? 0) & COLUMN_FLAG.UNSIGNED) !== 0, field.decimals ?? 0, field);
    }
  }
  return row;
}

/** `decimals` is the column's fraction digits (31 and more: as many as needed), for times and floats. */
export function decodeBinaryValue(r: PacketReader, type: number, unsigned: boolean, decimals: number, field?: Field): Buffer {
  switch (type) {
    case COLUMN.TINY: return text(unsigned ? r.uint8() : r.int8(), field);
    case COLUMN.SHORT: return text(unsigned ? r.uint16() : r.int16(), field);
    case COLUMN.YEAR: return Buffer.from(String(r.uint16()).padStart(4, '0'));
    case COLUMN.INT24: case COLUMN.LONG: return text(unsigned ? r.uint32() : r.int32(), field);
    case COLUMN.LONGLONG: return text(unsigned ? r.uint64() : r.int64(), field);
    case COLUMN.FLOAT: return Buffer.from(floatText(r.float(), true, decimals));
    case COLUMN.DOUBLE: return Buffer.from(floatText(r.double(), false, decimals));
    case COLUMN.DATE: case COLUMN.NEWDATE: return Buffer.from(decodeDateTime(r, 0, true));
    case COLUMN.DATETIME: case COLUMN.TIMESTAMP: case COLUMN.DATETIME2: case COLUMN.TIMESTAMP2: return Buffer.from(decodeDateTime(r, decimals, false));
    case COLUMN.TIME: case COLUMN.TIME2: return Buffer.from(decodeTime(r, decimals));
    case COLUMN.NULL: return Buffer.alloc(0);
    default: return r.lengthEncodedBytes();
  }
}

function text(value: number | bigint, field: Field | undefined): Buffer {
  if (field !== undefined && ((field.flags ?? 0) & COLUMN_FLAG.ZEROFILL) !== 0) return Buffer.from(String(value).padStart(field.columnLength ?? 0, '0'));
  return Buffer.from(String(value));
}

/** The inverse: a row in text spelling to the binary protocol. Throws nothing: text that is no number is sent as 0, as a cast would. */
export function writeBinaryRow(w: PacketWriter, row: Row, fields: readonly (Field | WireField)[]): void {
  w.uint8(0x00);
  const nulls = Buffer.alloc((fields.length + 9) >> 3);
  for (let i = 0; i < fields.length; i++) {
    const bit = i + 2;
    if (row[i] === null) nulls[bit >> 3] = (nulls[bit >> 3] as number) | (1 << (bit & 7));
  }
  w.bytes(nulls);
  for (let i = 0; i < fields.length; i++) {
    const value = row[i];
    if (value !== null && value !== undefined) {
      const field = fields[i] as Field | WireField;
      writeBinaryValue(w, 'wireType' in field ? field.wireType : columnType(field.type).type, value);
    }
  }
}

/** Writes one value, given in text spelling, in the binary form of `type`. */
export function writeBinaryValue(w: PacketWriter, type: number, value: Buffer): void {
  switch (type) {
    case COLUMN.TINY: w.uint8(integer(value) & 0xff); break;
    case COLUMN.SHORT: case COLUMN.YEAR: w.uint16(integer(value)); break;
    case COLUMN.INT24: case COLUMN.LONG: w.uint32(integer(value)); break;
    case COLUMN.LONGLONG: w.uint64(bigInteger(value)); break;
    case COLUMN.FLOAT: w.float(Number(value.toString('latin1'))); break;
    case COLUMN.DOUBLE: w.double(Number(value.toString('latin1'))); break;
    case COLUMN.DATE: case COLUMN.NEWDATE: case COLUMN.DATETIME: case COLUMN.TIMESTAMP: case COLUMN.DATETIME2: case COLUMN.TIMESTAMP2:
      writeDateTime(w, value.toString('latin1'));
      break;
    case COLUMN.TIME: case COLUMN.TIME2: writeTime(w, value.toString('latin1')); break;
    case COLUMN.NULL: break;
    default: w.lengthEncodedBytes(value);
  }
}

function integer(value: Buffer): number {
  const n = Number(value.toString('latin1'));
  return Number.isFinite(n) ? Math.trunc(n) : 0;
}

const integerText = /^[+-]?\d+$/;

function bigInteger(value: Buffer): bigint {
  const digits = value.toString('latin1');
  return integerText.test(digits) ? BigInt(digits) : BigInt(integer(value));
}
