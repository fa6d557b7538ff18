import * as z from 'zod';
import { paths } from './paths.ts';
import { topoError } from './topoErrors.ts';
import type { Topology, TopoVersion } from './topoServer.ts';

/**
 * What lies beside the Keyspace record of a snapshot keyspace: the moment in full and the shards as they were then. JSON, in nodes of our own,
 * so that Vitess sees the records it knows and nothing else. Times are microseconds since the epoch, UTC.
 */
const requested = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('time'), at: z.number().int() }),
  /** Everything in the set and nothing else, per shard. */
  z.object({ kind: z.literal('gtid'), perShard: z.record(z.string(), z.string()) }),
  /** Just before a transaction, per shard; shards that are not named go by its time. */
  z.object({ kind: z.literal('beforeGtid'), perShard: z.record(z.string(), z.string()) }),
  z.object({ kind: z.literal('mark'), name: z.string().min(1) }),
]);
const snapshotRecord = z.object({
  formatVersion: z.literal(1),
  requested,
  /** The moment as a time: the requested one, or that of the mark or the GTID sets. Equal to the Keyspace record's `snapshot_time`. */
  at: z.number().int(),
  createdAt: z.number().int(),
  /** Shards of the base that served at the moment; a restore tablet restores the one of its name. */
  shards: z.array(z.string()),
  /** Whether the copied vschema is the base's as of the moment, or today's because no older one was kept. */
  vschemaFrom: z.enum(['history', 'current']),
  /** What the moment was resolved to when the keyspace was made: the GTID state of each shard. Absent: each restore tablet finds its own cut. */
  cuts: z.record(z.string(), z.string()).optional(),
  /** Transactions stepped over, per shard. */
  exclude: z.record(z.string(), z.array(z.string())).optional(),
  /** Only these tables are kept. */
  tables: z.array(z.string()).optional(),
});
export type SnapshotRecord = z.infer<typeof snapshotRecord>;
export type RequestedMoment = SnapshotRecord['requested'];

/** How far the restore of one shard is; written by its restore tablet when it moves on, at most about once a second. */
const restoreProgress = z.object({
  formatVersion: z.literal(1),
  state: z.enum(['restoring', 'replaying', 'serving', 'failed']),
  /** The restore tablet's own word for what it does, for people. */
  phase: z.string(),
  /** 0 to 1 of the phase. */
  fraction: z.number().min(0).max(1),
  bytesDone: z.number().int(),
  bytesTotal: z.number().int(),
  /** Of the backup used. */
  backup: z.string().optional(),
  /** The GTID set reached so far; when serving, the one served. */
  gtidSet: z.string().optional(),
  reachedAt: z.number().int().optional(),
  etaSeconds: z.number().optional(),
  /** When failed: what and what to do. */
  error: z.string().optional(),
  tabletAlias: z.string(),
  updatedAt: z.number().int(),
});
export type RestoreProgress = z.infer<typeof restoreProgress>;

export const encodeSnapshotRecord = (r: SnapshotRecord): Buffer => Buffer.from(JSON.stringify(snapshotRecord.parse(r)));
export const decodeSnapshotRecord = (bytes: Uint8Array): SnapshotRecord => decode('snapshot record', snapshotRecord, bytes);
export const encodeRestoreProgress = (r: RestoreProgress): Buffer => Buffer.from(JSON.stringify(restoreProgress.parse(r)));
export const decodeRestoreProgress = (bytes: Uint8Array): RestoreProgress => decode('restore progress', restoreProgress, bytes);

/** Undefined for a snapshot keyspace that Vitess made: its Keyspace record is all there is. */
export async function findSnapshotRecord(topo: Topology, keyspace: string): Promise<{ readonly record: SnapshotRecord; readonly version: TopoVersion } | undefined> {
  const found = await topo.global.get(paths.snapshot(keyspace));
  return found && { record: decodeSnapshotRecord(found.value), version: found.version };
}

export async function findRestoreProgress(topo: Topology, keyspace: string, shard: string): Promise<RestoreProgress | undefined> {
  const found = await topo.global.get(paths.restoreProgress(keyspace, shard));
  return found && decodeRestoreProgress(found.value);
}

export async function writeRestoreProgress(topo: Topology, keyspace: string, shard: string, progress: RestoreProgress): Promise<void> {
  await topo.global.update(paths.restoreProgress(keyspace, shard), encodeRestoreProgress(progress));
}

function decode<T>(what: string, schema: z.ZodType<T>, bytes: Uint8Array): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(bytes).toString()));
  } catch (error) {
    throw topoError('damaged', `a ${what} in the topology can't be read`, { cause: error, hint: 'it may be of a newer vtrewind' });
  }
}
