import * as vschema from '../vitess/gen/vschema.ts';
import { nameInPath, paths } from './paths.ts';
import { decodeRecord, listCells, readRecord } from './records.ts';
import type { Topology } from './topoServer.ts';

/**
 * Writes each cell's SrvVSchema from the vschemas and rules of the global root, as vtctld does after every change to one of them.
 * A cell whose record says the same already is not written, so that watchers stay quiet.
 */
export async function rebuildSrvVSchema(topo: Topology, cells: readonly string[] = []): Promise<vschema.SrvVSchema> {
  const next = await collectSrvVSchema(topo);
  const bytes = vschema.SrvVSchema.encode(next).finish();
  for (const cell of cells.length > 0 ? cells : await listCells(topo)) {
    const server = await topo.cell(cell);
    const now = await readRecord(server, paths.srvVSchema, vschema.SrvVSchema);
    if (now !== undefined && sameMeaning(now.record, next)) continue;
    await server.update(paths.srvVSchema, bytes);
  }
  return next;
}

/** What the global root holds now. A keyspace without a vschema has an empty one. Rules that are not there are empty messages, only keyspace routing rules are left out: as Vitess writes them. */
export async function collectSrvVSchema(topo: Topology): Promise<vschema.SrvVSchema> {
  const keyspaces = new Map<string, vschema.Keyspace>();
  for (const e of await topo.global.list(paths.keyspaces)) {
    const keyspace = nameInPath(e.path, paths.keyspaces, '/Keyspace');
    if (keyspace !== undefined && !keyspaces.has(keyspace)) keyspaces.set(keyspace, vschema.Keyspace.fromPartial({}));
    const described = nameInPath(e.path, paths.keyspaces, '/VSchema');
    if (described !== undefined) keyspaces.set(described, decodeRecord(e.path, e.value, vschema.Keyspace));
  }
  const rules = <T>(path: string, codec: { decode(b: Uint8Array): T; encode(r: T): { finish(): Uint8Array } }) => readRecord(topo.global, path, codec);
  const [routing, shardRouting, keyspaceRouting, mirror] = await Promise.all([
    rules(paths.routingRules, vschema.RoutingRules), rules(paths.shardRoutingRules, vschema.ShardRoutingRules),
    rules(paths.keyspaceRoutingRules, vschema.KeyspaceRoutingRules), rules(paths.mirrorRules, vschema.MirrorRules),
  ]);
  return {
    keyspaces: Object.fromEntries([...keyspaces].sort(([a], [b]) => (a < b ? -1 : 1))),
    routingRules: routing?.record ?? { rules: [] },
    shardRoutingRules: shardRouting?.record ?? { rules: [] },
    keyspaceRoutingRules: keyspaceRouting?.record,
    mirrorRules: mirror?.record ?? { rules: [] },
  };
}

/** Equal up to the order of maps, which Vitess writes at random. */
function sameMeaning(a: vschema.SrvVSchema, b: vschema.SrvVSchema): boolean {
  return canonical(vschema.SrvVSchema.toJSON(a)) === canonical(vschema.SrvVSchema.toJSON(b));
}
function canonical(json: unknown): string {
  return JSON.stringify(json, (_, v: unknown) => v !== null && typeof v === 'object' && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort(([x], [y]) => (x < y ? -1 : 1))) : v);
}
