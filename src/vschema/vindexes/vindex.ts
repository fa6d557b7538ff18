import type { Destination } from '../destination.ts';

/** A value as it reaches a vindex: `query.Type` number and the text MySQL would print. NULL is type 0, or no `value`. A BindVariable fits. */
export interface VindexValue {
  readonly type: number;
  readonly value?: Buffer | null | undefined;
}

/** What every vindex has, whatever its kind. */
export interface VindexProperties {
  /** Its name in the vschema. */
  readonly name: string;
  /** Its type in the vschema: `hash`, `lookup_unique`, … */
  readonly type: string;
  /** The planner takes the cheapest: 0 the value is the id, 1 computed, 10 and more looked up, 100 the last resort. */
  readonly cost: number;
  /** One value maps to at most one keyspace id (or one key range). */
  readonly unique: boolean;
  /** True for lookups: mapping needs queries, which the engine makes. */
  readonly needsLookup: boolean;
  readonly params: Readonly<Record<string, string>>;
  /** Parameters its type does not know, sorted; Vitess warns of them. */
  readonly unknownParams: readonly string[];
}

/** One column to a destination, computed. */
export interface SingleColumnVindex extends VindexProperties {
  readonly kind: 'single';
  /** The hot path: one value. A value that cannot be an id maps to `none`; throws only where Vitess fails the whole statement. */
  mapOne(value: VindexValue): Destination;
  map(values: readonly VindexValue[]): Destination[];
  /** Whether each value belongs to the keyspace id beside it. Throws INVALID_ARGUMENT for a value that cannot be an id. */
  verify(values: readonly VindexValue[], keyspaceIds: readonly Buffer[]): boolean[];
  /** The keyspace id alone, for vindexes that multicol may build on; throws for a value that cannot be an id. */
  readonly hash?: (value: VindexValue) => Buffer;
  /** The values that have these keyspace ids, for the reversible ones. */
  readonly reverseMap?: (keyspaceIds: readonly Buffer[]) => VindexValue[];
  /** What LIKE 'x%' uses in place of this vindex. */
  readonly prefixVindex?: SingleColumnVindex;
}

/** Several columns to a destination, computed. */
export interface MultiColumnVindex extends VindexProperties {
  readonly kind: 'multi';
  /** Whether the first columns alone give a key range. */
  readonly partial: boolean;
  mapOne(row: readonly VindexValue[]): Destination;
  map(rows: readonly (readonly VindexValue[])[]): Destination[];
  verify(rows: readonly (readonly VindexValue[])[], keyspaceIds: readonly Buffer[]): boolean[];
}

/** A table that remembers where values live; the engine queries and maintains it, this is its definition. */
export interface LookupVindex extends VindexProperties {
  readonly kind: 'lookup';
  readonly lookup: LookupDefinition;
}

export interface LookupDefinition {
  /** As written, `keyspace.table` or `table`. */
  readonly table: string;
  /** Columns of the lookup table that hold the values. */
  readonly from: readonly string[];
  /** Column that holds the keyspace id (or the value it is the hash of). */
  readonly to: string;
  /** Rows are kept consistent by commit order, not by one distributed transaction. */
  readonly consistent: boolean;
  /** What `to` holds: the keyspace id's bytes, or the number whose `hash` it is. */
  readonly toIs: 'keyspaceId' | 'hashedNumber';
  /** How a value is changed before it is looked up. */
  readonly fromIs: 'value' | 'unicodeLooseMd5';
  readonly autocommit: boolean;
  readonly multiShardAutocommit: boolean;
  /** While backfilled: written but not read, so every read scatters. */
  readonly writeOnly: boolean;
  readonly ignoreNulls: boolean;
  readonly batchLookup: boolean;
  readonly noVerify: boolean;
  readonly readLock: 'exclusive' | 'shared' | 'none';
}

export type Vindex = SingleColumnVindex | MultiColumnVindex | LookupVindex;

/** Makes a vindex of one type. Throws INVALID_ARGUMENT with Vitess's text for parameters it cannot take. */
export type VindexFactory = (name: string, type: string, params: Readonly<Record<string, string>>) => Vindex;
