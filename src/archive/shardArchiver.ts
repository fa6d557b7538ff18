import { type Log, silentLog } from '../base/log.ts';
import { nowMicros, type Micros } from '../base/time.ts';
import { delay } from '../base/wait.ts';
import { VtrewindError } from '../base/errors.ts';
import { ArchiveCatalog, type CatalogEntry } from '../binlog/archive/archiveCatalog.ts';
import { comparePlaces } from '../binlog/archive/archivePlace.ts';
import { joinKey, segmentKey } from '../binlog/archive/archiveKeys.ts';
import { ArchiveWriter, type ArchiveWriterOptions, type OnStored } from '../binlog/archive/archiveWriter.ts';
import type { ArchiveFollower } from '../binlog/serve/archiveReplaySource.ts';
import type { ReplicaIdentity } from '../binlog/serve/replicaConnection.ts';
import type { MysqlConnectOptions } from '../mysql/connectOptions.ts';
import { ArchiveUpkeep, UpkeepCounts, type UpkeepLimits } from './archiveUpkeep.ts';
import { awaitTurn } from './awaitTurn.ts';
import { type FollowOptions, FollowProgress, followSource } from './followSource.ts';
import { reconcileSource } from './reconcileSource.ts';
import { SourceServer } from './sourceServer.ts';

/** Where the shard's primary is, and how to log in there (REPLICATION SLAVE and REPLICATION CLIENT, on MariaDB also BINLOG MONITOR). */
export interface PrimaryServer {
  readonly connect: MysqlConnectOptions;
  /** Tablet alias or address, for people. */
  readonly name: string;
}

export interface ShardArchiverOptions extends Pick<ArchiveWriterOptions, 'storage' | 'keyspace' | 'shard' | 'nextEpoch' | 'flushIntervalMs' | 'segmentBytes' | 'spillBytes'>, Pick<FollowOptions, 'heartbeatMs' | 'probeMs' | 'evidenceMs' | 'silenceMs'> {
  readonly identity: ReplicaIdentity;
  /** Undefined while the shard has no primary. */
  readonly currentPrimary: (signal: AbortSignal) => Promise<PrimaryServer | undefined>;
  /** Called with the version of each source that is followed. */
  readonly onSource?: (version: string) => Promise<void>;
  readonly log?: Log;
  /** How long another archiver of the shard may show no life before this one takes over; default 4 s. */
  readonly takeoverMs?: number;
  /** Longest wait between attempts; default 2 s. */
  readonly maxBackoffMs?: number;
  /** When segments are merged, and what was merged removed. */
  readonly upkeep?: UpkeepLimits;
}

export type ArchiverState = 'starting' | 'standby' | 'noPrimary' | 'connecting' | 'following' | 'waiting' | 'stopped';

export interface ArchiverStatus {
  readonly keyspace: string;
  readonly shard: string;
  readonly state: ArchiverState;
  readonly primary: string | undefined;
  readonly epoch: number | undefined;
  /** What is stored, as GTID state. */
  readonly position: string;
  readonly sourcePosition: string;
  readonly events: number;
  readonly bytes: number;
  readonly transactions: number;
  readonly reconnects: number;
  /** All commits before this are stored; microseconds by the source's clock. 0: not known yet. */
  readonly provenMicros: Micros;
  /** How far that is behind now. */
  readonly lagMicros: number | undefined;
  readonly clockOffsetMicros: readonly [number, number];
  readonly lastError: string | undefined;
  /** Segments merged into others, objects removed for that, and rounds of it that failed, since the process started. */
  readonly merged: number;
  readonly removed: number;
  readonly upkeepFailures: number;
}

/**
 * Archives one shard: finds its primary, reconciles, follows, and starts over when anything ends. Every start of a writer is a new epoch; the archive goes on behind the last transaction
 * whose segment was stored whole, so a kill at any moment leaves neither gap nor double.
 *
 *   starting → noPrimary ⇄ connecting → following → waiting → connecting … → stopped
 *
 * Of two archivers of one shard one follows; the other stands by (`standby`) and takes over when the first shows no life.
 */
export class ShardArchiver {
  readonly #options: ShardArchiverOptions;
  readonly #log: Log;
  readonly #stop = new AbortController();
  #change = new AbortController();
  #state: ArchiverState = 'starting';
  #primary: string | undefined;
  #writer: ArchiveWriter | undefined;
  #catalog: ArchiveCatalog | undefined;
  #upkeep: ArchiveUpkeep | undefined;
  readonly #upkeepCounts = new UpkeepCounts();
  #progress = new FollowProgress();
  #reconnects = 0;
  #lastError: string | undefined;
  #running: Promise<void> | undefined;
  readonly #waiters = new Set<() => void>();

