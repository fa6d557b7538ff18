import { describe, expect, it } from 'vitest';
import type { VtrewindError } from '../../src/base/errors.ts';
import { nowMicros } from '../../src/base/time.ts';
import { delay, waitFor } from '../../src/base/wait.ts';
import { type CutAt, findCut } from '../../src/binlog/archive/findCut.ts';
import { restorableWindow } from '../../src/binlog/archive/restorableWindow.ts';
import type { IndexedTransaction } from '../../src/binlog/archive/archiveRecords.ts';
import { ArchiveReplaySource } from '../../src/binlog/serve/archiveReplaySource.ts';
import { openRemoteArchive } from '../../src/binlog/serve/remoteArchive.ts';
import { openReplayListener } from '../../src/binlog/serve/replayListener.ts';
import { answerOfCut } from '../../src/binlog/serve/remoteArchive.ts';
import { parseGtidState } from '../../src/binlog/gtidState.ts';
import { flavours, startServer, type TestServer } from '../support/servers.ts';
import { appliedBy, archiverOf, attachTo, caughtUp, loadCatalog, serveArchive, testPassword, testStorage } from './archiveFixture.ts';

/** Every archived transaction in order. */
async function archived(storage: Parameters<typeof loadCatalog>[0]): Promise<IndexedTransaction[]> {
  const catalog = await loadCatalog(storage);
  const all: IndexedTransaction[] = [];
  for (const entry of catalog.entries) if (entry.type === 'segment') all.push(...(await catalog.index(entry)).transactions);
  return all;
}

async function ids(server: TestServer): Promise<number[]> {
  const connection = await server.connect();
  try {
    const [rows] = await connection.query('SELECT id FROM t.a ORDER BY id');
    return (rows as { id: number }[]).map(({ id }) => id);
  } finally {
    await connection.end();
  }
}

