import { describe, expect, it } from 'vitest';
import { ArchiveCatalog } from '../../src/binlog/archive/archiveCatalog.ts';
import { ArchiveWriter } from '../../src/binlog/archive/archiveWriter.ts';
import { findCut } from '../../src/binlog/archive/findCut.ts';
import { markerName } from '../../src/binlog/transactionMarker.ts';
import { type CrossedOptions, type CrossedTransactions, findCrossedTransactions, type ShardCut } from '../../src/recovery/crossedTransactions.ts';
import { Feeder, TestStorage, uuid, writerOptions } from '../archive/syntheticBinlog.ts';

const t0 = 1_700_000_000_000_000;
const second = 1_000_000;
const idOf = (n: number) => n.toString(16).padStart(26, '0');

/** A shard whose transactions commit at these seconds, each of a commit over two shards (its number) or of none. The cut is behind second 10. */
async function shardOf(shard: string, transactions: readonly (readonly [at: number, commit?: number])[], cutAt = 10): Promise<ShardCut> {
  const storage = new TestStorage();
  const writer = await ArchiveWriter.open(writerOptions(storage));
  const feeder = new Feeder(writer);
  await feeder.begin();
  for (const [i, [at, commit]] of [...transactions, [10_000] as const].entries()) {
    await feeder.add(i + 1, t0 + at * second, 10, commit === undefined ? '' : `SAVEPOINT \`${markerName({ id: idOf(commit), index: 0, count: 2 })}\``);
    if (i % 2 === 1) await writer.flush();
  }
  await writer.flush();
  await writer.close();
  const catalog = await ArchiveCatalog.load(storage, 'ks', '-80');
  return { shard, catalog, cut: await findCut(catalog, { type: 'time', micros: t0 + cutAt * second }) };
}

type Rows = Parameters<typeof shardOf>[1];
async function crossedOf(low: Rows, high: Rows, options: CrossedOptions = {}): Promise<CrossedTransactions> {
  return findCrossedTransactions([await shardOf('-80', low), await shardOf('80-', high)], options);
}

describe('transactions that cuts of several shards leave in half', () => {
  it('are none where each is whole on one side, or in one shard only', async () => {
    expect(await crossedOf([[1, 1], [9, 2], [12, 3]], [[1, 1], [9.5, 2], [12.5, 3], [13, 4]])).toMatchObject({ crossed: [], moves: [] });
    expect(await crossedOf([], [])).toMatchObject({ crossed: [], moves: [] });
  });

  it('are listed with both sides, and the cut of the shard that has it moves back before it', async () => {
    const found = await crossedOf([[1, 1], [9.9, 2], [9.95]], [[1, 1], [10.1, 2], [12]]);
    expect(found.crossed).toEqual([{ id: idOf(2), participants: [{ shard: '-80', gtid: `${uuid}:2`, side: 'before' }, { shard: '80-', gtid: `${uuid}:2`, side: 'after' }] }]);
    expect(found.moves).toEqual([{ shard: '-80', beforeGtid: `${uuid}:2`, leftOut: 2, to: t0 + 9.9 * second }]);
  });

  it('take others along that the moved cut would leave in half', async () => {
    // 3 is cut; leaving it out of 80- leaves out 2 there, which was whole; leaving that out of -80 leaves out nothing more
    const found = await crossedOf([[7, 1], [8, 2], [9], [10.5, 3]], [[7, 1], [8.5, 3], [9, 2], [11]]);
    expect(found.crossed.map(({ id }) => id)).toEqual([idOf(3)]);
    expect(found.moves).toEqual(expect.arrayContaining([
      { shard: '80-', beforeGtid: `${uuid}:2`, leftOut: 2, to: t0 + 8.5 * second }, { shard: '-80', beforeGtid: `${uuid}:2`, leftOut: 2, to: t0 + 8 * second },
    ]));
  });

  it('are followed beyond what was searched first, up to a limit', async () => {
    // each commit overlaps the next: all the way back
    const chain = Array.from({ length: 20 }, (_, i) => i);
    const low = chain.map((i) => [i / 2 + 0.3, i] as const);
    const high = chain.map((i) => [i / 2 + 0.9, i] as const);
    const all = await crossedOf(low, high, { spread: second });
    expect(all.crossed.length).toBeGreaterThan(0);
    const wide = await crossedOf(low, high);
    expect(all.moves).toEqual(wide.moves);
    const limited = await crossedOf(low, high, { spread: second, maxMove: 0.3 * second });
    expect(limited).toMatchObject({ moves: [], whyNotMoved: expect.stringContaining('would move back past') });
    expect(limited.crossed).toEqual(all.crossed);
    expect(await crossedOf(low, high, { maxTransactions: 5 })).toMatchObject({ moves: [], whyNotMoved: expect.stringContaining('more than 5 transactions') });
  });
});
