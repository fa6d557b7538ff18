import { readFileSync } from 'node:fs';
import { noDestination } from '../destination.ts';
import { halves, halvesToBytes, readUint64, requireUint64 } from './integerText.ts';
import { parseNumberMap } from './numberMap.ts';
import { singleColumnVindex } from './singleColumn.ts';
import type { SingleColumnVindex, Vindex, VindexFactory, VindexValue } from './vindex.ts';
import { vindexError } from './vindexError.ts';

const knownParams = ['json_path', 'json', 'fallback_type'];

/**
 * `numeric_static_map`: listed numbers have listed ids, the others are their own id or that of `fallback_type`.
 * `createOther` makes the fallback (it gets this vindex's parameters). The file of `json_path` is read once, here.
 */
export function createNumericStaticMap(createOther: VindexFactory): VindexFactory {
  return (name, type, params): SingleColumnVindex => {
    const map = readMap(params);
    const fallbackType = params['fallback_type'];
    const fallback = fallbackType === undefined ? undefined : hashingVindex(createOther(`${name}_fallback`, fallbackType, {}), fallbackType);
    const idInHalves = (value: VindexValue): Buffer => {
      const listed = map.get((BigInt(halves.high) << 32n) | BigInt(halves.low));
      if (listed === undefined) return fallback === undefined ? halvesToBytes() : fallback(value);
      const id = Buffer.allocUnsafe(8);
      id.writeBigUInt64BE(listed);
      return id;
    };
    const id = (value: VindexValue): Buffer => {
      requireUint64(value);
      return idInHalves(value);
    };
    return singleColumnVindex({
      name, type, params, knownParams, cost: 1, unique: true,
      mapOne: (value) => (readUint64(value) === undefined ? { kind: 'keyspaceId', keyspaceId: idInHalves(value) } : noDestination),
      hash: id, keyspaceIdOf: id,
    });
  };
}

function readMap(params: Readonly<Record<string, string>>): Map<bigint, bigint> {
  const path = params['json_path'];
  const json = params['json'];
  if (path !== undefined && json !== undefined) throw vindexError('NumericStaticMap: Found both `json` and `json_path` params in vschema');
  if (path === undefined && json === undefined) throw vindexError('NumericStaticMap: Could not find either `json_path` or `json` params in vschema');
  const map = new Map<bigint, bigint>();
  for (const [key, id] of parseNumberMap(json ?? readParamFile(path ?? ''))) {
    if (!/^\d+$/.test(key) || BigInt(key) > 0xffff_ffff_ffff_ffffn) throw vindexError(`strconv.ParseUint: parsing ${JSON.stringify(key)}: invalid syntax`);
    map.set(BigInt(key), id);
  }
  return map;
}

/** The text of a file that a vindex parameter names. Throws INVALID_ARGUMENT when it can't be read. */
export function readParamFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw vindexError(`open ${path}: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file or directory' : String(error)}`);
  }
}

function hashingVindex(vindex: Vindex, type: string): (value: VindexValue) => Buffer {
  if (vindex.kind !== 'single' || vindex.hash === undefined) throw vindexError(`NumericStaticMap: fallback_type ${type} has no hashing function`);
  return vindex.hash;
}
