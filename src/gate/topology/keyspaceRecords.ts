import { decodeRecord, decodeRestoreProgress, decodeSnapshotRecord, nameInPath, paths, type RestoreProgress, type SnapshotRecord, type TopoEntry } from '../../topo/index.ts';
import { Keyspace, KeyspaceType, Shard } from '../../vitess/gen/topodata.ts';
import type { SnapshotOf } from '../../vschema/index.ts';
import { RecordMap } from './recordMap.ts';

/** A snapshot keyspace with what restores it, for SHOW SNAPSHOTS. */
export interface SnapshotKeyspace extends SnapshotOf {
  readonly name: string;
  /** Absent for one that Vitess made. */
  readonly record: SnapshotRecord | undefined;
  /** By shard; only those that a restore tablet has begun. */
  readonly progress: ReadonlyMap<string, RestoreProgress>;
}

/** What changed, as far as routing cares. */
export type KeyspaceChange = 'nothing' | 'progress' | 'keyspaces';

/** The global records of keyspaces: their type, their shards, and our own nodes of snapshots. */
export class KeyspaceRecords {
  readonly #keyspaces: RecordMap<Keyspace>;
  /** Named `keyspace/shard`. */
  readonly #shards: RecordMap<Shard>;
  readonly #snapshots: RecordMap<SnapshotRecord>;
  /** Named `keyspace/shard`. */
  readonly #progress: RecordMap<RestoreProgress>;

  constructor(onDamaged: (path: string, error: unknown) => void) {
    this.#keyspaces = new RecordMap({ nameOf: (path) => nameInPath(path, paths.keyspaces, '/Keyspace'), decode: (path, bytes) => decodeRecord(path, bytes, Keyspace), onDamaged });
    this.#shards = new RecordMap({ nameOf: shardPath('/Shard'), decode: (path, bytes) => decodeRecord(path, bytes, Shard), onDamaged });
    this.#snapshots = new RecordMap({ nameOf: (path) => nameInPath(path, paths.keyspaces, '/VtrewindSnapshot'), decode: (_, bytes) => decodeSnapshotRecord(bytes), onDamaged });
    this.#progress = new RecordMap({ nameOf: shardPath('/VtrewindRestore'), decode: (_, bytes) => decodeRestoreProgress(bytes), onDamaged });
  }

  reset(entries: readonly TopoEntry[]): KeyspaceChange {
    const routing = [this.#keyspaces.reset(entries), this.#shards.reset(entries), this.#snapshots.reset(entries)];
    return change(routing, this.#progress.reset(entries));
  }

  put(entry: TopoEntry): KeyspaceChange {
    return change([this.#keyspaces.put(entry), this.#shards.put(entry), this.#snapshots.put(entry)], this.#progress.put(entry));
  }

  remove(path: string): KeyspaceChange {
    return change([this.#keyspaces.remove(path), this.#shards.remove(path), this.#snapshots.remove(path)], this.#progress.remove(path));
  }

  names(): string[] {
    return this.#keyspaces.entries().map(([name]) => name);
  }

  isSnapshot(keyspace: string): boolean {
    return this.#keyspaces.get(keyspace)?.keyspaceType === KeyspaceType.SNAPSHOT;
  }

  snapshotBase(keyspace: string): string | undefined {
    const record = this.#keyspaces.get(keyspace);
    return record?.keyspaceType === KeyspaceType.SNAPSHOT ? record.baseKeyspace : undefined;
  }

  /** Names of the keyspace's shards as the global records have them, whether they serve or not. */
  shardNames(keyspace: string): string[] {
    return this.#shards.entries().flatMap(([name]) => (name.startsWith(`${keyspace}/`) ? [name.slice(keyspace.length + 1)] : []));
  }

  snapshot(keyspace: string): SnapshotKeyspace | undefined {
    const record = this.#keyspaces.get(keyspace);
    if (record?.keyspaceType !== KeyspaceType.SNAPSHOT) return undefined;
    const time = record.snapshotTime;
    const own = this.#snapshots.get(keyspace);
    return {
      name: keyspace,
      base: record.baseKeyspace,
      at: own?.at ?? (time === undefined ? 0 : Number(time.seconds) * 1_000_000 + Math.floor(time.nanoseconds / 1000)),
      record: own,
      progress: new Map(this.shardNames(keyspace).flatMap((shard) => {
        const progress = this.#progress.get(`${keyspace}/${shard}`);
        return progress === undefined ? [] : [[shard, progress] as const];
      })),
    };
  }

  snapshots(): SnapshotKeyspace[] {
    return this.names().flatMap((name) => this.snapshot(name) ?? []);
  }
}

function shardPath(suffix: string): (path: string) => string | undefined {
  return (path) => {
    if (!path.startsWith(paths.keyspaces) || !path.endsWith(suffix)) return undefined;
    const parts = path.slice(paths.keyspaces.length, -suffix.length).split('/');
    return parts.length === 3 && parts[1] === 'shards' ? `${parts[0]}/${parts[2]}` : undefined;
  };
}

function change(routing: readonly boolean[], progress: boolean): KeyspaceChange {
  return routing.includes(true) ? 'keyspaces' : progress ? 'progress' : 'nothing';
}
