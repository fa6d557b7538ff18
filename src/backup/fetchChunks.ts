import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { crc32, zstdDecompress } from 'node:zlib';
import { VtrewindError } from '../base/errors.ts';
import type { Storage } from '../storage/storage.ts';
import type { ChunkRecord } from './backupManifest.ts';

const decompress = promisify(zstdDecompress);

export interface FetchOptions {
  /** Chunks fetched ahead of the reader. */
  readonly concurrency: number;
  readonly signal?: AbortSignal;
  readonly onFetched?: (chunk: ChunkRecord) => void;
}

/**
 * The stream that was backed up, in order: each chunk is fetched, its size and hash compared with the manifest, decompressed and its checksum compared again.
 * Nothing unverified is ever yielded. Throws VTR0404 (grpc DATA_LOSS) at the first chunk that is absent or differs.
 */
export async function* fetchChunks(storage: Storage, folder: string, chunks: readonly ChunkRecord[], options: FetchOptions): AsyncGenerator<Buffer> {
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const ahead: Promise<Buffer>[] = [];
  let next = 0;
  const startNext = () => {
    const chunk = chunks[next++];
    if (chunk === undefined) return;
    const work = fetchChunk(storage, folder, chunk, signal);
    // The reader may leave before it gets here; the failure is then that of the reader.
    work.catch(() => undefined);
    ahead.push(work);
  };
  try {
    for (let i = 0; i < options.concurrency; i++) startNext();
    for (const chunk of chunks) {
      signal.throwIfAborted();
      const raw = await ahead.shift();
      if (raw === undefined) return;
      startNext();
      yield raw;
      options.onFetched?.(chunk);
    }
  } finally {
    stop.abort();
    await Promise.allSettled(ahead);
  }
}

async function fetchChunk(storage: Storage, folder: string, chunk: ChunkRecord, signal: AbortSignal): Promise<Buffer> {
  const damaged = (why: string, cause?: unknown) => new VtrewindError({
    code: 'VTR0404', grpc: 'DATA_LOSS', cause, message: `${folder}${chunk.name} in ${storage.url} is damaged: ${why}`,
    hint: 'vtrewind backup verify shows which backups are whole',
  });
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of await storage.get(`${folder}${chunk.name}`, undefined, signal)) {
      bytes += (part as Buffer).length;
      if (bytes > chunk.bytes) throw damaged(`longer than the ${chunk.bytes} bytes of the manifest`);
      parts.push(part as Buffer);
    }
  } catch (error) {
    if (error instanceof VtrewindError && error.grpc === 'NOT_FOUND') throw damaged('it is missing', error);
    throw error;
  }
  const stored = Buffer.concat(parts, bytes);
  if (bytes !== chunk.bytes) throw damaged(`${bytes} bytes instead of ${chunk.bytes}`);
  if (createHash('sha256').update(stored).digest('hex') !== chunk.sha256) throw damaged('its hash differs from the manifest');
  let raw: Buffer;
  try {
    raw = chunk.rawBytes === 0 ? Buffer.alloc(0) : await decompress(stored, { maxOutputLength: chunk.rawBytes });
  } catch (error) {
    throw damaged('it can not be decompressed', error);
  }
  if (raw.length !== chunk.rawBytes || crc32(raw) !== chunk.rawCrc32) throw damaged('its content differs from the manifest');
  return raw;
}
