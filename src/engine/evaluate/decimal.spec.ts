import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDecimals, compareDecimals, divideDecimals, formatDecimal, multiplyDecimals, parseDecimal, rescale, type Decimal } from './decimal.ts';

const d = (text: string): Decimal => {
  const parsed = parseDecimal(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};

describe('decimals', () => {
  it('come back as they were written', () => {
    fc.assert(fc.property(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.integer({ min: 0, max: 30 }), (unscaled, scale) => {
      expect(d(formatDecimal({ unscaled, scale }))).toEqual({ unscaled, scale });
    }));
  });

  it('divide with four more digits, rounding half away from zero', () => {
    const cases = [['1', '3', '0.3333'], ['2', '3', '0.6667'], ['-2', '3', '-0.6667'], ['1.00', '3', '0.333333'], ['10', '4', '2.5000']] as const;
    for (const [a, b, quotient] of cases) expect(formatDecimal(divideDecimals(d(a), d(b)) ?? d('0'))).toBe(quotient);
    expect(divideDecimals(d('1'), d('0'))).toBeUndefined();
  });

  it('add, multiply, compare and round exactly', () => {
    expect(formatDecimal(addDecimals(d('0.1'), d('0.2')))).toBe('0.3');
    expect(formatDecimal(multiplyDecimals(d('1.5'), d('-0.25')))).toBe('-0.375');
    expect(compareDecimals(d('1.10'), d('1.1'))).toBe(0);
    expect(formatDecimal(rescale(d('-1.005'), 2))).toBe('-1.01');
    expect(parseDecimal('1e3')).toEqual({ unscaled: 1000n, scale: 0 });
    expect(parseDecimal('abc')).toBeUndefined();
  });
});
