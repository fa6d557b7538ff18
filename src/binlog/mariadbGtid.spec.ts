import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MariadbGtidPosition, parseMariadbGtid, printMariadbGtid } from './mariadbGtid.ts';

const gtid = fc.record({ domain: fc.integer({ min: 0, max: 3 }), server: fc.integer({ min: 1, max: 3 }), sequence: fc.bigInt({ min: 1n, max: 20n }) });
const position = fc.array(gtid, { maxLength: 6 }).map((gtids) => MariadbGtidPosition.of(...gtids));

describe('MariadbGtidPosition', () => {
  it.each([['', ''], ['0-1-5', '0-1-5'], [' 7-2-9 , 0-1-5 ', '0-1-5,7-2-9'], ['4294967295-4294967295-18446744073709551615', '4294967295-4294967295-18446744073709551615']])('reads %j', (text, printed) => {
    expect(MariadbGtidPosition.parse(text).toString()).toBe(printed);
  });

  it.each(['0', '0-1', '0-1-', 'a-1-1', '0-1-5,0-2-6', '0-1-5,', ',', '4294967296-1-1', '0-1-18446744073709551616', '0-1--1'])('refuses %j', (text) => {
    expect(() => MariadbGtidPosition.parse(text)).toThrowError(expect.objectContaining({ code: 'VTR1202' }));
  });

  it('knows a transaction by the sequence of its domain', () => {
    const at = MariadbGtidPosition.parse('0-1-5,7-2-9');
    expect(at.contains(parseMariadbGtid('0-9-5'))).toBe(true);
    expect(at.contains(parseMariadbGtid('0-1-6'))).toBe(false);
    expect(at.contains(parseMariadbGtid('3-1-1'))).toBe(false);
    expect(at.with(parseMariadbGtid('0-2-6')).toString()).toBe('0-2-6,7-2-9');
    expect(at.with(parseMariadbGtid('3-1-1')).toString()).toBe('0-1-5,3-1-1,7-2-9');
  });

  it('obeys the laws of positions', () => {
    fc.assert(fc.property(position, position, gtid, (x, y, g) => {
      expect(x.union(y).containsAll(x)).toBe(true);
      expect(x.union(y).containsAll(y)).toBe(true);
      expect(x.union(y).contains(g)).toBe(x.contains(g) || y.contains(g));
      expect(x.containsAll(y)).toBe(y.subtract(x).isEmpty);
      expect(MariadbGtidPosition.parse(x.toString()).equals(x)).toBe(true);
      expect(parseMariadbGtid(printMariadbGtid(g))).toEqual(g);
    }));
  });
});
