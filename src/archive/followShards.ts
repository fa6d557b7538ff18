import type { Log } from '../base/log.ts';
import { decodeRecord, formatTabletAlias, paths, type TopoEntry, type Topology } from '../topo/index.ts';
import { Keyspace, KeyspaceType, Shard } from '../vitess/gen/topodata.ts';

export interface ShardName { readonly keyspace: string; readonly shard: string }

/** What changed among the shards to archive. */
export interface ShardChanges {
  added(shard: ShardName): void;
  removed(shard: ShardName): void;
  /** Its record names another primary, or a new term of the same. */
  primaryChanged(shard: ShardName): void;
}

const shardPath = /^keyspaces\/([^/]+)\/shards\/([^/]+)\/Shard$/;
const keyspacePath = /^keyspaces\/([^/]+)\/Keyspace$/;

/** Follows the Keyspace and Shard records by watch until the signal aborts: every shard of a normal keyspace is to be archived. Ends by the signal only. */
export async function followShards(topology: Topology, only: readonly string[] | undefined, changes: ShardChanges, log: Log, signal: AbortSignal): Promise<void> {
  const view = new ShardView(only, changes, log);
  for await (const event of topology.global.watch(paths.keyspaces, signal)) {
    switch (event.type) {
      case 'snapshot': view.replace(event.entries); break;
      case 'put': view.put(event.entry); break;
      case 'delete': view.delete(event.path); break;
      case 'disconnected': log.warn({ event: 'topology_away', error: event.error.message }, 'the topology is out of reach; archiving goes on with what was known'); break;
      default:
    }
  }
}

class ShardView {
  readonly #only: ReadonlySet<string> | undefined;
  readonly #changes: ShardChanges;
  readonly #log: Log;
  /** Whether a keyspace is a normal one. */
  readonly #normal = new Map<string, boolean>();
  /** Shard records by path: what tells one primary's term from another. */
  readonly #terms = new Map<string, string>();
  readonly #archived = new Map<string, ShardName>();

  constructor(only: readonly string[] | undefined, changes: ShardChanges, log: Log) {
    this.#only = only === undefined ? undefined : new Set(only);
    this.#changes = changes;
    this.#log = log;
  }

  replace(entries: readonly TopoEntry[]): void {
    const there = new Set(entries.map((entry) => entry.path));
    for (const path of [...this.#terms.keys(), ...[...this.#normal.keys()].map((name) => paths.keyspace(name))]) if (!there.has(path)) this.#forget(path);
    for (const entry of entries) this.#take(entry);
    this.#settle();
  }

  put(entry: TopoEntry): void {
    this.#take(entry);
    this.#settle();
  }

  delete(path: string): void {
    this.#forget(path);
    this.#settle();
  }

  #take(entry: TopoEntry): void {
    const keyspace = keyspacePath.exec(entry.path);
    const shard = shardPath.exec(entry.path);
    try {
      if (keyspace?.[1] !== undefined) this.#normal.set(keyspace[1], decodeRecord(entry.path, entry.value, Keyspace).keyspaceType === KeyspaceType.NORMAL);
      if (shard !== null) this.#takeShard(entry, { keyspace: shard[1] ?? '', shard: shard[2] ?? '' });
    } catch (error) {
      this.#log.error({ event: 'record_unreadable', path: entry.path, error: String(error) }, 'a topology record cannot be read');
    }
  }

  #takeShard(entry: TopoEntry, name: ShardName): void {
    const record = decodeRecord(entry.path, entry.value, Shard);
    const term = `${record.primaryAlias === undefined ? '' : formatTabletAlias(record.primaryAlias)} ${record.primaryTermStartTime?.seconds ?? ''}.${record.primaryTermStartTime?.nanoseconds ?? ''}`;
    const before = this.#terms.get(entry.path);
    this.#terms.set(entry.path, term);
    if (before !== undefined && before !== term && this.#archived.has(entry.path)) this.#changes.primaryChanged(name);
  }

  #forget(path: string): void {
    this.#terms.delete(path);
    const keyspace = keyspacePath.exec(path)?.[1];
    if (keyspace !== undefined) this.#normal.delete(keyspace);
  }

  #settle(): void {
    for (const path of this.#terms.keys()) {
      const m = shardPath.exec(path);
      const name = { keyspace: m?.[1] ?? '', shard: m?.[2] ?? '' };
      const wanted = this.#normal.get(name.keyspace) === true && (this.#only === undefined || this.#only.has(name.keyspace));
      if (wanted && !this.#archived.has(path)) {
        this.#archived.set(path, name);
        this.#changes.added(name);
      }
    }
    for (const [path, name] of this.#archived) {
      if (this.#terms.has(path) && this.#normal.get(name.keyspace) === true) continue;
      this.#archived.delete(path);
      this.#changes.removed(name);
    }
  }
}
