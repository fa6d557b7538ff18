import { VtrewindError } from '../../base/errors.ts';
import type { AskExpr, EvalExpr } from '../../planner/evalExpr.ts';
import type { BindVariable, Field, Row } from '../../vitess/queryService.ts';
import { valueTypes } from '../../vschema/valueType.ts';
import { columnBind, evalEnvironment, toBind, type Environment } from '../environment.ts';
import { isText } from '../rows/compare.ts';
import { evaluate, type EvalValue } from './evaluate.ts';

/** What a shard answered, by expression: one value per row. */
export interface Asked { readonly values: ReadonlyMap<AskExpr, readonly EvalValue[]>; readonly fields: ReadonlyMap<AskExpr, Field> }
const nothing: Asked = { values: new Map(), fields: new Map() };

/** The parts of an expression that only MySQL can compute. */
export function asksOf(expr: EvalExpr): AskExpr[] {
  switch (expr.kind) {
    case 'ask': return [expr];
    case 'tuple': return expr.items.flatMap(asksOf);
    case 'unary': return asksOf(expr.arg);
    case 'binary': return [...asksOf(expr.left), ...asksOf(expr.right)];
    case 'case': return [...expr.whens.flatMap((w) => [...asksOf(w.when), ...asksOf(w.value)]), ...asksOf(expr.otherwise)];
    case 'call': return expr.args.flatMap(asksOf);
    default: return [];
  }
}

/** Rows put into one question. */
const rowsAtOnce = 100;

/**
 * Has any shard compute the given parts for all rows: `select 0, f(…) union all select 1, f(…) …`. MySQL's own functions over rows that were
 * put together here, a batch at a time.
 */
export async function askShard(asks: readonly AskExpr[], rows: readonly Row[], fields: readonly Field[], env: Environment): Promise<Asked> {
  if (asks.length === 0) return nothing;
  const keyspace = await env.vcursor.anyKeyspace();
  const target = (await env.vcursor.allShards(keyspace.name, undefined))[0]?.target;
  if (target === undefined) throw new VtrewindError({ code: 'VTR1521', message: `keyspace ${keyspace.name} has no shard` });
  const values = new Map<AskExpr, EvalValue[]>(asks.map((ask) => [ask, []]));
  const described = new Map<AskExpr, Field>();
  const types = fields.map((f) => f.type);
  const asked = rows.length === 0 ? [fields.map(() => null)] : rows;
  for (let start = 0; start < asked.length; start += rowsAtOnce) {
    const batch = asked.slice(start, start + rowsAtOnce);
    const binds: Record<string, BindVariable> = { ...env.binds };
    const selects = batch.map((row, i) => `select ${i}, ${asks.map((ask, j) => {
      ask.args.forEach((arg, k) => {
        binds[`__a${i}_${j}_${k}`] = arg.kind === 'column' ? columnBind(fields[arg.index], row[arg.index]) : toBind(evaluate(arg, evalEnvironment(env, row, types)));
      });
      return ask.sql.replace(/:__arg(\d+)\b/g, (_, k: string) => {
        const arg = ask.args[Number(k)];
        // A bare NULL would make the result binary.
        if (arg?.kind === 'column' && (row[arg.index] ?? null) === null && isText(types[arg.index] ?? 0)) return 'cast(null as char)';
        return `:__a${i}_${j}_${k}`;
      });
    }).join(', ')}`);
    const [outcome] = await env.vcursor.execute([{ target, sql: selects.join(' union all '), binds }], { write: false, transaction: 'session' });
    if (outcome === undefined || 'error' in outcome) throw outcome?.error ?? new VtrewindError({ code: 'VTR1522', message: 'no answer' });
    asks.forEach((ask, j) => { const field = outcome.result.fields[j + 1]; if (field !== undefined) described.set(ask, field); });
    if (rows.length === 0) break;
    for (const row of outcome.result.rows) {
      const at = start + Number(row[0]?.toString());
      asks.forEach((ask, j) => {
        const value = row[j + 1] ?? null;
        const list = values.get(ask);
        if (list !== undefined) list[at] = value === null ? { type: valueTypes.NULL_TYPE, text: null } : { type: described.get(ask)?.type ?? valueTypes.VARCHAR, text: value.toString() };
      });
    }
  }
  return { values, fields: described };
}

/** The answers that belong to one row. */
export function answersFor(asked: Asked, row: number): ReadonlyMap<AskExpr, EvalValue> {
  const answers = new Map<AskExpr, EvalValue>();
  for (const [ask, list] of asked.values) {
    const value = list[row];
    if (value !== undefined) answers.set(ask, value);
  }
  return answers;
}
