import { build, type Expression, type Select, type TableRef } from '../../sql/index.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { TableInfo } from '../analysis/tableInfo.ts';
import { schemaTrackingRequired, unsupported } from '../errors.ts';
import type { Operator } from '../operators/operator.ts';
import type { DmlWithInput, Primitive } from '../plan.ts';
import { planHorizon } from '../select/horizon.ts';
import { catalogTable, type DmlSource } from './source.ts';

export interface InputDml extends Omit<DmlSource, 'tables'> { readonly targets: readonly TableInfo[]; readonly source: Operator }

/** Makes the statement for one target table, given `key in ::dml_vals` and the table. */
export type MakeDml = (target: TableInfo, where: Expression, from: TableRef) => Primitive;

/** The bind variable that holds the keys of the rows. */
export const keysBind = 'dml_vals';

/** Reads the primary keys of the rows first, then changes the rows by key. Throws VT09015 where a table's primary key is not known. */
export function dmlWithInput(st: PlanningStatement, { targets, select, source }: InputDml, make: MakeDml, extra: readonly Expression[] = []): DmlWithInput {
  const keys = targets.map((target) => {
    const table = catalogTable(target);
    if (table === undefined) throw unsupported('DML on a derived table');
    if (table.primaryKey.length === 0) throw schemaTrackingRequired();
    if (table.kind === 'reference' && table.keyspace.sharded) throw unsupported('DML on reference table with join');
    return { target, table, columns: table.primaryKey.map((name) => st.columnOf(target, name)) };
  });
  const items = [...keys.flatMap((k) => k.columns), ...extra];
  const reading: Select = { ...select, items: items.map((e) => build.item(e)), locks: [{ kind: 'lock', strength: 'update', of: [], start: -1, end: -1 }] };
  st.inherit(select, reading);
  const info = st.info(select);
  st.selects.set(reading, { ...info, select: reading, items: reading.items, columns: items.map((expr, i) => ({ name: `k${i}`, expr })), complete: true });
  const planned = planHorizon(st, reading, lockSource(source), { ordered: select.limit !== undefined, weights: false });
  const input = planned.build();
  let next = 0;
  const dmls = keys.map(({ target, columns }) => {
    const offsets = columns.map(() => next++);
    const node = target.source.kind === 'base' ? target.source.node : undefined;
    if (node === undefined) throw unsupported('DML on a derived table');
    const [first, more] = columns;
    const names = columns.map((c) => build.column(c.name, target.name));
    const left = more === undefined && first !== undefined ? build.column(first.name, target.name) : build.row(names);
    const where = build.inList(left, build.listBind(keysBind));
    return { dml: make(target, where, { ...node }), offsets };
  });
  return { op: 'DMLWithInput', input, dmls };
}

function lockSource(op: Operator): Operator {
  switch (op.kind) {
    case 'route': return { ...op, items: [], order: [], locks: [{ kind: 'lock', strength: 'update', of: [], start: -1, end: -1 }] };
    case 'join': return { ...op, left: lockSource(op.left), right: lockSource(op.right), columns: [] };
    case 'filter': return { ...op, input: lockSource(op.input) };
    case 'semiJoin': return { ...op, left: lockSource(op.left) };
    default: return op;
  }
}
