import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.ts';
import { flavours, startServer } from '../support/servers.ts';
import { archiverOf, caughtUp, executedBy, testStorage } from './archiveFixture.ts';

const run = promisify(execFile);

for (const flavour of await flavours()) {
  describe(`the stored segments of ${flavour}`, () => {
    it('replay with the standard tools alone', async () => {
      const primary = await startServer({ flavour });
      const copy = await startServer({ flavour });
      const client = await primary.connect({ multipleStatements: true });
      const other = await copy.connect({ multipleStatements: true });
      const { storage, folder } = await testStorage();
      const archiver = archiverOf(storage, () => primary, { flushIntervalMs: 20 });
      try {
        await client.query('CREATE DATABASE t; CREATE TABLE t.a (id INT PRIMARY KEY, v VARCHAR(100))');
        for (let i = 1; i <= 30; i++) {
          await client.query(`INSERT INTO t.a VALUES (${i}, 'row ${i}')`);
          if (i === 15) await client.query('FLUSH BINARY LOGS');
          if (i % 10 === 0) await waitFor('a segment', () => archiver.status().position !== '', { timeoutMs: 5000 });
        }
        await client.query("UPDATE t.a SET v = 'changed' WHERE id > 20; DELETE FROM t.a WHERE id = 7");
        const state = await caughtUp(archiver, primary);
        const data = join(folder, 'log-backup/ks/-80/data/0000000001');
        const segments = (await readdir(data)).sort().map((name) => join(data, name));
        expect(segments.length).toBeGreaterThan(1);
        const tools = dirname(copy.binary.path);
        const [binlogTool, clientTool] = flavour === 'mysql' ? [join(tools, 'mysqlbinlog'), join(tools, 'mysql')] : ['mariadb-binlog', 'mariadb'];
        const { stdout } = await run(binlogTool, ['--no-defaults', ...segments], { maxBuffer: 1 << 28 });
        const script = join(folder, 'replay.sql');
        await writeFile(script, stdout);
        await other.query(flavour === 'mysql' ? 'RESET BINARY LOGS AND GTIDS' : 'RESET MASTER');
        await run('sh', ['-c', `"${clientTool}" --no-defaults --protocol=tcp --host=127.0.0.1 --port=${copy.port} --user=root < "${script}"`]);
        const rows = async (from: typeof client) => (await from.query('SELECT * FROM t.a ORDER BY id'))[0];
        expect(await rows(other)).toEqual(await rows(client));
        expect(await executedBy(copy)).toBe(state);
      } finally {
        await archiver.stop();
        await client.end();
        await other.end();
      }
    }, 60_000);
  });
}
