import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import { formatMicros, nowMicros } from '../../src/base/time.ts';
import { type ControlClient, connectControl, runControl } from '../../src/control/index.ts';
import type { RestorableWindow } from '../../src/recovery/restorableWindow.ts';
import { findSnapshotRecord, findSrvKeyspace, findSrvVSchema, type OpenTopology, openTopo, paths, sameServer } from '../../src/topo/index.ts';
import { CellInfo, KeyspaceType } from '../../src/vitess/gen/topodata.ts';
import { Keyspace as VSchemaRecord } from '../../src/vitess/gen/vschema.ts';

let folder: string;
let topology: OpenTopology;
let control: ControlClient;
let stop: () => Promise<void>;
const now = nowMicros();
const second = 1_000_000;
/** What the storage would tell: a window of an hour, in place of real backups and archives (those have tests of their own). */
let window: (keyspace: string, shard: string) => Promise<RestorableWindow>;
const lastHour = async (keyspace: string, shard: string): Promise<RestorableWindow> => ({
  keyspace, shard, spans: [{ from: now - 3600 * second, until: now, backup: 'b' }], gaps: [], backups: [{ name: 'b', state: 'complete', committedBefore: now - 3600 * second }],
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vtrewind-control-'));
  topology = await openTopo({ kind: 'embedded', directory: folder });
  await topology.global.create(paths.cellInfo('zone1'), CellInfo.encode({ serverAddress: sameServer, root: '/vitess/zone1' }).finish());
  window = lastHour;
  const role = await runControl({ topology, storage: undefined, grpcAddress: '127.0.0.1:0', httpAddress: '127.0.0.1:0', window: (keyspace, shard) => window(keyspace, shard), log: silentLog }, new AbortController().signal);
  control = connectControl(role.ready.grpc);
  stop = role.stop;
  await createKeyspace({ name: 'ks' });
  for (const shardName of ['-80', '80-']) await control.call('createShard', { keyspace: 'ks', shardName, force: false, includeParent: false });
  await control.call('rebuildKeyspaceGraph', { keyspace: 'ks', cells: [], allowPartial: false });
  await control.call('applyVSchema', { keyspace: 'ks', vSchema: VSchemaRecord.fromJSON({ sharded: true, vindexes: { hash: { type: 'hash' } }, tables: { t: { column_vindexes: [{ column: 'id', name: 'hash' }] } } }), skipRebuild: false, dryRun: false, cells: [], sql: '', strict: true });
});

afterAll(async () => {
  control.close();
  await stop();
  await topology.close();
  await rm(folder, { recursive: true, force: true });
});

const timeOf = (at: number) => ({ seconds: BigInt(Math.floor(at / second)), nanoseconds: (at % second) * 1000 });

function createKeyspace(request: { name: string; base?: string; at?: number; policy?: string; force?: boolean; type?: 'NORMAL' | 'SNAPSHOT' }) {
  return control.call('createKeyspace', {
    name: request.name, force: request.force === true, allowEmptyVSchema: false, type: KeyspaceType[request.type ?? (request.base === undefined && request.at === undefined ? 'NORMAL' : 'SNAPSHOT')], baseKeyspace: request.base ?? '',
    snapshotTime: request.at === undefined ? undefined : timeOf(request.at), durabilityPolicy: request.policy ?? '', sidecarDbName: '',
  });
}

