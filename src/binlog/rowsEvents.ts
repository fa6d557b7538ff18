import { malformedBinlog } from './binlogError.ts';
import { ByteCursor } from './byteCursor.ts';
import { bodyEnd, eventType, HEADER_BYTES } from './eventHeader.ts';
import { EVENT } from './eventTypes.ts';
import type { FormatDescription } from './formatDescription.ts';
import { unzlib } from './mariadbCompression.ts';

/** TABLE_MAP (19): the shape of a table that the row events behind it name by number. */
export interface TableMapEvent {
  readonly kind: 'tableMap';
  readonly tableId: number;
  readonly flags: number;
  readonly database: string;
  readonly table: string;
  /** Column type codes (MYSQL_TYPE_*), one a column. */
  readonly columnTypes: Buffer;
  /** Type metadata of all columns, of a length by type. */
  readonly columnMetadata: Buffer;
  /** One bit a column: may be NULL. */
  readonly nullable: Buffer;
  /** Optional metadata as type, length, value (signedness, character sets, names, key); absent with binlog_row_metadata or an old server. */
  readonly optional: ReadonlyMap<number, Buffer>;
}

/** Throws VTR1201. */
export function decodeTableMap(event: Buffer, format: FormatDescription): TableMapEvent {
  const cursor = new ByteCursor(event, HEADER_BYTES, bodyEnd(event, format.checksum));
  const tableId = readTableId(cursor, format, EVENT.TABLE_MAP);
  const flags = cursor.u16();
  const database = cursor.text(cursor.u8());
  cursor.skip(1);
  const table = cursor.text(cursor.u8());
  cursor.skip(1);
  const columns = cursor.lenencSize();
  const columnTypes = cursor.bytes(columns);
  const columnMetadata = cursor.bytes(cursor.lenencSize());
  const nullable = cursor.bytes((columns + 7) >> 3);
  const optional = new Map<number, Buffer>();
  while (cursor.remaining > 0) {
    const type = cursor.u8();
    optional.set(type, cursor.bytes(cursor.lenencSize()));
  }
  return { kind: 'tableMap', tableId, flags, database, table, columnTypes, columnMetadata, nullable, optional };
}

export type RowChange = 'insert' | 'update' | 'delete';
export const ROWS_FLAG = { STATEMENT_END: 1, NO_FOREIGN_KEY_CHECKS: 2, RELAXED_UNIQUE_CHECKS: 4, COMPLETE_ROWS: 8 } as const;

/** WRITE, UPDATE and DELETE_ROWS of versions 1 and 2, PARTIAL_UPDATE_ROWS, and MariaDB's compressed forms (unpacked here). */
export interface RowsEvent {
  readonly kind: 'rows';
  readonly change: RowChange;
  readonly version: 1 | 2;
  readonly tableId: number;
  /** `ROWS_FLAG` bits; STATEMENT_END ends the statement (and the table maps before it). */
  readonly flags: number;
  /** Extra data of version 2 (NDB, partition ids). */
  readonly extra: Buffer;
  readonly columnCount: number;
  /** One bit a column: present in the image before (update, delete) or after (insert). */
  readonly columnsPresent: Buffer;
  /** Of an update: present in the image after. */
  readonly columnsPresentAfter: Buffer | undefined;
  /** The after-images hold JSON differences instead of whole values (PARTIAL_UPDATE_ROWS, MySQL 8.0). */
  readonly partialJson: boolean;
  /** The images, one behind the other: null bits, then values. */
  readonly rows: Buffer;
}

interface RowsShape { readonly change: RowChange; readonly version: 1 | 2; readonly compressed: boolean; readonly partial: boolean }
const shape = (change: RowChange, version: 1 | 2, compressed = false, partial = false): RowsShape => ({ change, version, compressed, partial });
const shapes: ReadonlyMap<number, RowsShape> = new Map([
  [EVENT.WRITE_ROWS_V1, shape('insert', 1)], [EVENT.UPDATE_ROWS_V1, shape('update', 1)], [EVENT.DELETE_ROWS_V1, shape('delete', 1)],
  [EVENT.WRITE_ROWS_V2, shape('insert', 2)], [EVENT.UPDATE_ROWS_V2, shape('update', 2)], [EVENT.DELETE_ROWS_V2, shape('delete', 2)],
  [EVENT.PARTIAL_UPDATE_ROWS, shape('update', 2, false, true)],
  [EVENT.MARIADB_WRITE_ROWS_COMPRESSED_V1, shape('insert', 1, true)], [EVENT.MARIADB_UPDATE_ROWS_COMPRESSED_V1, shape('update', 1, true)],
  [EVENT.MARIADB_DELETE_ROWS_COMPRESSED_V1, shape('delete', 1, true)], [EVENT.MARIADB_WRITE_ROWS_COMPRESSED, shape('insert', 2, true)],
  [EVENT.MARIADB_UPDATE_ROWS_COMPRESSED, shape('update', 2, true)], [EVENT.MARIADB_DELETE_ROWS_COMPRESSED, shape('delete', 2, true)],
]);

export function isRowsEvent(type: number): boolean {
  return shapes.has(type);
}

/** The flags of a rows event without decoding the rest. */
export function rowsEventFlags(event: Buffer, format: FormatDescription): number {
  return event.readUInt16LE(HEADER_BYTES + tableIdBytes(format, eventType(event)));
}

/** Throws VTR1201. */
export function decodeRows(event: Buffer, format: FormatDescription): RowsEvent {
  const type = eventType(event);
  const what = shapes.get(type);
  if (what === undefined) throw malformedBinlog(`type ${type} is no rows event`);
  const cursor = new ByteCursor(event, HEADER_BYTES, bodyEnd(event, format.checksum));
  const tableId = readTableId(cursor, format, type);
  const flags = cursor.u16();
  let extra: Buffer = Buffer.alloc(0);
  if (what.version === 2) {
    const extraLength = cursor.u16();
    if (extraLength < 2) throw malformedBinlog('extra row data shorter than its own length field');
    extra = cursor.bytes(extraLength - 2);
  }
  const columnCount = cursor.lenencSize();
  const bitmapBytes = (columnCount + 7) >> 3;
  const columnsPresent = cursor.bytes(bitmapBytes);
  const columnsPresentAfter = what.change === 'update' ? cursor.bytes(bitmapBytes) : undefined;
  const rest = cursor.rest();
  const rows = what.compressed ? unzlib(rest) : rest;
  return { kind: 'rows', change: what.change, version: what.version, tableId, flags, extra, columnCount, columnsPresent, columnsPresentAfter, partialJson: what.partial, rows };
}

function tableIdBytes(format: FormatDescription, type: number): number {
  return format.postHeaderLengths[type - 1] === 6 ? 4 : 6;
}
function readTableId(cursor: ByteCursor, format: FormatDescription, type: number): number {
  return tableIdBytes(format, type) === 4 ? cursor.u32() : cursor.u48();
}
