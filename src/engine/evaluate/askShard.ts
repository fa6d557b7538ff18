import { VtrewindError } from '../../base/errors.ts';
import type { AskExpr, EvalExpr } from '../../planner/evalExpr.ts';
import type { BindVariable, Field, Row } from '../../vitess/queryService.ts';
import { valueTypes } from '../../vschema/valueType.ts';
import { collationName } from '../../planner/collations.ts';
import type { Environment } from '../environment.ts';
import { isText } from '../rows/compare.ts';
import type { EvalValue } from './evaluate.ts';

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
const rowsAtOnce = 1000;

/**
 * Has any shard compute the given parts for all rows, a batch at a time: `select i, f(c0) from json_table(rows, '$[*]' columns (…))`. The rows
 * travel as one JSON document whose columns have the types of the input, so that MySQL's own functions see the types they would have seen there,
 * and answer with the types they would have had.
 */
export async function askShard(asks: readonly AskExpr[], rows: readonly Row[], fields: readonly Field[], env: Environment): Promise<Asked> {
  if (asks.length === 0) return nothing;
  const keyspace = await env.vcursor.anyKeyspace();
  const target = (await env.vcursor.allShards(keyspace.name, undefined))[0]?.target;
  if (target === undefined) throw new VtrewindError({ code: 'VTR1521', message: `keyspace ${keyspace.name} has no shard` });
  const values = new Map<AskExpr, EvalValue[]>(asks.map((ask) => [ask, []]));
  const described = new Map<AskExpr, Field>();
  const columns = argumentColumns(asks, fields);
  const question = questionOf(asks, columns);
    const asked = rows.length === 0 ? [fields.map(() => null)] : rows;
  for (let start = 0; start < asked.length; start += rowsAtOnce) {
    const binds: Record<string, BindVariable> = { ...env.binds, __rows: { type: valueTypes.VARCHAR, value: Buffer.from(rowsAsJson(asked.slice(start, start + rowsAtOnce), columns)) } };
    const [outcome] = await env.vcursor.execute([{ target, sql: question, binds }], { write: false, transaction: 'session' });
    if (outcome === undefined || 'error' in outcome) throw outcome?.error ?? new VtrewindError({ code: 'VTR1522', message: 'no answer' });
    asks.forEach((ask, j) => { const field = outcome.result.fields[j + 1]; if (field !== undefined) described.set(ask, field); });
    if (rows.length === 0) break;
    for (const row of outcome.result.rows) {
      const at = start + Number(row[0]?.toString());
      asks.forEach((ask, j) => {
        const value = row[j + 1] ?? null;
        const list = values.get(ask);
        if (list !== undefined) list[at] = value === null ? { type: valueTypes.NULL_TYPE, text: null } : { type: described.get(ask)?.type ?? valueTypes.VARCHAR, text: value.toString(), bytes: value };
      });
    }
  }
  return { values, fields: described };
}

export interface ArgumentColumn { readonly name: string; readonly index: number; readonly field: Field; readonly collation: number | undefined }

function argumentColumns(asks: readonly AskExpr[], fields: readonly Field[]): ArgumentColumn[] {
  const found = new Map<number, ArgumentColumn>();
  for (const ask of asks) {
    ask.args.forEach((arg, k) => {
      if (arg.kind !== 'column') throw new Error('an argument that is no column');
      const field = fields[arg.index] ?? { name: '', type: valueTypes.NULL_TYPE };
      if (!found.has(arg.index)) found.set(arg.index, { name: `c${arg.index}`, index: arg.index, field, collation: ask.collations?.[k] });
    });
  }
  return [...found.values()];
}

function questionOf(asks: readonly AskExpr[], columns: readonly ArgumentColumn[]): string {
  const byIndex = new Map(columns.map((c) => [c.index, c]));
  const items = asks.map((ask) => ask.sql.replace(/:__arg(\d+)\b/g, (_, k: string) => {
    const arg = ask.args[Number(k)];
    const column = arg?.kind === 'column' ? byIndex.get(arg.index) : undefined;
    if (column === undefined) throw new Error('an argument that is no column');
    return isBinary(column.field) ? `unhex(\`__given\`.${column.name})` : `\`__given\`.${column.name}`;
  }));
  return `select \`__given\`.i, ${items.join(', ')} from ${givenTable(columns, ':__rows')}`;
}

/** The rows of a JSON document as a table with typed columns. */
export function givenTable(columns: readonly ArgumentColumn[], document: string): string {
  const definitions = ["i int path '$.i'", ...columns.map((c) => `${c.name} ${columnType(c)} path '$.${c.name}'`)];
  return `json_table(${document}, '$[*]' columns (${definitions.join(', ')})) as \`__given\``;
}

export const isBinary = (field: Field): boolean => field.type === valueTypes.VARBINARY || field.type === valueTypes.BINARY || field.type === valueTypes.BLOB || field.type === valueTypes.GEOMETRY
  || (isText(field.type) && field.charset === 63 && field.type !== valueTypes.JSON);

const integers = new Map<number, string>([
  [valueTypes.INT8, 'tinyint'], [valueTypes.UINT8, 'tinyint unsigned'], [valueTypes.INT16, 'smallint'], [valueTypes.UINT16, 'smallint unsigned'], [valueTypes.INT24, 'mediumint'],
  [valueTypes.UINT24, 'mediumint unsigned'], [valueTypes.INT32, 'int'], [valueTypes.UINT32, 'int unsigned'], [valueTypes.INT64, 'bigint'], [valueTypes.UINT64, 'bigint unsigned'],
  [valueTypes.FLOAT32, 'float'], [valueTypes.FLOAT64, 'double'], [valueTypes.DATE, 'date'], [valueTypes.YEAR, 'year'], [valueTypes.BIT, 'bigint unsigned'], [valueTypes.JSON, 'json'],
]);

/** The column type that gives an argument the type it has in the input. */
function columnType({ field, collation }: ArgumentColumn): string {
  const known = integers.get(field.type);
  if (known !== undefined) return known;
  const digits = Math.min(6, field.decimals ?? 0);
  switch (field.type) {
    case valueTypes.DECIMAL: return `decimal(65,${Math.min(30, field.decimals ?? 0)})`;
    case valueTypes.DATETIME: return `datetime(${digits})`;
    case valueTypes.TIMESTAMP: return `timestamp(${digits})`;
    case valueTypes.TIME: return `time(${digits})`;
    default: {
      const name = collation === undefined || collation === 63 ? undefined : collationName(collation);
      const charset = name === undefined ? 'utf8mb4' : name.slice(0, name.indexOf('_'));
      return `${field.type === valueTypes.TEXT || isBinary(field) ? 'longtext' : 'varchar(8000)'} character set ${charset}${name === undefined ? '' : ` collate ${name}`}`;
    }
  }
}

/** The rows as a JSON array of objects; NULLs are left out. */
export function rowsAsJson(rows: readonly Row[], columns: readonly ArgumentColumn[]): string {
  const objects = rows.map((row, i) => `{${[`"i":${i}`, ...columns.flatMap((c) => { const value = row[c.index] ?? null; return value === null ? [] : [`"${c.name}":${jsonValue(value, c.field)}`]; })].join(',')}}`);
  return `[${objects.join(',')}]`;
}

function jsonValue(value: Buffer, field: Field): string {
  if (isBinary(field)) return `"${value.toString('hex')}"`;
  if (field.type === valueTypes.BIT) return BigInt(`0x${value.toString('hex') || '0'}`).toString();
  const text = value.toString();
  return field.type === valueTypes.JSON ? text : JSON.stringify(text);
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
