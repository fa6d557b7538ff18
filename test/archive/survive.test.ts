import { fork } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { delay, waitFor } from '../../src/base/wait.ts';
import { findCut } from '../../src/binlog/archive/findCut.ts';
import { restorableWindow } from '../../src/binlog/archive/restorableWindow.ts';
import { eventType } from '../../src/binlog/eventHeader.ts';
import { EVENT } from '../../src/binlog/eventTypes.ts';
import { parseGtidState } from '../../src/binlog/gtidState.ts';
import { ArchiveReplaySource } from '../../src/binlog/serve/archiveReplaySource.ts';
import { flavours, startServer, type TestServer } from '../support/servers.ts';
import { appliedBy, archiverOf, attach, caughtUp, executedBy, loadCatalog, serveArchive, testStorage } from './archiveFixture.ts';

async function gtidsOf(storage: Parameters<typeof loadCatalog>[0]): Promise<string[]> {
  const catalog = await loadCatalog(storage);
  const all: string[] = [];
  for (const entry of catalog.entries) if (entry.type === 'segment') all.push(...(await catalog.index(entry)).transactions.map((t) => t.gtid));
  return all;
}

/** Makes `replica` follow `primary` directly. */
async function replicate(replica: TestServer, primary: TestServer): Promise<void> {
  const connection = await replica.connect({ multipleStatements: true });
  try {
    if (replica.flavour === 'mysql') {
      await connection.query(`RESET BINARY LOGS AND GTIDS; CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=${primary.port}, SOURCE_USER='root', SOURCE_PASSWORD='', SOURCE_AUTO_POSITION=1,
        GET_SOURCE_PUBLIC_KEY=1, SOURCE_HEARTBEAT_PERIOD=0.5, SOURCE_CONNECT_RETRY=1; START REPLICA`);
    } else {
      await connection.query(`RESET MASTER; SET GLOBAL gtid_slave_pos=''; CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${primary.port}, MASTER_USER='root', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1; START SLAVE`);
    }
  } finally {
    await connection.end();
  }
}

