import { describe, expect, it } from 'vitest';
import { describeLock, lockContents } from './lockContents.ts';
import { paths } from './paths.ts';
import { keyRangesOverlap, parseShardName } from './shardName.ts';
import { formatTabletAlias, parseTabletAlias } from './tabletAlias.ts';

describe('names in the topology', () => {
  it('prints and reads tablet aliases', () => {
    expect(formatTabletAlias({ cell: 'zone1', uid: 100 })).toBe('zone1-0000000100');
    expect(parseTabletAlias('us-east-1-0000000100')).toEqual({ cell: 'us-east-1', uid: 100 });
    expect(() => parseTabletAlias('zone1')).toThrow(/no tablet alias/);
    expect(() => parseTabletAlias('zone1-4294967296')).toThrow(/no tablet alias/);
  });
  it('reads shard names as key ranges', () => {
    expect(parseShardName('0')).toEqual({ name: '0', keyRange: undefined });
    expect(parseShardName('-80').keyRange).toEqual({ start: Buffer.alloc(0), end: Buffer.from([0x80]) });
    expect(parseShardName('-').keyRange).toEqual({ start: Buffer.alloc(0), end: Buffer.alloc(0) });
    for (const bad of ['80-40', '8-', '80-80', 'x-', '', 'a/b', '-80-']) expect(() => parseShardName(bad), bad).toThrow();
  });
  it('knows which shards hold ids in common', () => {
    const range = (n: string) => parseShardName(n).keyRange;
    expect(keyRangesOverlap(range('-80'), range('80-'))).toBe(false);
    expect(keyRangesOverlap(range('-80'), range('40-c0'))).toBe(true);
    expect(keyRangesOverlap(undefined, range('c0-'))).toBe(true);
    expect(keyRangesOverlap(range('-'), range('c0-'))).toBe(true);
  });
  it('lets no name climb out of its folder', () => {
    for (const bad of ['', '.', '..', 'a/b', 'a\0']) expect(() => paths.keyspace(bad), bad).toThrow(/no name/);
  });
  it("writes a lock's value byte for byte as Vitess does", () => {
    const value = lockContents('PlannedReparentShard(zone1-0000000100, AvoidPrimary = <nil>)', new Date('2026-11-21T08:13:20.5Z')).toString();
    expect(value).toMatch(/^\{\n {2}"Action": "PlannedReparentShard\(zone1-0000000100, AvoidPrimary = \\u003cnil\\u003e\)",\n {2}"HostName": ".*",\n {2}"UserName": ".*",\n {2}"Time": "2026-11-21T08:13:20Z",\n {2}"Options": \{\},\n {2}"Status": "Running"\n\}$/);
    expect(describeLock(Buffer.from(value))).toContain('PlannedReparentShard(zone1-0000000100, AvoidPrimary = <nil>) by ');
    expect(describeLock(Buffer.from('{'))).toBe('{');
  });
});
