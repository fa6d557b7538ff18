import type { ColumnVindex, Keyspace, Table, VSchema } from '../vschema/index.ts';
import { isSystemSchema, type Catalog, type CatalogEntry, type CatalogTable, type TableVindex } from './catalog.ts';
import { collationId } from './collations.ts';
import type { PlanContext, TrackedColumn } from './context.ts';
import { noDatabase } from './errors.ts';
import type { PlanKeyspace } from './plan.ts';

/** The catalog of one statement: the vschema's names and rules with the schema tracker's columns and keys. */
export function catalogOf(vschema: VSchema, context: PlanContext): Catalog {
  return new VSchemaCatalog(vschema, context);
}

export function planKeyspace(keyspace: Keyspace): PlanKeyspace {
  return keyspace.snapshot ? { name: keyspace.name, sharded: keyspace.sharded, snapshot: true } : { name: keyspace.name, sharded: keyspace.sharded };
}

class VSchemaCatalog implements Catalog {
  readonly defaultCollation: number;
  readonly #vschema: VSchema;
  readonly #context: PlanContext;
  readonly #tables = new Map<Table, CatalogTable>();

  constructor(vschema: VSchema, context: PlanContext) {
    this.#vschema = vschema;
    this.#context = context;
    this.defaultCollation = context.schema?.defaultCollation ?? 255;
  }

