import type { Connection, RowDataPacket } from 'mysql2/promise';
import { VtrewindError } from '../base/errors.ts';
import type { Flavour } from './serverBinary.ts';

/** Where a replica gets its transactions from; always by GTID. */
export interface ReplicationSource {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly ssl?: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly serverName?: string };
}

/** SHOW REPLICA STATUS, in one set of words for both flavours. */
export interface ReplicationStatus {
  readonly sourceHost: string;
  readonly sourcePort: number;
  readonly sourceUser: string;
  readonly ioRunning: 'yes' | 'no' | 'connecting';
  readonly sqlRunning: boolean;
  /** Whole seconds; undefined while unknown. */
  readonly secondsBehind: number | undefined;
  readonly ioError: string;
  readonly sqlError: string;
  readonly ioErrno: number;
  readonly sqlErrno: number;
  readonly usesGtid: boolean;
  /** GTIDs that have arrived, applied or not. */
  readonly received: string;
}

const words = {
  mysql: { start: 'START REPLICA', stop: 'STOP REPLICA', reset: 'RESET REPLICA ALL', show: 'SHOW REPLICA STATUS', change: 'CHANGE REPLICATION SOURCE TO', prefix: 'SOURCE' },
  mariadb: { start: 'START SLAVE', stop: 'STOP SLAVE', reset: 'RESET SLAVE ALL', show: 'SHOW SLAVE STATUS', change: 'CHANGE MASTER TO', prefix: 'MASTER' },
} as const;

/** Undefined when no source is configured. */
export async function readReplicationStatus(session: Connection, flavour: Flavour): Promise<ReplicationStatus | undefined> {
  const [found] = await session.query<RowDataPacket[]>(words[flavour].show);
  const row = found[0];
  if (row === undefined) return undefined;
  const value = (mysql: string, mariadb: string): unknown => row[mysql] ?? row[mariadb];
  const host = String(value('Source_Host', 'Master_Host') ?? '');
  if (host === '') return undefined;
  const io = String(value('Replica_IO_Running', 'Slave_IO_Running'));
  const behind = value('Seconds_Behind_Source', 'Seconds_Behind_Master');
  return {
    sourceHost: host, sourcePort: Number(value('Source_Port', 'Master_Port')), sourceUser: String(value('Source_User', 'Master_User') ?? ''),
    ioRunning: io === 'Yes' ? 'yes' : io === 'No' ? 'no' : 'connecting', sqlRunning: value('Replica_SQL_Running', 'Slave_SQL_Running') === 'Yes',
    secondsBehind: behind === null || behind === undefined ? undefined : Number(behind),
    ioError: String(row.Last_IO_Error ?? ''), sqlError: String(row.Last_SQL_Error ?? ''), ioErrno: Number(row.Last_IO_Errno ?? 0), sqlErrno: Number(row.Last_SQL_Errno ?? 0),
    usesGtid: flavour === 'mysql' ? String(row.Auto_Position) === '1' : String(row.Using_Gtid ?? 'No') !== 'No',
    received: String(value('Retrieved_Gtid_Set', 'Gtid_IO_Pos') ?? '').replace(/\s+/g, ''),
  };
}

export async function startReplication(session: Connection, flavour: Flavour): Promise<void> {
  await session.query(words[flavour].start);
}

/** No error when it is stopped already. */
export async function stopReplication(session: Connection, flavour: Flavour): Promise<void> {
  await session.query(words[flavour].stop);
}

/** Forgets the source, relay logs included. Replication must be stopped. */
export async function resetReplication(session: Connection, flavour: Flavour): Promise<void> {
  await session.query(words[flavour].reset);
}

/**
 * Points a stopped replica at a source; what it has executed decides where it begins. MariaDB keeps what it replicated (`gtid_slave_pos`) apart from what it wrote itself: for a
 * former primary both are joined first, so that it asks for nothing it has.
 */
