import { createHash } from 'node:crypto';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import type { Flavour } from '../mysqld/serverBinary.ts';
import type { TabletOptions } from './tabletOptions.ts';

/**
 * Runs `work` on a session whose statements stay on this server: not in the binlog, so that no server ever has transactions of its own that its shard does not
 * know, and allowed though the server is read-only (root stays allowed under read_only; super_read_only is lifted for the moment).
 */
export async function writeLocally<T>(session: Connection, flavour: Flavour, work: () => Promise<T>): Promise<T> {
  let lifted = false;
  if (flavour === 'mysql') {
    const [row] = (await session.query<RowDataPacket[]>('SELECT @@global.super_read_only AS s'))[0];
    lifted = Number(row?.s) === 1;
    if (lifted) await session.query('SET GLOBAL super_read_only = OFF');
  }
  try {
    await session.query('SET SESSION sql_log_bin = 0');
    return await work();
  } finally {
    await session.query('SET SESSION sql_log_bin = 1');
    if (lifted) await session.query('SET GLOBAL super_read_only = ON');
  }
}

/**
 * The accounts every tablet has, and the `_vt` database with `local_metadata`. `app` may do everything within `vt_…` databases and read `_vt`; `repl` may replicate
 * and read positions. Nothing is touched when they are as they should be already.
 */
export async function ensureAccounts(session: Connection, flavour: Flavour, users: TabletOptions['users']): Promise<void> {
  const wanted = createHash('sha256').update(JSON.stringify(['3', users])).digest('hex');
  const [row] = await session.query<RowDataPacket[]>("SELECT value FROM _vt.local_metadata WHERE name = 'accounts'").then(([found]) => found, () => [] as RowDataPacket[]);
  if (String(row?.value ?? '') === wanted) return;
  const account = (user: string) => `${session.escape(user)}@'%'`;
  const identified = (password: string) => (flavour === 'mysql' ? `IDENTIFIED WITH caching_sha2_password BY ${session.escape(password)}` : `IDENTIFIED BY ${session.escape(password)}`);
  const statements = [
    ...[users.app, users.repl].flatMap(({ user, password }) => [`CREATE USER IF NOT EXISTS ${account(user)} ${identified(password)}`, `ALTER USER ${account(user)} ${identified(password)}`]),
    `GRANT ALL PRIVILEGES ON \`vt\\_%\`.* TO ${account(users.app.user)}`,
    'CREATE DATABASE IF NOT EXISTS _vt',
    'CREATE TABLE IF NOT EXISTS _vt.local_metadata (name VARCHAR(255) NOT NULL, db_name VARBINARY(255) NOT NULL, value MEDIUMBLOB NOT NULL, PRIMARY KEY (db_name, name)) ENGINE=InnoDB',
    `GRANT SELECT ON _vt.* TO ${account(users.app.user)}`,
    flavour === 'mysql'
      ? `GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO ${account(users.repl.user)}`
      : `GRANT REPLICATION SLAVE, BINLOG MONITOR, SLAVE MONITOR ON *.* TO ${account(users.repl.user)}`,
    ...(flavour === 'mysql' ? [`GRANT XA_RECOVER_ADMIN ON *.* TO ${account(users.app.user)}`] : []),
  ];
  await writeLocally(session, flavour, async () => {
    for (const statement of statements) await session.query(statement);
    await session.query("REPLACE INTO _vt.local_metadata (name, db_name, value) VALUES ('accounts', '', ?)", [wanted]);
  });
}