for (const flavour of await flavours()) {
  describe(`the archive of ${flavour}`, () => {
    it('has neither gap nor double after kill -9 of the archiver under load', async () => {
      const primary = await startServer({ flavour });
      const { storage, folder } = await testStorage();
      const client = await primary.connect({ multipleStatements: true });
      await client.query('CREATE DATABASE t; CREATE TABLE t.a (id INT PRIMARY KEY AUTO_INCREMENT, v TEXT)');
      let writing = true;
      const writer = (async () => {
        while (writing) {
          await client.query(`INSERT INTO t.a (v) VALUES ('${'x'.repeat(2000)}')`);
          await delay(3);
        }
      })();
      for (let round = 0; round < 4; round++) {
        const child = fork(join(import.meta.dirname, 'archiverProcess.ts'), [folder, String(primary.port)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
        const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
        await new Promise<void>((resolve) => child.once('message', () => resolve()));
        await delay(150 + round * 130);
        child.kill('SIGKILL');
        await gone;
      }
      writing = false;
      await writer;
      const archiver = archiverOf(storage, () => primary);
      try {
        const state = await caughtUp(archiver, primary);
        const gtids = await gtidsOf(storage);
        expect(new Set(gtids).size).toBe(gtids.length);
        const [rows] = await client.query('SELECT COUNT(*) AS n FROM t.a');
        expect(gtids.length).toBe(Number((rows as { n: number }[])[0]!.n) + 2);
        const catalog = await loadCatalog(storage);
        expect(catalog.epochs.length).toBe(5);
        expect(catalog.joins().map((record) => record.kind)).toEqual(['start']);
        const window = await restorableWindow(storage, 'ks', '-80');
        expect(window.sections.length).toBe(1);
        expect(window.gaps).toEqual([]);
        expect((await findCut(catalog, { type: 'time', micros: window.sections[0]!.to - 1 })).state.toString()).toBe(state);
      } finally {
        await archiver.stop();
        await client.end();
      }
    }, 120_000);

    it('is written by one of two archivers, and taken over when that one is gone', async () => {
      const primary = await startServer({ flavour });
      const { storage, folder } = await testStorage();
      const client = await primary.connect({ multipleStatements: true });
      await client.query('CREATE DATABASE t; CREATE TABLE t.a (id INT PRIMARY KEY)');
      const child = fork(join(import.meta.dirname, 'archiverProcess.ts'), [folder, String(primary.port)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      await new Promise<void>((resolve) => child.once('message', () => resolve()));
      const archiver = archiverOf(storage, () => primary);
      try {
        await waitFor('the second to stand by', () => archiver.status().state === 'standby', { timeoutMs: 15_000 });
        await client.query('INSERT INTO t.a VALUES (1)');
        await delay(1500);
        expect(archiver.status().state).toBe('standby');
        expect((await loadCatalog(storage)).epochs.length).toBe(1);
        child.kill('SIGSTOP'); // paused, not gone: it will wake up
        await waitFor('the second to take over', () => archiver.status().state === 'following', { timeoutMs: 20_000 });
        await client.query('INSERT INTO t.a VALUES (2)');
        await caughtUp(archiver, primary);
        child.kill('SIGCONT');
        await client.query('INSERT INTO t.a VALUES (3)');
        await caughtUp(archiver, primary);
        await delay(1500); // the woken one finds itself superseded and stands by
        await caughtUp(archiver, primary);
        expect(archiver.status().state).toBe('following');
        const gtids = await gtidsOf(storage);
        expect(gtids.length).toBe(5);
        expect(new Set(gtids).size).toBe(5);
        expect((await loadCatalog(storage)).epochs.length).toBe(2);
      } finally {
        child.kill('SIGKILL');
        await gone;
        await archiver.stop();
        await client.end();
      }
    }, 90_000);

    it('goes on after kill -9 of the primary', async () => {
      const primary = await startServer({ flavour, options: ['sync_binlog=1', 'innodb_flush_log_at_trx_commit=1'] });
      const { storage } = await testStorage();
      let client = await primary.connect({ multipleStatements: true });
      const archiver = archiverOf(storage, () => primary);
      try {
        await client.query('CREATE DATABASE t; CREATE TABLE t.a (id INT PRIMARY KEY); INSERT INTO t.a VALUES (1)');
        await caughtUp(archiver, primary);
        await client.query('INSERT INTO t.a VALUES (2)');
        client.destroy();
        await primary.kill();
        await waitFor('the archiver to notice', () => archiver.status().state !== 'following', { timeoutMs: 20_000 });
        await primary.restart();
        client = await primary.connect();
        await client.query('INSERT INTO t.a VALUES (3)');
        await caughtUp(archiver, primary);
        const gtids = await gtidsOf(storage);
        expect(gtids.length).toBe(5);
        expect(new Set(gtids).size).toBe(5);
        expect((await loadCatalog(storage)).joins().map((record) => record.kind)).toEqual(['start']);
      } finally {
        await archiver.stop();
        client.destroy();
      }
    }, 120_000);

    it('joins a new primary by GTID, and reports what only the old one had as a fork', async () => {
      const old = await startServer({ flavour });
      const next = await startServer({ flavour });
      const { storage } = await testStorage();
      const a = await old.connect({ multipleStatements: true });
      const b = await next.connect({ multipleStatements: true });
      let primary: TestServer = old;
      await replicate(next, old);
      const archiver = archiverOf(storage, () => primary);
      try {
        await a.query('CREATE DATABASE t; CREATE TABLE t.a (id INT PRIMARY KEY); INSERT INTO t.a VALUES (1)');
        const shared = await caughtUp(archiver, old);
        await waitFor('the replica', async () => (await appliedBy(next)) === shared, { timeoutMs: 20_000 });

        // a planned change: nothing is lost
        await b.query(flavour === 'mysql' ? 'STOP REPLICA' : 'STOP SLAVE');
        await a.query('INSERT INTO t.a VALUES (666)'); // errant: the new primary never gets it
        const errant = await caughtUp(archiver, old);
        const errantGtid = (await gtidsOf(storage)).at(-1)!;
        await delay(50);
        await b.query(`${flavour === 'mysql' ? 'RESET REPLICA ALL' : 'RESET SLAVE ALL'}; SET GLOBAL read_only = 0; INSERT INTO t.a VALUES (2)`);
        primary = next;
        archiver.primaryChanged();
        await b.query('INSERT INTO t.a VALUES (3)');
        const state = await caughtUp(archiver, next);

        const joins = (await loadCatalog(storage)).joins();
        expect(joins.map((record) => record.kind)).toEqual(['start', 'fork']);
        expect(joins[1]!.dropped).toBe(errantGtid);
        const window = await restorableWindow(storage, 'ks', '-80');
        expect(window.forks.map((forked) => forked.dropped)).toEqual([errantGtid]);
        const catalog = await loadCatalog(storage);
        // before the fork the errant one is there, after it it is not
        const onOld = await findCut(catalog, { type: 'afterGtid', gtid: errantGtid });
        expect(onOld.state.toString()).toBe(errant);
        const now = await findCut(catalog, { type: 'time', micros: window.sections.at(-1)!.to - 1 });
        expect(now.state.toString()).toBe(state);
        expect(state).toBe(await executedBy(next));

        // a moment before the fork is replayed with the errant one; a server that holds it cannot go on past the fork
        const replay = new ArchiveReplaySource(catalog);
        const seen: string[] = [];
        for await (const item of replay.read({ from: { type: 'state', state: parseGtidState(flavour, '') }, until: onOld }, AbortSignal.timeout(20_000))) {
          if (item.type === 'event' && [EVENT.GTID, EVENT.MARIADB_GTID].some((type) => type === eventType(item.event))) seen.push(item.type);
        }
        expect(seen.length).toBe(4);
        await expect(replay.read({ from: { type: 'state', state: onOld.state } }, AbortSignal.timeout(20_000)).next()).rejects.toMatchObject({ code: 'VTR1214', mysql: 1236 });

        // a replica that starts from nothing gets the new history only
        const { server } = await serveArchive(archiver.catalog!, { archiver });
        const replica = await startServer({ flavour });
        const c = await replica.connect({ multipleStatements: true });
        try {
          await c.query(flavour === 'mysql' ? 'RESET BINARY LOGS AND GTIDS' : 'RESET MASTER');
          await attach(replica, server.port);
          await waitFor('the replica', async () => (await appliedBy(replica)) === state, { timeoutMs: 20_000 });
          const [rows] = await c.query('SELECT id FROM t.a ORDER BY id');
          expect((rows as { id: number }[]).map(({ id }) => id)).toEqual([1, 2, 3]);
        } finally {
          await server.close({ drainMs: 0 });
          await c.end();
        }
      } finally {
        await archiver.stop();
        await a.end();
        await b.end();
      }
    }, 120_000);

    it('begins a section of its own when the source is not what it was', async () => {
      const primary = await startServer({ flavour });
      const { storage } = await testStorage();
      const client = await primary.connect({ multipleStatements: true });
      try {
        await client.query('CREATE DATABASE t; CREATE TABLE t.a (id INT PRIMARY KEY); INSERT INTO t.a VALUES (1)');
        const first = archiverOf(storage, () => primary);
        await caughtUp(first, primary);
        await first.stop();
        const before = (await restorableWindow(storage, 'ks', '-80')).sections[0]!;
        // GTIDs start over and mean something else: what a crash without sync_binlog can do, at its worst
        await client.query(`${flavour === 'mysql' ? 'RESET BINARY LOGS AND GTIDS' : 'RESET MASTER'}; INSERT INTO t.a VALUES (2); INSERT INTO t.a VALUES (3); INSERT INTO t.a VALUES (4); INSERT INTO t.a VALUES (5)`);
        const second = archiverOf(storage, () => primary);
        try {
          const state = await caughtUp(second, primary);
          const window = await restorableWindow(storage, 'ks', '-80');
          expect(window.gaps.length).toBe(1);
          expect(window.gaps[0]!.reason).toContain('not what was archived');
          const catalog = await loadCatalog(storage);
          const now = await findCut(catalog, { type: 'time', micros: window.sections.at(-1)!.to - 1 });
          expect(now.state.toString()).toBe(state);
          expect(now.startState.toString()).toBe('');
          expect(window.sections[0]!.endState).toBe(before.endState);
        } finally {
          await second.stop();
        }
      } finally {
        await client.end();
      }
    }, 60_000);

    it('names a gap when the source has purged what was not archived', async () => {
      const primary = await startServer({ flavour });
      const { storage } = await testStorage();
      const client = await primary.connect({ multipleStatements: true });
      try {
        await client.query('CREATE DATABASE t; CREATE TABLE t.a (id INT PRIMARY KEY); INSERT INTO t.a VALUES (1)');
        const first = archiverOf(storage, () => primary);
        await caughtUp(first, primary);
        await first.stop();
        await delay(1100); // MariaDB tells commit times that nobody witnessed to the second
        await client.query('INSERT INTO t.a VALUES (2); FLUSH BINARY LOGS; INSERT INTO t.a VALUES (3); FLUSH BINARY LOGS');
        const [logs] = await client.query('SHOW BINARY LOGS');
        await waitFor('the purge', async () => {
          await client.query(`PURGE BINARY LOGS TO '${(logs as { Log_name: string }[]).at(-1)!.Log_name}'`);
          const [left] = await client.query('SHOW BINARY LOGS');
          return (left as unknown[]).length === 1;
        }, { timeoutMs: 10_000 });
        await client.query('INSERT INTO t.a VALUES (4)');
        const second = archiverOf(storage, () => primary);
        try {
          await caughtUp(second, primary);
          const window = await restorableWindow(storage, 'ks', '-80');
          expect(window.gaps.length).toBe(1);
          expect(window.gaps[0]!.missing).not.toBe('');
          expect(window.sections.length).toBe(2);
          const catalog = await loadCatalog(storage);
          const gap = window.gaps[0]!;
          await expect(findCut(catalog, { type: 'time', micros: Math.floor((gap.from + gap.to!) / 2) })).rejects.toMatchObject({ code: 'VTR1212', message: expect.stringContaining('gap') });
          const behind = await findCut(catalog, { type: 'time', micros: window.sections[1]!.to - 1 });
          expect(behind.startState.toString()).toBe(window.sections[1]!.startState);
        } finally {
          await second.stop();
        }
      } finally {
        await client.end();
      }
    }, 60_000);
  });
}
