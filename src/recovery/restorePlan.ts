import { z } from 'zod';

const neighbour = z.object({ gtid: z.string(), earliest: z.number().int(), latest: z.number().int() });

/** How one shard of a snapshot keyspace is restored. It is kept with the restore, so that a restart goes on with the same plan. */
export const restorePlan = z.object({
  formatVersion: z.literal(1),
  keyspace: z.string(),
  base: z.string(),
  shard: z.string(),
  /** The database the restored tables are in: it keeps its name. */
  database: z.string(),
  flavour: z.enum(['mariadb', 'mysql']),
  requested: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('time'), at: z.number().int() }),
    z.object({ kind: z.literal('gtid'), gtid: z.string() }),
    z.object({ kind: z.literal('beforeGtid'), gtid: z.string() }),
  ]),
  /** The keyspace's snapshot time; for a GTID the time that goes with it. Microseconds. */
  at: z.number().int(),
  cut: z.object({
    gtid: z.string(), reachedAt: z.number().int().optional(), warnings: z.array(z.string()),
    /** The last transaction that is in, and the first that is not, where the archive tells. */
    lastIncluded: neighbour.optional(), firstExcluded: neighbour.optional(),
  }),
  /** Transactions before the cut that are stepped over. */
  exclude: z.array(z.string()).default([]),
  /** Only these tables are kept; undefined: all. */
  tables: z.array(z.string()).optional(),
  /** Newest first; the first is used, the next when it turns out damaged. */
  backups: z.array(z.object({
    folder: z.string(), name: z.string(), startedAt: z.number().int(), position: z.string(), storedBytes: z.number().int(), rawBytes: z.number().int(), serverId: z.number().int(),
    requiredOptions: z.array(z.string()),
  })).min(1),
  /** Backups that could not serve, with the reason. */
  skipped: z.array(z.object({ folder: z.string(), why: z.string() })),
  /** From the first backup to the cut. */
  transactions: z.number().int(),
});
export type RestorePlan = Readonly<z.infer<typeof restorePlan>>;
