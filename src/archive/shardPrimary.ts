import { formatTabletAlias, getShard, isTopoError, needRecord, paths, type Topology } from '../topo/index.ts';
import { Tablet } from '../vitess/gen/topodata.ts';
import type { PrimaryServer } from './shardArchiver.ts';

/** The mysqld of a shard's primary by the topology; undefined while there is none, or its tablet has not registered. */
export async function findShardPrimary(topology: Topology, keyspace: string, shard: string, account: { readonly user: string; readonly password: string }): Promise<PrimaryServer | undefined> {
  try {
    const { record } = await getShard(topology, keyspace, shard);
    const alias = record.primaryAlias;
    if (alias === undefined || alias.cell === '') return undefined;
    const name = formatTabletAlias(alias);
    const cell = await topology.cell(alias.cell);
    const { record: tablet } = await needRecord(cell, paths.tablet(name), Tablet, `tablet ${name}`);
    const host = tablet.mysqlHostname || tablet.hostname;
    if (host === '' || tablet.mysqlPort === 0) return undefined;
    return { name, connect: { host, port: tablet.mysqlPort, ...account } };
  } catch (error) {
    if (isTopoError(error, 'noNode')) return undefined;
    throw error;
  }
}
