import { formatMicros } from '../../base/time.ts';
import { findKeyspace, findRestoreProgress, findSnapshotRecord, listKeyspaces, listShards } from '../../topo/index.ts';
import type { Topology } from '../../topo/topoServer.ts';
import { KeyspaceType } from '../../vitess/gen/topodata.ts';
import type { QueryResult, Value } from '../../vitess/queryService.ts';
import { valueTypes } from '../../vschema/valueType.ts';

const columns = ['Keyspace', 'Base', 'Shard', 'Requested', 'Reached', 'State', 'Progress', 'Gtid_set', 'Backup', 'Tablet', 'Error'] as const;

/**
 * SHOW SNAPSHOTS: a row for each shard of each snapshot keyspace, sorted; times in RFC 3339, UTC. `State` is pending (no restore tablet has begun),
 * restoring, replaying, serving or failed; `Progress` is the phase and how far it is. Source: SNAPSHOTS.md, Routing 10.
 */
export async function showSnapshots(topology: Topology): Promise<QueryResult> {
  const rows: Value[][] = [];
  for (const keyspace of await listKeyspaces(topology)) {
    const found = await findKeyspace(topology, keyspace);
    if (found?.record.keyspaceType !== KeyspaceType.SNAPSHOT) continue;
    const { baseKeyspace, snapshotTime } = found.record;
    const own = (await findSnapshotRecord(topology, keyspace))?.record;
    const at = own?.at ?? (snapshotTime === undefined ? undefined : Number(snapshotTime.seconds) * 1_000_000 + Math.floor(snapshotTime.nanoseconds / 1000));
    const shards = new Set([...(own?.shards ?? []), ...(await listShards(topology, keyspace)).keys()]);
    for (const shard of [...shards].sort()) {
      const progress = await findRestoreProgress(topology, keyspace, shard);
      rows.push([
        keyspace, baseKeyspace, shard, at === undefined ? null : formatMicros(at), progress?.reachedAt === undefined ? null : formatMicros(progress.reachedAt), progress?.state ?? 'pending',
        progress === undefined || progress.state === 'serving' ? null : `${progress.phase} ${Math.floor(progress.fraction * 100)}%`,
        progress?.gtidSet?.replaceAll('\n', '') ?? null, progress?.backup ?? null, progress?.tabletAlias ?? null, progress?.error ?? null,
      ].map((cell) => (cell === null ? null : Buffer.from(cell))));
    }
  }
  return { fields: columns.map((name) => ({ name, type: valueTypes.VARCHAR, charset: 255 })), rows, rowsAffected: 0n, insertId: 0n };
}