export async function setReplicationSource(session: Connection, flavour: Flavour, source: ReplicationSource): Promise<void> {
  const { change, prefix } = words[flavour];
  const text = (name: string, value: string) => `${prefix}_${name}=${session.escape(value)}`;
  const options = [
    text('HOST', source.host), `${prefix}_PORT=${Number(source.port)}`, text('USER', source.user), text('PASSWORD', source.password),
    `${prefix}_CONNECT_RETRY=1`, `${prefix}_HEARTBEAT_PERIOD=1`,
    ...(flavour === 'mysql' ? ['SOURCE_AUTO_POSITION=1', 'SOURCE_RETRY_COUNT=0'] : ['MASTER_USE_GTID=slave_pos']),
    ...(source.ssl === undefined ? (flavour === 'mysql' ? ['GET_SOURCE_PUBLIC_KEY=1'] : []) : [
      `${prefix}_SSL=1`,
      ...(source.ssl.ca === undefined ? [] : [text('SSL_CA', source.ssl.ca), `${prefix}_SSL_VERIFY_SERVER_CERT=${source.ssl.serverName === undefined ? 0 : 1}`]),
      ...(source.ssl.cert === undefined ? [] : [text('SSL_CERT', source.ssl.cert)]),
      ...(source.ssl.key === undefined ? [] : [text('SSL_KEY', source.ssl.key)]),
    ]),
  ];
  if (flavour === 'mariadb') {
    const [row] = (await session.query<RowDataPacket[]>('SELECT @@global.gtid_current_pos AS now, @@global.gtid_slave_pos AS replicated'))[0];
    if (row !== undefined && String(row.now) !== String(row.replicated)) await session.query('SET GLOBAL gtid_slave_pos = ?', [String(row.now)]);
  }
  await session.query(`${change} ${options.join(', ')}`);
}

/** Refuses writes of everyone but replication; waits for running commits. */
export async function setReadOnly(session: Connection, flavour: Flavour, on: boolean): Promise<void> {
  if (flavour === 'mysql') await session.query(on ? 'SET GLOBAL super_read_only = ON' : 'SET GLOBAL read_only = OFF');
  else await session.query(`SET GLOBAL read_only = ${on ? 'ON' : 'OFF'}`);
}

export async function isReadOnly(session: Connection): Promise<boolean> {
  const [row] = (await session.query<RowDataPacket[]>('SELECT @@global.read_only AS r'))[0];
  return Number(row?.r) === 1;
}

/** Everything executed: gtid_executed, or (MariaDB) the last GTID of each domain. White space removed. */
export async function executedPosition(session: Connection, flavour: Flavour): Promise<string> {
  const [row] = (await session.query<RowDataPacket[]>(flavour === 'mysql' ? 'SELECT @@global.gtid_executed AS p' : 'SELECT @@global.gtid_current_pos AS p'))[0];
  return String(row?.p ?? '').replace(/\s+/g, '');
}

/** Waits until the server has executed all of `position`. Throws VTR0506 (grpc DEADLINE_EXCEEDED) after `timeoutMs`. */
export async function waitForPosition(session: Connection, flavour: Flavour, position: string, timeoutMs: number): Promise<void> {
  if (position === '') return;
  const seconds = Math.max(timeoutMs, 1) / 1000;
  const call = flavour === 'mysql' ? 'SELECT WAIT_FOR_EXECUTED_GTID_SET(?, ?) AS w' : 'SELECT MASTER_GTID_WAIT(?, ?) AS w';
  const [row] = (await session.query<RowDataPacket[]>(call, [position, seconds]))[0];
  if (Number(row?.w) !== 0) {
    throw new VtrewindError({ code: 'VTR0506', grpc: 'DEADLINE_EXCEEDED', message: `the server did not reach ${position} within ${timeoutMs} ms; it stands at ${await executedPosition(session, flavour)}` });
  }
}

/** Whether everything in the relay log has been applied. Meaningful once the IO thread has stopped. */
export async function allApplied(session: Connection, flavour: Flavour): Promise<boolean> {
  const [row] = (await session.query<RowDataPacket[]>(words[flavour].show))[0];
  if (row === undefined) return true;
  if (flavour === 'mysql') {
    const [answer] = (await session.query<RowDataPacket[]>('SELECT GTID_SUBSET(?, @@global.gtid_executed) AS applied', [String(row.Retrieved_Gtid_Set ?? '')]))[0];
    return Number(answer?.applied) === 1;
  }
  return row.Master_Log_File === row.Relay_Master_Log_File && String(row.Read_Master_Log_Pos) === String(row.Exec_Master_Log_Pos);
}
