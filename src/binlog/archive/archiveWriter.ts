import { hostname } from 'node:os';
import { PassThrough } from 'node:stream';
import { nowMicros } from '../../base/time.ts';
import type { Storage } from '../../storage/storage.ts';
import type { Flavour } from '../formatDescription.ts';
import { type Gtid, type GtidState, parseGtidState, printGtid } from '../gtidState.ts';
import type { BinlogTransaction } from '../transactionAssembler.ts';
import { ArchiveCatalog } from './archiveCatalog.ts';
import { superseded } from './archiveError.ts';
import { archiveRoot, claimKey, dataKey, epochKey, epochName, evidenceKey, joinKey, segmentKey, type SegmentName } from './archiveKeys.ts';
import { type ArchiveSourceServer, encodeRecord, encodeSegmentIndex, type EvidenceRecord, type JoinRecord, type SegmentHeader, type SegmentIndex } from './archiveRecords.ts';
import { SegmentBuilder, type SegmentOrigin } from './segmentBuilder.ts';

export interface ArchiveWriterOptions {
  readonly storage: Storage;
  readonly keyspace: string;
  readonly shard: string;
  /** A number larger than any before, from a counter in the topology advanced by compare-and-set; given the largest epoch found in storage (0: none). */
  readonly nextEpoch: (largestStored: number) => Promise<number>;
  /** How long a complete transaction may wait before it is stored; default 500 ms. */
  readonly flushIntervalMs?: number;
  /** A segment is closed at this size; default 4 MiB. */
  readonly segmentBytes?: number;
  /** An open transaction larger than this is streamed into a segment of its own; default 16 MiB. */
  readonly spillBytes?: number;
}

/** Where the archive stands: what the next transaction follows. */
export interface ArchiveTip {
  readonly flavour: Flavour;
  readonly timeline: number;
  readonly source: ArchiveSourceServer;
  readonly state: GtidState;
  /** Of the last segment, when the last object is one: where to compare with the source. */
  readonly last: { readonly file: string; readonly endPosition: number; readonly lastEvent: SegmentHeader['lastEvent'] } | undefined;
  /** Latest `earliest` of what is archived. */
  readonly lastEarliest: number;
}

/** What was stored: called in order, once it is durable. */
export type OnStored = (object: { readonly type: 'segment'; readonly name: SegmentName; readonly index: SegmentIndex } | { readonly type: 'join'; readonly record: JoinRecord }) => void;

interface Spill {
  readonly body: PassThrough;
  readonly put: Promise<number>;
  readonly abort: AbortController;
}

/**
 * The one writer of a shard's archive. Events of complete transactions are gathered and stored as segments; a transaction is durable once its segment's index is, and indexes are
 * stored strictly in order. Errors of the store are kept and thrown at every later call: the caller starts over with a new writer, which goes on behind the last index.
 */
export class ArchiveWriter {
  readonly epoch: number;
  readonly root: string;
  readonly #options: ArchiveWriterOptions;
  readonly #storage: Storage;
  #tip: ArchiveTip | undefined;
  #sequence = 0;
  #durableSequence = 0;
  #durableState: GtidState | undefined;
  #origin: SegmentOrigin | undefined;
  #builder: SegmentBuilder | undefined;
  #spill: Spill | undefined;
  #chain: Promise<void> = Promise.resolve();
  #queuedBytes = 0;
  #failure: { readonly error: unknown } | undefined;
  #timer: NodeJS.Timeout | undefined;
  onStored: OnStored | undefined;

  private constructor(options: ArchiveWriterOptions, epoch: number, tip: ArchiveTip | undefined) {
    this.#options = options;
    this.#storage = options.storage;
    this.epoch = epoch;
    this.root = archiveRoot(options.keyspace, options.shard);
    this.#tip = tip;
    this.#durableState = tip?.state;
  }

