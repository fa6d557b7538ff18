import type { Connection, RowDataPacket } from 'mysql2/promise';
import { VtrewindError } from '../base/errors.ts';

/**
 * Drops every table and view of the database but those named, once the replay is through: statements may have read any table, so all of them were replayed. Doing it again changes nothing.
 * Throws VTR0619 when a named one is not there at the cut.
 */
export async function keepOnlyTables(session: Connection, database: string, tables: readonly string[]): Promise<void> {
  const [found] = await session.query<RowDataPacket[]>('SELECT table_name AS n, table_type AS k FROM information_schema.tables WHERE table_schema = ?', [database]);
  const there = found.map((row) => ({ name: String(row.n), view: row.k === 'VIEW' }));
  const missing = tables.filter((name) => !there.some((table) => table.name === name));
  if (missing.length > 0) {
    throw new VtrewindError({ code: 'VTR0619', grpc: 'NOT_FOUND', message: `${missing.join(', ')} did not exist in ${database} at that moment`, hint: `there were ${there.map((table) => table.name).sort().join(', ')}` });
  }
  await session.query('SET SESSION foreign_key_checks = 0');
  try {
    for (const { name, view } of there) {
      if (!tables.includes(name)) await session.query(`DROP ${view ? 'VIEW' : 'TABLE'} IF EXISTS ${session.escapeId(database)}.${session.escapeId(name)}`);
    }
  } finally {
    await session.query('SET SESSION foreign_key_checks = 1');
  }
}
