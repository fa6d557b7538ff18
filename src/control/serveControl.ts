import { type handleUnaryCall, type Metadata, type ServerUnaryCall, type ServerWritableStream, status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { VtrewindError } from '../base/errors.ts';
import { findSrvVSchema, formatTabletAlias, getCellInfo, getShard, listCells, parseTabletAlias, paths, rebuildKeyspaceGraph, rebuildSrvVSchema } from '../topo/index.ts';
import { reparentShard } from '../recovery/reparentShard.ts';
import { CellInfo, SrvKeyspace, type Tablet } from '../vitess/gen/topodata.ts';
import * as vschema from '../vitess/gen/vschema.ts';
import type { BackupResponse } from '../vitess/gen/vtctldata.ts';
import { eventOf } from '../vitess/tabletManagerCodec.ts';
import { connectTabletManager } from '../vitess/tabletManagerClient.ts';
import { applySchema } from './applySchema.ts';
import { backupsOf, backupTablet, chooseDonor } from './backups.ts';
import type { ControlContext } from './controlContext.ts';
import { createKeyspace } from './createKeyspace.ts';
import { forceKey } from './forceKey.ts';
import { allKeyspaces, createShard, deleteKeyspace, keyspaceOf, primaryOf, refuseSnapshot, shardsOf, tabletOf, tabletsOf } from './keyspaces.ts';
import { readRestoreRequest, restoreRequestKey } from './plannedSnapshot.ts';
import { applyRoutingRules, applyVSchema, routingRulesOf, vschemaOf } from './vschemas.ts';

/** The calls of `vtctlservice.Vtctld` that are served here; any other answers UNIMPLEMENTED, as grpc says it. */
export function controlService(context: ControlContext): UntypedServiceImplementation {
  const { topology } = context;
  return {
    addCellInfo: unary(context, async (request: { name: string; cellInfo: CellInfo | undefined }) => {
      if (request.cellInfo === undefined) throw new VtrewindError({ code: 'VTR1601', grpc: 'INVALID_ARGUMENT', message: `cell ${request.name} is given no address and root` });
      await topology.global.create(paths.cellInfo(request.name), CellInfo.encode(request.cellInfo).finish());
      return {};
    }),
    getCellInfo: unary(context, async ({ cell }: { cell: string }) => ({ cellInfo: (await getCellInfo(topology, cell)).record })),
    getCellInfoNames: unary(context, async () => ({ names: [...(await listCells(topology))] })),
    createKeyspace: unary(context, async (request: Parameters<typeof createKeyspace>[1], metadata) => ({ keyspace: { name: request.name, keyspace: await createKeyspace(context, request, readRestoreRequest(metadata.get(restoreRequestKey)[0])) } })),
    deleteKeyspace: unary(context, async (request: Parameters<typeof deleteKeyspace>[1]) => {
      await deleteKeyspace(context, request);
      return {};
    }),
    getKeyspace: unary(context, async ({ keyspace }: { keyspace: string }) => ({ keyspace: await keyspaceOf(context, keyspace) })),
    getKeyspaces: unary(context, async () => ({ keyspaces: await allKeyspaces(context) })),
    createShard: unary(context, (request: Parameters<typeof createShard>[1]) => createShard(context, request)),
    findAllShardsInKeyspace: unary(context, async ({ keyspace }: { keyspace: string }) => ({ shards: await shardsOf(context, keyspace) })),
    getShard: unary(context, async ({ keyspace, shardName }: { keyspace: string; shardName: string }) => ({ shard: { keyspace, name: shardName, shard: (await getShard(topology, keyspace, shardName)).record } })),
    getTablets: unary(context, async (request: Parameters<typeof tabletsOf>[1]) => ({ tablets: await tabletsOf(context, request) })),
    getTablet: unary(context, async ({ tabletAlias }: { tabletAlias: Tablet['alias'] }) => ({ tablet: await tabletOf(context, tabletAlias) })),
    getSrvKeyspaces: unary(context, async ({ keyspace, cells }: { keyspace: string; cells: string[] }) => ({ srvKeyspaces: await srvKeyspacesOf(context, keyspace, cells) })),
    getSrvVSchema: unary(context, async ({ cell }: { cell: string }) => ({ srvVSchema: (await findSrvVSchema(topology, cell))?.record ?? vschema.SrvVSchema.fromPartial({}) })),
    rebuildKeyspaceGraph: unary(context, async (request: { keyspace: string; cells: string[]; allowPartial: boolean }) => {
      await rebuildKeyspaceGraph(topology, request.keyspace, request);
      return {};
    }),
    rebuildVSchemaGraph: unary(context, async ({ cells }: { cells: string[] }) => {
      await rebuildSrvVSchema(topology, cells);
      return {};
    }),
    applyVSchema: unary(context, (request: Parameters<typeof applyVSchema>[1], metadata) => applyVSchema(context, request, metadata.get(forceKey)[0] === 'true')),
    getVSchema: unary(context, async ({ keyspace }: { keyspace: string }) => ({ vSchema: await vschemaOf(context, keyspace) })),
    applyRoutingRules: unary(context, async (request: { routingRules: vschema.RoutingRules | undefined; skipRebuild: boolean; rebuildCells: string[] }) => {
      await applyRoutingRules(context, request.routingRules ?? { rules: [] }, { skipRebuild: request.skipRebuild, cells: request.rebuildCells });
      return {};
    }),
    getRoutingRules: unary(context, async () => ({ routingRules: await routingRulesOf(context) })),
    applySchema: unary(context, (request: Parameters<typeof applySchema>[1]) => applySchema(context, request)),
    getBackups: unary(context, async (request: Parameters<typeof backupsOf>[1]) => ({ backups: await backupsOf(context, request) })),
    backup: backupStream(context, (request: { tabletAlias: Tablet['alias'] }) => tabletOf(context, request.tabletAlias)),
    backupShard: backupStream(context, (request: Parameters<typeof chooseDonor>[1]) => chooseDonor(context, request)),
    plannedReparentShard: reparentCall(context, false),
    emergencyReparentShard: reparentCall(context, true),
    reloadSchemaShard: unary(context, async ({ keyspace, shard }: { keyspace: string; shard: string }) => {
      await context.tabletManager(await primaryOf(context, keyspace, shard)).reloadSchema();
      return { events: [] };
    }),
    pingTablet: unary(context, async ({ tabletAlias }: { tabletAlias: Tablet['alias'] }) => {
      await context.tabletManager(await tabletOf(context, tabletAlias)).ping('ping');
      return {};
    }),
  };
}

/** Codes whose names differ from gRPC's own, or that are no failure there. */
const renamed = { OK: status.UNKNOWN, CANCELED: status.CANCELLED, CLUSTER_EVENT: status.FAILED_PRECONDITION, READ_ONLY: status.FAILED_PRECONDITION } as const;

/** A VtrewindError as a gRPC status; its hint travels in the text, since vtctldclient shows nothing else. */
function toStatus(error: unknown): { code: status; details: string } {
  const { grpc, message, hint } = VtrewindError.from(error);
  const code = grpc === 'OK' || grpc === 'CANCELED' || grpc === 'CLUSTER_EVENT' || grpc === 'READ_ONLY' ? renamed[grpc] : status[grpc];
  return { code, details: hint === undefined ? message : `${message}\n  ${hint}` };
}

function unary<Request, Response>(context: ControlContext, act: (request: Request, metadata: Metadata) => Promise<Response>): handleUnaryCall<Request, Response> {
  return (call: ServerUnaryCall<Request, Response>, answer) => {
    const started = performance.now();
    const name = call.getPath().slice(call.getPath().lastIndexOf('/') + 1);
    act(call.request, call.metadata).then(
      (response) => {
        context.observe(name, true, started);
        answer(null, response);
      },
      (error: unknown) => {
        context.observe(name, false, started);
        const failure = toStatus(error);
        context.log.info({ call: call.getPath(), error: failure.details }, 'refused');
        answer(failure);
      },
    );
  };
}

interface BackupFlags { readonly allowPrimary: boolean; readonly concurrency: number; readonly incrementalFromPos: string }

function backupStream<Request extends object>(context: ControlContext, choose: (request: Request & BackupFlags) => Promise<Tablet>) {
  return (call: ServerWritableStream<Request & BackupFlags, BackupResponse>) => {
    const gone = new AbortController();
    call.once('cancelled', () => gone.abort(new VtrewindError({ code: 'VTR1615', grpc: 'CANCELED', message: 'the caller went away' })));
    const run = async () => {
      const tablet = await choose(call.request);
      await backupTablet(context, tablet, call.request, (line) => {
        call.write({ tabletAlias: tablet.alias, keyspace: tablet.keyspace, shard: tablet.shard, event: eventOf(line, Date.now()) });
      }, gone.signal);
    };
    run().then(() => call.end(), (error: unknown) => call.emit('error', toStatus(error)));
  };
}

interface ReparentRequest { readonly keyspace: string; readonly shard: string; readonly newPrimary: Tablet['alias'] }

function reparentCall(context: ControlContext, emergency: boolean) {
  return unary(context, async ({ keyspace, shard, newPrimary }: ReparentRequest) => {
    refuseSnapshot(keyspace, (await keyspaceOf(context, keyspace)).keyspace ?? failNoRecord(keyspace), 'a reparent');
    const { newPrimary: promoted, warnings } = await reparentShard({
      topology: context.topology, keyspace, shard, emergency, connect: (tablet) => connectTabletManager(tablet), log: context.log, ...(newPrimary === undefined ? {} : { to: formatTabletAlias(newPrimary) }),
    });
    return { keyspace, shard, promotedPrimary: parseTabletAlias(promoted), events: warnings.map((value) => eventOf(value, Date.now())) };
  });
}

function failNoRecord(keyspace: string): never {
  throw new VtrewindError({ code: 'VTR1608', grpc: 'NOT_FOUND', message: `keyspace ${keyspace} does not exist` });
}

async function srvKeyspacesOf({ topology }: ControlContext, keyspace: string, cells: readonly string[]): Promise<Record<string, SrvKeyspace>> {
  const found: Record<string, SrvKeyspace> = {};
  for (const cell of cells.length > 0 ? cells : await listCells(topology)) {
    const value = await (await topology.cell(cell)).get(paths.srvKeyspace(keyspace));
    if (value !== undefined) found[cell] = SrvKeyspace.decode(value.value);
  }
  return found;
}
