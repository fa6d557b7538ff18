import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.ts';
import { flavours, startServer } from '../support/servers.ts';
import { appliedBy, archiverOf, attach, caughtUp, serveArchive, testStorage } from './archiveFixture.ts';

for (const flavour of await flavours()) {
  describe(`a ${flavour} replica`, () => {
    it.each(['CRC32', 'NONE'])('attaches to the archive, catches up from the beginning and follows live (checksum %s)', async (checksum) => {
      const primary = await startServer({ flavour, options: [`binlog_checksum=${checksum}`] });
      const client = await primary.connect({ multipleStatements: true });
      await client.query('CREATE DATABASE t; CREATE TABLE t.a (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(100))');
      await client.query("INSERT INTO t.a (v) VALUES ('one'), ('two')");
      const { storage } = await testStorage();
      const archiver = archiverOf(storage, () => primary);
      const { server } = await (async () => {
        await caughtUp(archiver, primary);
        return serveArchive(archiver.catalog!, { archiver });
      })();
      const replica = await startServer({ flavour });
      const local = await replica.connect({ multipleStatements: true });
      await local.query(flavour === 'mysql' ? 'RESET BINARY LOGS AND GTIDS' : 'RESET MASTER');
      try {
        await attach(replica, server.port);
        let state = await caughtUp(archiver, primary);
        await waitFor('the replica to catch up', async () => (await appliedBy(replica)) === state, { timeoutMs: 20_000 });
        await client.query("INSERT INTO t.a (v) VALUES ('live'); UPDATE t.a SET v = 'changed' WHERE id = 1");
        await client.query('FLUSH BINARY LOGS');
        if (flavour === 'mariadb') await client.query("SET SESSION gtid_domain_id = 7; INSERT INTO t.a (v) VALUES ('other domain'); SET SESSION gtid_domain_id = 0");
        else await client.query("SET gtid_next = 'AUTOMATIC:some_tag'; INSERT INTO t.a (v) VALUES ('tagged'); SET gtid_next = 'AUTOMATIC'");
        await client.query("XA START 'x'; INSERT INTO t.a (v) VALUES ('prepared'); XA END 'x'; XA PREPARE 'x'");
        state = await caughtUp(archiver, primary);
        await waitFor('the replica to prepare', async () => (await appliedBy(replica)) === state, { timeoutMs: 20_000 });
        await client.query("XA COMMIT 'x'");
        await client.query("INSERT INTO t.a (v) VALUES ('after rotate')");
        state = await caughtUp(archiver, primary);
        await waitFor('the replica to follow', async () => (await appliedBy(replica)) === state, { timeoutMs: 20_000 });
        const [rows] = await local.query('SELECT v FROM t.a ORDER BY id');
        expect((rows as { v: string }[]).map(({ v }) => v)).toEqual(['changed', 'two', 'live', flavour === 'mysql' ? 'tagged' : 'other domain', 'prepared', 'after rotate']);
      } finally {
        await archiver.stop();
        await server.close({ drainMs: 0 });
        await client.end();
        await local.end();
      }
    }, 120_000);
  });
}
