import type { TabletTypeName } from '../vitess/queryService.ts';
import { unlistedTable } from './buildKeyspace.ts';
import { GlobalNames } from './globalNames.ts';
import type { Keyspace, MirrorRule, RoutingRule, Table } from './model.ts';
import { parseTableName } from './tableName.ts';
import type { LookupDefinition, Vindex } from './vindexes/vindex.ts';
import { tableDisabled, tableNotFound, unknownDatabase } from './vschemaError.ts';

/** `@primary` and the like at the end of a rule's table name. */
export const tabletTypeSuffix = /@(?:unknown|primary|replica|rdonly|spare|experimental|backup|restore|drained)$/;

export interface VSchemaParts {
  readonly keyspaces: ReadonlyMap<string, Keyspace>;
  readonly routingRules: ReadonlyMap<string, RoutingRule>;
  /** `keyspace.table` or `keyspace.table@type` to its rule. */
  readonly mirrorRules: ReadonlyMap<string, MirrorRule>;
  /** `keyspace.shard` to keyspace. */
  readonly shardRoutes: ReadonlyMap<string, string>;
  /** `keyspace` or `keyspace@type` to keyspace. */
  readonly keyspaceRoutes: ReadonlyMap<string, string>;
}

/**
 * Names to tables and vindexes. Immutable: a change of the vschema makes a new one, and a plan made with the old one stays whole.
 * Built by {@link buildVSchema}.
 */
export class VSchema {
  /** In byte order of their names. */
  readonly keyspaces: ReadonlyMap<string, Keyspace>;
  readonly routingRules: ReadonlyMap<string, RoutingRule>;
  readonly #mirrorRules: ReadonlyMap<string, MirrorRule>;
  readonly #shardRoutes: ReadonlyMap<string, string>;
  readonly #keyspaceRoutes: ReadonlyMap<string, string>;
  readonly #global: GlobalNames;

  constructor(parts: VSchemaParts) {
    this.keyspaces = parts.keyspaces;
    this.routingRules = parts.routingRules;
    this.#mirrorRules = parts.mirrorRules;
    this.#shardRoutes = parts.shardRoutes;
    this.#keyspaceRoutes = parts.keyspaceRoutes;
    this.#global = new GlobalNames(parts.keyspaces.values());
  }

  /** Throws VT05003 (1049) when there is none. */
  keyspace(name: string): Keyspace {
    const keyspace = this.keyspaces.get(name);
    if (keyspace === undefined) throw unknownDatabase(name);
    return keyspace;
  }

  /**
   * The table that a statement means, rules applied: those of keyspaces, then those of tables (`keyspace.table@type`, then `keyspace.table`).
   * `keyspace` undefined: no keyspace was written and none is selected; then only tables that need no explicit routing are seen.
   * Throws VT05003 (1049) for an unknown keyspace; `table t not found`, `ambiguous table reference: t`, `table t has been disabled` (1105).
   */
  findTable(keyspace: string | undefined, table: string, tabletType: TabletTypeName = 'PRIMARY'): Table {
    const found = this.findTableOrUndefined(keyspace, table, tabletType);
    if (found === undefined) throw this.#notFound(keyspace, table);
    return found;
  }

  /** As {@link findTable}, but undefined where that throws `table t not found`. */
  findTableOrUndefined(written: string | undefined, table: string, tabletType: TabletTypeName = 'PRIMARY'): Table | undefined {
    const keyspace = written === undefined ? undefined : this.routedKeyspace(written, tabletType);
    if (this.routingRules.size > 0) {
      const qualified = keyspace === undefined ? table : `${keyspace}.${table}`;
      const rule = this.routingRules.get(`${qualified}@${tabletType.toLowerCase()}`) ?? this.routingRules.get(qualified);
      if (rule !== undefined) {
        if ('error' in rule) throw rule.error;
        if (rule.table === undefined) throw tableDisabled(table);
        return rule.table;
      }
    }
    return this.#resolve(keyspace, table);
  }

  /** Without routing rules; throws as {@link findTable}. */
  unroutedTable(keyspace: string | undefined, table: string): Table {
    const found = this.#resolve(keyspace, table);
    if (found === undefined) throw this.#notFound(keyspace, table);
    return found;
  }

  /** A table that the vschema really lists, without routing rules. Throws for an unknown keyspace and for an ambiguous name. */
  listedTable(keyspace: string | undefined, table: string): Table | undefined {
    return keyspace === undefined ? this.#global.table(table) : this.keyspace(keyspace).tables.get(table);
  }

  /**
   * A vindex by name, as in `select … from hash where id = 1`; undefined when there is none. Throws VT05003 for an unknown keyspace and
   * `ambiguous vindex reference: v` where several keyspaces have one and none was named.
   */
  findVindex(keyspace: string | undefined, name: string): Vindex | undefined {
    return keyspace === undefined ? this.#global.vindex(name) : this.keyspace(keyspace).vindexes.get(name);
  }

