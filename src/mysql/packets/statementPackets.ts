import type { BindVariable } from '../../vitess/queryService.ts';
import { COLUMN, COLUMN_FLAG, columnType, TYPE, vitessType } from '../constants/columnTypes.ts';
import { COM } from '../constants/commands.ts';
import { decodeBinaryValue, writeBinaryValue } from './binaryRow.ts';
import { malformed } from './malformedPacket.ts';
import { PacketReader } from './packetReader.ts';
import { PacketWriter } from './packetWriter.ts';

/** COM_STMT_PREPARE_OK. Source: MySQL "COM_STMT_PREPARE Response". */
export interface PrepareOk {
  readonly statementId: number;
  readonly columnCount: number;
  readonly parameterCount: number;
  readonly warnings: number;
}

export function decodePrepareOk(payload: Buffer): PrepareOk {
  const r = new PacketReader(payload);
  r.expectByte(0x00, 'prepare response');
  const statementId = r.uint32();
  const columnCount = r.uint16();
  const parameterCount = r.uint16();
  r.skip(1);
  return { statementId, columnCount, parameterCount, warnings: r.remaining >= 2 ? r.uint16() : 0 };
}

export function writePrepareOk(w: PacketWriter, ok: PrepareOk): void {
  w.uint8(0).uint32(ok.statementId).uint16(ok.columnCount).uint16(ok.parameterCount).uint8(0).uint16(Math.min(ok.warnings, 0xffff));
}

/** Type of one parameter as the client bound it: the protocol's type byte and whether it is unsigned. */
export interface ParameterType {
  readonly type: number;
  readonly unsigned: boolean;
}

/** A decoded COM_STMT_EXECUTE. `types` are kept by the session for the next execute, which may leave them out. */
export interface StatementExecute {
  readonly statementId: number;
  /** 0 none, 1 read-only cursor, … Source: MySQL "enum_cursor_type". */
  readonly cursor: number;
  readonly types: readonly ParameterType[];
  readonly values: readonly BindVariable[];
}

/** Statement id of COM_STMT_EXECUTE, SEND_LONG_DATA, CLOSE, RESET, FETCH: the four bytes after the command. */
export function statementIdOf(payload: Buffer): number {
  return new PacketReader(payload, 1).uint32();
}

const vitessOfWire = new Map<number, number>([
  [COLUMN.TINY, TYPE.INT64], [COLUMN.SHORT, TYPE.INT64], [COLUMN.LONG, TYPE.INT64], [COLUMN.INT24, TYPE.INT64], [COLUMN.LONGLONG, TYPE.INT64],
  [COLUMN.YEAR, TYPE.INT64],
]);

function bindType(parameter: ParameterType): number {
  const integer = vitessOfWire.get(parameter.type);
  if (integer !== undefined) return parameter.unsigned ? TYPE.UINT64 : integer;
  switch (parameter.type) {
    case COLUMN.FLOAT: case COLUMN.DOUBLE: return TYPE.FLOAT64;
    case COLUMN.TINY_BLOB: case COLUMN.BLOB: case COLUMN.MEDIUM_BLOB: case COLUMN.LONG_BLOB: return TYPE.VARBINARY;
    case COLUMN.STRING: case COLUMN.VAR_STRING: case COLUMN.VARCHAR: case COLUMN.ENUM: case COLUMN.SET: return TYPE.VARCHAR;
    case COLUMN.BIT: return TYPE.VARBINARY;
    default: return vitessType(parameter.type, parameter.unsigned ? COLUMN_FLAG.UNSIGNED : 0, 45);
  }
}

/**
 * Decodes COM_STMT_EXECUTE. `known` are the types of the previous execute of the statement, `longData` what SEND_LONG_DATA brought (by
 * parameter index). Values are in the text protocol's spelling; integers widen to INT64/UINT64 as Vitess does for bind variables.
 * Throws malformed when the packet is short or names no types on the first execute.
 */
