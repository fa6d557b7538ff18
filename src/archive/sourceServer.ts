import { nowMicros } from '../base/time.ts';
import type { SegmentHeader } from '../binlog/archive/archiveRecords.ts';
import { eventDigest } from '../binlog/archive/segmentBuilder.ts';
import { eventTimestamp, eventType } from '../binlog/eventHeader.ts';
import { EVENT } from '../binlog/eventTypes.ts';
import type { Flavour } from '../binlog/formatDescription.ts';
import { type GtidState, mysqlSet, parseGtidState } from '../binlog/gtidState.ts';
import { MysqlClientConnection } from '../mysql/clientConnection.ts';
import type { MysqlConnectOptions } from '../mysql/connectOptions.ts';
import { VtrewindError } from '../base/errors.ts';
import { sourceUnsuitable } from './archiveRoleError.ts';
import type { ClockProbe } from './commitClock.ts';

/** Ids under which the archiver shows up at the source. */
export interface ReplicaIdentity {
  /** Unlike that of every server of the shard. */
  readonly serverId: number;
  /** MySQL ends an older dump of the same UUID. */
  readonly uuid: string;
}

/** BINLOG_DUMP_NON_BLOCK. */
const nonBlock = 1;
/** Session wait on locks and answers while asking the source about itself. */
const connectTimeoutMs = 10_000;

/** A source's answers about itself, over a connection of its own. */
export class SourceServer {
  readonly connect: MysqlConnectOptions;
  readonly flavour: Flavour;
  readonly version: string;
  /** server_uuid (MySQL), server_id (MariaDB). */
  readonly id: string;
  readonly #connection: MysqlClientConnection;
  readonly #identity: ReplicaIdentity;
  readonly #statusStatement: string;

  private constructor(connection: MysqlClientConnection, connect: MysqlConnectOptions, identity: ReplicaIdentity, facts: { readonly version: string; readonly id: string; readonly statusStatement: string }) {
    this.#connection = connection;
    this.connect = connect;
    this.#identity = identity;
    this.flavour = connection.flavour;
    this.version = facts.version;
    this.id = facts.id;
    this.#statusStatement = facts.statusStatement;
  }

