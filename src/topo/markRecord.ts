import * as z from 'zod';
import { nameInPath, paths } from './paths.ts';
import { topoError } from './topoErrors.ts';
import type { Topology } from './topoServer.ts';

/** Names of marks: they stand in commands, in paths and in SQL. */
export const markNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/**
 * A named restore point of one keyspace: the state of every shard at one consistent cut (`vtrewind mark`). JSON beside the Keyspace record; a mark over several keyspaces
 * is written once under each. Times are microseconds since the epoch, UTC.
 */
const markRecord = z.object({
  formatVersion: z.literal(1),
  name: z.string().regex(markNamePattern),
  /** When the commit barrier held: everything in the mark committed before. */
  at: z.number().int(),
  createdAt: z.number().int(),
  /** Everything in it and nothing else, per shard: a GTID set (MySQL) or the last GTID of each domain (MariaDB). */
  shards: z.record(z.string(), z.string()),
  /** All keyspaces that the mark was made over, this one among them. */
  keyspaces: z.array(z.string()),
  /** How long commits were held up; milliseconds. */
  heldMs: z.number().nonnegative().optional(),
});
export type MarkRecord = Readonly<z.infer<typeof markRecord>>;

/** Throws VTR0303 (nodeExists) when the keyspace has a mark of that name. */
export async function createMark(topo: Topology, keyspace: string, mark: MarkRecord): Promise<void> {
  await topo.global.create(paths.mark(keyspace, mark.name), Buffer.from(JSON.stringify(markRecord.parse(mark))));
}

export async function findMark(topo: Topology, keyspace: string, name: string): Promise<MarkRecord | undefined> {
  if (!markNamePattern.test(name)) return undefined;
  const found = await topo.global.get(paths.mark(keyspace, name));
  return found && decode(keyspace, found.value);
}

/** Oldest first. */
export async function listMarks(topo: Topology, keyspace: string): Promise<readonly MarkRecord[]> {
  const prefix = paths.marks(keyspace);
  const marks = (await topo.global.list(prefix)).flatMap((entry) => (nameInPath(entry.path, prefix, '') === undefined ? [] : [decode(keyspace, entry.value)]));
  return marks.sort((a, b) => a.at - b.at);
}

function decode(keyspace: string, bytes: Uint8Array): MarkRecord {
  try {
    return markRecord.parse(JSON.parse(Buffer.from(bytes).toString()));
  } catch (error) {
    throw topoError('damaged', `a mark of keyspace ${keyspace} in the topology can't be read`, { cause: error, hint: 'it may be of a newer vtrewind' });
  }
}
