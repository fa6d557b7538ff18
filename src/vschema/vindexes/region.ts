import { type Destination, noDestination } from '../destination.ts';
import { keyRangeOfPrefix } from '../keyRange.ts';
import { hashHalves } from './hash.ts';
import { halves, readUint64 } from './integerText.ts';
import { multiColumnVindex } from './multiColumn.ts';
import { parseNumberMap } from './numberMap.ts';
import { readParamFile } from './numericStaticMap.ts';
import { rawBytes } from './valueBytes.ts';
import type { MultiColumnVindex, VindexValue } from './vindex.ts';
import { vindexError } from './vindexError.ts';

/** `region_experimental`: the first column is the region, the id's first one or two bytes; the second column's `hash` follows. */
export function createRegionExperimental(name: string, type: string, params: Readonly<Record<string, string>>): MultiColumnVindex {
  const given = params['region_bytes'];
  if (given === undefined) throw vindexError('region_experimental missing region_bytes param');
  if (given !== '1' && given !== '2') throw vindexError(`region_bytes must be 1 or 2: ${given}`);
  const mapOne = (row: readonly VindexValue[]): Destination => {
    const [region, id] = row;
    if (region === undefined || row.length > 2 || readUint64(region) !== undefined) return noDestination;
    const prefix = regionPrefix(Number(given), halves.low);
    if (id === undefined) return { kind: 'keyRange', keyRange: keyRangeOfPrefix(prefix) };
    if (readUint64(id) !== undefined) return noDestination;
    return { kind: 'keyspaceId', keyspaceId: Buffer.concat([prefix, hashHalves()]) };
  };
  return multiColumnVindex({ name, type, params, knownParams: ['region_bytes'], cost: 1, unique: true, partial: true, mapOne, verify: verifyBy(mapOne) });
}

/** `region_json`: the second column is looked up in a JSON file of names to regions; the first column's `hash` follows it. */
export function createRegionJson(name: string, type: string, params: Readonly<Record<string, string>>): MultiColumnVindex {
  const regions = parseNumberMap(readParamFile(params['region_map'] ?? ''));
  const given = params['region_bytes'] ?? '';
  if (!/^[+-]?\d+$/.test(given)) throw vindexError(`strconv.Atoi: parsing ${JSON.stringify(given)}: invalid syntax`);
  const bytes = Number(given);
  if (bytes !== 1 && bytes !== 2) throw vindexError(`region_bytes must be 1 or 2: ${bytes}`);
  const mapOne = (row: readonly VindexValue[]): Destination => {
    const [id, region] = row;
    if (id === undefined || region === undefined || row.length !== 2) return noDestination;
    const number = regions.get(rawBytes(region).toString());
    if (number === undefined || readUint64(id) !== undefined) return noDestination;
    return { kind: 'keyspaceId', keyspaceId: Buffer.concat([regionPrefix(bytes, Number(number & 0xffffn)), hashHalves()]) };
  };
  return multiColumnVindex({ name, type, params, knownParams: ['region_bytes', 'region_map'], cost: 1, unique: true, partial: false, mapOne, verify: verifyBy(mapOne) });
}

/** A region past its bytes keeps its low ones (as Vitess does). */
function regionPrefix(bytes: number, region: number): Buffer {
  return bytes === 1 ? Buffer.from([region & 0xff]) : Buffer.from([(region >>> 8) & 0xff, region & 0xff]);
}

function verifyBy(mapOne: (row: readonly VindexValue[]) => Destination): MultiColumnVindex['verify'] {
  return (rows, keyspaceIds) => rows.map((row, at) => {
    const destination = mapOne(row);
    return destination.kind === 'keyspaceId' && destination.keyspaceId.equals(keyspaceIds[at] ?? Buffer.alloc(0));
  });
}
