import { unzlib } from './mariadbCompression.ts';
import { ByteCursor } from './byteCursor.ts';
import { type ChecksumAlgorithm, bodyEnd, eventType, HEADER_BYTES } from './eventHeader.ts';
import { EVENT } from './eventTypes.ts';

/** QUERY (2) and MariaDB's QUERY_COMPRESSED (165). */
export interface QueryEvent {
  readonly kind: 'query';
  readonly threadId: number;
  /** Seconds the statement ran until it was logged. */
  readonly executionSeconds: number;
  readonly errorCode: number;
  readonly database: string;
  /** The session state the statement needs, still encoded. */
  readonly statusVariables: Buffer;
  /** Bytes in the statement's own character set. */
  readonly sql: Buffer;
}

/** Throws VTR1201. */
export function decodeQuery(event: Buffer, checksum: ChecksumAlgorithm): QueryEvent {
  const cursor = new ByteCursor(event, HEADER_BYTES, bodyEnd(event, checksum));
  const threadId = cursor.u32();
  const executionSeconds = cursor.u32();
  const databaseLength = cursor.u8();
  const errorCode = cursor.u16();
  const statusVariables = cursor.bytes(cursor.u16());
  const database = cursor.text(databaseLength);
  cursor.skip(1);
  const rest = cursor.rest();
  const sql = eventType(event) === EVENT.MARIADB_QUERY_COMPRESSED ? unzlib(rest) : rest;
  return { kind: 'query', threadId, executionSeconds, errorCode, database, statusVariables, sql };
}

/** What a statement of a QUERY event means to the transaction around it. */
export type QueryRole = 'begin' | 'commit' | 'rollback' | 'xaStart' | 'xaEnd' | 'xaCommit' | 'xaRollback' | 'statement';

/** Servers log these words in this form (and only these), upper case and without a trailing semicolon; clients' own spelling never reaches the binlog for them. */
export function queryRole(sql: Buffer): QueryRole {
  const first = sql[0];
  // B, C, R, X in either case
  if (first === undefined) return 'statement';
  const upper = first & 0xdf;
  if (upper !== 0x42 && upper !== 0x43 && upper !== 0x52 && upper !== 0x58) return 'statement';
  const text = sql.toString('latin1', 0, Math.min(sql.length, 12)).toUpperCase();
  if (sql.length <= 8) {
    if (text === 'BEGIN') return 'begin';
    if (text === 'COMMIT') return 'commit';
    if (text === 'ROLLBACK') return 'rollback';
  }
  if (text.startsWith('XA START') || text.startsWith('XA BEGIN')) return 'xaStart';
  if (text.startsWith('XA END')) return 'xaEnd';
  if (text.startsWith('XA COMMIT')) return 'xaCommit';
  if (text.startsWith('XA ROLLBACK')) return 'xaRollback';
  return 'statement';
}
