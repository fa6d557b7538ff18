import type { VtrewindError } from '../base/errors.ts';
import type { Vindex } from './vindexes/vindex.ts';

/** A keyspace as routing sees it. Built once for a vschema version, never changed afterwards. */
export interface Keyspace {
  readonly name: string;
  readonly sharded: boolean;
  /** Holds a base keyspace as it was: no primary, no writes (SNAPSHOTS.md, "Routing"). Known by the keyspace record's type. */
  readonly snapshot: boolean;
  /** For a snapshot: of what, and of when (microseconds), where the gate knows. */
  readonly snapshotOf: SnapshotOf | undefined;
  /** Its tables are found only by a qualified name or as the session's keyspace: by the vschema's flag, or because it is a snapshot. */
  readonly explicitRouting: boolean;
  readonly foreignKeyMode: ForeignKeyMode;
  readonly multiTenant: MultiTenantSpec | undefined;
  readonly tables: ReadonlyMap<string, Table>;
  readonly vindexes: ReadonlyMap<string, Vindex>;
  /** Why this keyspace's vschema is not whole; its other tables still work. */
  readonly error: VtrewindError | undefined;
}

export interface SnapshotOf {
  readonly base: string;
  /** Microseconds since the epoch. */
  readonly at: number;
}

export type ForeignKeyMode = 'unspecified' | 'disallow' | 'unmanaged' | 'managed';

export interface MultiTenantSpec {
  readonly tenantIdColumnName: string;
  /** query.Type number. */
  readonly tenantIdColumnType: number;
}

export interface Table {
  readonly name: string;
  readonly keyspace: Keyspace;
  readonly type: TableType;
  /** As the vschema lists them; the first is the primary vindex. Subsets of a partial multi-column vindex follow it. */
  readonly columnVindexes: readonly ColumnVindex[];
  /** The same, cheapest first. */
  readonly ordered: readonly ColumnVindex[];
  /** The lookup vindexes that this table maintains. */
  readonly owned: readonly ColumnVindex[];
  readonly autoIncrement: AutoIncrement | undefined;
  readonly columns: readonly Column[];
  /** `columns` are all there are. */
  readonly columnListAuthoritative: boolean;
  /** The keyspace id whose shard holds the whole table. */
  readonly pinned: Buffer | undefined;
  /** For a reference table: where it is copied from. Never set in a snapshot: its copy is of then, the source is of now. */
  readonly source: { readonly keyspace: string | undefined; readonly table: string } | undefined;
  /** For the source of reference tables: the copies, by keyspace. */
  readonly referencedBy: ReadonlyMap<string, Table>;
  /** How it is known: listed in the vschema; seen in MySQL by the schema tracker; or assumed, since an unsharded keyspace may have any table. */
  readonly known: 'listed' | 'tracked' | 'assumed';
}

export type TableType = 'table' | 'sequence' | 'reference';

export interface AutoIncrement {
  readonly column: string;
  readonly sequence: Table;
}

export interface ColumnVindex {
  /** The vindex's name. */
  readonly name: string;
  readonly type: string;
  readonly columns: readonly string[];
  readonly vindex: Vindex;
  readonly owned: boolean;
  readonly unique: boolean;
  readonly cost: number;
  /** Only the first columns of a multi-column vindex: gives a key range. */
  readonly partial: boolean;
  /** A lookup that is still being backfilled: written, not read. */
  readonly writeOnly: boolean;
}

export interface Column {
  readonly name: string;
  /** query.Type number; 0 where the vschema does not say. */
  readonly type: number;
  readonly invisible: boolean;
  /** SQL text. */
  readonly default: string | undefined;
  readonly collationName: string | undefined;
  readonly size: number;
  readonly scale: number;
  readonly nullable: boolean | undefined;
  /** Members of an ENUM or SET. */
  readonly values: readonly string[];
}

export type RoutingRule = { readonly table: Table | undefined } | { readonly error: VtrewindError };

export interface MirrorRule {
  readonly table: Table;
  /** 0 to 100. */
  readonly percent: number;
}
