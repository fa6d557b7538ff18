import { VtrewindError } from '../../base/errors.ts';
import type { Delete, DmlWithInput, DmlVindexChange, LookupUpkeep, Primitive, Update } from '../../planner/plan.ts';
import type { BindVariable, BindVariables, Field, QueryResult, Row } from '../../vitess/queryService.ts';
import { valueTypes } from '../../vschema/index.ts';
import type { LookupVindex, Vindex } from '../../vschema/index.ts';
import { collect, emptyResult } from '../collect.ts';
import { columnBind, listBind, release, withBinds, type Environment } from '../environment.ts';
import { fromValue, toColumnValue } from '../lookups.ts';
import { asVindexValue, resolveRouting, type ResolvedShard } from '../resolve.ts';
import type { ShardQuery } from '../vcursor.ts';

/** Runs a writing primitive to its end. */
export type RunWrite = (primitive: Primitive, env: Environment) => Promise<QueryResult>;

/** UPDATE and DELETE on the shards of their route; rows of owned lookups follow. */
export async function runDml(p: Update | Delete, env: Environment, run: RunWrite): Promise<QueryResult> {
  const routing = p.routing.variant === 'Reference' ? { ...p.routing, variant: 'Scatter' as const } : p.routing;
  const shards = await resolveRouting(routing, env, p.listVars ?? []);
  if (shards.length === 0) return emptyResult;
  if (p.ownedVindexQuery !== undefined && p.owned !== undefined && p.ksidVindex !== undefined) await keepLookups(p, shards, env, run);
  return sendWrites(shards, p.query, env, p.queryTimeoutMs, p.multiShardAutocommit === true);
}

/** Sends one statement to several shards and adds up what it did. */
export async function sendWrites(shards: readonly ResolvedShard[], sql: string, env: Environment, timeoutMs: number | undefined, autocommit: boolean): Promise<QueryResult> {
  const queries = shards.map((shard): ShardQuery => ({ target: shard.target, sql, binds: { ...env.binds, ...shard.binds } }));
  return sendQueries(queries, env, timeoutMs, autocommit);
}

/** `seen` may complete what a shard said of its part, by the query's place, before the parts are added up. */
export async function sendQueries(queries: readonly ShardQuery[], env: Environment, timeoutMs: number | undefined, autocommit: boolean, seen: (result: QueryResult, index: number) => QueryResult = (result) => result): Promise<QueryResult> {
  const outcomes = await env.vcursor.execute(queries, {
    write: true, transaction: autocommit ? 'autocommit' : 'session', canAutocommit: env.canAutocommit && queries.length === 1, ...(timeoutMs !== undefined && { timeoutMs }),
  });
  let total: QueryResult | undefined;
  for (const [index, outcome] of outcomes.entries()) {
    if ('error' in outcome) throw outcome.error;
    const result = seen(outcome.result, index);
    total = total === undefined ? result : addResults(total, result);
  }
  return total ?? emptyResult;
}

export function addResults(a: QueryResult, b: QueryResult): QueryResult {
  return {
    fields: a.fields, rows: [...a.rows, ...b.rows], rowsAffected: a.rowsAffected + b.rowsAffected, insertId: a.insertId === 0n ? b.insertId : a.insertId,
    ...(a.warnings !== undefined || b.warnings !== undefined ? { warnings: Math.min(65535, (a.warnings ?? 0) + (b.warnings ?? 0)) } : {}),
    ...addInfo(a.info, b.info),
  };
}

/** What MySQL says of an UPDATE, and of an INSERT of several rows or from a SELECT. */
const infoForms: readonly { readonly words: readonly string[]; readonly numbers: RegExp }[] = [
  { words: ['Rows matched', 'Changed', 'Warnings'], numbers: /^Rows matched: (\d+) {2}Changed: (\d+) {2}Warnings: (\d+)$/ },
  { words: ['Records', 'Duplicates', 'Warnings'], numbers: /^Records: (\d+) {2}Duplicates: (\d+) {2}Warnings: (\d+)$/ },
];

