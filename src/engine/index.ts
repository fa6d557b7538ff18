import type { Plan, Primitive } from '../planner/plan.ts';
import type { BindVariables, Field, QueryResult } from '../vitess/queryService.ts';
import type { Environment } from './environment.ts';
import { emptyResult } from './collect.ts';
import { run, runWhole } from './run.ts';
import { resolveRouting, type ResolvedShard } from './resolve.ts';
import type { Routing } from '../planner/plan.ts';
import type { ResultPart, VCursor } from './vcursor.ts';

/** Runs a plan and gives the whole result. Throws what a shard or a primitive throws. */
export async function executePlan(plan: Plan, binds: BindVariables, vcursor: VCursor): Promise<QueryResult> {
  if (plan.root === undefined) return emptyResult;
  const result = await runWhole(plan.root, environment(plan, binds, vcursor, false));
  return { ...result, fields: named(plan, result.fields) };
}

/** Runs a plan and gives its rows as they come: the fields in the first part. `onPart` is awaited before more is read from any shard. */
export async function streamPlan(plan: Plan, binds: BindVariables, vcursor: VCursor, onPart: (part: ResultPart) => Promise<void> | void): Promise<void> {
  if (plan.root === undefined) return;
  const parts = run(plan.root, environment(plan, binds, vcursor, true));
  for await (const part of parts) {
    vcursor.signal?.throwIfAborted();
    await onPart(part.fields === undefined ? part : { ...part, fields: named(plan, part.fields) });
  }
}

/** The shards of a route, for a gate that passes single-shard results through by itself. */
export function resolveRoute(routing: Routing, binds: BindVariables, vcursor: VCursor): Promise<ResolvedShard[]> {
  return resolveRouting(routing, { binds, vcursor, streaming: false, usage: { rows: 0 }, canAutocommit: true, run });
}

/** The rows of one primitive of a plan, for VEXPLAIN. */
export function runPrimitive(primitive: Primitive, binds: BindVariables, vcursor: VCursor): Promise<QueryResult> {
  return runWhole(primitive, { binds, vcursor, streaming: false, usage: { rows: 0 }, canAutocommit: false, run });
}

function environment(plan: Plan, binds: BindVariables, vcursor: VCursor, streaming: boolean): Environment {
  return { binds, vcursor, streaming, usage: { rows: 0 }, canAutocommit: plan.writes && !plan.multiShardWrites, run };
}

/** Columns under the names MySQL would give them for the client's own text. */
function named(plan: Plan, fields: readonly Field[]): readonly Field[] {
  const { columnNames } = plan;
  if (columnNames === undefined || columnNames.length !== fields.length) return fields;
  return fields.map((field, i) => { const name = columnNames[i]; return name === undefined || name === field.name ? field : { ...field, name }; });
}

export type { ResolvedShard } from './resolve.ts';
export type * from './vcursor.ts';
export { evaluate, type EvalValue } from './evaluate/evaluate.ts';
