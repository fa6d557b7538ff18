import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatKeyRange, keyRangeContains, keyRangeOfPrefix, keyRangesEqual, keyRangesIntersect, parseShardRange } from './keyRange.ts';
import { resolveDestination, shardOfKeyspaceId } from './resolveDestination.ts';

const id = (hex: string) => Buffer.from(hex, 'hex');
const range = (name: string) => parseShardRange(name)!;
const four = ['-40', '40-80', '80-c0', 'c0-'].map((name) => ({ name }));

describe('key ranges', () => {
  it('are read from shard names and printed back', () => {
    for (const name of ['-', '-80', '80-', '40-80', '1234-12ff', 'fe-ff00']) expect(formatKeyRange(range(name))).toBe(name);
    expect(parseShardRange('0')).toBeUndefined();
    expect(parseShardRange('legacy')).toBeUndefined();
    expect(formatKeyRange(range('A0-B0'))).toBe('a0-b0');
    for (const name of ['8-', '80-40', '80-80', '-4']) expect(() => parseShardRange(name), name).toThrow(/malformed shard name/);
  });

  it('hold their start, not their end, and take 80 for 8000', () => {
    expect(keyRangeContains(range('40-80'), id('40'))).toBe(true);
    expect(keyRangeContains(range('40-80'), id('7fffffffffffffff'))).toBe(true);
    expect(keyRangeContains(range('40-80'), id('80'))).toBe(false);
    expect(keyRangeContains(range('-80'), id(''))).toBe(true);
    expect(keyRangeContains(range('80-'), id('ffffffffffffffffff'))).toBe(true);
    expect(keyRangesEqual(range('40-80'), range('4000-8000'))).toBe(true);
    expect(keyRangesEqual(range('80-'), range('-'))).toBe(false);
    expect(keyRangeContains(range('8000-'), id('80'))).toBe(true);
  });

  it('intersect exactly when some id is in both', () => {
    const bounds = fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 2, maxLength: 2 }).map(([a, b]) => [Math.min(a!, b!), Math.max(a!, b!)] as const).filter(([a, b]) => a < b);
    const make = ([a, b]: readonly [number, number]) => ({ start: a === 0 ? id('') : Buffer.from([a * 16]), end: b === 8 ? id('') : Buffer.from([b * 16]) });
    fc.assert(fc.property(bounds, bounds, (x, y) => {
      const a = make(x);
      const b = make(y);
      const shared = Array.from({ length: 256 }, (_, byte) => Buffer.from([byte])).some((one) => keyRangeContains(a, one) && keyRangeContains(b, one));
      return keyRangesIntersect(a, b) === shared;
    }));
  });

  it('of a prefix hold what begins with it and nothing else', () => {
    expect(formatKeyRange(keyRangeOfPrefix(id('40ff')))).toBe('40ff-4100');
    expect(formatKeyRange(keyRangeOfPrefix(id('ffff')))).toBe('ffff-');
    expect(formatKeyRange(keyRangeOfPrefix(id('')))).toBe('-');
  });
});

describe('resolveDestination', () => {
  it('finds the shard of an id', () => {
    expect(shardOfKeyspaceId('ks', four, id('3fff'))).toBe('-40');
    expect(shardOfKeyspaceId('ks', four, id('c0'))).toBe('c0-');
    expect(shardOfKeyspaceId('ks', [{ name: '0' }], id('1234'))).toBe('0');
    expect(() => shardOfKeyspaceId('ks', [{ name: '-80' }], id('90'))).toThrow("KeyspaceId 90 didn't match any shards in keyspace ks");
  });

  it('finds the shards of ids and ranges, each once and in order', () => {
    expect(resolveDestination('ks', four, { kind: 'keyspaceIds', keyspaceIds: [id('c1'), id('01'), id('02')] })).toEqual(['-40', 'c0-']);
    expect(resolveDestination('ks', four, { kind: 'keyRange', keyRange: range('30-50') })).toEqual(['-40', '40-80']);
    expect(resolveDestination('ks', four, { kind: 'exactKeyRange', keyRange: range('40-c0') })).toEqual(['40-80', '80-c0']);
    expect(resolveDestination('ks', four, { kind: 'exactKeyRange', keyRange: range('-') })).toEqual(['-40', '40-80', '80-c0', 'c0-']);
    expect(() => resolveDestination('ks', four, { kind: 'exactKeyRange', keyRange: range('40-c8') })).toThrow(/no shards that together are/);
    expect(resolveDestination('ks', four, { kind: 'allShards' })).toHaveLength(4);
    expect(resolveDestination('ks', four, { kind: 'none' })).toEqual([]);
    expect(resolveDestination('ks', four, { kind: 'shard', shard: 'x' })).toEqual(['x']);
    expect(() => resolveDestination('ks', [], { kind: 'anyShard' })).toThrow('no shards in keyspace: ks');
  });
});
