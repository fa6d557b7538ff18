import { VtrewindError } from '../../base/errors.ts';
import { readObject } from '../../storage/readObject.ts';
import type { Storage } from '../../storage/storage.ts';
import { malformedBinlog } from '../binlogError.ts';
import type { Flavour } from '../formatDescription.ts';
import { archiveRoot, type IndexKey, parseIndexKey } from './archiveKeys.ts';
import {
  decodeEpochRecord, decodeEvidenceRecord, decodeJoinRecord, decodeSegmentIndex, type EpochRecord, type EvidenceRecord, type JoinRecord, type SegmentIndex,
} from './archiveRecords.ts';

/** One object of the archive in its order: a segment (its name only) or a join. */
export type CatalogEntry = Extract<IndexKey, { type: 'segment' }> | (Extract<IndexKey, { type: 'join' }> & { readonly record: JoinRecord });

/** Indexes kept decoded; one holds about 1 kB a transaction at most. */
const maxCachedIndexes = 64;

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
  readonly #indexes = new Map<string, SegmentIndex>();
  readonly #joins = new Map<string, JoinRecord>();

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
  /** Undefined while the archive is empty. */
  get flavour(): Flavour | undefined { return this.joins()[0]?.flavour; }
  joins(): readonly JoinRecord[] { return this.#entries.flatMap((entry) => (entry.type === 'join' ? [entry.record] : [])); }

  /** Lists again; entries are only ever added (or, by a takeover, an unread tail of the epoch before is cut off). */
  async refresh(signal?: AbortSignal): Promise<void> {
    // a listing made while the writer adds objects may show a later one and miss an earlier one: only a hole that stays is damage
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#list(signal);
      } catch (error) {
        if (attempt === 3 || !(error instanceof VtrewindError && error.code === 'VTR1201')) throw error;
      }
    }
  }

  async #list(signal: AbortSignal | undefined): Promise<void> {
    const epochs: EpochRecord[] = [];
    const known = new Map(this.#epochs.map((record) => [record.epoch, record]));
    for await (const { key } of this.storage.list(`${this.root}epochs/`, signal)) {
      const cached = known.get(Number(key.slice(-15, -5)));
      epochs.push(cached ?? decodeEpochRecord(await readObject(this.storage, key, { signal }), key));
    }
    const limits = takenOver(epochs);
    const entries: CatalogEntry[] = [];
    let lastEpoch = 0;
    let lastSequence = 0;
    for await (const { key } of this.storage.list(`${this.root}index/`, signal)) {
      const parsed = parseIndexKey(this.root, key);
      const limit = limits.get(parsed.epoch);
      if (limit === undefined || parsed.sequence > limit) continue;
      const expected = parsed.epoch === lastEpoch ? lastSequence + 1 : 1;
      if (parsed.sequence !== expected) throw damaged(this.root, parsed.epoch, expected);
      if (parsed.epoch !== lastEpoch) checkComplete(this.root, limits, lastEpoch, lastSequence);
      lastEpoch = parsed.epoch;
      lastSequence = parsed.sequence;
      entries.push(parsed.type === 'segment' ? parsed : { ...parsed, record: await this.#join(parsed.key, signal) });
    }
    checkComplete(this.root, limits, lastEpoch, lastSequence);
    const first = entries[0];
    if (first !== undefined && !(first.type === 'join' && first.record.kind === 'start')) throw malformedBinlog(`the archive ${this.root} lacks its first object`);
    this.#epochs = epochs;
    this.#entries = entries;
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
    const index = decodeSegmentIndex(await readObject(this.storage, entry.key, { maxBytes: 1024 * 1024 * 1024, signal }), entry.key);
    if (index.header.epoch !== entry.epoch || index.header.sequence !== entry.sequence) throw malformedBinlog(`index '${entry.key}' is that of another segment`);
    this.#keep(entry.key, index);
    return index;
  }

  /** Adds what a writer in this process has just stored, without asking storage. */
  append(entry: CatalogEntry, index?: SegmentIndex): void {
    this.#entries = [...this.#entries, entry];
    if (index !== undefined) this.#keep(entry.key, index);
  }

  #keep(key: string, index: SegmentIndex): void {
    if (this.#indexes.size >= maxCachedIndexes) this.#indexes.delete(this.#indexes.keys().next().value ?? '');
    this.#indexes.set(key, index);
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

/** How far each epoch counts: to where its successor took over, or without limit. */
function takenOver(epochs: readonly EpochRecord[]): Map<number, number> {
  const limits = new Map<number, number>();
  for (const record of epochs) {
    limits.set(record.epoch, Number.POSITIVE_INFINITY);
    // every older epoch ends here: the one named at its sequence, those between it and this one wrote nothing that counts
    for (const older of limits.keys()) {
      if (older === record.epoch) continue;
      if (record.after === undefined || older > record.after.epoch) limits.set(older, 0);
      else if (older === record.after.epoch) limits.set(older, Math.min(limits.get(older) ?? 0, record.after.sequence));
    }
  }
  return limits;
}

function checkComplete(root: string, limits: ReadonlyMap<number, number>, epoch: number, sequence: number): void {
  const limit = limits.get(epoch);
  if (limit !== undefined && Number.isFinite(limit) && sequence < limit) throw damaged(root, epoch, sequence + 1);
}

function damaged(root: string, epoch: number, sequence: number): Error {
  return malformedBinlog(`object ${sequence} of epoch ${epoch} is missing from the archive ${root}`);
}
