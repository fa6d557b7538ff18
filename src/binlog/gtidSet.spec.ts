import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GtidSet, parseMysqlGtid } from './gtidSet.ts';

const a = '2454b333-e590-11f1-b2e9-02fc00000001';
const b = '3454b333-e590-11f1-b2e9-02fc00000001';

/** Sets over a small universe, so that they overlap often. */
const universe = [a, `${a}:tag`, b].flatMap((tsid) => Array.from({ length: 12 }, (_, i) => ({ tsid, gno: BigInt(i + 1) })));
const subset = fc.subarray(universe).map((members) => ({ members: new Set(members.map((m) => `${m.tsid}:${m.gno}`)), set: GtidSet.of(...members) }));
const membersOf = (set: GtidSet) => new Set(universe.filter((m) => set.contains(m)).map((m) => `${m.tsid}:${m.gno}`));

describe('GtidSet', () => {
  it.each([
    ['', ''],
    [`${a}:1`, `${a}:1`],
    [`${a}:1-3:5:7-9`, `${a}:1-3:5:7-9`],
    [`${a}:5:1-3:4`, `${a}:1-5`],
    [`${a}:3-1`, ''],
    [`${b}:1,\n${a}:2 , ${a}:1`, `${a}:1-2,${b}:1`],
    [`${a.toUpperCase()}:1`, `${a}:1`],
    [`{${a}}:1`, `${a}:1`],
    [`${a.replaceAll('-', '')}:1`, `${a}:1`],
    [`${a}:1-9:tagone:1-2:tagtwo:1`, `${a}:1-9:tagone:1-2:tagtwo:1`],
    [`${a}:Tag:4,${a}:1`, `${a}:1:tag:4`],
    [`${a}:tag:1,${b}:tag:2`, `${a}:tag:1,${b}:tag:2`],
    [`${a}:1-9223372036854775806`, `${a}:1-9223372036854775806`],
  ])('reads %j as the server does', (text, printed) => {
    expect(GtidSet.parse(text).toString()).toBe(printed);
  });

  it.each([`${a}`, `${a}:`, `${a}:0`, `${a}:x-1`, `${a}:tag`, `${a}:tag:tag:1`, 'x:1', `${a}:1-9223372036854775807`, `${a}:-1`, `${a}:${'t'.repeat(33)}:1`, `${a.slice(1)}:1`])('refuses %j', (text) => {
    expect(() => GtidSet.parse(text)).toThrowError(expect.objectContaining({ code: 'VTR1202' }));
  });

  it('obeys the laws of sets', () => {
    fc.assert(fc.property(subset, subset, (x, y) => {
      expect(membersOf(x.set)).toEqual(x.members);
      expect(membersOf(x.set.union(y.set))).toEqual(x.members.union(y.members));
      expect(membersOf(x.set.subtract(y.set))).toEqual(x.members.difference(y.members));
      expect(membersOf(x.set.intersect(y.set))).toEqual(x.members.intersection(y.members));
      expect(x.set.containsAll(y.set)).toBe(y.members.isSubsetOf(x.members));
      expect(x.set.equals(y.set)).toBe(y.members.isSubsetOf(x.members) && x.members.isSubsetOf(y.members));
      expect(Number(x.set.count)).toBe(x.members.size);
    }));
  });

  it('adds one by one what it would hold at once', () => {
    fc.assert(fc.property(fc.shuffledSubarray(universe), (members) => {
      let set = GtidSet.empty;
      for (const member of members) set = set.with(member);
      expect(set.toString()).toBe(GtidSet.of(...members).toString());
    }));
  });

  it('survives its text and binary forms', () => {
    fc.assert(fc.property(subset, ({ set }) => {
      expect(GtidSet.parse(set.toString()).equals(set)).toBe(true);
      expect(GtidSet.decode(set.encode()).equals(set)).toBe(true);
    }));
  });

  it('encodes the bytes of a PREVIOUS_GTIDS event of MySQL 9.7 with tags', () => {
    const recorded = '01030000000000012454b333e59011f1b2e902fc00000001000100000000000000010000000000000' +
      '00c000000000000002454b333e59011f1b2e902fc000000010c7461676f6e650100000000000000010000000000000003000000000000002454b333e59011f1b2e902fc000000010c74616774776f010000000000000001000000000000000200000000000000';
    const bytes = Buffer.from(recorded, 'hex');
    const set = GtidSet.decode(bytes);
    expect(set.toString()).toBe(`${a}:1-11:tagone:1-2:tagtwo:1`);
    expect(set.encode().equals(bytes)).toBe(true);
  });

  it.each(['', '01', '0000000000000002', '0100000000000000', '010000000000000000'])('refuses the binary form %j', (hex) => {
    expect(() => GtidSet.decode(Buffer.from(hex, 'hex'))).toThrow();
  });

  it('reads a single GTID and nothing else', () => {
    expect(parseMysqlGtid(`${a}:tag:7`)).toEqual({ tsid: `${a}:tag`, gno: 7n });
    expect(() => parseMysqlGtid(`${a}:1-2`)).toThrow();
    expect(() => parseMysqlGtid('')).toThrow();
  });
});
