import type { MultiColumnVindex } from './vindex.ts';
import { unknownParams } from './singleColumn.ts';

type Given = Omit<MultiColumnVindex, 'kind' | 'needsLookup' | 'map' | 'unknownParams'> & { readonly knownParams: readonly string[] | 'any' };

/** Completes a computed multi-column vindex: the list from the one-row function. */
export function multiColumnVindex(given: Given): MultiColumnVindex {
  const { knownParams, ...rest } = given;
  return {
    ...rest,
    kind: 'multi',
    needsLookup: false,
    unknownParams: knownParams === 'any' ? [] : unknownParams(given.params, knownParams),
    map: (rows) => rows.map(given.mapOne),
  };
}
