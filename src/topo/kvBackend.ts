/**
 * What a topology needs from a store: the part of etcd's model that it uses. `kvTopoServer.ts` builds `TopoServer` on it once,
 * for etcd (`etcd.ts`) and for the store in this process (`embeddedStore.ts`) alike. Keys are absolute.
 */
export interface KvBackend {
  /** For messages: where the store is. */
  readonly description: string;
  range(range: KvRange, options?: RangeOptions, signal?: AbortSignal): Promise<RangeResult>;
  /**
   * All of `writes` when every guard holds, else nothing; never tried twice when it may have happened. With a failed guard `succeeded` is false.
   * An UNAVAILABLE error means that the outcome is unknown unless the error's message says that nothing was sent.
   */
  transact(guards: readonly Guard[], writes: readonly Write[]): Promise<{ readonly succeeded: boolean; readonly revision: bigint }>;
  /** Changes from `fromRevision` on, in order. Throws when the store goes away; ends by `signal`. Pull-driven: a slow consumer holds no queue. */
  watch(range: KvRange, fromRevision: bigint, signal: AbortSignal): AsyncIterable<WatchBatch>;
  /** The store picks the id, a positive 63-bit number. */
  grantLease(ttlSeconds: number): Promise<bigint>;
  /** Seconds left after renewal; 0 when the lease is gone. */
  keepLease(lease: bigint): Promise<number>;
  /** Deletes every key of the lease. A lease that is gone already is no error. */
  revokeLease(lease: bigint): Promise<void>;
  close(): Promise<void>;
}

/** Without `end` the one key; else keys from `key` up to but not including `end`. */
export interface KvRange { readonly key: string; readonly end?: string }
export interface RangeOptions {
  /** Only entries created at or before this revision. */
  readonly maxCreateRevision?: bigint;
}
export interface KvEntry {
  readonly key: string;
  readonly value: Buffer;
  readonly createRevision: bigint;
  readonly modRevision: bigint;
}
/** `revision` is the store's as it was when read; entries are in byte order of their keys. */
export interface RangeResult { readonly revision: bigint; readonly entries: readonly KvEntry[] }

export type Guard =
  | { readonly key: string; readonly is: 'absent' | 'present' }
  | { readonly key: string; readonly is: 'unchanged'; readonly modRevision: bigint };
export type Write =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array; readonly lease?: bigint }
  | { readonly type: 'delete'; readonly key: string };

export type WatchBatch =
  /** The watch is set; `revision` is the store's now. */
  | { readonly type: 'created'; readonly revision: bigint }
  | { readonly type: 'events'; readonly revision: bigint; readonly events: readonly KvEvent[] }
  /** What was asked for is no longer kept: list again. */
  | { readonly type: 'compacted' };
export type KvEvent = { readonly type: 'put'; readonly entry: KvEntry } | { readonly type: 'delete'; readonly key: string };

/** The range of all keys that start with `prefix` (not empty, ASCII at its end). */
export function prefixRange(prefix: string): KvRange {
  return { key: prefix, end: prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1) };
}

/** Byte order of UTF-8, which is what etcd sorts by; JavaScript's own order differs past the basic plane. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
