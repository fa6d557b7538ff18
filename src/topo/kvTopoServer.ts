import { delay } from '../base/wait.ts';
import { type KvBackend, type KvRange, prefixRange } from './kvBackend.ts';
import { acquireLock } from './kvLock.ts';
import { topoError } from './topoErrors.ts';
import type { TopoEntry, TopoEvent, TopoLock, TopoServer, TopoValue, TopoVersion } from './topoServer.ts';

/** Pause between attempts to set a watch again: doubles from the first to the second figure. */
const watchRetryMs = { first: 50, longest: 2_000 };
/** Etcd refuses requests past 1.5 MiB by default; a record close to that is a mistake anyway. */
const maxValueBytes = 1_400_000;

/** `TopoServer` over any store with etcd's model. A version is the key's mod revision in decimal, as Vitess uses it. */
export class KvTopoServer implements TopoServer {
  readonly #backend: KvBackend;
  readonly #root: string;
  readonly #owned: boolean;

  /** `root` as Vitess gives it (`/vitess/global`). `ownsBackend`: closing this closes the backend too. */
  constructor(backend: KvBackend, root: string, ownsBackend: boolean) {
    this.#backend = backend;
    this.#root = root.replace(/\/+$/, '');
    this.#owned = ownsBackend;
  }

  #key(path: string): string {
    return `${this.#root}/${path}`;
  }
  #path(key: string): string {
    return key.slice(this.#root.length + 1);
  }
  #range(prefix: string): KvRange {
    return prefix === '' || prefix.endsWith('/') ? prefixRange(this.#key(prefix)) : { key: this.#key(prefix) };
  }

  async get(path: string, signal?: AbortSignal): Promise<TopoValue | undefined> {
    const { entries } = await this.#backend.range({ key: this.#key(path) }, undefined, signal);
    const entry = entries[0];
    return entry === undefined ? undefined : { value: entry.value, version: entry.modRevision.toString() };
  }

  async list(prefix: string, signal?: AbortSignal): Promise<readonly TopoEntry[]> {
    const { entries } = await this.#backend.range(prefixRange(this.#key(prefix)), undefined, signal);
    return entries.map((e) => ({ path: this.#path(e.key), value: e.value, version: e.modRevision.toString() }));
  }

  async create(path: string, value: Uint8Array): Promise<TopoVersion> {
    const key = this.#key(path);
    checkSize(path, value);
    const done = await this.#backend.transact([{ key, is: 'absent' }], [{ type: 'put', key, value }]);
    if (!done.succeeded) throw topoError('nodeExists', `${key} exists already`);
    return done.revision.toString();
  }

  async update(path: string, value: Uint8Array, version?: TopoVersion): Promise<TopoVersion> {
    const key = this.#key(path);
    checkSize(path, value);
    const guards = version === undefined ? [] : [{ key, is: 'unchanged', modRevision: BigInt(version) } as const];
    const done = await this.#backend.transact(guards, [{ type: 'put', key, value }]);
    if (!done.succeeded) throw await this.#changed(key, path);
    return done.revision.toString();
  }

  async delete(path: string, version?: TopoVersion): Promise<void> {
    const key = this.#key(path);
    const guard = version === undefined ? ({ key, is: 'present' } as const) : ({ key, is: 'unchanged', modRevision: BigInt(version) } as const);
    const done = await this.#backend.transact([guard], [{ type: 'delete', key }]);
    if (!done.succeeded) throw await this.#changed(key, path);
  }

  async #changed(key: string, path: string): Promise<Error> {
    if ((await this.get(path)) === undefined) return topoError('noNode', `${key} does not exist`);
    return topoError('badVersion', `${key} was changed by someone else meanwhile`, { hint: 'read it again and decide anew' });
  }

  async *watch(prefix: string, signal: AbortSignal): AsyncIterable<TopoEvent> {
    const range = this.#range(prefix);
    let revision: bigint | undefined;
    let down = false;
    let pauseMs = watchRetryMs.first;
    while (!signal.aborted) {
      try {
        if (revision === undefined) {
          const listed = await this.#backend.range(range, undefined, signal);
          revision = listed.revision;
          if (down) yield { type: 'connected' };
          down = false;
          yield { type: 'snapshot', entries: listed.entries.map((e) => ({ path: this.#path(e.key), value: e.value, version: e.modRevision.toString() })) };
        }
        for await (const batch of this.#backend.watch(range, revision + 1n, signal)) {
          if (batch.type === 'compacted') {
            revision = undefined;
            break;
          }
          pauseMs = watchRetryMs.first;
          if (batch.type === 'created') {
            // A store that stands before what was seen was put back from a copy: what is known here is not its past.
            if (batch.revision < revision) {
              revision = undefined;
              break;
            }
            if (down) yield { type: 'connected' };
            down = false;
            continue;
          }
          for (const event of batch.events) {
            yield event.type === 'delete'
              ? { type: 'delete', path: this.#path(event.key) }
              : { type: 'put', entry: { path: this.#path(event.entry.key), value: event.entry.value, version: event.entry.modRevision.toString() } };
          }
          revision = batch.revision;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!down) yield { type: 'disconnected', error: error instanceof Error ? error : new Error(String(error)) };
        down = true;
        try {
          await delay(pauseMs, signal);
        } catch {
          return; // aborted while waiting: the way a watch ends
        }
        pauseMs = Math.min(pauseMs * 2, watchRetryMs.longest);
      }
    }
  }

  lock(directory: string, action: string, options: { readonly ttlSeconds?: number; readonly timeoutMs?: number; readonly signal?: AbortSignal } = {}): Promise<TopoLock> {
    return acquireLock(this.#backend, this.#key(directory), action, options);
  }

  async close(): Promise<void> {
    if (this.#owned) await this.#backend.close();
  }
}

function checkSize(path: string, value: Uint8Array): void {
  if (value.length > maxValueBytes) throw topoError('limit', `${path}: ${value.length} bytes are more than a topology record may have (${maxValueBytes})`);
}
