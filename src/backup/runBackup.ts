import { VtrewindError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { formatMicros, nowMicros } from '../base/time.ts';
import type { Storage } from '../storage/storage.ts';
import { backupName, manifestName, schemaName, shardFolder } from './backupLayout.ts';
import { type BackupManifest, type ChunkRecord, encodeManifest } from './backupManifest.ts';
import { copyMariadb } from './copyMariadb.ts';
import { copyMysql } from './copyMysql.ts';
import { describeServer, describeTables, type Donor, dumpSchema } from './donor.ts';
import { storeChunks, storeVerified } from './storeChunks.ts';

export interface BackupOptions {
  readonly donor: Donor;
  readonly storage: Storage;
  readonly keyspace: string;
  readonly shard: string;
  /** Hexadecimal keyspace ids; empty: unbounded. */
  readonly keyRange: { readonly start: string; readonly end: string };
  readonly tabletAlias: string;
  /** The keyspace's vschema as Vitess's JSON; omitted: none is known. */
  readonly vschema?: unknown;
  /** Chunks in work at once, 1 to 64; default 3. */
  readonly concurrency?: number;
  /** Before compression; default 16 MiB. */
  readonly chunkBytes?: number;
  /** zstd level 1 to 19; default 1. */
  readonly level?: number;
  readonly onProgress?: (progress: BackupProgress) => void;
  readonly signal?: AbortSignal;
  readonly log?: Log;
}

export interface BackupProgress {
  readonly phase: 'copying' | 'storing' | 'finishing';
  readonly rawBytes: number;
  readonly storedBytes: number;
}

/**
 * A full backup of a running server, which goes on serving and is left as it was. Returns the manifest as stored. Where anything fails, no manifest is written
 * (the backup does not exist) and what was stored is removed as far as possible.
 */
export async function runBackup(options: BackupOptions): Promise<BackupManifest> {
  const { donor, storage, signal, log } = options;
  const concurrency = bounded('concurrency', options.concurrency ?? 3, 1, 64);
  const chunkBytes = bounded('chunk size', options.chunkBytes ?? 16 << 20, 1 << 16, 1 << 30);
  const level = bounded('compression level', options.level ?? 1, 1, 19);
  const { name, startedAt } = await freeName(options);
  const folder = `${shardFolder(options.keyspace, options.shard)}${name}/`;
  const done = { rawBytes: 0, storedBytes: 0 };
  options.onProgress?.({ phase: 'copying', ...done });
  let complete = false;
  try {
    const copy = await (donor.binary.flavour === 'mysql' ? copyMysql(donor, signal) : copyMariadb(donor, signal));
    let chunks: ChunkRecord[];
    let position: BackupManifest['position'];
    try {
      chunks = await storeChunks(copy.source, storage, folder, {
        concurrency, chunkBytes, level, signal,
        onStored: (chunk) => {
          done.rawBytes += chunk.rawBytes;
          done.storedBytes += chunk.bytes;
          options.onProgress?.({ phase: 'storing', ...done });
        },
      });
      const { committedBefore, ...gtids } = await copy.finish();
      position = { ...gtids, committedBefore: formatMicros(committedBefore) };
    } finally {
      await copy.close();
    }
    options.onProgress?.({ phase: 'finishing', ...done });
    const session = await donor.connect();
    let manifest: BackupManifest;
    try {
      const tables = await describeTables(session);
      const schema = await storeVerified(storage, folder, schemaName, Buffer.from(await dumpSchema(session, tables)), signal);
      manifest = {
        format: 'vtrewind-backup', formatVersion: 1, name, keyspace: options.keyspace, shard: options.shard, keyRange: { ...options.keyRange }, tabletAlias: options.tabletAlias,
        engine: 'hot', stream: copy.stream, compression: 'zstd', startedAt: formatMicros(startedAt), finishedAt: formatMicros(nowMicros()),
        server: await describeServer(session, donor.binary), position, tables, vschema: options.vschema ?? null, schema,
        rawBytes: done.rawBytes, storedBytes: done.storedBytes, chunks,
      };
    } finally {
      await session.end();
    }
    await storeVerified(storage, folder, manifestName, encodeManifest(manifest), signal);
    complete = true;
    log?.info({ backup: `${folder}`, rawBytes: done.rawBytes, storedBytes: done.storedBytes, chunks: chunks.length, position: position.gtid }, 'backup complete');
    return manifest;
  } finally {
    if (!complete) await removePartial(storage, folder, log);
  }
}

/** Names go by whole seconds; where one is taken the next second is. */
async function freeName(options: BackupOptions): Promise<{ readonly name: string; readonly startedAt: number }> {
  const startedAt = nowMicros();
  for (let later = 0; later < 60; later++) {
    const name = backupName(startedAt + later * 1_000_000, options.tabletAlias);
    let taken = false;
    for await (const _ of options.storage.list(`${shardFolder(options.keyspace, options.shard)}${name}/`, options.signal)) {
      taken = true;
      break;
    }
    if (!taken) return { name, startedAt };
  }
  throw new VtrewindError({ code: 'VTR0410', grpc: 'ALREADY_EXISTS', message: `backups of ${options.tabletAlias} fill the last minute's names` });
}

/** Without a manifest these objects are no backup; removing them only saves space, so a failure here is told and no more. */
async function removePartial(storage: Storage, folder: string, log?: Log): Promise<void> {
  try {
    // The manifest goes first: were it there after all, the rest must not be missing while it is.
    await storage.delete(`${folder}${manifestName}`);
    for await (const object of storage.list(folder)) await storage.delete(object.key);
  } catch (error) {
    log?.warn({ backup: folder, err: error }, 'an unfinished backup could not be removed from storage');
  }
}

function bounded(what: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new VtrewindError({ code: 'VTR0411', grpc: 'INVALID_ARGUMENT', message: `${what} ${value} is not between ${least} and ${most}` });
  }
  return value;
}