describe('a snapshot keyspace', () => {
  it('gets the records Vitess knows, the base\'s vschema with explicit routing, its shards and a serving graph', async () => {
    const at = now - 60 * second + 250_001;
    const { keyspace } = await createKeyspace({ name: 'ks_past', base: 'ks', at });
    expect(keyspace?.keyspace).toMatchObject({ keyspaceType: KeyspaceType.SNAPSHOT, baseKeyspace: 'ks', snapshotTime: timeOf(at), durabilityPolicy: 'none', sidecarDbName: '_vt' });
    const { vSchema } = await control.call('getVSchema', { keyspace: 'ks_past' });
    expect(vSchema).toMatchObject({ sharded: true, requireExplicitRouting: true });
    expect(Object.keys(vSchema?.tables ?? {})).toEqual(['t']);
    expect((await findSnapshotRecord(topology, 'ks_past'))?.record).toMatchObject({ at, requested: { kind: 'time', at }, shards: ['-80', '80-'], vschemaFrom: 'current' });
    expect((await findSrvKeyspace(topology, 'zone1', 'ks_past'))?.record.partitions[1]?.shardReferences.map((shard) => shard.name)).toEqual(['-80', '80-']);
    expect((await findSrvVSchema(topology, 'zone1'))?.record.keyspaces['ks_past']?.requireExplicitRouting).toBe(true);
  });

  it.each([
    ['no base', { name: 'a', at: now - second, type: 'SNAPSHOT' as const }, /needs a base keyspace/],
    ['a base that does not exist', { name: 'a', base: 'nowhere', at: now - second }, /base keyspace nowhere does not exist/],
    ['a base that is a snapshot', { name: 'a', base: 'ks_past', at: now - second }, /ks_past is itself a snapshot \(of ks\)/],
    ['itself as base', { name: 'ks', base: 'ks', at: now - second }, /cannot be its own base/],
    ['no time', { name: 'a', base: 'ks' }, /needs a time/],
    ['a time in the future', { name: 'a', base: 'ks', at: now + 3600 * second }, /is in the future/],
    ['a time before the window', { name: 'a', base: 'ks', at: now - 7200 * second }, /outside the restorable window of ks\/-80, which is/],
    ['a durability policy', { name: 'a', base: 'ks', at: now - second, policy: 'semi_sync' }, /has no durability policy/],
    ['a name that is taken', { name: 'ks_past', base: 'ks', at: now - second }, /ks_past exists already/],
    ['a name that is none', { name: 'a/b', base: 'ks', at: now - second }, /is no name for a keyspace/],
    ['a base but type NORMAL', { name: 'a', base: 'ks', at: now - second, type: 'NORMAL' as const }, /its type is NORMAL/],
  ])('is refused with %s, and nothing is left behind', async (_, request, message) => {
    await expect(createKeyspace(request)).rejects.toThrow(message);
    if (request.name === 'a') await expect(control.call('getKeyspace', { keyspace: 'a' })).rejects.toThrow(/does not exist/);
  });

  it('is refused when one of the shards has a gap at its time, which is named with its ends', async () => {
    window = async (keyspace, shard) => ({
      ...(await lastHour(keyspace, shard)),
      ...(shard === '80-' ? { spans: [{ from: now - 3600 * second, until: now - 100 * second, backup: 'b' }, { from: now - 50 * second, until: now, backup: 'c' }], gaps: [{ from: now - 100 * second, until: now - 50 * second, why: 'binlogs were purged' }] } : {}),
    });
    await expect(createKeyspace({ name: 'a', base: 'ks', at: now - 75 * second })).rejects.toThrow(`lies in a gap of ks/80-, from ${formatMicros(now - 100 * second)} to ${formatMicros(now - 50 * second)}: binlogs were purged`);
    window = lastHour;
  });

  it('keeps its flag when the operator overrides its vschema, unless forced', async () => {
    const override = { keyspace: 'ks_past', vSchema: VSchemaRecord.fromJSON({ sharded: false, tables: { t: {} } }), skipRebuild: false, dryRun: false, cells: [], sql: '', strict: false };
    await expect(control.call('applyVSchema', override)).rejects.toThrow(/has no require_explicit_routing/);
    await control.call('applyVSchema', override, { force: true });
    expect((await control.call('getVSchema', { keyspace: 'ks_past' })).vSchema?.requireExplicitRouting).toBe(false);
    await control.call('applyVSchema', { ...override, vSchema: VSchemaRecord.fromJSON({ require_explicit_routing: true, tables: { t: {} } }) });
  });

  it('protects its base from deletion, takes no schema change and no reparent, and goes without a trace', async () => {
    await expect(control.call('deleteKeyspace', { keyspace: 'ks', recursive: true, force: false })).rejects.toThrow(/is the base of ks_past/);
    await expect(control.call('applySchema', { keyspace: 'ks_past', sql: ['drop table t'], ddlStrategy: '', uuidList: [], migrationContext: '', waitReplicasTimeout: undefined, callerId: undefined, batchSize: 0n })).rejects.toThrow(/is a snapshot of ks and is read-only/);
    await expect(control.call('plannedReparentShard', { keyspace: 'ks_past', shard: '-80', newPrimary: undefined, avoidPrimary: undefined, waitReplicasTimeout: undefined, tolerableReplicationLag: undefined, allowCrossCellPromotion: false, expectedPrimary: undefined })).rejects.toThrow(/is a snapshot of ks/);
    await control.call('deleteKeyspace', { keyspace: 'ks_past', recursive: true, force: false });
    expect(await topology.global.list('keyspaces/ks_past/')).toEqual([]);
    expect(await findSrvKeyspace(topology, 'zone1', 'ks_past')).toBeUndefined();
    expect((await findSrvVSchema(topology, 'zone1'))?.record.keyspaces['ks_past']).toBeUndefined();
  });
});

it('says where a vschema is wrong and stores nothing of it', async () => {
  const request = { keyspace: 'ks', vSchema: VSchemaRecord.fromJSON({ sharded: true, vindexes: { v: { type: 'no_such_type' } }, tables: {} }), skipRebuild: false, dryRun: false, cells: [], sql: '', strict: false };
  await expect(control.call('applyVSchema', request)).rejects.toThrow(/no_such_type/);
  expect(Object.keys((await control.call('getVSchema', { keyspace: 'ks' })).vSchema?.vindexes ?? {})).toEqual(['hash']);
});

it('lists keyspaces sorted, shards and tablets, and names what does not exist', async () => {
  await createKeyspace({ name: 'another' });
  expect((await control.call('getKeyspaces', {})).keyspaces.map((keyspace) => keyspace.name)).toEqual(['another', 'ks']);
  expect(Object.keys((await control.call('findAllShardsInKeyspace', { keyspace: 'ks' })).shards)).toEqual(['-80', '80-']);
  await expect(control.call('getKeyspace', { keyspace: 'nowhere' })).rejects.toThrow(/keyspace nowhere does not exist/);
  await expect(control.call('deleteKeyspace', { keyspace: 'ks', recursive: false, force: false })).rejects.toThrow(/still has 2 shards/);
  await expect(control.call('createShard', { keyspace: 'ks', shardName: '40-', force: false, includeParent: false })).resolves.toMatchObject({ shard: { shard: { isPrimaryServing: false } } });
});

it('answers an unknown call with UNIMPLEMENTED and an absent server with its address', async () => {
  await expect(control.call('getPermissions', { tabletAlias: undefined })).rejects.toMatchObject({ grpc: 'UNIMPLEMENTED' });
  const absent = connectControl('127.0.0.1:1');
  await expect(absent.call('getKeyspaces', {}, { timeoutMs: 10_000 })).rejects.toThrow(/the control server 127.0.0.1:1 cannot be reached/);
  absent.close();
});