  /** Takes over the archive of a shard (or begins it) under a new epoch. */
  static async open(options: ArchiveWriterOptions, signal?: AbortSignal): Promise<ArchiveWriter> {
    const root = archiveRoot(options.keyspace, options.shard);
    let largest = 0;
    for await (const { key } of options.storage.list(`${root}epochs/`, signal)) largest = Math.max(largest, Number(key.slice(-15, -5)));
    const epoch = await options.nextEpoch(largest);
    if (!(Number.isSafeInteger(epoch) && epoch > largest)) throw superseded(root, epoch, largest);
    // The claim comes before the look at what there is: who removes merged segments and sees no claim knows that every later writer sees the merged ones.
    await options.storage.put(claimKey(root, epoch), Buffer.from(`${JSON.stringify({ epoch, writer: `${hostname()}:${process.pid}`, claimedMicros: nowMicros() })}\n`), signal);
    const catalog = await ArchiveCatalog.load(options.storage, options.keyspace, options.shard, signal);
    largest = catalog.epochs.at(-1)?.epoch ?? 0;
    if (largest >= epoch) throw superseded(root, epoch, largest);
    const last = catalog.entries.at(-1);
    // Behind the last object that counts, or behind the start of the newest epoch when nothing of it does.
    const after = largest === 0 ? undefined : { epoch: last?.epoch ?? largest, sequence: last?.lastSequence ?? 0 };
    const writer = new ArchiveWriter(options, epoch, await readTip(catalog, signal));
    await options.storage.put(
      epochKey(writer.root, epoch),
      encodeRecord({ version: 1, epoch, ...(after === undefined ? {} : { after }), startedMicros: nowMicros(), writer: `${hostname()}:${process.pid}` }),
      signal,
    );
    return writer;
  }

