import { describe, expect, it } from 'vitest';
import { ArchiveCatalog } from '../../src/binlog/archive/archiveCatalog.ts';
import { ArchiveWriter } from '../../src/binlog/archive/archiveWriter.ts';
import { findCut } from '../../src/binlog/archive/findCut.ts';
import { mergeSegments } from '../../src/binlog/archive/mergeSegments.ts';
import { parseGtidState } from '../../src/binlog/gtidState.ts';
import { ArchiveReplaySource } from '../../src/binlog/serve/archiveReplaySource.ts';
import { Feeder, TestStorage, uuid, writerOptions } from './syntheticBinlog.ts';

const t0 = 1_700_000_000_000_000;
const load = (storage: TestStorage) => ArchiveCatalog.load(storage, 'ks', '-80');

async function archive(transactions: number): Promise<TestStorage> {
  const storage = new TestStorage();
  const writer = await ArchiveWriter.open(writerOptions(storage));
  const feeder = new Feeder(writer);
  await feeder.begin();
  for (let i = 1; i <= transactions; i++) {
    await feeder.add(i, t0 + i * 1000);
    await writer.flush();
  }
  await writer.close();
  return storage;
}

async function eventsUntil(catalog: ArchiveCatalog, micros: number): Promise<Buffer> {
  const until = await findCut(catalog, { type: 'time', micros });
  const events: Buffer[] = [];
  const from = { type: 'state', state: parseGtidState('mysql', `${uuid}:1-3`) } as const;
  for await (const item of new ArchiveReplaySource(catalog).read({ from, until }, new AbortController().signal)) if (item.type === 'event') events.push(item.event);
  return Buffer.concat(events);
}

describe('merged segments', () => {
  it('give every reader the same, with the single ones there or gone, and are uploaded once', async () => {
    const storage = await archive(12);
    const catalog = await load(storage);
    const before = await eventsUntil(catalog, t0 + 9000);
    const cut = await findCut(catalog, { type: 'time', micros: t0 + 9000 });
    const puts: string[] = [];
    storage.beforePut = (key) => { puts.push(key); };
    expect(await mergeSegments(catalog, { segments: 10 })).toBe(10);
    expect(puts.length).toBe(2);
    expect(await mergeSegments(catalog, { segments: 10 })).toBe(0);
    expect(catalog.entries.length).toBe(4);
    expect((await findCut(catalog, { type: 'time', micros: t0 + 9000 })).place).toEqual(cut.place);
    expect((await eventsUntil(catalog, t0 + 9000)).equals(before)).toBe(true);
    for (const key of [...storage.objects.keys()]) if (/(index|data)\/0000000001\/0000000000(0[2-9]|1[01])\.(s|binlog)/.test(key)) storage.objects.delete(key);
    const fresh = await load(storage);
    expect(fresh.entries.length).toBe(4);
    expect((await eventsUntil(fresh, t0 + 9000)).equals(before)).toBe(true);
  });

  it('are not uploaded again after a crash before their index', async () => {
    const storage = await archive(12);
    storage.beforePut = (key) => { if (/index\/.*-/.test(key)) throw new Error('killed'); };
    await expect(mergeSegments(await load(storage), { segments: 10 })).rejects.toThrow('killed');
    expect((await load(storage)).entries.length).toBe(13);
    const puts: string[] = [];
    storage.beforePut = (key) => { puts.push(key); };
    expect(await mergeSegments(await load(storage), { segments: 10 })).toBe(10);
    expect(puts.map((key) => key.includes('/data/'))).toEqual([false]);
  });
});
