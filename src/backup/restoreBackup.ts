import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { VtrewindError } from '../base/errors.ts';
import { isDataDirectory } from '../mysqld/dataDirectory.ts';
import { findCompanion, type ServerBinary } from '../mysqld/serverBinary.ts';
import type { Storage } from '../storage/storage.ts';
import type { BackupManifest } from './backupManifest.ts';
import { feed, runProgram, startChild } from './childStream.ts';
import { fetchChunks } from './fetchChunks.ts';
import { readManifest } from './listBackups.ts';

export interface RestoreBackupOptions {
  readonly storage: Storage;
  /** `<keyspace>/<shard>/<name>/` */
  readonly folder: string;
  /** The server that will open the files. */
  readonly binary: ServerBinary;
  /** Where the data directory is to be; absent or empty. */
  readonly dataDir: string;
  /** Chunks fetched ahead; default 3. */
  readonly concurrency?: number;
  readonly onProgress?: (progress: { readonly phase: 'fetching' | 'preparing'; readonly rawBytes: number; readonly totalBytes: number; readonly chunksDone: number; readonly chunks: number }) => void;
  readonly signal?: AbortSignal;
}

/**
 * Puts a backup's files in place: whole and checked, or not at all (they are unpacked and prepared beside `dataDir`, then renamed). No server is started. Throws VTR0402 and
 * VTR0404 (grpc DATA_LOSS) for a damaged backup: the caller takes an older one.
 */
export async function restoreBackup(options: RestoreBackupOptions): Promise<BackupManifest> {
  const { storage, folder, binary, dataDir, signal } = options;
  const manifest = await readManifest(storage, folder, signal);
  checkServerCanOpen(manifest, binary);
  const present = await readdir(dataDir).catch(() => [] as string[]);
  if (present.length > 0) throw new VtrewindError({ code: 'VTR0412', grpc: 'FAILED_PRECONDITION', message: `${dataDir} is not empty; nothing is restored over it` });
  const building = `${dataDir}.restoring`;
  // Left over from an interrupted restore: unpacked, but never known to be whole.
  await rm(building, { recursive: true, force: true });
  await mkdir(building, { recursive: true, mode: 0o700 });
  try {
    await unpack(options, manifest, building);
    if (manifest.stream === 'mbstream') {
      const progress = { rawBytes: manifest.rawBytes, totalBytes: manifest.rawBytes, chunksDone: manifest.chunks.length, chunks: manifest.chunks.length };
      options.onProgress?.({ phase: 'preparing', ...progress });
      await runProgram(await companion(binary, 'mariadb-backup', 'mariabackup'), ['--no-defaults', '--prepare', `--target-dir=${building}`], { signal });
      await removeNotes(building);
    }
    if (!(await isDataDirectory(building))) throw new VtrewindError({ code: 'VTR0404', grpc: 'DATA_LOSS', message: `backup ${folder} unpacks to something that is no data directory` });
    await mkdir(dirname(dataDir), { recursive: true });
    await rm(dataDir, { recursive: true, force: true });
    await rename(building, dataDir);
    return manifest;
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

async function unpack(options: RestoreBackupOptions, manifest: BackupManifest, target: string): Promise<void> {
  const child = manifest.stream === 'tar'
    ? startChild('tar', ['-x', '-b', '512', '-C', target], { input: true, signal: options.signal })
    : startChild(await companion(options.binary, 'mbstream'), ['-x', '-C', target], { input: true, signal: options.signal });
  const progress = { rawBytes: 0, totalBytes: manifest.rawBytes, chunksDone: 0, chunks: manifest.chunks.length };
  options.onProgress?.({ phase: 'fetching', ...progress });
  await feed(child, fetchChunks(options.storage, options.folder, manifest.chunks, {
    concurrency: options.concurrency ?? 3, signal: options.signal,
    onFetched: (chunk) => {
      progress.rawBytes += chunk.rawBytes;
      progress.chunksDone++;
      options.onProgress?.({ phase: 'fetching', ...progress });
    },
  }));
  if (progress.chunksDone !== manifest.chunks.length) {
    throw new VtrewindError({ code: 'VTR0404', grpc: 'DATA_LOSS', message: `only ${progress.chunksDone} of ${manifest.chunks.length} chunks of ${options.folder} were unpacked` });
  }
}

/** Files are opened by a server of the same flavour: MariaDB of the same series (they are prepared by its own mariadb-backup), MySQL of the same or a newer one. */
function checkServerCanOpen(manifest: BackupManifest, binary: ServerBinary): void {
  const series = (n: number) => Math.floor(n / 100);
  const { flavour, versionNumber, version } = manifest.server;
  const can = flavour === binary.flavour && (flavour === 'mariadb' ? series(versionNumber) === series(binary.versionNumber) : series(versionNumber) <= series(binary.versionNumber));
  if (can) return;
  throw new VtrewindError({
    code: 'VTR0413', grpc: 'FAILED_PRECONDITION', message: `a backup of ${flavour} ${version} can't be opened by ${binary.flavour} ${binary.version}`,
    hint: `name a ${flavour} ${version} server with --mysqld`,
  });
}

/** mariadb-backup's own notes; what they say is in the manifest, and a data directory has no place for them. */
async function removeNotes(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (/^(xtrabackup|mariadb_backup)_/.test(name) || name === 'backup-my.cnf') await rm(join(folder, name), { force: true });
  }
}

async function companion(binary: ServerBinary, ...names: readonly string[]): Promise<string> {
  const found = await findCompanion(binary, ...names);
  if (found === undefined) throw new VtrewindError({ code: 'VTR0407', grpc: 'FAILED_PRECONDITION', message: `${names[0]} is not installed`, hint: 'install the package mariadb-backup' });
  return found;
}
