import type { Keyspace, Table } from './model.ts';
import type { Vindex } from './vindexes/vindex.ts';
import { ambiguousTable, ambiguousVindex } from './vschemaError.ts';

/**
 * The names that need no keyspace: those of keyspaces without explicit routing, as far as they are unique.
 * Snapshot keyspaces never take part, whatever their vschema says (SNAPSHOTS.md, "Routing" 1).
 */
export class GlobalNames {
  /** Undefined value: the name is ambiguous. */
  readonly #tables = new Map<string, Table | undefined>();
  readonly #vindexes = new Map<string, { readonly vindex: Vindex; readonly keyspace: Keyspace } | undefined>();
  /** Set when exactly one keyspace takes part: any name is looked for there. */
  readonly onlyKeyspace: Keyspace | undefined;

  constructor(keyspaces: Iterable<Keyspace>) {
    const open = [...keyspaces].filter((keyspace) => !keyspace.explicitRouting);
    this.onlyKeyspace = open.length === 1 ? open[0] : undefined;
    for (const keyspace of open) {
      for (const table of keyspace.tables.values()) if (table.known === 'listed') this.#addTable(table);
      for (const [name, vindex] of keyspace.vindexes) this.#vindexes.set(name, this.#vindexes.has(name) ? undefined : { vindex, keyspace });
    }
    this.#addTrackedTables(open);
  }

  /** Undefined when there is none; throws when there are several. */
  table(name: string): Table | undefined {
    const table = this.#tables.get(name);
    if (table === undefined && this.#tables.has(name)) throw ambiguousTable(name);
    return table;
  }

  vindex(name: string): Vindex | undefined {
    const found = this.#vindexes.get(name);
    if (found === undefined && this.#vindexes.has(name)) throw ambiguousVindex(name);
    return found?.vindex;
  }

  homeOfVindex(name: string): Keyspace | undefined {
    return this.#vindexes.get(name)?.keyspace;
  }

  /** Tables that only the tracker knows take part when unsharded, and give way to listed ones of the same name (as in Vitess). */
  #addTrackedTables(keyspaces: readonly Keyspace[]): void {
    const added = new Set<string>();
    for (const keyspace of keyspaces) {
      if (keyspace.sharded) continue;
      for (const table of keyspace.tables.values()) {
        if (table.known !== 'tracked') continue;
        if (added.has(table.name)) this.#tables.set(table.name, undefined);
        else if (!this.#tables.has(table.name)) {
          added.add(table.name);
          this.#tables.set(table.name, table);
        }
      }
    }
  }

  /** A reference table and its source are one table under one name: the source stands for both, when it needs no explicit routing itself. */
  #addTable(table: Table): void {
    const { name, source } = table;
    const standsBehindSource = table.type === 'reference' && source !== undefined && source.table === name;
    if (!this.#tables.has(name)) {
      if (!standsBehindSource) this.#tables.set(name, table);
      return;
    }
    const there = this.#tables.get(name);
    if (there === undefined) return;
    if (table.type === 'reference' && source !== undefined && (source.keyspace === undefined || source.keyspace === there.keyspace.name)) return;
    this.#tables.set(name, undefined);
  }
}