for (const flavour of await flavours()) {
  describe(`a cut on ${flavour}`, () => {
    it('is exact to the transaction by GTID, and by time between transactions less than a millisecond apart', async () => {
      const primary = await startServer({ flavour });
      const client = await primary.connect({ multipleStatements: true });
      const { storage } = await testStorage();
      const archiver = archiverOf(storage, () => primary);
      const replica = await startServer({ flavour });
      const local = await replica.connect({ multipleStatements: true });
      try {
        await client.query('CREATE DATABASE t; CREATE TABLE t.a (id INT PRIMARY KEY)');
        await client.query('SET GLOBAL sync_binlog = 0, GLOBAL innodb_flush_log_at_trx_commit = 0');
        await caughtUp(archiver, primary);
        await client.query(Array.from({ length: 400 }, (_, i) => `INSERT INTO t.a VALUES (${i + 1})`).join(';'));
        await caughtUp(archiver, primary);
        const all = await archived(storage);
        expect(all.length).toBe(402);
        const catalog = await loadCatalog(storage);

        // by GTID, on both sides of it
        const target = all[200]!;
        const before = await findCut(catalog, { type: 'beforeGtid', gtid: target.gtid });
        const after = await findCut(catalog, { type: 'afterGtid', gtid: target.gtid });
        expect(before.firstExcluded?.gtid).toBe(target.gtid);
        expect(before.lastIncluded?.gtid).toBe(all[199]!.gtid);
        expect(after.lastIncluded?.gtid).toBe(target.gtid);
        expect(after.firstExcluded?.gtid).toBe(all[201]!.gtid);
        const again = await findCut(catalog, { type: 'state', state: after.state.toString() });
        expect(again.place).toEqual(after.place);
        expect(again.state.toString()).toBe(after.state.toString());

        let at: CutAt = { type: 'beforeGtid', gtid: target.gtid };
        let expected = 198; // transactions 1 and 2 made the schema and table: index 200 is row 199
        if (flavour === 'mysql') {
          // a moment whose neighbours on both sides are less than a millisecond away
          const k = all.findIndex((t, i) => i > 100 && t.earliest - all[i - 1]!.earliest < 1000 && all[i + 1]!.earliest - t.earliest < 1000 && all[i + 1]!.earliest > t.earliest && t.earliest > all[i - 1]!.earliest);
          expect(k).toBeGreaterThan(100);
          const exact = await findCut(catalog, { type: 'time', micros: all[k]!.earliest });
          expect(exact.lastIncluded?.gtid).toBe(all[k]!.gtid);
          const less = await findCut(catalog, { type: 'time', micros: all[k]!.earliest - 1 });
          expect(less.lastIncluded?.gtid).toBe(all[k - 1]!.gtid);
          expect(less.firstExcluded?.gtid).toBe(all[k]!.gtid);
          at = { type: 'time', micros: all[k]!.earliest };
          expected = k - 1;
        } else {
          // a moment within intervals is refused with the neighbours named, unless a side is chosen
          const moment = all[300]!.earliest + 1;
          const refused = await findCut(catalog, { type: 'time', micros: moment }).then(() => undefined, (error: unknown) => error as VtrewindError);
          expect(refused?.code).toBe('VTR1213');
          const low = await findCut(catalog, { type: 'time', micros: moment }, { nearest: 'before' });
          const high = await findCut(catalog, { type: 'time', micros: moment }, { nearest: 'after' });
          expect(refused?.hint).toContain(low.lastIncluded!.gtid);
          expect(low.exact).toBe(false);
          expect(high.state.containsAll(low.state)).toBe(true);
          expect(high.lastIncluded!.earliest).toBeLessThanOrEqual(moment);
        }

        const cut = await findCut(catalog, at);
        await local.query(flavour === 'mysql' ? 'RESET BINARY LOGS AND GTIDS' : 'RESET MASTER');
        const listener = await openReplayListener({ source: new ArchiveReplaySource(catalog), until: cut });
        try {
          await attachTo(replica, listener);
          await waitFor('the cut', async () => parseGtidState(flavour, await appliedBy(replica)).containsAll(cut.state), { timeoutMs: 20_000 });
          await client.query('INSERT INTO t.a VALUES (1000)');
          await caughtUp(archiver, primary);
          await delay(1500); // heartbeats go on, and nothing else
          expect(parseGtidState(flavour, await appliedBy(replica)).equals(cut.state)).toBe(true);
          expect(await ids(replica)).toEqual(Array.from({ length: expected }, (_, i) => i + 1));
          await local.query(flavour === 'mysql' ? 'STOP REPLICA' : 'STOP SLAVE');
        } finally {
          await listener.close();
        }

        // the same cut through a remote binlog server: the archive's listener, then the primary itself
        const { server } = await serveArchive(archiver.catalog!, { archiver, findCut: async (question) => {
          const { at: asked, nearest } = JSON.parse(question) as { at: CutAt; nearest?: 'before' | 'after' };
          return JSON.stringify(answerOfCut(await findCut(await loadCatalog(storage), asked, nearest === undefined ? {} : { nearest })));
        } });
        const identity = { serverId: 4_100_000_001, uuid: '11111111-2222-3333-4444-555555555555' };
        try {
          const nothing = parseGtidState(flavour, '');
          for (const connect of [{ host: '127.0.0.1', port: server.port, user: 'repl', password: testPassword }, { host: '127.0.0.1', port: primary.port, user: 'root' }]) {
            const remote = openRemoteArchive({ connect, identity });
            const found = await remote.findCut(at, { from: nothing });
            expect(found.state.toString()).toBe(cut.state.toString());
            const seen: number[] = [];
            for await (const item of remote.source.read({ from: { type: 'state', state: nothing }, until: found }, AbortSignal.timeout(20_000))) {
              if (item.type === 'event') seen.push(item.event.length);
              if (item.type === 'end') break;
            }
            expect(seen.reduce((sum, n) => sum + n, 0)).toBe(all.slice(0, expected + 2).reduce((sum, t) => sum + t.bytes, 0));
          }
        } finally {
          await server.close({ drainMs: 0 });
        }
      } finally {
        await archiver.stop();
        await client.end();
        await local.end();
      }
    }, 120_000);

    it('is refused before the archive, beyond what is proven and for what is not archived', async () => {
      const primary = await startServer({ flavour });
      const client = await primary.connect({ multipleStatements: true });
      const { storage } = await testStorage();
      const archiver = archiverOf(storage, () => primary);
      try {
        await client.query('CREATE DATABASE t; CREATE TABLE t.a (id INT PRIMARY KEY); INSERT INTO t.a VALUES (1)');
        await caughtUp(archiver, primary);
        const quiet = nowMicros();
        await delay(600);
        await client.query('INSERT INTO t.a VALUES (2)');
        await caughtUp(archiver, primary);
        await archiver.stop();
        const catalog = await loadCatalog(storage);
        const window = await restorableWindow(storage, 'ks', '-80');
        expect(window.sections.length).toBe(1);
        expect(window.gaps).toEqual([]);
        const section = window.sections[0]!;
        await expect(findCut(catalog, { type: 'time', micros: section.from - 1 })).rejects.toMatchObject({ code: 'VTR1212' });
        await expect(findCut(catalog, { type: 'time', micros: section.to })).rejects.toMatchObject({ code: 'VTR1212' });
        await expect(findCut(catalog, { type: 'time', micros: nowMicros() + 1_000_000 })).rejects.toMatchObject({ code: 'VTR1212' });
        const last = await findCut(catalog, { type: 'time', micros: section.to - 1 });
        expect(last.state.toString()).toBe(section.endState);
        expect(last.exact).toBe(true);
        // between two transactions with time between them the moment is exact on both flavours
        const between = await findCut(catalog, { type: 'time', micros: quiet + 300_000 });
        expect(between.exact).toBe(true);
        expect(between.firstExcluded?.gtid).toBe((await archived(storage)).at(-1)!.gtid);
        await expect(findCut(catalog, { type: 'afterGtid', gtid: flavour === 'mysql' ? '00000000-0000-0000-0000-000000000001:1' : '0-1-999999' })).rejects.toMatchObject({ code: 'VTR1212' });
        const partly = flavour === 'mysql' ? section.endState.replace(/:.*/, ':2') : undefined;
        if (partly !== undefined) await expect(findCut(catalog, { type: 'state', state: partly })).rejects.toMatchObject({ code: 'VTR1212' });
      } finally {
        await archiver.stop();
        await client.end();
      }
    }, 60_000);
  });
}
