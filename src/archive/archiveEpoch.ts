import { z } from 'zod';
import { VtrewindError } from '../base/errors.ts';
import { isTopoError, paths, type Topology } from '../topo/index.ts';

const record = z.object({ epoch: z.number().int().nonnegative() });
/** Tries to win the compare-and-set: so many others cannot be starting at once. */
const maxTries = 20;

/**
 * Takes the next epoch of a shard's archive from a counter beside the Shard record, by compare-and-set: of two archivers that start at once one gets the lower number and finds itself
 * superseded. Never below what storage holds, so that a topology restored from nothing does no harm.
 */
export async function nextArchiveEpoch(topology: Topology, keyspace: string, shard: string, largestStored: number): Promise<number> {
  const path = `${paths.shardDirectory(keyspace, shard)}/VtrewindArchiveEpoch`;
  for (let tries = 0; tries < maxTries; tries++) {
    const now = await topology.global.get(path);
    const known = now === undefined ? 0 : record.parse(JSON.parse(Buffer.from(now.value).toString('utf8'))).epoch;
    const epoch = Math.max(known, largestStored) + 1;
    const value = Buffer.from(`${JSON.stringify({ epoch })}\n`);
    try {
      if (now === undefined) await topology.global.create(path, value);
      else await topology.global.update(path, value, now.version);
      return epoch;
    } catch (error) {
      if (!(isTopoError(error, 'badVersion') || isTopoError(error, 'nodeExists') || isTopoError(error, 'noNode'))) throw error;
    }
  }
  throw new VtrewindError({ code: 'VTR1225', grpc: 'ABORTED', message: `the archive epoch of ${keyspace}/${shard} changed ${maxTries} times while it was being advanced`, hint: 'are archivers starting over and over?' });
}
