import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { createMetrics, type Metrics } from '../../src/base/metrics.ts';
import { waitFor } from '../../src/base/wait.ts';
import { resolveShards, TopologyView, type TopologyViewOptions } from '../../src/gate/topology/index.ts';
import { encodeRestoreProgress, encodeSnapshotRecord, type OpenTopology, openTopo, paths, type TopoServer } from '../../src/topo/index.ts';
import { CellInfo, CellsAlias, Keyspace, Shard, SrvKeyspace, Tablet } from '../../src/vitess/gen/topodata.ts';
import { SrvVSchema } from '../../src/vitess/gen/vschema.ts';
import { hasProgram, startEtcd, temporaryFolder } from '../support/servers.ts';
import { cuttableRelay } from '../topo/cuttableRelay.ts';

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of undo.splice(0).reverse()) await end();
});

async function embedded(): Promise<OpenTopology> {
  const topo = await openTopo({ kind: 'embedded', directory: await temporaryFolder('view') });
  undo.push(() => topo.close());
  return topo;
}

/** Every record of a real Vitess cluster: four snapshot keyspaces beside `commerce` and `customer`. */
async function loadRecorded(topo: OpenTopology): Promise<void> {
  const cells: [string, Buffer][] = [];
  for (const line of readFileSync(new URL('../fixtures/topo/records.jsonl', import.meta.url), 'utf8').trim().split('\n')) {
    const record = JSON.parse(line) as { key: string; valueBase64: string };
    const [, root, path] = /^\/vitess\/(global|zone1)\/(.*)$/.exec(record.key)!;
    const value = Buffer.from(record.valueBase64, 'base64');
    if (root === 'global') await topo.global.create(path!, value);
    else cells.push([path!, value]);
  }
  const zone1 = await topo.cell('zone1');
  for (const [path, value] of cells) await zone1.create(path, value);
}

async function viewOf(topo: OpenTopology, options: Partial<TopologyViewOptions> = {}): Promise<{ view: TopologyView; metrics: Metrics }> {
  const metrics = createMetrics();
  const view = new TopologyView({ topo, cell: 'zone1', log: silentLog, metrics, ...options });
  undo.push(() => view.close());
  await view.start();
  return { view, metrics };
}

const shardNames = (view: TopologyView, keyspace: string, type: 'PRIMARY' | 'REPLICA') => view.shards(keyspace, type)?.map(({ target }) => target.shard);
const encode = <T>(codec: { fromPartial(record: object): T; encode(record: T): { finish(): Uint8Array } }, record: object) => codec.encode(codec.fromPartial(record)).finish();
const soon = (what: string, condition: () => boolean) => waitFor(what, condition, { timeoutMs: 15_000, everyMs: 10 });

/** A small cluster of our own: one cell, an unsharded keyspace. */
async function loadSmall(topo: OpenTopology): Promise<TopoServer> {
  await topo.global.create(paths.cellInfo('zone1'), encode(CellInfo, { serverAddress: 'embedded', root: '/vitess/zone1' }));
  await topo.global.create(paths.keyspace('ks'), encode(Keyspace, {}));
  const zone1 = await topo.cell('zone1');
  await zone1.create(paths.srvVSchema, encode(SrvVSchema, { keyspaces: { ks: { tables: { t: {} } } } }));
  await zone1.create(paths.srvKeyspace('ks'), encode(SrvKeyspace, { partitions: [{ servedType: 1, shardReferences: [{ name: '0' }] }] }));
  return zone1;
}

const tablet = (uid: number, more: object = {}) => encode(Tablet, { alias: { cell: 'zone1', uid }, hostname: `host${uid}`, keyspace: 'ks', shard: '0', type: 1, ...more });

