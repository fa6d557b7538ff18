import { createBinary } from './binary.ts';
import { createCfc } from './cfc.ts';
import { createHash } from './hash.ts';
import { createBinaryMd5, createXxhash } from './hashedBytes.ts';
import { createLookup, lookupTypeNames } from './lookup.ts';
import { createMulticol } from './multicol.ts';
import { createNull } from './nullVindex.ts';
import { createNumeric } from './numeric.ts';
import { createNumericStaticMap } from './numericStaticMap.ts';
import { createRegionExperimental, createRegionJson } from './region.ts';
import { createReverseBits } from './reverseBits.ts';
import { createUnicodeLooseMd5, createUnicodeLooseXxhash } from './unicodeLoose.ts';
import type { Vindex, VindexFactory } from './vindex.ts';
import { vindexError } from './vindexError.ts';

const factories = new Map<string, VindexFactory>([
  ['binary', createBinary],
  ['binary_md5', createBinaryMd5],
  ['cfc', createCfc],
  ['hash', createHash],
  ['multicol', createMulticol(createVindex)],
  ['null', createNull],
  ['numeric', createNumeric],
  ['numeric_static_map', createNumericStaticMap(createVindex)],
  ['region_experimental', createRegionExperimental],
  ['region_json', createRegionJson],
  ['reverse_bits', createReverseBits],
  ['unicode_loose_md5', createUnicodeLooseMd5],
  ['unicode_loose_xxhash', createUnicodeLooseXxhash],
  ['xxhash', createXxhash],
  ...lookupTypeNames.map((type): [string, VindexFactory] => [type, createLookup]),
]);

/** Every vindex type there is, sorted. */
export const vindexTypes: readonly string[] = [...factories.keys()].sort();

/** Makes a vindex of a vschema. Throws NOT_FOUND for a type there is not, INVALID_ARGUMENT for parameters it cannot take. */
export function createVindex(name: string, type: string, params: Readonly<Record<string, string>> = {}): Vindex {
  const factory = factories.get(type);
  if (factory === undefined) throw vindexError(`vindexType ${JSON.stringify(type)} not found`, 'NOT_FOUND');
  return factory(name, type, params);
}
