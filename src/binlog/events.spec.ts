import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteCursor, encodeVarInt, encodeVarUint } from './byteCursor.ts';
import { artificialRotate, decodeHeartbeat, decodeRotate, heartbeatEvent } from './controlEvents.ts';
import { BINLOG_MAGIC, buildEvent, readEventHeader, verifyChecksum, withChecksum } from './eventHeader.ts';
import { EVENT } from './eventTypes.ts';
import { BinlogReader } from './binlogReader.ts';
import { decodeGtidList, encodeGtidList, decodeTaggedGtid } from './gtidEvents.ts';
import { queryRole } from './queryEvent.ts';
import { SourcePositionTracker } from './sourcePosition.ts';
import { unzlib } from './mariadbCompression.ts';

async function* bytes(...chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

describe('variable-length integers', () => {
  it('survive a round trip and take as few bytes as they can', () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (value) => {
      const encoded = encodeVarUint(value);
      const cursor = new ByteCursor(encoded);
      expect(cursor.varUint()).toBe(value);
      expect(cursor.remaining).toBe(0);
    }));
    fc.assert(fc.property(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), (value) => {
      expect(new ByteCursor(encodeVarInt(value)).varInt()).toBe(value);
    }));
    expect(encodeVarUint(65535n).toString('hex')).toBe('fbff07');
    expect(encodeVarInt(-65535n).toString('hex')).toBe('ebff0f');
    expect(encodeVarInt(65535n).toString('hex')).toBe('f3ff0f');
  });
});

describe('event headers and checksums', () => {
  it('build what they read, and find a flipped bit', () => {
    const event = buildEvent({ type: EVENT.XID, serverId: 7, timestamp: 1_795_254_299, nextPosition: 5_000_000_000, flags: 8 }, Buffer.alloc(8, 1), 'crc32');
    expect(readEventHeader(event)).toEqual({ timestamp: 1_795_254_299, type: 16, serverId: 7, length: 31, nextPosition: 5_000_000_000 % 2 ** 32, flags: 8 });
    expect(() => verifyChecksum(event, 'crc32')).not.toThrow();
    const plain = withChecksum(event, 'crc32', 'none');
    expect(plain.length).toBe(27);
    expect(withChecksum(plain, 'none', 'crc32').equals(event)).toBe(true);
    event[20] = 9;
    expect(() => verifyChecksum(event, 'crc32')).toThrowError(expect.objectContaining({ code: 'VTR1201' }));
  });

  it('reads rotates and heartbeats it made', () => {
    expect(decodeRotate(artificialRotate(1, 'bin.000007', 4n, 'crc32'), 'crc32')).toEqual({ kind: 'rotate', file: 'bin.000007', position: 4n });
    expect(decodeHeartbeat(heartbeatEvent(1, 'bin.000007', 1234n, 'none'), 'none')).toEqual({ kind: 'heartbeat', file: 'bin.000007', position: 1234n });
  });

  it('reads GTID lists it made', () => {
    const gtids = [{ domain: 0, server: 1, sequence: 5n }, { domain: 9, server: 4_000_000_000, sequence: 1n << 63n }];
    const list = decodeGtidList(buildEvent({ type: EVENT.MARIADB_GTID_LIST, serverId: 1 }, encodeGtidList(gtids), 'crc32'), 'crc32');
    expect(list.gtids).toEqual(gtids);
    expect(list.position.toString()).toBe('0-1-5,9-4000000000-9223372036854775808');
    expect(decodeGtidList(buildEvent({ type: EVENT.MARIADB_GTID_LIST, serverId: 1 }, encodeGtidList([]), 'none'), 'none').gtids).toEqual([]);
  });

  it('refuses a tagged GTID event with a field that must be known and is not', () => {
    const message = Buffer.concat([encodeVarUint(1n), encodeVarUint(4n), encodeVarUint(20n), encodeVarUint(0n)]);
    expect(() => decodeTaggedGtid(buildEvent({ type: EVENT.GTID_TAGGED, serverId: 1 }, message, 'none'), 'none')).toThrowError(expect.objectContaining({ code: 'VTR1201' }));
  });
});

describe('positions of a source', () => {
  it('go on beyond 4 GiB although headers hold 32 bits', () => {
    const tracker = new SourcePositionTracker();
    tracker.advance(artificialRotate(1, 'bin.000001', 4_294_967_000n, 'none'), 'none');
    const at = (next: number) => tracker.advance(buildEvent({ type: EVENT.XID, serverId: 1, timestamp: 1, nextPosition: next }, Buffer.alloc(8), 'none'), 'none');
    expect(at(4_294_967_200)).toBe(4_294_967_200);
    expect(at(100)).toBe(4_294_967_296 + 100);
    expect(at(0xffff_ff00)).toBe(4_294_967_296 + 0xffff_ff00);
    expect(at(7)).toBe(2 * 4_294_967_296 + 7);
  });
});

describe('control words', () => {
  it.each([
    ['BEGIN', 'begin'], ['begin', 'begin'], ['COMMIT', 'commit'], ['ROLLBACK', 'rollback'], ['ROLLBACK TO `s`', 'statement'], ["XA START X'01'", 'xaStart'], ["XA END X'01'", 'xaEnd'],
    ["XA COMMIT X'01'", 'xaCommit'], ["XA ROLLBACK X'01'", 'xaRollback'], ['BEGINX', 'statement'], ['COMMIT AND CHAIN', 'statement'], ['', 'statement'], ['CREATE TABLE t (a INT)', 'statement'],
  ])('%j is %s', (sql, role) => {
    expect(queryRole(Buffer.from(sql))).toBe(role);
  });
});

describe('damaged files', () => {
  it.each([
    ['empty', Buffer.alloc(0)], ['no binlog', Buffer.from('SQLite format 3')], ['encrypted', Buffer.from('fd62696e00000000', 'hex')], ['headless', Buffer.concat([BINLOG_MAGIC, buildEvent({ type: EVENT.XID, serverId: 1 }, Buffer.alloc(8), 'none')])],
    ['with an absurd length', Buffer.concat([BINLOG_MAGIC, Buffer.alloc(30, 0xff)])],
  ])('%s ones are refused', async (_name, content) => {
    const read = async () => {
      for await (const entry of new BinlogReader(bytes(content)).entries()) expect(entry.type).toBeGreaterThanOrEqual(0);
    };
    await expect(read()).rejects.toMatchObject({ code: expect.stringMatching(/^VTR120[13]$/) });
  });

  it('never yields what random bytes seem to say', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (noise) => {
      const read = async () => {
        for await (const entry of new BinlogReader(bytes(BINLOG_MAGIC, Buffer.from(noise))).entries()) expect(entry).toBeUndefined();
      };
      await read().catch((error: unknown) => expect(error).toMatchObject({ code: expect.stringMatching(/^VTR120/) }));
    }));
  });

  it('refuses compressed parts that lie about their size', () => {
    expect(() => unzlib(Buffer.from([0x81, 200, 1, 2, 3]))).toThrowError(expect.objectContaining({ code: 'VTR1201' }));
    expect(() => unzlib(Buffer.alloc(0))).toThrow();
  });
});