/** The shards' numbers added up; texts of another form stay as the first shard has them. */
function addInfo(a: string | undefined, b: string | undefined): { info?: string } {
  if (a === undefined || a === '') return b === undefined ? {} : { info: b };
  for (const { words, numbers } of infoForms) {
    const x = numbers.exec(a);
    const y = b === undefined ? null : numbers.exec(b);
    if (x !== null && y !== null) return { info: words.map((word, i) => `${word}: ${BigInt(x[i + 1] ?? '0') + BigInt(y[i + 1] ?? '0')}`).join('  ') };
  }
  return { info: a };
}

/** Reads the rows that will change, and has their lookup rows follow: old ones out, new ones in, in the same transaction. */
async function keepLookups(p: Update | Delete, shards: readonly ResolvedShard[], env: Environment, run: RunWrite): Promise<void> {
  const queries = shards.map((shard): ShardQuery => ({ target: shard.target, sql: p.ownedVindexQuery ?? '', binds: { ...env.binds, ...shard.binds } }));
  const outcomes = await env.vcursor.execute(queries, { write: true, transaction: 'session' });
  for (const outcome of outcomes) {
    if ('error' in outcome) throw outcome.error;
    const { fields, rows } = outcome.result;
    for (const row of rows) {
      const id = keyspaceIdOf(p.ksidVindex, fields, row, p.ksidLength ?? 1);
      for (const change of p.owned ?? []) await keepLookup(change, id, fields, row, env, run);
    }
  }
}

function keyspaceIdOf(vindex: Vindex | undefined, fields: readonly Field[], row: Row, width: number): Buffer {
  const values = [...Array(width).keys()].map((i) => asVindexValue(columnBind(fields[i], row[i])));
  const [first] = values;
  const mapped = vindex?.kind === 'multi' ? vindex.mapOne(values) : vindex?.kind === 'single' && first !== undefined ? vindex.mapOne(first) : undefined;
  if (mapped?.kind !== 'keyspaceId') throw new VtrewindError({ code: 'VTR1515', mysql: 1105, message: `could not map the primary vindex value of a row to a keyspace id (${vindex?.name ?? 'no vindex'})` });
  return mapped.keyspaceId;
}

async function keepLookup(change: DmlVindexChange, id: Buffer, fields: readonly Field[], row: Row, env: Environment, run: RunWrite): Promise<void> {
  const { vindex, upkeep } = change;
  if (vindex.kind !== 'lookup') return;
  if (upkeep === undefined) throw missingLookup(vindex);
  if (change.changedOffset !== undefined && row[change.changedOffset]?.toString() === '1') return;
  const old = change.offsets.map((at) => columnBind(fields[at], row[at]));
  await removeLookupRow(vindex, upkeep, old, id, env, run);
  if (change.newOffsets !== undefined) await insertLookupRow(vindex, upkeep, change.newOffsets.map((at) => columnBind(fields[at], row[at])), id, env, run);
}

/** Rows are not written when what must remember them can't be. */
export function missingLookup(vindex: LookupVindex): VtrewindError {
  return new VtrewindError({ code: 'VTR1507', mysql: 1146, sqlState: '42S02', message: `the lookup table '${vindex.lookup.table}' of vindex ${vindex.name} is not in the vschema` });
}

export async function removeLookupRow(vindex: LookupVindex, upkeep: LookupUpkeep, values: readonly BindVariable[], id: Buffer, env: Environment, run: RunWrite): Promise<void> {
  if (values.some((v) => v.type === valueTypes.NULL_TYPE)) return;
  await run(upkeep.remove, withBinds({ ...env, canAutocommit: false }, lookupBinds(vindex, upkeep, values, id)));
}