describe('TopologyView', () => {
  it('reads a real Vitess cluster: keyspaces, shards, tablets, vschema, snapshots', async () => {
    const topo = await embedded();
    await loadRecorded(topo);
    const { view } = await viewOf(topo);
    await view.ready();
    expect(view.keyspaceNames()).toEqual(expect.arrayContaining(['commerce', 'commerce_restore', 'customer', 'customer_restore']));
    expect(shardNames(view, 'customer', 'PRIMARY')).toEqual(['-80', '80-']);
    expect(view.shards('customer', 'REPLICA')![1]).toMatchObject({ target: { keyspace: 'customer', shard: '80-', tabletType: 'REPLICA' }, start: Buffer.from([0x80]), end: Buffer.alloc(0) });
    expect(view.shards('nosuch', 'PRIMARY')).toBeUndefined();
    expect(view.vschema.findTable(undefined, 'corder').keyspace.name).toBe('customer');
    expect(view.vschema.keyspace('customer_restore').snapshot).toBe(true);
    expect(view.vschema.anyKeyspace()!.name).toBe('commerce');
    expect(view.snapshot('customer')).toBeUndefined();
    expect(view.snapshot('customer_restore')).toMatchObject({ base: 'customer', at: expect.stringMatching(/^20\d\d-.*Z$/) });
    expect(view.tablets().get('zone1-0000000100')).toMatchObject({ keyspace: 'commerce', shard: '0' });
    expect(view.sources().map(({ state }) => state.phase)).toEqual(['following', 'following', 'following', 'following']);
    expect(resolveShards(view, 'customer', 'PRIMARY', [
      { kind: 'keyspaceId', keyspaceId: Buffer.from('90', 'hex') }, { kind: 'allShards' }, { kind: 'keyspaceId', keyspaceId: Buffer.from('10', 'hex') }, { kind: 'none' },
    ]).map(({ target, destinations }) => [target.shard, destinations])).toEqual([['-80', [1, 2]], ['80-', [0, 1]]]);
    expect(() => resolveShards(view, 'nosuch', 'PRIMARY', [])).toThrow("VT05003: unknown database 'nosuch' in vschema");
  });

  it('follows every change, and its version grows with what plans depend on', async () => {
    const topo = await embedded();
    const zone1 = await loadSmall(topo);
    const { view, metrics } = await viewOf(topo);
    await view.ready();
    const told: string[] = [];
    for (const change of ['vschema', 'serving', 'tablets', 'snapshots'] as const) view.on(change, () => told.push(change));
    const changing = async (what: string, act: () => Promise<unknown>, seen: () => boolean) => {
      told.length = 0;
      const { version } = view;
      await act();
      await soon(what, seen);
      return { told: [...new Set(told)].sort(), grew: view.version > version };
    };

    expect(await changing('the vschema', () => zone1.update(paths.srvVSchema, encode(SrvVSchema, { keyspaces: { ks: { tables: { u: {} } }, more: {} } })), () => view.vschema.keyspaces.has('more')))
      .toEqual({ told: ['vschema'], grew: true });
    expect(await changing('the shards', () => zone1.update(paths.srvKeyspace('ks'), encode(SrvKeyspace, { partitions: [{ servedType: 1, shardReferences: [{ name: '80-' }, { name: '-80' }] }] })), () => shardNames(view, 'ks', 'PRIMARY')!.length === 2))
      .toEqual({ told: ['serving'], grew: true });
    expect(shardNames(view, 'ks', 'PRIMARY')).toEqual(['-80', '80-']);
    expect(shardNames(view, 'ks', 'REPLICA')).toEqual([]);
    expect(await changing('a tablet', () => zone1.create(paths.tablet('zone1-0000000007'), tablet(7)), () => view.tablets().size === 1)).toEqual({ told: ['tablets'], grew: false });
    expect(await changing('a moved tablet', () => zone1.update(paths.tablet('zone1-0000000007'), tablet(7, { hostname: 'elsewhere' })), () => view.tablets().get('zone1-0000000007')!.hostname === 'elsewhere'))
      .toEqual({ told: ['tablets'], grew: false });
    expect(await changing('its end', () => zone1.delete(paths.tablet('zone1-0000000007')), () => view.tablets().size === 0)).toEqual({ told: ['tablets'], grew: false });
    const before = view.version;
    view.setTrackedTables('ks', ['seen']);
    view.setTrackedTables('ks', ['seen']);
    expect([view.vschema.findTable('ks', 'seen').known, view.version]).toEqual(['tracked', before + 1]);
    const text = await metrics.metrics();
    for (const operation of ['AddTablet', 'ReplaceTablet', 'RemoveTablet']) expect(text).toContain(`vtgate_topology_watcher_operations{operation="${operation}"} 1`);
    expect(text).toMatch(/vtgate_vtgatevschema_counts\{changes="Reload"\} \d/);
  });

  it('sees a snapshot keyspace come, restore and go, and routes it although no serving graph was built', async () => {
    const topo = await embedded();
    const zone1 = await loadSmall(topo);
    await zone1.update(paths.srvVSchema, encode(SrvVSchema, { keyspaces: { ks: { tables: { t: {} } }, past: { tables: { t: {} } } } }));
    const { view } = await viewOf(topo);
    await view.ready();
    expect(() => view.vschema.findTable(undefined, 't')).toThrow('ambiguous table reference: t');
    const at = 1_752_776_720_250_000;
    await topo.global.create(paths.shard('past', '0'), encode(Shard, {}));
    await topo.global.create(paths.keyspace('past'), encode(Keyspace, { keyspaceType: 1, baseKeyspace: 'ks', snapshotTime: { seconds: 1_752_776_720n, nanoseconds: 250_000_000 } }));
    await soon('the snapshot', () => view.isSnapshot('past'));
    expect(view.vschema.findTable(undefined, 't').keyspace.name).toBe('ks');
    expect(view.vschema.keyspace('past').snapshotOf).toEqual({ base: 'ks', at });
    expect(shardNames(view, 'past', 'REPLICA')).toEqual(['0']);
    const { version } = view;
    await topo.global.create(paths.snapshot('past'), encodeSnapshotRecord({ formatVersion: 1, requested: { kind: 'time', at }, at, createdAt: at, shards: ['0'], vschemaFrom: 'current' }));
    await topo.global.update(paths.restoreProgress('past', '0'), encodeRestoreProgress({ formatVersion: 1, state: 'replaying', phase: 'replay', fraction: 0.5, bytesDone: 1, bytesTotal: 2, tabletAlias: 'zone1-0000000009', updatedAt: at }));
    await soon('its progress', () => view.snapshots()[0]?.progress.get('0')?.state === 'replaying');
    expect(view.snapshots()).toMatchObject([{ name: 'past', base: 'ks', at, record: { vschemaFrom: 'current' } }]);
    expect(view.version - version, 'progress changes no plan').toBeLessThanOrEqual(1);
    await topo.global.delete(paths.keyspace('past'));
    await soon('its end', () => !view.isSnapshot('past'));
    expect(view.snapshots()).toEqual([]);
  });

  it('keeps the record before a damaged one', async () => {
    const topo = await embedded();
    const zone1 = await loadSmall(topo);
    await zone1.create(paths.tablet('zone1-0000000001'), tablet(1));
    const { view, metrics } = await viewOf(topo);
    await view.ready();
    const garbage = Buffer.from([0x0a, 0xff]);
    await zone1.update(paths.srvVSchema, garbage);
    await zone1.update(paths.srvKeyspace('ks'), garbage);
    await zone1.update(paths.tablet('zone1-0000000001'), garbage);
    await zone1.create(paths.tablet('zone1-0000000002'), tablet(2));
    await soon('the sound one', () => view.tablets().has('zone1-0000000002'));
    expect(view.vschema.findTable('ks', 't').known).toBe('listed');
    expect(shardNames(view, 'ks', 'PRIMARY')).toEqual(['0']);
    expect(view.tablets().get('zone1-0000000001')!.hostname).toBe('host1');
    expect(await metrics.metrics()).toContain('vtgate_topology_watcher_errors{operation="GetTablet"} 1');
  });

  it('watches the cells it is told to, aliases too, and only the keyspaces it is told to', async () => {
    const topo = await embedded();
    const zone1 = await loadSmall(topo);
    await topo.global.create(paths.cellInfo('zone2'), encode(CellInfo, { serverAddress: 'embedded', root: '/vitess/zone2' }));
    await topo.global.create(paths.cellsAlias('east'), encode(CellsAlias, { cells: ['zone1', 'zone2'] }));
    const zone2 = await topo.cell('zone2');
    await zone1.create(paths.tablet('zone1-0000000001'), tablet(1));
    await zone2.create(paths.tablet('zone2-0000000002'), tablet(2, { alias: { cell: 'zone2', uid: 2 } }));
    await zone1.create(paths.tablet('zone1-0000000003'), tablet(3, { keyspace: 'hidden' }));
    await topo.global.create(paths.keyspace('hidden'), encode(Keyspace, {}));
    await zone1.update(paths.srvVSchema, encode(SrvVSchema, { keyspaces: { ks: {}, hidden: {} } }));
    const { view } = await viewOf(topo, { cellsToWatch: ['east'], keyspacesToWatch: ['ks'] });
    await view.ready();
    expect([...view.tablets().keys()].sort()).toEqual(['zone1-0000000001', 'zone2-0000000002']);
    expect(view.keyspaceNames()).toEqual(['ks']);
    expect([...view.vschema.keyspaces.keys()]).toEqual(['ks']);
    const { view: near } = await viewOf(topo);
    await near.ready();
    expect([...near.tablets().keys()]).toEqual(['zone1-0000000001', 'zone1-0000000003']);
  });

  it('starts before its cell exists and is ready once it does', async () => {
    const topo = await embedded();
    const { view, metrics } = await viewOf(topo);
    await soon('the cell to be missed', () => view.sources().some(({ state }) => state.phase === 'away' && state.error.includes('there is no cell zone1')));
    expect(await metrics.metrics()).toContain('vtrewind_topology_away{source="zone1 tablets"} 1');
    await loadSmall(topo);
    await view.ready();
    expect(view.vschema.findTable(undefined, 't').keyspace.name).toBe('ks');
    expect(await metrics.metrics()).toContain('vtrewind_topology_away{source="zone1 tablets"} 0');
  });

  it('says so when it is closed before it was ready', async () => {
    const topo = await embedded();
    const { view } = await viewOf(topo);
    const ready = view.ready();
    await view.close();
    await expect(ready).rejects.toThrow(/closed before .* of the topology was read/);
  });
});

