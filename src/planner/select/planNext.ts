import { printStatement, type Select } from '../../sql/index.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import { mysqlError } from '../errors.ts';
import type { PlannedQuery } from '../operators/operator.ts';
import { dualRoute } from '../operators/route.ts';
import { forShards } from '../operators/buildRoute.ts';
import { refuseSnapshotWrite } from '../snapshots.ts';
import { valueTypes } from '../../vschema/valueType.ts';

export function isNextQuery(select: Select): boolean {
  return select.items.some((item) => item.kind === 'nextValues');
}

/** `select next n values from seq`. */
export function planNext(st: PlanningStatement, select: Select): PlannedQuery {
  const [entry, more] = select.from;
  const info = entry === undefined ? undefined : st.tableOf.get(entry);
  if (select.items.length !== 1 || info === undefined || more !== undefined || info.source.kind !== 'base') throw misplacedNext();
  const { table } = info.source;
  if (table.kind !== 'sequence') throw mysqlError(1105, 'HY000', `NEXT used on a non-sequence table \`${table.name}\``);
  refuseSnapshotWrite(st, table.keyspace, 'taking values from a sequence');
  const route = { ...dualRoute(st), class: 'next' as const, keyspace: table.keyspace, body: select };
  const query = printStatement(forShards(st, select, new Map(), new Map()));
  return {
    columns: [{ name: 'nextval', type: valueTypes.INT64 }], complete: true, route, weights: [],
    build: () => ({ op: 'Route', routing: { variant: 'Next', keyspace: table.keyspace }, query, fieldQuery: query, tableName: table.name }),
  };
}

export function misplacedNext(): Error {
  return mysqlError(1234, '42000', "Incorrect usage/placement of 'NEXT'");
}