  /** Connects and checks what an archive needs: binary log, GTIDs. Throws VTR0321, or what connecting throws. */
  static async open(connect: MysqlConnectOptions, identity: ReplicaIdentity, signal: AbortSignal): Promise<SourceServer> {
    const connection = await MysqlClientConnection.connect({ connectTimeoutMs, ...connect }, signal);
    try {
      await connection.query("SET time_zone = '+00:00'", { signal });
      const [version, logBin] = await row(connection, 'SELECT VERSION(), @@GLOBAL.log_bin', signal);
      if (logBin !== '1') throw sourceUnsuitable('the source writes no binary log', 'start it with log-bin');
      if (connection.flavour === 'mysql') {
        const [uuid, gtidMode] = await row(connection, 'SELECT @@GLOBAL.server_uuid, @@GLOBAL.gtid_mode', signal);
        if (gtidMode !== 'ON') throw sourceUnsuitable(`gtid_mode is ${gtidMode} on the source`, 'the archive needs gtid_mode=ON and enforce_gtid_consistency=ON');
        const [major, minor] = (version ?? '').split('.').map(Number) as [number, number];
        const statusStatement = major > 8 || (major === 8 && minor >= 2) ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS';
        return new SourceServer(connection, connect, identity, { version: version ?? '', id: uuid ?? '', statusStatement });
      }
      const [id] = await row(connection, 'SELECT @@GLOBAL.server_id', signal);
      return new SourceServer(connection, connect, identity, { version: version ?? '', id: id ?? '', statusStatement: 'SHOW MASTER STATUS' });
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  close(): void { this.#connection.destroy(); }
  get address(): string { return this.connect.socketPath ?? `${this.connect.host ?? '127.0.0.1'}:${this.connect.port ?? 3306}`; }

  /** All it has executed (MySQL), or has in its binlog (MariaDB). */
  async executed(signal: AbortSignal): Promise<GtidState> {
    const [text] = await row(this.#connection, this.flavour === 'mysql' ? 'SELECT @@GLOBAL.gtid_executed' : 'SELECT @@GLOBAL.gtid_binlog_pos', signal);
    return parseGtidState(this.flavour, (text ?? '').replaceAll('\n', ''));
  }

  /** What lies before its oldest binlog, and when that file was begun. */
  async oldest(signal: AbortSignal): Promise<{ readonly state: GtidState; readonly sinceMicros: number }> {
    const logs = await this.#connection.query('SHOW BINARY LOGS', { signal });
    const file = logs.rows[0]?.[0]?.toString() ?? '';
    if (file === '') throw sourceUnsuitable('the source lists no binary log', 'start it with log-bin');
    let state: GtidState;
    if (this.flavour === 'mysql') {
      const [purged] = await row(this.#connection, 'SELECT @@GLOBAL.gtid_purged', signal);
      state = parseGtidState('mysql', (purged ?? '').replaceAll('\n', ''));
    } else {
      const [position] = await row(this.#connection, `SELECT BINLOG_GTID_POS('${file}', 4)`, signal);
      state = parseGtidState('mariadb', position ?? '');
    }
    const head = await this.#peek(file, 4, (event) => eventType(event) === EVENT.FORMAT_DESCRIPTION, signal);
    // whole seconds: the file was begun before the end of that second
    return { state, sinceMicros: head === undefined ? nowMicros() : (eventTimestamp(head) + 1) * 1_000_000 };
  }

  /** Whether the source still has the event that was archived last where it was. */
  async hasEvent(last: { readonly file: string; readonly lastEvent: SegmentHeader['lastEvent'] }, signal: AbortSignal): Promise<'same' | 'different' | 'purged'> {
    const logs = await this.#connection.query('SHOW BINARY LOGS', { signal });
    if (!logs.rows.some((log) => log[0]?.toString() === last.file)) {
      // older files are purged from the front; a name that was never reached again was lost
      const first = logs.rows[0]?.[0]?.toString() ?? '';
      return fileNumber(last.file) < fileNumber(first) ? 'purged' : 'different';
    }
    let event: Buffer | undefined;
    try {
      event = await this.#peek(last.file, last.lastEvent.position, (candidate) => candidate.readUInt32LE(13) !== 0 && eventType(candidate) !== EVENT.FORMAT_DESCRIPTION, signal);
    } catch (error) {
      // "log event entry exceeded", "bogus data", "position > file size": there is no event there
      if (error instanceof VtrewindError && error.mysql === 1236) return 'different';
      throw error;
    }
    return event !== undefined && event.length === last.lastEvent.bytes && eventDigest(event) === last.lastEvent.crc32 ? 'same' : 'different';
  }

  /** The first event from a position that satisfies `wanted`; undefined at the end of the binlog. */
  async #peek(file: string, position: number, wanted: (event: Buffer) => boolean, signal: AbortSignal): Promise<Buffer | undefined> {
    const connection = await this.#replicaConnection(undefined, signal);
    try {
      for await (const payload of connection.dumpBinlog({ kind: 'file', serverId: this.#identity.serverId, file, position, flags: nonBlock }, { signal })) {
        const event = withoutSemiSync(payload);
        if (wanted(event)) return Buffer.from(event);
      }
      return undefined;
    } finally {
      connection.destroy();
    }
  }

  /** Whether a MariaDB source can go on from this state; else its words. */
  async canStartFrom(state: GtidState, signal: AbortSignal): Promise<{ readonly ok: true } | { readonly ok: false; readonly message: string }> {
    const connection = await this.#replicaConnection(state, signal);
    try {
      for await (const payload of connection.dumpBinlog({ kind: 'file', serverId: this.#identity.serverId, file: '', position: 4, flags: nonBlock }, { signal })) {
        // the source checks before the first real event; artificial ones come first
        if (withoutSemiSync(payload).readUInt32LE(13) !== 0) break;
      }
      return { ok: true };
    } catch (error) {
      if (error instanceof VtrewindError && error.mysql === 1236) return { ok: false, message: error.message };
      throw error;
    } finally {
      connection.destroy();
    }
  }

  /** Events behind `state`, for as long as the source lives; heartbeats every `heartbeatMs` while there are none. */
  async *dump(state: GtidState, heartbeatMs: number, signal: AbortSignal): AsyncGenerator<Buffer, void, void> {
    const connection = await this.#replicaConnection(state, signal, heartbeatMs);
    try {
      const { serverId } = this.#identity;
      await connection.registerReplica({ serverId, host: 'vtrewind-archiver' });
      const events = state.flavour === 'mysql'
        ? connection.dumpBinlog({ kind: 'gtid', serverId, gtidSet: encodeSet(state), flags: 0 }, { signal })
        : connection.dumpBinlog({ kind: 'file', serverId, file: '', position: 4, flags: 0 }, { signal });
      for await (const payload of events) yield withoutSemiSync(payload);
    } finally {
      connection.destroy();
    }
  }

  async #replicaConnection(state: GtidState | undefined, signal: AbortSignal, heartbeatMs?: number): Promise<MysqlClientConnection> {
    const connection = await MysqlClientConnection.connect({ connectTimeoutMs, ...this.connect }, signal);
    try {
      await connection.query("SET @source_binlog_checksum = 'CRC32', @master_binlog_checksum = 'CRC32'", { signal });
      if (heartbeatMs !== undefined) {
        const nanos = Math.round(heartbeatMs * 1e6);
        await connection.query(`SET @source_heartbeat_period = ${nanos}, @master_heartbeat_period = ${nanos}`, { signal });
      }
      if (this.flavour === 'mysql') {
        await connection.query(`SET @replica_uuid = '${this.#identity.uuid}', @slave_uuid = '${this.#identity.uuid}'`, { signal });
      } else {
        await connection.query('SET @mariadb_slave_capability = 4', { signal });
        if (state !== undefined) await connection.query(`SET @slave_connect_state = '${state.toString()}', @slave_gtid_strict_mode = 1, @slave_gtid_ignore_duplicates = 0`, { signal });
      }
      return connection;
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  /** Asks the source for its clock and then for the end of its binlog. */
  async probe(signal: AbortSignal): Promise<ClockProbe> {
    const askedMicros = nowMicros();
    const [seconds] = await row(this.#connection, 'SELECT UNIX_TIMESTAMP(SYSDATE(6))', signal);
    const answeredMicros = nowMicros();
    const [file, position] = await row(this.#connection, this.#statusStatement, signal);
    const [whole, fraction] = (seconds ?? '').split('.');
    return {
      askedMicros, answeredMicros, serverMicros: Number(whole) * 1_000_000 + Number((fraction ?? '').padEnd(6, '0').slice(0, 6)),
      position: { file: file ?? '', position: Number(position) },
    };
  }
}

async function row(connection: MysqlClientConnection, sql: string, signal: AbortSignal): Promise<readonly (string | undefined)[]> {
  const { rows } = await connection.query(sql, { signal });
  return (rows[0] ?? []).map((value) => value?.toString());
}

/** With semi-sync on for the session, events have two bytes before them. */
function withoutSemiSync(payload: Buffer): Buffer {
  // 0xef as the first byte of a timestamp is possible: the length field decides
  return payload[0] === 0xef && payload.length > 21 && payload.readUInt32LE(11) === payload.length - 2 ? payload.subarray(2) : payload;
}

function encodeSet(state: GtidState): Buffer {
  return mysqlSet(state).encode();
}
function fileNumber(file: string): number {
  return Number(/\.(\d+)$/.exec(file)?.[1] ?? 0);
}
