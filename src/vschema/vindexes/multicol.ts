import { noDestination } from '../destination.ts';
import { keyRangeOfPrefix } from '../keyRange.ts';
import { multiColumnVindex } from './multiColumn.ts';
import type { MultiColumnVindex, VindexFactory, VindexValue } from './vindex.ts';
import { vindexError } from './vindexError.ts';

const idBytes = 8;

interface Column {
  readonly hash: (value: VindexValue) => Buffer;
  /** How many bytes of the keyspace id it fills. */
  readonly bytes: number;
}

/** `multicol`: each column fills some bytes of the keyspace id by a vindex of its own; the first columns alone give a key range. */
export function createMulticol(createOther: VindexFactory): VindexFactory {
  return (name, type, params): MultiColumnVindex => {
    const count = columnCount(params);
    const bytes = columnBytes(params, count);
    const { hashes, cost } = columnHashes(params, count, createOther);
    const columns = hashes.map((hash, at): Column => ({ hash, bytes: bytes[at] ?? 0 }));
    return multiColumnVindex({
      name, type, params, knownParams: 'any', cost, unique: true, partial: true,
      mapOne: (row) => {
        let id: Buffer;
        try {
          id = idOf(columns, row);
        } catch {
          return noDestination;
        }
        return row.length < count ? { kind: 'keyRange', keyRange: keyRangeOfPrefix(id) } : { kind: 'keyspaceId', keyspaceId: id };
      },
      verify: (rows, keyspaceIds) => rows.map((row, at) => idOf(columns, row).equals(keyspaceIds[at] ?? Buffer.alloc(0))),
    });
  };
}

/** A column whose hash is shorter than its share leaves a gap, filled with zeros only when another column follows (as Vitess does). */
function idOf(columns: readonly Column[], row: readonly VindexValue[]): Buffer {
  if (row.length > columns.length) throw vindexError(`wrong number of column values were passed: maximum allowed ${columns.length}, got ${row.length}`, 'INTERNAL');
  const id = Buffer.alloc(columns.reduce((sum, column) => sum + column.bytes, 0));
  let start = 0;
  let end = 0;
  row.forEach((value, at) => {
    const column = columns[at];
    if (column === undefined) return;
    const part = column.hash(value);
    const taken = Math.min(part.length, column.bytes);
    part.copy(id, start, 0, taken);
    end = start + taken;
    start += column.bytes;
  });
  return id.subarray(0, end);
}

function columnCount(params: Readonly<Record<string, string>>): number {
  const text = params['column_count'];
  if (text === undefined) throw vindexError("number of columns not provided in the parameter 'column_count'");
  const count = integer(text);
  if (count < 1 || count > idBytes) throw vindexError("number of columns should be between 1 and 8 in the parameter 'column_count'");
  return count;
}

/** Shares as given; columns without one divide what is left, the earlier ones getting the odd bytes. */
function columnBytes(params: Readonly<Record<string, string>>, count: number): number[] {
  const given = params['column_bytes']?.split(',') ?? [];
  if (given.length > count) throw vindexError("number of column bytes provided are more than column count in the parameter 'column_bytes'");
  const shares: (number | undefined)[] = Array.from({ length: count }, (_, at) => (given[at] ? integer(given[at]) : undefined));
  let left = idBytes - shares.reduce((sum: number, share) => sum + (share ?? 0), 0);
  let pending = shares.filter((share) => share === undefined).length;
  if (pending > left) throw vindexError("column bytes count exceeds the keyspace id length (total bytes count cannot exceed 8 bytes) in the parameter 'column_bytes'");
  return shares.map((share) => {
    if (share !== undefined) return share;
    const assigned = Math.ceil(left / pending);
    left -= assigned;
    pending--;
    return assigned;
  });
}

function columnHashes(params: Readonly<Record<string, string>>, count: number, createOther: VindexFactory) {
  const given = params['column_vindex']?.split(',') ?? [];
  if (given.length > count) throw vindexError("number of vindex function provided are more than column count in the parameter 'column_vindex'");
  const { column_count: _count, column_bytes: _bytes, column_vindex: _vindex, ...others } = params;
  const hashes: ((value: VindexValue) => Buffer)[] = [];
  let cost = 0;
  for (let at = 0; at < count; at++) {
    const type = given[at]?.trim() || 'hash';
    const vindex = createOther(type, type, others);
    if (vindex.kind !== 'single' || vindex.hash === undefined || !vindex.unique) {
      throw vindexError(`multicol vindex supports vindexes that exports hashing function, are unique and are non-lookup vindex, passed vindex '${type}' is invalid`);
    }
    hashes.push(vindex.hash);
    cost += vindex.cost;
  }
  return { hashes, cost };
}

function integer(text: string): number {
  if (!/^[+-]?\d{1,15}$/.test(text)) throw vindexError(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}
