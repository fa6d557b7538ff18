import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { EmbeddedLog } from './embeddedLog.ts';
import { compareKeys, type Guard, type KvBackend, type KvEntry, type KvEvent, type KvRange, type RangeOptions, type RangeResult, type WatchBatch, type Write } from './kvBackend.ts';
import { ownDirectory } from './singleOwner.ts';
import { topoError } from './topoErrors.ts';

/** Changes kept for watches that lag or come back; older ones make a watch list again. */
const maxHistory = 10_000;
/** Keys an embedded topology may hold, and leases at once. */
const maxKeys = 100_000;
const maxLeases = 10_000;
const leaseSeconds = { least: 1, most: 86_400 };

export interface StoredEntry extends KvEntry {
  readonly version: bigint;
  /** 0 for none. */
  readonly lease: bigint;
}
export type StoredEvent = { readonly type: 'put'; readonly entry: StoredEntry; readonly revision: bigint } | { readonly type: 'delete'; readonly key: string; readonly revision: bigint };

type LoggedWrite = { readonly put: string; readonly value: string; readonly lease?: string } | { readonly delete: string };
interface LoggedChange { readonly seq: number; readonly writes?: readonly LoggedWrite[]; readonly grant?: { readonly id: string; readonly ttl: number }; readonly revoke?: string }
interface LoggedSnapshot {
  readonly format: 'vtrewind-topology-1';
  readonly seq: number;
  readonly revision: string;
  readonly entries: readonly { readonly key: string; readonly value: string; readonly create: string; readonly mod: string; readonly version: string; readonly lease: string }[];
  readonly leases: readonly { readonly id: string; readonly ttl: number }[];
}
interface Lease { readonly id: bigint; readonly ttlSeconds: number; timer: NodeJS.Timeout; expiresAt: number; readonly keys: Set<string> }

/**
 * etcd's model in this process, kept in a folder: revisions, transactions, watches over a bounded history, leases. One process owns the
 * folder. A change is durable before anyone can see it. After a restart every lease has its full time again, as in etcd.
 */
export class EmbeddedStore implements KvBackend {
  readonly description: string;
  readonly #log: EmbeddedLog<LoggedSnapshot, LoggedChange>;
  readonly #owner: { release(): void };
  readonly #entries = new Map<string, StoredEntry>();
  readonly #leases = new Map<bigint, Lease>();
  readonly #changed = new EventEmitter();
  readonly #closed = new AbortController();
  #history: StoredEvent[] = [];
  /** Events up to and including this revision are no longer kept. */
  #compacted = 0n;
  #revision = 1n;
  #seq = 0;
  #failed: unknown;

  private constructor(directory: string) {
    this.description = `the embedded topology in ${directory}`;
    this.#changed.setMaxListeners(0);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#owner = ownDirectory(directory);
    try {
      const opened = EmbeddedLog.open<LoggedSnapshot, LoggedChange>(directory);
      this.#log = opened.log;
      this.#load(opened.snapshot, opened.changes);
    } catch (error) {
      this.#owner.release();
      throw error;
    }
  }

  /** Throws VTR0308 when another living process owns the folder, VTR0307 when its files are damaged. */
  static open(directory: string): EmbeddedStore {
    return new EmbeddedStore(directory);
  }

  get revision(): bigint {
    return this.#revision;
  }
  get compactedRevision(): bigint {
    return this.#compacted;
  }

