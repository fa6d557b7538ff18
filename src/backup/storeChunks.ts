import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, crc32, zstdCompress } from 'node:zlib';
import { VtrewindError } from '../base/errors.ts';
import type { Storage } from '../storage/storage.ts';
import { chunkName } from './backupLayout.ts';
import type { ChunkRecord, StoredPart } from './backupManifest.ts';

const compress = promisify(zstdCompress);

export interface StoreOptions {
  /** Chunks in work at once; each holds its raw and its compressed bytes. 1 to 64. */
  readonly concurrency: number;
  /** 64 KiB to 1 GiB. Memory is bounded by about `2 × chunkBytes × (concurrency + 1)`. */
  readonly chunkBytes: number;
  /** zstd's 1 to 19. */
  readonly level: number;
  readonly signal?: AbortSignal;
  readonly onStored?: (chunk: ChunkRecord) => void;
}

/**
 * Cuts a byte stream into chunks, compresses each as a zstd frame of its own (so that `cat data.*.zst | zstd -d` is the stream again), stores it, reads it
 * back and compares. The records are made of what came back. Back-pressure: no more than `concurrency` chunks are in work, else the source waits.
 */
export async function storeChunks(source: AsyncIterable<Buffer>, storage: Storage, folder: string, options: StoreOptions): Promise<ChunkRecord[]> {
  const records: ChunkRecord[] = [];
  const working = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  try {
    for await (const raw of cut(source, options.chunkBytes)) {
      signal.throwIfAborted();
      while (working.size >= options.concurrency && failure === undefined) await Promise.race(working);
      if (failure !== undefined) break;
      const index = records.length;
      const placeholder = { name: chunkName(index), bytes: 0, sha256: '', rawBytes: 0, rawCrc32: 0 };
      records.push(placeholder);
      const work = storeChunk(raw, index, storage, folder, options.level, signal).then(
        (record) => {
          records[index] = record;
          options.onStored?.(record);
        },
        (error: unknown) => {
          failure ??= { error };
        },
      ).finally(() => working.delete(work));
      working.add(work);
    }
  } catch (error) {
    failure ??= { error };
  }
  if (failure !== undefined) stop.abort();
  await Promise.all(working);
  if (failure !== undefined) throw failure.error;
  return records;
}

async function storeChunk(raw: Buffer, index: number, storage: Storage, folder: string, level: number, signal: AbortSignal): Promise<ChunkRecord> {
  const compressed = await compress(raw, { params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 } });
  const stored = await storeVerified(storage, folder, chunkName(index), compressed, signal);
  return { ...stored, rawBytes: raw.length, rawCrc32: crc32(raw) };
}

/** Stores an object and reads it back; the answer describes what came back. Throws VTR0403 when that is not what was sent. */
export async function storeVerified(storage: Storage, folder: string, name: string, body: Buffer, signal?: AbortSignal): Promise<StoredPart> {
  const sent = createHash('sha256').update(body).digest('hex');
  await storage.put(`${folder}${name}`, body, signal);
  const back = await hashStored(storage, `${folder}${name}`, signal);
  if (back.bytes !== body.length || back.sha256 !== sent) {
    throw new VtrewindError({
      code: 'VTR0403', grpc: 'DATA_LOSS',
      message: `${storage.url} gave back other bytes for ${folder}${name} than were stored (${back.bytes} of ${body.length} bytes); the backup is given up`,
      hint: 'look at the storage and its network, then back up again',
    });
  }
  return { name, ...back };
}

/** Size and hash of an object as storage has it, streamed. */
export async function hashStored(storage: Storage, key: string, signal?: AbortSignal): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const part of await storage.get(key, undefined, signal)) {
    hash.update(part as Buffer);
    bytes += (part as Buffer).length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** The same bytes in pieces of exactly `size`, the last one shorter. An empty source gives one empty piece, so that a stream is never nothing. */
async function* cut(source: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  let piece = Buffer.allocUnsafeSlow(size);
  let filled = 0;
  let pieces = 0;
  for await (const part of source) {
    let taken = 0;
    while (taken < part.length) {
      const n = part.copy(piece, filled, taken);
      taken += n;
      filled += n;
      if (filled === size) {
        yield piece;
        pieces++;
        piece = Buffer.allocUnsafeSlow(size);
        filled = 0;
      }
    }
  }
  if (filled > 0 || pieces === 0) yield piece.subarray(0, filled);
}
