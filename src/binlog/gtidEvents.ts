import { malformedBinlog } from './binlogError.ts';
import { ByteCursor } from './byteCursor.ts';
import { type ChecksumAlgorithm, bodyEnd, eventServerId, HEADER_BYTES } from './eventHeader.ts';
import { formatUuid, GtidSet } from './gtidSet.ts';
import { type MariadbGtid, MariadbGtidPosition } from './mariadbGtid.ts';

/** What a MySQL GTID, anonymous GTID or tagged GTID event says. Times in microseconds since the epoch, UTC. */
export interface MysqlGtidEvent {
  readonly kind: 'mysqlGtid';
  /** Undefined in an anonymous event (gtid_mode OFF). */
  readonly gtid: { readonly tsid: string; readonly gno: bigint } | undefined;
  /** FLAG_MAY_HAVE_SBR: the transaction may hold statements and not only rows. */
  readonly mayHaveStatements: boolean;
  /** Logical clock of the group commit: a replica may run a transaction once `lastCommitted` has. */
  readonly lastCommitted: bigint;
  readonly sequenceNumber: bigint;
  /** When the server that wrote this binlog committed; undefined before 8.0.1. */
  readonly immediateCommitMicros: number | undefined;
  /** When the server of origin committed. */
  readonly originalCommitMicros: number | undefined;
  /** Bytes of the whole transaction, this event included, as stored in the source's file. */
  readonly transactionLength: bigint | undefined;
  readonly immediateServerVersion: number | undefined;
  readonly originalServerVersion: number | undefined;
  readonly commitGroupTicket: bigint | undefined;
}

const commitTimeHasOriginal = 1n << 55n;
const versionHasOriginal = 0x8000_0000;

/** Decodes GTID_LOG_EVENT (33) and ANONYMOUS_GTID_LOG_EVENT (34). Throws VTR1201. */
export function decodeMysqlGtid(event: Buffer, checksum: ChecksumAlgorithm, anonymous: boolean): MysqlGtidEvent {
  const cursor = new ByteCursor(event, HEADER_BYTES, bodyEnd(event, checksum));
  const flags = cursor.u8();
  const uuid = formatUuid(cursor.bytes(16));
  const gno = cursor.i64();
  let lastCommitted = 0n;
  let sequenceNumber = 0n;
  if (cursor.remaining > 0) {
    const typeCode = cursor.u8();
    if (typeCode !== 2) throw malformedBinlog(`logical timestamp type ${typeCode} in a GTID event`);
    lastCommitted = cursor.i64();
    sequenceNumber = cursor.i64();
  }
  let immediate: bigint | undefined;
  let original: bigint | undefined;
  let transactionLength: bigint | undefined;
  let immediateVersion: number | undefined;
  let originalVersion: number | undefined;
  let ticket: bigint | undefined;
  if (cursor.remaining >= 7) {
    immediate = cursor.u56();
    if ((immediate & commitTimeHasOriginal) !== 0n) {
      immediate &= ~commitTimeHasOriginal;
      original = cursor.u56();
    } else {
      original = immediate;
    }
    if (cursor.remaining > 0) transactionLength = cursor.lenenc();
    if (cursor.remaining >= 4) {
      const version = cursor.u32();
      immediateVersion = version % versionHasOriginal;
      originalVersion = version >= versionHasOriginal ? cursor.u32() : immediateVersion;
    }
    if (cursor.remaining >= 8) ticket = cursor.u64();
  }
  if (!anonymous && gno < 1n) throw malformedBinlog(`transaction number ${gno} in a GTID event`);
  return {
    kind: 'mysqlGtid', gtid: anonymous ? undefined : { tsid: uuid, gno }, mayHaveStatements: (flags & 1) !== 0, lastCommitted, sequenceNumber,
    immediateCommitMicros: micros(immediate), originalCommitMicros: micros(original), transactionLength,
    immediateServerVersion: immediateVersion, originalServerVersion: originalVersion, commitGroupTicket: ticket,
  };
}

/**
 * Decodes GTID_TAGGED_LOG_EVENT (42; MySQL 8.3 and later write it for transactions with a tag). Its body is a message of MySQL's serialization library: version, size,
 * last field that must not be ignored, then numbered fields, absent ones left out. Throws VTR1201, also for a field that must be known and is not.
 */
