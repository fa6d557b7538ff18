import { VtrewindError } from '../../base/errors.ts';
import type { Generate, Insert, InsertConflicts, InsertVindex } from '../../planner/plan.ts';
import { vindexBind } from '../../planner/dml/vindexBind.ts';
import type { BindVariable, QueryResult } from '../../vitess/queryService.ts';
import { resolveDestination, valueTypes, type Destination } from '../../vschema/index.ts';
import { collect, emptyResult } from '../collect.ts';
import { columnBind, evalEnvironment, release, toBind, withBinds, type Environment } from '../environment.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { lookupKeyspaceIds } from '../lookups.ts';
import { asVindexValue, resolveRouting } from '../resolve.ts';
import type { ShardQuery } from '../vcursor.ts';
import { insertLookupRow, missingLookup, removeLookupRow, sendQueries, sendWrites, addResults, type RunWrite } from './dml.ts';

export async function runInsert(p: Insert, env: Environment, run: RunWrite): Promise<QueryResult> {
  if (p.input !== undefined) return insertSelect(p, env, run);
  const rowCount = p.rows?.length ?? p.generate?.values?.length ?? 1;
  const generated = p.generate === undefined ? undefined : await generate(p.generate, env, rowCount);
  const inner = generated === undefined ? env : withBinds(env, generated.binds);
  const result = p.vindexes === undefined || p.variant === 'Unsharded' ? await insertPlain(p, inner) : await insertSharded(p, inner, run);
  // The row in the way was changed: its id is the statement's, and not that of the new row.
  if (p.conflicts?.length === 1 && result.insertIdChanged === false) return result;
  return withInsertId(result, generated?.first, env, generated?.given);
}

/** The first value the sequence gave is the statement's insert id. Without one it is the last that the statement gave itself, which LAST_INSERT_ID() does not see. */
function withInsertId(result: QueryResult, first: bigint | undefined, env: Environment, given?: bigint): QueryResult {
  if (first === undefined) return given === undefined || result.rowsAffected === 0n ? result : { ...result, insertId: given, insertIdChanged: false };
  env.vcursor.session.setLastInsertId(first);
  return { ...result, insertId: first, insertIdChanged: true };
}

async function insertPlain(p: Insert, env: Environment): Promise<QueryResult> {
  const shards = await resolveRouting({ variant: p.keyspace.sharded ? 'Scatter' : 'Unsharded', keyspace: p.keyspace }, env);
  return sendWrites(shards, p.query, env, p.queryTimeoutMs, p.multiShardAutocommit === true);
}

interface Generated { readonly binds: Record<string, BindVariable>; readonly first: bigint | undefined; readonly given?: bigint }

/** Values from the sequence for the rows that have none, taken in one go, outside of the transaction. */
async function generate(g: Generate, env: Environment, rows: number): Promise<Generated> {
  const given = (g.values ?? []).map((v) => toBind(evaluate(v.expr, evalEnvironment(env))));
  const values = [...Array(rows).keys()].map((i) => given[i] ?? { type: valueTypes.NULL_TYPE });
  const missing = values.filter(needsValue).length;
  let next = missing === 0 ? 0n : await takeFromSequence(g, env, missing);
  const first = missing === 0 ? undefined : next;
  const binds: Record<string, BindVariable> = {};
  values.forEach((value, i) => {
    binds[`__seq${i}`] = needsValue(value) ? { type: valueTypes.INT64, value: Buffer.from((next++).toString()) } : value;
  });
  return { binds, first, ...givenId(values.at(-1)) };
}

function givenId(last: BindVariable | undefined): { given?: bigint } {
  const text = last?.value?.toString() ?? '';
  return /^\d+$/.test(text) ? { given: BigInt(text) } : {};
}

/** NULL and, as in MySQL without NO_AUTO_VALUE_ON_ZERO, zero. */
function needsValue(value: BindVariable): boolean {
  return value.type === valueTypes.NULL_TYPE || value.value === undefined || value.value.toString() === '0';
}

