import { CellInfo, CellsAlias, Keyspace, Shard, ShardReplication, SrvKeyspace, Tablet } from '../vitess/gen/topodata.ts';
import * as vschema from '../vitess/gen/vschema.ts';
import { nameInPath, paths } from './paths.ts';
import { formatTabletAlias } from './tabletAlias.ts';
import { isTopoError, topoError } from './topoErrors.ts';
import type { Topology, TopoServer, TopoVersion } from './topoServer.ts';

/** How a record type becomes bytes and back: what the generated code offers for every message. */
export interface RecordCodec<T> {
  decode(bytes: Uint8Array): T;
  encode(record: T): { finish(): Uint8Array };
}
export interface Versioned<T> { readonly record: T; readonly version: TopoVersion }

/** Undefined when there is no such record. Throws VTR0307 when its bytes are no such message. */
export async function readRecord<T>(server: TopoServer, path: string, codec: RecordCodec<T>): Promise<Versioned<T> | undefined> {
  const found = await server.get(path);
  return found && { record: decodeRecord(path, found.value, codec), version: found.version };
}

export function decodeRecord<T>(path: string, bytes: Uint8Array, codec: Pick<RecordCodec<T>, 'decode'>): T {
  try {
    return codec.decode(bytes);
  } catch (error) {
    throw topoError('damaged', `the record ${path} can't be read`, { cause: error });
  }
}

/** As readRecord, with VTR0302 naming `what` when it is not there. */
export async function needRecord<T>(server: TopoServer, path: string, codec: RecordCodec<T>, what: string, hint?: string): Promise<Versioned<T>> {
  const found = await readRecord(server, path, codec);
  if (found === undefined) throw topoError('noNode', `${what} does not exist`, { hint });
  return found;
}

/** A change tried again on what others wrote meanwhile is bounded: past this something is wrong. */
const maxUpdateTries = 20;

/**
 * Reads, changes and writes by compare-and-set, again when someone else wrote between. `change` gets undefined where there is no record and
 * returns the new one, or undefined to leave things as they are. Returns what is stored at the end.
 */
export async function updateRecord<T>(
  server: TopoServer, path: string, codec: RecordCodec<T>, change: (now: T | undefined) => T | undefined,
): Promise<T | undefined> {
  for (let tried = 1; ; tried++) {
    const now = await readRecord(server, path, codec);
    const next = change(now?.record);
    if (next === undefined) return now?.record;
    try {
      const bytes = codec.encode(next).finish();
      if (now === undefined) await server.create(path, bytes);
      else await server.update(path, bytes, now.version);
      return next;
    } catch (error) {
      const meanwhile = isTopoError(error, 'badVersion') || isTopoError(error, 'nodeExists') || isTopoError(error, 'noNode');
      if (!meanwhile || tried >= maxUpdateTries) throw error;
    }
  }
}

export const getKeyspace = (topo: Topology, keyspace: string) =>
  needRecord(topo.global, paths.keyspace(keyspace), Keyspace, `keyspace ${keyspace}`, 'GetKeyspaces lists those that exist');
export const findKeyspace = (topo: Topology, keyspace: string) => readRecord(topo.global, paths.keyspace(keyspace), Keyspace);
export const getShard = (topo: Topology, keyspace: string, shard: string) =>
  needRecord(topo.global, paths.shard(keyspace, shard), Shard, `shard ${keyspace}/${shard}`);
export const findVSchema = (topo: Topology, keyspace: string) => readRecord(topo.global, paths.vschema(keyspace), vschema.Keyspace);
export const getCellInfo = (topo: Topology, cell: string) => needRecord(topo.global, paths.cellInfo(cell), CellInfo, `cell ${cell}`);

