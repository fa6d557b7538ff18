import { describe, expect, it } from 'vitest';
import { ArchiveCatalog } from '../../src/binlog/archive/archiveCatalog.ts';
import { dataKey, segmentKey } from '../../src/binlog/archive/archiveKeys.ts';
import { encodeRecord, encodeSegmentIndex } from '../../src/binlog/archive/archiveRecords.ts';
import { ArchiveWriter } from '../../src/binlog/archive/archiveWriter.ts';
import { findCut } from '../../src/binlog/archive/findCut.ts';
import { restorableWindow } from '../../src/binlog/archive/restorableWindow.ts';
import { BinlogReader } from '../../src/binlog/binlogReader.ts';
import { parseGtidState, printGtid } from '../../src/binlog/gtidState.ts';
import { ArchiveReplaySource } from '../../src/binlog/serve/archiveReplaySource.ts';
import { Feeder, source, TestStorage, uuid, writerOptions } from './syntheticBinlog.ts';

const second = 1_000_000;
const t0 = 1_700_000_000 * second;
const load = (storage: TestStorage) => ArchiveCatalog.load(storage, 'ks', '-80');

async function gnos(storage: TestStorage): Promise<number[]> {
  const catalog = await load(storage);
  const all: number[] = [];
  for (const entry of catalog.entries) if (entry.type === 'segment') all.push(...(await catalog.index(entry)).transactions.map((t) => Number(t.gtid.split(':')[1])));
  return all;
}

