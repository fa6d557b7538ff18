import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { xxhash64 } from './xxhash64.ts';

const mask = 0xffff_ffff_ffff_ffffn;
const [p1, p2, p3, p4, p5] = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n, 0x85ebca77c2b2ae63n, 0x27d4eb2f165667c5n] as const;
const rotate = (x: bigint, by: bigint) => ((x << by) | (x >> (64n - by))) & mask;
const round = (lane: bigint, input: bigint) => (rotate((lane + input * p2) & mask, 31n) * p1) & mask;

/** The specification word for word, in BigInt: slow and plain. */
function specified(input: Buffer): bigint {
  let at = 0;
  let hash: bigint = p5;
  if (input.length >= 32) {
    const lanes = [(p1 + p2) & mask, p2, 0n, (mask + 1n - p1) & mask];
    for (; at + 32 <= input.length; at += 32) lanes.forEach((lane, n) => { lanes[n] = round(lane, input.readBigUInt64LE(at + n * 8)); });
    hash = (rotate(lanes[0]!, 1n) + rotate(lanes[1]!, 7n) + rotate(lanes[2]!, 12n) + rotate(lanes[3]!, 18n)) & mask;
    for (const lane of lanes) hash = ((hash ^ round(0n, lane)) * p1 + p4) & mask;
  }
  hash = (hash + BigInt(input.length)) & mask;
  for (; at + 8 <= input.length; at += 8) hash = (rotate(hash ^ round(0n, input.readBigUInt64LE(at)), 27n) * p1 + p4) & mask;
  if (at + 4 <= input.length) {
    hash = (rotate(hash ^ ((BigInt(input.readUInt32LE(at)) * p1) & mask), 23n) * p2 + p3) & mask;
    at += 4;
  }
  for (; at < input.length; at++) hash = (rotate(hash ^ ((BigInt(input[at]!) * p5) & mask), 11n) * p1) & mask;
  hash = ((hash ^ (hash >> 33n)) * p2) & mask;
  hash = ((hash ^ (hash >> 29n)) * p3) & mask;
  return hash ^ (hash >> 32n);
}

describe('xxhash64', () => {
  it('has the known hash of nothing', () => {
    expect(xxhash64(Buffer.alloc(0)).readBigUInt64LE()).toBe(0xef46db3751d8e999n);
  });

  it('is the specified algorithm at every length', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const input = Buffer.from(bytes);
      return xxhash64(input).readBigUInt64LE() === specified(input);
    }), { numRuns: 1000 });
  });
});
