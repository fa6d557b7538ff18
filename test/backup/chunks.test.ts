import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BackupManifest, decodeManifest, encodeManifest } from '../../src/backup/backupManifest.ts';
import { fetchChunks } from '../../src/backup/fetchChunks.ts';
import { storeChunks } from '../../src/backup/storeChunks.ts';
import { hasProgram } from '../support/servers.ts';
import { MemoryStorage } from './memoryStorage.ts';

async function* parts(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes.length === 0 ? 70_000 : (sizes[i % sizes.length] ?? 1);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function whole(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const part of source) all.push(part);
  return Buffer.concat(all);
}

const settings = { concurrency: 3, chunkBytes: 1 << 16, level: 1 };

describe('chunks', () => {
  it('give back the bytes that were stored, however they came in', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 400_000 }), fc.array(fc.integer({ min: 1, max: 200_000 }), { maxLength: 5 }), async (content, sizes) => {
      const storage = new MemoryStorage();
      const chunks = await storeChunks(parts(Buffer.from(content), sizes), storage, 'x/', settings);
      expect(await whole(fetchChunks(storage, 'x/', chunks, { concurrency: 2 }))).toEqual(Buffer.from(content));
    }), { numRuns: 25 });
  });

  it('are a zstd stream when joined, for restoring by hand', async (context) => {
    if (!(await hasProgram('zstd'))) return context.skip('no zstd program here');
    const content = Buffer.alloc(300_000, 'vtrewind ');
    const storage = new MemoryStorage();
    const chunks = await storeChunks(parts(content, []), storage, 'x/', settings);
    const joined = Buffer.concat(chunks.map((c) => storage.objects.get(`x/${c.name}`) ?? Buffer.alloc(0)));
    expect(execFileSync('zstd', ['-d', '-c'], { input: joined, maxBuffer: 1 << 20 })).toEqual(content);
  });

  it('never hold more than the concurrency in work, and stop at the first failure', async () => {
    const storage = new MemoryStorage();
    let working = 0;
    let most = 0;
    const put = storage.put.bind(storage);
    storage.put = async (key, body) => {
      most = Math.max(most, ++working);
      await new Promise((resolve) => setImmediate(resolve));
      working--;
      if (key.endsWith('000007.zst')) throw new Error('disk full');
      return put(key, body);
    };
    let read = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) {
        read++;
        yield Buffer.alloc(1 << 16, read % 256);
      }
    }
    await expect(storeChunks(endless(), storage, 'x/', settings)).rejects.toThrow('disk full');
    expect(most).toBeLessThanOrEqual(3);
    expect(read).toBeLessThan(20);
  });

  it('are refused when storage gives back something else at any place', async () => {
    const storage = new MemoryStorage();
    const chunks = await storeChunks(parts(Buffer.alloc(200_000, 7), []), storage, 'x/', settings);
    for (const chunk of chunks) {
      storage.damage(`x/${chunk.name}`);
      await expect(whole(fetchChunks(storage, 'x/', chunks, { concurrency: 2 }))).rejects.toMatchObject({ grpc: 'DATA_LOSS' });
      storage.damage(`x/${chunk.name}`);
    }
    expect((await whole(fetchChunks(storage, 'x/', chunks, { concurrency: 2 }))).length).toBe(200_000);
  });
});

describe('manifest', () => {
  const hash = 'ab'.repeat(32);
  const manifest: BackupManifest = {
    format: 'vtrewind-backup', formatVersion: 1, name: '2026-07-17.182520.zone1-0000000101', keyspace: 'ks', shard: '-80', keyRange: { start: '', end: '80' }, tabletAlias: 'zone1-0000000101',
    engine: 'hot', stream: 'tar', compression: 'zstd', startedAt: '2026-07-17T18:25:20.250000Z', finishedAt: '2026-07-17T18:25:30Z',
    server: { flavour: 'mysql', version: '9.7.4', versionNumber: 90704, serverId: 1, serverUuid: 'u', requiredOptions: ['innodb_page_size=16384'] },
    position: { gtid: 'u:1-5', before: 'u:1-4', after: 'u:1-6', committedBefore: '2026-07-17T18:25:29.000001Z' },
    tables: [{ database: 'vt_ks', name: 't', kind: 'table', engine: 'InnoDB' }], vschema: { sharded: true, tables: {} },
    schema: { name: 'schema.sql', bytes: 10, sha256: hash }, rawBytes: 100, storedBytes: 40, chunks: [{ name: 'data.000000.zst', bytes: 40, sha256: hash, rawBytes: 100, rawCrc32: 5 }],
  };

  it('comes back as it was written', () => {
    expect(decodeManifest(encodeManifest(manifest), 'x')).toEqual(manifest);
  });

  it('is refused when any byte of it is changed', () => {
    const stored = encodeManifest(manifest);
    for (let at = 0; at < stored.length; at++) {
      const bad = Buffer.from(stored);
      bad[at] = (bad[at] ?? 0) ^ 0x01;
      let accepted: BackupManifest | undefined;
      try {
        accepted = decodeManifest(bad, 'x');
      } catch (error) {
        expect(error).toMatchObject({ code: 'VTR0402' });
      }
      // Only a change that means nothing (white space of another kind) may pass.
      if (accepted !== undefined) expect(accepted).toEqual(manifest);
    }
  });

  it('is not written with a chunk that has no hash, or sums that are off', () => {
    const [chunk] = manifest.chunks;
    expect(() => encodeManifest({ ...manifest, chunks: [{ ...chunk!, sha256: '' }] })).toThrow();
    expect(() => encodeManifest({ ...manifest, rawBytes: 99 })).toThrow(/add up/);
    expect(() => encodeManifest({ ...manifest, chunks: [] })).toThrow();
  });
});
