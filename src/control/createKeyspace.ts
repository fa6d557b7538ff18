import { VtrewindError } from '../base/errors.ts';
import { formatMicros, nowMicros } from '../base/time.ts';
import type { RestoreRequest } from '../recovery/keyspaceMoment.ts';
import {
  encodeSnapshotRecord, findKeyspace, findVSchema, isTopoError, listShards, parseShardName, paths, rebuildKeyspaceGraph, rebuildSrvVSchema, withKeyspaceLock,
} from '../topo/index.ts';
import { Keyspace, KeyspaceType, Shard } from '../vitess/gen/topodata.ts';
import * as vschema from '../vitess/gen/vschema.ts';
import type { CreateKeyspaceRequest } from '../vitess/gen/vtctldata.ts';
import type { ControlContext } from './controlContext.ts';
import { type PlannedSnapshot, planSnapshot } from './plannedSnapshot.ts';
import { checkMoment } from './snapshotMoment.ts';

const refuse = (code: string, message: string, hint?: string) => new VtrewindError({ code, grpc: 'INVALID_ARGUMENT', message, hint });

/** MySQL's limit for a database name, less `vt_`. */
const maxNameLength = 61;
const sidecarDatabase = '_vt';

/**
 * Creates a keyspace, normal or snapshot, as vtctld does. A snapshot's moment is checked against the restorable window of every shard of its base;
 * the base's vschema is copied with `require_explicit_routing` set, and its shards get their records, so that the serving graph is there at once.
 * With `restore` the moment is that of the restore, planned here and now: every shard is restored to the cut that the plan found, and transactions and tables are left out as it says.
 * Throws VTR1601 (bad name), VTR1602 (exists; not with `force`), VTR1603 (base), VTR1604 (time), VTR1605 (window), and what planning throws.
 */
export async function createKeyspace(context: ControlContext, request: CreateKeyspaceRequest, restore?: RestoreRequest): Promise<Keyspace> {
  checkName(request.name);
  const snapshot = request.type === KeyspaceType.SNAPSHOT ? await checkSnapshot(context, request, restore) : undefined;
  if (snapshot === undefined && (request.baseKeyspace !== '' || request.snapshotTime !== undefined || restore !== undefined)) {
    throw refuse('VTR1603', `keyspace ${request.name} is given a base or a snapshot time, but its type is NORMAL`, 'add --type=SNAPSHOT');
  }
  const record: Keyspace = Keyspace.fromPartial({
    keyspaceType: request.type,
    baseKeyspace: request.baseKeyspace,
    snapshotTime: snapshot === undefined ? undefined : { seconds: BigInt(Math.floor(snapshot.moment.at / 1_000_000)), nanoseconds: (snapshot.moment.at % 1_000_000) * 1000 },
    durabilityPolicy: request.durabilityPolicy === '' ? 'none' : request.durabilityPolicy,
    sidecarDbName: request.sidecarDbName === '' ? sidecarDatabase : request.sidecarDbName,
  });
  const stored = await withKeyspaceLock(context.topology, request.name, 'CreateKeyspace', async () => {
    try {
      await context.topology.global.create(paths.keyspace(request.name), Keyspace.encode(record).finish());
    } catch (error) {
      if (!isTopoError(error, 'nodeExists')) throw error;
      const existing = await findKeyspace(context.topology, request.name);
      if (request.force && existing !== undefined) return existing.record;
      throw new VtrewindError({ code: 'VTR1602', mysql: 1007, grpc: 'ALREADY_EXISTS', message: `keyspace ${request.name} exists already`, hint: 'choose another name, or delete it first with DeleteKeyspace', cause: error });
    }
    await writeVSchema(context, request, snapshot);
    if (snapshot !== undefined) await writeSnapshot(context, request.name, snapshot);
    return record;
  });
  if (snapshot !== undefined) await rebuildKeyspaceGraph(context.topology, request.name);
  await rebuildSrvVSchema(context.topology);
  context.log.info({ keyspace: request.name, base: request.baseKeyspace || undefined, at: snapshot && formatMicros(snapshot.moment.at) }, 'keyspace created');
  return stored;
}

interface CheckedSnapshot { readonly moment: PlannedSnapshot; readonly shards: readonly { readonly name: string; readonly record: Shard }[]; readonly vschema: vschema.Keyspace }