export function decodeTaggedGtid(event: Buffer, checksum: ChecksumAlgorithm): MysqlGtidEvent {
  const start = HEADER_BYTES;
  const cursor = new ByteCursor(event, start, bodyEnd(event, checksum));
  const version = cursor.varUint();
  if (version !== 1n) throw malformedBinlog(`serialization version ${version} of a tagged GTID event`);
  const size = Number(cursor.varUint());
  if (size > cursor.end - start) throw malformedBinlog('a tagged GTID event is cut short');
  const mustKnow = cursor.varUint();
  const lastKnownField = 11n;
  if (mustKnow > lastKnownField + 1n) throw malformedBinlog(`a tagged GTID event of a newer server has field ${mustKnow - 1n}, which must be known`);
  const fields = new ByteCursor(event, cursor.position, start + size);
  let flags = 0n;
  let uuid: string | undefined;
  let gno: bigint | undefined;
  let tag = '';
  let lastCommitted = 0n;
  let sequenceNumber = 0n;
  let immediate: bigint | undefined;
  let original: bigint | undefined;
  let transactionLength: bigint | undefined;
  let immediateVersion: bigint | undefined;
  let originalVersion: bigint | undefined;
  let ticket: bigint | undefined;
  while (fields.remaining > 0) {
    const id = fields.varUint();
    if (id > lastKnownField) break; // ignorable, or refused above
    switch (Number(id)) {
      case 0: flags = fields.varUint(); break;
      case 1: uuid = formatUuid(Buffer.from(Array.from({ length: 16 }, () => Number(fields.varUint())))); break;
      case 2: gno = fields.varInt(); break;
      case 3: tag = fields.text(Number(fields.varUint()), 'latin1'); break;
      case 4: lastCommitted = fields.varInt(); break;
      case 5: sequenceNumber = fields.varInt(); break;
      case 6: immediate = fields.varUint(); break;
      case 7: original = fields.varUint(); break;
      case 8: transactionLength = fields.varUint(); break;
      case 9: immediateVersion = fields.varUint(); break;
      case 10: originalVersion = fields.varUint(); break;
      default: ticket = fields.varUint(); break;
    }
  }
  if (uuid === undefined || gno === undefined || gno < 1n) throw malformedBinlog('a tagged GTID event without a GTID');
  const immediateServerVersion = immediateVersion === undefined ? undefined : Number(immediateVersion);
  return {
    kind: 'mysqlGtid', gtid: { tsid: tag === '' ? uuid : `${uuid}:${tag}`, gno }, mayHaveStatements: (flags & 1n) !== 0n, lastCommitted, sequenceNumber,
    immediateCommitMicros: micros(immediate), originalCommitMicros: micros(original ?? immediate), transactionLength, immediateServerVersion,
    originalServerVersion: originalVersion === undefined ? immediateServerVersion : Number(originalVersion), commitGroupTicket: ticket,
  };
}

