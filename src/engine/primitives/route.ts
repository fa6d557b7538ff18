import { VtrewindError } from '../../base/errors.ts';
import type { Route, VindexLookup } from '../../planner/plan.ts';
import type { BindVariables, Field, QueryResult, Row } from '../../vitess/queryService.ts';
import { valueTypes, type Destination } from '../../vschema/index.ts';
import { evalEnvironment, toBind, type Environment, type Parts } from '../environment.ts';
import { evaluate, evaluateList } from '../evaluate/evaluate.ts';
import { lookupKeyspaceIds } from '../lookups.ts';
import { resolveRouting, type ResolvedShard } from '../resolve.ts';
import { Channel } from '../rows/channel.ts';
import { rowComparator } from '../rows/compare.ts';
import { mergeSorted, type SortedSource } from '../rows/mergeSorted.ts';
import type { ResultPart, ShardOptions, ShardQuery } from '../vcursor.ts';

export async function* runRoute(route: Route, env: Environment): Parts {
  const shards = await resolveRouting(route.routing, env, route.listVars ?? []);
  yield* sendRoute(route, shards, env);
}

/** A route whose shards a lookup table names. */
export async function* runVindexLookup(p: VindexLookup, env: Environment): Parts {
  if (p.vindex.kind !== 'lookup') throw new VtrewindError({ code: 'VTR1506', message: 'a VindexLookup over a vindex that is no lookup' });
  const values = p.values.flatMap((v) => evaluateList(v.expr, evalEnvironment(env))).map(toBind);
  const ids = await lookupKeyspaceIds(p.vindex, { argument: p.argument, query: p.lookup }, env, values);
  const destinations: Destination[] = [{ kind: 'keyspaceIds', keyspaceIds: ids.flat() }];
  const shards = await resolveRouting(p.sendTo.routing, env, [], ids.flat().length === 0 ? [] : destinations);
  yield* sendRoute(p.sendTo, shards, env);
}

async function* sendRoute(route: Route, resolved: readonly ResolvedShard[], env: Environment): Parts {
  const binds = systemBinds(route, env, resolved[0]?.target.keyspace ?? route.routing.keyspace.name);
  const options: ShardOptions = {
    write: route.locks === true,
    transaction: route.routing.keyspace.snapshot === true || route.routing.variant === 'Next' ? 'outside' : 'session',
    canAutocommit: env.canAutocommit,
    ...(route.routing.variant === 'Next' && { sequence: true }),
    ...(route.queryTimeoutMs !== undefined && { timeoutMs: route.queryTimeoutMs }),
  };
  let shards = resolved;
  let sql = route.query;
  if (shards.length === 0) {
    shards = (await env.vcursor.allShards(route.routing.keyspace.name, route.routing.tabletType)).slice(0, 1).map(({ target }) => ({ target }));
    if (route.alwaysOneShard !== true) sql = route.fieldQuery;
    else if (route.listVars !== undefined) for (const { name } of route.listVars) binds[name] = { type: valueTypes.TUPLE, values: [{ type: valueTypes.NULL_TYPE, value: Buffer.alloc(0) }] };
  }
  const queries = shards.map((shard): ShardQuery => ({ target: shard.target, sql, binds: shard.binds === undefined ? binds : { ...binds, ...shard.binds } }));
  const parts = env.streaming && options.transaction !== 'session' || (env.streaming && !env.vcursor.session.inTransaction) ? streamed(route, queries, options, env) : whole(route, queries, options, env);
  if (route.keepColumns === undefined) yield* parts;
  else yield* truncated(parts, route.keepColumns);
}

async function* truncated(parts: Parts, width: number): Parts {
  for await (const part of parts) {
    yield { ...(part.fields !== undefined && { fields: part.fields.slice(0, width) }), rows: part.rows.map((row) => row.slice(0, width)) };
  }
}

/** The tablet puts its own database name for `:__vtschemaname` when told to replace it: where the schema is its keyspace, and not `mysql` or the like. */
function systemBinds(route: Route, env: Environment, keyspace: string): Record<string, BindVariables[string]> {
  const binds: Record<string, BindVariables[string]> = { ...env.binds };
  for (const [name, value] of Object.entries(route.routing.sysTableName ?? {})) binds[name] = toBind(evaluate(value.expr, evalEnvironment(env)));
  const [schema] = route.routing.sysTableSchema ?? [];
  if (schema !== undefined) {
    const value = evaluate(schema.expr, evalEnvironment(env));
    binds['__vtschemaname'] = toBind(value);
    if (value.text === keyspace) binds['__replacevtschemaname'] = { type: valueTypes.INT64, value: Buffer.from('1') };
  }
  return binds;
}

