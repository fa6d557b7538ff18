import { crc32 } from 'node:zlib';
import { Counter, Gauge } from 'prom-client';
import type { Metrics } from '../../base/metrics.ts';
import type { SourceState } from './recordFollower.ts';

/** What the gate's view of the topology counts; names as vtgate has them where the thing is the same. */
export class TopologyMetrics {
  readonly #operations: Counter<'operation'>;
  readonly #errors: Counter<'operation'>;
  readonly #checksum: Gauge;
  readonly #vschema: Counter<'changes'>;
  readonly #serving: Counter<'type'>;
  readonly #away: Gauge<'source'>;
  readonly #lastChange: Gauge<'source'>;

  constructor(metrics: Metrics) {
    const registers = [metrics];
    this.#operations = new Counter({ name: 'vtgate_topology_watcher_operations', help: 'Tablets that came, went or changed in the topology', labelNames: ['operation'], registers });
    this.#errors = new Counter({ name: 'vtgate_topology_watcher_errors', help: 'Tablet records that could not be read, and tablet watches that broke', labelNames: ['operation'], registers });
    this.#checksum = new Gauge({ name: 'vtgate_topology_watcher_checksum', help: 'crc32 of the aliases of all watched tablets', registers });
    this.#vschema = new Counter({ name: 'vtgate_vtgatevschema_counts', help: 'Times the vschema was built anew', labelNames: ['changes'], registers });
    this.#serving = new Counter({ name: 'vtgate_resilient_srv_topo_server', help: 'Changes read from the serving topology, and losses of it', labelNames: ['type'], registers });
    this.#away = new Gauge({ name: 'vtrewind_topology_away', help: '1 while that part of the topology is out of reach and its last known state serves', labelNames: ['source'], registers });
    this.#lastChange = new Gauge({ name: 'vtrewind_topology_last_change_timestamp_seconds', help: 'When that part of the topology last changed', labelNames: ['source'], registers });
  }

  tablets(added: number, removed: number, replaced: number, aliases: readonly string[]): void {
    this.#operations.inc({ operation: 'AddTablet' }, added);
    this.#operations.inc({ operation: 'RemoveTablet' }, removed);
    this.#operations.inc({ operation: 'ReplaceTablet' }, replaced);
    this.#checksum.set(crc32([...aliases].sort().join(',')));
  }

  damagedTablet(): void {
    this.#errors.inc({ operation: 'GetTablet' });
  }

  vschemaBuilt(): void {
    this.#vschema.inc({ changes: 'Reload' });
  }

  vschemaFailed(): void {
    this.#vschema.inc({ changes: 'Parsing' });
  }

  changed(source: string): void {
    this.#serving.inc({ type: 'query' });
    this.#lastChange.set({ source }, Date.now() / 1000);
  }

  state(source: string, state: SourceState): void {
    this.#away.set({ source }, state.phase === 'away' ? 1 : 0);
    if (state.phase !== 'away') return;
    this.#serving.inc({ type: 'error' });
    if (source.endsWith(' tablets')) this.#errors.inc({ operation: 'ListTablets' });
  }
}
