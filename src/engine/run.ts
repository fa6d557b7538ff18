import { VtrewindError } from '../base/errors.ts';
import type { Primitive, SetStatement, VindexFunc } from '../planner/plan.ts';
import type { BindVariable, Field, QueryResult } from '../vitess/queryService.ts';
import { valueTypes } from '../vschema/index.ts';
import { collect, emptyResult } from './collect.ts';
import { evalEnvironment, withBinds, type Environment, type Parts } from './environment.ts';
import { evaluate } from './evaluate/evaluate.ts';
import { runAggregate } from './primitives/aggregate.ts';
import { addResults, runDml, runDmlWithInput } from './primitives/dml.ts';
import { runInsert } from './primitives/insert.ts';
import { runHashJoin, runJoin, runSemiJoin } from './primitives/joins.ts';
import { runRoute, runVindexLookup } from './primitives/route.ts';
import { runConcatenate, runDistinct, runFilter, runLimit, runProjection, runSimpleProjection, runSort, runUncorrelatedSubquery, subqueryBinds } from './primitives/rows.ts';
import { runScratch } from './primitives/scratch.ts';
import { runSend } from './primitives/send.ts';
import { runVindexFunc } from './primitives/vindexFunc.ts';

/** The rows of any primitive, fields first. Those that give no rows run to their end and give none. */
export function run(p: Primitive, env: Environment): Parts {
  switch (p.op) {
    case 'Route': return runRoute(p, env);
    case 'VindexLookup': return runVindexLookup(p, env);
    case 'Join': return runJoin(p, env);
    case 'HashJoin': return runHashJoin(p, env);
    case 'SemiJoin': return runSemiJoin(p, env);
    case 'UncorrelatedSubquery': return runUncorrelatedSubquery(p, env);
    case 'Aggregate': return runAggregate(p, env);
    case 'Sort': return runSort(p, env);
    case 'Limit': return runLimit(p, env);
    case 'Distinct': return runDistinct(p, env);
    case 'Filter': return runFilter(p, env);
    case 'Projection': return runProjection(p, env);
    case 'SimpleProjection': return runSimpleProjection(p, env);
    case 'Concatenate': return runConcatenate(p, env);
    case 'VindexFunc': return runVindexFunc(p satisfies VindexFunc, env);
    case 'Rows': return once({ fields: p.fields, rows: p.rows });
    case 'SingleRow': return once({ fields: [{ name: '1', type: valueTypes.INT64, charset: 63 }], rows: [[Buffer.from('1')]] });
    case 'SQL_CALC_FOUND_ROWS': return foundRows(p, env);
    case 'Scratch': return runScratch(p, env, runWhole);
    case 'Mirror': return env.run(p.primary, env);
    case 'RenameFields': return renamed(p, env);
    case 'ReplaceVariables': return env.run(p.input, env);
    case 'EXECUTE': return env.run(p.input, env);
    case 'RecurseCTE': return recurse(p, env);
    default: return asParts(runWhole(p, env));
  }
}

async function* once(part: { fields: readonly Field[]; rows: readonly (readonly (Buffer | null)[])[] }): Parts {
  yield part;
}

async function* asParts(result: Promise<QueryResult>): Parts {
  const { fields, rows } = await result;
  yield { fields, rows };
}

async function* renamed(p: Primitive & { op: 'RenameFields' }, env: Environment): Parts {
  for await (const part of env.run(p.input, env)) {
    yield { ...(part.fields !== undefined && { fields: part.fields.map((f, i) => { const name = p.names[i]; return name === undefined ? f : { ...f, name }; }) }), rows: part.rows };
  }
}

async function* foundRows(p: Primitive & { op: 'SQL_CALC_FOUND_ROWS' }, env: Environment): Parts {
  yield* env.run(p.limited, env);
  const { rows } = await collect(p.count, env);
  env.vcursor.session.setFoundRows(BigInt(rows[0]?.[0]?.toString() ?? '0'));
}

/** MySQL's cte_max_recursion_depth. */
const maxDepth = 1000;

/** Rows of the seed, then of the recursive part run with each row it gave, until none are new. */
async function* recurse(p: Primitive & { op: 'RecurseCTE' }, env: Environment): Parts {
  let { fields, rows } = await collect(p.seed, env);
  yield { fields, rows };
  for (let depth = 0; rows.length > 0; depth++) {
    if (depth >= maxDepth) throw new VtrewindError({ code: 'VTR1520', mysql: 3636, sqlState: 'HY000', message: `Recursive query aborted after ${maxDepth} iterations. Try increasing @@cte_max_recursion_depth to a larger value.` });
    const next: typeof rows = [];
    for (const row of rows) {
      const binds: Record<string, BindVariable> = {};
      for (const [name, at] of Object.entries(p.vars)) binds[name] = row[at] === null || row[at] === undefined ? { type: valueTypes.NULL_TYPE } : { type: fields[at]?.type ?? valueTypes.VARCHAR, value: row[at] };
      const found = await collect(p.term, withBinds(env, binds));
      next.push(...found.rows);
    }
    rows = next;
    if (rows.length > 0) yield { rows };
  }
}

