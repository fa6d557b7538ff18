import { z } from 'zod';
import { formatMicros } from '../base/time.ts';
import type { CutAt } from '../binlog/archive/findCut.ts';
import type { ShardMoment } from './archiveAccess.ts';

const perShard = z.record(z.string(), z.string().min(1)).refine((shards) => Object.keys(shards).length > 0, 'no shard named');

/** The moment that a keyspace is restored to, as it was asked for. Times are microseconds since the epoch, UTC. */
export const keyspaceMoment = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('time'), at: z.number().int() }),
  /** The last moment that every shard can be restored to. */
  z.object({ kind: z.literal('latest') }),
  /** Exactly these GTID states, one for each shard. */
  z.object({ kind: z.literal('gtid'), perShard }),
  /** Just before these transactions; shards that are not named are restored to just before the earliest of them. */
  z.object({ kind: z.literal('beforeGtid'), perShard }),
  z.object({ kind: z.literal('mark'), name: z.string().min(1) }),
]);
export type KeyspaceMoment = z.infer<typeof keyspaceMoment>;

/** What is asked of a restore into a snapshot keyspace. */
export const restoreRequest = z.object({
  base: z.string().min(1),
  /** The snapshot keyspace; omitted: the base's name with the moment behind it. */
  keyspace: z.string().min(1).optional(),
  moment: keyspaceMoment,
  /** Only these shards; omitted: all. */
  shards: z.array(z.string()).min(1).optional(),
  /** Only these tables are kept; omitted: all. */
  tables: z.array(z.string().min(1)).min(1).optional(),
  /** Transactions that are stepped over. */
  exclude: z.array(z.string().min(1)).optional(),
  nearest: z.enum(['before', 'after']).optional(),
});
export type RestoreRequest = z.infer<typeof restoreRequest>;

/** The archive's word for a shard's moment. */
export function cutAtOf(moment: ShardMoment): CutAt {
  switch (moment.kind) {
    case 'time': return { type: 'time', micros: moment.at };
    case 'gtid': return { type: 'state', state: moment.gtid };
    default: return { type: 'beforeGtid', gtid: moment.gtid };
  }
}

/** For messages. */
export function describeMoment(moment: ShardMoment): string {
  switch (moment.kind) {
    case 'time': return formatMicros(moment.at);
    case 'gtid': return `GTID state ${moment.gtid}`;
    default: return `just before ${moment.gtid}`;
  }
}
