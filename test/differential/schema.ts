import type { Flavour } from '../../src/mysqld/serverBinary.ts';

/** What an expression over a column may do with it. */
export type Kind = 'int' | 'unsigned' | 'decimal' | 'double' | 'text' | 'binary' | 'date' | 'datetime' | 'time' | 'year' | 'json' | 'enum' | 'set' | 'bit';

export interface ColumnSpec {
  readonly name: string;
  readonly kind: Kind;
  readonly ddl: string | ((flavour: Flavour) => string);
  /** Values that compare as equal may differ in their bytes: which of them stands for a group is MySQL's choice. */
  readonly loose?: boolean;
  readonly notNull?: boolean;
}

export interface TableSpec {
  readonly name: string;
  readonly columns: readonly ColumnSpec[];
  readonly primaryKey: readonly string[];
  readonly rows: number;
  readonly more?: readonly string[];
  /** After the closing parenthesis. */
  readonly options?: string;
  readonly partitions?: readonly string[];
  readonly indexes?: readonly string[];
}

const accentSensitive = (flavour: Flavour): string => (flavour === 'mysql' ? 'utf8mb4_0900_as_cs' : 'utf8mb4_uca1400_as_cs');
const newest = (flavour: Flavour): string => (flavour === 'mysql' ? 'utf8mb4_0900_ai_ci' : 'utf8mb4_uca1400_nopad_ai_ci');

export const tables: readonly TableSpec[] = [
  {
    name: 'users', primaryKey: ['id'], rows: 40, indexes: ['users_age', 'users_region'], more: ['key users_age (age)', 'key users_region (region, age)'],
    columns: [
      { name: 'id', kind: 'int', ddl: 'bigint not null', notNull: true },
      { name: 'name', kind: 'text', ddl: 'varchar(40)', loose: true },
      { name: 'nick', kind: 'text', ddl: (f) => `varchar(20) character set utf8mb4 collate ${accentSensitive(f)}` },
      { name: 'code', kind: 'text', ddl: 'char(8) character set utf8mb4 collate utf8mb4_bin' },
      { name: 'latin', kind: 'text', ddl: 'varchar(20) character set latin1 collate latin1_swedish_ci', loose: true },
      { name: 'email', kind: 'text', ddl: 'varchar(40) character set utf8mb4 collate utf8mb4_bin' },
      { name: 'age', kind: 'unsigned', ddl: 'tinyint unsigned' },
      { name: 'score', kind: 'int', ddl: 'smallint' },
      { name: 'region', kind: 'int', ddl: 'int' },
      { name: 'amount', kind: 'decimal', ddl: 'decimal(12,2)' },
      { name: 'ratio', kind: 'double', ddl: 'double' },
      { name: 'born', kind: 'date', ddl: 'date' },
      { name: 'seen', kind: 'datetime', ddl: 'datetime(6)' },
      { name: 'wake', kind: 'time', ddl: 'time' },
      { name: 'grade', kind: 'enum', ddl: "enum('low','Mid','high')" },
      { name: 'traits', kind: 'set', ddl: "set('a','b','c','d')" },
      { name: 'doc', kind: 'json', ddl: 'json' },
    ],
  },
  {
    name: 'orders', primaryKey: ['user_id', 'oid'], rows: 60, indexes: ['orders_total'], more: ['key orders_total (total)'],
    columns: [
      { name: 'oid', kind: 'int', ddl: 'bigint not null', notNull: true },
      { name: 'user_id', kind: 'int', ddl: 'bigint not null', notNull: true },
      { name: 'total', kind: 'decimal', ddl: 'decimal(10,2)' },
      { name: 'status', kind: 'text', ddl: 'varchar(10)', loose: true },
      { name: 'placed', kind: 'datetime', ddl: 'timestamp null' },
      { name: 'qty', kind: 'unsigned', ddl: 'int unsigned' },
      { name: 'weight', kind: 'double', ddl: 'float' },
      { name: 'flags', kind: 'bit', ddl: 'bit(6)' },
    ],
  },
  {
    name: 'items', primaryKey: ['sku'], rows: 30,
    columns: [
      { name: 'sku', kind: 'text', ddl: 'varchar(20) character set utf8mb4 collate utf8mb4_bin not null', notNull: true },
      { name: 'order_id', kind: 'int', ddl: 'bigint' },
      { name: 'cost', kind: 'decimal', ddl: 'decimal(8,3)' },
      { name: 'label', kind: 'text', ddl: (f) => `varchar(30) character set utf8mb4 collate ${newest(f)}`, loose: true },
      { name: 'n', kind: 'unsigned', ddl: 'mediumint unsigned' },
      { name: 'raw', kind: 'binary', ddl: 'varbinary(16)' },
      { name: 'made', kind: 'year', ddl: 'year' },
      { name: 'meta', kind: 'json', ddl: 'json' },
      { name: 'body', kind: 'text', ddl: 'text', loose: true },
    ],
  },
  {
    name: 'words', primaryKey: ['word', 'n'], rows: 25, options: ' engine=InnoDB', more: ['fulltext key words_ft (ft)'],
    columns: [
      { name: 'word', kind: 'text', ddl: 'varchar(30) not null', loose: true, notNull: true },
      { name: 'n', kind: 'int', ddl: 'int not null', notNull: true },
      { name: 'user_id', kind: 'int', ddl: 'bigint' },
      { name: 'big', kind: 'unsigned', ddl: 'bigint unsigned' },
      { name: 'price', kind: 'decimal', ddl: 'decimal(20,6)' },
      { name: 'ft', kind: 'text', ddl: 'text', loose: true },
    ],
  },
  {
    name: 'events', primaryKey: ['id'], rows: 30, options: ' partition by hash(id) partitions 3', partitions: ['p0', 'p1', 'p2'],
    columns: [
      { name: 'id', kind: 'int', ddl: 'bigint not null', notNull: true },
      { name: 'user_id', kind: 'int', ddl: 'bigint' },
      { name: 'day', kind: 'date', ddl: 'date' },
      { name: 'val', kind: 'decimal', ddl: 'decimal(9,4)' },
      { name: 'payload', kind: 'binary', ddl: 'blob' },
      { name: 'took', kind: 'time', ddl: 'time(3)' },
      { name: 'tiny', kind: 'int', ddl: 'tinyint' },
    ],
  },
  {
    name: 'regions', primaryKey: ['rid'], rows: 5,
    columns: [
      { name: 'rid', kind: 'int', ddl: 'int not null', notNull: true },
      { name: 'rname', kind: 'text', ddl: 'varchar(20)', loose: true },
      { name: 'currency', kind: 'text', ddl: 'char(3) character set latin1 collate latin1_bin' },
      { name: 'rate', kind: 'decimal', ddl: 'decimal(6,4)' },
    ],
  },
  {
    name: 'countries', primaryKey: ['cid'], rows: 7, indexes: ['countries_region'], more: ['key countries_region (region)'],
    columns: [
      { name: 'cid', kind: 'int', ddl: 'int not null', notNull: true },
      { name: 'cname', kind: 'text', ddl: 'varchar(20)', loose: true },
      { name: 'region', kind: 'int', ddl: 'int' },
      { name: 'people', kind: 'unsigned', ddl: 'bigint unsigned' },
      { name: 'founded', kind: 'date', ddl: 'date' },
      { name: 'continent', kind: 'enum', ddl: "enum('north','south')" },
    ],
  },
];

