import { VtrewindError } from '../base/errors.ts';
import {
  deleteIfThere, findKeyspace, formatTabletAlias, getKeyspace, isTopoError, keyRangesOverlap, listCells, listKeyspaces, listShards, listTablets, parseShardName, paths, rebuildSrvVSchema,
  unregisterTablet, withKeyspaceLock, withShardLock,
} from '../topo/index.ts';
import { type Keyspace as KeyspaceRecord, KeyspaceType, Shard as ShardRecord, type Tablet, TabletType } from '../vitess/gen/topodata.ts';
import type { CreateShardRequest, CreateShardResponse, DeleteKeyspaceRequest, GetTabletsRequest, Keyspace, Shard } from '../vitess/gen/vtctldata.ts';
import type { ControlContext } from './controlContext.ts';
import { createKeyspace } from './createKeyspace.ts';

export async function keyspaceOf({ topology }: ControlContext, name: string): Promise<Keyspace> {
  return { name, keyspace: (await getKeyspace(topology, name)).record };
}

/** All keyspaces, sorted by name; one deleted while we look is left out. */
export async function allKeyspaces({ topology }: ControlContext): Promise<Keyspace[]> {
  const found = await Promise.all((await listKeyspaces(topology)).map(async (name) => ({ name, keyspace: (await findKeyspace(topology, name))?.record })));
  return found.filter((keyspace) => keyspace.keyspace !== undefined);
}

/**
 * Deletes a keyspace's records: with `recursive` its shards and tablets too, else only an empty one. A keyspace that is the base of a snapshot
 * is kept unless forced: its snapshots would lose their name for where they came from. Data directories, backups and archives are not touched.
 * Throws VTR1607.
 */
export async function deleteKeyspace(context: ControlContext, { keyspace, recursive, force }: DeleteKeyspaceRequest): Promise<void> {
  const { topology } = context;
  await getKeyspace(topology, keyspace);
  const snapshots = (await allKeyspaces(context)).filter((other) => other.keyspace?.keyspaceType === KeyspaceType.SNAPSHOT && other.keyspace.baseKeyspace === keyspace);
  if (snapshots.length > 0 && !force) {
    throw new VtrewindError({
      code: 'VTR1607', grpc: 'FAILED_PRECONDITION', message: `keyspace ${keyspace} is the base of ${snapshots.map((other) => other.name).join(', ')}`,
      hint: 'delete the snapshots first, or add --force',
    });
  }
  await withKeyspaceLock(topology, keyspace, 'DeleteKeyspace', async () => {
    const shards = await listShards(topology, keyspace);
    if (shards.size > 0 && !recursive) {
      throw new VtrewindError({ code: 'VTR1607', grpc: 'FAILED_PRECONDITION', message: `keyspace ${keyspace} still has ${shards.size} shards`, hint: 'use --recursive to delete its shards and tablets too' });
    }
    for (const cell of await listCells(topology)) {
      const server = await topology.cell(cell);
      for (const { record } of (await listTablets(topology, cell)).values()) if (record.keyspace === keyspace) await unregisterTablet(topology, record);
      for (const shard of shards.keys()) await deleteIfThere(server, paths.shardReplication(keyspace, shard));
      await deleteIfThere(server, paths.srvKeyspace(keyspace));
    }
    for (const shard of shards.keys()) {
      await deleteIfThere(topology.global, paths.restoreProgress(keyspace, shard));
      await deleteIfThere(topology.global, paths.shard(keyspace, shard));
    }
    await deleteIfThere(topology.global, paths.snapshot(keyspace));
    await deleteIfThere(topology.global, paths.vschema(keyspace));
    await deleteIfThere(topology.global, paths.keyspace(keyspace));
  });
  await rebuildSrvVSchema(topology);
}

/** Shards by name. Throws when there is no such keyspace. */
export async function shardsOf({ topology }: ControlContext, keyspace: string): Promise<Record<string, Shard>> {
  await getKeyspace(topology, keyspace);
  return Object.fromEntries([...(await listShards(topology, keyspace))].map(([name, { record }]) => [name, { keyspace, name, shard: record }]));
}

