import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection, ConnectionOptions, RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { flavours, temporaryFolder } from '../support/servers.ts';
import { type GateCluster, startGateCluster } from './gateCluster.ts';

const users = {
  root: {},
  one: { Password: 'one', Keyspaces: ['un'] },
  reader: { Password: 'reader', ReadOnly: true },
  both: { Password: 'both', Roles: ['reads', 'ours'] },
  killer: { Password: 'killer', MayKillAny: true },
  '@reads': { Keyspaces: ['k*'], ReadOnly: true },
  '@ours': { Keyspaces: ['other'], ReadOnly: true },
};

let cluster: GateCluster;
const open: Connection[] = [];
async function as(user: string, options: ConnectionOptions = {}): Promise<Connection> {
  const connection = await cluster.connect({ user, password: user === 'root' ? '' : user, ...options });
  open.push(connection);
  return connection;
}
const rows = async (c: Connection, sql: string): Promise<unknown[][]> => {
  const [found] = await c.query<RowDataPacket[][]>({ sql, rowsAsArray: true });
  return found as unknown as unknown[][];
};
const refused = async (c: Connection, errno: number, ...statements: string[]) => {
  for (const sql of statements) {
    await expect(c.query(sql), sql).rejects.toMatchObject({ errno });
    await expect(c.execute(sql), `prepared: ${sql}`).rejects.toMatchObject({ errno });
  }
};

beforeAll(async () => {
  const file = join(await temporaryFolder('users'), 'users.json');
  await writeFile(file, JSON.stringify(users));
  const [flavour] = await flavours();
  if (flavour === undefined) throw new Error('no server here');
  cluster = await startGateCluster(flavour, 'mysql', file);
  const root = await as('root');
  await root.query('insert into ks.t values (1, "one", 1), (10, "ten", 10)');
  await root.query('insert into un.plain (id, name) values (1, "a")');
}, 130_000);
afterAll(async () => {
  for (const connection of open) connection.destroy();
  await cluster?.stop();
}, 60_000);

it('confines a user to its keyspaces, by whatever way it names others', async () => {
  const c = await as('one', { database: 'un' });
  expect(await rows(c, 'select name from plain where id = 1')).toEqual([['a']]);
  expect(await rows(c, 'select name from un.plain where id = 1')).toEqual([['a']]);
  expect((await rows(c, 'show databases')).flat()).toEqual(['un', 'information_schema']);
  expect((await rows(c, 'show vitess_shards')).flat()).toEqual(['un/0']);
  await expect(as('one', { database: 'ks' })).rejects.toMatchObject({ errno: 1044 });
  await expect(as('one', { database: 'ks:-80@primary' })).rejects.toMatchObject({ errno: 1044 });
  await expect(c.changeUser({ user: 'one', password: 'one', database: 'ks' })).rejects.toMatchObject({ errno: 1044 });
  const d = await as('one', { database: 'un' });
  for (const target of ['ks', 'ks:-80', 'ks@replica', 'ks[-]', 'mysql', 'nowhere']) await expect(d.query(`use \`${target}\``), target).rejects.toMatchObject({ errno: 1044 });
  await refused(d, 1142,
    'select * from ks.t where id = 1', 'select * from ks.t', 'select * from `ks:-80`.t', 'select * from `ks@replica`.t', 'select p.name from plain p join ks.t t on t.id = p.id',
    'select (select max(id) from ks.t)', 'select name from plain where id in (select id from ks.t)', 'with x as (select * from ks.t) select * from x', 'select 1 union select id from ks.t',
    'insert into ks.t values (7, "x", 7)', 'insert into plain (name) select name from ks.t', 'update ks.t set v = 1 where id = 1', 'update ks.t set v = 1', 'delete from ks.t where id = 1',
    'select * from mysql.user', 'select * from performance_schema.threads', 'select * from information_schema.processlist', 'do (select count(*) from ks.t)', 'set @a = (select count(*) from ks.t)');
  for (const sql of ['create table ks.mine (id int)', 'drop table ks.t', 'truncate table ks.t', 'create table un.mine like ks.t', 'show create table ks.t', 'describe ks.t', 'explain select * from ks.t', 'analyze table ks.t',
    'show tables from ks', 'show vschema tables from ks', 'create database fresh', 'drop database ks', 'show create database ks', 'show master status', 'create procedure un.p() select 1', 'flush tables', "select load_file('/etc/hosts')", "select 1 into outfile '/tmp/x'"]) {
    await expect(d.query(sql), sql).rejects.toMatchObject({ errno: expect.toSatisfy((errno: number) => [1142, 1044, 1227].includes(errno)) });
  }
  await d.query("prepare p from 'select * from ks.t'");
  await expect(d.query('execute p')).rejects.toMatchObject({ errno: 1142 });
  expect(await rows(d, "select count(*) from information_schema.tables where table_schema = 'un' and table_name = 'plain'")).toEqual([[1]]);
  expect(JSON.stringify(await rows(d, "select table_name from information_schema.tables where table_schema = 'ks'"))).not.toContain('"t"');
});