async function checkSnapshot(context: ControlContext, request: CreateKeyspaceRequest, restore: RestoreRequest | undefined): Promise<CheckedSnapshot> {
  const { name, baseKeyspace: base, snapshotTime } = request;
  if (base === '') throw refuse('VTR1603', `snapshot keyspace ${name} needs a base keyspace`, 'add --base-keyspace=KEYSPACE');
  if (base === name) throw refuse('VTR1603', `keyspace ${name} cannot be its own base`);
  if (restore !== undefined && snapshotTime !== undefined) throw refuse('VTR1604', `snapshot keyspace ${name} is given two moments`);
  if (restore !== undefined && restore.base !== base) throw refuse('VTR1604', `the restore is of ${restore.base}, the base keyspace is ${base}`);
  if (restore === undefined && snapshotTime === undefined) throw refuse('VTR1604', `snapshot keyspace ${name} needs a time`, 'add --snapshot-timestamp=2026-07-17T18:25:20.250Z');
  if (request.durabilityPolicy !== '' && request.durabilityPolicy !== 'none') throw refuse('VTR1606', `a snapshot keyspace has no durability policy; '${request.durabilityPolicy}' was given`);
  if (!request.force && (await findKeyspace(context.topology, name)) !== undefined) {
    throw new VtrewindError({ code: 'VTR1602', mysql: 1007, grpc: 'ALREADY_EXISTS', message: `keyspace ${name} exists already`, hint: 'choose another name, or delete it first with DeleteKeyspace' });
  }
  const found = await findKeyspace(context.topology, base);
  if (found === undefined) throw new VtrewindError({ code: 'VTR1603', mysql: 1049, grpc: 'NOT_FOUND', message: `base keyspace ${base} does not exist`, hint: 'GetKeyspaces lists those that do' });
  if (found.record.keyspaceType === KeyspaceType.SNAPSHOT) throw refuse('VTR1603', `${base} is itself a snapshot (of ${found.record.baseKeyspace})`, `use --base-keyspace=${found.record.baseKeyspace} with the time you want`);
  const at = snapshotTime === undefined ? undefined : checkedTime(snapshotTime);
  const shards = [...(await listShards(context.topology, base))].filter(([, shard]) => shard.record.isPrimaryServing).map(([shard, { record }]) => ({ name: shard, record }));
  if (shards.length === 0) throw new VtrewindError({ code: 'VTR1603', grpc: 'FAILED_PRECONDITION', message: `base keyspace ${base} has no serving shard` });
  if (at !== undefined) checkMoment(at, await Promise.all(shards.map((shard) => context.window(base, shard.name))));
  const moment: PlannedSnapshot | undefined = restore !== undefined ? await planSnapshot(context, restore, shards.map((shard) => shard.name)) : at === undefined ? undefined : { requested: { kind: 'time', at }, at };
  if (moment === undefined) throw refuse('VTR1604', `snapshot keyspace ${name} needs a time`);
  return { moment, shards, vschema: (await findVSchema(context.topology, base))?.record ?? vschema.Keyspace.fromPartial({}) };
}

function checkedTime(time: NonNullable<CreateKeyspaceRequest['snapshotTime']>): number {
  if (time.nanoseconds % 1000 !== 0) throw refuse('VTR1604', 'the snapshot time is finer than a microsecond');
  const at = Number(time.seconds) * 1_000_000 + time.nanoseconds / 1000;
  const now = nowMicros();
  if (at > now) throw refuse('VTR1604', `${formatMicros(at)} is in the future; it is ${formatMicros(now)} now`);
  return at;
}

async function writeVSchema(context: ControlContext, request: CreateKeyspaceRequest, snapshot: CheckedSnapshot | undefined): Promise<void> {
  const copy = snapshot === undefined ? vschema.Keyspace.fromPartial({}) : { ...snapshot.vschema, requireExplicitRouting: true };
  if (snapshot === undefined && request.allowEmptyVSchema) return;
  await context.topology.global.update(paths.vschema(request.name), vschema.Keyspace.encode(copy).finish());
}

async function writeSnapshot(context: ControlContext, name: string, snapshot: CheckedSnapshot): Promise<void> {
  for (const { name: shard, record } of snapshot.shards) {
    const copy = Shard.fromPartial({ keyRange: record.keyRange ?? parseShardName(shard).keyRange, isPrimaryServing: true });
    await context.topology.global.update(paths.shard(name, shard), Shard.encode(copy).finish());
  }
  await context.topology.global.update(
    paths.snapshot(name),
    encodeSnapshotRecord({
      formatVersion: 1, ...snapshot.moment, createdAt: nowMicros(),
      shards: snapshot.shards.map((shard) => shard.name), vschemaFrom: 'current',
    }),
  );
}

/** Throws VTR1601 for a name that could not be a keyspace in SQL, in a path and in a target (`ks:shard@type`). */
export function checkName(name: string): void {
  if (!/^[A-Za-z0-9_-]+$/.test(name) || name.length > maxNameLength) {
    throw refuse('VTR1601', `'${name}' is no name for a keyspace`, `letters, digits, underscores and hyphens, at most ${maxNameLength}`);
  }
}
