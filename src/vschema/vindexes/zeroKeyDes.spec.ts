import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { block, zeroKeyDes } from './zeroKeyDes.ts';

/** OpenSSL's triple DES with a null key, which is what Vitess computes. */
function openssl(high: number, low: number): string {
  const plain = Buffer.alloc(8);
  plain.writeUInt32BE(high, 0);
  plain.writeUInt32BE(low, 4);
  const cipher = createCipheriv('des-ede3-ecb', Buffer.alloc(24), null).setAutoPadding(false);
  return cipher.update(plain).toString('hex');
}

const hex = (word: number) => word.toString(16).padStart(8, '0');
const word = () => fc.integer({ min: 0, max: 0xffff_ffff });

describe('zeroKeyDes', () => {
  it('is DES as OpenSSL has it', () => {
    fc.assert(fc.property(word(), word(), (high, low) => {
      zeroKeyDes(high, low);
      return hex(block.high) + hex(block.low) === openssl(high, low);
    }), { numRuns: 2000 });
  });

  it('is its own inverse', () => {
    fc.assert(fc.property(word(), word(), (high, low) => {
      zeroKeyDes(high, low);
      zeroKeyDes(block.high, block.low);
      return block.high === high && block.low === low;
    }));
  });
});
