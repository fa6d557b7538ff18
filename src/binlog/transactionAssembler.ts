import { malformedBinlog, unsupportedBinlog } from './binlogError.ts';
import { eventFlags, eventTimestamp, eventType } from './eventHeader.ts';
import { EVENT, EVENT_FLAG, eventTypeName } from './eventTypes.ts';
import type { Flavour, FormatDescription } from './formatDescription.ts';
import { decodeMariadbGtid, decodeMysqlGtid, decodeTaggedGtid } from './gtidEvents.ts';
import { decodeXaPrepare } from './controlEvents.ts';
import type { Gtid } from './gtidState.ts';
import { decodeQuery, queryRole } from './queryEvent.ts';
import { isRowsEvent, ROWS_FLAG, rowsEventFlags } from './rowsEvents.ts';

/**
 * What a transaction of the binlog is. `xaPrepare` leaves its branch open, `xaCommit` and `xaRollback` (GTIDs of their own) close it; `statement` is a group of
 * one statement outside BEGIN (DDL, account management); `incident` says that the source's binlog lacks something.
 */
export type TransactionKind = 'dml' | 'statement' | 'xaPrepare' | 'xaCommit' | 'xaRollback' | 'incident';

/** One transaction (event group) of a binlog. Positions are those of the source's file, times microseconds since the epoch, UTC. */
export interface BinlogTransaction {
  /** Undefined only in a MySQL binlog written with gtid_mode OFF. */
  readonly gtid: Gtid | undefined;
  readonly kind: TransactionKind;
  /** Not committed before this. MySQL: the commit time of the server that wrote the binlog. MariaDB: the start of the statement, at the resolution of a second. */
  readonly earliestMicros: number;
  /** Committed by then. Equal to `earliestMicros` on MySQL; undefined on MariaDB, whose binlog alone does not tell. */
  readonly latestMicros: number | undefined;
  /** MySQL: when the server of origin committed. */
  readonly originalCommitMicros: number | undefined;
  readonly startPosition: number;
  readonly endPosition: number;
  /** Bytes of all events. */
  readonly bytes: number;
  readonly events: number;
}

/** What one event did: lies between transactions, opens one, continues it, completes it, or shows that the open one was never finished (the source crashed). */
export type AssemblyStep =
  | { readonly type: 'outside' } | { readonly type: 'begin' } | { readonly type: 'inside' } | { readonly type: 'discarded' }
  | { readonly type: 'end'; readonly transaction: BinlogTransaction };

type Phase =
  | 'outside'
  /** Behind a GTID event that is not BEGIN itself: one statement, or BEGIN. */
  | 'headed'
  /** Until XID, COMMIT, ROLLBACK or XA_PREPARE. */
  | 'open'
  /** MariaDB STANDALONE: until the first event that does not announce another one. */
  | 'standalone';

interface Open {
  gtid: Gtid | undefined;
  kind: TransactionKind;
  earliestMicros: number;
  latestMicros: number | undefined;
  originalCommitMicros: number | undefined;
  startPosition: number;
  bytes: number;
  events: number;
}

const outside: AssemblyStep = { type: 'outside' };
const begin: AssemblyStep = { type: 'begin' };
const inside: AssemblyStep = { type: 'inside' };
const discarded: AssemblyStep = { type: 'discarded' };

/**
 * Cuts a stream of raw events into transactions without holding them. Throws VTR1201 on an impossible order, VTR1203 on changes that have no GTID event before
 * them (servers older than MySQL 5.6 and MariaDB 10.0).
 */
export class TransactionAssembler {
  #format: FormatDescription | undefined;
  #phase: Phase = 'outside';
  #open: Open | undefined;

