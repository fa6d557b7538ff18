import { type BackupManifest, type BackupSummary, listBackups } from '../backup/index.ts';
import { VtrewindError } from '../base/errors.ts';
import { formatMicros, type Micros, nowMicros, parseMicros } from '../base/time.ts';
import { parseGtid, parseGtidState } from '../binlog/gtidState.ts';
import type { Storage } from '../storage/storage.ts';
import type { ArchiveAccess, Cut, Nearest, ShardMoment } from './archiveAccess.ts';
import { checkExcluded } from './excludedTransactions.ts';
import { gtidDistance } from './gtidDistance.ts';
import { describeMoment } from './keyspaceMoment.ts';
import type { RestorePlan } from './restorePlan.ts';
import { nearestRestorable, restorableWindow } from './restorableWindow.ts';
import { selectBackups } from './selectBackup.ts';

export interface PlanOptions {
  readonly storage: Storage;
  /** Undefined: nothing can be replayed, so only the exact position of a backup can be restored. */
  readonly archive: ArchiveAccess | undefined;
  /** The snapshot keyspace. */
  readonly keyspace: string;
  readonly base: string;
  readonly shard: string;
  readonly database: string;
  readonly moment: ShardMoment;
  /** The moment as a time. */
  readonly at: Micros;
  readonly gtidLookupTimeoutMs: number;
  /** Which side to take where a moment lies inside an interval; omitted: such a moment is refused. */
  readonly nearest?: Nearest | undefined;
  /** Transactions to step over. */
  readonly exclude?: readonly string[] | undefined;
  /** Keep only these tables. */
  readonly tables?: readonly string[] | undefined;
  readonly signal?: AbortSignal;
}

/**
 * Which backup and which cut. Fails closed: no backup before the cut, a break in the archive, a moment past its evidence or in the future are errors (VTR0701, grpc
 * OUT_OF_RANGE) that name the nearest moment that can be restored.
 */
export async function planRestore(options: PlanOptions): Promise<RestorePlan> {
  const { storage, archive, base, shard, moment, signal } = options;
  if (moment.kind === 'time' && moment.at > nowMicros()) {
    throw new VtrewindError({ code: 'VTR0701', grpc: 'OUT_OF_RANGE', message: `${formatMicros(moment.at)} is in the future`, hint: 'a moment can be restored once it has passed' });
  }
  const backups = await listBackups(storage, base, shard, signal);
  if (!backups.some((b) => b.state === 'complete')) {
    throw new VtrewindError({
      code: 'VTR0702', grpc: 'FAILED_PRECONDITION', message: `there is no complete backup of ${base}/${shard} in ${storage.url}, so nothing of it can be restored`,
      hint: 'vtrewind backup full makes one; moments before the first backup can not be restored',
    });
  }
  const from = backupBefore(backups, moment)?.position.gtid;
  const cut = archive === undefined ? cutOfBackup(options, backups.flatMap((b) => (b.state === 'complete' && b.manifest !== undefined ? [b.manifest] : []))) : await archive.findCut(moment, { timeoutMs: options.gtidLookupTimeoutMs, signal, ...(options.nearest === undefined ? {} : { nearest: options.nearest }), ...(from === undefined ? {} : { from }) });
  const exclude = checkExcluded(cut, options.exclude ?? []);
  const selected = await selectBackups(backups, cut, archive, signal);
  const { usable, skipped } = withoutExcluded(selected, cut.flavour, exclude);
  const [first] = usable;
  if (first === undefined) {
    const window = await restorableWindow({ storage, archive, keyspace: base, shard, signal });
    const nearest = nearestRestorable(window, options.at);
    throw new VtrewindError({
      code: 'VTR0701', grpc: 'OUT_OF_RANGE',
      message: `no backup of ${base}/${shard} leads to ${describeMoment(moment)}: ${skipped.map((s) => `${s.folder}: ${s.why}`).join('; ')}`,
      hint: nearest === undefined ? 'nothing of this shard can be restored now; make a full backup' : `the nearest moment that can be restored is ${formatMicros(nearest)}`,
    });
  }
  return {
    formatVersion: 1, keyspace: options.keyspace, base, shard, database: options.database, flavour: cut.flavour, requested: moment, at: options.at,
    cut: {
      gtid: cut.gtid, warnings: [...cut.warnings], ...(cut.reachedAt === undefined ? {} : { reachedAt: cut.reachedAt }),
      ...(cut.lastIncluded === undefined ? {} : { lastIncluded: cut.lastIncluded }), ...(cut.firstExcluded === undefined ? {} : { firstExcluded: cut.firstExcluded }),
    },
    exclude: [...exclude], ...(options.tables === undefined ? {} : { tables: [...options.tables] }),
    backups: usable.map(({ folder, name, manifest }) => ({
      folder, name, startedAt: parseMicros(manifest.startedAt), position: manifest.position.gtid, storedBytes: manifest.storedBytes, rawBytes: manifest.rawBytes,
      serverId: manifest.server.serverId, requiredOptions: [...manifest.server.requiredOptions],
    })),
    skipped: skipped.map((s) => ({ ...s })), transactions: gtidDistance(cut.flavour, first.manifest.position.gtid, cut.gtid),
  };
}

