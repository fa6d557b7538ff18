import { Server, ServerCredentials } from '@grpc/grpc-js';
import { Counter, Histogram } from 'prom-client';
import { VtrewindError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { createMetrics } from '../base/metrics.ts';
import { serveStatus } from '../base/serveStatus.ts';
import type { Storage } from '../storage/storage.ts';
import { formatTabletAlias, listCells } from '../topo/index.ts';
import type { Topology } from '../topo/topoServer.ts';
import { VtctldService } from '../vitess/gen/vtctlservice.ts';
import type { TabletManagerClient } from '../vitess/tabletManager.ts';
import { connectTabletManager } from '../vitess/tabletManagerClient.ts';
import type { RestorableWindow } from '../recovery/restorableWindow.ts';
import type { ControlContext } from './controlContext.ts';
import { controlService } from './serveControl.ts';

export interface ControlOptions {
  readonly topology: Topology;
  readonly storage: Storage | undefined;
  /** `host:port`; port 0: any free one. */
  readonly grpcAddress: string;
  readonly httpAddress: string;
  readonly window: (keyspace: string, shard: string) => Promise<RestorableWindow>;
  readonly log: Log;
}

const maxMessageBytes = 16 * 1024 * 1024;
/** Open calls get this long to end when control stops. */
const drainMs = 5_000;
/** How often the topology is asked for its health. */
const topologyProbeMs = 5_000;

/** The control role: the vtctld-compatible gRPC service, and its status over HTTP. Health is whether the topology answers. */
export async function runControl(options: ControlOptions, signal: AbortSignal): Promise<{ readonly ready: { readonly grpc: string; readonly http: string }; stop(): Promise<void> }> {
  const metrics = createMetrics();
  const calls = new Counter({ name: 'vtrewind_control_calls_total', help: 'calls of the vtctld service by name and outcome', labelNames: ['call', 'outcome'], registers: [metrics] });
  const seconds = new Histogram({ name: 'vtrewind_control_call_seconds', help: 'duration of the calls of the vtctld service', labelNames: ['call'], registers: [metrics] });
  const observe = (name: string, ok: boolean, started: number) => {
    calls.inc({ call: name, outcome: ok ? 'ok' : 'error' });
    seconds.observe({ call: name }, (performance.now() - started) / 1000);
  };
  const managers = new Map<string, { readonly address: string; readonly client: TabletManagerClient }>();
  const context: ControlContext = {
    topology: options.topology, storage: options.storage, log: options.log, window: options.window, observe,
    tabletManager: (tablet) => {
      const alias = formatTabletAlias(tablet.alias);
      const address = `${tablet.hostname}:${tablet.portMap['grpc'] ?? 0}`;
      const known = managers.get(alias);
      if (known?.address === address) return known.client;
      known?.client.close();
      const client = connectTabletManager(tablet);
      managers.set(alias, { address, client });
      return client;
    },
  };
  const server = new Server({ 'grpc.max_receive_message_length': maxMessageBytes });
  server.addService(VtctldService, controlService(context));
  let topologyOk = true;
  const probe = async () => {
    const started = performance.now();
    try {
      await listCells(options.topology);
      topologyOk = true;
    } catch (error) {
      if (topologyOk) options.log.warn({ error: VtrewindError.from(error).message }, 'the topology does not answer');
      topologyOk = false;
    }
    observe('topologyProbe', topologyOk, started);
  };
  const timer = setInterval(() => void probe(), topologyProbeMs);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(options.grpcAddress, ServerCredentials.createInsecure(), (error, bound) => (error === null ? resolve(bound) : reject(error)));
  }).catch((cause: unknown) => {
    clearInterval(timer);
    throw new VtrewindError({ code: 'VTR1616', grpc: 'UNAVAILABLE', message: `control cannot listen on ${options.grpcAddress}: ${cause instanceof Error ? cause.message : String(cause)}`, cause });
  });
  const http = await serveStatus(options.httpAddress, { metrics, health: () => ({ ok: topologyOk, topology: topologyOk ? 'answers' : 'does not answer' }), vars: () => ({ TabletManagers: managers.size }) });
  const stop = async () => {
    clearInterval(timer);
    const force = setTimeout(() => server.forceShutdown(), drainMs);
    await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
    clearTimeout(force);
    for (const { client } of managers.values()) client.close();
    await http.close();
  };
  if (signal.aborted) {
    await stop();
    signal.throwIfAborted();
  }
  const host = options.grpcAddress.slice(0, options.grpcAddress.lastIndexOf(':'));
  return { ready: { grpc: `${host}:${port}`, http: http.address }, stop };
}
