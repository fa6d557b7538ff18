import { VtrewindError } from '../../base/errors.ts';
import type { Field, Row } from '../../vitess/queryService.ts';
import { valueTypes } from '../../vschema/valueType.ts';
import type { Environment } from '../environment.ts';
import { givenTable, isBinary, rowsAsJson, type ArgumentColumn } from './askShard.ts';

/** The columns of a set operation, and how a branch's rows become rows of it. */
export interface CommonColumns {
  readonly fields: readonly Field[];
  convert(branch: number, rows: readonly Row[]): Promise<readonly Row[]>;
}

/**
 * The types that hold what all branches give. Where they differ MySQL is asked: a UNION of empty tables with the branches' types tells the
 * column types, and the same with a branch's rows in it converts them (5 beside a decimal(10,2) is 5.00, a date beside a datetime has a time).
 */
export async function commonColumns(branches: readonly (readonly Field[])[], env: Environment): Promise<CommonColumns> {
  const [first = []] = branches;
  const mixed = first.flatMap((f, i) => (branches.every((b) => alike(f, b[i])) ? [] : [i]));
  if (mixed.length === 0) return { fields: first, convert: (_branch, rows) => Promise.resolve(rows) };
  const tables = branches.map((fields) => mixed.map((index): ArgumentColumn => ({ name: `c${index}`, index, field: fields[index] ?? { name: '', type: valueTypes.NULL_TYPE }, collation: undefined })));
  const ask = async (branch: number, rows: readonly Row[]): Promise<{ fields: readonly Field[]; rows: readonly Row[] }> => {
    const own = tables[branch];
    if (own === undefined) throw new Error('a branch without columns');
    const selects = tables.map((columns, at) => `(select \`__given\`.i, ${columns.map((c) => (isBinary(c.field) ? `unhex(${c.name}) as ${c.name}` : c.field.type === valueTypes.NULL_TYPE ? `null as ${c.name}` : c.name)).join(', ')} from ${givenTable(columns, at === branch ? ':__rows' : "'[]'")})`);
    const keyspace = await env.vcursor.anyKeyspace();
    const target = (await env.vcursor.allShards(keyspace.name, undefined))[0]?.target;
    if (target === undefined) throw new VtrewindError({ code: 'VTR1521', message: `keyspace ${keyspace.name} has no shard` });
    const binds = { ...env.binds, __rows: { type: valueTypes.VARCHAR, value: Buffer.from(rowsAsJson(rows, own)) } };
    const [outcome] = await env.vcursor.execute([{ target, sql: selects.join(' union all '), binds }], { write: false, transaction: 'session' });
    if (outcome === undefined || 'error' in outcome) throw outcome?.error ?? new VtrewindError({ code: 'VTR1522', message: 'no answer' });
    return outcome.result;
  };
  const { fields } = await ask(0, []);
  return {
    fields: first.map((f, i) => { const at = mixed.indexOf(i); const field = at < 0 ? undefined : fields[at + 1]; return field === undefined ? f : { ...field, name: f.name }; }),
    async convert(branch, rows) {
      const own = branches[branch] ?? [];
      if (rows.length === 0 || mixed.every((i, at) => alike(fields[at + 1], own[i]))) return rows;
      const converted = rows.map((row) => [...row]);
      const answer = await ask(branch, rows);
      for (const row of answer.rows) {
        const to = converted[Number(row[0]?.toString())];
        if (to !== undefined) mixed.forEach((i, at) => { to[i] = row[at + 1] ?? null; });
      }
      return converted;
    },
  };
}

const scaled = new Set<number>([valueTypes.DECIMAL, valueTypes.DATETIME, valueTypes.TIMESTAMP, valueTypes.TIME]);

function alike(a: Field | undefined, b: Field | undefined): boolean {
  return a !== undefined && b !== undefined && a.type === b.type && a.charset === b.charset && (!scaled.has(a.type) || (a.decimals ?? 0) === (b.decimals ?? 0));
}
