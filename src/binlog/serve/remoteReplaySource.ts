import { MysqlClientConnection } from '../../mysql/clientConnection.ts';
import type { MysqlConnectOptions } from '../../mysql/connectOptions.ts';
import { cannotServe } from '../archive/archiveError.ts';
import { EventStream } from '../eventStream.ts';
import { parseGtidState } from '../gtidState.ts';
import { decodeMariadbGtid, decodeMysqlGtid, decodeTaggedGtid } from '../gtidEvents.ts';
import { EVENT } from '../eventTypes.ts';
import { eventType } from '../eventHeader.ts';
import type { FormatDescription } from '../formatDescription.ts';
import type { Gtid } from '../gtidState.ts';
import { dumpBehind, openReplicaConnection, type ReplicaIdentity } from './replicaConnection.ts';
import type { ReplayFile, ReplayItem, ReplayRequest, ReplaySource, ReplaySourceDescription } from './replaySource.ts';

export interface RemoteReplayOptions {
  readonly connect: MysqlConnectOptions;
  /** Unlike that of every other replica of the remote server. */
  readonly identity: ReplicaIdentity;
  /** Heartbeats asked of the remote server; default 500 ms. */
  readonly heartbeatMs?: number;
}

/** Passes on what another binlog server has (`--binlog-host`): an archiver's listener, or any mysqld with GTIDs. Up to a cut it decides transaction by transaction. */
export class RemoteReplaySource implements ReplaySource {
  readonly #options: RemoteReplayOptions;

  constructor(options: RemoteReplayOptions) {
    this.#options = options;
  }

  async describe(): Promise<ReplaySourceDescription> {
    return await this.#ask(async (connection) => {
      const mysql = connection.flavour === 'mysql';
      const [version, executed] = await firstRow(connection, mysql ? 'SELECT VERSION(), @@GLOBAL.gtid_executed' : 'SELECT VERSION(), @@GLOBAL.gtid_binlog_pos');
      const logs = await connection.query('SHOW BINARY LOGS');
      const first = logs.rows[0]?.[0]?.toString() ?? '';
      const purged = mysql ? (await firstRow(connection, 'SELECT @@GLOBAL.gtid_purged'))[0] : first === '' ? '' : (await firstRow(connection, `SELECT BINLOG_GTID_POS('${first.replaceAll("'", "''")}', 4)`))[0];
      const flavour = connection.flavour;
      return {
        flavour, serverVersion: version ?? '', state: parseGtidState(flavour, (executed ?? '').replaceAll('\n', '')), startState: parseGtidState(flavour, (purged ?? '').replaceAll('\n', '')),
      };
    });
  }

  async files(): Promise<readonly ReplayFile[]> {
    return await this.#ask(async (connection) => {
      const logs = await connection.query('SHOW BINARY LOGS');
      return logs.rows.map((log) => ({ file: log[0]?.toString() ?? '', endPosition: Number(log[1]?.toString() ?? 0) }));
    });
  }

  async #ask<T>(ask: (connection: MysqlClientConnection) => Promise<T>): Promise<T> {
    const connection = await MysqlClientConnection.connect({ connectTimeoutMs: 10_000, ...this.#options.connect });
    try {
      return await ask(connection);
    } finally {
      connection.destroy();
    }
  }

  async *read(request: ReplayRequest, signal: AbortSignal): AsyncGenerator<ReplayItem, void, void> {
    const { from, until } = request;
    if (from.type === 'file') throw cannotServe('a replica that reads by file and position cannot be passed on', 'let it use GTIDs');
    if (until !== undefined && !until.state.containsAll(from.state)) throw cannotServe(`the replica is already past the cut: ${from.state.subtract(until.state).toString()}`, 'restore an older backup');
    if (until !== undefined && from.state.containsAll(until.state)) {
      yield { type: 'end' };
      return;
    }
    const connection = await openReplicaConnection(this.#options.connect, this.#options.identity, { state: from.state, heartbeatMs: this.#options.heartbeatMs ?? 500, signal });
    try {
      const stream = new EventStream();
      let held = from.state;
      for await (const event of dumpBehind(connection, this.#options.identity, from.state, 0, signal)) {
        const step = stream.take(event);
        switch (step.type) {
          case 'format':
            if (step.discarded) throw cannotServe('the remote binlog has an unfinished transaction');
            yield { type: 'file', file: stream.position.file, position: Math.max(4, stream.position.position), formatDescription: event, checksum: step.format.checksum };
            break;
          case 'begin': {
            const gtid = gtidOf(event, stream.format);
            if (until !== undefined && (gtid === undefined || !until.state.contains(gtid))) {
              yield { type: 'end' };
              return;
            }
            yield { type: 'event', event, position: stream.position.position };
            break;
          }
          case 'inside': yield { type: 'event', event, position: stream.position.position }; break;
          case 'end':
            yield { type: 'event', event, position: stream.position.position };
            if (step.transaction.gtid !== undefined) held = held.with(step.transaction.gtid);
            if (until !== undefined && held.containsAll(until.state)) {
              yield { type: 'end' };
              return;
            }
            break;
          case 'heartbeat': yield { type: 'caughtUp' }; break;
          case 'discarded': throw cannotServe('the remote binlog has an unfinished transaction');
          default:
        }
      }
      throw cannotServe('the remote binlog server ended the stream');
    } finally {
      connection.destroy();
    }
  }
}

function gtidOf(event: Buffer, format: FormatDescription | undefined): Gtid | undefined {
  const checksum = format?.checksum ?? 'crc32';
  const type = eventType(event);
  if (type === EVENT.MARIADB_GTID) return { flavour: 'mariadb', ...decodeMariadbGtid(event, checksum).gtid };
  const { gtid } = type === EVENT.GTID_TAGGED ? decodeTaggedGtid(event, checksum) : decodeMysqlGtid(event, checksum, type === EVENT.ANONYMOUS_GTID);
  return gtid === undefined ? undefined : { flavour: 'mysql', ...gtid };
}

async function firstRow(connection: MysqlClientConnection, sql: string): Promise<readonly (string | undefined)[]> {
  return ((await connection.query(sql)).rows[0] ?? []).map((value) => value?.toString());
}
