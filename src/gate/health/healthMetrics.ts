import { crc32 } from 'node:zlib';
import { Counter, Gauge } from 'prom-client';
import type { Metrics } from '../../base/metrics.ts';
import type { Target } from '../../vitess/queryService.ts';
import type { TabletHealth } from './tabletHealth.ts';

/** What the health check counts, by vtgate's names. */
export class HealthMetrics {
  readonly #connections: Gauge<'keyspace' | 'shard_name' | 'tablet_type'>;
  readonly #errors: Counter<'keyspace' | 'shard_name' | 'tablet_type'>;
  readonly #promoted: Counter<'keyspace' | 'shard_name'>;
  readonly #checksum: Gauge;

  constructor(metrics: Metrics) {
    const registers = [metrics];
    const labelNames = ['keyspace', 'shard_name', 'tablet_type'] as const;
    this.#connections = new Gauge({ name: 'vtgate_healthcheck_connections', help: 'Tablets that serve, by target', labelNames, registers });
    this.#errors = new Counter({ name: 'vtgate_healthcheck_errors', help: 'Health streams lost, by the target the tablet had', labelNames, registers });
    this.#promoted = new Counter({ name: 'vtgate_healthcheck_primary_promoted', help: 'Times a shard had another primary than before', labelNames: ['keyspace', 'shard_name'], registers });
    this.#checksum = new Gauge({ name: 'vtgate_healthcheck_checksum', help: 'crc32 over all tablets and how they are: gates that agree have the same', registers });
  }

  lost(target: Target): void {
    this.#errors.inc({ keyspace: target.keyspace, shard_name: target.shard, tablet_type: target.tabletType.toLowerCase() });
  }

  promoted(target: Target): void {
    this.#promoted.inc({ keyspace: target.keyspace, shard_name: target.shard });
  }

  /** Counts anew: tablets change rarely, and a gauge that is set can't drift. */
  changed(tablets: Iterable<TabletHealth>): void {
    this.#connections.reset();
    const lines: string[] = [];
    for (const { alias, serving, target } of tablets) {
      const labels = { keyspace: target.keyspace, shard_name: target.shard, tablet_type: target.tabletType.toLowerCase() };
      lines.push(`${alias} ${labels.keyspace} ${labels.shard_name} ${labels.tablet_type} ${serving}`);
      if (serving) this.#connections.inc(labels);
    }
    this.#checksum.set(crc32(lines.sort().join('\n')));
  }
}