/** Names in byte order. */
export async function listKeyspaces(topo: Topology): Promise<readonly string[]> {
  return namesOf(await topo.global.list(paths.keyspaces), paths.keyspaces, '/Keyspace');
}
export async function listShards(topo: Topology, keyspace: string): Promise<ReadonlyMap<string, Versioned<Shard>>> {
  const prefix = paths.shards(keyspace);
  const shards = new Map<string, Versioned<Shard>>();
  for (const e of await topo.global.list(prefix)) {
    const name = nameInPath(e.path, prefix, '/Shard');
    if (name !== undefined) shards.set(name, { record: decodeRecord(e.path, e.value, Shard), version: e.version });
  }
  return shards;
}
export async function listCells(topo: Topology): Promise<readonly string[]> {
  return namesOf(await topo.global.list(paths.cells), paths.cells, '/CellInfo');
}
export async function listCellsAliases(topo: Topology): Promise<ReadonlyMap<string, CellsAlias>> {
  const found = await topo.global.list(paths.cellsAliases);
  return new Map(found.flatMap((e) => {
    const name = nameInPath(e.path, paths.cellsAliases, '/CellsAlias');
    return name === undefined ? [] : [[name, decodeRecord(e.path, e.value, CellsAlias)] as const];
  }));
}

/** Every tablet of a cell, by alias. */
export async function listTablets(topo: Topology, cell: string): Promise<ReadonlyMap<string, Versioned<Tablet>>> {
  const server = await topo.cell(cell);
  const tablets = new Map<string, Versioned<Tablet>>();
  for (const e of await server.list(paths.tablets)) {
    const alias = nameInPath(e.path, paths.tablets, '/Tablet');
    if (alias !== undefined) tablets.set(alias, { record: decodeRecord(e.path, e.value, Tablet), version: e.version });
  }
  return tablets;
}

/** Writes a tablet's record and its entry in the cell's ShardReplication, as a Vitess tablet does when it starts. */
export async function registerTablet(topo: Topology, tablet: Tablet): Promise<void> {
  const alias = tablet.alias;
  if (alias === undefined) throw topoError('badName', 'a tablet without an alias');
  const server = await topo.cell(alias.cell);
  await updateRecord(server, paths.tablet(formatTabletAlias(alias)), Tablet, () => tablet);
  await updateRecord(server, paths.shardReplication(tablet.keyspace, tablet.shard), ShardReplication, (now) => {
    const nodes = now?.nodes ?? [];
    if (nodes.some((n) => n.tabletAlias?.cell === alias.cell && n.tabletAlias.uid === alias.uid)) return undefined;
    return { ...(now ?? ShardReplication.fromPartial({})), nodes: [...nodes, { tabletAlias: alias }] };
  });
}

/** Takes a tablet's record and its ShardReplication entry away; what is not there is no error. */
export async function unregisterTablet(topo: Topology, tablet: Pick<Tablet, 'alias' | 'keyspace' | 'shard'>): Promise<void> {
  const alias = tablet.alias;
  if (alias === undefined) throw topoError('badName', 'a tablet without an alias');
  const server = await topo.cell(alias.cell);
  await updateRecord(server, paths.shardReplication(tablet.keyspace, tablet.shard), ShardReplication, (now) => {
    const nodes = (now?.nodes ?? []).filter((n) => n.tabletAlias?.cell !== alias.cell || n.tabletAlias.uid !== alias.uid);
    return now === undefined || nodes.length === now.nodes.length ? undefined : { ...now, nodes };
  });
  await deleteIfThere(server, paths.tablet(formatTabletAlias(alias)));
}

export async function deleteIfThere(server: TopoServer, path: string): Promise<void> {
  try {
    await server.delete(path);
  } catch (error) {
    if (!isTopoError(error, 'noNode')) throw error;
  }
}

export const findSrvKeyspace = async (topo: Topology, cell: string, keyspace: string) =>
  readRecord(await topo.cell(cell), paths.srvKeyspace(keyspace), SrvKeyspace);
export const findSrvVSchema = async (topo: Topology, cell: string) =>
  readRecord(await topo.cell(cell), paths.srvVSchema, vschema.SrvVSchema);

function namesOf(entries: readonly { readonly path: string }[], before: string, after: string): string[] {
  return entries.flatMap((e) => nameInPath(e.path, before, after) ?? []);
}