/** A NULL has no lookup row: refused, unless the vindex ignores NULLs. */
export async function insertLookupRow(vindex: LookupVindex, upkeep: LookupUpkeep, values: readonly BindVariable[], id: Buffer, env: Environment, run: RunWrite): Promise<void> {
  if (values.some((v) => v.type === valueTypes.NULL_TYPE)) {
    if (vindex.lookup.ignoreNulls) return;
    throw new VtrewindError({ code: 'VT03028', mysql: 1048, sqlState: '23000', message: `VT03028: Column '${vindex.lookup.from.join(', ')}' cannot be null on row 0, col 0` });
  }
  await run(upkeep.insert, withBinds({ ...env, canAutocommit: false }, lookupBinds(vindex, upkeep, values, id)));
}

function lookupBinds(vindex: LookupVindex, upkeep: LookupUpkeep, values: readonly BindVariable[], id: Buffer): BindVariables {
  const binds: Record<string, BindVariable> = { [upkeep.to]: toColumnValue(vindex, id) };
  upkeep.from.forEach((name, i) => { binds[name] = fromValue(vindex, values[i] ?? { type: valueTypes.NULL_TYPE }); });
  return binds;
}

/** Keys first, then each DML with its keys; rows whose new values come from elsewhere are changed one by one. */
export async function runDmlWithInput(p: DmlWithInput, env: Environment, run: RunWrite): Promise<QueryResult> {
  const { fields, rows } = await collect(p.input, env);
  let total: QueryResult = emptyResult;
  if (rows.length === 0) return total;
  for (const { dml, offsets, vars } of p.dmls) {
    // A row that several others match is changed once, by the first of them.
    const groups = vars === undefined ? [rows] : [...firstOfEach(rows, offsets).values()].map((row) => [row]);
    for (const group of groups) {
      const binds: Record<string, BindVariable> = { dml_vals: keyList(group, offsets, fields) };
      if (offsets.length > 1) offsets.forEach((at, i) => { binds[`dml_vals:${i}`] = listBind(group.map((row) => ({ type: fields[at]?.type ?? valueTypes.VARBINARY, value: row[at] ?? null }))); });
      for (const [name, at] of Object.entries(vars ?? {})) binds[name] = columnBind(fields[at], group[0]?.[at]);
      total = addResults(total, await run(dml, withBinds({ ...env, canAutocommit: false }, binds)));
    }
  }
  release(env, rows.length);
  return total;
}

function firstOfEach(rows: readonly Row[], offsets: readonly number[]): Map<string, Row> {
  const first = new Map<string, Row>();
  for (const row of rows) {
    const key = offsets.map((at) => row[at]?.toString('latin1') ?? 'n').join('\u0000');
    if (!first.has(key)) first.set(key, row);
  }
  return first;
}

/** Keys of one column as a list; of several as a list of row values in SQL text. */
function keyList(rows: readonly Row[], offsets: readonly number[], fields: readonly Field[]): BindVariable {
  const [only, more] = offsets;
  const distinct = [...firstOfEach(rows, offsets).values()];
  if (only !== undefined && more === undefined) return listBind(distinct.map((row) => ({ type: fields[only]?.type ?? valueTypes.VARBINARY, value: row[only] ?? null })));
  return { type: valueTypes.TUPLE, values: distinct.map((row) => ({ type: valueTypes.RAW, value: Buffer.from(`(${offsets.map((at) => sqlLiteral(fields[at], row[at] ?? null)).join(', ')})`) })) };
}

/** A value as SQL text. */
export function sqlLiteral(field: Field | undefined, value: Buffer | null): string {
  if (value === null) return 'null';
  const type = field?.type ?? valueTypes.VARBINARY;
  if ((type & 256) !== 0 || type === valueTypes.DECIMAL || (type & 1024) !== 0) return value.toString();
  if (field?.charset === 63 && (type === valueTypes.VARBINARY || type === valueTypes.BINARY || type === valueTypes.BLOB || type === valueTypes.BIT)) return `x'${value.toString('hex')}'`;
  // A backslash means itself or not by the connection's sql_mode: written as bytes it is the same in both.
  if (value.includes(0x5c)) return `_utf8mb4 x'${value.toString('hex')}'`;
  return `'${value.toString().replace(/[\\']/g, (c) => (c === '\\' ? '\\\\' : "''"))}'`;
}