it('finds the keyspace of a table that is not qualified', async () => {
  const c = await as('one');
  await refused(c, 1142, 'select * from t where id = 1', 'insert into t values (8, "x", 8)');
  expect(await rows(c, 'select name from plain where id = 1')).toEqual([['a']]);
});

it('gives no user the plan that was made for another', async () => {
  const root = await as('root');
  const c = await as('one');
  const reader = await as('reader');
  for (let i = 0; i < 2; i++) {
    expect(await rows(root, 'select name from ks.t where id = 10')).toEqual([['ten']]);
    await refused(c, 1142, 'select name from ks.t where id = 10');
    await root.query('update ks.t set v = 3 where id = 10');
    await refused(reader, 1290, 'update ks.t set v = 3 where id = 10');
  }
});

it('lets a user that only reads read', async () => {
  const c = await as('reader', { database: 'un' });
  expect(await rows(c, 'select name from plain where id = 1')).toEqual([['a']]);
  await c.query('start transaction read only');
  expect(await rows(c, 'select count(*) from ks.t')).toEqual([[2]]);
  await c.query('commit');
  await c.query("set @a = 1, time_zone = '+00:00'");
  expect((await rows(c, 'show tables')).flat()).toContain('plain');
  await refused(c, 1290, 'insert into plain (name) values ("x")', 'replace into plain (id, name) values (1, "x")', 'update plain set name = "x"', 'delete from plain', 'select * from plain where id = 1 for update', 'insert into ks.u (a) values (1)');
  for (const sql of ['create table more (id int)', 'drop table plain', 'truncate table plain', 'alter table plain add x int', 'create database fresh', 'call p()', 'analyze table plain', 'lock tables plain write', 'select next 1 values from u_seq',
    "create snapshot keyspace s from ks as of timestamp '2026-01-01 00:00:00'"]) {
    await expect(c.query(sql), sql).rejects.toMatchObject({ errno: expect.toSatisfy((errno: number) => [1290, 1227].includes(errno)) });
  }
});

it('joins the rights of roles', async () => {
  const c = await as('both', { database: 'ks' });
  expect(await rows(c, 'select count(*) from t')).toEqual([[2]]);
  await refused(c, 1290, 'delete from t where id = 1');
  await refused(c, 1142, 'select * from un.plain');
});

it('lets only some restore, end and see the sessions of others', async () => {
  const reader = await as('reader');
  const one = await as('one');
  const killer = await as('killer');
  await expect(one.query("create snapshot keyspace un_x from un as of timestamp '2026-01-01 00:00:00'")).rejects.toMatchObject({ errno: 1227 });
  await expect(one.query('drop snapshot keyspace un_x')).rejects.toMatchObject({ errno: 1227 });
  await expect(one.query(`kill ${reader.threadId}`)).rejects.toMatchObject({ errno: 1095 });
  expect(new Set((await rows(one, 'show processlist')).map((row) => row[1]))).toEqual(new Set(['one']));
  expect((await rows(killer, 'show processlist')).map((row) => row[0])).toContain(reader.threadId);
  const gone = new Promise((resolve) => reader.on('end', resolve).on('error', resolve));
  await killer.query(`kill ${reader.threadId}`);
  await gone;
});
