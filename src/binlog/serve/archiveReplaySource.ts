import { delay } from '../../base/wait.ts';
import type { ArchiveCatalog, CatalogEntry } from '../archive/archiveCatalog.ts';
import { cannotServe } from '../archive/archiveError.ts';
import { type ArchivePlace, comparePlaces, firstPlace, placeBefore, placeBehind, transactionsBefore } from '../archive/archivePlace.ts';
import type { JoinRecord, SegmentHeader, SegmentIndex } from '../archive/archiveRecords.ts';
import { readTip } from '../archive/archiveWriter.ts';
import type { Cut } from '../archive/findCut.ts';
import { sectionsOf, type SegmentEntry } from '../archive/timelines.ts';
import { isObjectNotFound } from '../../storage/storageError.ts';
import type { Flavour } from '../formatDescription.ts';
import { type GtidState, mysqlSet, parseGtid, parseGtidState } from '../gtidState.ts';
import { GtidSet } from '../gtidSet.ts';
import type { ReplayFile, ReplayItem, ReplayRequest, ReplaySource, ReplaySourceDescription } from './replaySource.ts';
import { SegmentData } from './segmentEvents.ts';

/** Tells when the archive has grown. The archiver wakes its readers; others ask storage again. */
export interface ArchiveFollower {
  /** Resolves when the catalog may reach beyond `end` (or after a while); it is refreshed by then. */
  more(catalog: ArchiveCatalog, end: ArchivePlace, signal: AbortSignal): Promise<void>;
}

/** Lists storage again every `everyMs`. */
export function pollingFollower(everyMs = 500): ArchiveFollower {
  return {
    async more(catalog, end, signal) {
      await delay(everyMs, signal);
      if (comparePlaces(catalog.end, end) <= 0) await catalog.refresh(signal);
    },
  };
}

/** Objects that may vanish one after another under a reader, by merging, before it gives up. */
const maxLost = 5;

/** GTIDs that a fork took out of the history before it. */
interface Dropped {
  readonly join: CatalogEntry;
  readonly has: (gtid: string) => boolean;
}

/** Serves the archive of one shard out of storage. */
export class ArchiveReplaySource implements ReplaySource {
  readonly #catalog: ArchiveCatalog;
  readonly #follower: ArchiveFollower;

  constructor(catalog: ArchiveCatalog, follower: ArchiveFollower = pollingFollower()) {
    this.#catalog = catalog;
    this.#follower = follower;
  }

