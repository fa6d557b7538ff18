import type { PlanningStatement } from '../analysis/statement.ts';
import type { CatalogTable } from '../catalog.ts';

/** A table by name, or undefined where there is none. */
export function catalogTableOf(st: PlanningStatement, keyspace: string | undefined, name: string): CatalogTable | undefined {
  if (name === '') return undefined;
  if (keyspace !== undefined) {
    const home = st.catalog.keyspace(keyspace);
    if (home === undefined) return undefined;
    const listed = st.catalog.tables(keyspace).find((t) => t.name === name);
    if (listed !== undefined) return listed;
    if (home.sharded) return undefined;
  }
  try {
    const entry = st.catalog.find(keyspace, name);
    return entry.kind === 'table' ? entry.table : undefined;
  } catch {
    return undefined;
  }
}
