import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { formatMicros, nowMicros } from '../../src/base/time.ts';
import { backupName, listBackups } from '../../src/backup/index.ts';
import { encodeManifest } from '../../src/backup/backupManifest.ts';
import { openStorage } from '../../src/storage/openStorage.ts';
import { temporaryFolder } from '../support/servers.ts';

const sha256 = (body: Buffer) => createHash('sha256').update(body).digest('hex');

it('vtrewind backup lists, verifies and removes, and removes nothing without --yes', async () => {
  const root = await temporaryFolder('backup-commands');
  const storage = await openStorage(root);
  const body = Buffer.from('chunk');
  const names: string[] = [];
  for (const daysAgo of [30, 20, 1]) {
    const at = nowMicros() - daysAgo * 86_400_000_000;
    const name = backupName(at, 'zone1-0000000100');
    names.push(name);
    const part = { bytes: body.length, sha256: sha256(body) };
    for (const object of ['data.000000.zst', 'schema.sql']) await storage.put(`ks/0/${name}/${object}`, body);
    await storage.put(`ks/0/${name}/manifest.json`, encodeManifest({
      format: 'vtrewind-backup', formatVersion: 1, name, keyspace: 'ks', shard: '0', keyRange: { start: '', end: '' }, tabletAlias: 'zone1-0000000100', engine: 'hot', stream: 'tar', compression: 'zstd',
      startedAt: formatMicros(at), finishedAt: formatMicros(at), server: { flavour: 'mysql', version: '9.7.0', versionNumber: 90700, serverId: 1, requiredOptions: [] },
      position: { gtid: '', before: '', after: '', committedBefore: formatMicros(at) }, tables: [], vschema: null, schema: { name: 'schema.sql', ...part }, rawBytes: 5, storedBytes: 5,
      chunks: [{ name: 'data.000000.zst', ...part, rawBytes: 5, rawCrc32: 0 }],
    }));
  }
  const run = (...args: string[]) => new Promise<{ status: number; out: string }>((resolve) => {
    execFile(process.execPath, [join(import.meta.dirname, '../../src/cli.ts'), 'backup', ...args, '--file-backup-storage-root', root], (error, stdout) => resolve({ status: error === null ? 0 : Number(error.code), out: stdout }));
  });
  const list = async () => (await listBackups(storage, 'ks', '0')).map(({ name }) => name);
  expect((await run('list', 'ks')).out.trim().split('\n').map((line) => line.split(' ')[1])).toEqual(names);
  const dry = await run('delete', 'ks/0', '--keep-days', '10');
  expect(dry.out).toContain(`would remove ks/0 ${names[0]}`);
  expect(dry.out).not.toContain(`would remove ks/0 ${names[1]}`);
  expect(await list()).toEqual(names);
  await run('delete', 'ks/0', '--keep-days', '10', '--yes');
  expect(await list()).toEqual(names.slice(1));
  expect(JSON.parse((await run('show', 'ks/0', names[1]!)).out)).toMatchObject({ name: names[1] });
  expect((await run('verify', 'ks')).status).toBe(0);
  await storage.put(`ks/0/${names[1]}/data.000000.zst`, Buffer.from('chunX'));
  const damaged = await run('verify', 'ks');
  expect(damaged.status).toBe(1);
  expect(damaged.out).toContain('DAMAGED');
  expect((await run('show', 'ks/0', 'nonesuch')).status).toBe(1);
}, 300_000);
