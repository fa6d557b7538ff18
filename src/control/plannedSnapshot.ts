import { VtrewindError } from '../base/errors.ts';
import { type KeyspaceMoment, type RestoreRequest, restoreRequest } from '../recovery/keyspaceMoment.ts';
import { planKeyspaceRestore } from '../recovery/planKeyspaceRestore.ts';
import { findMark, type RequestedMoment, type SnapshotRecord } from '../topo/index.ts';
import type { ControlContext } from './controlContext.ts';

/** Metadata key (binary: names may be anything) with which our command line says what Vitess's CreateKeyspace has no fields for: a RestoreRequest as JSON. */
export const restoreRequestKey = 'vtrewind-restore-bin';

/** How long proof of a recent moment is waited for; the caller's deadline is longer. */
const gtidLookupTimeoutMs = 60_000;

/** What a plan puts into the snapshot record. */
export type PlannedSnapshot = Pick<SnapshotRecord, 'requested' | 'at' | 'cuts' | 'exclude' | 'tables'>;

/** The request of a CreateKeyspace call, when it has one. Throws VTR1604 for what is none. */
export function readRestoreRequest(value: Buffer | string | undefined): RestoreRequest | undefined {
  if (value === undefined) return undefined;
  try {
    return restoreRequest.parse(JSON.parse(value.toString()));
  } catch (error) {
    throw new VtrewindError({ code: 'VTR1604', grpc: 'INVALID_ARGUMENT', message: 'the restore that is asked for cannot be read', cause: error, hint: 'command line and control server may be of different versions' });
  }
}

/** Plans the restore of all shards, so that each is restored to the cut that was found now. Throws as `planKeyspaceRestore` does. */
export async function planSnapshot(context: ControlContext, request: RestoreRequest, shards: readonly string[]): Promise<PlannedSnapshot> {
  const { storage, log, topology } = context;
  if (storage === undefined) {
    throw new VtrewindError({ code: 'VTR0922', grpc: 'FAILED_PRECONDITION', message: 'what can be restored is not known without the backup storage', hint: 'start the control server with --file-backup-storage-root' });
  }
  const { moment } = request;
  const mark = moment.kind === 'mark' ? await findMark(topology, request.base, moment.name) : undefined;
  const plan = await planKeyspaceRestore({ storage, log, request, shards, mark, gtidLookupTimeoutMs });
  for (const warning of [...plan.warnings, ...plan.shards.flatMap((shard) => shard.warnings)]) log.warn({ base: request.base }, warning);
  const excluded = plan.shards.filter((shard) => shard.exclude.length > 0);
  return {
    requested: recorded(moment, plan.at), at: plan.at, cuts: Object.fromEntries(plan.shards.map((shard) => [shard.shard, shard.gtid])),
    ...(excluded.length === 0 ? {} : { exclude: Object.fromEntries(excluded.map((shard) => [shard.shard, [...shard.exclude]])) }),
    ...(request.tables === undefined ? {} : { tables: [...request.tables] }),
  };
}

function recorded(moment: KeyspaceMoment, at: number): RequestedMoment {
  return moment.kind === 'latest' ? { kind: 'time', at } : moment;
}
