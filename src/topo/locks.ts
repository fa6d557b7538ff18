import { paths } from './paths.ts';
import type { Topology } from './topoServer.ts';

/** How long an action waits for its turn, and the action's own signal. */
export interface LockOptions { readonly timeoutMs?: number; readonly signal?: AbortSignal }

/**
 * Runs `work` under the lock of the keyspace, as vtctld does: an action is named as Vitess names it. `work` gets a signal that aborts when
 * the lock is lost: it must write nothing after that.
 */
export function withKeyspaceLock<T>(topo: Topology, keyspace: string, action: string, work: (signal: AbortSignal) => Promise<T>, options?: LockOptions): Promise<T> {
  return withLock(topo, paths.keyspaceDirectory(keyspace), action, work, options);
}

/** The same for one shard: primaries change only under this lock. */
export function withShardLock<T>(topo: Topology, keyspace: string, shard: string, action: string, work: (signal: AbortSignal) => Promise<T>, options?: LockOptions): Promise<T> {
  return withLock(topo, paths.shardDirectory(keyspace, shard), action, work, options);
}

async function withLock<T>(topo: Topology, directory: string, action: string, work: (signal: AbortSignal) => Promise<T>, options: LockOptions = {}): Promise<T> {
  const lock = await topo.global.lock(directory, action, options);
  let result: T;
  try {
    result = await work(options.signal === undefined ? lock.lost : AbortSignal.any([lock.lost, options.signal]));
    lock.lost.throwIfAborted();
  } catch (error) {
    await lock.release().catch(() => undefined); // its lease ends by itself; the first error is the one to tell
    throw error;
  }
  await lock.release();
  return result;
}
