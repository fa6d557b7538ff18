import { VtrewindError } from '../base/errors.ts';
import { silentLog } from '../base/log.ts';
import type { RestorableWindow } from '../recovery/restorableWindow.ts';
import type { Storage } from '../storage/storage.ts';

/** Reads the restorable window of a shard from where backups and archive are stored. Throws VTR0922 when no storage was named. */
export function windowReader(storage: Storage | undefined): (keyspace: string, shard: string) => Promise<RestorableWindow> {
  return async (keyspace, shard) => {
    if (storage === undefined) {
      throw new VtrewindError({ code: 'VTR0922', grpc: 'FAILED_PRECONDITION', message: 'what can be restored is not known without the backup storage', hint: 'give --file-backup-storage-root' });
    }
    const { openStorageArchive } = await import('../recovery/storageArchive.ts');
    const { restorableWindow } = await import('../recovery/restorableWindow.ts');
    const archive = await openStorageArchive(storage, keyspace, shard, silentLog);
    try {
      return await restorableWindow({ storage, archive, keyspace, shard });
    } finally {
      await archive.close();
    }
  };
}
