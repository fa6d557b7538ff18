import { afterEach, expect, it } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { createMetrics } from '../../src/base/metrics.ts';
import { delay, waitFor } from '../../src/base/wait.ts';
import { followTopology } from '../../src/gate/health/index.ts';
import { TopologyView } from '../../src/gate/topology/index.ts';
import { openTopo, paths, registerTablet } from '../../src/topo/index.ts';
import { CellInfo, Keyspace, Tablet } from '../../src/vitess/gen/topodata.ts';
import { connectQueryService } from '../../src/vitess/grpcQueryService.ts';
import type { QueryService, StreamHealthReply, TabletTypeName } from '../../src/vitess/queryService.ts';
import { serveQueryService } from '../../src/vitess/serveTablet.ts';
import { temporaryFolder } from '../support/servers.ts';

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of undo.splice(0).reverse()) await end();
});

/** A real gRPC server with a fake query service behind it: it speaks of its health every 20 ms. */
async function startTablet(uid: number, type: TabletTypeName, term: number) {
  const state = { type, term };
  const health = async function* (signal: AbortSignal): AsyncGenerator<StreamHealthReply> {
    while (!signal.aborted) {
      yield {
        target: { keyspace: 'ks', shard: '0', tabletType: state.type }, serving: true, primaryTermStartTimestamp: state.type === 'PRIMARY' ? state.term : 0, replicationLagSeconds: 0,
        healthError: '', tabletAlias: `zone1-${String(uid).padStart(10, '0')}`, tableSchemaChanged: [], viewSchemaChanged: [],
      };
      await delay(20, signal).catch(() => undefined);
    }
  };
  const queryService = { streamHealth: health, close: async () => {} } as unknown as QueryService;
  let server = await serveQueryService({ address: '127.0.0.1:0', queryService, log: silentLog });
  const { port } = server;
  undo.push(() => server.close());
  return {
    uid, port, state,
    stop: () => server.close(),
    start: async () => { server = await serveQueryService({ address: `127.0.0.1:${port}`, queryService, log: silentLog }); },
  };
}

const soon = <T>(what: string, condition: () => T | false) => waitFor(what, condition, { timeoutMs: 20_000, everyMs: 10 });

it('follows real health streams through a lost primary, its replacement and its return, from the topology to the choice', async () => {
  const topo = await openTopo({ kind: 'embedded', directory: await temporaryFolder('health') });
  undo.push(() => topo.close());
  await topo.global.create(paths.cellInfo('zone1'), CellInfo.encode(CellInfo.fromPartial({ serverAddress: 'embedded', root: '/vitess/zone1' })).finish());
  await topo.global.create(paths.keyspace('ks'), Keyspace.encode(Keyspace.fromPartial({})).finish());
  const [a, b] = [await startTablet(1, 'PRIMARY', 10), await startTablet(2, 'REPLICA', 0)];
  const register = ({ uid, port }: { uid: number; port: number }) =>
    registerTablet(topo, Tablet.fromPartial({ alias: { cell: 'zone1', uid }, hostname: '127.0.0.1', portMap: { grpc: port }, keyspace: 'ks', shard: '0', type: 2 }));
  await register(a);
  const metrics = createMetrics();
  const view = new TopologyView({ topo, cell: 'zone1', log: silentLog, metrics });
  undo.push(() => view.close());
  await view.start();
  const health = followTopology(view, { cell: 'zone1', connect: (tablet) => connectQueryService(`${tablet.hostname}:${tablet.portMap['grpc']}`), log: silentLog, metrics });
  undo.push(() => health.close());
  const primary = { keyspace: 'ks', shard: '0', tabletType: 'PRIMARY' } as const;
  await health.waitFor(() => [primary], 20_000);
  await register(b);
  await health.waitFor(() => [primary, { ...primary, tabletType: 'REPLICA' }], 20_000);
  expect(health.serving('ks', '0')).toEqual(['PRIMARY', 'REPLICA']);
  expect(health.pick(primary).alias).toBe('zone1-0000000001');

  await a.stop();
  await soon('the loss', () => !health.serving('ks', '0').includes('PRIMARY'));
  expect(() => health.pick(primary)).toThrow(`no healthy tablet available for 'keyspace:"ks" shard:"0" tablet_type:PRIMARY'`);
  expect(health.all().find(({ alias }) => alias === 'zone1-0000000001')).toMatchObject({ serving: false });
  b.state.type = 'PRIMARY';
  b.state.term = 20;
  await health.waitFor(() => [primary], 20_000);
  expect(health.pick(primary).alias).toBe('zone1-0000000002');

  await a.start();
  await soon('the old primary to be heard again', () => health.all().filter(({ serving }) => serving).length === 2);
  expect(health.pick(primary).alias, 'it still believes to be primary, of an earlier term').toBe('zone1-0000000002');
  a.state.type = 'REPLICA';
  await health.waitFor(() => [{ ...primary, tabletType: 'REPLICA' }], 20_000);
  expect(await metrics.metrics()).toContain('vtgate_healthcheck_primary_promoted{keyspace="ks",shard_name="0"} 2');
});