  /** Undefined until the archive has begun with a `start` join. Includes what is not yet durable. */
  get tip(): ArchiveTip | undefined { return this.#tip; }

  /** Everything of it is stored. */
  get durableState(): GtidState | undefined { return this.#durableState; }

  /** Stores a change of source, a fork or a gap. What was complete before it is stored first, what was open is dropped. */
  async join(record: Omit<JoinRecord, 'version' | 'epoch' | 'sequence' | 'before' | 'state'>, state: GtidState): Promise<void> {
    this.discard();
    await this.flush();
    const sequence = ++this.#sequence;
    const whole: JoinRecord = { version: 1, epoch: this.epoch, sequence, before: this.#tip?.state.toString() ?? '', ...record, state: state.toString() };
    await this.#enqueue(0, async () => {
      await this.#storage.put(joinKey(this.root, this.epoch, sequence), encodeRecord(whole));
      this.#durableSequence = sequence;
      this.#durableState = state;
      this.onStored?.({ type: 'join', record: whole });
    });
    this.#tip = { flavour: record.flavour, timeline: record.timeline, source: record.source, state, last: undefined, lastEarliest: this.#tip?.lastEarliest ?? 0 };
    await this.#chain;
    this.#check();
  }

  /** Events from now on come from this file of this source. */
  setOrigin(origin: Pick<SegmentOrigin, 'file' | 'formatDescription' | 'checksum'>): void {
    this.#check();
    const tip = this.#needTip();
    this.discard();
    this.#seal();
    this.#origin = { flavour: tip.flavour, timeline: tip.timeline, source: tip.source, ...origin };
  }

  /** Adds an event of the open transaction. Waits while too much is on its way to the store. */
  async event(event: Buffer): Promise<void> {
    this.#check();
    if (this.#spill !== undefined) {
      await this.#spillWrite(event);
      return;
    }
    this.#builder ??= new SegmentBuilder(this.#needOrigin(), this.#needTip().state);
    this.#builder.add(event);
    if (this.#builder.openBytes > (this.#options.spillBytes ?? 16 * 1024 * 1024)) await this.#startSpill();
    if (this.#queuedBytes > 2 * (this.#options.spillBytes ?? 16 * 1024 * 1024)) await this.#chain;
  }

  /** The open transaction is complete; `last` is its last event. */
  async commit(transaction: BinlogTransaction & { readonly gtid: Gtid }, times: { readonly earliest: number; readonly latest: number; readonly received: number }, last: Buffer): Promise<void> {
    this.#check();
    const tip = this.#needTip();
    const builder = this.#builder;
    if (builder === undefined) throw new TypeError('commit without an event');
    builder.complete(
      { gtid: printGtid(transaction.gtid), kind: transaction.kind, earliest: times.earliest, latest: times.latest, endPosition: transaction.endPosition },
      transaction.startPosition, last, times.received,
    );
    this.#tip = {
      ...tip, state: tip.state.with(transaction.gtid), lastEarliest: Math.max(tip.lastEarliest, times.earliest),
      last: { file: builder.origin.file, endPosition: builder.endPosition, lastEvent: builder.lastEvent },
    };
    if (this.#spill !== undefined || builder.completeBytes >= (this.#options.segmentBytes ?? 4 * 1024 * 1024)) this.#seal();
    else this.#timer ??= setTimeout(() => { this.#timer = undefined; this.#sealWhenIdle(); }, this.#options.flushIntervalMs ?? 500);
    if (this.#queuedBytes > 2 * (this.#options.spillBytes ?? 16 * 1024 * 1024)) await this.#chain;
  }

  /** The open transaction will never be complete. */
  discard(): void {
    const spill = this.#spill;
    if (spill !== undefined) {
      this.#spill = undefined;
      this.#builder = undefined;
      spill.abort.abort(new Error('the transaction was never completed'));
      spill.body.destroy();
      return;
    }
    this.#builder?.discardOpen();
  }

  /** Resolves when everything complete is durable. */
  async flush(): Promise<void> {
    this.#seal();
    await this.#chain;
    this.#check();
  }

  /** Replaces the evidence, after everything complete is durable. Throws VTR1211 when a newer epoch has taken over. */
  async evidence(record: Pick<EvidenceRecord, 'sourceId' | 'provenMicros' | 'clockOffsetMicros'>): Promise<void> {
    const state = this.#needTip().state.toString();
    await this.flush();
    await this.checkOwner();
    const whole: EvidenceRecord = { version: 1, epoch: this.epoch, sequence: this.#durableSequence, writtenMicros: nowMicros(), state, ...record };
    await this.#storage.put(evidenceKey(this.root, this.epoch), encodeRecord(whole));
  }

  /** Throws VTR1211 when a newer epoch has taken over. */
  async checkOwner(): Promise<void> {
    for await (const { key } of this.#storage.list(`${this.root}epochs/`)) {
      const found = Number(key.slice(-15, -5));
      if (key.endsWith('.json') && key.slice(-15, -5) > epochName(this.epoch)) throw superseded(this.root, this.epoch, found);
    }
  }

  /** Stores what is complete and ends. */
  async close(): Promise<void> {
    this.discard();
    try {
      if (this.#failure === undefined) await this.flush();
    } finally {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
  }

  #sealWhenIdle(): void {
    // While a segment is on its way, the next one goes on filling up: fewer and larger objects under load.
    this.#chain = this.#chain.then(() => this.#seal());
  }

  #seal(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const builder = this.#builder;
    if (builder === undefined || builder.transactions.length === 0 || this.#failure !== undefined) return;
    const tip = this.#needTip();
    const spill = this.#spill;
    this.#spill = undefined;
    this.#builder = builder.openBytes > 0 ? builder.splitOpen(tip.state) : undefined;
    const after = tip.state;
    const sequence = ++this.#sequence;
    const key = dataKey(this.root, this.epoch, sequence);
    const body = builder.take();
    void this.#enqueue(body.length, async () => {
      if (spill === undefined) {
        await this.#storage.put(key, body);
      } else {
        spill.body.end(body);
        await spill.put;
      }
      await this.#putIndex(builder, sequence, after);
    });
  }

  async #putIndex(builder: SegmentBuilder, sequence: number, after: GtidState): Promise<void> {
    const { origin, transactions } = builder;
    const header: SegmentHeader = {
      version: 1, epoch: this.epoch, sequence, flavour: origin.flavour, timeline: origin.timeline, source: origin.source, file: origin.file,
      startPosition: builder.startPosition, endPosition: builder.endPosition, checksum: origin.checksum, before: builder.before.toString(), after: after.toString(),
      bytes: builder.bytes, crc32: builder.crc32, firstOffset: builder.firstOffset, receivedMicros: [builder.receivedFirst, builder.receivedLast],
      lastEvent: builder.lastEvent, transactions: transactions.length,
    };
    const index: SegmentIndex = { header, transactions };
    let minEarliest = Number.POSITIVE_INFINITY;
    let maxEarliest = 0;
    let maxLatest = 0;
    for (const t of transactions) {
      minEarliest = Math.min(minEarliest, t.earliest);
      maxEarliest = Math.max(maxEarliest, t.earliest);
      maxLatest = Math.max(maxLatest, t.latest);
    }
    const name: SegmentName = { epoch: this.epoch, sequence, lastSequence: sequence, transactions: transactions.length, minEarliest, maxEarliest, maxLatest };
    await this.#storage.put(segmentKey(this.root, name), encodeSegmentIndex(index));
    this.#durableSequence = sequence;
    this.#durableState = after;
    this.onStored?.({ type: 'segment', name, index });
  }

  /** Appends work to the chain; the first failure stops all that follows. */
  #enqueue(bytes: number, work: () => Promise<void>): Promise<void> {
    this.#queuedBytes += bytes;
    this.#chain = this.#chain.then(async () => {
      if (this.#failure !== undefined) return;
      try {
        await work();
      } catch (error) {
        this.#failure = { error };
      } finally {
        this.#queuedBytes -= bytes;
      }
    });
    return this.#chain;
  }

  async #startSpill(): Promise<void> {
    const full = this.#builder;
    if (full === undefined) return;
    if (full.transactions.length > 0) this.#seal(); // leaves a builder with the open transaction alone
    await this.#chain;
    this.#check();
    const builder = this.#builder;
    if (builder === undefined) return;
    const body = new PassThrough({ highWaterMark: 1024 * 1024 });
    const abort = new AbortController();
    const put = this.#storage.put(dataKey(this.root, this.epoch, this.#sequence + 1), body, abort.signal);
    put.catch((error: unknown) => {
      if (this.#spill?.put === put) this.#failure ??= { error };
    });
    this.#spill = { body, put, abort };
    await this.#spillOut(builder.take());
  }

  async #spillWrite(event: Buffer): Promise<void> {
    this.#builder?.add(event);
    if (this.#builder !== undefined) await this.#spillOut(this.#builder.take());
  }

  async #spillOut(bytes: Buffer): Promise<void> {
    const spill = this.#spill;
    if (spill === undefined || spill.body.write(bytes)) return;
    await drained(spill.body);
    this.#check();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
  #needTip(): ArchiveTip {
    if (this.#tip === undefined) throw new TypeError('the archive has not begun');
    return this.#tip;
  }
  #needOrigin(): SegmentOrigin {
    if (this.#origin === undefined) throw new TypeError('events before the format description of their file');
    return this.#origin;
  }
}

/** Resolves when a stream takes more, or is gone (a put that failed has destroyed it). */
function drained(stream: PassThrough): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    if (stream.destroyed) done();
    else stream.on('drain', done).on('close', done);
  });
}

/** Where an archive stands by what is stored. */
export async function readTip(catalog: ArchiveCatalog, signal?: AbortSignal): Promise<ArchiveTip | undefined> {
  const last = catalog.entries.at(-1);
  if (last === undefined) return undefined;
  const lastEarliest = catalog.entries.reduce((max, entry) => (entry.type === 'segment' ? Math.max(max, entry.maxEarliest) : max), 0);
  if (last.type === 'join') {
    const { flavour, timeline, source, state } = last.record;
    return { flavour, timeline, source, state: parseGtidState(flavour, state), last: undefined, lastEarliest };
  }
  const { header } = await catalog.index(last, signal);
  const { flavour, timeline, source } = header;
  return {
    flavour, timeline, source, state: parseGtidState(flavour, header.after), lastEarliest,
    last: { file: header.file, endPosition: header.endPosition, lastEvent: header.lastEvent },
  };
}
