import { describe, expect, it } from 'vitest';
import { formatMicros } from '../base/time.ts';
import type { BackupManifest } from './backupManifest.ts';
import type { BackupSummary } from './listBackups.ts';
import { planRetention } from './retention.ts';

const day = 86_400_000_000;
const now = 1_800_000_000_000_000;
const backup = (daysAgo: number, state: BackupSummary['state'] = 'complete'): BackupSummary => ({
  keyspace: 'ks', shard: '-80', name: `${daysAgo}`, folder: `ks/-80/${daysAgo}/`, startedAt: now - daysAgo * day, tabletAlias: 'a', state, storedBytes: 1,
  ...(state === 'complete' ? { manifest: { position: { committedBefore: formatMicros(now - daysAgo * day) } } as BackupManifest } : {}),
});
const names = (backups: readonly BackupSummary[]) => backups.map(({ name }) => name);
const all = [backup(30), backup(20), backup(10), backup(5, 'damaged'), backup(2), backup(1, 'incomplete')];

describe('planRetention', () => {
  it('keeps the backup that the first of the days is replayed from', () => {
    const plan = planRetention(all, { keepDays: 15 }, now);
    expect(names(plan.keep)).toEqual(['20', '10', '2']);
    expect(names(plan.remove)).toEqual(['30']);
    expect(names(plan.leave)).toEqual(['5', '1']);
  });

  it('counts complete backups only, and keeps what either rule keeps', () => {
    expect(names(planRetention(all, { keepFulls: 2 }, now).remove)).toEqual(['30', '20']);
    expect(names(planRetention(all, { keepFulls: 3, keepDays: 0 }, now).remove)).toEqual(['30']);
  });

  it('never removes the newest complete one', () => {
    expect(names(planRetention(all, { keepDays: 0 }, now).keep)).toEqual(['2']);
    expect(planRetention([backup(9, 'damaged')], { keepFulls: 1 }, now)).toMatchObject({ keep: [], remove: [] });
  });

  it.each([{}, { keepFulls: 0 }, { keepFulls: 1.5 }, { keepDays: Number.NaN }, { keepDays: -1 }])('refuses %j', (rule) => {
    expect(() => planRetention(all, rule, now)).toThrow(expect.objectContaining({ code: 'VTR0414' }));
  });
});
