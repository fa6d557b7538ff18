import type { Send } from '../../planner/plan.ts';
import type { QueryResult } from '../../vitess/queryService.ts';
import { emptyResult } from '../collect.ts';
import type { Environment } from '../environment.ts';
import { targeted } from '../resolve.ts';
import { addResults } from './dml.ts';
import type { ShardQuery } from '../vcursor.ts';

export async function runSend(p: Send, env: Environment): Promise<QueryResult> {
  const shards = await env.vcursor.allShards(p.keyspace.name, p.tabletType);
  const all = targeted(shards, { keyspace: p.keyspace, shards: p.shards });
  const chosen = p.singleShardOnly ? all.slice(0, 1) : all;
  const queries = chosen.map((shard): ShardQuery => ({ target: shard.target, sql: p.query, binds: env.binds }));
  const outcomes = await env.vcursor.execute(queries, {
    write: p.isDml, transaction: p.keyspace.snapshot === true ? 'outside' : 'session', canAutocommit: env.canAutocommit && queries.length === 1,
    ...(p.queryTimeoutMs !== undefined && { timeoutMs: p.queryTimeoutMs }), ...(p.reservedConnectionNeeded && { reserved: true }),
  });
  let total: QueryResult | undefined;
  for (const outcome of outcomes) {
    if ('error' in outcome) throw outcome.error;
    total = total === undefined ? outcome.result : addResults(total, outcome.result);
  }
  return total ?? emptyResult;
}