export function decodeStatementExecute(
  payload: Buffer, parameterCount: number, known: readonly ParameterType[] | undefined, longData: ReadonlyMap<number, readonly Buffer[]>,
): StatementExecute {
  const r = new PacketReader(payload, 1);
  const statementId = r.uint32();
  const cursor = r.uint8();
  r.skip(4);
  if (parameterCount === 0) return { statementId, cursor, types: [], values: [] };
  const nulls = r.bytes((parameterCount + 7) >> 3);
  let types = known;
  if (r.uint8() === 1) {
    const bound: ParameterType[] = new Array(parameterCount);
    for (let i = 0; i < parameterCount; i++) {
      const type = r.uint8();
      bound[i] = { type, unsigned: (r.uint8() & 0x80) !== 0 };
    }
    types = bound;
  }
  if (types === undefined || types.length !== parameterCount) throw malformed('COM_STMT_EXECUTE without parameter types');
  const values: BindVariable[] = new Array(parameterCount);
  for (let i = 0; i < parameterCount; i++) {
    const parameter = types[i] as ParameterType;
    const long = longData.get(i);
    if (long !== undefined) values[i] = { type: bindType(parameter), value: long.length === 1 ? (long[0] as Buffer) : Buffer.concat(long) };
    else if (((nulls[i >> 3] as number) & (1 << (i & 7))) !== 0 || parameter.type === COLUMN.NULL) values[i] = { type: TYPE.NULL_TYPE };
    else values[i] = { type: bindType(parameter), value: decodeBinaryValue(r, parameter.type, parameter.unsigned, 31) };
  }
  return { statementId, cursor, types, values };
}

/** Encodes COM_STMT_EXECUTE with types always bound; lists (`values`) cannot be parameters and throw malformed. */
export function encodeStatementExecute(statementId: number, values: readonly BindVariable[], cursor = 0): Buffer {
  return PacketWriter.payload((w) => {
    w.uint8(COM.STMT_EXECUTE).uint32(statementId).uint8(cursor).uint32(1);
    if (values.length === 0) return;
    const nulls = Buffer.alloc((values.length + 7) >> 3);
    values.forEach((value, i) => {
      if (value.values !== undefined) throw malformed('a list cannot be a statement parameter');
      if (isNull(value)) nulls[i >> 3] = (nulls[i >> 3] as number) | (1 << (i & 7));
    });
    w.bytes(nulls).uint8(1);
    for (const value of values) {
      const wire = parameterWireType(value);
      w.uint8(wire.type).uint8(wire.unsigned ? 0x80 : 0);
    }
    for (const value of values) {
      if (!isNull(value)) writeBinaryValue(w, parameterWireType(value).type, value.value ?? Buffer.alloc(0));
    }
  });
}

function isNull(value: BindVariable): boolean {
  return value.type === TYPE.NULL_TYPE || value.value === undefined;
}

/** Temporal values travel as strings: the text may be anything the server accepts. */
function parameterWireType(value: BindVariable): ParameterType {
  if (isNull(value)) return { type: COLUMN.NULL, unsigned: false };
  const wire = columnType(value.type);
  switch (wire.type) {
    case COLUMN.TINY: case COLUMN.SHORT: case COLUMN.INT24: case COLUMN.LONG: case COLUMN.LONGLONG:
      return { type: COLUMN.LONGLONG, unsigned: (wire.flags & COLUMN_FLAG.UNSIGNED) !== 0 };
    case COLUMN.FLOAT: case COLUMN.DOUBLE: return { type: COLUMN.DOUBLE, unsigned: false };
    case COLUMN.NEWDECIMAL: return { type: COLUMN.NEWDECIMAL, unsigned: false };
    case COLUMN.BLOB: return { type: (wire.flags & COLUMN_FLAG.BINARY) !== 0 ? COLUMN.BLOB : COLUMN.VAR_STRING, unsigned: false };
    case COLUMN.VAR_STRING: case COLUMN.STRING: return { type: (wire.flags & COLUMN_FLAG.BINARY) !== 0 ? COLUMN.BLOB : COLUMN.VAR_STRING, unsigned: false };
    default: return { type: COLUMN.VAR_STRING, unsigned: false };
  }
}
