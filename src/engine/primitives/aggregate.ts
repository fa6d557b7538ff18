import type { Aggregate } from '../../planner/plan.ts';
import type { Field, Row, Value } from '../../vitess/queryService.ts';
import { valueTypes } from '../../vschema/valueType.ts';
import { batches, open } from '../collect.ts';
import { hold, release, type Environment, type Parts } from '../environment.ts';
import { aggregateField, createAccumulator, type Accumulator } from '../rows/accumulators.ts';
import { rowKey } from '../rows/compare.ts';

interface Group { readonly first: Row | undefined; readonly accumulators: readonly (Accumulator | undefined)[] }

/** Groups rows. Ordered input needs one group at a time; a hash of groups is counted against the memory limit. */
export async function* runAggregate(p: Aggregate, env: Environment): Parts {
  const input = await open(env.run(p.input, env));
  const { fields } = input;
  yield { fields: p.output.map((o): Field => (o.from === 'aggregate' ? aggregateField(o.aggregation, fields) : fields[o.column] ?? { name: o.name ?? '', type: valueTypes.NULL_TYPE })), rows: [] };
  const start = (first: Row | undefined): Group => ({ first, accumulators: p.output.map((o) => (o.from === 'aggregate' ? createAccumulator(o.aggregation, fields) : undefined)) });
  const add = (group: Group, row: Row): void => {
    for (const accumulator of group.accumulators) accumulator?.add(row);
  };
  const finish = (group: Group): Row => p.output.map((o, i): Value => (o.from === 'aggregate' ? group.accumulators[i]?.result() ?? null : group.first?.[o.column] ?? null));

  if (p.variant === 'Scalar') {
    let group: Group | undefined;
    for await (const batch of batches(input)) {
      for (const row of batch) {
        group ??= start(row);
        add(group, row);
      }
    }
    yield { rows: [finish(group ?? start(undefined))] };
    return;
  }
  if (p.variant === 'Ordered') {
    let current: { key: string; group: Group } | undefined;
    for await (const batch of batches(input)) {
      const done: Row[] = [];
      for (const row of batch) {
        const key = rowKey(row, p.keys, fields);
        if (current === undefined || current.key !== key) {
          if (current !== undefined) done.push(finish(current.group));
          current = { key, group: start(row) };
        }
        add(current.group, row);
      }
      if (done.length > 0) yield { rows: done };
    }
    if (current !== undefined) yield { rows: [finish(current.group)] };
    return;
  }
  const groups = new Map<string, Group>();
  for await (const batch of batches(input)) {
    for (const row of batch) {
      const key = rowKey(row, p.keys, fields);
      let group = groups.get(key);
      if (group === undefined) {
        hold(env, 1);
        group = start(row);
        groups.set(key, group);
      }
      add(group, row);
    }
  }
  const rows = [...groups.values()].map(finish);
  for (let at = 0; at < rows.length; at += 256) yield { rows: rows.slice(at, at + 256) };
  release(env, groups.size);
}
