import type { Connection } from 'mysql2/promise';
import { listBackups, restoreBackup } from '../backup/index.ts';
import { VtrewindError } from '../base/errors.ts';
import { forgetSource } from '../recovery/replay.ts';
import type { ServerBinary } from '../mysqld/serverBinary.ts';
import { serverFolder } from '../mysqld/serverFolder.ts';
import { settleQuarantine } from './quarantine.ts';
import type { TabletOptions } from './tabletOptions.ts';
import { saveTabletState, type TabletState } from './tabletState.ts';

/**
 * Puts the newest good backup of the shard in place for a new replica; damaged ones are passed over and named. Undefined when there is none (a new shard). The
 * backup's position is kept before the files are, so that the first start can't miss it.
 */
export async function seedFromBackup(options: TabletOptions, binary: ServerBinary, state: TabletState, signal: AbortSignal): Promise<TabletState | undefined> {
  const { storage, log } = options;
  if (storage === undefined) throw new VtrewindError({ code: 'VTR0611', grpc: 'FAILED_PRECONDITION', message: 'restoring from a backup needs backup storage', hint: 'give --file-backup-storage-root' });
  const backups = (await listBackups(storage, options.keyspace, options.shard, signal)).reverse();
  for (const backup of backups) {
    const { manifest } = backup;
    if (backup.state !== 'complete' || manifest === undefined) {
      log.warn({ backup: backup.folder, state: backup.state, damage: backup.damage }, 'this backup is not used');
      continue;
    }
    const seeded: TabletState = { ...state, seed: { position: manifest.position.gtid, settled: false, requiredOptions: [...manifest.server.requiredOptions] } };
    await saveTabletState(options.folder, seeded);
    try {
      await restoreBackup({ storage, folder: backup.folder, binary, dataDir: serverFolder(options.folder).data, signal });
      log.info({ backup: backup.folder, position: manifest.position.gtid }, 'started from this backup');
      return seeded;
    } catch (caught) {
      const error = VtrewindError.from(caught);
      if (error.grpc !== 'DATA_LOSS') throw error;
      log.warn({ backup: backup.folder, err: error }, 'this backup is damaged; the next older one is used');
    }
  }
  await saveTabletState(options.folder, state);
  return undefined;
}

/** At the first start on a backup's files: the donor's replication is forgotten, and the server's position is the backup's. */
export async function settleSeed(session: Connection, binary: ServerBinary, folder: string, state: TabletState): Promise<TabletState> {
  if (state.seed === undefined || state.seed.settled) return state;
  if (binary.flavour === 'mariadb') {
    await forgetSource(session, 'mariadb');
    await session.query('RESET MASTER');
  }
  await settleQuarantine(session, binary, state.seed.position);
  const settled: TabletState = { ...state, seed: { ...state.seed, settled: true } };
  await saveTabletState(folder, settled);
  return settled;
}
