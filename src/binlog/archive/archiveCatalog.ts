import { VtrewindError } from '../../base/errors.ts';
import { isObjectNotFound } from '../../storage/storageError.ts';
import { readObject } from '../../storage/readObject.ts';
import type { Storage } from '../../storage/storage.ts';
import { malformedBinlog } from '../binlogError.ts';
import type { Flavour } from '../formatDescription.ts';
import { type ArchivePlace, comparePlaces, firstPlace, placeBehind } from './archivePlace.ts';
import { archiveRoot, type IndexKey, parseIndexKey, truncationKey } from './archiveKeys.ts';
import {
  decodeEpochRecord, decodeEvidenceRecord, decodeJoinRecord, decodeSegmentIndex, decodeTruncationRecord, type EpochRecord, type EvidenceRecord, type JoinRecord, type SegmentIndex, type TruncationRecord,
} from './archiveRecords.ts';

/** One object of the archive in its order: a segment (its name only) or a join. */
export type CatalogEntry = Extract<IndexKey, { type: 'segment' }> | (Extract<IndexKey, { type: 'join' }> & { readonly record: JoinRecord });

/** Indexes kept decoded, and the transactions in them: a merged one can hold very many. */
const maxCachedIndexes = 64;
const maxCachedTransactions = 500_000;

/**
 * The archive of one shard as a reader sees it: all objects that count, in order. Of an epoch that was superseded only what its successor took over counts: a writer that was
 * paused and woke up can add objects, and nobody reads them.
 */
export class ArchiveCatalog {
  readonly storage: Storage;
  readonly keyspace: string;
  readonly shard: string;
  readonly root: string;
  #epochs: readonly EpochRecord[] = [];
  #entries: readonly CatalogEntry[] = [];
  #truncation: TruncationRecord | undefined;
  readonly #indexes = new Map<string, SegmentIndex>();
  #cachedTransactions = 0;
  readonly #joins = new Map<string, JoinRecord>();
  #refreshing: Promise<void> = Promise.resolve();
  /** What the writer of this process tells while a listing is being made. */
  #told: CatalogEntry[] | undefined;

  private constructor(storage: Storage, keyspace: string, shard: string) {
    this.storage = storage;
    this.keyspace = keyspace;
    this.shard = shard;
    this.root = archiveRoot(keyspace, shard);
  }

  /** Reads the archive's listing. An archive that nobody has begun is empty. Throws VTR1201 for damage, the store's own errors. */
  static async load(storage: Storage, keyspace: string, shard: string, signal?: AbortSignal): Promise<ArchiveCatalog> {
    const catalog = new ArchiveCatalog(storage, keyspace, shard);
    await catalog.refresh(signal);
    return catalog;
  }

