import { listBackups } from '../backup/index.ts';
import { VtrewindError } from '../base/errors.ts';
import { formatTabletAlias, parseTabletAlias } from '../topo/index.ts';
import { type BackupInfo, BackupInfo_Status } from '../vitess/gen/mysqlctl.ts';
import { type Tablet, TabletType } from '../vitess/gen/topodata.ts';
import type { BackupShardRequest, GetBackupsRequest } from '../vitess/gen/vtctldata.ts';
import type { ControlContext } from './controlContext.ts';
import { tabletsOf } from './keyspaces.ts';

/**
 * Runs a backup on a tablet; `onLine` gets the agent's progress. Our backups are hot: a primary goes on serving; `allowPrimary` must still say that
 * it may carry the load. Throws VTR1613.
 */
export async function backupTablet(context: ControlContext, tablet: Tablet, options: { readonly allowPrimary: boolean; readonly concurrency: number; readonly incrementalFromPos: string }, onLine: (line: string) => void, signal: AbortSignal): Promise<void> {
  const alias = formatTabletAlias(tablet.alias);
  if (options.incrementalFromPos !== '') {
    throw new VtrewindError({ code: 'VTR1613', grpc: 'UNIMPLEMENTED', message: 'there are no incremental backups here', hint: 'the binlog archive holds every change between full backups' });
  }
  if (tablet.type === TabletType.PRIMARY && !options.allowPrimary) {
    throw new VtrewindError({ code: 'VTR1613', grpc: 'FAILED_PRECONDITION', message: `tablet ${alias} is the primary of ${tablet.keyspace}/${tablet.shard}`, hint: 'back up a replica, or add --allow-primary (the server goes on serving meanwhile)' });
  }
  await context.tabletManager(tablet).backup({ concurrency: options.concurrency > 0 ? options.concurrency : undefined }, onLine, signal);
}

/** A replica of the shard, else an rdonly, else (when allowed) its primary. Throws VTR1613 when there is none. */
export async function chooseDonor(context: ControlContext, request: BackupShardRequest): Promise<Tablet> {
  const tablets = await tabletsOf(context, { keyspace: request.keyspace, shard: request.shard, cells: [], strict: false, tabletAliases: [], tabletType: TabletType.UNKNOWN });
  const of = (type: TabletType) => tablets.find((tablet) => tablet.type === type);
  const donor = of(TabletType.REPLICA) ?? of(TabletType.RDONLY) ?? of(TabletType.SPARE) ?? (request.allowPrimary ? of(TabletType.PRIMARY) : undefined);
  if (donor !== undefined) return donor;
  throw new VtrewindError({
    code: 'VTR1613', grpc: 'FAILED_PRECONDITION', message: `${request.keyspace}/${request.shard} has no replica to back up`,
    hint: of(TabletType.PRIMARY) === undefined ? 'start a tablet of that shard' : 'add --allow-primary (the server goes on serving meanwhile)',
  });
}

/** The shard's backups, oldest first; `limit` keeps the newest so many. Throws VTR1614 when control has no storage. */
export async function backupsOf(context: ControlContext, { keyspace, shard, limit }: GetBackupsRequest): Promise<BackupInfo[]> {
  if (context.storage === undefined) throw new VtrewindError({ code: 'VTR1614', grpc: 'FAILED_PRECONDITION', message: 'control was started without a backup storage', hint: 'give it --file-backup-storage-root' });
  const backups = await listBackups(context.storage, keyspace, shard);
  return (limit > 0 ? backups.slice(-limit) : backups).map((backup): BackupInfo => {
    const alias = aliasIn(backup.name);
    return {
      name: backup.name,
      directory: `${keyspace}/${shard}`,
      keyspace,
      shard,
      tabletAlias: alias,
      time: { seconds: BigInt(Math.floor(backup.startedAt / 1_000_000)), nanoseconds: (backup.startedAt % 1_000_000) * 1000 },
      engine: 'hot',
      status: backup.state === 'complete' ? BackupInfo_Status.COMPLETE : backup.state === 'incomplete' ? BackupInfo_Status.INCOMPLETE : BackupInfo_Status.INVALID,
    };
  });
}

function aliasIn(name: string): Tablet['alias'] {
  const text = name.slice(name.lastIndexOf('.') + 1);
  return /^[A-Za-z0-9_]+-\d+$/.test(text) ? parseTabletAlias(text) : undefined;
}
