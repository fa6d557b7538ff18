import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valueTypes } from '../valueType.ts';
import { halves, readInteger64, readUint64 } from './integerText.ts';

const value = (type: keyof typeof valueTypes, text: string) => ({ type: valueTypes[type], value: Buffer.from(text) });
const read = () => (BigInt(halves.high) << 32n) | BigInt(halves.low);

describe('integers in text', () => {
  it('are read over the whole of 64 bits, negative ones as two\'s complement', () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), fc.constantFrom('UINT64', 'VARCHAR', 'DECIMAL'), (number, type) => {
      expect(readUint64(value(type as 'UINT64', ` ${number}\t`))).toBeUndefined();
      return read() === number;
    }));
    fc.assert(fc.property(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), fc.boolean(), (number, plus) => {
      expect(readInteger64(value('INT64', `${plus && number >= 0n ? '+' : ''}${number}`))).toBeUndefined();
      return read() === BigInt.asUintN(64, number);
    }));
    for (const near of [-1n, 0n, 1n, 999_999_999_999_999n, -99_999_999_999_999n, 1_000_000_000_000_000n, -(1n << 32n), 1n << 32n]) {
      expect(readInteger64(value('INT32', String(near)))).toBeUndefined();
      expect(read()).toBe(BigInt.asUintN(64, near));
    }
  });

  it('that are none are refused in the words of Vitess', () => {
    const wrong: [string, string][] = [
      ['', 'cannot parse uint64 from empty string'], ['aa', 'cannot parse uint64 from "aa"'], ['-1', 'cannot parse uint64 from "-1"'], [' ', 'cannot parse uint64 from " "'],
      ['1a', 'unparsed tail left after parsing uint64 from "1a": "a"'], ['1.5', 'unparsed tail left after parsing uint64 from "1.5": ".5"'],
      ['18446744073709551616', 'cannot parse uint64 from "18446744073709551616": overflow'], ['25000000000000000000', 'cannot parse uint64 from "25000000000000000000": overflow'],
    ];
    for (const [text, message] of wrong) expect(readUint64(value('VARCHAR', text)), text).toBe(message);
    expect(readUint64({ type: valueTypes.NULL_TYPE })).toBe('cannot parse uint64 from empty string');
    for (const text of ['', ' 1', '1 ', '-', '1.0', '9223372036854775808', '-9223372036854775809', '0x1']) expect(readInteger64(value('INT64', text)), text).toContain('strconv.ParseInt');
  });
});
