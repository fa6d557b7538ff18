import { describe, expect, it } from 'vitest';
import { DEFAULT_THROTTLE, LoginThrottle } from './loginThrottle.ts';

describe('the login throttle', () => {
  it('blocks one user from one address after too many failures, longer each time, and forgets', () => {
    let now = 0;
    const throttle = new LoginThrottle({ ...DEFAULT_THROTTLE, freeFailures: 3 }, () => now);
    for (let i = 0; i < 2; i++) throttle.failed('a', 'u');
    expect(throttle.blockedFor('a', 'u')).toBe(0);
    throttle.failed('a', 'u');
    expect(throttle.blockedFor('a', 'u')).toBe(1000);
    expect([throttle.blockedFor('a', 'v'), throttle.blockedFor('b', 'u')]).toEqual([0, 0]);
    now = 1000;
    expect(throttle.blockedFor('a', 'u')).toBe(0);
    for (let i = 0; i < 20; i++) throttle.failed('a', 'u');
    expect(throttle.blockedFor('a', 'u')).toBe(60_000);
    throttle.succeeded('a', 'u');
    expect(throttle.blockedFor('a', 'u')).toBe(0);
    throttle.failed('a', 'u');
    now += 700_000;
    throttle.failed('a', 'u');
    throttle.failed('a', 'u');
    expect(throttle.blockedFor('a', 'u')).toBe(0);
  });

  it('remembers a bounded number of pairs', () => {
    const throttle = new LoginThrottle({ ...DEFAULT_THROTTLE, maxEntries: 100 });
    for (let i = 0; i < 5000; i++) throttle.failed(`10.0.0.${i % 250}`, `user${i}`);
    expect(throttle.size).toBe(100);
  });
});
