import { build, type Delete as DeleteNode, type Insert as InsertNode } from '../../sql/index.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { CatalogTable, TableVindex } from '../catalog.ts';
import type { LookupUpkeep } from '../plan.ts';
import { lookupTable } from '../routing/lookup.ts';

/** The bind variable that holds the keyspace id in the lookup's statements. */
export const keyspaceIdBind = '__lookup_keyspace_id';
const fromBind = (i: number): string => `__lookup_from_${i}`;

/** The statements that keep an owned lookup's table. Undefined where the vschema does not have that table: then the engine refuses to write. */
export function lookupUpkeep(st: PlanningStatement, table: CatalogTable, owned: TableVindex): LookupUpkeep | undefined {
  const { vindex } = owned;
  if (vindex.kind !== 'lookup') return undefined;
  const home = lookupTable(st, vindex, table);
  if (home === undefined) return undefined;
  const { from, to } = vindex.lookup;
  const name = build.tableName(home.name, home.keyspace.name);
  const insert: InsertNode = {
    kind: 'insert', verb: 'insert', ignore: false, table: name, partitions: [], columns: [...from, to].map((c) => build.column(c)), onDuplicate: [], start: -1, end: -1,
    source: { kind: 'insertRows', rows: [build.row([...from.map((_, i) => build.bind(fromBind(i))), build.bind(keyspaceIdBind)])], start: -1, end: -1 },
  };
  const where = build.and(...from.map((c, i) => build.eq(build.column(c), build.bind(fromBind(i)))), build.eq(build.column(to), build.bind(keyspaceIdBind)));
  const remove: DeleteNode = {
    kind: 'delete', lowPriority: false, quick: false, ignore: false, targets: [], from: [build.table(home.name, undefined, home.keyspace.name)], orderBy: [], start: -1, end: -1,
    ...(where !== undefined && { where }),
  };
  const used = new Set(st.tablesUsed);
  const upkeep = { insert: st.dml.insert(st, insert), remove: st.dml.delete(st, remove), from: from.map((_, i) => fromBind(i)), to: keyspaceIdBind, autocommit: vindex.lookup.autocommit };
  for (const name2 of st.tablesUsed) if (!used.has(name2)) st.tablesUsed.delete(name2);
  return upkeep;
}
