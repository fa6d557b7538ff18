import type { Connection } from 'mysql2/promise';
import { formatMicros, type Micros } from '../base/time.ts';
import type { Flavour } from '../mysqld/serverBinary.ts';
import type { RestorePlan } from '../recovery/restorePlan.ts';
import { writeLocally } from './localAccounts.ts';
import { encodePosition } from '../mysqld/positionText.ts';

/**
 * What a restored server says of itself in `_vt.local_metadata`: names as Vitess gave them where it had them (`RestoredBackupTime`, `RestorePosition`), ours for the rest. What the
 * base had there is gone first.
 */
export async function writeRestoredFrom(session: Connection, flavour: Flavour, plan: RestorePlan, backup: RestorePlan['backups'][number]): Promise<void> {
  await writeLocally(session, flavour, async () => {
    await session.query('CREATE DATABASE IF NOT EXISTS _vt');
    await session.query('DROP TABLE IF EXISTS _vt.local_metadata');
    await session.query('CREATE TABLE _vt.local_metadata (name VARCHAR(255) NOT NULL, db_name VARBINARY(255) NOT NULL, value MEDIUMBLOB NOT NULL, PRIMARY KEY (db_name, name)) ENGINE=InnoDB');
    await put(session, plan.database, {
      RestoredBackupTime: formatMicros(backup.startedAt), RestorePosition: encodePosition(flavour, backup.position), RestoredBackup: backup.folder,
      BaseKeyspace: plan.base, RequestedTime: formatMicros(plan.at), RequestedPosition: encodePosition(flavour, plan.cut.gtid),
      ...(plan.exclude.length === 0 ? {} : { SteppedOver: plan.exclude.join(',') }), ...(plan.tables === undefined ? {} : { Tables: plan.tables.join(',') }),
    });
  });
}

/** Written when the cut is reached and proven, not before. */
export async function writeReached(session: Connection, flavour: Flavour, plan: RestorePlan, reached: { readonly gtid: string; readonly at: Micros | undefined }): Promise<void> {
  await writeLocally(session, flavour, () => put(session, plan.database, {
    ReachedPosition: encodePosition(flavour, reached.gtid), ...(reached.at === undefined ? {} : { ReachedTime: formatMicros(reached.at) }),
  }));
}

async function put(session: Connection, database: string, values: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(values)) await session.query('REPLACE INTO _vt.local_metadata (name, db_name, value) VALUES (?, ?, ?)', [name, database, value]);
}
