import type { Log } from '../base/log.ts';
import { nowMicros } from '../base/time.ts';
import { delay } from '../base/wait.ts';
import type { ArchiveWriter } from '../binlog/archive/archiveWriter.ts';
import { EventStream } from '../binlog/eventStream.ts';
import { type Gtid, type GtidState, printGtid } from '../binlog/gtidState.ts';
import type { SourcePosition } from '../binlog/sourcePosition.ts';
import type { BinlogTransaction } from '../binlog/transactionAssembler.ts';
import { sourceMisbehaves, sourceSilent } from './archiveRoleError.ts';
import { CommitClock } from './commitClock.ts';
import type { SourceServer } from './sourceServer.ts';

export interface FollowOptions {
  readonly source: SourceServer;
  readonly writer: ArchiveWriter;
  readonly from: GtidState;
  /** server_uuids that were primary of this shard before: their commit times are those of transactions this source only applied. */
  readonly formerPrimaries: ReadonlySet<string>;
  readonly log: Log;
  readonly progress: FollowProgress;
  /** Heartbeats of the source while it is idle; default 500 ms. */
  readonly heartbeatMs?: number;
  /** Between questions to the source for its clock and end; default 100 ms: on MariaDB this is about how exactly a moment can be told. */
  readonly probeMs?: number;
  /** Between writings of the evidence; default 1000 ms. */
  readonly evidenceMs?: number;
  /** Silence after which the connection is given up; default 10 s. */
  readonly silenceMs?: number;
}

/** Counters and times of one follower, for status and metrics. */
export class FollowProgress {
  events = 0;
  bytes = 0;
  transactions = 0;
  /** By the archiver's clock: the last packet of the source. */
  lastPacketMicros = 0;
  /** By the source's clock: everything before this is received, and stored. */
  receivedProvenMicros = 0;
  storedProvenMicros = 0;
  position: SourcePosition | undefined;
  clockOffset: readonly [number, number] = [0, 0];
  clockSteps = 0;
}

/**
 * Streams a source into the archive until the connection ends, the signal aborts or something is wrong; always ends by throwing. Three loops side by side: events, probes of the
 * source's clock, and a watch for silence; the first that ends ends all.
 */
export async function followSource(options: FollowOptions, signal: AbortSignal): Promise<never> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const follower = new Follower(options);
  const loops = [follower.events(both), follower.probes(both), follower.silence(both)];
  try {
    return await Promise.race(loops);
  } finally {
    stop.abort(new Error('following ended'));
    await Promise.allSettled(loops);
  }
}