/** A new shard serves at once unless its range overlaps one that does. `includeParent` makes the keyspace too. */
export async function createShard(context: ControlContext, request: CreateShardRequest): Promise<CreateShardResponse> {
  const { topology } = context;
  const { name, keyRange } = parseShardName(request.shardName);
  if (request.includeParent && (await findKeyspace(topology, request.keyspace)) === undefined) {
    await createKeyspace(context, { name: request.keyspace, force: true, allowEmptyVSchema: false, type: KeyspaceType.NORMAL, baseKeyspace: '', snapshotTime: undefined, durabilityPolicy: '', sidecarDbName: '' });
  }
  const keyspace = await keyspaceOf(context, request.keyspace);
  return withShardLock(topology, request.keyspace, name, 'CreateShard', async () => {
    const siblings = await listShards(topology, request.keyspace);
    const existing = siblings.get(name)?.record;
    if (existing !== undefined && !request.force) throw new VtrewindError({ code: 'VTR1602', grpc: 'ALREADY_EXISTS', message: `shard ${request.keyspace}/${name} exists already` });
    const serves = ![...siblings.values()].some(({ record }) => record.isPrimaryServing && keyRangesOverlap(record.keyRange, keyRange));
    const record = existing ?? ShardRecord.fromPartial({ keyRange, isPrimaryServing: serves });
    if (existing === undefined) {
      try {
        await topology.global.create(paths.shard(request.keyspace, name), ShardRecord.encode(record).finish());
      } catch (error) {
        if (!isTopoError(error, 'nodeExists') || !request.force) throw error;
      }
    }
    return { keyspace, shard: { keyspace: request.keyspace, name, shard: record }, shardAlreadyExists: existing !== undefined };
  });
}

/** Tablets by the request's filters, in the order of cell and number. `strict`: a cell that can't be read is an error; else it is left out and logged. */
export async function tabletsOf(context: ControlContext, request: GetTabletsRequest): Promise<Tablet[]> {
  const { topology, log } = context;
  const cells = request.cells.length > 0 ? request.cells : await listCells(topology);
  const perCell = await Promise.all(
    cells.map(async (cell) => {
      try {
        return [...(await listTablets(topology, cell)).values()].map(({ record }) => record);
      } catch (error) {
        if (request.strict) throw error;
        log.warn({ cell, error: VtrewindError.from(error).message }, 'cell left out of GetTablets');
        return [];
      }
    }),
  );
  const wanted = new Set(request.tabletAliases.map(formatTabletAlias));
  return perCell.flat().filter(
    (tablet) =>
      (request.keyspace === '' || tablet.keyspace === request.keyspace) && (request.shard === '' || tablet.shard === request.shard) &&
      (request.tabletType === TabletType.UNKNOWN || tablet.type === request.tabletType) && (wanted.size === 0 || wanted.has(formatTabletAlias(tablet.alias))),
  );
}

/** One tablet by alias. Throws when there is none. */
export async function tabletOf(context: ControlContext, alias: Tablet['alias']): Promise<Tablet> {
  const name = formatTabletAlias(alias);
  const found = alias && (await listTablets(context.topology, alias.cell)).get(name)?.record;
  if (found === undefined) throw new VtrewindError({ code: 'VTR1608', grpc: 'NOT_FOUND', message: `there is no tablet ${name}`, hint: 'GetTablets lists those that exist' });
  return found;
}

/** The shard's primary. Throws VTR1609 when it has none. */
export async function primaryOf(context: ControlContext, keyspace: string, shard: string): Promise<Tablet> {
  const record = (await listShards(context.topology, keyspace)).get(shard)?.record;
  if (record === undefined) throw new VtrewindError({ code: 'VTR1608', grpc: 'NOT_FOUND', message: `there is no shard ${keyspace}/${shard}` });
  if (record.primaryAlias === undefined) throw new VtrewindError({ code: 'VTR1609', grpc: 'FAILED_PRECONDITION', message: `shard ${keyspace}/${shard} has no primary`, hint: `elect one: vtrewind reparent ${keyspace}/${shard}` });
  return tabletOf(context, record.primaryAlias);
}

/** Throws 1290 for a snapshot keyspace: what is asked would write into the past. */
export function refuseSnapshot(name: string, record: KeyspaceRecord, what: string): void {
  if (record.keyspaceType !== KeyspaceType.SNAPSHOT) return;
  throw new VtrewindError({ code: 'VTR0001', mysql: 1290, grpc: 'FAILED_PRECONDITION', message: `keyspace ${name} is a snapshot of ${record.baseKeyspace} and is read-only: ${what} is refused`, hint: `do it on ${record.baseKeyspace}` });
}
