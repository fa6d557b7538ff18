import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { Readable } from 'node:stream';
import type { Storage, StoredObject } from './storage.ts';
import { badKey, objectNotFound, storageFailed } from './storageError.ts';
import { checkKey, checkPrefix, reservedPrefix } from './storageKey.ts';

const temporaryFolder = `${reservedPrefix}tmp`;
/** Files whose sizes are asked for side by side while listing. */
const statAtOnce = 64;
/** A temporary file this old belongs to a writer that is gone. */
const staleTemporaryMs = 24 * 60 * 60 * 1000;

/**
 * Objects as files under one folder. `put` writes a temporary file on the same file system, syncs it, renames it and syncs the folders it changed: after
 * a crash of process or machine the object is there whole or not at all. Needs a file system that keeps rename atomic and fsync honest (local disks, NFSv4, CephFS).
 */
export class FileStorage implements Storage {
  readonly url: string;
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
    this.url = `file://${root}`;
  }

  /** Makes the folder when it is not there and removes temporary files that crashed writers left more than a day ago. `root` is absolute. */
  static async open(root: string): Promise<FileStorage> {
    const clean = root.length > 1 && root.endsWith('/') ? root.replace(/\/+$/, '') : root;
    const storage = new FileStorage(clean);
    const temporary = join(clean, temporaryFolder);
    try {
      await mkdir(temporary, { recursive: true });
      for (const name of await readdir(temporary)) {
        const path = join(temporary, name);
        const info = await stat(path).catch(ifMissing(undefined));
        if (info !== undefined && Date.now() - info.mtimeMs > staleTemporaryMs) await rm(path, { force: true });
      }
    } catch (cause) {
      throw storageFailed('open', storage.url, '', cause);
    }
    return storage;
  }

  #path(key: string): string {
    checkKey(key);
    return join(this.#root, ...key.split('/'));
  }

  async put(key: string, body: Buffer | Readable, signal?: AbortSignal): Promise<number> {
    const target = this.#path(key);
    const temporary = join(this.#root, temporaryFolder, `${process.pid}-${randomUUID()}`);
    let file: FileHandle | undefined;
    try {
      signal?.throwIfAborted();
      file = await open(temporary, 'wx', 0o640);
      const bytes = await writeBody(file, body, signal);
      await file.sync();
      await file.close();
      file = undefined;
      signal?.throwIfAborted();
      await makeFolders(this.#root, dirname(target));
      await rename(temporary, target);
      await syncFolder(dirname(target));
      return bytes;
    } catch (cause) {
      if (body instanceof Readable) body.destroy();
      await file?.close().catch(() => undefined); // the first error is the one to report
      await rm(temporary, { force: true }).catch(() => undefined);
      if (signal?.aborted && cause === signal.reason) throw cause;
      throw codeOf(cause) === 'EISDIR' || codeOf(cause) === 'ENOTDIR' || codeOf(cause) === 'EEXIST' || codeOf(cause) === 'ENOTEMPTY'
        ? badKey(key, 'it is the folder of other keys, or another key is its folder')
        : storageFailed('put', this.url, key, cause);
    }
  }

  async get(key: string, range?: { readonly start: number; readonly length?: number }, signal?: AbortSignal): Promise<Readable> {
    const path = this.#path(key);
    if (range !== undefined && (range.start < 0 || (range.length ?? 0) < 0)) throw storageFailed('get', this.url, key, new RangeError('a negative range'));
    let file: FileHandle;
    try {
      signal?.throwIfAborted();
      file = await open(path, 'r');
      if (!(await file.stat()).isFile()) {
        await file.close();
        throw objectNotFound(this.url, key);
      }
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR') throw objectNotFound(this.url, key, cause);
      if (codeOf(cause) === 'VTR0221' || (signal?.aborted && cause === signal.reason)) throw cause;
      throw storageFailed('get', this.url, key, cause);
    }
    if (range?.length === 0) {
      await file.close();
      return Readable.from([]);
    }
    return file.createReadStream({
      start: range?.start ?? 0, highWaterMark: 256 * 1024, ...(range?.length === undefined ? {} : { end: range.start + range.length - 1 }),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<StoredObject, void, void> {
    checkPrefix(prefix);
    const slash = prefix.lastIndexOf('/');
    const folder = slash < 0 ? '' : prefix.slice(0, slash + 1);
    yield* this.#walk(folder, prefix, signal);
  }

  /** Objects under `folder` ('' or ending in a slash) that start with `prefix`. A folder sorts as its name with a slash behind it, as its keys do. */
  async *#walk(folder: string, prefix: string, signal?: AbortSignal): AsyncGenerator<StoredObject, void, void> {
    signal?.throwIfAborted();
    const entries = await readdir(join(this.#root, ...folder.split('/')), { withFileTypes: true }).catch(ifMissing([]));
    const keyed: { readonly key: string; readonly bytes: Buffer; readonly isFolder: boolean }[] = [];
    for (const entry of entries) {
      if (entry.name.startsWith(reservedPrefix)) continue;
      const isFolder = entry.isDirectory();
      if (!isFolder && !entry.isFile()) continue;
      const key = `${folder}${entry.name}${isFolder ? '/' : ''}`;
      if (!key.startsWith(prefix) && !(isFolder && prefix.startsWith(key))) continue;
      keyed.push({ key, bytes: Buffer.from(key), isFolder });
    }
    keyed.sort((a, b) => Buffer.compare(a.bytes, b.bytes));
    for (let at = 0; at < keyed.length; at += statAtOnce) {
      const batch = keyed.slice(at, at + statAtOnce);
      const sizes = await Promise.all(
        batch.map(async ({ key, isFolder }) => (isFolder ? undefined : (await stat(join(this.#root, ...key.split('/'))).catch(ifMissing(undefined)))?.size)),
      );
      for (const [i, { key, isFolder }] of batch.entries()) {
        const bytes = sizes[i];
        if (isFolder) yield* this.#walk(key, prefix, signal);
        else if (bytes !== undefined) yield { key, bytes };
      }
    }
  }

  async delete(key: string, signal?: AbortSignal): Promise<void> {
    const path = this.#path(key);
    signal?.throwIfAborted();
    try {
      await unlink(path);
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR' || codeOf(cause) === 'EISDIR') return;
      throw storageFailed('delete', this.url, key, cause);
    }
    await syncFolder(dirname(path)).catch(ifMissing(undefined));
  }
}

async function writeBody(file: FileHandle, body: Buffer | Readable, signal: AbortSignal | undefined): Promise<number> {
  if (Buffer.isBuffer(body)) {
    await file.writeFile(body);
    return body.length;
  }
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer | string>) {
    signal?.throwIfAborted();
    const piece = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    for (let at = 0; at < piece.length; ) at += (await file.write(piece, at, piece.length - at)).bytesWritten;
    bytes += piece.length;
  }
  return bytes;
}

/** Makes `folder` below `root`, syncing every folder that gained an entry. */
async function makeFolders(root: string, folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let at = dirname(folder); at.length >= dirname(first).length && (at === root || at.startsWith(root + sep) || at.length >= root.length); at = dirname(at)) {
    await syncFolder(at);
    if (at === dirname(first) || at === dirname(at)) break;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function ifMissing<T>(answer: T): (error: unknown) => T {
  return (error) => {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return answer;
    throw error;
  };
}
