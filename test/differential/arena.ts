import type { TrackedColumn } from '../../src/planner/index.ts';
import type { QueryResult } from '../../src/vitess/queryService.ts';
import { ShardedServer } from '../engine/shardedServer.ts';
import type { TestServer } from '../support/servers.ts';
import { rowsOf } from './fill.ts';
import { Random } from './random.ts';
import { ddlOf, layouts, lookupTables, tables, vschemaOf, type Layout } from './schema.ts';

/** One database with all rows, and beside it the same rows in every layout of shards. */
export interface Arena {
  readonly server: TestServer;
  readonly clusters: readonly { readonly layout: Layout; readonly cluster: ShardedServer }[];
  plain(sql: string): Promise<QueryResult>;
  close(): Promise<void>;
}

export const collationOfTexts = 'utf8mb4_general_ci';

/** Makes all databases and fills them. The seed decides the rows. */
export async function openArena(server: TestServer, seed: number): Promise<Arena> {
  const root = await server.connect();
  const make = async (database: string, statements: readonly string[]): Promise<void> => {
    await root.query(`create database \`${database}\` character set utf8mb4 collate ${collationOfTexts}`);
    await root.query(`use \`${database}\``);
    for (const sql of statements) await root.query(sql);
  };
  await make('plain', tables.map((t) => ddlOf(t, server.flavour)));
  const rows = rowsOf(new Random(seed));
  for (const [table, values] of rows) await root.query(`insert into ${table.name} values ${values.join(', ')}`);
  const columns = new Map<string, readonly TrackedColumn[]>();
  for (const table of tables) columns.set(table.name, await trackedColumns(root, table.name, server));
  columns.set('email_idx', [{ name: 'email', type: 6165, collation: 46 }, { name: 'keyspace_id', type: 10262, collation: 63 }]);
  columns.set('item_idx', [{ name: 'order_id', type: 265, collation: 63 }, { name: 'sku', type: 6165, collation: 46 }, { name: 'keyspace_id', type: 10262, collation: 63 }]);
  const clusters: { layout: Layout; cluster: ShardedServer }[] = [];
  for (const [at, layout] of layouts.entries()) {
    const prefix = `l${at}_`;
    for (const [keyspace, shards] of Object.entries(layout.shards)) {
      const own = tables.filter((t) => layout.homes[t.name] === keyspace).map((t) => ddlOf(t, server.flavour));
      for (const shard of shards) await make(`${prefix}${keyspace}_${shard}`, [...own, ...(keyspace === 'main' ? lookupTables : [])]);
    }
    const cluster = new ShardedServer(server, vschemaOf(layout), Object.fromEntries([...columns].map(([table, list]) => [`${layout.homes[table] ?? ''}.${table}`, list])), {
      shards: layout.shards, prefix, defaultCollation: 45, primaryKeys: Object.fromEntries(tables.map((t) => [`${layout.homes[t.name] ?? ''}.${t.name}`, t.primaryKey])),
    });
    for (const [table, values] of rows) {
      const home = layout.homes[table.name] ?? '';
      const reference = table.name === 'regions';
      if (reference) for (const shard of layout.shards[home] ?? []) await (await cluster.connection(cluster.databaseOf(home, shard))).query(`insert into regions values ${values.join(', ')}`);
      else await cluster.execute(`insert into ${table.name} (${table.columns.map((c) => c.name).join(', ')}) values ${values.join(', ')}`);
    }
    clusters.push({ layout, cluster });
  }
  await root.end();
  const first = clusters[0]?.cluster;
  if (first === undefined) throw new Error('no layouts');
  return {
    server, clusters, plain: (sql) => first.plain(sql),
    async close() {
      for (const { cluster } of clusters) await cluster.close();
    },
  };
}

type Root = Awaited<ReturnType<TestServer['connect']>>;
const typeNumbers: Readonly<Record<string, number>> = {
  tinyint: 257, smallint: 259, mediumint: 261, int: 263, bigint: 265, decimal: 18, float: 1035, double: 1036, char: 6167, varchar: 6165, text: 6163, varbinary: 10262, blob: 10260,
  date: 2062, datetime: 2064, timestamp: 2061, time: 2063, year: 785, json: 2078, enum: 2074, set: 2075, bit: 2073, longtext: 6163,
};

/** Columns as the gate's schema tracker reads them. */
async function trackedColumns(root: Root, table: string, server: TestServer): Promise<TrackedColumn[]> {
  const [found] = await root.query(`select c.column_name as name, c.data_type as type, c.column_type as full, l.id as collation, c.is_nullable as nullable from information_schema.columns c
    left join information_schema.collations l on l.collation_name = c.collation_name where c.table_schema = 'plain' and c.table_name = '${table}' order by c.ordinal_position`);
  return (found as { name: string; type: string; full: string; collation: string | null; nullable: string }[]).map((c) => {
    const base = typeNumbers[c.type];
    if (base === undefined) throw new Error(`type ${c.type} of ${server.flavour}`);
    return { name: c.name, type: /unsigned/.test(c.full) ? base + 513 : base, collation: c.collation === null ? 63 : Number(c.collation), nullable: c.nullable === 'YES' };
  });
}
