import { nowMicros } from '../base/time.ts';
import type { SegmentHeader } from '../binlog/archive/archiveRecords.ts';
import { eventDigest } from '../binlog/archive/segmentBuilder.ts';
import { eventNextPosition, eventTimestamp, eventType } from '../binlog/eventHeader.ts';
import { EVENT } from '../binlog/eventTypes.ts';
import type { Flavour } from '../binlog/formatDescription.ts';
import { type GtidState, parseGtidState } from '../binlog/gtidState.ts';
import { dumpBehind, nonBlock, openReplicaConnection, type ReplicaIdentity, withoutSemiSync } from '../binlog/serve/replicaConnection.ts';
import { MysqlClientConnection } from '../mysql/clientConnection.ts';
import type { MysqlConnectOptions } from '../mysql/connectOptions.ts';
import { VtrewindError } from '../base/errors.ts';
import { sourceUnsuitable } from './archiveRoleError.ts';
import type { ClockProbe } from './commitClock.ts';

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

  /** Connects and checks what an archive needs: binary log, GTIDs. Throws VTR1221, or what connecting throws. */
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
      event = await this.#peek(last.file, last.lastEvent.position, (candidate) => eventNextPosition(candidate) !== 0 && eventType(candidate) !== EVENT.FORMAT_DESCRIPTION, signal);
    } catch (error) {
      // "log event entry exceeded", "bogus data", "position > file size": there is no event there
      if (error instanceof VtrewindError && error.mysql === 1236) return 'different';
      throw error;
    }
    return event !== undefined && event.length === last.lastEvent.bytes && eventDigest(event) === last.lastEvent.crc32 ? 'same' : 'different';
  }

  /** The first event from a position that satisfies `wanted`; undefined at the end of the binlog. */
  async #peek(file: string, position: number, wanted: (event: Buffer) => boolean, signal: AbortSignal): Promise<Buffer | undefined> {
    const connection = await openReplicaConnection(this.connect, this.#identity, { signal });
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
    const connection = await openReplicaConnection(this.connect, this.#identity, { state, signal });
    try {
      for await (const event of dumpBehind(connection, this.#identity, state, nonBlock, signal)) {
        // the source checks before the first real event; artificial ones come first
        if (eventNextPosition(event) !== 0) break;
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
    const connection = await openReplicaConnection(this.connect, this.#identity, { state, heartbeatMs, signal });
    try {
      await connection.registerReplica({ serverId: this.#identity.serverId, host: 'vtrewind-archiver' });
      yield* dumpBehind(connection, this.#identity, state, 0, signal);
    } finally {
      connection.destroy();
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

function fileNumber(file: string): number {
  return Number(/\.(\d+)$/.exec(file)?.[1] ?? 0);
}
