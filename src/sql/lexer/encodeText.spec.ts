import { describe, expect, it } from 'vitest';
import { charsetNamed } from './charsets.ts';
import { decodeBytes } from './decodeBytes.ts';
import { encodeText } from './encodeText.ts';

describe('encodeText', () => {
  it('gives back the bytes that decodeBytes read', () => {
    for (const [name, hex] of [
      ['latin1', '61e99f'], ['utf8mb4', 'f09f9880'], ['sjis', '955c82a0b1'], ['gbk', 'c4e35c'], ['gb18030', '8139ef309030813095328236'], ['big5', 'a140a45c'],
      ['ujis', '8fb0a1a4a2'], ['euckr', 'b0a1'], ['koi8r', 'c1c2'], ['cp850', '8182'],
    ] as const) {
      const bytes = Buffer.from(hex, 'hex');
      const charset = charsetNamed(name);
      expect([name, encodeText(decodeBytes(bytes, 0, bytes.length, charset), charset).toString('hex')]).toEqual([name, hex]);
    }
  });

  it('puts a question mark for a character that the set does not have', () => {
    expect(encodeText('a€я', charsetNamed('latin1')).toString('latin1')).toBe('a\x80?');
  });
});
