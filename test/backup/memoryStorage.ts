import { Readable } from 'node:stream';
import { VtrewindError } from '../../src/base/errors.ts';
import type { Storage, StoredObject } from '../../src/storage/storage.ts';

/** Storage in memory whose objects a test can damage, and whose calls it can make fail. */
export class MemoryStorage implements Storage {
  readonly url = 'memory:';
  readonly objects = new Map<string, Buffer>();
  /** Called before each call; throw to make it fail. */
  before: (call: 'put' | 'get' | 'list' | 'delete', key: string) => void = () => undefined;
  /** What is really stored for what was sent. */
  torn: (key: string, body: Buffer) => Buffer = (_, body) => body;

  async put(key: string, body: Buffer | Readable): Promise<number> {
    this.before('put', key);
    const parts: Buffer[] = [];
    if (Buffer.isBuffer(body)) parts.push(body);
    else for await (const part of body) parts.push(part as Buffer);
    const whole = Buffer.concat(parts);
    this.objects.set(key, Buffer.from(this.torn(key, whole)));
    return whole.length;
  }

  async get(key: string, range?: { readonly start: number; readonly length?: number }): Promise<Readable> {
    this.before('get', key);
    const object = this.objects.get(key);
    if (object === undefined) throw new VtrewindError({ code: 'VTR0201', grpc: 'NOT_FOUND', message: `no object ${key}` });
    const start = range?.start ?? 0;
    return Readable.from([object.subarray(start, range?.length === undefined ? undefined : start + range.length)]);
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    this.before('list', prefix);
    for (const key of [...this.objects.keys()].filter((k) => k.startsWith(prefix)).sort()) yield { key, bytes: this.objects.get(key)?.length ?? 0 };
  }

  async delete(key: string): Promise<void> {
    this.before('delete', key);
    this.objects.delete(key);
  }

  /** Flips one bit in the middle. */
  damage(key: string): void {
    const object = this.objects.get(key);
    if (object === undefined) throw new Error(`no object ${key}`);
    const at = object.length >> 1;
    object[at] = (object[at] ?? 0) ^ 0x10;
  }
}