export function ddlOf(table: TableSpec, flavour: Flavour): string {
  const columns = table.columns.map((c) => `${c.name} ${typeof c.ddl === 'string' ? c.ddl : c.ddl(flavour)}`);
  return `create table ${table.name} (${[...columns, `primary key (${table.primaryKey.join(', ')})`, ...(table.more ?? [])].join(', ')})${table.options ?? ''}`;
}

/** A lookup table of the unsharded keyspace. */
export const lookupTables: readonly string[] = [
  'create table email_idx (email varchar(40) character set utf8mb4 collate utf8mb4_bin primary key, keyspace_id varbinary(16))',
  'create table item_idx (order_id bigint, sku varchar(20) character set utf8mb4 collate utf8mb4_bin, keyspace_id varbinary(16), primary key (order_id, sku))',
];

export interface Layout {
  readonly name: string;
  /** Shards by keyspace, in order. */
  readonly shards: Readonly<Record<string, readonly string[]>>;
  /** Where each table lives. */
  readonly homes: Readonly<Record<string, string>>;
}

const unsharded = { countries: 'main', email_idx: 'main', item_idx: 'main' };
const inShop = { users: 'shop', orders: 'shop', items: 'shop', words: 'shop', events: 'shop', regions: 'shop' };
export const layouts: readonly Layout[] = [
  { name: 'two shards', shards: { shop: ['-80', '80-'], main: ['0'] }, homes: { ...unsharded, ...inShop } },
  { name: 'four shards', shards: { shop: ['-40', '40-80', '80-c0', 'c0-'], main: ['0'] }, homes: { ...unsharded, ...inShop } },
  { name: 'two keyspaces', shards: { shop: ['-80', '80-'], mall: ['-30', '30-b0', 'b0-'], main: ['0'] }, homes: { ...unsharded, ...inShop, orders: 'mall', items: 'mall', words: 'mall' } },
];

/** The vschema of a layout, as Vitess's JSON. */
export function vschemaOf(layout: Layout): object {
  const definitions: Record<string, { vindexes: Record<string, object>; table: object }> = {
    users: {
      vindexes: { email_map: { type: 'lookup_unique', owner: 'users', params: { table: 'main.email_idx', from: 'email', to: 'keyspace_id', ignore_nulls: 'true' } } },
      table: { columnVindexes: [{ column: 'id', name: 'hash' }, { column: 'email', name: 'email_map' }] },
    },
    orders: { vindexes: {}, table: { columnVindexes: [{ column: 'user_id', name: 'hash' }] } },
    items: {
      vindexes: { item_map: { type: 'lookup', owner: 'items', params: { table: 'main.item_idx', from: 'order_id,sku', to: 'keyspace_id', ignore_nulls: 'true' } }, xx: { type: 'xxhash' } },
      table: { columnVindexes: [{ column: 'sku', name: 'xx' }, { columns: ['order_id', 'sku'], name: 'item_map' }] },
    },
    words: { vindexes: { loose: { type: 'unicode_loose_md5' } }, table: { columnVindexes: [{ column: 'word', name: 'loose' }] } },
    events: { vindexes: {}, table: { columnVindexes: [{ column: 'id', name: 'hash' }] } },
    regions: { vindexes: {}, table: { type: 'reference' } },
  };
  const keyspaces: Record<string, object> = {};
  for (const [keyspace, shards] of Object.entries(layout.shards)) {
    const own = Object.entries(layout.homes).filter(([, home]) => home === keyspace).map(([table]) => table);
    if (shards.length === 1) {
      keyspaces[keyspace] = { sharded: false, tables: Object.fromEntries(own.map((t) => [t, {}])) };
      continue;
    }
    keyspaces[keyspace] = {
      sharded: true,
      vindexes: Object.assign({ hash: { type: 'hash' } }, ...own.map((t) => definitions[t]?.vindexes ?? {})),
      tables: Object.fromEntries(own.map((t) => [t, definitions[t]?.table ?? {}])),
    };
  }
  return { keyspaces };
}
