import { VtrewindError } from '../base/errors.ts';
import type { Routing } from '../planner/plan.ts';
import type { BindVariable, BindVariables } from '../vitess/queryService.ts';
import { createVindex, keyRangesIntersect, resolveDestination, valueTypes, type Destination, type LookupVindex, type VindexValue } from '../vschema/index.ts';
import { parseShardRange } from '../vschema/index.ts';
import { evalEnvironment, listBind, toBind, type Environment } from './environment.ts';
import { evaluate, evaluateList } from './evaluate/evaluate.ts';
import { lookupKeyspaceIds } from './lookups.ts';
import type { ShardInfo } from './vcursor.ts';
import type { Target } from '../vitess/queryService.ts';

/** A shard a route goes to, with the members of its IN lists that belong there. */
export interface ResolvedShard {
  readonly target: Target;
  readonly binds?: BindVariables;
}

/** The shards of a route for these bind variables. Empty when no shard can have rows. */
export async function resolveRouting(routing: Routing, env: Environment, listVars: readonly { readonly name: string; readonly value: number }[] = [], destinations?: readonly Destination[]): Promise<ResolvedShard[]> {
  const keyspace = await homeOf(routing, env);
  const shards = await env.vcursor.allShards(keyspace, routing.tabletType);
  const all = shards.map(({ target }): ResolvedShard => ({ target }));
  switch (routing.variant) {
    case 'None': return [];
    case 'Scatter': return all;
    case 'Unsharded':
    case 'Next': {
      if (all.length !== 1) throw new VtrewindError({ code: 'VT09012', mysql: 1105, message: `keyspace ${keyspace} is unsharded in the vschema and has ${all.length} shards`, hint: 'mark it sharded in its vschema' });
      return all;
    }
    case 'Reference':
    case 'DBA': return all.slice(0, 1);
    case 'ByDestination': {
      if (destinations !== undefined) return byDestinations(keyspace, shards, destinations);
      return targeted(shards, routing);
    }
    case 'EqualUnique':
    case 'Equal':
    case 'SubShard':
    case 'Between':
    case 'IN':
    case 'MultiEqual': return byValues(routing, env, keyspace, shards, listVars);
    default: return routing.variant satisfies never;
  }
}

/** A query on a system schema goes to the keyspace its `table_schema` names, when it names one. */
async function homeOf(routing: Routing, env: Environment): Promise<string> {
  for (const schema of routing.sysTableSchema ?? []) {
    const { text } = evaluate(schema.expr, evalEnvironment(env));
    if (text === null || text === '') continue;
    try {
      await env.vcursor.allShards(text, routing.tabletType);
      return text;
    } catch (error) {
      if (VtrewindError.from(error).mysql !== 1049) throw error;
    }
  }
  return routing.keyspace.name;
}

export function targeted(shards: readonly ShardInfo[], routing: { readonly keyspace: { readonly name: string }; readonly shards?: Routing['shards'] }): ResolvedShard[] {
  const where = routing.shards ?? { kind: 'anyShard' };
  switch (where.kind) {
    case 'allShards': return shards.map(({ target }) => ({ target }));
    case 'anyShard': return shards.slice(0, 1).map(({ target }) => ({ target }));
    case 'shard': {
      const found = shards.find(({ target }) => target.shard.toLowerCase() === where.shard.toLowerCase());
      if (found === undefined) throw new VtrewindError({ code: 'VT05003', mysql: 1049, sqlState: '42000', message: `no shard ${where.shard} in keyspace ${routing.keyspace.name}` });
      return [{ target: found.target }];
    }
    case 'keyRange': {
      const range = parseShardRange(where.range);
      if (range === undefined) throw new VtrewindError({ code: 'VTR1504', mysql: 1049, message: `'${where.range}' is no key range` });
      return shards.filter((s) => keyRangesIntersect({ start: Buffer.from(s.start), end: Buffer.from(s.end) }, range)).map(({ target }) => ({ target }));
    }
    default: return where satisfies never;
  }
}

function servingShards(shards: readonly ShardInfo[]): { name: string; keyRange: { start: Buffer; end: Buffer }; target: Target }[] {
  return shards.map((s) => ({ name: s.target.shard, keyRange: { start: Buffer.from(s.start), end: Buffer.from(s.end) }, target: s.target }));
}

function byDestinations(keyspace: string, shards: readonly ShardInfo[], destinations: readonly Destination[]): ResolvedShard[] {
  const serving = servingShards(shards);
  const wanted = new Set(destinations.flatMap((d) => resolveDestination(keyspace, serving, d)));
  return serving.filter((s) => wanted.has(s.name)).map(({ target }) => ({ target }));
}

