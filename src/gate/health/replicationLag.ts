import type { TabletHealth } from './tabletHealth.ts';

/** Which tablets lag too far to be asked; the names are those of vtgate's flags. */
export interface LagLimits {
  /** --discovery-low-replication-lag: up to this a tablet is as good as any. Seconds. */
  readonly lowReplicationLagSeconds: number;
  /** --discovery-high-replication-lag-minimum-serving: past this it is never asked. Seconds. */
  readonly highReplicationLagMinimumServingSeconds: number;
  /** --min-number-serving-vttablets: so many are kept in spite of a lag between the two. */
  readonly minNumberServing: number;
}

/** vtgate's own defaults. */
export const defaultLagLimits: LagLimits = { lowReplicationLagSeconds: 30, highReplicationLagMinimumServingSeconds: 2 * 3600, minNumberServing: 2 };

/**
 * The tablets of one target that may be asked, least lag first: all with a low lag, and the least lagging others as far as the minimum needs them.
 * The tablets of a snapshot keyspace do not replicate, so their lag says nothing and none is left out (SNAPSHOTS.md, "Routing" 8).
 */
export function withinLag(tablets: readonly TabletHealth[], limits: LagLimits, snapshot: boolean): TabletHealth[] {
  if (snapshot) return [...tablets];
  return tablets
    .filter(({ replicationLagSeconds }) => replicationLagSeconds <= limits.highReplicationLagMinimumServingSeconds)
    .sort((a, b) => a.replicationLagSeconds - b.replicationLagSeconds)
    .filter(({ replicationLagSeconds }, at) => replicationLagSeconds <= limits.lowReplicationLagSeconds || at < limits.minNumberServing);
}
