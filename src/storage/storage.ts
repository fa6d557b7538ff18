import type { Readable } from 'node:stream';

/**
 * Where backups and archives live. Keys are `/`-separated, byte-ordered, without leading slash, `.` or `..` parts.
 * Implementations: `file` now; `s3`, `gcs`, `azure` behind the same contract suite (`storage.contract.ts`).
 */
export interface Storage {
  /** For messages: the URL it was opened with, without secrets. */
  readonly url: string;
  /** Atomic: the object is visible whole (and durable) when the promise resolves, or not at all. Replaces an object of the same key. Returns the bytes written. */
  put(key: string, body: Buffer | Readable, signal?: AbortSignal): Promise<number>;
  /** The object's bytes, or those of `[start, start+length)` cut at its end. Throws VTR0221 (grpc NOT_FOUND) when absent. */
  get(key: string, range?: { readonly start: number; readonly length?: number }, signal?: AbortSignal): Promise<Readable>;
  /** All objects whose key starts with `prefix`, in byte order of their keys. */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<StoredObject>;
  /** Removing what is not there is no error. */
  delete(key: string, signal?: AbortSignal): Promise<void>;
}
export interface StoredObject { readonly key: string; readonly bytes: number }
