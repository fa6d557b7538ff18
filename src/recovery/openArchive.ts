import type { Log } from '../base/log.ts';
import type { Storage } from '../storage/storage.ts';
import type { ArchiveAccess } from './archiveAccess.ts';
import { type BinlogServer, openBinlogServer } from './binlogServerArchive.ts';
import { openStorageArchive } from './storageArchive.ts';

export interface OpenArchiveOptions {
  readonly storage: Storage;
  readonly keyspace: string;
  readonly shard: string;
  /** `--binlog-host`: asked instead of the storage. */
  readonly server?: BinlogServer;
  readonly log: Log;
  readonly signal?: AbortSignal;
}

/** The archive of a shard, when there is one: the binlog server that was named, else where the archiver stored it. */
export async function openArchive(options: OpenArchiveOptions): Promise<ArchiveAccess | undefined> {
  if (options.server !== undefined) return openBinlogServer(options.server, options.log);
  const stored = await openStorageArchive(options.storage, options.keyspace, options.shard, options.log, options.signal);
  return stored.isEmpty ? undefined : stored;
}
