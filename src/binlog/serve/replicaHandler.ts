import { VtrewindError } from '../../base/errors.ts';
import { type Log, silentLog } from '../../base/log.ts';
import { COM } from '../../mysql/constants/commands.ts';
import { parseBinlogDump, parseBinlogDumpGtid, parseRegisterReplica } from '../../mysql/packets/replicationCommands.ts';
import type { MysqlServerConnection, ServerHandler } from '../../mysql/serverConnection.ts';
import { cannotServe } from '../archive/archiveError.ts';
import type { Cut } from '../archive/findCut.ts';
import { GtidSet } from '../gtidSet.ts';
import { MysqlGtidState, parseGtidState } from '../gtidState.ts';
import type { ReplayFrom, ReplaySource } from './replaySource.ts';
import { ReplicaSession, type ServerIdentity } from './replicaSession.ts';
import { checkFlavour, serveBinlogDump } from './serveBinlogDump.ts';

/** One dump under way. */
export interface ReplicaProgress {
  readonly connectionId: number;
  readonly user: string;
  readonly remote: string;
  readonly serverId: number;
  readonly events: number;
  readonly bytes: number;
  /** Everything there was (or everything before the cut) has been sent. */
  readonly caughtUp: boolean;
}

export interface ReplicaHandlerOptions extends ServerIdentity {
  readonly source: ReplaySource;
  /** Nothing past it is ever sent to anyone. */
  readonly until?: Cut | undefined;
  readonly log?: Log;
  /** Answers where to cut, to restore tablets that ask over the MySQL protocol (`vtrewind_find_cut`). */
  readonly findCut?: (question: string) => Promise<string>;
  /** Called while dumps go on, at every flush. */
  readonly onProgress?: (progress: ReplicaProgress) => void;
  /** Ends all dumps. */
  readonly signal?: AbortSignal;
}

/** BINLOG_DUMP_NON_BLOCK. */
const nonBlock = 1;

interface Registered { readonly serverId: number; readonly host: string; readonly port: number }

/** What a `MysqlServer` needs to be a replication source: used by the archiver's public listener and by the restore tablet's own. */
export class ReplicaHandler implements ServerHandler {
  readonly #options: ReplicaHandlerOptions;
  readonly #log: Log;
  readonly #sessions = new Map<MysqlServerConnection, ReplicaSession>();
  readonly #replicas = new Map<MysqlServerConnection, Registered>();
  readonly #dumps = new Map<MysqlServerConnection, ReplicaProgress>();

  constructor(options: ReplicaHandlerOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
  }

