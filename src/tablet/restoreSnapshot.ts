import { VtrewindError } from '../base/errors.ts';
import type { Micros } from '../base/time.ts';
import type { ServerSettings } from '../mysqld/optionFile.ts';
import type { ServerBinary } from '../mysqld/serverBinary.ts';
import type { ShardMoment } from '../recovery/archiveAccess.ts';
import { openArchive } from '../recovery/openArchive.ts';
import { planRestore } from '../recovery/planRestore.ts';
import { findSnapshotRecord } from '../topo/index.ts';
import type { Keyspace } from '../vitess/gen/topodata.ts';
import type { RestoreProgressReporter } from './restoreProgress.ts';
import { restoreTablet } from './restoreTablet.ts';
import type { TabletOptions } from './tabletOptions.ts';
import { fromVitessTime } from './tabletRecord.ts';

export interface SnapshotRestore {
  readonly options: TabletOptions;
  readonly keyspace: Keyspace;
  readonly binary: ServerBinary;
  readonly database: string;
  readonly port: number;
  readonly progress: RestoreProgressReporter;
  readonly onPhase: (phase: string) => void;
  readonly signal: AbortSignal;
}

/** Restores this shard of a snapshot keyspace to its moment and answers with the settings to serve it with. */
export async function restoreSnapshot(restore: SnapshotRestore): Promise<ServerSettings> {
  const { options, keyspace, binary, database, progress, signal } = restore;
  const { storage, log } = options;
  const base = keyspace.baseKeyspace;
  if (storage === undefined) {
    const error = new VtrewindError({ code: 'VTR0611', grpc: 'FAILED_PRECONDITION', message: `restoring ${options.keyspace} needs the backup storage of ${base}`, hint: 'give --file-backup-storage-root' });
    await progress.finish({ state: 'failed', phase: 'planned', error: error.message });
    throw error;
  }
  const { moment, at, exclude, tables } = await requestedMoment(options, keyspace);
  const restored = await restoreTablet({
    folder: options.folder, binary, storage, port: restore.port, bindAddress: options.hostname ?? '127.0.0.1', writes: options.snapshotWrites === 'allow', mysqldOptions: options.mysqldOptions ?? [],
    ...(options.bufferPoolBytes === undefined ? {} : { bufferPoolBytes: options.bufferPoolBytes }), progress, log, signal, onPhase: restore.onPhase,
    openArchive: () => openArchive({ storage, keyspace: base, shard: options.shard, log, signal, ...(options.archive === undefined ? {} : { server: options.archive }) }),
    makePlan: (archive) => planRestore({
      storage, archive, keyspace: options.keyspace, base, shard: options.shard, database, moment, at, gtidLookupTimeoutMs: options.pitrGtidLookupTimeoutMs ?? 60_000, exclude, tables, signal,
    }),
    isCurrent: (plan) => plan.base === base && plan.shard === options.shard && plan.at === at && sameMoment(plan.requested, moment) && sameList(plan.exclude, exclude) && sameList(plan.tables, tables),
  });
  return restored.settings;
}

interface Requested {
  readonly moment: ShardMoment;
  readonly at: Micros;
  readonly exclude?: readonly string[] | undefined;
  readonly tables?: readonly string[] | undefined;
}

/** From our own record beside the keyspace's; a keyspace that Vitess made has its snapshot time only. */
async function requestedMoment(options: TabletOptions, keyspace: Keyspace): Promise<Requested> {
  const found = await findSnapshotRecord(options.topology, options.keyspace);
  if (found === undefined) {
    const at = fromVitessTime(keyspace.snapshotTime);
    if (at === undefined) throw new VtrewindError({ code: 'VTR0616', grpc: 'FAILED_PRECONDITION', message: `snapshot keyspace ${options.keyspace} has no snapshot time` });
    return { moment: { kind: 'time', at }, at };
  }
  const { requested, at, cuts, tables } = found.record;
  const more = { at, tables, exclude: found.record.exclude?.[options.shard] };
  const gtid = cuts?.[options.shard] ?? (requested.kind === 'gtid' ? requested.perShard[options.shard] : undefined);
  if (gtid !== undefined) return { moment: { kind: 'gtid', gtid }, ...more };
  if (requested.kind === 'time') return { moment: requested, ...more };
  const before = requested.kind === 'beforeGtid' ? requested.perShard[options.shard] : undefined;
  if (before !== undefined) return { moment: { kind: 'beforeGtid', gtid: before }, ...more };
  throw new VtrewindError({ code: 'VTR0616', grpc: 'FAILED_PRECONDITION', message: `snapshot keyspace ${options.keyspace} names no GTID state for shard ${options.shard}`, hint: 'vtrewind restore plan shows which shards its moment covers' });
}

function sameMoment(a: ShardMoment, b: ShardMoment): boolean {
  return a.kind === 'time' ? b.kind === 'time' && a.at === b.at : b.kind === a.kind && a.gtid === b.gtid;
}

function sameList(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return (a ?? []).join() === (b ?? []).join();
}
