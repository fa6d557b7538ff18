import { VtrewindError } from '../base/errors.ts';
import { type Micros, parseMicros } from '../base/time.ts';
import type { Storage } from '../storage/storage.ts';
import { manifestName, parseBackupName, shardFolder } from './backupLayout.ts';
import { type BackupManifest, decodeManifest } from './backupManifest.ts';

/** A manifest larger than this is none; at about 200 bytes a chunk it covers 5 TB of 16 MiB chunks. */
const manifestMaxBytes = 64 << 20;

/**
 * A backup as storage shows it. `complete`: a good manifest, and every object it names is there in the right size (contents are proved by
 * {@link verifyBackup} and again while restoring). `incomplete`: no manifest, still being made or given up. `damaged`: says why.
 */
export type BackupState = 'complete' | 'incomplete' | 'damaged';

export interface BackupSummary {
  readonly keyspace: string;
  readonly shard: string;
  readonly name: string;
  /** `<keyspace>/<shard>/<name>/` */
  readonly folder: string;
  readonly startedAt: Micros;
  readonly tabletAlias: string;
  readonly state: BackupState;
  readonly storedBytes: number;
  readonly manifest?: BackupManifest;
  readonly damage?: string;
}

/** All backups of a shard, oldest first, whatever their state. */
export async function listBackups(storage: Storage, keyspace: string, shard: string, signal?: AbortSignal): Promise<BackupSummary[]> {
  const base = shardFolder(keyspace, shard);
  const found = new Map<string, Map<string, number>>();
  for await (const object of storage.list(base, signal)) {
    const [name, file, ...deeper] = object.key.slice(base.length).split('/');
    if (name === undefined || file === undefined || deeper.length > 0 || parseBackupName(name) === undefined) continue;
    let files = found.get(name);
    if (files === undefined) found.set(name, (files = new Map()));
    files.set(file, object.bytes);
  }
  const backups: BackupSummary[] = [];
  for (const [name, files] of found) backups.push(await summarise(storage, keyspace, shard, name, files, signal));
  return backups.sort((a, b) => a.startedAt - b.startedAt || (a.name < b.name ? -1 : 1));
}

async function summarise(storage: Storage, keyspace: string, shard: string, name: string, files: ReadonlyMap<string, number>, signal?: AbortSignal): Promise<BackupSummary> {
  const folder = `${shardFolder(keyspace, shard)}${name}/`;
  const parsed = parseBackupName(name) ?? { startedAt: 0, tabletAlias: '' };
  const summary = { keyspace, shard, name, folder, ...parsed, storedBytes: [...files.values()].reduce((sum, n) => sum + n, 0) };
  if (!files.has(manifestName)) return { ...summary, state: 'incomplete' };
  try {
    const manifest = await readManifest(storage, folder, signal);
    for (const [field, value] of [['keyspace', keyspace], ['shard', shard], ['name', name]] as const) {
      if (manifest[field] !== value) return { ...summary, state: 'damaged', damage: `its manifest is that of ${field} ${manifest[field]}` };
    }
    for (const part of [...manifest.chunks, manifest.schema]) {
      const bytes = files.get(part.name);
      if (bytes === undefined) return { ...summary, state: 'damaged', manifest, damage: `${part.name} is missing` };
      if (bytes !== part.bytes) return { ...summary, state: 'damaged', manifest, damage: `${part.name} has ${bytes} bytes instead of ${part.bytes}` };
    }
    return { ...summary, startedAt: parseMicros(manifest.startedAt), state: 'complete', manifest };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof VtrewindError && (error.grpc === 'DATA_LOSS' || error.grpc === 'NOT_FOUND')) return { ...summary, state: 'damaged', damage: error.message };
    throw error;
  }
}

/** Throws VTR0402 when it is damaged. */
export async function readManifest(storage: Storage, folder: string, signal?: AbortSignal): Promise<BackupManifest> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of await storage.get(`${folder}${manifestName}`, undefined, signal)) {
    bytes += (part as Buffer).length;
    if (bytes > manifestMaxBytes) throw new VtrewindError({ code: 'VTR0402', grpc: 'DATA_LOSS', message: `the manifest of backup ${folder} is larger than ${manifestMaxBytes} bytes` });
    parts.push(part as Buffer);
  }
  return decodeManifest(Buffer.concat(parts, bytes), folder);
}