export async function takeFromSequence(g: Generate, env: Environment, count: number): Promise<bigint> {
  const shards = await resolveRouting({ variant: 'Unsharded', keyspace: g.keyspace, tabletType: 'PRIMARY' }, env);
  const queries = shards.map((shard): ShardQuery => ({ target: shard.target, sql: g.query, binds: { n: { type: valueTypes.INT64, value: Buffer.from(String(count)) } } }));
  const [outcome] = await env.vcursor.execute(queries, { write: true, transaction: 'outside', sequence: true });
  if (outcome === undefined) throw new VtrewindError({ code: 'VTR1516', mysql: 1105, message: `the sequence ${g.table} has no shard` });
  if ('error' in outcome) throw outcome.error;
  const value = outcome.result.rows[0]?.[0] ?? null;
  if (value === null) throw new VtrewindError({ code: 'VTR1517', mysql: 1105, message: `the sequence ${g.table} gave no value` });
  return BigInt(value.toString());
}

async function insertSharded(p: Insert, env: Environment, run: RunWrite): Promise<QueryResult> {
  const vindexes = p.vindexes ?? [];
  const rows = p.rows ?? [];
  const evalEnv = evalEnvironment(env);
  const values = vindexes.map((v) => (v.values ?? []).map((row) => row.map((x) => toBind(evaluate(x.expr, evalEnv)))));
  return insertRows(p, env, run, rows, vindexes, values, (v, row, value, binds) => v.columns.forEach((column, i) => { binds[vindexBind(column, row)] = value[i] ?? { type: valueTypes.NULL_TYPE }; }));
}

type NoteValue = (v: InsertVindex, row: number, value: readonly BindVariable[], binds: Record<string, BindVariable>) => void;

/** Each row to the shard of its primary vindex; lookups first, so that a duplicate in one fails before rows are there. */
async function insertRows(p: Insert, env: Environment, run: RunWrite, rows: readonly string[], vindexes: readonly InsertVindex[], values: readonly (readonly (readonly BindVariable[])[])[], note: NoteValue): Promise<QueryResult> {
  const [primary] = vindexes;
  if (primary === undefined) throw new VtrewindError({ code: 'VTR1518', message: `no primary vindex for an insert into ${p.table}` });
  const destinations = primaryDestinations(primary, values[0] ?? [], p);
  if (goesRowByRow(p, vindexes)) return insertEach(p, env, run, rows, vindexes, values, destinations, note);
  const kept: number[] = [];
  const binds: Record<string, BindVariable> = {};
  const shards = await env.vcursor.allShards(p.keyspace.name, undefined);
  const serving = shards.map((s) => ({ name: s.target.shard, keyRange: { start: Buffer.from(s.start), end: Buffer.from(s.end) }, target: s.target }));
  for (let row = 0; row < rows.length; row++) {
    const destination = destinations[row];
    if (destination === undefined) continue;
    if (destination.kind !== 'keyspaceId') {
      if (p.ignore === true) continue;
      throw unmapped(values[0]?.[row]);
    }
    let skip = false;
    for (const [i, v] of vindexes.entries()) {
      const value = values[i]?.[row] ?? [];
      note(v, row, value, binds);
      if (i > 0 && (await placeSecondary(v, value, destination.keyspaceId, env, run, p, row)) === false) skip = true;
    }
    if (!skip) kept.push(row);
  }
  const byShard = new Map<string, number[]>();
  for (const row of kept) {
    const destination = destinations[row];
    if (destination === undefined) continue;
    for (const name of resolveDestination(p.keyspace.name, serving, destination)) byShard.set(name, [...(byShard.get(name) ?? []), row]);
  }
  const counts: number[] = [];
  const queries = serving.flatMap((s): ShardQuery[] => {
    const mine = byShard.get(s.name);
    if (mine !== undefined) counts.push(mine.length);
    return mine === undefined ? [] : [{ target: s.target, sql: `${p.prefix ?? ''}${mine.map((row) => rows[row] ?? '').join(', ')}${p.suffix ?? ''}`, binds: { ...env.binds, ...binds } }];
  });
  if (queries.length === 0) return emptyResult;
  const alone = { ...env, canAutocommit: env.canAutocommit && queries.length === 1 };
  const several = rows.length > 1 || p.input !== undefined;
  return sendQueries(queries, alone, p.queryTimeoutMs, p.multiShardAutocommit === true, (result, at) => (several && counts[at] === 1 ? { ...result, info: infoOfOne(result, p) } : result));
}