describe('the archive writer', () => {
  it('stores segments that are binlog files of their own', async () => {
    const storage = new TestStorage();
    const writer = await ArchiveWriter.open(writerOptions(storage, { segmentBytes: 2000 }));
    const feeder = new Feeder(writer);
    await feeder.begin(`${uuid}:1-4`);
    for (let i = 5; i <= 40; i++) await feeder.add(i, t0 + i * 1000);
    await writer.close();
    const keys = [...storage.objects.keys()].filter((key) => key.endsWith('.binlog')).sort();
    expect(keys.length).toBeGreaterThan(2);
    const seen: string[] = [];
    for (const key of keys) {
      async function* body() {
        yield storage.objects.get(key)!;
      }
      for await (const transaction of new BinlogReader(body()).transactions()) seen.push(printGtid(transaction.gtid!));
    }
    expect(seen).toEqual(Array.from({ length: 36 }, (_, i) => `${uuid}:${i + 5}`));
    expect(writer.durableState?.toString()).toBe(`${uuid}:1-40`);
  });

  it('fences a writer that was superseded: what it stores later is not read, and it is told', async () => {
    const storage = new TestStorage();
    const old = await ArchiveWriter.open(writerOptions(storage));
    const oldFeeder = new Feeder(old);
    await oldFeeder.begin();
    await oldFeeder.add(1, t0);
    await old.flush();
    const next = await ArchiveWriter.open(writerOptions(storage));
    expect(next.tip?.state.toString()).toBe(`${uuid}:1`);
    // the old one wakes up and stores a transaction of its own view
    await oldFeeder.add(2, t0 + second);
    await old.flush();
    await expect(old.checkOwner()).rejects.toMatchObject({ code: 'VTR1211' });
    await expect(old.evidence({ sourceId: uuid, provenMicros: t0 + 9 * second, clockOffsetMicros: [0, 0] })).rejects.toMatchObject({ code: 'VTR1211' });
    const feeder = new Feeder(next);
    feeder.position = oldFeeder.position;
    await feeder.begin();
    await feeder.add(2, t0 + 2 * second);
    await feeder.add(3, t0 + 3 * second);
    await next.close();
    expect(await gnos(storage)).toEqual([1, 2, 3]);
    const catalog = await load(storage);
    expect(catalog.entries.map((entry) => `${entry.epoch}/${entry.sequence}`)).toEqual(['1/1', '1/2', '2/1']);
    // a third that stored nothing changes nothing
    await ArchiveWriter.open(writerOptions(storage));
    const fourth = await ArchiveWriter.open(writerOptions(storage));
    expect(fourth.tip?.state.toString()).toBe(`${uuid}:1-3`);
    expect(await gnos(storage)).toEqual([1, 2, 3]);
  });

  it('goes on behind what is stored when the store fails at any put', async () => {
    for (const failing of [/data\//, /index\/.*\.s\./]) {
      const storage = new TestStorage();
      const writer = await ArchiveWriter.open(writerOptions(storage));
      const feeder = new Feeder(writer);
      await feeder.begin();
      await feeder.add(1, t0);
      await writer.flush();
      storage.beforePut = (key) => {
        if (failing.test(key)) throw new Error('disk full');
      };
      await feeder.add(2, t0 + 1000);
      await expect(writer.flush()).rejects.toThrow('disk full');
      await expect(feeder.add(3, t0 + 2000)).rejects.toThrow('disk full');
      storage.beforePut = () => undefined;
      await expect(writer.flush()).rejects.toThrow('disk full');
      const again = await ArchiveWriter.open(writerOptions(storage));
      expect(again.tip?.state.toString()).toBe(`${uuid}:1`);
      const more = new Feeder(again);
      await more.begin();
      for (let i = 2; i <= 4; i++) await more.add(i, t0 + i * 1000);
      await again.close();
      expect(await gnos(storage)).toEqual([1, 2, 3, 4]);
    }
  });

  it('streams a huge transaction into a segment of its own, and leaves nothing of one that never ends', async () => {
    const storage = new TestStorage();
    const writer = await ArchiveWriter.open(writerOptions(storage, { spillBytes: 3 << 20, flushIntervalMs: 60_000 }));
    const feeder = new Feeder(writer);
    await feeder.begin();
    await feeder.add(1, t0);
    await feeder.add(2, t0 + 1, 20 << 20);
    await feeder.add(3, t0 + 2);
    await writer.flush();
    const whole = [...storage.objects.keys()];
    await feeder.addPart(4, t0 + 3, 20 << 20);
    writer.discard();
    await writer.flush();
    expect([...storage.objects.keys()]).toEqual(whole);
    await feeder.add(4, t0 + 4);
    await writer.close();
    expect(await gnos(storage)).toEqual([1, 2, 3, 4]);
    const catalog = await load(storage);
    expect(catalog.entries.map((entry) => (entry.type === 'segment' ? entry.transactions : 'join'))).toEqual(['join', 1, 1, 1, 1]);
    let bytes = 0;
    for await (const item of new ArchiveReplaySource(catalog).read({ from: { type: 'state', state: parseGtidState('mysql', `${uuid}:1`) } }, AbortSignal.timeout(10_000))) {
      if (item.type === 'event') bytes += item.event.length;
      if (item.type === 'caughtUp') break;
    }
    expect(bytes).toBeGreaterThan(20 << 20);
  });

  it('refuses damage: a flipped bit, a lost object, a hole, a foreign index', async () => {
    const make = async () => {
      const storage = new TestStorage();
      const writer = await ArchiveWriter.open(writerOptions(storage));
      const feeder = new Feeder(writer);
      await feeder.begin();
      for (let i = 1; i <= 3; i++) {
        await feeder.add(i, t0 + i * second);
        await writer.flush();
      }
      await writer.close();
      return storage;
    };
    const readAll = async (storage: TestStorage) => {
      const catalog = await load(storage);
      for await (const item of new ArchiveReplaySource(catalog).read({ from: { type: 'state', state: parseGtidState('mysql', '') } }, AbortSignal.timeout(10_000))) if (item.type === 'caughtUp') return;
    };
    const intact = await make();
    await readAll(intact);
    const flipped = await make();
    flipped.objects.get(dataKey('log-backup/ks/-80/', 1, 3))![300]! ^= 1;
    await expect(readAll(flipped)).rejects.toMatchObject({ code: 'VTR1201' });
    const lost = await make();
    await lost.delete(dataKey('log-backup/ks/-80/', 1, 3));
    await expect(readAll(lost)).rejects.toMatchObject({ code: 'VTR0221' });
    const hole = await make();
    for (const key of hole.objects.keys()) if (key.includes('000000000003.s')) await hole.delete(key);
    await expect(load(hole)).rejects.toMatchObject({ code: 'VTR1201' });
    const foreign = await make();
    const keys = [...foreign.objects.keys()].filter((key) => key.includes('.s.')).sort();
    foreign.objects.set(keys[1]!, foreign.objects.get(keys[0]!)!);
    await expect(readAll(foreign)).rejects.toMatchObject({ code: 'VTR1201' });
    const beheaded = await make();
    for (const key of beheaded.objects.keys()) if (key.endsWith('.j.json')) await beheaded.delete(key);
    await expect(load(beheaded)).rejects.toMatchObject({ code: 'VTR1201' });
  });
});

describe('finding a cut', () => {
  it('in an archive of 10,000 segments asks the store for a few objects only', async () => {
    const storage = new TestStorage();
    const writer = await ArchiveWriter.open(writerOptions(storage));
    const feeder = new Feeder(writer);
    await feeder.begin();
    await feeder.add(1, t0);
    await writer.close();
    const catalog = await load(storage);
    const template = await catalog.index(catalog.entries[1] as Extract<(typeof catalog.entries)[number], { type: 'segment' }>);
    for (let n = 2; n < 10_000; n++) {
      const at = t0 + n * 1000;
      const gtid = `${uuid}:${n}`;
      const transactions = [{ ...template.transactions[0]!, gtid, earliest: at, latest: at }];
      const header = { ...template.header, sequence: n + 1, before: `${uuid}:1-${n - 1}`, after: `${uuid}:1-${n}` };
      storage.objects.set(segmentKey(catalog.root, { epoch: 1, sequence: n + 1, lastSequence: n + 1, transactions: 1, minEarliest: at, maxEarliest: at, maxLatest: at }), encodeSegmentIndex({ header, transactions }));
    }
    storage.gets = 0;
    storage.lists = 0;
    const big = await load(storage);
    expect(big.entries.length).toBe(10_000);
    const cut = await findCut(big, { type: 'time', micros: t0 + 7000 * 1000 });
    expect(cut.lastIncluded?.gtid).toBe(`${uuid}:7000`);
    expect(cut.firstExcluded?.gtid).toBe(`${uuid}:7001`);
    const byGtid = await findCut(big, { type: 'beforeGtid', gtid: `${uuid}:1234` });
    expect(byGtid.lastIncluded?.gtid).toBe(`${uuid}:1233`);
    expect(storage.gets).toBeLessThan(40);
    expect(storage.lists).toBeLessThan(6);
  });

  it('takes a prefix where the clock stepped back, and says so', async () => {
    const storage = new TestStorage();
    const writer = await ArchiveWriter.open(writerOptions(storage));
    const feeder = new Feeder(writer);
    await feeder.begin();
    for (const [gno, at] of [[1, 10], [2, 20], [3, 30], [4, 12], [5, 40]] as const) await feeder.add(gno, t0 + at * second);
    await writer.close();
    const catalog = await load(storage);
    const cut = await findCut(catalog, { type: 'time', micros: t0 + 25 * second });
    expect(cut.lastIncluded?.gtid).toBe(`${uuid}:2`);
    expect(cut.warnings.join()).toContain('stepped back');
    expect((await findCut(catalog, { type: 'time', micros: t0 + 35 * second })).warnings).toEqual([]);
  });

  it('goes by what is proven: an end without evidence is its last transaction, with evidence beyond', async () => {
    const storage = new TestStorage();
    const writer = await ArchiveWriter.open(writerOptions(storage));
    const feeder = new Feeder(writer);
    await feeder.begin();
    await feeder.add(1, t0);
    await feeder.add(2, t0 + 10 * second);
    await writer.flush();
    expect((await restorableWindow(storage, 'ks', '-80')).sections[0]?.to).toBe(t0 + 10 * second);
    await writer.evidence({ sourceId: uuid, provenMicros: t0 + 60 * second, clockOffsetMicros: [0, 0] });
    expect((await restorableWindow(storage, 'ks', '-80')).sections[0]?.to).toBe(t0 + 60 * second);
    const cut = await findCut(await load(storage), { type: 'time', micros: t0 + 59 * second });
    expect(cut.state.toString()).toBe(`${uuid}:1-2`);
    // evidence of another server proves nothing about this one
    await writer.join({ kind: 'source', flavour: 'mysql', timeline: 1, source: { ...source, id: '00000000-0000-0000-0000-000000000009' }, atMicros: t0 + 70 * second, dropped: '', missing: '', reason: 'failover' }, parseGtidState('mysql', `${uuid}:1-2`));
    expect((await load(storage)).entries.at(-1)).toMatchObject({ type: 'join', sequence: 3 });
    await storage.put('log-backup/ks/-80/evidence/0000000001.json', encodeRecord({ version: 1, epoch: 1, sequence: 3, sourceId: uuid, provenMicros: t0 + 90 * second, writtenMicros: 0, clockOffsetMicros: [0, 0], state: '' }));
    expect((await restorableWindow(storage, 'ks', '-80')).sections[0]?.to).toBe(t0 + 10 * second);
    // but what it proved while it was followed stays proven
    await storage.put('log-backup/ks/-80/evidence/0000000001.json', encodeRecord({ version: 1, epoch: 1, sequence: 2, sourceId: uuid, provenMicros: t0 + 60 * second, writtenMicros: 0, clockOffsetMicros: [0, 0], state: '' }));
    expect((await restorableWindow(storage, 'ks', '-80')).sections[0]?.to).toBe(t0 + 60 * second);
    await writer.close();
  });

  it('of an empty archive is refused', async () => {
    await expect(findCut(await load(new TestStorage()), { type: 'time', micros: t0 })).rejects.toMatchObject({ code: 'VTR1212' });
  });
});
