import { describe, expect, it } from 'vitest';
import type { BackupManifest } from '../backup/index.ts';
import type { BackupSummary } from '../backup/listBackups.ts';
import type { Cut } from './archiveAccess.ts';
import { gtidDistance } from './gtidDistance.ts';
import { nearestRestorable } from './restorableWindow.ts';
import { selectBackups } from './selectBackup.ts';

const uuid = '11111111-1111-1111-1111-111111111111';
const other = '22222222-2222-2222-2222-222222222222';

function backup(name: string, position: string, more: Partial<BackupSummary> = {}): BackupSummary {
  const manifest = { position: { gtid: position }, server: { flavour: 'mysql' } } as unknown as BackupManifest;
  return { keyspace: 'ks', shard: '0', name, folder: `ks/0/${name}/`, startedAt: 0, tabletAlias: 'z-1', state: 'complete', storedBytes: 1, manifest, ...more };
}
const cut = (gtid: string): Cut => ({ flavour: 'mysql', gtid, reachedAt: undefined, warnings: [] });
const unbroken = { whyNotReplayable: () => Promise.resolve(undefined) };

describe('selectBackups', () => {
  it('takes the newest backup that holds nothing past the cut, and names why others are not used', async () => {
    const found = await selectBackups([backup('a', `${uuid}:1-5`), backup('b', `${uuid}:1-9`), backup('c', `${uuid}:1-20`), backup('d', '', { state: 'incomplete' })], cut(`${uuid}:1-12`), unbroken);
    expect(found.usable.map((b) => b.name)).toEqual(['b', 'a']);
    expect(found.skipped.map((s) => s.folder)).toEqual(['ks/0/d/', 'ks/0/c/']);
    expect(found.skipped[1]?.why).toContain(`${uuid}:13-20`);
  });

  it('never takes one with transactions of another history', async () => {
    const found = await selectBackups([backup('errant', `${uuid}:1-5,${other}:1`)], cut(`${uuid}:1-12`), unbroken);
    expect(found.usable).toEqual([]);
    expect(found.skipped[0]?.why).toContain(`${other}:1`);
  });

  it('passes over one from which the archive is broken, and one that is damaged', async () => {
    const archive = { whyNotReplayable: (gtid: string) => Promise.resolve(gtid === `${uuid}:1-2` ? 'a gap' : undefined) };
    const found = await selectBackups([backup('old', `${uuid}:1-2`), backup('good', `${uuid}:1-3`), backup('bad', `${uuid}:1-4`, { state: 'damaged', damage: 'data.000000.zst is missing' })], cut(`${uuid}:1-5`), archive);
    expect(found.usable.map((b) => b.name)).toEqual(['good']);
    expect(found.skipped.map((s) => s.why)).toEqual([expect.stringContaining('data.000000.zst is missing'), expect.stringContaining('a gap')]);
  });

  it('without an archive only a backup that is exactly at the cut will do', async () => {
    const found = await selectBackups([backup('a', `${uuid}:1-5`), backup('b', `${uuid}:1-9`)], cut(`${uuid}:1-9`), undefined);
    expect(found.usable.map((b) => b.name)).toEqual(['b']);
  });
});

describe('nearestRestorable', () => {
  const spans = [{ from: 100, until: 200, backup: 'a' }, { from: 500, until: 600, backup: 'b' }];
  it.each([[50, 100], [150, 150], [300, 200], [450, 500], [900, 600]])('%i → %i', (at, nearest) => {
    expect(nearestRestorable({ spans }, at)).toBe(nearest);
  });
  it('is undefined when nothing can be restored', () => {
    expect(nearestRestorable({ spans: [] }, 1)).toBeUndefined();
  });
});

describe('gtidDistance', () => {
  it('counts transactions between two positions of either flavour', () => {
    expect(gtidDistance('mysql', `${uuid}:1-5`, `${uuid}:1-9,${other}:1-3`)).toBe(7);
    expect(gtidDistance('mysql', `${uuid}:1-9`, `${uuid}:1-5`)).toBe(0);
    expect(gtidDistance('mariadb', '0-1-5', '0-2-9,7-1-3')).toBe(7);
    expect(gtidDistance('mariadb', '', '0-1-4')).toBe(4);
  });
});
