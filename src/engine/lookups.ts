import type { Primitive } from '../planner/plan.ts';
import type { BindVariable, Row } from '../vitess/queryService.ts';
import { createVindex, valueTypes, type LookupVindex } from '../vschema/index.ts';
import { listBind, withBinds, type Environment } from './environment.ts';
import { collect } from './collect.ts';
import { VtrewindError } from '../base/errors.ts';

export interface LookupQuery { readonly argument: string; readonly query: Primitive }

/** The keyspace ids that a lookup table has for each value, in the values' order. A value that is not there has none. */
export async function lookupKeyspaceIds(vindex: LookupVindex, lookup: LookupQuery, env: Environment, values: readonly BindVariable[]): Promise<Buffer[][]> {
  const asked = values.map((value) => fromValue(vindex, value));
  const distinct = [...new Map(asked.filter((v) => v.type !== valueTypes.NULL_TYPE && v.value !== undefined).map((v) => [keyOf(v.value ?? null), v])).values()];
  if (distinct.length === 0) return values.map(() => []);
  const result = await collect(lookup.query, withBinds(env, { [lookup.argument]: listBind(distinct.map((v) => ({ type: v.type, value: v.value ?? null }))) }));
  const found = new Map<string, Buffer[]>();
  for (const row of result.rows) {
    const id = toKeyspaceId(vindex, row, result.fields[1]?.type ?? valueTypes.VARBINARY);
    if (id === undefined) continue;
    const key = keyOf(row[0] ?? null);
    found.set(key, [...(found.get(key) ?? []), id]);
  }
  return asked.map((v) => {
    const ids = found.get(keyOf(v.value ?? null)) ?? [];
    if (vindex.unique && ids.length > 1) throw new VtrewindError({ code: 'VT14009', mysql: 1105, message: `unexpected multiple results from vindex ${vindex.name}` });
    return ids;
  });
}

/** Keys compare without case and trailing spaces, as the lookup table's own column is likely to. */
function keyOf(value: Buffer | null): string {
  return value === null ? '' : value.toString().toLowerCase().trimEnd();
}

export function fromValue(vindex: LookupVindex, value: BindVariable): BindVariable {
  if (vindex.lookup.fromIs === 'value' || value.value === undefined) return value;
  if (looseMd5.kind !== 'single') return value;
  const mapped = looseMd5.mapOne({ type: value.type, value: value.value });
  if (mapped.kind !== 'keyspaceId') return { type: valueTypes.NULL_TYPE };
  return { type: valueTypes.UINT64, value: Buffer.from(mapped.keyspaceId.readBigUInt64BE(0).toString()) };
}

const looseMd5 = createVindex('loose', 'unicode_loose_md5', {});
const hash = createVindex('hash', 'hash', {});

function toKeyspaceId(vindex: LookupVindex, row: Row, type: number): Buffer | undefined {
  const value = row[1] ?? null;
  if (value === null) return undefined;
  if (vindex.lookup.toIs === 'keyspaceId') return value;
  if (hash.kind !== 'single') return undefined;
  const mapped = hash.mapOne({ type: (type & 256) !== 0 ? type : valueTypes.UINT64, value });
  return mapped.kind === 'keyspaceId' ? mapped.keyspaceId : undefined;
}

/** What a lookup row holds for a keyspace id: the bytes, or the number they are the hash of. */
export function toColumnValue(vindex: LookupVindex, keyspaceId: Buffer): BindVariable {
  if (vindex.lookup.toIs === 'keyspaceId') return { type: valueTypes.VARBINARY, value: keyspaceId };
  const reversed = hash.kind === 'single' ? hash.reverseMap?.([keyspaceId])[0] : undefined;
  if (reversed?.value === undefined || reversed.value === null) throw new VtrewindError({ code: 'VTR1509', message: `vindex ${vindex.name} can't store this keyspace id` });
  return { type: reversed.type, value: reversed.value };
}
