import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMicros, parseMicros } from './time.ts';

describe('parseMicros', () => {
  it.each([
    ['2026-07-17T18:25:20Z', 1784312720_000000],
    ['2026-07-17T18:25:20.250Z', 1784312720_250000],
    ['2026-07-17t18:25:20.000001+00:00', 1784312720_000001],
    ['2026-07-17 20:25:20+02:00', 1784312720_000000],
    ['1970-01-01T00:00:00Z', 0],
    ['2024-02-29T23:59:59.999999-00:30', 1709252999_999999],
  ])('reads %s', (text, micros) => expect(parseMicros(text)).toBe(micros));

  it.each(['2026-07-17T18:25:20', '2026-07-17', '2026-02-29T00:00:00Z', '2026-07-17T24:00:00Z', '2026-07-17T18:25:20.0000001Z', '2026-07-17T18:25:20+25:00', '1969-12-31T23:59:59Z', ''])(
    'refuses %s rather than guessing', (text) => expect(() => parseMicros(text)).toThrow(/incorrect time/),
  );

  it('round-trips every microsecond', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 7_000_000_000_000_000 }), (at) => parseMicros(formatMicros(at)) === at));
  });
});