  constructor(options: ShardArchiverOptions) {
    this.#options = options;
    this.#log = (options.log ?? silentLog).child({ keyspace: options.keyspace, shard: options.shard });
  }

  /** Begins; returns at once. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** The shard's primary may have changed: the current one is asked for again. */
  primaryChanged(): void {
    this.#change.abort(new Error('the primary changed'));
  }

  /** Stores what is complete and ends. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the archiver stops'));
    await this.#running;
  }

  /** The archive as it grows; undefined until the first writer is open. */
  get catalog(): ArchiveCatalog | undefined { return this.#catalog; }

  /** Wakes readers of `catalog` when something has been stored. */
  get follower(): ArchiveFollower {
    return {
      more: (catalog, end, signal) => new Promise((resolve, reject) => {
        if (signal.aborted || comparePlaces(catalog.end, end) > 0) {
          if (signal.aborted) reject(signal.reason);
          else resolve();
          return;
        }
        const done = () => {
          this.#waiters.delete(wake);
          signal.removeEventListener('abort', onAbort);
        };
        const wake = () => { done(); resolve(); };
        const onAbort = () => { done(); reject(signal.reason); };
        this.#waiters.add(wake);
        signal.addEventListener('abort', onAbort, { once: true });
      }),
    };
  }

  status(): ArchiverStatus {
    const { keyspace, shard } = this.#options;
    const progress = this.#progress;
    const provenMicros = progress.storedProvenMicros;
    return {
      keyspace, shard, state: this.#state, primary: this.#primary, epoch: this.#writer?.epoch, position: this.#writer?.durableState?.toString() ?? '',
      sourcePosition: progress.position === undefined ? '' : `${progress.position.file}:${progress.position.position}`,
      events: progress.events, bytes: progress.bytes, transactions: progress.transactions, reconnects: this.#reconnects, provenMicros,
      lagMicros: provenMicros === 0 ? undefined : Math.max(0, nowMicros() - provenMicros), clockOffsetMicros: progress.clockOffset, lastError: this.#lastError,
      merged: this.#upkeepCounts.merged, removed: this.#upkeepCounts.removed, upkeepFailures: this.#upkeepCounts.failures,
    };
  }

  async #run(): Promise<void> {
    const signal = this.#stop.signal;
    let failures = 0;
    while (!signal.aborted) {
      this.#change = new AbortController();
      const before = this.#progress.transactions + this.#progress.storedProvenMicros;
      try {
        await this.#attempt(AbortSignal.any([signal, this.#change.signal]));
      } catch (error) {
        if (signal.aborted) break;
        if (this.#change.signal.aborted) {
          this.#log.info({ event: 'primary_changed' }, 'the primary may have changed');
          continue;
        }
        const failure = VtrewindError.from(error);
        this.#lastError = failure.message;
        this.#log.warn({ event: 'archiving_interrupted', code: failure.code, error: failure.message, hint: failure.hint }, 'archiving interrupted');
      }
      if (this.#progress.transactions + this.#progress.storedProvenMicros > before) failures = 0;
      this.#state = this.#state === 'noPrimary' ? 'noPrimary' : 'waiting';
      this.#reconnects++;
      // a refused or lost source is asked again soon, then less and less often; a change of primary ends the wait
      const waitMs = Math.min(this.#options.maxBackoffMs ?? 2000, 50 * 2 ** Math.min(failures++, 10));
      await delay(waitMs, AbortSignal.any([signal, this.#change.signal])).catch(() => undefined);
    }
    await this.#closeWriter();
    this.#state = 'stopped';
  }

  async #attempt(signal: AbortSignal): Promise<void> {
    const { identity, currentPrimary } = this.#options;
    const primary = await currentPrimary(signal);
    if (primary === undefined) {
      this.#state = 'noPrimary';
      this.#primary = undefined;
      return;
    }
    this.#state = 'connecting';
    this.#primary = primary.name;
    const source = await SourceServer.open(primary.connect, identity, signal);
    try {
      const { writer, catalog } = await this.#openWriter(signal);
      const { state, join } = await reconcileSource(source, writer.tip, catalog, this.#log, signal);
      if (join !== undefined) {
        this.#log[join.record.kind === 'gap' || join.record.kind === 'fork' ? 'warn' : 'info'](
          { event: 'archive_joined', kind: join.record.kind, primary: primary.name, state: state.toString(), dropped: join.record.dropped, missing: join.record.missing, reason: join.record.reason }, 'the archive goes on',
        );
        await writer.join(join.record, state);
      }
      await this.#options.onSource?.(source.version);
      this.#state = 'following';
      this.#lastError = undefined;
      this.#log.info({ event: 'following', primary: primary.name, epoch: writer.epoch, state: state.toString() }, 'following');
      const { heartbeatMs, probeMs, evidenceMs, silenceMs } = this.#options;
      const formerPrimaries = new Set(catalog.joins().map((record) => record.source.id));
      await followSource({
        source, writer, from: state, formerPrimaries, log: this.#log, progress: this.#progress,
        ...(heartbeatMs === undefined ? {} : { heartbeatMs }), ...(probeMs === undefined ? {} : { probeMs }), ...(evidenceMs === undefined ? {} : { evidenceMs }),
        ...(silenceMs === undefined ? {} : { silenceMs }),
      }, signal);
    } catch (error) {
      await this.#settleWriter(error);
      throw error;
    } finally {
      source.close();
    }
  }

  /** The writer of this process; a new epoch after a failed one. */
  async #openWriter(signal: AbortSignal): Promise<{ readonly writer: ArchiveWriter; readonly catalog: ArchiveCatalog }> {
    if (this.#writer !== undefined && this.#catalog !== undefined) return { writer: this.#writer, catalog: this.#catalog };
    const { storage, keyspace, shard, nextEpoch, flushIntervalMs, segmentBytes, spillBytes } = this.#options;
    await awaitTurn({
      storage, keyspace, shard, ...(this.#options.takeoverMs === undefined ? {} : { takeoverMs: this.#options.takeoverMs }),
      onStandby: (other) => {
        if (this.#state !== 'standby') this.#log.info({ event: 'standby', writer: other }, 'another archiver writes this archive; standing by');
        this.#state = 'standby';
      },
    }, signal);
    const writer = await ArchiveWriter.open({
      storage, keyspace, shard, nextEpoch, ...(flushIntervalMs === undefined ? {} : { flushIntervalMs }), ...(segmentBytes === undefined ? {} : { segmentBytes }),
      ...(spillBytes === undefined ? {} : { spillBytes }),
    }, signal);
    // readers keep their catalog across writers: what it lacks is listed again
    const catalog = this.#catalog ?? (await ArchiveCatalog.load(storage, keyspace, shard, signal));
    await catalog.refresh(signal);
    this.#catalog = catalog;
    this.#writer = writer;
    writer.onStored = this.#onStored(writer, catalog);
    await this.#endUpkeep();
    this.#upkeep = new ArchiveUpkeep({ storage, keyspace, shard, epoch: writer.epoch, shared: catalog, counts: this.#upkeepCounts, log: this.#log, ...this.#options.upkeep });
    return { writer, catalog };
  }

  #onStored(writer: ArchiveWriter, catalog: ArchiveCatalog): OnStored {
    return (object) => {
      let entry: CatalogEntry;
      if (object.type === 'join') {
        const { epoch, sequence } = object.record;
        entry = { type: 'join', key: joinKey(writer.root, epoch, sequence), epoch, sequence, lastSequence: sequence, record: object.record };
        catalog.append(entry);
      } else {
        const { name } = object;
        entry = { type: 'segment', key: segmentKey(writer.root, name), ...name };
        catalog.append(entry, object.index);
        this.#upkeep?.stored();
      }
      for (const wake of [...this.#waiters]) wake();
    };
  }

  /** After an interruption: what was received whole is stored; a writer that failed itself is given up. */
  async #settleWriter(error: unknown): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) return;
    try {
      writer.discard();
      await writer.flush();
    } catch (failure) {
      this.#writer = undefined;
      await this.#endUpkeep();
      if (failure !== error) this.#log.warn({ event: 'archive_write_failed', error: VtrewindError.from(failure).message }, 'the archive could not be written');
      await writer.close().catch(() => undefined); // its failure is the one just told
      return;
    }
    if (error instanceof VtrewindError && error.code === 'VTR1211') {
      this.#writer = undefined;
      await this.#endUpkeep();
      await writer.close();
    }
  }

  /** Under the epoch of a writer that is gone nothing is merged or removed. */
  async #endUpkeep(): Promise<void> {
    const upkeep = this.#upkeep;
    this.#upkeep = undefined;
    await upkeep?.stop();
  }

  async #closeWriter(): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    await this.#endUpkeep();
    try {
      await writer?.close();
    } catch (error) {
      this.#log.error({ event: 'archive_write_failed', error: VtrewindError.from(error).message }, 'the archive could not be written while stopping');
    }
  }
}
