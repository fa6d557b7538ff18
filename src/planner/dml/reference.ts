import type { TableRef } from '../../sql/index.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { CatalogTable } from '../catalog.ts';

/** Reference data is written at its source. */
export function writable(st: PlanningStatement, table: CatalogTable): CatalogTable {
  if (table.source === undefined) return table;
  const entry = st.catalog.tables(table.source.keyspace.name).find((t) => t.name === table.source?.name);
  return entry ?? table;
}

/** The mention of a table, turned to another one that goes by the same name in the statement. */
export function redirected(node: TableRef, home: CatalogTable): TableRef {
  return { ...node, table: { ...node.table, schema: home.keyspace.name, name: home.name }, alias: node.alias ?? (home.name === node.table.name ? undefined : node.table.name) };
}