const etcdHere = await hasProgram('etcd');
if (!etcdHere) it.skip('etcd is not installed: the view over a real etcd is not tested', () => {});

describe.skipIf(!etcdHere)('TopologyView over a real etcd', () => {
  it('serves on what it last knew while etcd is away, says so, and catches up, deletions too', async () => {
    const etcd = await startEtcd();
    undo.push(() => etcd.stop());
    const relay = await cuttableRelay(Number(new URL(etcd.endpoint).port));
    undo.push(() => relay.close());
    const writer = await openTopo({ kind: 'etcd', endpoints: [etcd.endpoint] });
    undo.push(() => writer.close());
    const zone1 = await loadSmall(writer);
    await zone1.create(paths.tablet('zone1-0000000001'), tablet(1));
    await zone1.create(paths.tablet('zone1-0000000002'), tablet(2));
    const topo = await openTopo({ kind: 'etcd', endpoints: [`http://127.0.0.1:${relay.port}`] });
    undo.push(() => topo.close());
    const { view, metrics } = await viewOf(topo);
    await view.ready();
    expect(view.tablets().size).toBe(2);

    relay.cut();
    await soon('the loss to be seen', () => view.sources().every(({ state }) => state.phase === 'away'));
    expect(await metrics.metrics()).toContain('vtrewind_topology_away{source="zone1 vschema"} 1');
    expect(view.vschema.findTable('ks', 't').known).toBe('listed');
    expect(shardNames(view, 'ks', 'PRIMARY')).toEqual(['0']);
    expect([...view.tablets().keys()]).toEqual(['zone1-0000000001', 'zone1-0000000002']);

    await zone1.delete(paths.tablet('zone1-0000000001'));
    await zone1.update(paths.srvVSchema, encode(SrvVSchema, { keyspaces: { ks: { tables: { later: {} } } } }));
    await etcd.restart();
    await relay.mend();
    await soon('the return', () => view.sources().every(({ state }) => state.phase === 'following'));
    await soon('what it missed', () => view.tablets().size === 1 && view.vschema.keyspace('ks').tables.has('later'));
    expect([...view.tablets().keys()]).toEqual(['zone1-0000000002']);
  });
});
