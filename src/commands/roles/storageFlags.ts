import type { Command } from 'commander';
import { VtrewindError } from '../../base/errors.ts';
import type { Storage } from '../../storage/storage.ts';

export interface StorageFlags { readonly backupStorageImplementation: string; readonly fileBackupStorageRoot?: string }

/** Where backups and the archive live: Vitess's own flags. */
export function withStorageFlags(command: Command): Command {
  return command
    .option('--backup-storage-implementation <name>', 'where backups and the binlog archive live: file', 'file')
    .option('--file-backup-storage-root <folder>', 'root folder of the file storage');
}

/** Opens the storage that the flags name; undefined when no root is given. Throws VTR0919 for a kind there is no implementation of. */
export async function storageOf(flags: StorageFlags): Promise<Storage | undefined> {
  if (flags.backupStorageImplementation !== 'file') {
    throw new VtrewindError({ code: 'VTR0919', grpc: 'INVALID_ARGUMENT', message: `there is no backup storage '${flags.backupStorageImplementation}'`, hint: 'file is the one' });
  }
  if (flags.fileBackupStorageRoot === undefined) return undefined;
  const { openStorage } = await import('../../storage/openStorage.ts');
  const { pathToFileURL } = await import('node:url');
  const { resolve } = await import('node:path');
  return openStorage(pathToFileURL(resolve(flags.fileBackupStorageRoot)).href);
}
