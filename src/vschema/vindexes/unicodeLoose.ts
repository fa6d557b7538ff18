import { collationKey } from './collation/collationKey.ts';
import { goQuote } from './goQuote.ts';
import { md5 } from './hashedBytes.ts';
import { singleColumnVindex } from './singleColumn.ts';
import { valueBytes } from './valueBytes.ts';
import type { SingleColumnVindex, VindexValue } from './vindex.ts';
import { vindexError } from './vindexError.ts';
import { xxhash64 } from './xxhash64.ts';

/** `unicode_loose_md5`: MD5 of the text's primary collation weights: letters equal but for case, accents or width share an id. */
export function createUnicodeLooseMd5(name: string, type: string, params: Readonly<Record<string, string>>): SingleColumnVindex {
  return unicodeLoose(name, type, params, md5);
}

/** `unicode_loose_xxhash`: the same weights under xxHash64. */
export function createUnicodeLooseXxhash(name: string, type: string, params: Readonly<Record<string, string>>): SingleColumnVindex {
  return unicodeLoose(name, type, params, xxhash64);
}

function unicodeLoose(name: string, type: string, params: Readonly<Record<string, string>>, digest: (weights: Buffer) => Buffer): SingleColumnVindex {
  const hash = (value: VindexValue): Buffer => digest(looseWeights(valueBytes(value)));
  return singleColumnVindex({
    name, type, params, knownParams: [], cost: 1, unique: true,
    mapOne: (value) => ({ kind: 'keyspaceId', keyspaceId: hash(value) }),
    hash, keyspaceIdOf: hash,
  });
}

/** Trailing spaces count for nothing, as in MySQL's PAD SPACE collations. Throws INVALID_ARGUMENT for bytes that are not UTF-8. */
export function looseWeights(text: Buffer): Buffer {
  let end = text.length;
  while (end > 0 && text[end - 1] === 0x20) end--;
  const weights = collationKey(text.subarray(0, end));
  if (weights === undefined) throw vindexError(`cannot normalize string containing invalid UTF-8: ${goQuote(text)}`);
  return weights;
}
