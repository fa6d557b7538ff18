import { type KeyRange, SrvKeyspace, type SrvKeyspace_KeyspacePartition, TabletType } from '../vitess/gen/topodata.ts';
import { withKeyspaceLock } from './locks.ts';
import { paths } from './paths.ts';
import { getKeyspace, listCells, listShards, readRecord } from './records.ts';
import { topoError } from './topoErrors.ts';
import type { Topology } from './topoServer.ts';

/** The tablet types that have a serving graph, in the order Vitess writes them. */
const servedTypes = [TabletType.PRIMARY, TabletType.REPLICA, TabletType.RDONLY] as const;

/**
 * Writes each cell's SrvKeyspace from the Shard records that serve (`is_primary_serving`), under the keyspace's lock.
 * Throws VTR0312 when the shards leave a gap or overlap, unless `allowPartial`. A cell whose record would not change is not written.
 */
export async function rebuildKeyspaceGraph(topo: Topology, keyspace: string, options: { readonly cells?: readonly string[]; readonly allowPartial?: boolean } = {}): Promise<void> {
  await withKeyspaceLock(topo, keyspace, 'RebuildKeyspace', async (lost) => {
    const { record } = await getKeyspace(topo, keyspace);
    const shards = await listShards(topo, keyspace);
    const serving = [...shards].filter(([, s]) => s.record.isPrimaryServing)
      .map(([name, s]) => ({ name, keyRange: s.record.keyRange, queryServiceDisabledIn: s.record.tabletControls }));
    const cells = options.cells !== undefined && options.cells.length > 0 ? options.cells : await listCells(topo);
    for (const cell of cells) {
      const partitions = servedTypes.map((servedType): SrvKeyspace_KeyspacePartition => ({
        servedType,
        shardReferences: serving.map(({ name, keyRange }) => ({ name, keyRange })).sort((a, b) => compareStarts(a.keyRange, b.keyRange)),
        shardTabletControls: serving.filter((s) => s.queryServiceDisabledIn.some((c) => c.tabletType === servedType && c.frozen))
          .map(({ name, keyRange }) => ({ name, keyRange, queryServiceDisabled: true })),
      }));
      for (const p of partitions) if (options.allowPartial !== true) checkCovers(p, cell);
      const next = SrvKeyspace.fromPartial({ partitions, throttlerConfig: record.throttlerConfig, queryThrottlerConfig: record.queryThrottlerConfig });
      const server = await topo.cell(cell);
      const now = await readRecord(server, paths.srvKeyspace(keyspace), SrvKeyspace);
      const bytes = SrvKeyspace.encode(next).finish();
      if (now !== undefined && Buffer.compare(SrvKeyspace.encode(now.record).finish(), bytes) === 0) continue;
      lost.throwIfAborted();
      await server.update(paths.srvKeyspace(keyspace), bytes);
    }
  });
}

function compareStarts(a: KeyRange | undefined, b: KeyRange | undefined): number {
  return Buffer.compare(a?.start ?? Buffer.alloc(0), b?.start ?? Buffer.alloc(0));
}

/** Every keyspace id in exactly one shard. The words are those vtctld uses. */
function checkCovers(partition: SrvKeyspace_KeyspacePartition, cell: string): void {
  const type = Object.entries(TabletType).find(([, n]) => n === partition.servedType)?.[0] ?? '';
  const what = `keyspace partition for ${type} in cell ${cell}`;
  const bad = (why: string) => topoError('badGraph', `${what} ${why}`, { hint: 'create the missing shards, or rebuild with --allow-partial' });
  const ranges = partition.shardReferences.map((r) => r.keyRange);
  if (ranges.length === 1 && ranges[0] === undefined) return;
  const first = ranges[0];
  if (first === undefined || first.start.length > 0) throw bad('does not start with min key');
  if ((ranges.at(-1)?.end.length ?? 1) > 0) throw bad('does not end with max key');
  for (const [i, next] of ranges.slice(1).entries()) {
    const before = ranges[i];
    if (before === undefined || next === undefined || Buffer.compare(before.end, next.start) !== 0) throw bad(`has a gap or an overlap before shard ${partition.shardReferences[i + 1]?.name}`);
  }
}