  find(schema: string | undefined, name: string): CatalogEntry {
    const keyspace = this.#routed(schema ?? this.#context.defaultKeyspace);
    if (isSystemSchema(keyspace)) return { kind: 'table', table: this.#systemTable(keyspace ?? '', name) };
    const view = this.#view(keyspace, name);
    if (view !== undefined) return view;
    const found = this.#vschema.findTableOrVindex(keyspace, name, this.#context.tabletType);
    if ('vindex' in found) return { kind: 'vindex', vindex: found.vindex, keyspace: planKeyspace(found.keyspace) };
    return { kind: 'table', table: this.#table(found.table) };
  }

  #routed(keyspace: string | undefined): string | undefined {
    return keyspace === undefined || isSystemSchema(keyspace) ? keyspace : this.#vschema.routedKeyspace(keyspace);
  }

  #view(keyspace: string | undefined, name: string): CatalogEntry | undefined {
    const { schema } = this.#context;
    if (schema?.view === undefined) return undefined;
    const homes = keyspace === undefined ? [...this.#vschema.keyspaces.values()].filter((ks) => !ks.explicitRouting) : [this.#vschema.keyspaces.get(keyspace)];
    for (const home of homes) {
      const view = home === undefined ? undefined : schema.view(home.name, name);
      if (home !== undefined && view !== undefined) return { kind: 'view', keyspace: planKeyspace(home), name, definition: view.definition };
    }
    return undefined;
  }

  keyspace(name: string): PlanKeyspace | undefined {
    const found = this.#vschema.keyspaces.get(this.#vschema.routedKeyspace(name));
    return found === undefined ? undefined : planKeyspace(found);
  }

  anyKeyspace(): PlanKeyspace {
    const { defaultKeyspace } = this.#context;
    if (defaultKeyspace !== undefined && !isSystemSchema(defaultKeyspace)) {
      const chosen = this.keyspace(defaultKeyspace);
      if (chosen !== undefined) return chosen;
    }
    const any = this.#vschema.anyKeyspace();
    if (any === undefined) throw noDatabase();
    return planKeyspace(any);
  }

  keyspaces(): readonly PlanKeyspace[] {
    return [...this.#vschema.keyspaces.values()].map(planKeyspace);
  }

  tables(keyspace: string): readonly CatalogTable[] {
    return [...(this.#vschema.keyspaces.get(keyspace)?.tables.values() ?? [])].map((table) => this.#table(table));
  }

  isAggregateFunction(name: string): boolean {
    const { schema } = this.#context;
    return schema?.isAggregateFunction !== undefined && [...this.#vschema.keyspaces.keys()].some((ks) => schema.isAggregateFunction?.(ks, name) === true);
  }

  foreignKeyMode(keyspace: string): 'unspecified' | 'unmanaged' | 'managed' | 'disallow' {
    return this.#vschema.keyspaces.get(keyspace)?.foreignKeyMode ?? 'unspecified';
  }

  #systemTable(schema: string, name: string): CatalogTable {
    return { keyspace: this.anyKeyspace(), name, schema, kind: 'systemTable', vindexes: [], columns: [], complete: false, primaryKey: [], uniqueKeys: [], foreignKeys: [] };
  }

  #table(table: Table): CatalogTable {
    const known = this.#tables.get(table);
    if (known !== undefined) return known;
    const tracked = this.#context.schema?.table(table.keyspace.name, table.name);
    const sequence = table.autoIncrement?.sequence;
    const source = table.source === undefined ? undefined : this.#vschema.listedTable(table.source.keyspace, table.source.table);
    const copies = new Map<string, CatalogTable>();
    const made: CatalogTable = {
      keyspace: planKeyspace(table.keyspace),
      name: table.name,
      kind: table.type,
      vindexes: table.columnVindexes.filter(readable).map(tableVindex),
      columns: this.#columns(table, tracked?.columns),
      complete: table.columnListAuthoritative || tracked?.complete === true,
      primaryKey: tracked?.primaryKey ?? [],
      uniqueKeys: tracked?.uniqueKeys ?? [],
      foreignKeys: tracked?.foreignKeys ?? [],
      copies,
      ...(table.autoIncrement !== undefined && sequence !== undefined && {
        autoIncrement: { column: table.autoIncrement.column, keyspace: planKeyspace(sequence.keyspace), sequence: sequence.name },
      }),
      ...(table.pinned !== undefined && { pinned: table.pinned }),
      ...(source !== undefined && { source: { keyspace: planKeyspace(source.keyspace), name: source.name } }),
    };
    this.#tables.set(table, made);
    const origin = source ?? table;
    if (origin !== table) copies.set(origin.keyspace.name, this.#table(origin));
    for (const [keyspace, copy] of origin.referencedBy) if (copy !== table) copies.set(keyspace, this.#table(copy));
    return made;
  }

  /** The vschema's columns first, then those only the tracker knows, types put together. */
  #columns(table: Table, tracked: readonly TrackedColumn[] | undefined): TrackedColumn[] {
    const byName = new Map<string, TrackedColumn>();
    const declared = table.columns.map((column): TrackedColumn => {
      const collation = column.collationName === undefined ? undefined : collationId(column.collationName);
      return {
        name: column.name, invisible: column.invisible, ...(column.type !== 0 && { type: column.type }),
        ...(collation !== undefined ? { collation } : column.type !== 0 && { collation: this.defaultCollation }),
        ...(column.nullable !== undefined && { nullable: column.nullable }),
      };
    });
    if (table.columnListAuthoritative) return declared;
    const named = [...table.columnVindexes.flatMap((v) => v.columns), ...(table.autoIncrement === undefined ? [] : [table.autoIncrement.column])];
    for (const name of named) if (!declared.some((c) => c.name.toLowerCase() === name.toLowerCase())) declared.push({ name });
    if (tracked === undefined) return declared;
    for (const column of tracked) byName.set(column.name.toLowerCase(), column);
    for (const column of declared) if (!byName.has(column.name.toLowerCase())) byName.set(column.name.toLowerCase(), column);
    return [...byName.values()];
  }
}

/** Subsets of a multi-column vindex come to light through the full one. */
function readable(vindex: ColumnVindex): boolean {
  return !vindex.partial;
}

function tableVindex(v: ColumnVindex): TableVindex {
  return { name: v.name, vindex: v.vindex, columns: v.columns, owned: v.owned };
}
