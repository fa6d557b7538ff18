import type { Connection, RowDataPacket } from 'mysql2/promise';
import { VtrewindError } from '../base/errors.ts';
import type { Micros } from '../base/time.ts';
import type { ServerBinary } from '../mysqld/serverBinary.ts';
import type { BackupManifest } from './backupManifest.ts';

/** The server a backup is taken from. A MysqldProcess and its folder make one. */
export interface Donor {
  readonly binary: ServerBinary;
  readonly socket: string;
  readonly dataDir: string;
  /** On the same file system as the data and outside of it; work folders are made here and removed. */
  readonly scratchFolder: string;
  /** A session that may read everything and run the backup. */
  connect(): Promise<Connection>;
}

/** System schemas of both flavours. */
export const systemSchemas = ['mysql', 'sys', 'information_schema', 'performance_schema'] as const;
const notSystem = `table_schema NOT IN (${systemSchemas.map((s) => `'${s}'`).join(', ')})`;

/** The executed position: gtid_executed (MySQL), or what the binlog and replication have brought, one GTID a domain (MariaDB). White space removed. */
export async function readPosition(session: Connection, flavour: ServerBinary['flavour']): Promise<string> {
  const [row] = await rows(session, flavour === 'mysql' ? 'SELECT @@global.gtid_executed AS position' : 'SELECT @@global.gtid_current_pos AS position');
  return String(row?.position ?? '').replace(/\s+/g, '');
}

/** The server's clock. */
export async function readClock(session: Connection): Promise<Micros> {
  const [row] = await rows(session, "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS CHAR) AS micros");
  return Math.ceil(Number(row?.micros));
}

/** Option lines without which the copied files can not be opened. */
async function requiredOptions(session: Connection, flavour: ServerBinary['flavour']): Promise<string[]> {
  const names = ['innodb_page_size', 'innodb_data_file_path', 'lower_case_table_names', ...(flavour === 'mariadb' ? ['innodb_undo_tablespaces', 'innodb_checksum_algorithm'] : [])];
  const found = await rows(session, `SHOW GLOBAL VARIABLES WHERE Variable_name IN (${names.map((n) => `'${n}'`).join(', ')})`);
  return found.map((row) => `${String(row.Variable_name).toLowerCase()}=${String(row.Value)}`).sort();
}

/** What the manifest says of the server. */
export async function describeServer(session: Connection, binary: ServerBinary): Promise<BackupManifest['server']> {
  const [row] = await rows(session, binary.flavour === 'mysql' ? 'SELECT VERSION() AS v, @@server_id AS id, @@server_uuid AS uuid' : 'SELECT VERSION() AS v, @@server_id AS id');
  const version = /^(\d+)\.(\d+)\.(\d+)/.exec(String(row?.v ?? ''));
  if (row === undefined || version === null) throw new VtrewindError({ code: 'VTR0405', message: `the server names no version: ${String(row?.v)}` });
  const [major, minor, patch] = version.slice(1, 4).map(Number) as [number, number, number];
  return {
    flavour: binary.flavour, version: version[0], versionNumber: major * 10_000 + minor * 100 + patch, serverId: Number(row.id),
    ...(row.uuid === undefined ? {} : { serverUuid: String(row.uuid) }), requiredOptions: await requiredOptions(session, binary.flavour),
  };
}

export async function describeTables(session: Connection): Promise<BackupManifest['tables']> {
  const found = await rows(session, `SELECT table_schema AS d, table_name AS n, table_type AS t, engine AS e FROM information_schema.tables WHERE ${notSystem} ORDER BY 1, 2`);
  return found.map((row) => ({ database: String(row.d), name: String(row.n), kind: row.t === 'VIEW' ? 'view' as const : 'table' as const, engine: row.e === null ? null : String(row.e) }));
}

/**
 * The definitions of all user databases, tables and views as SQL text, for reading and for comparing; the files themselves bring everything, routines and
 * events included. A table dropped meanwhile is left out.
 */
export async function dumpSchema(session: Connection, tables: BackupManifest['tables']): Promise<string> {
  const out: string[] = [];
  let database: string | undefined;
  for (const table of tables) {
    if (table.database !== database) {
      database = table.database;
      const [row] = await rows(session, `SHOW CREATE DATABASE ${quote(database)}`).catch(absent);
      if (row !== undefined) out.push(`${String(row['Create Database'])};`, `USE ${quote(database)};`);
    }
    const [row] = await rows(session, `SHOW CREATE TABLE ${quote(table.database)}.${quote(table.name)}`).catch(absent);
    const text = row?.['Create Table'] ?? row?.['Create View'];
    if (text !== undefined) out.push(`${String(text)};`);
  }
  return `${out.join('\n')}\n`;
}

/** 1146 no such table, 1049 no such database, 1356 a view whose tables are gone. */
function absent(error: unknown): RowDataPacket[] {
  if ([1146, 1049, 1356].includes((error as { errno?: number }).errno ?? 0)) return [];
  throw error;
}

/** User tables whose content lives outside InnoDB, `database.table (ENGINE)`. Engines that hold no data of their own are no harm. */
export async function tablesOutsideInnodb(session: Connection): Promise<string[]> {
  const found = await rows(session, `SELECT table_schema AS d, table_name AS n, engine AS e FROM information_schema.tables
    WHERE ${notSystem} AND table_type = 'BASE TABLE' AND COALESCE(engine, 'unknown') NOT IN ('InnoDB', 'BLACKHOLE', 'FEDERATED') ORDER BY 1, 2`);
  return found.map((row) => `${String(row.d)}.${String(row.n)} (${String(row.e)})`);
}

export async function rows(session: Connection, sql: string): Promise<RowDataPacket[]> {
  const [answer] = await session.query<RowDataPacket[]>(sql);
  return answer;
}

export function quote(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
