import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect } from './collect.ts';
import { readObject } from './readObject.ts';
import type { Storage } from './storage.ts';

/** What every store promises; each implementation's spec runs it against a store of its own that starts empty. */
export function storageContract(name: string, open: () => Promise<{ readonly storage: Storage; readonly close: () => Promise<void> }>): void {
  describe(`storage contract: ${name}`, () => {
    let storage: Storage;
    let close: () => Promise<void>;
    beforeAll(async () => {
      ({ storage, close } = await open());
    });
    afterAll(async () => {
      await close();
    });
    const keys = async (prefix: string) => (await collect(storage.list(prefix))).map((object) => object.key);

    it('gives back what was put, whole and by range', async () => {
      const body = randomBytes(300_000);
      expect(await storage.put('a/one', body)).toBe(body.length);
      expect((await readObject(storage, 'a/one')).equals(body)).toBe(true);
      const ranged = async (start: number, length?: number) => {
        const chunks = await collect(await storage.get('a/one', length === undefined ? { start } : { start, length }));
        return Buffer.concat(chunks as Buffer[]);
      };
      expect((await ranged(10, 5)).equals(body.subarray(10, 15))).toBe(true);
      expect((await ranged(299_990, 100)).equals(body.subarray(299_990))).toBe(true);
      expect((await ranged(299_990)).equals(body.subarray(299_990))).toBe(true);
      expect((await ranged(5, 0)).length).toBe(0);
    });

    it('takes a stream, and an object of no bytes', async () => {
      const pieces = [randomBytes(70_000), randomBytes(1), randomBytes(200_000)];
      expect(await storage.put('a/streamed', Readable.from(pieces))).toBe(270_001);
      expect((await readObject(storage, 'a/streamed')).equals(Buffer.concat(pieces))).toBe(true);
      expect(await storage.put('a/empty', Buffer.alloc(0))).toBe(0);
      expect((await readObject(storage, 'a/empty')).length).toBe(0);
    });

    it('replaces an object of the same key whole', async () => {
      await storage.put('a/again', Buffer.from('a long first body'));
      await storage.put('a/again', Buffer.from('short'));
      expect((await readObject(storage, 'a/again')).toString()).toBe('short');
    });

    it('says that an absent object is absent', async () => {
      await expect(storage.get('a/absent')).rejects.toMatchObject({ code: 'VTR0221', grpc: 'NOT_FOUND' });
      await expect(storage.get('absent/folder/too')).rejects.toMatchObject({ code: 'VTR0221' });
      await expect(storage.get('a')).rejects.toMatchObject({ code: 'VTR0221' });
      await storage.delete('a/absent');
    });

    it('deletes', async () => {
      await storage.put('d/x', Buffer.from('x'));
      await storage.delete('d/x');
      await expect(storage.get('d/x')).rejects.toMatchObject({ code: 'VTR0221' });
      expect(await keys('d/')).toEqual([]);
    });

    it('lists in byte order of whole keys, with sizes', async () => {
      const names = ['l/a', 'l/a-b/x', 'l/aa/x', 'l/a.c', 'l/a0', 'l/B', 'l/ä', 'l/z/1', 'l/z-1', 'l/z0', 'l/z/0/9'];
      for (const key of names) await storage.put(key, Buffer.from(key));
      const sorted = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      const listed = await collect(storage.list('l/'));
      expect(listed.map((object) => object.key)).toEqual(sorted);
      for (const object of listed) expect(object.bytes).toBe(Buffer.byteLength(object.key));
      expect(await keys('l/a')).toEqual(sorted.filter((key) => key.startsWith('l/a')));
      expect(await keys('l/z/')).toEqual(['l/z/0/9', 'l/z/1']);
      expect(await keys('l/nothing')).toEqual([]);
      expect(await keys('nothing/at/all/')).toEqual([]);
      expect(await keys('')).toEqual(expect.arrayContaining(sorted));
    });

    it('shows nothing of a put whose body fails', async () => {
      const body = Readable.from((async function* () {
        yield Buffer.from('half of');
        await Promise.resolve();
        throw new Error('the source broke');
      })());
      await expect(storage.put('f/half', body)).rejects.toThrow('the source broke');
      await expect(storage.get('f/half')).rejects.toMatchObject({ code: 'VTR0221' });
      expect(await keys('f/')).toEqual([]);
    });

    it('shows nothing of an aborted put, and keeps what was there', async () => {
      await storage.put('f/kept', Buffer.from('kept'));
      const abort = new AbortController();
      const body = Readable.from((async function* () {
        yield Buffer.from('new');
        abort.abort(new Error('enough'));
        yield Buffer.from('never seen');
      })());
      await expect(storage.put('f/kept', body, abort.signal)).rejects.toThrow('enough');
      expect((await readObject(storage, 'f/kept')).toString()).toBe('kept');
    });

    it('lists correctly while others write and delete', async () => {
      const stable = Array.from({ length: 50 }, (_, i) => `w/stable-${String(i).padStart(3, '0')}`);
      for (const key of stable) await storage.put(key, Buffer.from('s'));
      let stop = false;
      const writer = (async () => {
        for (let i = 0; !stop && i < 400; i++) {
          await storage.put(`w/moving-${i % 7}/x`, Buffer.from(String(i)));
          if (i % 3 === 0) await storage.delete(`w/moving-${(i + 3) % 7}/x`);
        }
      })();
      try {
        for (let round = 0; round < 10; round++) {
          const seen = await keys('w/');
          expect(seen.filter((key) => key.startsWith('w/stable-'))).toEqual(stable);
          expect(seen).toEqual([...seen].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
        }
      } finally {
        stop = true;
        await writer;
      }
    });

    it('is whole for every reader while it is replaced', async () => {
      const bodies = [Buffer.alloc(200_000, 'a'), Buffer.alloc(100_000, 'b')];
      await storage.put('r/x', bodies[0]!);
      const writer = (async () => {
        for (let i = 0; i < 30; i++) await storage.put('r/x', bodies[i % 2]!);
      })();
      for (let i = 0; i < 30; i++) {
        const seen = await readObject(storage, 'r/x');
        expect(bodies.some((body) => body.equals(seen))).toBe(true);
      }
      await writer;
    });

    it.each([
      '', '/a', 'a/', 'a//b', '.', '..', 'a/../b', '../../etc/passwd', 'a/./b', 'a/..', 'a\\b', 'a/\0', 'line\nbreak', `${'x'.repeat(256)}`, 'y/'.repeat(600), '.vtrewind-tmp/x', 'a\ud800',
    ])('refuses the key %j everywhere', async (key) => {
      await expect(storage.put(key, Buffer.from('x'))).rejects.toMatchObject({ code: 'VTR0222' });
      await expect(storage.get(key)).rejects.toMatchObject({ code: 'VTR0222' });
      await expect(storage.delete(key)).rejects.toMatchObject({ code: 'VTR0222' });
    });

    it.each(['..', '../', 'a/../', '/a', 'a//'])('refuses to list %j', async (prefix) => {
      await expect(keys(prefix)).rejects.toMatchObject({ code: 'VTR0222' });
    });
  });
}