  async describe(): Promise<ReplaySourceDescription> {
    const tip = await readTip(this.#catalog);
    if (tip === undefined) throw cannotServe(`nothing of ${this.#catalog.keyspace}/${this.#catalog.shard} is archived yet`);
    return { flavour: tip.flavour, serverVersion: tip.source.serverVersion, state: tip.state, startState: this.#startState(this.#catalog.entries.length) };
  }

  async files(signal?: AbortSignal): Promise<readonly ReplayFile[]> {
    const found: ReplayFile[] = [];
    let ordinal = 0;
    let run: SegmentEntry[] = [];
    const flush = async () => {
      for (let at = 0; at < run.length; ) {
        const { header } = await this.#catalog.index(run[at] as SegmentEntry, signal);
        let low = at + 1;
        let high = run.length;
        while (low < high) {
          const middle = (low + high) >> 1;
          const other = await this.#catalog.index(run[middle] as SegmentEntry, signal);
          if (other.header.file === header.file) low = middle + 1;
          else high = middle;
        }
        const last = await this.#catalog.index(run[low - 1] as SegmentEntry, signal);
        found.push({ file: fileName(ordinal, header.file), endPosition: last.header.endPosition });
        at = low;
      }
      run = [];
    };
    for (const entry of this.#catalog.entries) {
      if (entry.type === 'segment') {
        run.push(entry);
      } else {
        await flush();
        ordinal++;
      }
    }
    await flush();
    return found;
  }

  async *read(request: ReplayRequest, signal: AbortSignal): AsyncGenerator<ReplayItem, void, void> {
    const { until, from } = request;
    const entriesAtStart = this.#visible(until);
    const flavour = this.#catalog.flavour;
    if (flavour === undefined) throw cannotServe(`nothing of ${this.#catalog.keyspace}/${this.#catalog.shard} is archived yet`);
    if (from.type === 'state') this.#checkStart(from.state, until, entriesAtStart.length);
    const dropped = this.#dropped(flavour, entriesAtStart);
    const last = entriesAtStart.at(-1);
    const endAtStart = last === undefined ? firstPlace : placeBehind(last);
    let ordinal = 0;
    let open: string | undefined;
    let have = from.type === 'state' ? from.state : undefined;
    let reached = from.type === 'state' || from.file === '';
    const skip = from.type === 'state' ? await this.#again(() => this.#contained(from.state, this.#visible(until), signal), signal) : [];
    // by place and not by number: entries become fewer when segments are merged
    let done: ArchivePlace = firstPlace;
    for (let lost = 0; ; ) {
      const entries = this.#visible(until);
      let gone = false;
      for (const entry of entries) {
        if (comparePlaces(placeBehind(entry), done) <= 0) continue;
        if (entry.type === 'join') {
          ordinal++;
          done = placeBehind(entry);
          if (comparePlaces(placeBefore(entry), endAtStart) >= 0 && have !== undefined) checkJoin(entry.record, have);
          open = undefined;
          continue;
        }
        if (skip.some(({ after, before }) => comparePlaces(placeBefore(entry), after) >= 0 && comparePlaces(placeBehind(entry), before) <= 0)) {
          done = placeBehind(entry);
          continue;
        }
        let index: SegmentIndex;
        let formatDescription: Buffer;
        let data: SegmentData;
        try {
          index = await this.#catalog.index(entry, signal);
          data = new SegmentData(this.#catalog, index);
          formatDescription = await data.formatDescription(signal);
        } catch (error) {
          // merged since it was listed: what took its place is in the new listing
          if (!isObjectNotFound(error) || ++lost > maxLost) throw error;
          await this.#catalog.refresh(signal);
          gone = true;
          break;
        }
        lost = 0;
        const { header } = index;
        const file = fileName(ordinal, header.file);
        if (from.type === 'file' && !reached) {
          if (file !== from.file) {
            done = placeBehind(entry);
            continue;
          }
          reached = true;
        }
        const chosen = chooseTransactions(entry, index, until, from, file, dropped, done);
        done = placeBehind(entry);
        if (have !== undefined) have = have.union(parseGtidState(flavour, header.after));
        if (chosen.length === 0) continue;
        if (open !== file) {
          open = file;
          yield { type: 'file', file, position: Math.max(4, positionOf(header, chosen[0] as number, index)), formatDescription, checksum: header.checksum };
        }
        for (const k of chosen) {
          const transaction = index.transactions[k];
          if (transaction === undefined) continue;
          let position = transaction.endPosition - transaction.bytes;
          for await (const event of data.events(transaction, signal)) {
            position += event.length;
            yield { type: 'event', event, position };
          }
        }
      }
      if (gone) continue;
      if (open === undefined) {
        const head = await this.#again(() => this.#headOf(this.#visible(until), signal), signal);
        if (head?.type === 'file' && from.type === 'state') {
          open = head.file;
          yield head;
        }
      }
      if (until !== undefined) {
        yield { type: 'end' };
        return;
      }
      if (!reached) throw cannotServe(`could not find the file '${from.type === 'file' ? from.file : ''}' in the archive`);
      yield { type: 'caughtUp' };
      await this.#follower.more(this.#catalog, done, signal);
      signal.throwIfAborted();
    }
  }

  /** The end of the last file, for a replica that holds everything already: it must know where it stands before heartbeats. */
  async #headOf(entries: readonly CatalogEntry[], signal: AbortSignal): Promise<ReplayItem | undefined> {
    const last = entries.findLast((entry) => entry.type === 'segment');
    if (last === undefined) return undefined;
    const index = await this.#catalog.index(last, signal);
    const ordinal = entries.filter((entry) => entry.type === 'join' && comparePlaces({ ...entry, transaction: 0 }, { ...last, transaction: 0 }) < 0).length;
    const formatDescription = await new SegmentData(this.#catalog, index).formatDescription(signal);
    return { type: 'file', file: fileName(ordinal, index.header.file), position: index.header.startPosition, formatDescription, checksum: index.header.checksum };
  }

  /** Does it again with a new listing when an object was merged since it was listed. */
  async #again<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let lost = 0; ; lost++) {
      try {
        return await work();
      } catch (error) {
        if (!isObjectNotFound(error) || lost >= maxLost) throw error;
        await this.#catalog.refresh(signal);
      }
    }
  }

  /** The entries before the cut; all of them without one. */
  #visible(until: Cut | undefined): readonly CatalogEntry[] {
    const { entries } = this.#catalog;
    if (until === undefined) return entries;
    const first = entries.findIndex((entry) => comparePlaces(placeBefore(entry), until.place) >= 0);
    return first < 0 ? entries : entries.slice(0, first);
  }

  #startState(visible: number): GtidState {
    const cutOff = this.#catalog.entries[visible - 1];
    const start = sectionsOf(this.#catalog)
      .filter((section) => cutOff !== undefined && comparePlaces({ ...section.opened, transaction: 0 }, { ...cutOff, transaction: 0 }) <= 0)
      .findLast((section) => section.opened.record.kind !== 'fork');
    if (start === undefined) throw cannotServe(`nothing of ${this.#catalog.keyspace}/${this.#catalog.shard} is archived yet`);
    return start.startState;
  }