  /** What a name in FROM means: a table first, else a vindex. Throws as {@link findTable} when it is neither. */
  findTableOrVindex(keyspace: string | undefined, name: string, tabletType: TabletTypeName = 'PRIMARY'): { readonly table: Table } | { readonly vindex: Vindex; readonly keyspace: Keyspace } {
    const table = this.findTableOrUndefined(keyspace, name, tabletType);
    if (table !== undefined) return { table };
    const vindex = this.findVindex(keyspace, name);
    const home = vindex && (keyspace === undefined ? this.#global.homeOfVindex(name) : this.keyspace(keyspace));
    if (vindex === undefined || home === undefined) throw this.#notFound(keyspace, name);
    return { vindex, keyspace: home };
  }

  /**
   * Where a statement without a keyspace of its own runs (`select 1`): an unsharded keyspace if there is one, else any, by name;
   * never a snapshot. Undefined when only snapshots are left.
   */
  anyKeyspace(): Keyspace | undefined {
    const live = [...this.keyspaces.values()].filter((keyspace) => !keyspace.snapshot);
    return live.find((keyspace) => !keyspace.sharded) ?? live[0];
  }

  /** The unnamed one-row table: of the keyspace when one is given, else of {@link anyKeyspace}. */
  dual(keyspace?: string): Table | undefined {
    const home = keyspace === undefined ? this.anyKeyspace() : this.keyspace(keyspace);
    return home && { ...unlistedTable(home, 'dual', 'assumed'), type: 'reference' };
  }

  /** The keyspace that serves a shard while tables move shard by shard (shard routing rules). */
  routedShard(keyspace: string, shard: string): string {
    return this.#shardRoutes.get(`${keyspace}.${shard}`) ?? keyspace;
  }

  /** The keyspace that answers for another (keyspace routing rules, `ks@type` before `ks`: multi-tenant migrations). */
  routedKeyspace(keyspace: string, tabletType: TabletTypeName = 'PRIMARY'): string {
    if (this.#keyspaceRoutes.size === 0) return keyspace;
    return this.#keyspaceRoutes.get(`${keyspace}@${tabletType.toLowerCase()}`) ?? this.#keyspaceRoutes.get(keyspace) ?? keyspace;
  }

  /**
   * The table behind a lookup vindex of `keyspace`; undefined when it may not be used, and the route becomes a scatter. A snapshot's lookups stay in
   * the past: in the snapshot itself, or in the snapshot of the lookup's keyspace made for the same moment (SNAPSHOTS.md, "Routing" 5).
   * Throws as {@link findTable} for a live keyspace.
   */
  lookupTable(keyspace: Keyspace, lookup: LookupDefinition): Table | undefined {
    const parsed = parseTableName(lookup.table);
    if (parsed === undefined) throw tableNotFound(lookup.table);
    if (!keyspace.snapshot) return this.findTable(parsed.keyspace, parsed.table);
    const { snapshotOf } = keyspace;
    const own = parsed.keyspace === undefined || parsed.keyspace === keyspace.name || parsed.keyspace === snapshotOf?.base;
    if (own) return keyspace.tables.get(parsed.table) ?? (keyspace.sharded ? undefined : unlistedTable(keyspace, parsed.table, 'assumed'));
    const sibling = [...this.keyspaces.values()].find((other) =>
      snapshotOf !== undefined && other.snapshotOf?.base === parsed.keyspace && other.snapshotOf?.at === snapshotOf.at);
    return sibling && this.#resolve(sibling.name, parsed.table);
  }

  /** Where reads of a table are copied to, for comparing, and how many of them. */
  mirrorRule(table: Table, tabletType: TabletTypeName): MirrorRule | undefined {
    const name = `${table.keyspace.name}.${table.name}`;
    return this.#mirrorRules.get(`${name}@${tabletType.toLowerCase()}`) ?? this.#mirrorRules.get(name);
  }

  #resolve(keyspace: string | undefined, table: string): Table | undefined {
    if (keyspace === undefined) {
      const listed = this.#global.table(table);
      if (listed !== undefined) return listed;
      const only = this.#global.onlyKeyspace;
      return only === undefined || only.sharded ? undefined : unlistedTable(only, table, 'assumed');
    }
    const home = this.keyspace(keyspace);
    return home.tables.get(table) ?? (home.sharded ? undefined : unlistedTable(home, table, 'assumed'));
  }

  /** A keyspace whose vschema is broken says so rather than denying the table. */
  #notFound(keyspace: string | undefined, table: string) {
    return (keyspace === undefined ? undefined : this.keyspaces.get(keyspace)?.error) ?? tableNotFound(table);
  }
}
