import { VtrewindError } from '../base/errors.ts';
import { collectSrvVSchema, findVSchema, getKeyspace, listCells, paths, rebuildSrvVSchema, withKeyspaceLock } from '../topo/index.ts';
import { KeyspaceType } from '../vitess/gen/topodata.ts';
import * as vschema from '../vitess/gen/vschema.ts';
import type { ApplyVSchemaRequest, ApplyVSchemaResponse } from '../vitess/gen/vtctldata.ts';
import { buildVSchema, checkKeyspaceVSchema, checkRoutingRules } from '../vschema/index.ts';
import type { ControlContext } from './controlContext.ts';

/** The keyspace's vschema; an empty one when none was applied. Throws when there is no such keyspace. */
export async function vschemaOf({ topology }: ControlContext, keyspace: string): Promise<vschema.Keyspace> {
  await getKeyspace(topology, keyspace);
  return (await findVSchema(topology, keyspace))?.record ?? vschema.Keyspace.fromPartial({});
}

/**
 * Checks and stores a keyspace's vschema and rebuilds the serving vschema of the cells. `force` allows what would make a snapshot keyspace's tables
 * routable without naming it in a vtgate of the same cluster. Throws VTR1610 (the vschema is wrong, and where) or VTR1611 (the flag).
 */
export async function applyVSchema(context: ControlContext, request: ApplyVSchemaRequest, force: boolean): Promise<ApplyVSchemaResponse> {
  const { topology } = context;
  const wrong = (message: string, hint?: string, code = 'VTR1610') => new VtrewindError({ code, grpc: 'INVALID_ARGUMENT', message, hint });
  if (request.sql !== '') throw wrong('a vschema change given as SQL is not taken here', 'send ALTER VSCHEMA through a gate, or give the whole vschema as JSON');
  const next = request.vSchema;
  if (next === undefined) throw wrong('no vschema given', 'give --vschema or --vschema-file');
  const { record } = await getKeyspace(topology, request.keyspace);
  if (record.keyspaceType === KeyspaceType.SNAPSHOT && !next.requireExplicitRouting && !force) {
    throw wrong(`${request.keyspace} is a snapshot keyspace and this vschema has no require_explicit_routing: a vtgate of this cluster would find the tables of ${record.baseKeyspace} ambiguous`,
      'set "require_explicit_routing": true, or add --force', 'VTR1611');
  }
  const definition = vschema.Keyspace.toJSON(next);
  checkKeyspaceVSchema(definition, { allowUnknownFields: true });
  const built = buildVSchema({ keyspaces: { [request.keyspace]: definition } }).keyspaces.get(request.keyspace);
  const unknown = Object.fromEntries([...(built?.vindexes ?? [])].flatMap(([name, vindex]) => (vindex.unknownParams.length > 0 ? [[name, { params: [...vindex.unknownParams] }]] : [])));
  if (request.strict && Object.keys(unknown).length > 0) {
    throw wrong(`vschema of ${request.keyspace}: unknown vindex parameters: ${Object.entries(unknown).map(([name, { params }]) => `${name}: ${params.join(', ')}`).join('; ')}`);
  }
  if (!request.dryRun) {
    await withKeyspaceLock(topology, request.keyspace, 'ApplyVSchema', () => topology.global.update(paths.vschema(request.keyspace), vschema.Keyspace.encode(next).finish()));
    if (!request.skipRebuild) await rebuildSrvVSchema(topology, request.cells.length > 0 ? request.cells : await listCells(topology));
  }
  return { vSchema: next, unknownVindexParams: unknown };
}

/** Stores the routing rules and rebuilds the serving vschema. */
export async function applyRoutingRules(context: ControlContext, rules: vschema.RoutingRules, options: { readonly skipRebuild: boolean; readonly cells: readonly string[] }): Promise<void> {
  checkRoutingRules(rules, await collectSrvVSchema(context.topology));
  await context.topology.global.update(paths.routingRules, vschema.RoutingRules.encode(rules).finish());
  if (!options.skipRebuild) await rebuildSrvVSchema(context.topology, options.cells);
}

/** Empty rules where none were applied. */
export async function routingRulesOf({ topology }: ControlContext): Promise<vschema.RoutingRules> {
  const found = await topology.global.get(paths.routingRules);
  return found === undefined ? { rules: [] } : vschema.RoutingRules.decode(found.value);
}