async function byValues(routing: Routing, env: Environment, keyspace: string, shards: readonly ShardInfo[], listVars: readonly { readonly name: string; readonly value: number }[]): Promise<ResolvedShard[]> {
  if (routing.pinned !== undefined) return byDestinations(keyspace, shards, [{ kind: 'keyspaceId', keyspaceId: routing.pinned }]);
  const values = routing.values ?? [];
  const serving = servingShards(shards);
  const evalEnv = evalEnvironment(env);
  const lists = values.map((v) => evaluateList(v.expr, evalEnv).map((x): BindVariable => toBind(x)));
  if (routing.variant === 'Between') return between(routing, keyspace, serving, lists);
  const rows = routing.variant === 'MultiEqual' && lists.length > 1 ? zipped(lists) : combinations(lists);
  const destinations = await mapRows(routing, env, rows);
  const byShard = new Map<string, { target: Target; rows: (readonly BindVariable[])[] }>();
  destinations.forEach((destination, i) => {
    const row = rows[i] ?? [];
    for (const name of resolveDestination(keyspace, serving, destination)) {
      const shard = serving.find((s) => s.name === name);
      if (shard === undefined) continue;
      const entry = byShard.get(name);
      if (entry === undefined) byShard.set(name, { target: shard.target, rows: [row] });
      else entry.rows.push(row);
    }
  });
  const order = new Map(serving.map((s, i) => [s.name, i]));
  return [...byShard].sort(([a], [b]) => (order.get(a) ?? 0) - (order.get(b) ?? 0)).map(([, { target, rows: mine }]) => {
    if (listVars.length === 0) return { target };
    const binds: Record<string, BindVariable> = {};
    for (const { name, value } of listVars) binds[name] = listBind(distinctValues(mine.map((r) => r[value] ?? { type: valueTypes.NULL_TYPE })));
    return { target, binds };
  });
}

function distinctValues(values: readonly BindVariable[]): BindVariable[] {
  return [...new Map(values.map((v) => [`${v.type}:${v.value?.toString('latin1') ?? ''}`, v])).values()];
}

/** The n-th members of all lists together: values of tuples. */
function zipped(lists: readonly (readonly BindVariable[])[]): BindVariable[][] {
  const [first = []] = lists;
  return first.map((_, i) => lists.map((list) => list[i] ?? { type: valueTypes.NULL_TYPE }));
}

/** Every combination of one member per list. Bounded: a multi-column IN of more than 100,000 combinations is refused. */
function combinations(lists: readonly (readonly BindVariable[])[]): BindVariable[][] {
  let rows: BindVariable[][] = [[]];
  for (const list of lists) {
    if (rows.length * list.length > 100_000) throw new VtrewindError({ code: 'VTR1505', mysql: 1105, message: 'too many combinations of values in a multi-column IN', hint: 'use fewer values at once' });
    rows = rows.flatMap((row) => list.map((value) => [...row, value]));
  }
  return rows;
}

async function mapRows(routing: Routing, env: Environment, rows: readonly (readonly BindVariable[])[]): Promise<Destination[]> {
  const { vindex } = routing;
  if (vindex === undefined) throw new VtrewindError({ code: 'VTR1506', message: `a ${routing.variant} route without a vindex` });
  switch (vindex.kind) {
    case 'single': return rows.map(([value]) => vindex.mapOne(asVindexValue(value)));
    case 'multi': return rows.map((row) => vindex.mapOne(row.map(asVindexValue)));
    case 'lookup': return mapLookup(vindex, routing, env, rows);
    default: return vindex satisfies never;
  }
}

async function mapLookup(vindex: LookupVindex, routing: Routing, env: Environment, rows: readonly (readonly BindVariable[])[]): Promise<Destination[]> {
  if (routing.lookup === undefined) throw new VtrewindError({ code: 'VTR1507', mysql: 1146, sqlState: '42S02', message: `the lookup table '${vindex.lookup.table}' of vindex ${vindex.name} is not in the vschema` });
  const ids = await lookupKeyspaceIds(vindex, routing.lookup, env, rows.map(([value]) => value ?? { type: valueTypes.NULL_TYPE }));
  return ids.map((keyspaceIds) => ({ kind: 'keyspaceIds', keyspaceIds }));
}

/** A bind variable for a vindex: `7.0` equals the whole number 7, and is where that is. */
export function asVindexValue(value: BindVariable | undefined): VindexValue {
  if (value === undefined) return { type: valueTypes.NULL_TYPE };
  if (value.type === valueTypes.DECIMAL || value.type === valueTypes.FLOAT64 || value.type === valueTypes.FLOAT32) {
    const whole = /^(-?\d+)\.0*$/.exec(value.value?.toString() ?? '')?.[1];
    if (whole !== undefined) return { type: valueTypes.INT64, value: Buffer.from(whole) };
  }
  return { type: value.type, value: value.value };
}

/** A range of values of a vindex that keeps their order: every shard between the keyspace ids of the bounds. */
function between(routing: Routing, keyspace: string, serving: ReturnType<typeof servingShards>, lists: readonly (readonly BindVariable[])[]): ResolvedShard[] {
  const { vindex } = routing;
  const all = serving.map(({ target }) => ({ target }));
  if (vindex?.kind !== 'single') return all;
  const [low, high] = lists.map(([bound]) => vindex.mapOne(asVindexValue(bound)));
  if (low?.kind !== 'keyspaceId' || high?.kind !== 'keyspaceId') return all;
  if (Buffer.compare(low.keyspaceId, high.keyspaceId) > 0) return [];
  const wanted = new Set(resolveDestination(keyspace, serving, { kind: 'keyRange', keyRange: { start: low.keyspaceId, end: Buffer.concat([high.keyspaceId, Buffer.from([0, 1])]) } }));
  return serving.filter((s) => wanted.has(s.name)).map(({ target }) => ({ target }));
}

/** The id a number hashes to, for lookups that store numbers. */
export function hashedNumber(value: VindexValue): Buffer {
  const mapped = hashVindex.mapOne(value);
  if (mapped.kind !== 'keyspaceId') throw new VtrewindError({ code: 'VTR1508', message: 'a lookup row holds no number' });
  return mapped.keyspaceId;
}

const hashVindex = ((): { mapOne(value: VindexValue): Destination } => {
  const made = createVindex('hash', 'hash', {});
  if (made.kind !== 'single') throw new Error('hash is a single-column vindex');
  return made;
})();
