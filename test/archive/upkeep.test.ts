import { fork } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.ts';
import type { ArchiveCatalog } from '../../src/binlog/archive/archiveCatalog.ts';
import { claimKey } from '../../src/binlog/archive/archiveKeys.ts';
import { ArchiveWriter } from '../../src/binlog/archive/archiveWriter.ts';
import { findCut } from '../../src/binlog/archive/findCut.ts';
import { mergeSegments } from '../../src/binlog/archive/mergeSegments.ts';
import { sweepMerged } from '../../src/binlog/archive/sweepMerged.ts';
import type { SegmentEntry } from '../../src/binlog/archive/timelines.ts';
import { parseGtidState } from '../../src/binlog/gtidState.ts';
import { ArchiveReplaySource } from '../../src/binlog/serve/archiveReplaySource.ts';
import { collect } from '../../src/storage/collect.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { flavours, startServer } from '../support/servers.ts';
import { appliedBy, archiverOf, attach, caughtUp, loadCatalog, serveArchive, testStorage } from './archiveFixture.ts';
import { Feeder, TestStorage, uuid, writerOptions } from './syntheticBinlog.ts';

const t0 = 1_700_000_000_000_000;

async function feed(storage: Storage, from: number, to: number): Promise<ArchiveWriter> {
  const writer = await ArchiveWriter.open(writerOptions(storage));
  const feeder = new Feeder(writer);
  await feeder.begin();
  for (let i = from; i <= to; i++) {
    await feeder.add(i, t0 + i * 1000);
    await writer.flush();
  }
  await writer.close();
  return writer;
}

/** The events up to a moment as a replica that holds transactions 1 to 2 gets them. */
async function replay(catalog: ArchiveCatalog, micros: number): Promise<Buffer> {
  const until = await findCut(catalog, { type: 'time', micros });
  const events: Buffer[] = [];
  const from = { type: 'state', state: parseGtidState('mysql', `${uuid}:1-2`) } as const;
  for await (const item of new ArchiveReplaySource(catalog).read({ from, until }, new AbortController().signal)) if (item.type === 'event') events.push(item.event);
  return Buffer.concat(events);
}

const mergedOf = (catalog: ArchiveCatalog) => catalog.entries.filter((entry): entry is SegmentEntry => entry.type === 'segment' && entry.sequence !== entry.lastSequence);
const keysOf = async (storage: Storage, part: string) => (await collect(storage.list('log-backup/ks/-80/'))).map(({ key }) => key).filter((key) => key.includes(part));

