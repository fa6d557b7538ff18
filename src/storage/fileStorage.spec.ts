import { mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { collect } from './collect.ts';
import { storageContract } from './storage.contract.ts';
import { openStorage } from './openStorage.ts';

const folders: string[] = [];
async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'vtrewind-storage-'));
  folders.push(made);
  return made;
}
const removeAll = async () => {
  for (const path of folders.splice(0)) await rm(path, { recursive: true, force: true });
};

storageContract('file', async () => {
  const root = await folder();
  folders.splice(folders.indexOf(root), 1);
  return { storage: await openStorage(`file://${root}`), close: () => rm(root, { recursive: true, force: true }) };
});

describe('file storage', () => {
  afterEach(removeAll);

  it('keeps objects as plain files and leaves no temporary ones', async () => {
    const root = await folder();
    const storage = await openStorage(`${root}/deep/er/`);
    await storage.put('ks/-80/one', Buffer.from('plain'));
    expect(await readFile(join(root, 'deep/er/ks/-80/one'), 'utf8')).toBe('plain');
    expect(await readdir(join(root, 'deep/er/.vtrewind-tmp'))).toEqual([]);
    expect(storage.url).toBe(`file://${root}/deep/er`);
  });

  it('removes what crashed writers left, once it is a day old', async () => {
    const root = await folder();
    await openStorage(root);
    await writeFile(join(root, '.vtrewind-tmp/old'), 'torn');
    await writeFile(join(root, '.vtrewind-tmp/young'), 'being written');
    const old = new Date(Date.now() - 25 * 3_600_000);
    await utimes(join(root, '.vtrewind-tmp/old'), old, old);
    await openStorage(root);
    expect(await readdir(join(root, '.vtrewind-tmp'))).toEqual(['young']);
  });

  it('refuses a key below another key, saying why', async () => {
    const storage = await openStorage(await folder());
    await storage.put('a', Buffer.from('file'));
    await expect(storage.put('a/b', Buffer.from('x'))).rejects.toMatchObject({ code: 'VTR0222' });
    await storage.put('c/d', Buffer.from('file'));
    await expect(storage.put('c', Buffer.from('x'))).rejects.toMatchObject({ code: 'VTR0222' });
  });

  it('does not list what is no plain file', async () => {
    const root = await folder();
    const storage = await openStorage(root);
    await symlink('/etc/passwd', join(root, 'link'));
    expect(await collect(storage.list(''))).toEqual([]);
  });

  it('refuses URLs of no known store without repeating secrets', async () => {
    await expect(openStorage('ftp://user:secret@host/x')).rejects.toMatchObject({ code: 'VTR0224', message: expect.not.stringContaining('secret') });
    await expect(openStorage('relative/folder')).rejects.toMatchObject({ code: 'VTR0224' });
  });
});