  #load(snapshot: LoggedSnapshot | undefined, changes: readonly LoggedChange[]): void {
    if (snapshot !== undefined) {
      if (snapshot.format !== 'vtrewind-topology-1') throw topoError('damaged', `${this.description} has the unknown format ${String(snapshot.format)}`);
      this.#revision = BigInt(snapshot.revision);
      this.#seq = snapshot.seq;
      for (const l of snapshot.leases) this.#addLease(BigInt(l.id), l.ttl);
      for (const e of snapshot.entries) {
        const entry: StoredEntry = { key: e.key, value: Buffer.from(e.value, 'base64'), createRevision: BigInt(e.create), modRevision: BigInt(e.mod), version: BigInt(e.version), lease: BigInt(e.lease) };
        this.#entries.set(e.key, entry);
        this.#leases.get(entry.lease)?.keys.add(e.key);
      }
      this.#compacted = this.#revision;
    }
    for (const change of changes) {
      this.#seq = change.seq;
      if (change.grant !== undefined) this.#addLease(BigInt(change.grant.id), change.grant.ttl);
      if (change.writes !== undefined) {
        this.#apply(change.writes.map((w) => 'put' in w ? { type: 'put', key: w.put, value: Buffer.from(w.value, 'base64'), lease: BigInt(w.lease ?? 0) } : { type: 'delete', key: w.delete }));
      }
      if (change.revoke !== undefined) this.#dropLease(BigInt(change.revoke));
    }
  }

  /** Newest state of the keys in a range, in byte order. */
  entriesIn(range: KvRange): StoredEntry[] {
    if (range.end === undefined) {
      const one = this.#entries.get(range.key);
      return one === undefined ? [] : [one];
    }
    const found: StoredEntry[] = [];
    for (const entry of this.#entries.values()) if (inRange(entry.key, range)) found.push(entry);
    return found.sort((a, b) => compareKeys(a.key, b.key));
  }

  async range(range: KvRange, options: RangeOptions = {}, signal?: AbortSignal): Promise<RangeResult> {
    signal?.throwIfAborted();
    this.#assertUsable();
    const entries = this.entriesIn(range);
    const limit = options.maxCreateRevision;
    return { revision: this.#revision, entries: limit === undefined ? entries : entries.filter((e) => e.createRevision <= limit) };
  }

  async transact(guards: readonly Guard[], writes: readonly Write[]): Promise<{ readonly succeeded: boolean; readonly revision: bigint }> {
    const holds = guards.every((g) => {
      const entry = this.#entries.get(g.key);
      if (g.is === 'unchanged') return (entry?.modRevision ?? 0n) === g.modRevision;
      return (g.is === 'present') === (entry !== undefined);
    });
    if (holds) this.write(writes);
    return { succeeded: holds, revision: this.#revision };
  }

  /** Applies all writes at one new revision, durably; deleting what is not there changes nothing. Returns how many keys were deleted. */
  write(writes: readonly Write[]): number {
    this.#assertUsable();
    for (const w of writes) {
      if (w.type === 'put' && w.lease !== undefined && w.lease !== 0n && !this.#leases.has(w.lease)) throw topoError('noNode', 'requested lease not found');
    }
    const effective = writes.filter((w) => w.type === 'put' || this.#entries.has(w.key));
    if (effective.length === 0) return 0;
    if (this.#entries.size + effective.length > maxKeys) throw topoError('limit', `${this.description} holds ${this.#entries.size} keys; ${maxKeys} is its limit`, { hint: 'use an etcd for a cluster of this size' });
    this.#record({
      writes: effective.map((w) => w.type === 'put'
        ? { put: w.key, value: Buffer.from(w.value).toString('base64'), ...(w.lease === undefined || w.lease === 0n ? {} : { lease: w.lease.toString() }) }
        : { delete: w.key }),
    });
    this.#apply(effective);
    this.#changed.emit('change');
    this.#foldIfLarge();
    return effective.filter((w) => w.type === 'delete').length;
  }

  async *watch(range: KvRange, fromRevision: bigint, signal: AbortSignal): AsyncIterable<WatchBatch> {
    this.#assertUsable();
    yield { type: 'created', revision: this.#revision };
    for await (const batch of this.follow(range, fromRevision, signal)) {
      yield batch === 'compacted'
        ? { type: 'compacted' }
        : { type: 'events', revision: batch.revision, events: batch.events.map((e): KvEvent => (e.type === 'put' ? { type: 'put', entry: e.entry } : { type: 'delete', key: e.key })) };
    }
    if (!signal.aborted) this.#assertUsable();
  }

  /** As `watch`, with all that is stored of an entry. Ends after `compacted`, by `signal`, or when the store closes. */
  async *follow(range: KvRange, fromRevision: bigint, signal: AbortSignal): AsyncIterable<{ readonly revision: bigint; readonly events: readonly StoredEvent[] } | 'compacted'> {
    const stop = AbortSignal.any([signal, this.#closed.signal]);
    let next = fromRevision;
    while (!stop.aborted) {
      if (next <= this.#compacted) {
        yield 'compacted';
        return;
      }
      const upTo = this.#revision;
      const events = this.#eventsFrom(next).filter((e) => inRange(e.type === 'put' ? e.entry.key : e.key, range));
      next = next > upTo ? next : upTo + 1n;
      if (events.length > 0) {
        yield { revision: upTo, events };
        continue;
      }
      if (next <= this.#revision) continue;
      try {
        await once(this.#changed, 'change', { signal: stop });
      } catch (error) {
        if (!stop.aborted) throw error;
      }
    }
  }

  #eventsFrom(revision: bigint): StoredEvent[] {
    let low = 0;
    let high = this.#history.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = this.#history[middle];
      if (at !== undefined && at.revision < revision) low = middle + 1;
      else high = middle;
    }
    return this.#history.slice(low);
  }

  async grantLease(ttlSeconds: number): Promise<bigint> {
    this.#assertUsable();
    if (this.#leases.size >= maxLeases) throw topoError('limit', `${this.description} holds ${maxLeases} leases, its limit`);
    const ttl = Math.min(Math.max(Math.ceil(ttlSeconds), leaseSeconds.least), leaseSeconds.most);
    const id = randomBytes(8).readBigUInt64BE() >> 1n || 1n;
    this.#record({ grant: { id: id.toString(), ttl } });
    this.#addLease(id, ttl);
    return id;
  }

  async keepLease(id: bigint): Promise<number> {
    this.#assertUsable();
    const lease = this.#leases.get(id);
    if (lease === undefined) return 0;
    clearTimeout(lease.timer);
    lease.timer = this.#expiry(id, lease.ttlSeconds);
    lease.expiresAt = performance.now() + lease.ttlSeconds * 1000;
    return lease.ttlSeconds;
  }

  async revokeLease(id: bigint): Promise<void> {
    this.#assertUsable();
    if (!this.#leases.has(id)) return;
    this.#record({ revoke: id.toString() });
    this.#dropLease(id);
    this.#changed.emit('change');
    this.#foldIfLarge();
  }

  /** Undefined when there is no such lease. Seconds. */
  leaseState(id: bigint): { readonly left: number; readonly granted: number; readonly keys: readonly string[] } | undefined {
    const lease = this.#leases.get(id);
    return lease && { left: Math.max(0, Math.ceil((lease.expiresAt - performance.now()) / 1000)), granted: lease.ttlSeconds, keys: [...lease.keys] };
  }

  /** Forgets history up to and including `revision`: watches from there on list again. */
  compact(revision: bigint): void {
    if (revision > this.#revision) throw topoError('badVersion', 'required revision is a future revision');
    if (revision <= this.#compacted) throw topoError('badVersion', 'required revision has been compacted');
    this.#compacted = revision;
    this.#history = this.#eventsFrom(revision + 1n);
  }

  /** Ends watches and timers. Leases go on in the files and have their full time after the next start. */
  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort(topoError('closed', `${this.description} was closed`));
    for (const lease of this.#leases.values()) clearTimeout(lease.timer);
    this.#log.close();
    this.#owner.release();
  }

  #assertUsable(): void {
    if (this.#closed.signal.aborted) throw topoError('closed', `${this.description} was closed`);
    if (this.#failed !== undefined) throw topoError('damaged', `${this.description} could not be written and takes no more changes`, { cause: this.#failed, hint: 'see to the disk, then restart' });
  }

  /** A change whose bytes may or may not be on disk must not be followed by others: the store stops there. */
  #record(change: Omit<LoggedChange, 'seq'>): void {
    try {
      this.#log.append({ seq: this.#seq + 1, ...change });
      this.#seq++;
    } catch (error) {
      this.#failed = error;
      throw topoError('damaged', `${this.description} could not be written`, { cause: error, hint: 'see to the disk, then restart' });
    }
  }

  #apply(writes: readonly Write[]): void {
    this.#revision++;
    for (const w of writes) {
      const old = this.#entries.get(w.key);
      if (old !== undefined) this.#leases.get(old.lease)?.keys.delete(w.key);
      if (w.type === 'delete') {
        this.#entries.delete(w.key);
        this.#history.push({ type: 'delete', key: w.key, revision: this.#revision });
        continue;
      }
      const entry: StoredEntry = {
        key: w.key, value: Buffer.from(w.value), createRevision: old?.createRevision ?? this.#revision, modRevision: this.#revision,
        version: (old?.version ?? 0n) + 1n, lease: w.lease ?? 0n,
      };
      this.#entries.set(w.key, entry);
      this.#leases.get(entry.lease)?.keys.add(w.key);
      this.#history.push({ type: 'put', entry, revision: this.#revision });
    }
    if (this.#history.length > maxHistory * 1.5) {
      const cut = this.#history[this.#history.length - maxHistory];
      if (cut !== undefined) {
        this.#compacted = cut.revision - 1n;
        this.#history = this.#eventsFrom(cut.revision);
      }
    }
  }

  #addLease(id: bigint, ttlSeconds: number): void {
    this.#leases.set(id, { id, ttlSeconds, timer: this.#expiry(id, ttlSeconds), expiresAt: performance.now() + ttlSeconds * 1000, keys: new Set() });
  }

  #expiry(id: bigint, ttlSeconds: number): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.revokeLease(id).catch((error: unknown) => {
        this.#failed ??= error; // a lease that can't be ended durably: stop taking changes
      });
    }, ttlSeconds * 1000);
    timer.unref();
    return timer;
  }

  #dropLease(id: bigint): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    clearTimeout(lease.timer);
    this.#leases.delete(id);
    const keys = [...lease.keys];
    if (keys.length > 0) this.#apply(keys.map((key) => ({ type: 'delete', key })));
  }

  #foldIfLarge(): void {
    if (!this.#log.shouldFold) return;
    try {
      this.#log.fold({
        format: 'vtrewind-topology-1', seq: this.#seq, revision: this.#revision.toString(),
        entries: [...this.#entries.values()].map((e) => ({ key: e.key, value: e.value.toString('base64'), create: e.createRevision.toString(), mod: e.modRevision.toString(), version: e.version.toString(), lease: e.lease.toString() })),
        leases: [...this.#leases.values()].map((l) => ({ id: l.id.toString(), ttl: l.ttlSeconds })),
      });
    } catch (error) {
      this.#failed = error; // what was acknowledged is durable in the log; what comes next could not be
    }
  }
}

function inRange(key: string, range: KvRange): boolean {
  if (range.end === undefined) return key === range.key;
  // etcd: an end of one zero byte means every key from `key` on.
  return compareKeys(key, range.key) >= 0 && (range.end === '\0' || compareKeys(key, range.end) < 0);
}
