import { VtrewindError } from '../base/errors.ts';
import { getKeyspace } from '../topo/index.ts';
import type { ApplySchemaRequest, ApplySchemaResponse } from '../vitess/gen/vtctldata.ts';
import type { ControlContext } from './controlContext.ts';
import { primaryOf, refuseSnapshot, shardsOf } from './keyspaces.ts';

/**
 * Runs the statements on the primary of every shard: in their order, each on all shards side by side, the next only when all have done it.
 * Throws VTR1612 naming the statement's number, the shards that failed and those that have it already.
 */
export async function applySchema(context: ControlContext, request: ApplySchemaRequest): Promise<ApplySchemaResponse> {
  const { record } = await getKeyspace(context.topology, request.keyspace);
  refuseSnapshot(request.keyspace, record, 'ApplySchema');
  if (request.ddlStrategy !== '' && request.ddlStrategy !== 'direct') {
    throw new VtrewindError({ code: 'VTR1612', grpc: 'UNIMPLEMENTED', message: `there is no DDL strategy '${request.ddlStrategy}' here`, hint: "use 'direct'" });
  }
  if (request.sql.length === 0) throw new VtrewindError({ code: 'VTR1612', grpc: 'INVALID_ARGUMENT', message: 'no statement given', hint: 'give --sql or --sql-file' });
  const shards = Object.keys(await shardsOf(context, request.keyspace));
  const primaries = await Promise.all(shards.map((shard) => primaryOf(context, request.keyspace, shard)));
  for (const [at, sql] of request.sql.entries()) {
    const outcomes = await Promise.allSettled(
      primaries.map((primary) => context.tabletManager(primary).executeFetch('dba', Buffer.from(sql), { maxRows: 0, dbName: databaseOf(primary), reloadSchema: true })),
    );
    const failed = outcomes.flatMap((outcome, index) => (outcome.status === 'rejected' ? [`${shards[index]}: ${VtrewindError.from(outcome.reason).message}`] : []));
    if (failed.length === 0) continue;
    const done = shards.filter((_, index) => outcomes[index]?.status === 'fulfilled');
    throw new VtrewindError({
      code: 'VTR1612', grpc: 'ABORTED',
      message: `statement ${at + 1} of ${request.sql.length} failed on ${failed.join('; ')}${done.length === 0 ? '' : `; it is done on ${done.join(', ')}`}`,
      hint: done.length === 0 ? undefined : 'the shards differ now: run the statement again where it failed, or undo it where it is done',
    });
  }
  return { uuidList: [], rowsAffectedByShard: {} };
}

function databaseOf(tablet: { readonly keyspace: string; readonly dbNameOverride: string }): string {
  return tablet.dbNameOverride === '' ? `vt_${tablet.keyspace}` : tablet.dbNameOverride;
}
