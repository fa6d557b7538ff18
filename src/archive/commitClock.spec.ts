import { describe, expect, it } from 'vitest';
import { CommitClock } from './commitClock.ts';

const s = 1_000_000;
/** A source whose clock is `ahead` of ours; each question takes a millisecond there and back. */
const probe = (at: number, position: number, ahead = 0) => ({ askedMicros: at, answeredMicros: at + 1000, serverMicros: at + 500 + ahead, position: { file: 'bin.000001', position } });
const end = (position: number) => ({ file: 'bin.000001', position });

describe('CommitClock', () => {
  it('bounds a commit by the last probe that did not see it and by its receipt', () => {
    const clock = new CommitClock(0);
    clock.add(probe(100 * s, 1000));
    clock.add(probe(101 * s, 1000));
    const { earliest, latest } = clock.interval(100 * s, end(1200), 101.2 * s);
    expect(earliest).toBe(101 * s + 500);
    expect(latest).toBeGreaterThanOrEqual(101.2 * s);
    expect(latest).toBeLessThanOrEqual(101.2 * s + 1000);
  });

  it('falls back to the statement\'s second where no probe tells, as after an outage', () => {
    const clock = new CommitClock(0);
    clock.add(probe(500 * s, 90_000));
    const { earliest, latest } = clock.interval(100 * s, end(1200), 501 * s);
    expect(earliest).toBe(100 * s);
    expect(latest).toBeGreaterThanOrEqual(501 * s);
  });

  it('never goes back in binlog order', () => {
    const clock = new CommitClock(200 * s);
    clock.add(probe(100 * s, 1000));
    expect(clock.interval(100 * s, end(1200), 101 * s).earliest).toBe(200 * s);
    expect(clock.interval(90 * s, end(1300), 102 * s)).toEqual({ earliest: 200 * s, latest: 200 * s });
  });

  it('speaks in the source\'s clock', () => {
    const clock = new CommitClock(0);
    clock.add(probe(100 * s, 1000, 3600 * s));
    const { latest } = clock.interval(3700 * s, end(1200), 101 * s);
    expect(latest).toBeGreaterThanOrEqual(3701 * s - 500);
    expect(latest).toBeLessThanOrEqual(3701 * s + 500);
    const [low, high] = clock.offset;
    expect(low).toBeLessThanOrEqual(3600 * s);
    expect(high).toBeGreaterThanOrEqual(3600 * s);
  });

  it('proves what ends before the binlog\'s end of a probe, once it is reached', () => {
    const clock = new CommitClock(0);
    clock.add(probe(100 * s, 1000));
    clock.add(probe(101 * s, 2000));
    expect(clock.proven(end(999))).toBeUndefined();
    expect(clock.proven(end(1000))).toBe(100 * s + 500);
    expect(clock.proven(end(1999))).toBe(100 * s + 500);
    expect(clock.proven(end(2000))).toBe(101 * s + 500);
    expect(clock.proven({ file: 'bin.000002', position: 4 })).toBe(101 * s + 500);
  });

  it('forgets what it knew of the clocks when one is set, and counts it', () => {
    const clock = new CommitClock(0);
    clock.add(probe(100 * s, 1000));
    clock.add(probe(101 * s, 1000, -50 * s));
    expect(clock.steps).toBe(1);
    expect(clock.offset[1]).toBeLessThan(-49 * s);
  });
});
