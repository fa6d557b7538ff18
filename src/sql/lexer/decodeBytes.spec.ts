import { describe, expect, it } from 'vitest';
import { normalize } from '../normalize/normalize.ts';
import { parseStatement } from '../parser/index.ts';
import { characterLength, charsetNamed, PLAIN } from './charsets.ts';
import { decodeBytes } from './decodeBytes.ts';
import { settingsOf } from './settings.ts';

const decoded = (charset: string, ...bytes: number[]) => decodeBytes(Buffer.from(bytes), 0, bytes.length, charsetNamed(charset));

describe('bytes as text', () => {
  it.each<[string, number[], string]>([
    ['utf8mb4', [0x61, 0xc3, 0xa9], 'aé'], ['latin1', [0x61, 0x80, 0xe9], 'a€é'], ['cp1251', [0xcf, 0x5c, 0xf0], 'П\\р'], ['gbk', [0x61, 0xc4, 0xe3, 0xba, 0xc3, 0x62], 'a你好b'],
    ['gb18030', [0x81, 0x30, 0x89, 0x38, 0x61], 'ßa'], ['big5', [0xa7, 0x41, 0xa6, 0x6e], '你好'], ['sjis', [0x83, 0x5c, 0xb1, 0xb2, 0x5c], 'ソｱｲ\\'], ['cp932', [0x95, 0x5c], '表'],
    ['gb2312', [0xc4, 0xe3, 0x60], '你`'], ['euckr', [0xb0, 0xa1, 0x41], '가A'], ['ujis', [0xa4, 0xa2, 0x27], "あ'"],
  ])('%s %j', (charset, bytes, text) => expect(decoded(charset, ...bytes)).toBe(text));

  it('a lead byte that the character set does not know takes no quote along', () => {
    expect(decoded('big5', 0x9c, 0x60)).toBe('\ufffd`');
    expect(decoded('gb2312', 0x81, 0x60)).toBe('\ufffd`');
    expect(decoded('gbk', 0x61, 0xc4)).toBe('a\ufffd');
  });

  it.each(['gbk', 'gb18030', 'big5', 'sjis', 'cp932', 'gb2312', 'euckr', 'ujis', 'latin1', 'cp866', 'tis620'])('%s: ASCII comes out where the rule sees it, and nowhere else, for all pairs of bytes', (name) => {
    const charset = charsetNamed(name);
    for (let lead = 0x80; lead <= 0xff; lead++) {
      for (let trail = 0; trail <= 0xff; trail++) {
        const bytes = Buffer.from([lead, trail, 0x27]);
        const pair = charset.rule !== PLAIN && characterLength(charset.rule, bytes, 0, 3) === 2;
        const inside = trail < 0x80 && !pair ? String.fromCharCode(trail) : '';
        expect(decodeBytes(bytes, 0, 3, charset).replace(/[^\0-\x7f]/g, ''), bytes.toString('hex')).toBe(`${inside}'`);
      }
    }
  });

  it('a key keeps the quotes of its statement', () => {
    const settings = settingsOf({ charset: 'big5' });
    const source = Buffer.from('select `a\x9c`, b from t where c = 1', 'latin1');
    const { key } = normalize(source, settings);
    expect(key).toBe('select `a\ufffd`, b from t where c = :v1');
    expect(parseStatement(key, settings)).toBeDefined();
    // As the fuzz test found it (seed 260278134, input 4523).
    const found = "INSERT INTO `votes` (`user_i\x9c`, `story_id`, `vote`, `updated_at`) VALUES (35, 429, 1429, 1, '2021-03-05 11:21:30')";
    expect(parseStatement(normalize(Buffer.from(found, 'latin1'), settings).key, settings)).toBeDefined();
  });

  it('long text is decoded in a moment', () => {
    const bytes = Buffer.from([0xc4, 0xe3, 0x81, 0x5c, 0x20]).toString('latin1').repeat(100_000);
    const began = performance.now();
    decodeBytes(Buffer.from(bytes, 'latin1'), 0, bytes.length, charsetNamed('gbk'));
    expect(performance.now() - began).toBeLessThan(5000);
  });
});