function unmapped(value: readonly BindVariable[] | undefined): VtrewindError {
  return new VtrewindError({ code: 'VT09023', mysql: 1105, message: `VT09023: could not map ${JSON.stringify((value ?? []).map((v) => v.value?.toString() ?? null))} to a keyspace id` });
}

/** What becomes of a row is known only when it is sent, and its lookup rows depend on it. */
function goesRowByRow(p: Insert, vindexes: readonly InsertVindex[]): boolean {
  return p.conflicts !== undefined || (p.ignore === true && vindexes.some((v) => v.lookup !== undefined));
}

/** One row after another: what is in its way is changed or removed first; lookup rows of a row that IGNORE left out are taken back. */
async function insertEach(p: Insert, env: Environment, run: RunWrite, rows: readonly string[], vindexes: readonly InsertVindex[], values: readonly (readonly (readonly BindVariable[])[])[], destinations: readonly Destination[], note: NoteValue): Promise<QueryResult> {
  let total: QueryResult = { ...emptyResult, warnings: 0 };
  let duplicates = 0;
  const alone = { ...env, canAutocommit: false };
  for (const [row, text] of rows.entries()) {
    const destination = destinations[row];
    const binds: Record<string, BindVariable> = {};
    for (const [i, v] of vindexes.entries()) note(v, row, values[i]?.[row] ?? [], binds);
    const inner = withBinds(alone, binds);
    const conflicts = p.conflicts?.[row];
    const cleared = conflicts === undefined ? undefined : await clearConflicts(conflicts, inner, run, (column) => binds[vindexBind(column, row)]);
    if (cleared !== undefined) duplicates += cleared.duplicates;
    total = { ...total, rowsAffected: total.rowsAffected + (cleared?.affected ?? 0n) };
    if (cleared?.done === true) {
      total = { ...total, insertId: cleared.id ?? 0n, insertIdChanged: false };
      continue;
    }
    if (destination?.kind !== 'keyspaceId') {
      if (p.ignore !== true) throw unmapped(values[0]?.[row]);
      duplicates++;
      continue;
    }
    const result = await insertWithLookups(p, inner, run, text, vindexes, vindexes.map((_, i) => values[i]?.[row] ?? []), destination, row);
    if (result.rowsAffected === 0n) duplicates++;
    total = addResults(total, { ...result, insertId: result.rowsAffected === 0n ? 0n : result.insertId });
  }
  const { info: _, ...counted } = total;
  return rows.length > 1 || p.input !== undefined ? { ...counted, info: `Records: ${rows.length}  Duplicates: ${duplicates}  Warnings: ${total.warnings ?? 0}` } : counted;
}

async function insertWithLookups(p: Insert, env: Environment, run: RunWrite, text: string, vindexes: readonly InsertVindex[], values: readonly (readonly BindVariable[])[], destination: Destination & { kind: 'keyspaceId' }, row: number): Promise<QueryResult> {
  const undo: (() => Promise<void>)[] = [];
  const undone: QueryResult = { ...emptyResult, warnings: 1 };
  for (const [i, v] of vindexes.entries()) {
    if (i === 0) continue;
    const placed = await placeSecondary(v, values[i] ?? [], destination.keyspaceId, env, run, p, row);
    if (placed === false) {
      for (const back of undo) await back();
      env.vcursor.session.addWarning({ code: 1062, message: `Duplicate entry '${(values[i] ?? []).map((x) => x.value?.toString() ?? 'NULL').join('-')}' for key '${v.name}'` });
      return undone;
    }
    const { lookup, vindex } = v;
    if (placed === 'new' && lookup !== undefined && vindex.kind === 'lookup') undo.push(() => removeLookupRow(vindex, lookup, values[i] ?? [], destination.keyspaceId, env, run));
  }
  const shards = await env.vcursor.allShards(p.keyspace.name, undefined);
  const serving = shards.map((s) => ({ name: s.target.shard, keyRange: { start: Buffer.from(s.start), end: Buffer.from(s.end) }, target: s.target }));
  const [home] = resolveDestination(p.keyspace.name, serving, destination);
  const target = serving.find((s) => s.name === home)?.target;
  if (target === undefined) throw new VtrewindError({ code: 'VTR1531', mysql: 1105, message: `no shard of ${p.keyspace.name} serves the row's keyspace id` });
  const result = await sendQueries([{ target, sql: `${p.prefix ?? ''}${text}${p.suffix ?? ''}`, binds: env.binds }], env, p.queryTimeoutMs, false);
  if (result.rowsAffected === 0n) for (const back of undo) await back();
  return result;
}

