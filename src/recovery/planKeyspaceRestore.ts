import { VtrewindError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { formatMicros, type Micros, nowMicros } from '../base/time.ts';
import type { Storage } from '../storage/storage.ts';
import type { MarkRecord } from '../topo/index.ts';
import type { ArchiveAccess, CutNeighbour, ReplayExtent, ShardMoment } from './archiveAccess.ts';
import type { RestoreRequest } from './keyspaceMoment.ts';
import { openArchive } from './openArchive.ts';
import { planRestore } from './planRestore.ts';
import { restorableWindow } from './restorableWindow.ts';
import type { RestorePlan } from './restorePlan.ts';

/** How one shard will be restored, for people and for the restore. */
export interface ShardRestorePlan {
  readonly shard: string;
  readonly flavour: RestorePlan['flavour'];
  /** The state it is restored to. */
  readonly gtid: string;
  readonly reachedAt?: Micros | undefined;
  readonly lastIncluded?: CutNeighbour | undefined;
  readonly firstExcluded?: CutNeighbour | undefined;
  readonly exclude: readonly string[];
  readonly warnings: readonly string[];
  /** Newest first: the first is used, another when it turns out damaged. */
  readonly backups: RestorePlan['backups'];
  readonly skipped: RestorePlan['skipped'];
  readonly transactions: number;
  /** Undefined where the archive can't tell. */
  readonly replay?: ReplayExtent | undefined;
  readonly estimateSeconds: number;
}

export interface KeyspaceRestorePlan {
  readonly base: string;
  readonly keyspace: string;
  /** The moment as a time. */
  readonly at: Micros;
  readonly shards: readonly ShardRestorePlan[];
  readonly tables?: readonly string[] | undefined;
  readonly storedBytes: number;
  readonly rawBytes: number;
  readonly replayBytes: number;
  /** Of the slowest shard: they are restored side by side. */
  readonly estimateSeconds: number;
  readonly warnings: readonly string[];
}

export interface PlanKeyspaceOptions {
  readonly storage: Storage;
  readonly log: Log;
  readonly request: RestoreRequest;
  /** The shards to restore. */
  readonly shards: readonly string[];
  /** The mark that the request names, as it was found. */
  readonly mark?: MarkRecord | undefined;
  readonly gtidLookupTimeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * What a restore needs and how far: for each shard the backup, the cut and what has to be replayed. Throws as `planRestore` does, VTR0710 for a moment that does not fit the shards, VTR0711 when a
 * transaction that is to be stepped over is in none of them.
 */
export async function planKeyspaceRestore(options: PlanKeyspaceOptions): Promise<KeyspaceRestorePlan> {
  const { request, shards, signal } = options;
  const archives = new Map<string, ArchiveAccess | undefined>();
  try {
    await Promise.all(shards.map(async (shard) => {
      archives.set(shard, await openArchive({ storage: options.storage, keyspace: request.base, shard, log: options.log, ...(signal === undefined ? {} : { signal }) }));
    }));
    const { at, moments, warnings } = await momentsOf(options, archives);
    const keyspace = request.keyspace ?? defaultName(request.base, at);
    const exclude = request.exclude ?? [];
    const plans = await Promise.all(shards.map((shard) => planShard(options, archives.get(shard), shard, keyspace, moments.get(shard) ?? { kind: 'time', at }, at)));
    const unknown = exclude.filter((gtid) => !plans.some((plan) => plan.exclude.includes(gtid.replaceAll(/\s/g, ''))));
    if (unknown.length > 0) {
      throw new VtrewindError({
        code: 'VTR0711', grpc: 'INVALID_ARGUMENT', message: `no shard of ${request.base} reaches ${unknown.join(', ')}, which is to be stepped over`,
        hint: 'name a transaction that lies before the moment, as the server prints its GTID',
      });
    }
    const at2 = request.moment.kind === 'gtid' || request.moment.kind === 'beforeGtid' ? Math.max(...plans.map((plan) => plan.reachedAt ?? 0)) || at : at;
    return {
      base: request.base, keyspace: request.keyspace ?? defaultName(request.base, at2), at: at2, shards: plans, ...(request.tables === undefined ? {} : { tables: request.tables }),
      storedBytes: sum(plans, (plan) => plan.backups[0]?.storedBytes ?? 0), rawBytes: sum(plans, (plan) => plan.backups[0]?.rawBytes ?? 0), replayBytes: sum(plans, (plan) => plan.replay?.bytes ?? 0),
      estimateSeconds: Math.max(...plans.map((plan) => plan.estimateSeconds)), warnings,
    };
  } finally {
    for (const archive of archives.values()) await archive?.close();
  }
}

async function planShard(options: PlanKeyspaceOptions, archive: ArchiveAccess | undefined, shard: string, keyspace: string, moment: ShardMoment, at: Micros): Promise<ShardRestorePlan> {
  const { request, storage, signal } = options;
  const nearest = request.nearest ?? (request.moment.kind === 'latest' ? 'before' : undefined);
  const plan = await planRestore({
    storage, archive, keyspace, base: request.base, shard, database: `vt_${request.base}`, moment, at, gtidLookupTimeoutMs: options.gtidLookupTimeoutMs, nearest,
    exclude: await excludedOf(request.exclude ?? [], archive, options), tables: request.tables, ...(signal === undefined ? {} : { signal }),
  });
  const [backup] = plan.backups;
  const replay = backup === undefined ? undefined : await archive?.extent(backup.position, { ...plan.cut, flavour: plan.flavour, reachedAt: plan.cut.reachedAt }, signal);
  return {
    shard, flavour: plan.flavour, gtid: plan.cut.gtid, reachedAt: plan.cut.reachedAt, lastIncluded: plan.cut.lastIncluded, firstExcluded: plan.cut.firstExcluded, exclude: plan.exclude,
    warnings: plan.cut.warnings, backups: plan.backups, skipped: plan.skipped, transactions: plan.transactions, replay,
    estimateSeconds: estimate(plan.flavour, backup?.rawBytes ?? 0, replay?.bytes ?? plan.transactions * 1_500),
  };
}

/** Of the transactions to step over, those that this shard's archive holds. */
async function excludedOf(exclude: readonly string[], archive: ArchiveAccess | undefined, options: PlanKeyspaceOptions): Promise<readonly string[]> {
  if (archive === undefined) return exclude;
  const held: string[] = [];
  for (const gtid of exclude) {
    try {
      await archive.findCut({ kind: 'beforeGtid', gtid }, { timeoutMs: options.gtidLookupTimeoutMs, ...(options.signal === undefined ? {} : { signal: options.signal }) });
      held.push(gtid);
    } catch (error) {
      // not of this shard: that some shard has it is checked behind
      if (!(error instanceof VtrewindError && error.code === 'VTR1212')) throw error;
    }
  }
  return held;
}

interface Moments {
  readonly at: Micros;
  readonly moments: ReadonlyMap<string, ShardMoment>;
  readonly warnings: readonly string[];
}

/** The moment of every shard. */
async function momentsOf(options: PlanKeyspaceOptions, archives: ReadonlyMap<string, ArchiveAccess | undefined>): Promise<Moments> {
  const { request, shards, mark } = options;
  const { moment, base } = request;
  const all = (of: (shard: string) => ShardMoment) => new Map(shards.map((shard) => [shard, of(shard)]));
  switch (moment.kind) {
    case 'time': return { at: moment.at, moments: all(() => moment), warnings: [] };
    case 'latest': {
      const ends = await Promise.all(shards.map((shard) => latestOf(options, archives.get(shard), shard)));
      const at = Math.min(...ends);
      return { at, moments: all(() => ({ kind: 'time', at })), warnings: [] };
    }
    case 'mark': {
      if (mark === undefined) throw new VtrewindError({ code: 'VTR0710', grpc: 'NOT_FOUND', message: `keyspace ${base} has no mark '${moment.name}'`, hint: 'names of marks are case-sensitive' });
      const lacks = shards.filter((shard) => mark.shards[shard] === undefined);
      if (lacks.length > 0) throw new VtrewindError({ code: 'VTR0710', grpc: 'FAILED_PRECONDITION', message: `mark '${mark.name}' names no state for ${lacks.join(', ')}`, hint: `it has ${Object.keys(mark.shards).join(', ')}` });
      return { at: mark.at, moments: all((shard) => ({ kind: 'gtid', gtid: mark.shards[shard] ?? '' })), warnings: [] };
    }
    case 'gtid': {
      checkNames(base, moment.perShard, shards);
      const lacks = shards.filter((shard) => moment.perShard[shard] === undefined);
      if (lacks.length > 0) throw new VtrewindError({ code: 'VTR0710', grpc: 'INVALID_ARGUMENT', message: `no GTID state is given for ${lacks.join(', ')} of ${base}`, hint: 'give one for each shard, or choose shards with --shard' });
      return { at: nowMicros(), moments: all((shard) => ({ kind: 'gtid', gtid: moment.perShard[shard] ?? '' })), warnings: [] };
    }
    default: {
      checkNames(base, moment.perShard, shards);
      const earliest: number[] = [];
      for (const [shard, gtid] of Object.entries(moment.perShard)) {
        const archive = archives.get(shard);
        if (archive === undefined) throw new VtrewindError({ code: 'VTR0703', grpc: 'FAILED_PRECONDITION', message: `${base}/${shard} has no archive, so that ${gtid} can't be looked up` });
        const cut = await archive.findCut({ kind: 'beforeGtid', gtid }, { timeoutMs: options.gtidLookupTimeoutMs, ...(options.signal === undefined ? {} : { signal: options.signal }) });
        if (cut.firstExcluded !== undefined) earliest.push(cut.firstExcluded.earliest);
      }
      const at = Math.min(...earliest, nowMicros()) - 1;
      const others = shards.filter((shard) => moment.perShard[shard] === undefined);
      return {
        at, moments: all((shard) => (moment.perShard[shard] === undefined ? { kind: 'time', at } : { kind: 'beforeGtid', gtid: moment.perShard[shard] ?? '' })),
        warnings: others.length === 0 ? [] : [`${others.join(', ')}: restored to ${formatMicros(at)}, just before the transaction named for ${Object.keys(moment.perShard).join(', ')}`],
      };
    }
  }
}

function checkNames(base: string, perShard: Readonly<Record<string, string>>, shards: readonly string[]): void {
  const unknown = Object.keys(perShard).filter((shard) => !shards.includes(shard));
  if (unknown.length > 0) throw new VtrewindError({ code: 'VTR0710', grpc: 'INVALID_ARGUMENT', message: `${base} has no shard ${unknown.join(', ')}`, hint: `it has ${shards.join(', ')}` });
}

async function latestOf(options: PlanKeyspaceOptions, archive: ArchiveAccess | undefined, shard: string): Promise<Micros> {
  const { storage, request, signal } = options;
  const { spans } = await restorableWindow({ storage, archive, keyspace: request.base, shard, ...(signal === undefined ? {} : { signal }) });
  const last = spans.at(-1);
  if (last === undefined) throw new VtrewindError({ code: 'VTR0702', grpc: 'FAILED_PRECONDITION', message: `nothing of ${request.base}/${shard} can be restored now`, hint: 'vtrewind backup full makes a backup; the archiver must run' });
  return last.until - 1;
}

/** Rates of a 2-core machine (design/MEASURED.md): bytes of data files put in place a second, and bytes of binlog applied. */
const placedPerSecond = 150e6;
const appliedPerSecond = { mysql: 10e6, mariadb: 35e6 } as const;
/** Starting and stopping the server twice. */
const startSeconds = 6;

function estimate(flavour: RestorePlan['flavour'], rawBytes: number, replayBytes: number): number {
  return Math.ceil(startSeconds + rawBytes / placedPerSecond + replayBytes / appliedPerSecond[flavour]);
}

/** `flights_20260717_182520`, with the microseconds where there are some. */
function defaultName(base: string, at: Micros): string {
  const [date = '', time = ''] = formatMicros(at).replace(/Z$/, '').split('T');
  return `${base}_${date.replaceAll('-', '')}_${time.replaceAll(':', '').replace('.', '_')}`;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
