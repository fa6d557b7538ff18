import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacketWriter } from '../../mysql/packets/packetWriter.ts';
import { RowTracker } from './rowTracker.ts';

/** Feeds `bytes` in parts as the relay does; answers what was forwarded, the rows and where the terminal packet is. */
function run(bytes: Buffer, cuts: readonly number[], deprecateEof: boolean): { readonly forwarded: number; readonly rows: number; readonly found: boolean } {
  const tracker = new RowTracker(deprecateEof);
  let held = Buffer.alloc(0);
  let forwarded = 0;
  const edges = [...new Set([...cuts.map((cut) => cut % bytes.length), bytes.length])].sort((a, b) => a - b);
  let from = 0;
  for (const edge of edges) {
    const chunk = Buffer.concat([held, bytes.subarray(from, edge)]);
    from = edge;
    const found = tracker.scan(chunk, 0);
    forwarded += tracker.forwardable;
    if (found) return { forwarded, rows: tracker.rows, found };
    held = chunk.subarray(tracker.forwardable);
    expect(held.length).toBeLessThan(5);
  }
  return { forwarded, rows: tracker.rows, found: false };
}

describe('the row tracker', () => {
  it('finds the end of the rows wherever chunks are cut', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 20 }), fc.boolean(), (rows, cuts, deprecateEof) => {
      const writer = new PacketWriter(3);
      for (const row of rows) {
        if ((row[0] ?? 0) >= 0xfe) row[0] = 1;
        writer.packet(Buffer.from(row));
      }
      const rowBytes = writer.length;
      writer.packet(Buffer.from(deprecateEof ? [0xfe, 0, 0, 2, 0, 0, 0] : [0xfe, 0, 0, 2, 0]));
      expect(run(writer.take(), cuts, deprecateEof)).toEqual({ forwarded: rowBytes, rows: rows.length, found: true });
    }));
  });

  it('is not misled by rows of 16 MiB and more', () => {
    const max = 0xff_ffff;
    for (const size of [max - 1, max, max + 1, 2 * max, 2 * max + 5]) {
      const row = Buffer.alloc(size, 0xfe);
      row[0] = 0xfd;
      const writer = new PacketWriter(1);
      writer.packet(row);
      const rowBytes = writer.length;
      writer.packet(Buffer.from([0xff, 1, 0]));
      const bytes = writer.take();
      for (const cuts of [[], [4, 5, max + 3, max + 4, max + 5, max + 6, max + 7, max + 8]]) expect(run(bytes, cuts, true)).toEqual({ forwarded: rowBytes, rows: 1, found: true });
    }
  });
});
