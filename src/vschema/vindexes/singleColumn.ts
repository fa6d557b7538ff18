import type { Destination } from '../destination.ts';
import type { SingleColumnVindex, VindexValue } from './vindex.ts';

type Given = Omit<SingleColumnVindex, 'kind' | 'needsLookup' | 'map' | 'verify' | 'unknownParams'> & {
  readonly knownParams: readonly string[];
  /** The keyspace id to compare with in `verify`; throws for a value that cannot be one. */
  readonly keyspaceIdOf: (value: VindexValue) => Buffer;
};

/** Completes a computed single-column vindex: lists from the one-value functions. */
export function singleColumnVindex(given: Given): SingleColumnVindex {
  const { knownParams, keyspaceIdOf, ...rest } = given;
  return {
    ...rest,
    kind: 'single',
    needsLookup: false,
    unknownParams: unknownParams(given.params, knownParams),
    map: (values): Destination[] => values.map(given.mapOne),
    verify: (values, keyspaceIds) => values.map((value, at) => keyspaceIdOf(value).equals(keyspaceIds[at] ?? missing)),
  };
}

const missing = Buffer.alloc(0);

/** Parameters that a vindex type does not know, sorted. */
export function unknownParams(params: Readonly<Record<string, string>>, known: readonly string[]): string[] {
  return Object.keys(params).filter((param) => !known.includes(param)).sort();
}