/** Runs a primitive whose result is more than rows: what it changed, its insert id, its warnings. */
export async function runWhole(p: Primitive, env: Environment): Promise<QueryResult> {
  switch (p.op) {
    case 'Insert': return runInsert(p, env, runWhole);
    case 'Update':
    case 'Delete': return runDml(p, env, runWhole);
    case 'DMLWithInput': return runDmlWithInput(p, env, runWhole);
    case 'UncorrelatedSubquery': return runWhole(p.outer, withBinds(env, await subqueryBinds(p, env)));
    case 'Sequential': {
      let total: QueryResult = emptyResult;
      for (const input of p.inputs) total = addResults(total, await runWhole(input, env));
      return total;
    }
    case 'Concatenate': {
      if (!p.inputs.every((i) => i.op === 'Send')) break;
      let total: QueryResult = emptyResult;
      for (const input of p.inputs) total = addResults(total, await runWhole(input, env));
      return total;
    }
    case 'Send': return runSend(p, env);
    case 'Set': return runSet(p, env);
    case 'DDL': return env.vcursor.gate.ddl({ keyspace: p.keyspace, query: p.query, temporary: p.temporary, action: p.action, shards: p.shards });
    case 'DatabaseDDL': return env.vcursor.gate.databaseDdl(p.action, p.name, p.query);
    case 'Lock': return env.vcursor.gate.lock(p.keyspace, p.query, env.binds);
    case 'UpdateTarget':
      await env.vcursor.gate.useTarget(p.target);
      return emptyResult;
    case 'ShowExec': return env.vcursor.gate.show(p.what, p.filter, p.target);
    case 'AlterVSchema': return env.vcursor.gate.alterVSchema(p.keyspace.name, p.query);
    case 'VEXPLAIN': return env.vcursor.gate.vexplain(p.kind, p.input, env.binds);
    case 'TransactionStatus': return env.vcursor.gate.transactionStatus(p.keyspace, p.transactionId);
    default:
  }
  const { fields, rows } = await collect(p, env);
  return { fields, rows, rowsAffected: 0n, insertId: 0n };
}

async function runSet(p: SetStatement, env: Environment): Promise<QueryResult> {
  const { session, gate } = env.vcursor;
  for (const op of p.ops) {
    const value = op.value.expr === undefined ? await askShard(op.value.text, env) : evaluate(op.value.expr, evalEnvironment(env));
    switch (op.type) {
      case 'UserDefinedVariable': session.setUserVariable(op.name, { type: value.type, value: value.text === null ? null : Buffer.from(value.text) }); break;
      case 'SysVarSet': await gate.setSystemVariable({ name: op.name, value: value.text, text: op.value.text, kind: op.type, scope: op.scope, supportsSetVar: op.supportsSetVar }); break;
      case 'SysVarAware': await gate.setSystemVariable({ name: op.name, value: value.text, text: op.value.text, kind: op.type, scope: 'session', supportsSetVar: false }); break;
      case 'SysVarIgnore':
      case 'SysVarCheckAndIgnore': break;
      default: op satisfies never;
    }
  }
  return emptyResult;
}

/** An expression that only MySQL can evaluate. */
async function askShard(text: string, env: Environment): Promise<{ type: number; text: string | null }> {
  const keyspace = await env.vcursor.anyKeyspace();
  const shards = await env.vcursor.allShards(keyspace.name, undefined);
  const target = shards[0]?.target;
  if (target === undefined) throw new VtrewindError({ code: 'VTR1521', message: `keyspace ${keyspace.name} has no shard` });
  const [outcome] = await env.vcursor.execute([{ target, sql: `select ${text} from dual`, binds: env.binds }], { write: false, transaction: 'session' });
  if (outcome === undefined || 'error' in outcome) throw outcome?.error ?? new VtrewindError({ code: 'VTR1522', message: 'no answer' });
  const value = outcome.result.rows[0]?.[0] ?? null;
  return { type: outcome.result.fields[0]?.type ?? valueTypes.VARCHAR, text: value === null ? null : value.toString() };
}
