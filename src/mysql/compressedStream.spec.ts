import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CompressedStream } from './compressedStream.ts';

describe('the compressed protocol', () => {
  for (const algorithm of ['zlib', 'zstd'] as const) {
    it(`gives back with ${algorithm} what went in, however it is cut`, () => {
      fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 8 }), fc.integer({ min: 1, max: 97 }), (parts, step) => {
        const sender = new CompressedStream(algorithm);
        const receiver = new CompressedStream(algorithm);
        const plain = Buffer.concat([...parts, Buffer.alloc(300, 'a')]);
        const sent = Buffer.concat([...parts.map((part) => sender.deflate(Buffer.from(part))), sender.deflate(Buffer.alloc(300, 'a'))]);
        const got: Buffer[] = [];
        for (let at = 0; at < sent.length; at += step) receiver.inflate(sent.subarray(at, at + step), (piece) => got.push(piece));
        expect(Buffer.concat(got).equals(plain)).toBe(true);
      }), { numRuns: 60 });
    });

    it(`refuses a ${algorithm} packet that holds more than it says`, () => {
      const sent = new CompressedStream(algorithm).deflate(Buffer.alloc(5000, 'b'));
      sent.writeUIntLE(10, 4, 3);
      expect(() => new CompressedStream(algorithm).inflate(sent, () => undefined)).toThrow(/compressed packet/);
      expect(() => new CompressedStream(algorithm).inflate(Buffer.from([3, 0, 0, 0, 50, 0, 0, 1, 2, 3]), () => undefined)).toThrow(/compressed packet/);
    });
  }

  it('cuts large payloads into pieces and counts them', () => {
    const sent = new CompressedStream('zlib').deflate(Buffer.alloc(3 << 20));
    const sequences: number[] = [];
    for (let at = 0; at < sent.length; at += 7 + sent.readUIntLE(at, 3)) sequences.push(sent[at + 3] as number);
    expect(sequences).toEqual([0, 1, 2]);
  });
});
