import type { HashJoin, Join, JoinColumn, SemiJoin } from '../../planner/plan.ts';
import type { BindVariable, Field, Row } from '../../vitess/queryService.ts';
import { valueTypes } from '../../vschema/valueType.ts';
import { batches, collect, open } from '../collect.ts';
import { columnBind, hold, release, withBinds, type Environment, type Parts } from '../environment.ts';
import { chooseColumn, hashKey, isText } from '../rows/compare.ts';

/** For every left row the right side is run with that row's values. Equal values are asked once in a row of equal ones. */
export async function* runJoin(join: Join, env: Environment): Parts {
  const left = await open(env.run(join.left, env));
  let rightFields: readonly Field[] | undefined;
  let announced = false;
  let last: { key: string; rows: readonly Row[] } | undefined;
  const names = Object.keys(join.vars);
  for await (const batch of batches(left)) {
    for (const row of batch) {
      const vars = varsOf(join.vars, left.fields, row);
      const key = names.map((n) => `${vars[n]?.value === undefined ? 'n' : vars[n]?.value?.toString('latin1')}`).join('\u0000');
      if (last === undefined || last.key !== key) {
        if (last !== undefined) release(env, last.rows.length);
        const { fields, rows } = await collect(join.right, withBinds(env, vars));
        rightFields = fields;
        last = { key, rows };
      }
      if (!announced) {
        announced = true;
        yield { fields: joinFields(join.columns, left.fields, rightFields ?? []), rows: [] };
      }
      const joined = last.rows.map((right) => joinRow(join.columns, row, right));
      if (joined.length > 0) yield { rows: joined };
      else if (join.variant === 'LeftJoin') yield { rows: [joinRow(join.columns, row, undefined)] };
    }
  }
  if (!announced) {
    const vars = Object.fromEntries(names.map((n): [string, BindVariable] => [n, { type: valueTypes.NULL_TYPE }]));
    const { fields } = await collect(join.right, withBinds(env, vars));
    yield { fields: joinFields(join.columns, left.fields, fields), rows: [] };
  }
}

function varsOf(vars: Readonly<Record<string, number>>, fields: readonly Field[], row: Row): Record<string, BindVariable> {
  const binds: Record<string, BindVariable> = {};
  for (const [name, at] of Object.entries(vars)) binds[name] = columnBind(fields[at], row[at]);
  return binds;
}

function joinFields(columns: readonly JoinColumn[], left: readonly Field[], right: readonly Field[]): Field[] {
  return columns.map((c) => (c.side === 'L' ? left : right)[c.index] ?? { name: '', type: valueTypes.NULL_TYPE });
}

function joinRow(columns: readonly JoinColumn[], left: Row, right: Row | undefined): Row {
  return columns.map((c) => (c.side === 'L' ? left[c.index] ?? null : right?.[c.index] ?? null));
}

/** The right side is kept in memory by its key; left rows stream past it. */
export async function* runHashJoin(join: HashJoin, env: Environment): Parts {
  const right = await collect(join.right, env);
  const left = await open(env.run(join.left, env));
  const leftType = left.fields[join.leftKey.column]?.type ?? valueTypes.VARBINARY;
  const rightType = right.fields[join.rightKey.column]?.type ?? valueTypes.VARBINARY;
  const keyOf = hashJoinKey(leftType, rightType, join);
  const table = new Map<string, Row[]>();
  for (const row of right.rows) {
    const key = keyOf(row, right.fields, 'R');
    if (key === undefined) continue;
    const there = table.get(key);
    if (there === undefined) table.set(key, [row]);
    else there.push(row);
  }
  yield { fields: joinFields(join.columns, left.fields, right.fields), rows: [] };
  try {
    for await (const batch of batches(left)) {
      const rows: Row[] = [];
      for (const row of batch) {
        const key = keyOf(row, left.fields, 'L');
        const matches = key === undefined ? [] : table.get(key) ?? [];
        for (const match of matches) rows.push(joinRow(join.columns, row, match));
        if (matches.length === 0 && join.variant === 'HashLeftJoin') rows.push(joinRow(join.columns, row, undefined));
      }
      if (rows.length > 0) yield { rows };
    }
  } finally {
    release(env, right.rows.length);
  }
}

/** Texts match by weight string; a text and a number as numbers; NULL matches nothing. */
function hashJoinKey(leftType: number, rightType: number, join: HashJoin): (row: Row, fields: readonly Field[], side: 'L' | 'R') => string | undefined {
  const mixed = isText(leftType) !== isText(rightType);
  return (row, fields, side) => {
    const column = side === 'L' ? join.leftKey : join.rightKey;
    const { at } = chooseColumn(column, fields);
    const value = row[at] ?? null;
    if (value === null || row[column.column] === null) return undefined;
    if (mixed) return hashKey(Buffer.from(String(Number.parseFloat((row[column.column] ?? '0').toString()) || 0)), valueTypes.FLOAT64);
    if (at !== column.column) return hashKey(value, valueTypes.VARBINARY);
    return isText(leftType) ? `b${value.toString().toLowerCase()}` : hashKey(value, fields[at]?.type ?? valueTypes.VARBINARY);
  };
}

export async function* runSemiJoin(join: SemiJoin, env: Environment): Parts {
  const left = await open(env.run(join.left, env));
  const known = new Map<string, boolean>();
  yield { fields: left.fields, rows: [] };
  for await (const batch of batches(left)) {
    const rows: Row[] = [];
    for (const row of batch) {
      const vars = varsOf(join.vars, left.fields, row);
      const key = Object.values(vars).map((v) => (v.value === undefined ? 'n' : v.value.toString('latin1'))).join('\u0000');
      let found = known.get(key);
      if (found === undefined) {
        const answer = await collect(join.right, withBinds(env, vars));
        release(env, answer.rows.length);
        found = answer.rows.length > 0;
        if (known.size < 10_000) {
          hold(env, 1);
          known.set(key, found);
        }
      }
      if (found !== join.anti) rows.push(row);
    }
    if (rows.length > 0) yield { rows };
  }
  release(env, known.size);
}
