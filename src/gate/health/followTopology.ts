import { HealthCheck, type HealthCheckOptions } from './healthCheck.ts';
import type { TopologyView } from '../topology/index.ts';

/** A health check that follows exactly the tablets a topology view knows, from now on. Close it before the view. */
export function followTopology(view: TopologyView, options: Omit<HealthCheckOptions, 'snapshotBase'>): HealthCheck {
  const health = new HealthCheck({ ...options, snapshotBase: (keyspace) => view.snapshotBase(keyspace) });
  const follow = () => health.setTablets(view.tablets());
  view.on('tablets', follow);
  view.on('serving', follow); // a keyspace may turn out to be a snapshot: other rules for its tablets
  follow();
  return health;
}