interface Cleared { readonly affected: bigint; readonly duplicates: number; /** No row is to be inserted any more. */ readonly done: boolean; /** Of the changed row, where its key is one number. */ readonly id?: bigint }

/** Finds what the new row collides with. The first such row is changed in place of the insert, or all of them go (REPLACE). Counted as MySQL counts. */
async function clearConflicts(c: InsertConflicts, env: Environment, run: RunWrite, newValue: (column: string) => BindVariable | undefined): Promise<Cleared> {
  const found = new Map<string, BindVariable[]>();
  for (const query of c.find) {
    const { fields, rows } = await collect(query, env);
    release(env, rows.length);
    for (const row of rows) found.set(row.map((value) => value?.toString('hex') ?? 'n').join('.'), row.map((value, i) => columnBind(fields[i], value)));
    if (c.kind === 'update' && found.size > 0) break;
  }
  let affected = 0n;
  for (const key of found.values()) {
    for (const { key: at, column } of c.same) {
      if (newValue(column)?.value?.toString() !== key[at]?.value?.toString()) throw new VtrewindError({ code: 'VT12001', mysql: 1235, sqlState: '42000', message: `VT12001: unsupported: DML cannot update vindex column: \`${column}\` of the row that is there is another` });
    }
    const changed = c.change === undefined ? emptyResult : await run(c.change, withBinds(env, Object.fromEntries(c.keys.map((name, i) => [name, key[i] ?? { type: valueTypes.NULL_TYPE }]))));
    if (c.kind === 'replace') affected += changed.rowsAffected;
    else return updated(changed, key);
  }
  return { affected, duplicates: found.size, done: false };
}

/** A changed row counts twice; one that stays as it is not at all, or once for clients that count rows found. */
function updated(result: QueryResult, key: readonly BindVariable[]): Cleared {
  const unchanged = result.rowsAffected === 0n || /Changed: 0 /.test(result.info ?? '');
  return { affected: unchanged ? result.rowsAffected : 2n, duplicates: result.rowsAffected === 0n ? 0 : 1, done: true, ...(!unchanged && key.length === 1 && { id: givenId(key[0]).given ?? 0n }) };
}

/** A server says nothing of a single row; as part of several it counts. IGNORE leaves a duplicate out, ON DUPLICATE KEY UPDATE and REPLACE count it twice. */
function infoOfOne(result: QueryResult, p: Insert): string {
  const duplicate = p.ignore === true ? result.rowsAffected === 0n : result.rowsAffected > 1n;
  return `Records: 1  Duplicates: ${duplicate ? 1 : 0}  Warnings: ${result.warnings ?? 0}`;
}

function primaryDestinations(primary: InsertVindex, values: readonly (readonly BindVariable[])[], p: Insert): Destination[] {
  const { vindex } = primary;
  return values.map((row) => {
    if (row.some((v) => v.type === valueTypes.NULL_TYPE) && vindex.type !== 'null') {
      if (p.ignore === true) return { kind: 'none' };
      throw new VtrewindError({ code: 'VT09023', mysql: 1105, message: `VT09023: could not map [null] to a keyspace id for vindex ${vindex.name} of ${p.table}` });
    }
    switch (vindex.kind) {
      case 'single': return vindex.mapOne(asVindexValue(row[0]));
      case 'multi': return vindex.mapOne(row.map(asVindexValue));
      default: throw new VtrewindError({ code: 'VTR1519', mysql: 1105, message: `table ${p.table} has a lookup as its primary vindex: insert is not possible before the lookup row` });
    }
  });
}

