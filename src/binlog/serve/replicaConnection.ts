import { MysqlClientConnection } from '../../mysql/clientConnection.ts';
import type { MysqlConnectOptions } from '../../mysql/connectOptions.ts';
import { type GtidState, mysqlSet } from '../gtidState.ts';

/** Ids under which a reader shows up at a source. */
export interface ReplicaIdentity {
  /** Unlike that of every other replica of the source. */
  readonly serverId: number;
  /** MySQL ends an older dump of the same UUID. */
  readonly uuid: string;
}

/** BINLOG_DUMP_NON_BLOCK: end with EOF instead of waiting for more. */
export const nonBlock = 1;
const connectTimeoutMs = 10_000;

/** Connects to a source as a replica does: checksums on, heartbeats, and on MariaDB GTIDs from `state` on (undefined: by file and position). */
export async function openReplicaConnection(
  connect: MysqlConnectOptions, identity: ReplicaIdentity, options: { readonly state?: GtidState | undefined; readonly heartbeatMs?: number | undefined; readonly signal: AbortSignal },
): Promise<MysqlClientConnection> {
  const { state, heartbeatMs, signal } = options;
  const connection = await MysqlClientConnection.connect({ connectTimeoutMs, ...connect }, signal);
  try {
    await connection.query("SET @source_binlog_checksum = 'CRC32', @master_binlog_checksum = 'CRC32'", { signal });
    if (heartbeatMs !== undefined) {
      const nanos = Math.round(heartbeatMs * 1e6);
      await connection.query(`SET @source_heartbeat_period = ${nanos}, @master_heartbeat_period = ${nanos}`, { signal });
    }
    if (connection.flavour === 'mysql') {
      await connection.query(`SET @replica_uuid = '${identity.uuid}', @slave_uuid = '${identity.uuid}'`, { signal });
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

/** Starts a dump of everything behind `state` on such a connection. Each buffer is one raw event. */
export async function* dumpBehind(connection: MysqlClientConnection, identity: ReplicaIdentity, state: GtidState, flags: number, signal: AbortSignal): AsyncGenerator<Buffer, void, void> {
  const { serverId } = identity;
  const events = state.flavour === 'mysql'
    ? connection.dumpBinlog({ kind: 'gtid', serverId, gtidSet: mysqlSet(state).encode(), flags }, { signal })
    : connection.dumpBinlog({ kind: 'file', serverId, file: '', position: 4, flags }, { signal });
  for await (const payload of events) yield withoutSemiSync(payload);
}

/** With semi-sync on for the session, events have two bytes before them. */
export function withoutSemiSync(payload: Buffer): Buffer {
  // 0xef as the first byte of a timestamp is possible: the length field decides
  return payload[0] === 0xef && payload.length > 21 && payload.readUInt32LE(11) === payload.length - 2 ? payload.subarray(2) : payload;
}
