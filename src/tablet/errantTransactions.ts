import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { parseGtidState } from '../binlog/gtidState.ts';
import { executedPosition } from '../mysqld/replication.ts';
import type { Flavour } from '../mysqld/serverBinary.ts';
import type { Account } from './tabletOptions.ts';

/** What a source has, asked over the network. */
export async function positionOfSource(flavour: Flavour, source: { readonly host: string; readonly port: number }, account: Account): Promise<string> {
  const session = await createConnection({ host: source.host, port: source.port, user: account.user, password: account.password, connectTimeout: 3000 });
  try {
    const [row] = (await session.query<RowDataPacket[]>(flavour === 'mysql' ? 'SELECT @@global.gtid_executed AS p' : 'SELECT @@global.gtid_current_pos AS p'))[0];
    return String(row?.p ?? '').replace(/\s+/g, '');
  } finally {
    session.destroy();
  }
}

/**
 * Transactions this server has and its source has not: it would carry data that the shard does not know. Empty when there are none. MySQL only: MariaDB's
 * position does not say; there the source itself refuses a replica that asks for a GTID it never had (gtid_strict_mode).
 */
export async function errantTransactions(session: Connection, flavour: Flavour, source: { readonly host: string; readonly port: number }, account: Account): Promise<string> {
  if (flavour === 'mariadb') return '';
  const mine = parseGtidState('mysql', await executedPosition(session, flavour));
  const theirs = parseGtidState('mysql', await positionOfSource(flavour, source, account));
  return mine.subtract(theirs).toString();
}
