import { VtrewindError } from '../../base/errors.ts';
import type { Concatenate, Distinct, Filter, Limit, PlanValue, Projection, SimpleProjection, Sort, UncorrelatedSubquery } from '../../planner/plan.ts';
import { upperLimit } from '../../planner/select/limits.ts';
import type { BindVariable, Field, Row } from '../../vitess/queryService.ts';
import { valueTypes } from '../../vschema/valueType.ts';
import { batches, collect, open } from '../collect.ts';
import { columnBind, evalEnvironment, hold, listBind, release, withBinds, type Environment, type Parts } from '../environment.ts';
import { answersFor, askShard, asksOf, type Asked } from '../evaluate/askShard.ts';
import { commonColumns } from '../evaluate/commonColumns.ts';
import { staticType } from '../evaluate/commonType.ts';
import { evaluate, truth } from '../evaluate/evaluate.ts';
import { rowComparator, rowKey } from '../rows/compare.ts';
import { sqlLiteral } from './dml.ts';

const cut = (row: Row, width: number | undefined): Row => (width === undefined ? row : row.slice(0, width));
const cutFields = (fields: readonly Field[], width: number | undefined): readonly Field[] => (width === undefined ? fields : fields.slice(0, width));

/** A LIMIT's number. Throws 1210 for NULL and negative values, as MySQL does for prepared statements. */
function limitNumber(value: PlanValue, env: Environment): bigint {
  const { text } = evaluate(value.expr, evalEnvironment(env));
  if (text === null || !/^\d+$/.test(text)) throw new VtrewindError({ code: 'VT03033', mysql: 1210, sqlState: 'HY000', message: 'Incorrect arguments to LIMIT' });
  return BigInt(text);
}

export async function* runLimit(p: Limit, env: Environment): Parts {
  const offset = p.offset === undefined ? 0n : limitNumber(p.offset, env);
  const count = p.count === undefined ? undefined : limitNumber(p.count, env);
  const upper = count === undefined ? undefined : count + offset;
  const inner = upper === undefined ? env : withBinds(env, { [upperLimit]: { type: valueTypes.INT64, value: Buffer.from((upper > 2n ** 63n - 1n ? 2n ** 63n - 1n : upper).toString()) } });
  const input = await open(env.run(p.input, inner));
  yield { fields: input.fields, rows: [] };
  let skip = offset;
  let left = count;
  if (left === 0n) {
    await input.rest.return();
    return;
  }
  for await (const batch of batches(input)) {
    let rows: readonly Row[] = batch;
    if (skip > 0n) {
      const drop = skip < BigInt(rows.length) ? Number(skip) : rows.length;
      rows = rows.slice(drop);
      skip -= BigInt(drop);
    }
    if (left !== undefined && BigInt(rows.length) > left) rows = rows.slice(0, Number(left));
    if (rows.length > 0) yield { rows };
    if (left !== undefined) {
      left -= BigInt(rows.length);
      if (left <= 0n) return;
    }
  }
}

export async function* runSort(p: Sort, env: Environment): Parts {
  const { fields, rows } = await collect(p.input, env);
  const compare = rowComparator(p.orderBy, fields);
  rows.sort(compare);
  yield { fields: cutFields(fields, p.keepColumns), rows: [] };
  for (let at = 0; at < rows.length; at += 256) yield { rows: rows.slice(at, at + 256).map((row) => cut(row, p.keepColumns)) };
  release(env, rows.length);
}

export async function* runDistinct(p: Distinct, env: Environment): Parts {
  const input = await open(env.run(p.input, env));
  const seen = new Set<string>();
  yield { fields: cutFields(input.fields, p.keepColumns), rows: [] };
  for await (const batch of batches(input)) {
    const rows: Row[] = [];
    for (const row of batch) {
      const key = rowKey(row, p.columns, input.fields);
      if (seen.has(key)) continue;
      hold(env, 1);
      seen.add(key);
      rows.push(cut(row, p.keepColumns));
    }
    if (rows.length > 0) yield { rows };
  }
  release(env, seen.size);
}

export async function* runFilter(p: Filter, env: Environment): Parts {
  const input = await open(env.run(p.input, env));
  const types = input.fields.map((f) => f.type);
  const asks = asksOf(p.predicate.expr);
  yield { fields: cutFields(input.fields, p.keepColumns), rows: [] };
  for await (const batch of batches(input)) {
    const asked = await askShard(asks, batch, input.fields, env);
    const rows = batch.filter((row, i) => truth(evaluate(p.predicate.expr, { ...evalEnvironment(env, row, types), answers: answersFor(asked, i) })) === true).map((row) => cut(row, p.keepColumns));
    if (rows.length > 0) yield { rows };
  }
}

