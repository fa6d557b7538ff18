import { ByteCursor } from './byteCursor.ts';
import {
  type BinlogCheckpointEvent, decodeBinlogCheckpoint, decodeHeartbeat, decodeHeartbeatV2, decodeIncident, decodeRotate, decodeStartEncryption, decodeXaPrepare,
  decodeXid, type HeartbeatEvent, type IncidentEvent, type RotateEvent, type StartEncryptionEvent, type XaPrepareEvent, type XidEvent,
} from './controlEvents.ts';
import { bodyEnd, eventType, HEADER_BYTES, readEventHeader } from './eventHeader.ts';
import { EVENT } from './eventTypes.ts';
import { decodeFormatDescription, type FormatDescription } from './formatDescription.ts';
import {
  decodeGtidList, decodeMariadbGtid, decodeMysqlGtid, decodePreviousGtids, decodeTaggedGtid, type GtidListEvent, type MariadbGtidEvent, type MysqlGtidEvent,
  type PreviousGtidsEvent,
} from './gtidEvents.ts';
import { decodeQuery, type QueryEvent } from './queryEvent.ts';
import { decodeRows, decodeTableMap, isRowsEvent, type RowsEvent, type TableMapEvent } from './rowsEvents.ts';
import { decodeTransactionPayload, type TransactionPayloadEvent } from './transactionPayload.ts';

/** INTVAR (5): LAST_INSERT_ID (1) or INSERT_ID (2) of the statement behind it. */
export interface IntvarEvent { readonly kind: 'intvar'; readonly variable: number; readonly value: bigint }
/** RAND (13): seeds of RAND() for the statement behind it. */
export interface RandEvent { readonly kind: 'rand'; readonly seed1: bigint; readonly seed2: bigint }
/** USER_VAR (14): a user variable that the statement behind it reads; the value still encoded. */
export interface UserVariableEvent { readonly kind: 'userVariable'; readonly name: string; readonly isNull: boolean; readonly value: Buffer }
/** ROWS_QUERY (29) and ANNOTATE_ROWS (160): the statement that the rows behind it came from; a comment only. */
export interface RowsQueryEvent { readonly kind: 'rowsQuery'; readonly sql: string }
/** Anything that is carried along as it is: LOAD DATA blocks, group replication's events, STOP, types of newer servers marked ignorable. */
export interface OtherEvent { readonly kind: 'other'; readonly type: number; readonly body: Buffer }

export type DecodedEvent =
  | ({ readonly kind: 'formatDescription' } & FormatDescription)
  | RotateEvent | HeartbeatEvent | PreviousGtidsEvent | GtidListEvent | MysqlGtidEvent | MariadbGtidEvent | BinlogCheckpointEvent | StartEncryptionEvent
  | QueryEvent | XidEvent | XaPrepareEvent | TableMapEvent | RowsEvent | TransactionPayloadEvent | IncidentEvent | IntvarEvent | RandEvent | UserVariableEvent
  | RowsQueryEvent | OtherEvent;

/** Decodes one event of a stream described by `format`. The checksum is taken off, not verified (`verifyChecksum`). Throws VTR1201, VTR1203. */
export function decodeEvent(event: Buffer, format: FormatDescription): DecodedEvent {
  readEventHeader(event);
  const checksum = format.checksum;
  const type = eventType(event);
  switch (type) {
    case EVENT.FORMAT_DESCRIPTION: return { kind: 'formatDescription', ...decodeFormatDescription(event) };
    case EVENT.ROTATE: return decodeRotate(event, checksum);
    case EVENT.HEARTBEAT: return decodeHeartbeat(event, checksum);
    case EVENT.HEARTBEAT_V2: return decodeHeartbeatV2(event, checksum);
    case EVENT.PREVIOUS_GTIDS: return decodePreviousGtids(event, checksum);
    case EVENT.MARIADB_GTID_LIST: return decodeGtidList(event, checksum);
    case EVENT.GTID: return decodeMysqlGtid(event, checksum, false);
    case EVENT.ANONYMOUS_GTID: return decodeMysqlGtid(event, checksum, true);
    case EVENT.GTID_TAGGED: return decodeTaggedGtid(event, checksum);
    case EVENT.MARIADB_GTID: return decodeMariadbGtid(event, checksum);
    case EVENT.MARIADB_BINLOG_CHECKPOINT: return decodeBinlogCheckpoint(event, checksum);
    case EVENT.MARIADB_START_ENCRYPTION: return decodeStartEncryption(event, checksum);
    case EVENT.QUERY: case EVENT.MARIADB_QUERY_COMPRESSED: return decodeQuery(event, checksum);
    case EVENT.XID: return decodeXid(event, checksum);
    case EVENT.XA_PREPARE: return decodeXaPrepare(event, checksum);
    case EVENT.TABLE_MAP: return decodeTableMap(event, format);
    case EVENT.TRANSACTION_PAYLOAD: return decodeTransactionPayload(event, checksum);
    case EVENT.INCIDENT: return decodeIncident(event, checksum);
    default:
  }
  if (isRowsEvent(type)) return decodeRows(event, format);
  const cursor = new ByteCursor(event, HEADER_BYTES, bodyEnd(event, checksum));
  switch (type) {
    case EVENT.INTVAR: return { kind: 'intvar', variable: cursor.u8(), value: cursor.u64() };
    case EVENT.RAND: return { kind: 'rand', seed1: cursor.u64(), seed2: cursor.u64() };
    case EVENT.USER_VAR: {
      const name = cursor.text(cursor.u32());
      const isNull = cursor.u8() !== 0;
      return { kind: 'userVariable', name, isNull, value: cursor.rest() };
    }
    case EVENT.ROWS_QUERY: cursor.skip(1); return { kind: 'rowsQuery', sql: cursor.rest().toString('utf8') };
    case EVENT.MARIADB_ANNOTATE_ROWS: return { kind: 'rowsQuery', sql: cursor.rest().toString('utf8') };
    default: return { kind: 'other', type, body: cursor.rest() };
  }
}
