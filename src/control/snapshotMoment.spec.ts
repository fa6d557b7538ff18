import { describe, expect, it } from 'vitest';
import { parseMicros } from '../base/time.ts';
import type { RestorableWindow } from '../recovery/restorableWindow.ts';
import { checkMoment } from './snapshotMoment.ts';

const at = (second: number) => parseMicros(`2026-07-17T18:25:${String(second).padStart(2, '0')}Z`);
const complete = [{ name: 'b', state: 'complete' as const, committedBefore: at(10) }];
const window: RestorableWindow = {
  keyspace: 'ks', shard: '-80', backups: complete,
  spans: [{ from: at(10), until: at(20), backup: 'b' }, { from: at(30), until: at(40), backup: 'c' }],
  gaps: [{ from: at(20), until: at(30), why: 'the archiver was away' }],
};

describe('a snapshot moment', () => {
  it.each([10, 15, 20, 30, 40])('at second %i lies in the window', (second) => expect(() => checkMoment(at(second), [window])).not.toThrow());

  it('in a gap is refused with its neighbours', () => {
    expect(() => checkMoment(at(25), [window])).toThrow(/lies in a gap of ks\/-80, from 2026-07-17T18:25:20Z to 2026-07-17T18:25:30Z: the archiver was away/);
  });

  it.each([[9, '18:25:10Z'], [41, '18:25:40Z']])('at second %i is refused, and the nearest is named', (second, nearest) => {
    const error = (() => {
      try {
        checkMoment(at(second), [window]);
        return undefined;
      } catch (thrown) {
        return thrown as { hint: string };
      }
    })();
    expect(error?.hint).toContain(nearest);
  });

  it('is refused when one of the shards has no window, and says what to do', () => {
    expect(() => checkMoment(at(15), [window, { ...window, shard: '80-', spans: [], gaps: [], backups: [] }])).toThrow(/ks\/80- cannot be restored to any moment: it has no complete backup/);
  });
});
