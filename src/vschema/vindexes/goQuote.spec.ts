import { expect, it } from 'vitest';
import { goQuote } from './goQuote.ts';

it('quotes as Go does', () => {
  const quoted = (hex: string) => goQuote(Buffer.from(hex, 'hex'));
  // Each right side is what Go's fmt.Sprintf("%q", …) printed for the bytes.
  expect(goQuote(Buffer.from('plain "text" \\'))).toBe('"plain \\"text\\" \\\\"');
  expect(quoted('07080a0d090b0c')).toBe('"\\a\\b\\n\\r\\t\\v\\f"');
  expect(quoted('00011f7f')).toBe('"\\x00\\x01\\x1f\\x7f"');
  expect(quoted('c3a9e697a5f09f9880')).toBe('"é日😀"');
  expect(quoted('c280c2a0e2808be280a8f3a08081')).toBe('"\\u0080\\u00a0\\u200b\\u2028\\U000e0001"');
  expect(quoted('ff41c3e69741c080eda080efbfbd')).toBe('"\\xffA\\xc3\\xe6\\x97A\\xc0\\x80\\xed\\xa0\\x80\ufffd"');
});