/** The newest backup that surely lies before the moment: where a search without an index begins. */
function backupBefore(backups: readonly BackupSummary[], moment: ShardMoment): BackupManifest | undefined {
  const complete = backups.flatMap((b) => (b.state === 'complete' && b.manifest !== undefined ? [b.manifest] : []));
  return complete.findLast((m) => (moment.kind === 'time'
    ? parseMicros(m.position.committedBefore) <= moment.at
    : moment.kind === 'beforeGtid' ? !parseGtidState(m.server.flavour, m.position.gtid).contains(parseGtid(m.server.flavour, moment.gtid))
    : parseGtidState(m.server.flavour, moment.gtid).containsAll(parseGtidState(m.server.flavour, m.position.gtid))));
}

/** A backup that holds a transaction which is to be stepped over can't be used: what is in its files can't be taken out. */
function withoutExcluded(selected: Awaited<ReturnType<typeof selectBackups>>, flavour: Cut['flavour'], exclude: readonly string[]): Awaited<ReturnType<typeof selectBackups>> {
  const holds = (position: string) => exclude.filter((gtid) => parseGtidState(flavour, position).contains(parseGtid(flavour, gtid)));
  const bad = selected.usable.flatMap((backup) => (holds(backup.manifest.position.gtid).length > 0 ? [{ folder: backup.folder, why: `it holds what is to be stepped over: ${holds(backup.manifest.position.gtid).join(', ')}` }] : []));
  return { usable: selected.usable.filter((backup) => !bad.some((b) => b.folder === backup.folder)), skipped: [...selected.skipped, ...bad] };
}

/** Without an archive the only restorable states are those of the backups themselves. */
function cutOfBackup(options: PlanOptions, manifests: readonly { readonly position: { readonly gtid: string; readonly committedBefore: string }; readonly server: { readonly flavour: 'mariadb' | 'mysql' } }[]): Cut {
  const { moment } = options;
  const match = moment.kind === 'gtid' ? manifests.find((m) => m.position.gtid === moment.gtid) : undefined;
  if (match === undefined) {
    throw new VtrewindError({
      code: 'VTR0703', grpc: 'FAILED_PRECONDITION', message: `without an archive ${describeMoment(moment)} can't be reached: backups alone hold ${manifests.map((m) => m.position.gtid).join(' and ')}`,
      hint: 'give the archive (--binlog-host, or backup storage with log-backup/), or one of these GTID states',
    });
  }
  return { flavour: match.server.flavour, gtid: match.position.gtid, reachedAt: undefined, warnings: [] };
}