describe('removing what was merged', () => {
  it('leaves merged segments alone, gives readers of older listings the same, and does nothing the second time', async () => {
    const storage = new TestStorage();
    await feed(storage, 1, 12);
    const older = await loadCatalog(storage);
    const before = await replay(await loadCatalog(storage), t0 + 9000);
    const cut = await findCut(older, { type: 'time', micros: t0 + 9000 });
    const catalog = await loadCatalog(storage);
    await mergeSegments(catalog, { segments: 5 });
    await mergeSegments(catalog, { segments: 5 });
    expect(await sweepMerged(catalog, 1, mergedOf(catalog))).toBe(20);
    expect((await keysOf(storage, '/data/')).length).toBe(4);
    expect((await keysOf(storage, '.s.')).length).toBe(4);
    expect((await replay(older, t0 + 9000)).equals(before)).toBe(true);
    const fresh = await loadCatalog(storage);
    expect((await findCut(fresh, { type: 'time', micros: t0 + 9000 })).place).toEqual(cut.place);
    expect((await replay(fresh, t0 + 9000)).equals(before)).toBe(true);
    expect(await sweepMerged(fresh, 1, mergedOf(fresh))).toBe(0);
  });

  it('removes nothing once a newer writer has claimed the archive, nor when merged data is damaged', async () => {
    const storage = new TestStorage();
    await feed(storage, 1, 6);
    const catalog = await loadCatalog(storage);
    await mergeSegments(catalog, { segments: 5 });
    const all = new Map(storage.objects);
    storage.objects.set(claimKey(catalog.root, 2), Buffer.from('{}'));
    await expect(sweepMerged(catalog, 1, mergedOf(catalog))).rejects.toMatchObject({ code: 'VTR1211' });
    storage.objects.delete(claimKey(catalog.root, 2));
    const [data] = await keysOf(storage, '-000000000006.binlog');
    const damaged = Buffer.from(all.get(data!)!);
    damaged[200] = damaged[200]! ^ 1;
    storage.objects.set(data!, damaged);
    await expect(sweepMerged(catalog, 1, mergedOf(catalog))).rejects.toMatchObject({ code: 'VTR1201' });
    expect([...storage.objects.keys()].sort()).toEqual([...all.keys()].sort());
  });

  it('keeps an archive whole whose older claimant stores its record after a younger one', async () => {
    const storage = new TestStorage();
    const first = await ArchiveWriter.open(writerOptions(storage));
    const feeder = new Feeder(first);
    await feeder.begin();
    await feeder.add(1, t0 + 1000);
    await first.flush();
    // epoch 2 has looked at the archive and is paused before its record; epoch 1 goes on; then epoch 3 takes over, and 2 wakes up
    let wake: () => void = () => undefined;
    const paused = new Promise<void>((resolve) => { wake = resolve; });
    let reached: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => { reached = resolve; });
    storage.beforePut = async (key) => {
      if (!key.endsWith('epochs/0000000002.json')) return;
      reached();
      await paused;
    };
    const second = ArchiveWriter.open(writerOptions(storage, { nextEpoch: () => Promise.resolve(2) }));
    await waiting;
    await feeder.add(2, t0 + 2000);
    await first.close();
    const third = await ArchiveWriter.open(writerOptions(storage, { nextEpoch: () => Promise.resolve(3) }));
    const next = new Feeder(third);
    await next.begin();
    await next.add(3, t0 + 3000);
    await third.close();
    wake();
    await (await second).close();
    const catalog = await loadCatalog(storage);
    expect(catalog.entries.map(({ epoch }) => epoch)).toEqual([1, 1, 1, 3]);
    expect((await findCut(catalog, { type: 'afterGtid', gtid: `${uuid}:3` })).state.toString()).toBe(`${uuid}:1-3`);
  });

  it('leaves a whole archive when it is killed at any step', async () => {
    const { storage, folder } = await testStorage();
    await feed(storage, 1, 4);
    await feed(storage, 5, 6);
    const cut = await findCut(await loadCatalog(storage), { type: 'time', micros: t0 + 4000 });
    const before = await replay(await loadCatalog(storage), t0 + 5000);
    const seen = new Set<string>();
    let epoch = 2;
    // each round makes one change of the storage and is killed before the next, so that every change is once the last
    for (let round = 0; round < 20; round++) {
      const child = fork(join(import.meta.dirname, 'sweepProcess.ts'), [folder, '2', String(epoch)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      const ended = await new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
      const catalog = await loadCatalog(storage);
      seen.add((await keysOf(storage, '')).filter((key) => !key.includes('/epochs/') && !key.includes('/claims/')).join());
      expect((await findCut(catalog, { type: 'time', micros: t0 + 4000 })).place).toEqual(cut.place);
      expect((await replay(catalog, t0 + 5000)).equals(before)).toBe(true);
      if (round === 5) {
        const writer = await ArchiveWriter.open(writerOptions(storage));
        ({ epoch } = writer);
        expect(writer.tip?.state.toString()).toBe(`${uuid}:1-6`);
        await writer.close();
      }
      if (ended === 0) break;
    }
    expect(seen.size).toBeGreaterThan(8);
    expect(await keysOf(storage, '/data/')).toHaveLength(3);
  }, 120_000);
});

for (const flavour of await flavours()) {
  describe(`the archive of ${flavour} while it is merged and swept`, () => {
    it('serves a replica under load and cuts as before', async () => {
      const primary = await startServer({ flavour });
      const replica = await startServer({ flavour });
      const { storage } = await testStorage();
      const client = await primary.connect({ multipleStatements: true });
      const local = await replica.connect({ multipleStatements: true });
      await client.query('CREATE DATABASE t; CREATE TABLE t.a (id INT PRIMARY KEY AUTO_INCREMENT, v TEXT)');
      await local.query(flavour === 'mysql' ? 'RESET BINARY LOGS AND GTIDS' : 'RESET MASTER');
      const archiver = archiverOf(storage, () => primary, { flushIntervalMs: 5, upkeep: { mergeAfter: 6, graceMs: 0, everyMs: 20 } });
      let writing = true;
      const writer = (async () => {
        while (writing) await client.query("INSERT INTO t.a (v) VALUES ('x')");
      })();
      let server: Awaited<ReturnType<typeof serveArchive>>['server'] | undefined;
      try {
        await waitFor('the first sweep', () => archiver.status().removed > 0, { timeoutMs: 60_000 });
        ({ server } = await serveArchive(archiver.catalog!, { archiver }));
        await attach(replica, server.port);
        const reader = await loadCatalog(storage);
        const middle = (await reader.index(reader.entries.filter((entry): entry is SegmentEntry => entry.type === 'segment').at(-1)!).catch(() => undefined))?.transactions[0];
        const cut = middle === undefined ? undefined : await findCut(reader, { type: 'afterGtid', gtid: middle.gtid });
        const then = archiver.status().removed;
        await waitFor('more sweeps', () => archiver.status().removed > then + 60, { timeoutMs: 60_000 });
        writing = false;
        await writer;
        const state = await caughtUp(archiver, primary);
        await waitFor('the replica', async () => (await appliedBy(replica)) === state, { timeoutMs: 60_000 });
        const count = async (connection: typeof client) => ((await connection.query('SELECT COUNT(*) AS n, MAX(id) AS m FROM t.a'))[0] as unknown[])[0];
        expect(await count(local)).toEqual(await count(client));
        expect(archiver.status().upkeepFailures).toBe(0);
        const catalog = await loadCatalog(storage);
        const gtids: string[] = [];
        for (const entry of catalog.entries) if (entry.type === 'segment') gtids.push(...(await catalog.index(entry)).transactions.map(({ gtid }) => gtid));
        expect(new Set(gtids).size).toBe(gtids.length);
        if (cut !== undefined) {
          const now = await findCut(catalog, cut.at);
          expect([now.place, now.state.toString()]).toEqual([cut.place, cut.state.toString()]);
        }
      } finally {
        writing = false;
        await writer;
        await archiver.stop();
        await server?.close({ drainMs: 0 });
        await client.end();
        await local.end();
      }
    }, 240_000);
  });
}
