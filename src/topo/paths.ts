import { topoError } from './topoErrors.ts';

/**
 * Where Vitess keeps each record, relative to a root. Global: keyspaces, shards, vschemas, rules, cells.
 * Cell: tablets, serving graphs, shard replication. Source: the keys of a running Vitess v24 cluster.
 */
export const paths = {
  keyspaces: 'keyspaces/',
  keyspaceDirectory: (keyspace: string) => `keyspaces/${part(keyspace, 'keyspace')}`,
  keyspace: (keyspace: string) => `keyspaces/${part(keyspace, 'keyspace')}/Keyspace`,
  vschema: (keyspace: string) => `keyspaces/${part(keyspace, 'keyspace')}/VSchema`,
  /** Ours, beside the Keyspace record: what its `snapshot_time` alone can't say. Vitess does not look at it. */
  snapshot: (keyspace: string) => `keyspaces/${part(keyspace, 'keyspace')}/VtrewindSnapshot`,
  /** Ours: the named restore points of a keyspace. */
  marks: (keyspace: string) => `keyspaces/${part(keyspace, 'keyspace')}/VtrewindMarks/`,
  mark: (keyspace: string, name: string) => `keyspaces/${part(keyspace, 'keyspace')}/VtrewindMarks/${part(name, 'mark')}`,
  shards: (keyspace: string) => `keyspaces/${part(keyspace, 'keyspace')}/shards/`,
  shardDirectory: (keyspace: string, shard: string) => `keyspaces/${part(keyspace, 'keyspace')}/shards/${part(shard, 'shard')}`,
  shard: (keyspace: string, shard: string) => `keyspaces/${part(keyspace, 'keyspace')}/shards/${part(shard, 'shard')}/Shard`,
  /** Ours: how far the restore of one shard of a snapshot keyspace is, written by its restore tablet. */
  restoreProgress: (keyspace: string, shard: string) => `keyspaces/${part(keyspace, 'keyspace')}/shards/${part(shard, 'shard')}/VtrewindRestore`,
  shardReplication: (keyspace: string, shard: string) => `keyspaces/${part(keyspace, 'keyspace')}/shards/${part(shard, 'shard')}/ShardReplication`,
  srvKeyspace: (keyspace: string) => `keyspaces/${part(keyspace, 'keyspace')}/SrvKeyspace`,
  srvVSchema: 'SrvVSchema',
  routingRules: 'RoutingRules',
  shardRoutingRules: 'ShardRoutingRules',
  keyspaceRoutingRules: 'routing_rules/keyspace/Rules',
  mirrorRules: 'MirrorRules',
  tablets: 'tablets/',
  tablet: (alias: string) => `tablets/${part(alias, 'tablet alias')}/Tablet`,
  cells: 'cells/',
  cellInfo: (cell: string) => `cells/${part(cell, 'cell')}/CellInfo`,
  cellsAliases: 'cells_aliases/',
  cellsAlias: (alias: string) => `cells_aliases/${part(alias, 'cells alias')}/CellsAlias`,
} as const;

/** The name in `path` when it is `<before><name><after>` and nothing else; undefined otherwise. */
export function nameInPath(path: string, before: string, after: string): string | undefined {
  if (!path.startsWith(before) || !path.endsWith(after) || path.length <= before.length + after.length) return undefined;
  const name = path.slice(before.length, path.length - after.length);
  return name.includes('/') ? undefined : name;
}

/** One part of a path: a name that could climb out of its folder or split it is refused. */
function part(name: string, what: string): string {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
    throw topoError('badName', `'${name}' is no name for a ${what}`, { hint: 'a name is not empty and holds no slash' });
  }
  return name;
}