export async function* runProjection(p: Projection, env: Environment): Parts {
  const input = await open(env.run(p.input, env));
  const types = input.fields.map((f) => f.type);
  const scales = input.fields.map((f) => (f.type === valueTypes.DECIMAL ? f.decimals : undefined));
  const source = p.expressions.map((e) => (e.expr.kind === 'column' ? input.fields[e.expr.index] : undefined));
  const seen: (number | undefined)[] = p.expressions.map(() => undefined);
  const asks = p.expressions.flatMap((e) => asksOf(e.expr));
  const project = (asked: Asked) => (row: Row, at: number): Row => p.expressions.map((e, i) => {
    if (e.expr.kind === 'column') return row[e.expr.index] ?? null;
    const value = evaluate(e.expr, asks.length === 0 ? evalEnvironment(env, row, types, scales) : { ...evalEnvironment(env, row, types, scales), answers: answersFor(asked, at) });
    if (value.text !== null) seen[i] ??= value.type;
    return value.text === null ? null : value.bytes ?? Buffer.from(value.text);
  });
  let announced = false;
  const announce = (asked: Asked): readonly Field[] => p.expressions.map((e, i): Field => {
    const known = source[i];
    if (known !== undefined) return known;
    const field = e.expr.kind === 'ask' ? asked.fields.get(e.expr) : undefined;
    if (field !== undefined) return { ...field, name: e.name };
    const fixed = staticType(e.expr, types, scales);
    const type = fixed === undefined || fixed.type === valueTypes.NULL_TYPE ? seen[i] ?? nullRowType(p, i, types) : fixed.type;
    return { name: e.name, type, charset: isTextType(type) ? 255 : 63, flags: 128, ...(type === valueTypes.DECIMAL && { decimals: Math.min(30, fixed?.scale ?? 0) }) };
  });
  for await (const batch of batches(input)) {
    const asked = await askShard(asks, batch, input.fields, env);
    const rows = batch.map(project(asked));
    if (announced) yield { rows };
    else {
      announced = true;
      yield { fields: announce(asked), rows };
    }
  }
  if (!announced) yield { fields: announce(await askShard(asks, [], input.fields, env)), rows: [] };
}

const isTextType = (type: number | undefined): boolean => type === valueTypes.VARCHAR || type === valueTypes.CHAR || type === valueTypes.TEXT;

/** The type of an expression that no row showed: evaluated over ones, so that a division is a decimal all the same. */
function nullRowType(p: Projection, at: number, types: readonly number[]): number {
  const expr = p.expressions[at]?.expr;
  if (expr === undefined) return valueTypes.NULL_TYPE;
  try {
    return evaluate(expr, { binds: {}, row: types.map(() => Buffer.from('1')), types }).type;
  } catch (error) {
    if (error instanceof VtrewindError) return valueTypes.NULL_TYPE;
    throw error;
  }
}

export async function* runSimpleProjection(p: SimpleProjection, env: Environment): Parts {
  for await (const part of env.run(p.input, env)) {
    yield {
      ...(part.fields !== undefined && { fields: p.columns.map((c, i): Field => { const field = part.fields?.[c] ?? { name: '', type: valueTypes.NULL_TYPE }; const name = p.names?.[i]; return name === undefined ? field : { ...field, name }; }) }),
      rows: part.rows.map((row) => p.columns.map((c) => row[c] ?? null)),
    };
  }
}

/** One input after the other; columns take the first one's names, and a type that holds all. */
export async function* runConcatenate(p: Concatenate, env: Environment): Parts {
  const opened = [];
  try {
    for (const input of p.inputs) opened.push(await open(env.run(input, env)));
    const [first, ...others] = opened;
    if (first === undefined) return;
    for (const other of others) {
      if (other.fields.length !== first.fields.length) throw new VtrewindError({ code: 'VTR1510', mysql: 1222, sqlState: '21000', message: 'The used SELECT statements have a different number of columns' });
    }
    const common = await commonColumns(opened.map((o) => o.fields), env);
    yield { fields: common.fields, rows: [] };
    for (const [branch, input] of opened.entries()) for await (const rows of batches(input)) yield { rows: await common.convert(branch, rows) };
  } finally {
    for (const input of opened) await input.rest.return();
  }
}

/** Runs the subquery once; its answer becomes bind variables of what follows. */
export async function subqueryBinds(p: UncorrelatedSubquery, env: Environment): Promise<Record<string, BindVariable>> {
  const { fields, rows } = await collect(p.subquery, env);
  release(env, rows.length);
  const has = (yes: boolean): BindVariable => ({ type: valueTypes.INT64, value: Buffer.from(yes ? '1' : '0') });
  const binds: Record<string, BindVariable> = {};
  if (p.hasValuesVar !== undefined) binds[p.hasValuesVar] = has(rows.length > 0);
  switch (p.variant) {
    case 'PulloutValue': {
      if (rows.length > 1) throw new VtrewindError({ code: 'VTR1511', mysql: 1242, sqlState: '21000', message: 'Subquery returns more than 1 row' });
      if (fields.length > 1) throw new VtrewindError({ code: 'VTR1512', mysql: 1241, sqlState: '21000', message: 'Operand should contain 1 column(s)' });
      binds[p.resultVar] = columnBind(fields[0], rows[0]?.[0]);
      return binds;
    }
    case 'PulloutIn':
    case 'PulloutNotIn': {
      if (fields.length > 1) {
        binds[p.resultVar] = tupleList(fields, rows);
        return binds;
      }
      const type = fields[0]?.type ?? valueTypes.VARBINARY;
      binds[p.resultVar] = listBind(rows.length === 0 ? [{ type: valueTypes.NULL_TYPE, value: null }] : rows.map((row) => ({ type, value: row[0] ?? null })));
      return binds;
    }
    case 'PulloutExists':
    case 'PulloutNotExists': return binds;
    default: return p.variant satisfies never;
  }
}

/** Rows of several columns as the members of a list: `((1, 'a'), (2, null))`. */
function tupleList(fields: readonly Field[], rows: readonly Row[]): BindVariable {
  const members = rows.length === 0 ? [fields.map(() => null)] : rows;
  return { type: valueTypes.TUPLE, values: members.map((row) => ({ type: valueTypes.RAW, value: Buffer.from(`(${fields.map((f, i) => sqlLiteral(f, row[i] ?? null)).join(', ')})`) })) };
}

export async function* runUncorrelatedSubquery(p: UncorrelatedSubquery, env: Environment): Parts {
  yield* env.run(p.outer, withBinds(env, await subqueryBinds(p, env)));
}