  get epochs(): readonly EpochRecord[] { return this.#epochs; }
  get entries(): readonly CatalogEntry[] { return this.#entries; }
  /** Where the archive was truncated last; undefined: never. */
  get truncation(): TruncationRecord | undefined { return this.#truncation; }
  /** The place behind everything there is. */
  get end(): ArchivePlace {
    const last = this.#entries.at(-1);
    return last === undefined ? firstPlace : placeBehind(last);
  }
  /** Undefined while the archive is empty. */
  get flavour(): Flavour | undefined { return this.joins()[0]?.flavour; }
  joins(): readonly JoinRecord[] { return this.#entries.flatMap((entry) => (entry.type === 'join' ? [entry.record] : [])); }

  /** Lists again; entries are only ever added, merged, or cut off (by a takeover at the end of the epoch before, by a truncation at the front). One listing at a time: an older one never replaces a newer. */
  async refresh(signal?: AbortSignal): Promise<void> {
    const turn = this.#refreshing.then(() => this.#refresh(signal));
    // the next in line waits for its end, whichever way; its error is the caller's
    this.#refreshing = turn.catch(() => undefined);
    await turn;
  }

  async #refresh(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    // a listing made while the writer adds objects may show a later one and miss an earlier one: only a hole that stays is damage
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#list(signal);
      } catch (error) {
        this.#told = undefined;
        if (attempt === 3 || !(error instanceof VtrewindError && error.code === 'VTR1201')) throw error;
      }
    }
  }

  async #list(signal: AbortSignal | undefined): Promise<void> {
    const told: CatalogEntry[] = [];
    this.#told = told;
    const epochs: EpochRecord[] = [];
    const known = new Map(this.#epochs.map((record) => [record.epoch, record]));
    for await (const { key } of this.storage.list(`${this.root}epochs/`, signal)) {
      const cached = known.get(Number(key.slice(-15, -5)));
      epochs.push(cached ?? decodeEpochRecord(await readObject(this.storage, key, { signal }), key));
    }
    const limits = takenOver(epochs);
    const truncation = await this.#newestTruncation(signal);
    const found = new Map<number, IndexKey[]>();
    for await (const { key } of this.storage.list(`${this.root}index/`, signal)) {
      const parsed = parseIndexKey(this.root, key);
      const limit = limits.get(parsed.epoch);
      if (limit === undefined || parsed.lastSequence > limit || isTruncated(truncation, parsed)) continue;
      const list = found.get(parsed.epoch);
      if (list === undefined) found.set(parsed.epoch, [parsed]);
      else list.push(parsed);
    }
    const entries: CatalogEntry[] = [];
    if (truncation !== undefined) {
      const { epoch, sequence } = truncation.start;
      entries.push({ type: 'join', key: truncationKey(this.root, truncation.epoch, truncation.sequence), epoch, sequence, lastSequence: sequence, record: truncation.start });
    }
    for (const [epoch, all] of found) {
      const path = leadThrough(this.root, epoch, truncation?.epoch === epoch ? truncation.sequence : 1, all);
      for (const entry of path) entries.push(entry.type === 'segment' ? entry : { ...entry, record: await this.#join(entry.key, signal) });
      checkComplete(this.root, limits, epoch, path.at(-1)?.lastSequence ?? 0);
    }
    const first = entries[0];
    if (first !== undefined && !(first.type === 'join' && first.record.kind === 'start')) throw malformedBinlog(`the archive ${this.root} lacks its first object`);
    // what the writer of this process stored and told while the listing was made
    const listed = entries.at(-1);
    const newest = epochs.at(-1)?.epoch;
    const later = told.filter((entry) => entry.epoch === newest && (listed === undefined || comparePlaces(placeBehind(entry), placeBehind(listed)) > 0));
    this.#epochs = epochs;
    this.#truncation = truncation;
    this.#told = undefined;
    this.#entries = [...entries, ...later];
  }

  async #newestTruncation(signal: AbortSignal | undefined): Promise<TruncationRecord | undefined> {
    let newest: string | undefined;
    for await (const { key } of this.storage.list(`${this.root}truncated/`, signal)) newest = key;
    if (newest === undefined) return undefined;
    if (this.#truncation !== undefined && newest === truncationKey(this.root, this.#truncation.epoch, this.#truncation.sequence)) return this.#truncation;
    return decodeTruncationRecord(await readObject(this.storage, newest, { signal }), newest);
  }

  async #join(key: string, signal: AbortSignal | undefined): Promise<JoinRecord> {
    const known = this.#joins.get(key);
    if (known !== undefined) return known;
    const record = decodeJoinRecord(await readObject(this.storage, key, { signal }), key);
    this.#joins.set(key, record);
    return record;
  }

  /** The index of one segment; the last few stay in memory. */
  async index(entry: Extract<CatalogEntry, { type: 'segment' }>, signal?: AbortSignal): Promise<SegmentIndex> {
    const known = this.#indexes.get(entry.key);
    if (known !== undefined) return known;
    let bytes: Buffer;
    try {
      bytes = await readObject(this.storage, entry.key, { maxBytes: 1024 * 1024 * 1024, signal });
    } catch (error) {
      // merged since it was listed: the entry that took its place is in the next listing
      if (isObjectNotFound(error)) await this.refresh(signal);
      throw error;
    }
    const index = decodeSegmentIndex(bytes, entry.key);
    if (index.header.epoch !== entry.epoch || index.header.sequence !== entry.sequence) throw malformedBinlog(`index '${entry.key}' is that of another segment`);
    this.#keep(entry.key, index);
    return index;
  }

  /** Adds what a writer in this process has just stored, without asking storage. */
  append(entry: CatalogEntry, index?: SegmentIndex): void {
    this.#entries = [...this.#entries, entry];
    this.#told?.push(entry);
    if (index !== undefined) this.#keep(entry.key, index);
  }

  #keep(key: string, index: SegmentIndex): void {
    this.#indexes.set(key, index);
    this.#cachedTransactions += index.transactions.length;
    for (const [oldest, { transactions }] of this.#indexes) {
      if (oldest === key || (this.#indexes.size <= maxCachedIndexes && this.#cachedTransactions <= maxCachedTransactions)) break;
      this.#indexes.delete(oldest);
      this.#cachedTransactions -= transactions.length;
    }
  }

  /** The newest evidence of every epoch, oldest first. */
  async evidence(signal?: AbortSignal): Promise<readonly EvidenceRecord[]> {
    const all: EvidenceRecord[] = [];
    const limits = takenOver(this.#epochs);
    for await (const { key } of this.storage.list(`${this.root}evidence/`, signal)) {
      const record = decodeEvidenceRecord(await readObject(this.storage, key, { signal }), key);
      const limit = limits.get(record.epoch);
      // evidence of a superseded writer beyond what was taken over proves nothing
      if (limit !== undefined && record.sequence <= limit) all.push(record);
    }
    return all;
  }
}

/** How far each epoch counts: the newest without limit, each before it to where the next that counts took over. Those that were passed over count for nothing, whatever their own records say. */
function takenOver(epochs: readonly EpochRecord[]): Map<number, number> {
  const limits = new Map(epochs.map((record): [number, number] => [record.epoch, 0]));
  const records = new Map(epochs.map((record) => [record.epoch, record]));
  let record = epochs.at(-1);
  if (record !== undefined) limits.set(record.epoch, Number.POSITIVE_INFINITY);
  while (record?.after !== undefined && record.after.epoch < record.epoch) {
    const { epoch, sequence }: { epoch: number; sequence: number } = record.after;
    limits.set(epoch, sequence);
    record = records.get(epoch);
  }
  return limits;
}

/** Whether an object lies wholly before the place where the archive was truncated. */
function isTruncated(truncation: TruncationRecord | undefined, { epoch, lastSequence }: IndexKey): boolean {
  return truncation !== undefined && (epoch < truncation.epoch || (epoch === truncation.epoch && lastSequence < truncation.sequence));
}

/**
 * The objects that lead from `first` to the epoch's end without a hole, out of single and merged segments that may cover the same range: what was merged by an archiver that was since
 * superseded may overlap what another has merged. Throws VTR1201 where nothing leads on.
 */
function leadThrough(root: string, epoch: number, first: number, all: readonly IndexKey[]): readonly IndexKey[] {
  const best = new Map<number, { readonly entry: IndexKey; readonly reaches: number }>();
  let end = first - 1;
  for (const entry of [...all].sort((a, b) => b.sequence - a.sequence || b.lastSequence - a.lastSequence)) {
    end = Math.max(end, entry.lastSequence);
    // a merged one that began before the place of a truncation
    const sequence = Math.max(entry.sequence, first);
    const reaches = best.get(entry.lastSequence + 1)?.reaches ?? entry.lastSequence;
    const known = best.get(sequence);
    if (known === undefined || reaches > known.reaches) best.set(sequence, { entry, reaches });
  }
  const path: IndexKey[] = [];
  let next = first;
  for (let step = best.get(next); step !== undefined; step = best.get(next)) {
    path.push(step.entry);
    next = step.entry.lastSequence + 1;
  }
  if (next <= end) throw damaged(root, epoch, next);
  return path;
}

function checkComplete(root: string, limits: ReadonlyMap<number, number>, epoch: number, sequence: number): void {
  const limit = limits.get(epoch);
  if (limit !== undefined && Number.isFinite(limit) && sequence < limit) throw damaged(root, epoch, sequence + 1);
}

function damaged(root: string, epoch: number, sequence: number): Error {
  return malformedBinlog(`object ${sequence} of epoch ${epoch} is missing from the archive ${root}`);
}