function micros(value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

export const MARIADB_GTID_FLAG = { STANDALONE: 1, GROUP_COMMIT_ID: 2, TRANSACTIONAL: 4, ALLOW_PARALLEL: 8, WAITED: 16, DDL: 32, PREPARED_XA: 64, COMPLETED_XA: 128 } as const;
const extraFlag = { MULTI_ENGINE: 1, START_ALTER: 2, COMMIT_ALTER: 4, ROLLBACK_ALTER: 8, THREAD_ID: 16 } as const;

/** An XA transaction's name, as both flavours store it. */
export interface Xid {
  readonly formatId: number;
  readonly gtrid: Buffer;
  readonly bqual: Buffer;
}

/** What a MariaDB GTID event (162) says. It takes BEGIN's place. */
export interface MariadbGtidEvent {
  readonly kind: 'mariadbGtid';
  readonly gtid: MariadbGtid;
  /** `MARIADB_GTID_FLAG` bits. */
  readonly flags: number;
  /** The group ends with its one statement; no COMMIT follows. */
  readonly standalone: boolean;
  readonly ddl: boolean;
  /** Transactions with the same one were committed together. */
  readonly groupCommitId: bigint | undefined;
  readonly xid: Xid | undefined;
  /** The GTID sequence of the START ALTER that this belongs to (MariaDB 10.8 and later, binlog_alter_two_phase). */
  readonly alterSequence: bigint | undefined;
}

/** Throws VTR1201. */
export function decodeMariadbGtid(event: Buffer, checksum: ChecksumAlgorithm): MariadbGtidEvent {
  const cursor = new ByteCursor(event, HEADER_BYTES, bodyEnd(event, checksum));
  const sequence = cursor.u64();
  const domain = cursor.u32();
  const flags = cursor.u8();
  let groupCommitId: bigint | undefined;
  if (flags & MARIADB_GTID_FLAG.GROUP_COMMIT_ID) groupCommitId = cursor.u64();
  let xid: Xid | undefined;
  if (flags & (MARIADB_GTID_FLAG.PREPARED_XA | MARIADB_GTID_FLAG.COMPLETED_XA)) {
    const formatId = cursor.u32() | 0;
    const gtridLength = cursor.u8();
    const bqualLength = cursor.u8();
    xid = { formatId, gtrid: cursor.bytes(gtridLength), bqual: cursor.bytes(bqualLength) };
  }
  let alterSequence: bigint | undefined;
  if (cursor.remaining > 0) {
    const extra = cursor.u8();
    if (extra & extraFlag.MULTI_ENGINE && cursor.remaining > 0) cursor.u8();
    if (extra & (extraFlag.COMMIT_ALTER | extraFlag.ROLLBACK_ALTER) && cursor.remaining >= 8) alterSequence = cursor.u64();
  }
  return {
    kind: 'mariadbGtid', gtid: { domain, server: eventServerId(event), sequence }, flags, standalone: (flags & MARIADB_GTID_FLAG.STANDALONE) !== 0,
    ddl: (flags & MARIADB_GTID_FLAG.DDL) !== 0, groupCommitId, xid, alterSequence,
  };
}

/** PREVIOUS_GTIDS_LOG_EVENT (35): all that earlier files of the same server hold (or held before they were purged). */
export interface PreviousGtidsEvent { readonly kind: 'previousGtids'; readonly set: GtidSet }
export function decodePreviousGtids(event: Buffer, checksum: ChecksumAlgorithm): PreviousGtidsEvent {
  return { kind: 'previousGtids', set: GtidSet.decode(event.subarray(HEADER_BYTES, bodyEnd(event, checksum))) };
}

/** GTID_LIST_EVENT (163): the last GTID of each (domain, server) before this file; the last one listed of a domain is its most recent. */
export interface GtidListEvent {
  readonly kind: 'gtidList';
  readonly flags: number;
  readonly gtids: readonly MariadbGtid[];
  readonly position: MariadbGtidPosition;
}
export function decodeGtidList(event: Buffer, checksum: ChecksumAlgorithm): GtidListEvent {
  const cursor = new ByteCursor(event, HEADER_BYTES, bodyEnd(event, checksum));
  const word = cursor.u32();
  const count = word & 0x0fff_ffff;
  if (count * 16 > cursor.remaining) throw malformedBinlog(`a GTID list of ${count} in ${cursor.remaining} bytes`);
  const gtids: MariadbGtid[] = [];
  let position = MariadbGtidPosition.empty;
  for (let i = 0; i < count; i++) {
    const domain = cursor.u32();
    const server = cursor.u32();
    const gtid = { domain, server, sequence: cursor.u64() };
    gtids.push(gtid);
    position = position.with(gtid);
  }
  return { kind: 'gtidList', flags: word >>> 28, gtids, position };
}

/** The body of a GTID list event. `flags`: the top four bits (1: the until position is reached, 2: ignore). */
export function encodeGtidList(gtids: readonly MariadbGtid[], flags = 0): Buffer {
  const body = Buffer.alloc(Math.max(4 + 16 * gtids.length, 6)); // servers read at least six bytes (their declared post-header is four)
  body.writeUInt32LE((gtids.length | (flags << 28)) >>> 0, 0);
  gtids.forEach((gtid, i) => {
    body.writeUInt32LE(gtid.domain, 4 + 16 * i);
    body.writeUInt32LE(gtid.server, 8 + 16 * i);
    body.writeBigUInt64LE(gtid.sequence, 12 + 16 * i);
  });
  return body;
}
