/** One schema for all DML tests: a sharded keyspace with every kind of lookup, an unsharded one beside it, and the same tables on one plain server. */

const lookup = (type: string, owner: string, table: string, from: string, more: object = {}): object => ({ type, owner, params: { table, from, to: 'keyspace_id', ...more } });

export const dmlVSchema = {
  keyspaces: {
    shop: {
      sharded: true,
      vindexes: {
        xx: { type: 'xxhash' }, text: { type: 'unicode_loose_md5' },
        email_map: lookup('lookup_unique', 'users', 'main.email_idx', 'email'),
        name_map: lookup('lookup', 'users', 'shop.name_idx', 'name', { ignore_nulls: 'true' }),
        code_map: lookup('consistent_lookup_unique', 'accounts', 'shop.code_idx', 'code'),
        tag_map: lookup('consistent_lookup', 'accounts', 'main.tag_idx', 'tag', { ignore_nulls: 'true' }),
        fill_map: lookup('lookup_unique', 'filling', 'main.fill_idx', 'code', { write_only: 'true' }),
      },
      tables: {
        users: { columnVindexes: [{ column: 'id', name: 'xx' }, { column: 'email', name: 'email_map' }, { column: 'name', name: 'name_map' }], autoIncrement: { column: 'id', sequence: 'main.user_seq' } },
        accounts: { columnVindexes: [{ column: 'id', name: 'xx' }, { column: 'code', name: 'code_map' }, { column: 'tag', name: 'tag_map' }] },
        filling: { columnVindexes: [{ column: 'id', name: 'xx' }, { column: 'code', name: 'fill_map' }] },
        orders: { columnVindexes: [{ column: 'user_id', name: 'xx' }], autoIncrement: { column: 'oid', sequence: 'main.order_seq' } },
        kinds: { columnVindexes: [{ column: 'id', name: 'xx' }] },
        name_idx: { columnVindexes: [{ column: 'name', name: 'text' }] },
        code_idx: { columnVindexes: [{ column: 'code', name: 'text' }] },
        regions: { type: 'reference' },
      },
    },
    main: {
      sharded: false,
      tables: { user_seq: { type: 'sequence' }, order_seq: { type: 'sequence' }, email_idx: {}, tag_idx: {}, fill_idx: {}, countries: {}, log: {}, numbered: { autoIncrement: { column: 'id', sequence: 'order_seq' } } },
    },
  },
};

const sequence = (name: string): string[] => [`create table ${name} (id bigint primary key, next_id bigint, cache bigint) comment 'vitess_sequence'`, `insert into ${name} values (0, 1, 1)`];

const users = (id: string, unique: string) =>
  `create table users (id bigint ${id} primary key, name varchar(30), email varchar(40) not null default 'none@x', age int default 7, amount decimal(10,2) not null default 1.50, seen timestamp(3) null ${unique})`;
const accounts = (unique: string) => `create table accounts (id bigint primary key, code varchar(20) not null, tag varchar(10), n int not null default 0 ${unique})`;
const filling = 'create table filling (id bigint primary key, code varchar(20) not null, n int)';
const orders = (id: string) => `create table orders (oid bigint ${id}, user_id bigint not null, total decimal(10,2) default 0, status varchar(10) default 'new', note varchar(100), primary key (user_id, oid), key (oid), unique key one_status (user_id, status, note))`;
const kinds = `create table kinds (id bigint primary key, a int not null default 3, twice int generated always as (a * 2) stored, v varchar(20) generated always as (concat('v', a)) virtual,
  f float, d double, dec1 decimal(30,10), t text character set latin1, u varchar(50) character set utf8mb4, bl blob, bt bit(10), en enum('x','y','z'), st set('p','q','r'), dt datetime(6), ts timestamp(6) null, y year, tm time(3), j json, changed int not null default 0)`;
const regions = 'create table regions (rid int primary key, rname varchar(20))';
const countries = 'create table countries (cid int primary key, cname varchar(20), region int)';
const log = 'create table log (id bigint auto_increment primary key, what varchar(60) unique, n int default 0)';
const numbered = (id: string) => `create table numbered (id bigint ${id} primary key, n int)`;

export const dmlTables: Readonly<Record<string, readonly string[]>> = {
  shop: [
    users('', ''), accounts(''), filling, orders(''), kinds, regions,
    'create table name_idx (name varchar(30), keyspace_id varbinary(16), primary key (name, keyspace_id))', 'create table code_idx (code varchar(20) primary key, keyspace_id varbinary(16))',
  ],
  main: [
    ...sequence('user_seq'), ...sequence('order_seq'), 'create table email_idx (email varchar(40) primary key, keyspace_id varbinary(16))',
    'create table tag_idx (tag varchar(10), keyspace_id varbinary(16), primary key (tag, keyspace_id))', 'create table fill_idx (code varchar(20) primary key, keyspace_id varbinary(16))', countries, log, numbered(''),
  ],
};

/** The same tables on the plain server. */
export const plainTables: readonly string[] = [
  users('auto_increment', ', unique key (email)'), accounts(', unique key (code)'), filling, orders('auto_increment'), kinds, regions, countries, log, numbered('auto_increment'),
];

/** Tables whose rows are compared, with what orders them. */
export const comparedTables: Readonly<Record<string, string>> = { users: 'id', accounts: 'id', filling: 'id', orders: 'user_id, oid', kinds: 'id', regions: 'rid', countries: 'cid', log: 'id', numbered: 'id' };

/** Owned lookups: the table with rows, its column, and where the lookup is. */
export const ownedLookups: readonly { readonly table: string; readonly column: string; readonly keyspace: string; readonly lookup: string }[] = [
  { table: 'users', column: 'email', keyspace: 'main', lookup: 'email_idx' }, { table: 'users', column: 'name', keyspace: 'shop', lookup: 'name_idx' },
  { table: 'accounts', column: 'code', keyspace: 'shop', lookup: 'code_idx' }, { table: 'accounts', column: 'tag', keyspace: 'main', lookup: 'tag_idx' }, { table: 'filling', column: 'code', keyspace: 'main', lookup: 'fill_idx' },
];
