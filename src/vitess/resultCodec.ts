import type { Field as PbField, QueryResult as PbResult, Row as PbRow, Type } from './gen/query.ts';
import { TYPE } from '../mysql/constants/columnTypes.ts';
import type { Field, QueryResult, Row } from './queryService.ts';

/** Rows as protobuf has them: all bytes of a row in one string, cut by lengths; -1 is NULL. */
export function encodeRow(row: Row): PbRow {
  const lengths: bigint[] = new Array(row.length);
  const parts: Buffer[] = [];
  for (let i = 0; i < row.length; i++) {
    const value = row[i];
    if (value === null || value === undefined) {
      lengths[i] = -1n;
    } else {
      lengths[i] = BigInt(value.length);
      if (value.length > 0) parts.push(value);
    }
  }
  return { lengths, values: parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts) };
}

/** The values are slices of the message's bytes, not copies. */
export function decodeRow(row: PbRow): Row {
  const values: (Buffer | null)[] = new Array(row.lengths.length);
  let at = 0;
  for (let i = 0; i < values.length; i++) {
    const length = Number(row.lengths[i]);
    values[i] = length < 0 ? null : row.values.subarray(at, at + length);
    if (length > 0) at += length;
  }
  return values;
}

/**
 * NUM_FLAG: no server sends it, MySQL's client library sets it for numbers when it reads a column, and so does Vitess. It is set on the way
 * to Vitess's callers and taken off again for ours, so that clients see a column as its server described it.
 */
const numFlag = 32_768;
const integralOrFloat = 256 | 1024;

function isNumeric(type: number): boolean {
  return (type & integralOrFloat) !== 0 || type === TYPE.DECIMAL || type === TYPE.NULL_TYPE;
}

export function encodeField(field: Field): PbField {
  const flags = field.flags === undefined ? 0 : isNumeric(field.type) ? field.flags | numFlag : field.flags;
  return {
    name: field.name, type: field.type as Type, table: field.table ?? '', orgTable: field.orgTable ?? '', database: field.database ?? '', orgName: field.orgName ?? '',
    columnLength: field.columnLength ?? 0, charset: field.charset ?? 0, decimals: field.decimals ?? 0, flags, columnType: field.columnType ?? '',
  };
}

/** Attributes that were not asked for are left out, so that whoever prints the field fills in what belongs to its type. */
export function decodeField(field: PbField): Field {
  const bare = field.flags === 0 && field.charset === 0 && field.columnLength === 0;
  if (bare) return { name: field.name, type: field.type };
  return {
    name: field.name, type: field.type, table: field.table, orgTable: field.orgTable, database: field.database, orgName: field.orgName,
    columnLength: field.columnLength, charset: field.charset, decimals: field.decimals, flags: field.flags & ~numFlag,
    ...(field.columnType === '' ? {} : { columnType: field.columnType }),
  };
}

/** A vttablet counts affected rows only where there is no result set. */
export function encodeResult(result: QueryResult): PbResult {
  return {
    fields: result.fields.map(encodeField), rows: result.rows.map(encodeRow), rowsAffected: result.fields.length > 0 ? 0n : result.rowsAffected,
    insertId: result.insertId, insertIdChanged: result.insertIdChanged ?? result.insertId !== 0n, info: result.info ?? '', sessionStateChanges: result.sessionStateChanges ?? '',
  };
}

export function decodeResult(result: PbResult | undefined): QueryResult {
  if (result === undefined) return { fields: [], rows: [], rowsAffected: 0n, insertId: 0n };
  return {
    fields: result.fields.map(decodeField), rows: result.rows.map(decodeRow),
    rowsAffected: result.fields.length > 0 && result.rowsAffected === 0n ? BigInt(result.rows.length) : result.rowsAffected,
    insertId: result.insertId, insertIdChanged: result.insertIdChanged || result.insertId !== 0n,
    ...(result.info === '' ? {} : { info: result.info }), ...(result.sessionStateChanges === '' ? {} : { sessionStateChanges: result.sessionStateChanges }),
  };
}

/** As much of each column's description as was asked for. */
export function trimFields(fields: readonly Field[], included: 'ALL' | 'TYPE_AND_NAME' | 'TYPE_ONLY'): readonly Field[] {
  if (included === 'ALL') return fields;
  return fields.map((f) => (included === 'TYPE_ONLY' ? { name: '', type: f.type } : { name: f.name, type: f.type }));
}
