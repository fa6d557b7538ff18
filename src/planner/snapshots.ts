import { VtrewindError } from '../base/errors.ts';
import type { TabletTypeName } from '../vitess/queryService.ts';
import type { PlanningStatement } from './analysis/statement.ts';
import type { PlanKeyspace } from './plan.ts';

/** MySQL's ER_OPTION_PREVENTS_STATEMENT: what a server started with --read-only answers. */
const readOnly = 1290;

/**
 * The tablet type of a snapshot keyspace's routes: undefined, which means what serves (replica, then rdonly), unless the session names one.
 * An explicit `@primary` is refused: a snapshot has none (SNAPSHOTS.md, "Routing" 3).
 */
export function snapshotTabletType(st: PlanningStatement, keyspace: PlanKeyspace): TabletTypeName | undefined {
  if (keyspace.snapshot !== true) return undefined;
  st.snapshotKeyspaces.add(keyspace.name);
  const { tabletType, tabletTypeExplicit } = st.context;
  if (!tabletTypeExplicit) return tabletType === 'PRIMARY' ? undefined : tabletType;
  if (tabletType === 'PRIMARY') {
    throw new VtrewindError({
      code: 'VTR1403', mysql: readOnly, sqlState: 'HY000', grpc: 'FAILED_PRECONDITION',
      message: `keyspace ${keyspace.name} is ${describe(st, keyspace)} and has no primary`,
      hint: `leave the tablet type out, or use ${keyspace.name}@replica`,
    });
  }
  return tabletType;
}

/** Refuses anything but reads on a snapshot keyspace, before any tablet is asked (SNAPSHOTS.md, "Routing" 4). */
export function refuseSnapshotWrite(st: PlanningStatement, keyspace: PlanKeyspace, what: string): void {
  if (keyspace.snapshot !== true || st.context.snapshotWritesAllowed === true) return;
  const base = st.context.snapshots?.get(keyspace.name)?.base;
  throw new VtrewindError({
    code: 'VTR0001', mysql: readOnly, sqlState: 'HY000', grpc: 'FAILED_PRECONDITION',
    message: `keyspace ${keyspace.name} is ${describe(st, keyspace)} and is read-only: ${what} is refused`,
    hint: `write to ${base ?? 'its base keyspace'}, or restart its tablets with --snapshot-writes=allow`,
  });
}

function describe(st: PlanningStatement, keyspace: PlanKeyspace): string {
  const facts = st.context.snapshots?.get(keyspace.name);
  return facts === undefined ? 'a snapshot' : `a snapshot of ${facts.base} at ${facts.at}`;
}
