import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buildEvent } from '../../src/binlog/eventHeader.ts';
import { EVENT } from '../../src/binlog/eventTypes.ts';
import { decodeFormatDescription } from '../../src/binlog/formatDescription.ts';
import type { ArchiveWriter, ArchiveWriterOptions } from '../../src/binlog/archive/archiveWriter.ts';
import { TransactionAssembler } from '../../src/binlog/transactionAssembler.ts';
import { parseGtidState } from '../../src/binlog/gtidState.ts';
import { objectNotFound } from '../../src/storage/storageError.ts';
import type { Storage, StoredObject } from '../../src/storage/storage.ts';

export const uuid = '2454b333-e590-11f1-b2e9-02fc00000001';
export const source = { id: uuid, address: 'test:3306', serverVersion: '9.7.4' };

/** A format description of MySQL 9.7 with checksums. */
export const formatEvent: Buffer = (() => {
  const lengths = Buffer.from('0d000800000000040004000000630004 1a080000000000000200 00000a0a0a2a2a001234000a28000001'.replaceAll(' ', ''), 'hex');
  const body = Buffer.concat([Buffer.from([4, 0]), Buffer.from('9.7.4'.padEnd(50, '\0')), Buffer.alloc(4), Buffer.from([19]), lengths.subarray(0, -1), Buffer.from([1])]);
  return buildEvent({ type: EVENT.FORMAT_DESCRIPTION, serverId: 11, timestamp: 1_700_000_000, nextPosition: 4 + 19 + body.length + 4 }, body, 'crc32');
})();
export const format = decodeFormatDescription(formatEvent);

/** The raw events of one transaction of `bytes` payload bytes, `at` microseconds, starting at `position`; `statement` is its last before the commit. */
export function transactionEvents(gno: number, at: number, position: number, bytes = 10, statement = ''): Buffer[] {
  const events: Buffer[] = [];
  let next = position;
  const add = (type: number, body: Buffer) => {
    next += 19 + body.length + 4;
    events.push(buildEvent({ type, serverId: 11, timestamp: Math.floor(at / 1e6), nextPosition: next }, body, 'crc32'));
  };
  const gtid = Buffer.alloc(49);
  gtid.write(uuid.replaceAll('-', ''), 1, 'hex');
  gtid.writeBigInt64LE(BigInt(gno), 17);
  gtid[25] = 2;
  gtid.writeUIntLE(at % 2 ** 48, 42, 6);
  gtid[48] = Math.floor(at / 2 ** 48);
  add(EVENT.GTID, gtid);
  const begin = Buffer.alloc(13 + 1 + 5);
  begin.write('BEGIN', 14);
  add(EVENT.QUERY, begin);
  for (let left = bytes; left > 0; left -= 1 << 20) add(EVENT.IGNORABLE, randomBytes(Math.min(left, 1 << 20)));
  if (statement !== '') add(EVENT.QUERY, Buffer.concat([Buffer.alloc(14), Buffer.from(statement)]));
  add(EVENT.XID, Buffer.alloc(8, 1));
  return events;
}

/** Feeds transactions into a writer as a follower does. */
export class Feeder {
  readonly #writer: ArchiveWriter;
  readonly #assembler = new TransactionAssembler();
  position = 4 + formatEvent.length;

  constructor(writer: ArchiveWriter) {
    this.#writer = writer;
    this.#assembler.setFormat(format);
  }

  async begin(state = ''): Promise<void> {
    if (this.#writer.tip === undefined) {
      await this.#writer.join({ kind: 'start', flavour: 'mysql', timeline: 1, source, atMicros: 1, dropped: '', missing: '', reason: 'test' }, parseGtidState('mysql', state));
    }
    this.#writer.setOrigin({ file: 'bin.000001', formatDescription: formatEvent, checksum: 'crc32' });
  }

  async add(gno: number, at: number, bytes = 10, statement = ''): Promise<void> {
    for (const event of transactionEvents(gno, at, this.position, bytes, statement)) {
      this.position += event.length;
      const step = this.#assembler.push(event, this.position);
      await this.#writer.event(event);
      if (step.type !== 'end' || step.transaction.gtid === undefined) continue;
      await this.#writer.commit({ ...step.transaction, gtid: step.transaction.gtid }, { earliest: at, latest: at, received: at }, event);
    }
  }

  /** The first events of a transaction that is never finished. */
  async addPart(gno: number, at: number, bytes = 10): Promise<void> {
    for (const event of transactionEvents(gno, at, this.position, bytes).slice(0, -1)) await this.#writer.event(event);
  }
}

/** A store in memory that counts what is asked of it and fails when told to. */
export class TestStorage implements Storage {
  readonly url = 'memory:';
  readonly objects = new Map<string, Buffer>();
  gets = 0;
  lists = 0;
  /** Called before each put; a throw fails it with nothing stored. */
  beforePut: (key: string) => Promise<void> | void = () => undefined;

  async put(key: string, body: Buffer | Readable, signal?: AbortSignal): Promise<number> {
    const chunks: Buffer[] = [];
    if (Buffer.isBuffer(body)) chunks.push(Buffer.from(body));
    else for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(Buffer.from(chunk));
    await this.beforePut(key);
    signal?.throwIfAborted();
    const whole = Buffer.concat(chunks);
    this.objects.set(key, whole);
    return whole.length;
  }

  get(key: string, range?: { readonly start: number; readonly length?: number }): Promise<Readable> {
    this.gets++;
    const found = this.objects.get(key);
    if (found === undefined) return Promise.reject(objectNotFound(this.url, key));
    const end = range?.length === undefined ? undefined : range.start + range.length;
    return Promise.resolve(Readable.from([found.subarray(range?.start ?? 0, end)]));
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    this.lists++;
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    for (const key of keys) yield { key, bytes: this.objects.get(key)!.length };
  }

  delete(key: string): Promise<void> {
    this.objects.delete(key);
    return Promise.resolve();
  }
}

export function writerOptions(storage: Storage, more: Partial<ArchiveWriterOptions> = {}): ArchiveWriterOptions {
  return { storage, keyspace: 'ks', shard: '-80', nextEpoch: (stored) => Promise.resolve(stored + 1), flushIntervalMs: 1, ...more };
}
