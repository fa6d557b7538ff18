/**
 * The topology store as Vitess lays it out: values are Vitess protobufs, byte for byte, at Vitess paths.
 * One `TopoServer` is one root (the global one, or a cell's); paths are relative to it and use `/`.
 * Implementations: `etcd.ts` (etcd 3.4 and newer), `embedded.ts` (file-backed, in process).
 */
export interface TopoServer {
  /** Undefined when there is no such key. */
  get(path: string, signal?: AbortSignal): Promise<TopoValue | undefined>;
  /** Every key under `prefix` (a path prefix ending in `/`, or '' for all), in byte order, with values. */
  list(prefix: string, signal?: AbortSignal): Promise<readonly TopoEntry[]>;
  /** Throws VtrewindError NODE_EXISTS (grpc ALREADY_EXISTS) when the key exists. Returns the version. */
  create(path: string, value: Uint8Array): Promise<TopoVersion>;
  /** Compare-and-set. `version` undefined: write whatever is there (create or replace). A changed version: BAD_VERSION (grpc FAILED_PRECONDITION). */
  update(path: string, value: Uint8Array, version?: TopoVersion): Promise<TopoVersion>;
  /** `version` undefined: delete whatever is there. Missing: NO_NODE (grpc NOT_FOUND). */
  delete(path: string, version?: TopoVersion): Promise<void>;
  /**
   * Follows every key under `prefix` when it is '' or ends in `/`, else the one key equal to it. First yields `{type:'snapshot'}` with all that is there, then changes in
   * order. After a lost connection it goes on from where it was; after a compaction it yields a new `snapshot` (consumers take deletions from it).
   * Yields `{type:'disconnected'}` once when the store is out of reach, keeps trying, and yields `{type:'connected'}` when it goes on; ends only by `signal`.
   */
  watch(prefix: string, signal: AbortSignal): AsyncIterable<TopoEvent>;
  /**
   * Takes the lock of a directory the way Vitess does (keys under `<dir>/locks/`, value = JSON of the action), waiting for its turn.
   * The lease is kept alive until `release`; `lost` aborts when it could not be.
   */
  lock(directory: string, action: string, options?: { readonly ttlSeconds?: number; readonly timeoutMs?: number; readonly signal?: AbortSignal }): Promise<TopoLock>;
  close(): Promise<void>;
}

/** Opaque to callers; equal strings mean an unchanged value. */
export type TopoVersion = string;
export interface TopoValue { readonly value: Uint8Array; readonly version: TopoVersion }
export interface TopoEntry extends TopoValue { readonly path: string }
export type TopoEvent =
  | { readonly type: 'snapshot'; readonly entries: readonly TopoEntry[] }
  | { readonly type: 'put'; readonly entry: TopoEntry }
  | { readonly type: 'delete'; readonly path: string }
  | { readonly type: 'disconnected'; readonly error: Error }
  | { readonly type: 'connected' };
export interface TopoLock {
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** The topology of a cluster: the global root and each cell's, opened on demand through its CellInfo record. */
export interface Topology {
  readonly global: TopoServer;
  /** Throws NO_NODE when the cell has no CellInfo. */
  cell(name: string): Promise<TopoServer>;
  close(): Promise<void>;
}