class Follower {
  readonly #options: FollowOptions;
  readonly #clock: CommitClock;
  readonly #stream = new EventStream();
  #state: GtidState;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#clock = new CommitClock(options.writer.tip?.lastEarliest ?? 0);
    this.#state = options.from;
    // what another source proved says nothing about this one's clock
    options.progress.receivedProvenMicros = 0;
    options.progress.storedProvenMicros = 0;
    options.progress.position = undefined;
  }

  async events(signal: AbortSignal): Promise<never> {
    const { source, progress } = this.#options;
    // the first probe bounds the difference of the clocks before anything is received
    await this.#probe(signal);
    progress.lastPacketMicros = nowMicros();
    for await (const event of source.dump(this.#state, this.#options.heartbeatMs ?? 500, signal)) {
      progress.lastPacketMicros = nowMicros();
      await this.#take(event, progress.lastPacketMicros);
    }
    throw sourceMisbehaves('the source ended the stream');
  }

  async #take(event: Buffer, received: number): Promise<void> {
    const { writer, progress } = this.#options;
    const step = this.#stream.take(event);
    progress.events++;
    progress.bytes += event.length;
    progress.position = this.#stream.position;
    this.#noteProven();
    switch (step.type) {
      case 'format':
        if (step.discarded) writer.discard();
        writer.setOrigin({ file: this.#stream.position.file, formatDescription: event, checksum: step.format.checksum });
        return;
      case 'outside': case 'heartbeat': return;
      case 'begin': case 'inside': await writer.event(event); return;
      case 'discarded': writer.discard(); return;
      default:
        await writer.event(event);
        await this.#commit(step.transaction, event, received);
    }
  }

  async #commit(transaction: BinlogTransaction, last: Buffer, received: number): Promise<void> {
    const { writer, progress, source } = this.#options;
    const { gtid } = transaction;
    if (gtid === undefined) throw sourceMisbehaves('the source sent a transaction without a GTID', 'set gtid_mode=ON; transactions of before that are skipped by starting a new archive');
    if (this.#state.contains(gtid)) {
      throw sourceMisbehaves(`the source sent ${printGtid(gtid)} although it is archived`, 'MariaDB: set gtid_strict_mode=ON on every server of the shard, sequences must rise within a domain');
    }
    if (transaction.kind === 'incident') {
      writer.discard();
      this.#state = this.#state.with(gtid);
      const tip = writer.tip;
      await writer.join(
        {
          kind: 'gap', flavour: source.flavour, timeline: tip?.timeline ?? 1, source: { id: source.id, address: source.address, serverVersion: source.version }, atMicros: transaction.earliestMicros,
          dropped: '', missing: printGtid(gtid), reason: 'the source wrote an incident: its binlog lacks changes here',
        },
        this.#state,
      );
      return;
    }
    this.#state = this.#state.with(gtid);
    await writer.commit({ ...transaction, gtid }, { ...this.#times(transaction, gtid, received), received }, last);
    progress.transactions++;
    this.#noteProven();
  }

  #times(transaction: BinlogTransaction, gtid: Gtid, received: number): { readonly earliest: number; readonly latest: number } {
    if (gtid.flavour === 'mariadb') {
      return this.#clock.interval(transaction.earliestMicros, { file: this.#stream.position.file, position: transaction.endPosition }, received);
    }
    const uuid = gtid.tsid.slice(0, 36);
    const elsewhere = uuid !== this.#options.source.id && this.#options.formerPrimaries.has(uuid);
    const at = (elsewhere ? transaction.originalCommitMicros : undefined) ?? transaction.earliestMicros;
    return { earliest: at, latest: at };
  }

  #noteProven(): void {
    const proven = this.#clock.proven(this.#stream.position);
    // an open transaction is not among what ends at or before the position
    if (proven !== undefined && !this.#stream.isOpen) this.#options.progress.receivedProvenMicros = Math.max(this.#options.progress.receivedProvenMicros, proven);
  }

  async #probe(signal: AbortSignal): Promise<void> {
    const { progress, source } = this.#options;
    this.#clock.add(await source.probe(signal));
    progress.clockOffset = this.#clock.offset;
    progress.clockSteps = this.#clock.steps;
    this.#noteProven();
  }

  async probes(signal: AbortSignal): Promise<never> {
    const { writer, progress, source } = this.#options;
    let lastEvidence = 0;
    for (;;) {
      await delay(this.#options.probeMs ?? 100, signal);
      await this.#probe(signal);
      const proven = progress.receivedProvenMicros;
      if (proven <= progress.storedProvenMicros || nowMicros() - lastEvidence < (this.#options.evidenceMs ?? 1000) * 1000) continue;
      lastEvidence = nowMicros();
      await writer.evidence({ sourceId: source.id, provenMicros: proven, clockOffsetMicros: [...progress.clockOffset] as [number, number] });
      progress.storedProvenMicros = proven;
    }
  }

  async silence(signal: AbortSignal): Promise<never> {
    const silenceMs = this.#options.silenceMs ?? 10_000;
    const { progress } = this.#options;
    progress.lastPacketMicros = nowMicros();
    for (;;) {
      await delay(Math.min(1000, silenceMs / 4), signal);
      if (nowMicros() - progress.lastPacketMicros > silenceMs * 1000) throw sourceSilent(silenceMs);
    }
  }
}