  /** The flavour of the last format description. */
  get flavour(): Flavour | undefined { return this.#format?.flavour; }
  get isOpen(): boolean { return this.#phase !== 'outside'; }

  /** Must be called with each format description before the events it describes. */
  setFormat(format: FormatDescription): void {
    this.#format = format;
  }

  /** `endPosition`: where the event ends in the source's file. */
  push(event: Buffer, endPosition: number): AssemblyStep {
    const format = this.#format;
    if (format === undefined) throw malformedBinlog(`a ${eventTypeName(eventType(event))} event before the first format description`);
    const type = eventType(event);
    switch (type) {
      case EVENT.FORMAT_DESCRIPTION: case EVENT.ROTATE: case EVENT.STOP: case EVENT.PREVIOUS_GTIDS: case EVENT.MARIADB_GTID_LIST:
        if (this.#phase === 'outside' || (eventFlags(event) & EVENT_FLAG.ARTIFICIAL) !== 0 || eventTimestamp(event) === 0) return outside;
        this.#phase = 'outside';
        this.#open = undefined;
        return discarded;
      case EVENT.HEARTBEAT: case EVENT.HEARTBEAT_V2: case EVENT.MARIADB_BINLOG_CHECKPOINT: case EVENT.MARIADB_START_ENCRYPTION:
        return outside;
      case EVENT.GTID: case EVENT.ANONYMOUS_GTID: case EVENT.GTID_TAGGED: case EVENT.MARIADB_GTID:
        this.#begin(event, type, format, endPosition);
        return begin;
      default:
    }
    const open = this.#open;
    if (open === undefined) {
      if ((eventFlags(event) & EVENT_FLAG.IGNORABLE) !== 0) return outside;
      throw unsupportedBinlog(`a ${eventTypeName(type)} event at ${endPosition - event.length} belongs to no GTID`, 'only servers that write GTID events can be archived (MySQL 5.7 and later, MariaDB 10.0 and later)');
    }
    open.bytes += event.length;
    open.events++;
    return this.#advance(event, type, open, format) ? this.#end(open, endPosition) : inside;
  }

  #begin(event: Buffer, type: number, format: FormatDescription, endPosition: number): void {
    if (this.#phase !== 'outside') throw malformedBinlog(`a GTID event at ${endPosition - event.length} within a transaction`);
    const common = { startPosition: endPosition - event.length, bytes: event.length, events: 1 };
    const stamp = eventTimestamp(event) * 1_000_000;
    if (type === EVENT.MARIADB_GTID) {
      const gtid = decodeMariadbGtid(event, format.checksum);
      this.#open = {
        ...common, gtid: { flavour: 'mariadb', ...gtid.gtid }, kind: gtid.standalone ? 'statement' : 'dml', earliestMicros: stamp, latestMicros: undefined,
        originalCommitMicros: undefined,
      };
      this.#phase = gtid.standalone ? 'standalone' : 'open';
      return;
    }
    const gtid = type === EVENT.GTID_TAGGED ? decodeTaggedGtid(event, format.checksum) : decodeMysqlGtid(event, format.checksum, type === EVENT.ANONYMOUS_GTID);
    this.#open = {
      ...common, gtid: gtid.gtid === undefined ? undefined : { flavour: 'mysql', ...gtid.gtid }, kind: 'dml',
      earliestMicros: gtid.immediateCommitMicros ?? stamp, latestMicros: gtid.immediateCommitMicros, originalCommitMicros: gtid.originalCommitMicros,
    };
    this.#phase = 'headed';
  }

  /** Whether `event` completes the open transaction. */
  #advance(event: Buffer, type: number, open: Open, format: FormatDescription): boolean {
    switch (type) {
      case EVENT.XID: case EVENT.TRANSACTION_PAYLOAD:
        return true;
      case EVENT.XA_PREPARE:
        open.kind = decodeXaPrepare(event, format.checksum).onePhase ? 'dml' : 'xaPrepare';
        return true;
      case EVENT.INCIDENT:
        open.kind = 'incident';
        return true;
      case EVENT.QUERY: case EVENT.MARIADB_QUERY_COMPRESSED:
        return this.#advanceQuery(event, type, open, format);
      default:
        return this.#phase === 'standalone' && !announcesMore(event, type, format);
    }
  }

  #advanceQuery(event: Buffer, type: number, open: Open, format: FormatDescription): boolean {
    // control words are never long enough to be compressed
    const role = type === EVENT.MARIADB_QUERY_COMPRESSED ? 'statement' : queryRole(decodeQuery(event, format.checksum).sql);
    switch (role) {
      case 'begin': case 'xaStart':
        if (this.#phase === 'headed') this.#phase = 'open';
        return false;
      case 'commit': case 'rollback':
        return true;
      case 'xaCommit': open.kind = 'xaCommit'; return true;
      case 'xaRollback': open.kind = 'xaRollback'; return true;
      case 'xaEnd': return false;
      default:
    }
    if (this.#phase === 'open') return false;
    open.kind = 'statement';
    return true;
  }

  #end(open: Open, endPosition: number): AssemblyStep {
    this.#phase = 'outside';
    this.#open = undefined;
    return { type: 'end', transaction: { ...open, endPosition } };
  }
}

/** Whether an event of a MariaDB standalone group only prepares the next one. */
function announcesMore(event: Buffer, type: number, format: FormatDescription): boolean {
  switch (type) {
    case EVENT.INTVAR: case EVENT.RAND: case EVENT.USER_VAR: case EVENT.TABLE_MAP: case EVENT.MARIADB_ANNOTATE_ROWS: case EVENT.BEGIN_LOAD_QUERY: case EVENT.APPEND_BLOCK:
      return true;
    default:
      return isRowsEvent(type) && (rowsEventFlags(event, format) & ROWS_FLAG.STATEMENT_END) === 0;
  }
}
