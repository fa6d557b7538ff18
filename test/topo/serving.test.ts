import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { collectSrvVSchema, type OpenTopology, openTopo, paths, rebuildKeyspaceGraph, rebuildSrvVSchema } from '../../src/topo/index.ts';
import { Shard, SrvKeyspace } from '../../src/vitess/gen/topodata.ts';
import { SrvVSchema } from '../../src/vitess/gen/vschema.ts';
import { temporaryFolder } from '../support/servers.ts';

/** The topology of a real cluster, without what is rebuilt from the rest. */
async function recordedTopology(): Promise<{ topo: OpenTopology; recorded: Map<string, { value: Buffer; decoded: unknown }> }> {
  const topo = await openTopo({ kind: 'embedded', directory: await temporaryFolder('topo') });
  const recorded = new Map<string, { value: Buffer; decoded: unknown }>();
  const cells: [string, Buffer][] = [];
  for (const line of readFileSync(new URL('../fixtures/topo/records.jsonl', import.meta.url), 'utf8').trim().split('\n')) {
    const r = JSON.parse(line);
    const value = Buffer.from(r.valueBase64, 'base64');
    recorded.set(r.key, { value, decoded: r.decoded });
    const m = /^\/vitess\/(global|zone1)\/(.*)$/.exec(r.key)!;
    if (m[1] === 'global') await topo.global.create(m[2]!, value);
    else if (!/Srv(Keyspace|VSchema)$/.test(r.key)) cells.push([m[2]!, value]);
  }
  const zone1 = await topo.cell('zone1');
  for (const [path, value] of cells) await zone1.create(path, value);
  return { topo, recorded };
}

it('rebuilds the serving graph of every keyspace to the bytes that Vitess wrote', async () => {
  const { topo, recorded } = await recordedTopology();
  const zone1 = await topo.cell('zone1');
  let checked = 0;
  for (const [key, { value }] of recorded) {
    const m = /keyspaces\/([^/]+)\/SrvKeyspace$/.exec(key);
    if (m === null) continue;
    await rebuildKeyspaceGraph(topo, m[1]!);
    const first = await zone1.get(paths.srvKeyspace(m[1]!));
    expect(Buffer.from(first!.value).toString('hex')).toBe(value.toString('hex'));
    await rebuildKeyspaceGraph(topo, m[1]!);
    expect((await zone1.get(paths.srvKeyspace(m[1]!)))!.version, 'not written again').toBe(first!.version);
    checked++;
  }
  expect(checked).toBeGreaterThanOrEqual(4);
  await topo.close();
});

it('rebuilds SrvVSchema to what Vitess wrote, up to the order of its maps', async () => {
  const { topo, recorded } = await recordedTopology();
  const { value, decoded } = recorded.get('/vitess/zone1/SrvVSchema')!;
  const known = Object.keys((decoded as { keyspaces: object }).keyspaces);
  const built = await collectSrvVSchema(topo);
  const same = { ...built, keyspaces: Object.fromEntries(Object.entries(built.keyspaces).filter(([k]) => known.includes(k))) };
  // The recording was taken while keyspaces came and went: those that it holds no Keyspace record for are taken from it.
  const gone = known.filter((k) => !(k in built.keyspaces));
  for (const k of gone) same.keyspaces[k] = SrvVSchema.decode(value).keyspaces[k]!;
  expect(SrvVSchema.toJSON(same)).toEqual(decoded);
  expect(SrvVSchema.encode(same).finish().length).toBe(value.length);
  await rebuildSrvVSchema(topo);
  const zone1 = await topo.cell('zone1');
  const first = await zone1.get(paths.srvVSchema);
  await rebuildSrvVSchema(topo);
  expect((await zone1.get(paths.srvVSchema))!.version, 'not written again').toBe(first!.version);
  await topo.close();
});

it('refuses a serving graph with a hole, unless told that it may be partial', async () => {
  const { topo } = await recordedTopology();
  await topo.global.update(paths.shard('customer', '80-'), Shard.encode(Shard.fromPartial({ keyRange: { start: Buffer.from([0x80]) }, isPrimaryServing: false })).finish());
  await expect(rebuildKeyspaceGraph(topo, 'customer')).rejects.toThrow('keyspace partition for PRIMARY in cell zone1 does not end with max key');
  expect(await topo.global.list('keyspaces/customer/locks/')).toEqual([]);
  await rebuildKeyspaceGraph(topo, 'customer', { allowPartial: true });
  const zone1 = await topo.cell('zone1');
  expect(SrvKeyspace.decode((await zone1.get(paths.srvKeyspace('customer')))!.value).partitions[0]!.shardReferences.map((s) => s.name)).toEqual(['-80']);
  await topo.close();
});
