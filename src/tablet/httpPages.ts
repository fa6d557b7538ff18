import { Gauge } from 'prom-client';
import { createMetrics, type Metrics } from '../base/metrics.ts';
import type { Page } from '../base/serveStatus.ts';
import { formatMicros } from '../base/time.ts';
import type { RestoreProgress } from '../topo/index.ts';
import type { OwnedServer } from './ownedServer.ts';
import type { TabletAgent } from './tabletAgent.ts';

/** Gauges read at each scrape from what the agent knows. */
export function tabletMetrics(agent: TabletAgent, server: OwnedServer, restore: () => RestoreProgress | undefined): Metrics {
  const registers = [createMetrics()];
  const gauge = (name: string, help: string, read: () => number) => new Gauge({
    name, help, registers,
    collect() {
      this.set(read());
    },
  });
  gauge('vtrewind_tablet_serving', '1 while queries are answered', () => (agent.health.latest?.serving === true ? 1 : 0));
  gauge('vtrewind_tablet_is_primary', '1 while this tablet takes writes', () => (agent.role.kind === 'primary' ? 1 : 0));
  gauge('vtrewind_tablet_replication_lag_seconds', 'seconds behind the primary, as the server counts', () => agent.health.latest?.replicationLagSeconds ?? 0);
  gauge('vtrewind_tablet_mysqld_up', '1 while the server runs', () => (server.up ? 1 : 0));
  gauge('vtrewind_tablet_topology_up', '1 while the topology answers', () => (agent.topologyError === '' ? 1 : 0));
  gauge('vtrewind_tablet_restore_fraction', 'how far the restore\'s phase is, 0 to 1; -1 where nothing is restored', () => restore()?.fraction ?? -1);
  gauge('vtrewind_tablet_restore_bytes', 'bytes of the backup that are in place', () => restore()?.bytesDone ?? 0);
  return registers[0] as Metrics;
}

export function healthPage(agent: TabletAgent): { readonly ok: boolean } & Readonly<Record<string, unknown>> {
  const health = agent.health.latest;
  const { role } = agent;
  return {
    ok: health?.serving === true, tablet: agent.options.identity.alias, keyspace: agent.options.identity.keyspace, shard: agent.options.identity.shard, role: role.kind,
    type: health?.target.tabletType, error: health?.healthError ?? 'not checked yet', lagSeconds: health?.replicationLagSeconds ?? 0,
    ...(role.kind === 'primary' ? { term: formatMicros(role.termStart) } : {}), ...(agent.topologyError === '' ? {} : { topology: agent.topologyError }),
  };
}

/** The restore's progress as JSON; 404-like body where nothing is restored. */
export function restorePage(progress: RestoreProgress | undefined): Page {
  return { type: 'application/json', body: `${JSON.stringify(progress ?? { state: 'none' })}\n` };
}