/** Owned lookups get their row (`new`, where it was not there); others must agree with where the row goes. False: the row is left out (INSERT IGNORE). */
async function placeSecondary(v: InsertVindex, value: readonly BindVariable[], id: Buffer, env: Environment, run: RunWrite, p: Insert, row: number): Promise<boolean | 'new'> {
  if (v.owned && v.vindex.kind === 'lookup' && v.lookup === undefined) throw missingLookup(v.vindex);
  const isNull = value.some((x) => x.type === valueTypes.NULL_TYPE);
  if (v.lookup !== undefined && v.vindex.kind === 'lookup') {
    try {
      await insertLookupRow(v.vindex, v.lookup, value, id, env, run);
      return 'new';
    } catch (error) {
      const known = VtrewindError.from(error);
      if (known.mysql !== 1062) throw error;
      const there = await existing(v, value, env);
      if (there.some((x) => x.equals(id)) && (p.ignore === true || p.suffix !== '' || !v.vindex.unique)) return true;
      if (p.ignore === true) return false;
      throw error;
    }
  }
  if (isNull) return true;
  switch (v.vindex.kind) {
    case 'single': {
      const [ok] = v.vindex.verify([asVindexValue(value[0])], [id]);
      if (ok !== true) return mismatch(v, p, row);
      return true;
    }
    case 'multi': {
      const [ok] = v.vindex.verify([value.map(asVindexValue)], [id]);
      return ok === true ? true : mismatch(v, p, row);
    }
    case 'lookup': return true;
    default: return v.vindex satisfies never;
  }
}

function mismatch(v: InsertVindex, p: Insert, row: number): boolean {
  if (p.ignore === true) return false;
  throw new VtrewindError({ code: 'VT09024', mysql: 1105, message: `VT09024: could not map the values of vindex ${v.name} (row ${row + 1}) to the keyspace id of the row` });
}

async function existing(v: InsertVindex, value: readonly BindVariable[], env: Environment): Promise<Buffer[]> {
  if (v.vindex.kind !== 'lookup' || v.query === undefined) return [];
  const [ids] = await lookupKeyspaceIds(v.vindex, v.query, env, [value[0] ?? { type: valueTypes.NULL_TYPE }]);
  return ids ?? [];
}

/** Rows of INSERT … SELECT sent at once. */
const batchRows = 500;

/** INSERT … SELECT: read, then inserted in batches. Reading is finished first, so that it never sees its own rows. */
async function insertSelect(p: Insert, env: Environment, run: RunWrite): Promise<QueryResult> {
  if (p.input === undefined) return emptyResult;
  const { fields, rows } = await collect(p.input, env);
  if (rows.length === 0) return emptyResult;
  const width = p.columns?.length === 0 || p.columns === undefined ? fields.length : p.columns.length;
  let total: QueryResult = emptyResult;
  let firstId: bigint | undefined;
  let given: bigint | undefined;
  for (let start = 0; start < rows.length; start += batchRows) {
    const batch = rows.slice(start, start + batchRows);
    const cells = batch.map((row) => [...Array(width).keys()].map((i): BindVariable => columnBind(fields[i], row[i])));
    if (p.generate !== undefined) {
      const { column } = p.generate;
      given = givenId(cells.at(-1)?.[column]).given;
      const missing = cells.filter((cell) => needsValue(cell[column] ?? { type: valueTypes.NULL_TYPE }));
      if (missing.length > 0) {
        let next = await takeFromSequence(p.generate, env, missing.length);
        firstId ??= next;
        for (const cell of missing) cell[column] = { type: valueTypes.INT64, value: Buffer.from((next++).toString()) };
      }
    }
    total = addResults(total, await insertBatch(p, env, run, cells));
  }
  release(env, rows.length);
  return withInsertId(total, firstId, env, given);
}

async function insertBatch(p: Insert, env: Environment, run: RunWrite, cells: readonly (readonly BindVariable[])[]): Promise<QueryResult> {
  const binds: Record<string, BindVariable> = {};
  const texts = cells.map((cell, i) => `(${cell.map((value, j) => { binds[`_c${i}_${j}`] = value; return `:_c${i}_${j}`; }).join(', ')})`);
  const inner = withBinds({ ...env, canAutocommit: false }, binds);
  if (p.vindexes === undefined || p.vindexes.length === 0) {
    const shards = await resolveRouting({ variant: p.keyspace.sharded ? 'Scatter' : 'Unsharded', keyspace: p.keyspace }, env);
    return sendWrites(shards, `${p.prefix ?? ''}${texts.join(', ')}${p.suffix ?? ''}`, inner, p.queryTimeoutMs, p.multiShardAutocommit === true);
  }
  const values = p.vindexes.map((v) => cells.map((cell) => (v.offsets ?? []).map((at) => cell[at] ?? { type: valueTypes.NULL_TYPE })));
  return insertRows(p, inner, run, texts, p.vindexes, values, () => {});
}
