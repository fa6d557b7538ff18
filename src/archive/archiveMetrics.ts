import { Gauge } from 'prom-client';
import { createMetrics, type Metrics } from '../base/metrics.ts';
import type { ReplicaProgress } from '../binlog/serve/replicaHandler.ts';
import type { ArchiverStatus } from './shardArchiver.ts';

/** Gauges read from the archivers when they are scraped. */
export function archiveMetrics(statuses: () => readonly ArchiverStatus[], dumps: () => readonly ReplicaProgress[]): Metrics {
  const registry = createMetrics();
  const perShard = (name: string, help: string, value: (status: ArchiverStatus) => number | undefined) =>
    new Gauge({
      name, help, labelNames: ['keyspace', 'shard'], registers: [registry],
      collect() {
        this.reset();
        for (const status of statuses()) {
          const now = value(status);
          if (now !== undefined) this.set({ keyspace: status.keyspace, shard: status.shard }, now);
        }
      },
    });
  perShard('vtrewind_archive_following', '1 while the primary is followed', (status) => (status.state === 'following' ? 1 : 0));
  perShard('vtrewind_archive_lag_seconds', 'How far the proven end of the archive is behind now', (status) => (status.lagMicros === undefined ? undefined : status.lagMicros / 1e6));
  perShard('vtrewind_archive_epoch', 'The epoch this archiver writes under', (status) => status.epoch);
  perShard('vtrewind_archive_events_total', 'Events received since the process started', (status) => status.events);
  perShard('vtrewind_archive_bytes_total', 'Bytes received since the process started', (status) => status.bytes);
  perShard('vtrewind_archive_transactions_total', 'Transactions archived since the process started', (status) => status.transactions);
  perShard('vtrewind_archive_reconnects_total', 'Interruptions since the process started', (status) => status.reconnects);
  perShard('vtrewind_archive_segments_merged_total', 'Segments merged into others since the process started', (status) => status.merged);
  perShard('vtrewind_archive_objects_removed_total', 'Objects of merged segments removed since the process started', (status) => status.removed);
  perShard('vtrewind_archive_upkeep_failures_total', 'Rounds of merging and removing that failed since the process started', (status) => status.upkeepFailures);
  new Gauge({
    name: 'vtrewind_archive_dumps', help: 'Replicas and tools reading the archive', registers: [registry],
    collect() { this.set(dumps().length); },
  });
  return registry;
}