async function* whole(route: Route, queries: readonly ShardQuery[], options: ShardOptions, env: Environment): Parts {
  const outcomes = await env.vcursor.execute(queries, options);
  const results: QueryResult[] = [];
  for (const outcome of outcomes) {
    if ('result' in outcome) results.push(outcome.result);
    else if (route.scatterErrorsAsWarnings === true) env.vcursor.session.addWarning({ code: outcome.error.mysql, message: outcome.error.message });
    else throw outcome.error;
  }
  const [first] = results;
  if (first === undefined) {
    const failed = outcomes.find((o) => 'error' in o);
    if (failed !== undefined && 'error' in failed) throw failed.error;
    return;
  }
  yield { fields: first.fields, rows: [] };
  if (route.orderBy === undefined || results.length === 1) {
    for (const { rows } of results) if (rows.length > 0) yield { rows };
    return;
  }
  const compare = rowComparator(route.orderBy, first.fields);
  const sources = results.map(({ rows }): SortedSource => ({ next: oneBatch(rows), stop: () => {} }));
  yield* mergeSorted(sources, compare);
}

function oneBatch(rows: readonly Row[]): () => Promise<readonly Row[] | undefined> {
  let given = false;
  return () => {
    if (given) return Promise.resolve(undefined);
    given = true;
    return Promise.resolve(rows);
  };
}

interface Running { readonly channel: Channel; readonly done: Promise<void> }

/** Shards stream side by side, each at most one part ahead. */
async function* streamed(route: Route, queries: readonly ShardQuery[], options: ShardOptions, env: Environment): Parts {
  const running = queries.map((query): Running => {
    const channel = new Channel();
    const done = env.vcursor.stream(query, { ...options, workload: 'OLAP' }, channel.push).then(() => channel.end(), (error: unknown) => {
      if (route.scatterErrorsAsWarnings === true && queries.length > 1) {
        const known = VtrewindError.from(error);
        env.vcursor.session.addWarning({ code: known.mysql, message: known.message });
        channel.end();
      } else channel.end(error);
    });
    return { channel, done };
  });
  try {
    const fields = await firstFields(running);
    if (fields === undefined) return;
    yield { fields: fields.fields, rows: [] };
    if (route.orderBy !== undefined && running.length > 1) {
      yield* mergeSorted(running.map(({ channel }, i): SortedSource => ({ next: rowsOf(channel, fields.first[i]), stop: () => channel.stop() })), rowComparator(route.orderBy, fields.fields));
    } else yield* interleaved(running, fields.first);
  } finally {
    for (const { channel } of running) channel.stop();
    await Promise.allSettled(running.map(({ done }) => done));
  }
}

async function firstFields(running: readonly Running[]): Promise<{ fields: readonly Field[]; first: (ResultPart | undefined)[] } | undefined> {
  const first = await Promise.all(running.map(({ channel }) => channel.next()));
  const fields = first.find((part) => part?.fields !== undefined)?.fields;
  return fields === undefined ? undefined : { fields, first };
}

function rowsOf(channel: Channel, first: ResultPart | undefined): () => Promise<readonly Row[] | undefined> {
  let pending: readonly Row[] | undefined = first?.rows;
  return async () => {
    if (pending !== undefined && pending.length > 0) {
      const rows = pending;
      pending = undefined;
      return rows;
    }
    for (;;) {
      const part = await channel.next();
      if (part === undefined) return undefined;
      if (part.rows.length > 0) return part.rows;
    }
  };
}

/** Rows in whatever order they arrive. */
async function* interleaved(running: readonly Running[], first: readonly (ResultPart | undefined)[]): Parts {
  const waiting = new Map<number, Promise<{ at: number; rows: readonly Row[] | undefined }>>();
  const readers = running.map(({ channel }, i) => rowsOf(channel, first[i]));
  const ask = (at: number): void => {
    const read = readers[at];
    if (read !== undefined) waiting.set(at, read().then((rows) => ({ at, rows })));
  };
  running.forEach((_, i) => { ask(i); });
  try {
    while (waiting.size > 0) {
      const { at, rows } = await Promise.race(waiting.values());
      waiting.delete(at);
      if (rows === undefined) continue;
      yield { rows };
      ask(at);
    }
  } finally {
    for (const pending of waiting.values()) pending.catch(() => undefined);
  }
}