  /** What the replica holds must reach the archive, and must not be past the cut or on a branch that the history left. */
  #checkStart(state: GtidState, until: Cut | undefined, visible: number): void {
    const start = this.#startState(visible);
    if (!state.containsAll(start)) {
      throw cannotServe(
        `the replica lacks transactions that are older than the archive of ${this.#catalog.keyspace}/${this.#catalog.shard}: ${start.subtract(state).toString()}`,
        'start it from a newer backup, or from one taken behind the last gap',
      );
    }
    const entries = this.#catalog.entries.slice(0, visible);
    if (until !== undefined && !until.state.containsAll(state)) {
      throw cannotServe(`the replica is already past the cut: ${state.subtract(until.state).toString()}`, 'restore an older backup');
    }
    for (const entry of entries) {
      if (entry.type !== 'join' || entry.record.kind !== 'fork') continue;
      const errant = droppedHeld(entry.record, state);
      if (errant !== '') throw cannotServe(`the replica holds transactions that are not part of the history of this timeline: ${errant}`, 'restore a backup that was taken without them');
    }
  }

  #dropped(flavour: Flavour, entries: readonly CatalogEntry[]): Dropped[] {
    return entries.flatMap((join) => {
      if (join.type !== 'join' || join.record.kind !== 'fork' || join.record.dropped === '') return [];
      if (flavour === 'mysql') {
        const set = GtidSet.parse(join.record.dropped);
        return [{ join, has: (gtid: string) => { const parsed = parseGtid('mysql', gtid); return parsed.flavour === 'mysql' && set.contains(parsed); } }];
      }
      const gtids = new Set(join.record.dropped.split(','));
      return [{ join, has: (gtid: string) => gtids.has(gtid) }];
    });
  }

  /** The leading segments of each section that the replica holds whole, found by bisection. */
  async #contained(state: GtidState, entries: readonly CatalogEntry[], signal: AbortSignal): Promise<readonly { readonly after: ArchivePlace; readonly before: ArchivePlace }[]> {
    const ranges: { after: ArchivePlace; before: ArchivePlace }[] = [];
    const visible = new Set(entries.map((entry) => entry.key));
    for (const section of sectionsOf(this.#catalog)) {
      const segments = section.segments.filter((segment) => visible.has(segment.key));
      let low = 0;
      let high = segments.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        const { header } = await this.#catalog.index(segments[middle] as SegmentEntry, signal);
        if (state.containsAll(parseGtidState(header.flavour, header.after))) low = middle + 1;
        else high = middle;
      }
      const [first, last] = [segments[0], segments[low - 1]];
      if (first !== undefined && last !== undefined) ranges.push({ after: placeBefore(first), before: placeBehind(last) });
    }
    return ranges;
  }
}

/** The name under which a source's file is served: its own, or prefixed when another source was followed before (names repeat between servers). */
export function fileName(ordinal: number, file: string): string {
  return ordinal <= 1 ? file : `s${ordinal}.${file}`;
}

function positionOf(header: SegmentHeader, k: number, index: SegmentIndex): number {
  const transaction = index.transactions[k];
  return transaction === undefined ? header.startPosition : transaction.endPosition - transaction.bytes;
}

/** Which transactions of a segment are given, as places in its index. */
function chooseTransactions(
  entry: SegmentEntry, index: SegmentIndex, until: Cut | undefined, from: ReplayRequest['from'], file: string, dropped: readonly Dropped[], done: ArchivePlace,
): readonly number[] {
  const { header, transactions } = index;
  const end = until === undefined ? transactions.length : transactionsBefore(header, until.place);
  const later = dropped.filter(({ join }) => comparePlaces({ ...join, transaction: 0 }, { ...entry, transaction: 0 }) > 0);
  const chosen: number[] = [];
  for (let k = transactionsBefore(header, done); k < end; k++) {
    const transaction = transactions[k];
    if (transaction === undefined) break;
    if (later.some(({ has }) => has(transaction.gtid))) continue;
    if (from.type === 'state' ? from.state.contains(parseGtid(header.flavour, transaction.gtid)) : file === from.file && transaction.endPosition <= from.position) continue;
    chosen.push(k);
  }
  return chosen;
}

/** Of what a fork took out of the history, what a replica holds all the same (and nobody committed again later). */
function droppedHeld(record: JoinRecord, state: GtidState): string {
  if (record.dropped === '') return '';
  if (record.flavour === 'mysql') return GtidSet.parse(record.dropped).intersect(mysqlSet(state)).toString();
  const held = new Set(state.toString().split(','));
  return record.dropped.split(',').filter((gtid) => held.has(gtid)).join(',');
}

/** A join that came while the replica was attached. */
function checkJoin(record: JoinRecord, have: GtidState): void {
  if (record.kind === 'gap') throw cannotServe(`the archive has a gap here: ${record.missing || record.reason}`, 'restore a full backup made behind the gap');
  if (record.kind === 'fork') {
    const errant = droppedHeld(record, have);
    if (errant !== '') throw cannotServe(`the replica holds transactions that the history left behind: ${errant}`, 'restore a backup that was taken without them');
  }
}
