import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runBackup } from '../../src/backup/index.ts';
import { MysqldProcess } from '../../src/mysqld/mysqldProcess.ts';
import { openStorage } from '../../src/storage/openStorage.ts';
import { flavours, freePort, hasProgram, startServer, temporaryFolder } from '../support/servers.ts';

const here = await flavours();
/** The commands of docs/storage.md, taken from the page itself, so that what it says is what is tested. */
const page = await readFile(new URL('../../docs/storage.md', import.meta.url), 'utf8');
const command = (flavour: string): string => {
  const found = new RegExp(`<!-- by hand: ${flavour} -->\\s*\`\`\`sh\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1];
  if (found === undefined) throw new Error(`docs/storage.md has no commands for ${flavour}`);
  return found;
};

describe.each(here)('a backup of %s', (flavour) => {
  it('can be restored by hand with standard programs alone, as docs/storage.md says', async (context) => {
    if (!(await hasProgram('zstd'))) return context.skip('no zstd program here');
    const server = await startServer({ flavour });
    const session = await server.connect();
    await session.query('CREATE DATABASE d');
    await session.query('CREATE TABLE d.t (id INT PRIMARY KEY, v VARCHAR(20))');
    await session.query("INSERT INTO d.t VALUES (1, 'one'), (2, 'two')");
    const root = await temporaryFolder('by-hand');
    const manifest = await runBackup({
      donor: { binary: server.binary, socket: server.socket, dataDir: server.dataDir, scratchFolder: server.folder, connect: () => server.connect() },
      storage: await openStorage(root), keyspace: 'ks', shard: '0', keyRange: { start: '', end: '' }, tabletAlias: 'zone1-0000000100', chunkBytes: 1 << 20,
    });
    await session.end();
    await server.stop();

    const folder = await temporaryFolder('by-hand-data');
    const script = join(folder, 'restore.sh');
    await writeFile(script, command(flavour));
    execFileSync('sh', ['-eu', script], { cwd: folder, env: { ...process.env, BACKUP: join(root, 'ks', '0', manifest.name), DATADIR: join(folder, 'data') }, stdio: 'pipe' });
    const copy = await MysqldProcess.start({ binary: server.binary, folder, settings: { port: await freePort(), serverId: 77, quarantine: true } });
    try {
      const inCopy = await copy.connect();
      expect((await inCopy.query('SELECT v FROM d.t ORDER BY id'))[0]).toEqual([{ v: 'one' }, { v: 'two' }]);
      await inCopy.end();
    } finally {
      await copy.stop();
    }
  });
});
