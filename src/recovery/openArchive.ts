import type { Log } from '../base/log.ts';
import type { Storage } from '../storage/storage.ts';
import type { ArchiveAccess } from './archiveAccess.ts';
import { openStorageArchive } from './storageArchive.ts';

export interface OpenArchiveOptions {
  readonly storage: Storage;
  readonly keyspace: string;
  readonly shard: string;
  readonly log: Log;
  readonly signal?: AbortSignal;
}

/** The archive of a shard, when there is one: where the archiver stored it. */
export async function openArchive(options: OpenArchiveOptions): Promise<ArchiveAccess | undefined> {
  const stored = await openStorageArchive(options.storage, options.keyspace, options.shard, options.log, options.signal);
  return stored.isEmpty ? undefined : stored;
}
