import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { collationKey } from './collationKey.ts';

const recorded = JSON.parse(readFileSync(new URL('../../../../test/fixtures/collation_vectors.json', import.meta.url), 'utf8')) as {
  readonly blocks: readonly string[];
  readonly texts: readonly (readonly [string, string])[];
};

describe('collationKey', () => {
  it('weighs every code point as Go does', () => {
    for (const [block, digest] of recorded.blocks.entries()) {
      const hash = createHash('sha256');
      for (let codePoint = block * 0x1000; codePoint < (block + 1) * 0x1000; codePoint++) {
        if (codePoint >= 0xd800 && codePoint <= 0xdfff) continue;
        const key = collationKey(Buffer.from(String.fromCodePoint(codePoint)))!;
        hash.update(Buffer.from([key.length])).update(key);
      }
      expect(hash.digest('hex').slice(0, 16), `U+${(block * 0x1000).toString(16)}`).toBe(digest);
    }
  });

  it('weighs texts as Go does: contractions, marks out of order, more marks than a character may have', () => {
    expect(recorded.texts).toHaveLength(600);
    for (const [text, key] of recorded.texts) expect(collationKey(Buffer.from(text, 'hex'))!.toString('hex'), text).toBe(key);
  });

  it('takes the short way for ASCII to the same end', () => {
    const all = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
    for (const a of all) {
      for (const b of all) {
        const far = collationKey(Buffer.from(`${a}${b}\u4e00`))!.toString('hex');
        expect(far).toBe(`${collationKey(Buffer.from(a + b))!.toString('hex')}814e00`);
      }
    }
  });

  it('is undefined for what is not UTF-8', () => {
    for (const bytes of ['ff', 'c0af', 'eda080', 'f4908080', 'e4b8']) expect(collationKey(Buffer.from(bytes, 'hex')), bytes).toBeUndefined();
  });
});
