import type { Vindex } from '../vschema/index.ts';
import type { TabletTypeName } from '../vitess/queryService.ts';
import type { ForeignKey, TrackedColumn } from './context.ts';
import type { PlanKeyspace } from './plan.ts';

/** A table as the planner sees it: vschema and schema tracker put together, routing rules applied. */
export interface CatalogTable {
  readonly keyspace: PlanKeyspace;
  /** The name it has on the tablets. */
  readonly name: string;
  readonly kind: 'table' | 'sequence' | 'reference' | 'systemTable';
  /** Primary first, then in the order of the vschema. */
  readonly vindexes: readonly TableVindex[];
  readonly autoIncrement?: { readonly column: string; readonly keyspace: PlanKeyspace; readonly sequence: string };
  readonly columns: readonly TrackedColumn[];
  /** True when `columns` are all there are. */
  readonly complete: boolean;
  readonly primaryKey: readonly string[];
  readonly uniqueKeys: readonly (readonly string[])[];
  readonly foreignKeys: readonly ForeignKey[];
  /** Pinned to one keyspace id, whatever its rows. */
  readonly pinned?: Buffer;
  /** For a reference table: the table writes go to, when it is another one. */
  readonly source?: { readonly keyspace: PlanKeyspace; readonly name: string };
  /** The same reference data in other keyspaces: keyspace name to table. */
  readonly copies?: ReadonlyMap<string, CatalogTable>;
  /** From a routing rule that names a tablet type. */
  readonly tabletType?: TabletTypeName;
  /** The system schema of a systemTable. */
  readonly schema?: string;
}

export interface TableVindex {
  readonly name: string;
  readonly vindex: Vindex;
  readonly columns: readonly string[];
  /** This table's DML keeps the lookup. */
  readonly owned: boolean;
}

/** What a name in FROM may be. */
export type CatalogEntry =
  | { readonly kind: 'table'; readonly table: CatalogTable }
  | { readonly kind: 'view'; readonly keyspace: PlanKeyspace; readonly name: string; readonly definition: string }
  | { readonly kind: 'vindex'; readonly keyspace: PlanKeyspace; readonly vindex: Vindex };

export interface Catalog {
  /** Throws what Vitess throws: table not found, VT05003, VT09005, ambiguity, a disabled routing rule. */
  find(schema: string | undefined, name: string): CatalogEntry;
  keyspace(name: string): PlanKeyspace | undefined;
  /** A keyspace for statements that have none: the default one, else any that is no snapshot. */
  anyKeyspace(): PlanKeyspace;
  keyspaces(): readonly PlanKeyspace[];
  tables(keyspace: string): readonly CatalogTable[];
  isAggregateFunction(name: string): boolean;
  readonly defaultCollation: number;
  /** Whether the keyspace manages foreign keys (`managed`), refuses them, or leaves them to MySQL. */
  foreignKeyMode(keyspace: string): 'unspecified' | 'unmanaged' | 'managed' | 'disallow';
}

const systemSchemas = new Set(['information_schema', 'performance_schema', 'sys', 'mysql']);
export function isSystemSchema(name: string | undefined): boolean {
  return name !== undefined && systemSchemas.has(name.toLowerCase());
}
