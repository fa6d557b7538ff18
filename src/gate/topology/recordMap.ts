import type { TopoEntry } from '../../topo/index.ts';

export interface RecordMapOptions<T> {
  /** The record's name when the path is of its kind; other paths are passed over. */
  readonly nameOf: (path: string) => string | undefined;
  readonly decode: (path: string, bytes: Uint8Array) => T;
  /** A record that can't be read: the one before it still counts. */
  readonly onDamaged: (path: string, error: unknown) => void;
}

/** The decoded records of one kind under one followed prefix. Each change says whether it changed anything. */
export class RecordMap<T> {
  readonly #options: RecordMapOptions<T>;
  readonly #records = new Map<string, { readonly version: string; readonly record: T }>();

  constructor(options: RecordMapOptions<T>) {
    this.#options = options;
  }

  get(name: string): T | undefined {
    return this.#records.get(name)?.record;
  }

  /** In byte order of the names. */
  entries(): readonly (readonly [string, T])[] {
    return [...this.#records].map(([name, { record }]) => [name, record] as const).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  }

  reset(entries: readonly TopoEntry[]): boolean {
    const there = new Set<string>();
    let changed = false;
    for (const entry of entries) {
      const name = this.#options.nameOf(entry.path);
      if (name === undefined) continue;
      there.add(name);
      changed = this.put(entry) || changed;
    }
    for (const name of [...this.#records.keys()]) {
      if (!there.has(name)) changed = this.#records.delete(name) || changed;
    }
    return changed;
  }

  put(entry: TopoEntry): boolean {
    const name = this.#options.nameOf(entry.path);
    if (name === undefined || this.#records.get(name)?.version === entry.version) return false;
    try {
      this.#records.set(name, { version: entry.version, record: this.#options.decode(entry.path, entry.value) });
      return true;
    } catch (error) {
      this.#options.onDamaged(entry.path, error);
      return false;
    }
  }

  remove(path: string): boolean {
    const name = this.#options.nameOf(path);
    return name !== undefined && this.#records.delete(name);
  }
}
