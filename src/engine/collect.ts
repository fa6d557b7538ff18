import type { Primitive } from '../planner/plan.ts';
import type { Field, QueryResult, Row } from '../vitess/queryService.ts';
import { hold, type Environment, type Parts } from './environment.ts';

/** Rows of a primitive, all in memory, counted against the limit. */
export async function collect(primitive: Primitive, env: Environment): Promise<{ fields: readonly Field[]; rows: Row[] }> {
  return collectParts(env.run(primitive, env), env);
}

export async function collectParts(parts: Parts, env: Environment): Promise<{ fields: readonly Field[]; rows: Row[] }> {
  let fields: readonly Field[] = [];
  const rows: Row[] = [];
  for await (const part of parts) {
    if (part.fields !== undefined) fields = part.fields;
    hold(env, part.rows.length);
    for (const row of part.rows) rows.push(row);
  }
  return { fields, rows };
}

/** Splits a stream into its fields and the rest. The rest must be read to its end or returned. */
export async function open(parts: Parts): Promise<{ fields: readonly Field[]; first: readonly Row[]; rest: Parts }> {
  const first = await parts.next();
  if (first.done === true) return { fields: [], first: [], rest: parts };
  return { fields: first.value.fields ?? [], first: first.value.rows, rest: parts };
}

/** The batches of rows of an opened stream. */
export async function* batches(opened: { readonly first: readonly Row[]; readonly rest: Parts }): AsyncGenerator<readonly Row[], void, void> {
  try {
    if (opened.first.length > 0) yield opened.first;
    for await (const part of opened.rest) if (part.rows.length > 0) yield part.rows;
  } finally {
    await opened.rest.return();
  }
}

export const emptyResult: QueryResult = { fields: [], rows: [], rowsAffected: 0n, insertId: 0n };
