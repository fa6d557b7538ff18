import { Registry } from 'prom-client';

/** One registry a role, so that `up` can run several roles in one process tree without name clashes; pages merge them. */
export type Metrics = Registry;
export function createMetrics(): Metrics {
  return new Registry();
}