  /** The dumps under way. */
  get dumps(): readonly ReplicaProgress[] { return [...this.#dumps.values()]; }

  async onCommand(connection: MysqlServerConnection, payload: Buffer): Promise<void> {
    switch (payload[0]) {
      case COM.QUERY: await connection.sendResult(await this.#session(connection).query(payload.toString('utf8', 1))); return;
      case COM.PING: case COM.INIT_DB: case COM.SET_OPTION: case COM.RESET_CONNECTION: connection.sendOk(); return;
      case COM.REGISTER_SLAVE: await this.#register(connection, payload); return;
      case COM.BINLOG_DUMP: case COM.BINLOG_DUMP_GTID: await this.#dump(connection, payload); return;
      default: throw new VtrewindError({ code: 'VTR0803', mysql: 1047, sqlState: '08S01', grpc: 'UNIMPLEMENTED', message: 'Unknown command for a binlog server' });
    }
  }

  onClose(connection: MysqlServerConnection): void {
    this.#sessions.delete(connection);
    this.#replicas.delete(connection);
    this.#dumps.delete(connection);
  }

  #session(connection: MysqlServerConnection): ReplicaSession {
    let session = this.#sessions.get(connection);
    if (session === undefined) {
      session = new ReplicaSession({
        serverId: this.#options.serverId, serverUuid: this.#options.serverUuid, describe: () => this.#options.source.describe(),
        files: () => this.#options.source.files(connection.signal), findCut: this.#options.findCut, replicas: () => [...this.#replicas.values()],
      });
      this.#sessions.set(connection, session);
    }
    return session;
  }

  async #register(connection: MysqlServerConnection, payload: Buffer): Promise<void> {
    const replica = parseRegisterReplica(payload);
    await this.#checkReplica(connection, replica.serverId);
    this.#replicas.set(connection, { serverId: replica.serverId, host: replica.host, port: replica.port });
    connection.sendOk();
  }

  /** Only the same flavour, of the same or a newer series, may attach. */
  async #checkReplica(connection: MysqlServerConnection, serverId: number): Promise<void> {
    const session = this.#session(connection);
    const { flavour, serverVersion } = await this.#options.source.describe();
    if (serverId === this.#options.serverId) throw cannotServe(`a replica with server id ${serverId}, which is this server's own`);
    const isMariadb = session.variable('mariadb_slave_capability') !== undefined;
    const isMysql = session.variable('replica_uuid', 'slave_uuid') !== undefined;
    if (flavour === 'mysql' ? isMariadb : isMysql && !isMariadb) throw cannotServe(`a ${flavour === 'mysql' ? 'MariaDB' : 'MySQL'} replica cannot follow ${flavour === 'mysql' ? 'MySQL' : 'MariaDB'} binlogs`);
    if (isMariadb && Number(session.variable('mariadb_slave_capability')) < 4) throw cannotServe('a MariaDB replica older than 10.0 cannot follow GTIDs');
    const replicaVersion = connection.attributes.get('program_name') === 'mysqld' ? connection.attributes.get('_client_version') : undefined;
    if (flavour === 'mysql' && replicaVersion !== undefined && series(replicaVersion) < series(serverVersion)) {
      throw cannotServe(`a replica of MySQL ${replicaVersion} cannot follow binlogs of the newer ${serverVersion}`, 'replicas must be of the same or a newer series');
    }
  }

  async #dump(connection: MysqlServerConnection, payload: Buffer): Promise<void> {
    const session = this.#session(connection);
    const dump = payload[0] === COM.BINLOG_DUMP_GTID ? parseBinlogDumpGtid(payload) : parseBinlogDump(payload);
    // mysqlbinlog calls itself server 0 (or 1) and registers nowhere
    await this.#checkReplica(connection, dump.serverId);
    if (session.variable('slave_until_gtid') !== undefined) throw cannotServe('START SLAVE UNTIL master_gtid_pos is not served', 'stop the replica when it has reached the position');
    const { flavour } = await this.#options.source.describe();
    const connectState = session.variable('slave_connect_state');
    let from: ReplayFrom;
    if (dump.kind === 'gtid') from = { type: 'state', state: new MysqlGtidState(GtidSet.decode(dump.gtidSet)) };
    else if (connectState !== undefined) from = { type: 'state', state: parseGtidState('mariadb', connectState) };
    else from = { type: 'file', file: dump.file, position: dump.position };
    checkFlavour(from, flavour);
    const signal = this.#options.signal === undefined ? connection.signal : AbortSignal.any([connection.signal, this.#options.signal]);
    const base = { connectionId: connection.id, user: connection.user, remote: connection.remoteAddress, serverId: dump.serverId };
    this.#log.info({ event: 'dump_started', ...base, from: from.type === 'state' ? from.state.toString() : `${from.file}:${from.position}` }, 'dump started');
    this.#dumps.set(connection, { ...base, events: 0, bytes: 0, caughtUp: false });
    try {
      await serveBinlogDump(connection, this.#options.source, {
        from, until: this.#options.until, checksum: session.checksum, heartbeatMs: session.heartbeatMs, nonBlocking: (dump.flags & nonBlock) !== 0,
        serverId: this.#options.serverId, signal,
        onProgress: (sent) => {
          const progress = { ...base, ...sent };
          this.#dumps.set(connection, progress);
          this.#options.onProgress?.(progress);
        },
      });
      if ((dump.flags & nonBlock) === 0) connection.destroy();
    } catch (error) {
      const failure = VtrewindError.from(error, 'VTR1214');
      this.#log.warn({ event: 'dump_failed', ...base, error: failure.message }, 'dump failed');
      // replicas know 1236 as "the source cannot give what I ask for" and stop with its text
      throw failure.mysql === 1236 ? failure : new VtrewindError({ code: failure.code, mysql: 1236, message: failure.message, hint: failure.hint ?? 'see the log of the archive', cause: error });
    } finally {
      this.#dumps.delete(connection);
    }
  }
}

/** `9.7.4-2` → 9007. */
function series(version: string): number {
  const [major, minor] = version.split('.').map((part) => Number.parseInt(part, 10)) as [number, number | undefined];
  return major * 1000 + (minor ?? 0);
}
