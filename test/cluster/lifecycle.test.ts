import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResultSetHeader, RowDataPacket } from 'mysql2';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.ts';
import { runCli, startCluster } from '../support/cluster.ts';

const one = async (session: { query(sql: string): Promise<unknown> }, sql: string) => ((await session.query(sql)) as [RowDataPacket[], unknown])[0][0];

describe('vtrewind up', () => {
  it('keeps its data between runs, makes and drops databases, and stops cleanly at SIGTERM', async () => {
    const keyspaces = [{ name: 'ks', vschema: { tables: {} }, schema: 'create table t (id int primary key, v varchar(20));' }];
    const first = await startCluster({ keyspaces });
    const session = await first.connect();
    await session.query("insert into ks.t values (1, 'kept')");
    await session.query('create database extra');
    await expect(session.query('create database extra')).rejects.toMatchObject({ errno: 1007 });
    await session.query('create table extra.e (id int primary key)');
    await session.query('insert into extra.e values (7)');
    expect(((await session.query('show databases')) as [RowDataPacket[], unknown])[0].map((row) => Object.values(row)[0])).toEqual(expect.arrayContaining(['extra', 'ks']));
    await session.query('create database gone');
    await session.query('drop database gone');
    await expect(session.query('drop database gone')).rejects.toMatchObject({ errno: 1008 });
    await session.end();
    expect(await first.stop()).toBe(0);

    const second = await startCluster({ keyspaces, data: first.data });
    const again = await second.connect();
    expect(await one(again, 'select v from ks.t where id = 1')).toEqual({ v: 'kept' });
    expect(await one(again, 'select id from extra.e')).toEqual({ id: 7 });
    expect(((await again.query('show databases')) as [RowDataPacket[], unknown])[0].map((row) => Object.values(row)[0])).not.toContain('gone');
    await again.end();
    expect(await second.stop()).toBe(0);
    const left = spawnSync('pgrep', ['-f', first.data], { encoding: 'utf8' }).stdout.trim();
    expect(left, 'processes left behind').toBe('');
  }, 180_000);

  it('moves the primary of a shard, planned and by emergency, and loses no acknowledged write', async () => {
    const cluster = await startCluster({ keyspaces: [{ name: 'ks', replicas: 2, vschema: { tables: {} }, schema: 'create table t (id int primary key);' }] });
    const primary = async () => (await cluster.cli('GetTablets', '--keyspace', 'ks')).split('\n').find((line) => line.includes(' primary '))?.split(' ')[0];
    const before = await primary();
    expect(before).toBe('zone1-0000000100');
    const write = async (id: number) => {
      await waitFor('a write to be taken', async () => {
        const session = await cluster.connect({ database: 'ks' });
        try {
          return ((await session.query('insert ignore into t values (?)', [id])) as [ResultSetHeader, unknown])[0].affectedRows >= 0;
        } finally {
          session.destroy();
        }
      }, { timeoutMs: 30_000 });
    };
    await write(1);
    expect(await cluster.cli('reparent', 'ks/0', '--to', 'zone1-101')).toContain('zone1-0000000101');
    await write(2);
    expect(await primary()).toBe('zone1-0000000101');
    const shard = JSON.parse(await cluster.cli('GetShard', 'ks/0')) as { shard: { primary_alias: { uid: number }; primary_term_start_time: { seconds: string } } };
    expect(shard.shard.primary_alias.uid).toBe(101);
    await waitFor('the replicas to have it', async () => {
      const session = await cluster.connect({ database: 'ks@replica' });
      const [rows] = await session.query<RowDataPacket[]>('select count(*) as n from t');
      await session.end();
      return Number(rows[0]?.['n']) === 2;
    }, { timeoutMs: 20_000 });
    expect(await cluster.cli('reparent', 'ks/0', '--emergency', '--to', 'zone1-102')).toContain('zone1-0000000102');
    await write(3);
    const session = await cluster.connect({ database: 'ks' });
    expect(await one(session, 'select group_concat(id order by id) as ids from t')).toEqual({ ids: '1,2,3' });
    await session.end();
    await expect(cluster.cli('reparent', 'ks/0', '--to', 'zone1-999')).rejects.toThrow(/zone1-0000000999 is no tablet of ks\/0/);
    await expect(cluster.cli('reparent', 'nowhere/0')).rejects.toThrow(/nowhere/);
  }, 180_000);

  it('refuses a config that is wrong, naming the place, and a port that is taken', async () => {
    const cluster = await startCluster({ keyspaces: [{ name: 'ks' }] });
    const file = join(cluster.data, 'wrong.yaml');
    writeFileSync(file, 'keyspaces:\n  - { name: ks, shards: ["-80", "8x-"] }\n');
    await expect(runCli(['up', '--config', file])).rejects.toThrow(/keyspaces.0.shards.1: expected a shard name/);
    writeFileSync(file, 'keyspace: []\n');
    await expect(runCli(['up', '--config', file])).rejects.toThrow(/[Uu]nrecognized key/);
    writeFileSync(file, `data: ${cluster.data}/second\ngate: { mysql: "${cluster.mysql}" }\n`);
    await expect(runCli(['up', '--config', file])).rejects.toThrow(/is taken by another program/);
    writeFileSync(file, `data: ${cluster.data}\ngate: { mysql: "127.0.0.1:0", http: "127.0.0.1:0" }\ncontrol: "127.0.0.1:0"\narchiver: "127.0.0.1:0"\n`);
    await expect(runCli(['up', '--config', file])).rejects.toThrow(/belongs to the running process/);
  }, 120_000);

  it('shows health, metrics by Vitess\'s names and its vars over HTTP', async () => {
    const cluster = await startCluster({ keyspaces: [{ name: 'ks', schema: 'create table t (id int primary key);', vschema: { tables: {} } }] });
    const session = await cluster.connect({ database: 'ks' });
    await session.query('select * from t where id = 1');
    await session.query('select * from nowhere').catch(() => undefined);
    await session.end();
    const get = async (path: string) => fetch(`http://${cluster.http}${path}`);
    expect((await get('/healthz')).status).toBe(200);
    const metrics = await (await get('/metrics')).text();
    for (const name of ['vtgate_mysql_server_conn_count', 'vtgate_query_plan_cache_misses', 'vtgate_transactions_processed', 'vtgate_healthcheck_connections']) expect(metrics, name).toContain(name);
    expect(await (await get('/debug/vars')).json()).toBeTypeOf('object');
    expect(await (await get('/debug/health')).json()).toMatchObject([{ keyspace: 'ks', shard: '0', tabletType: 'PRIMARY', serving: true }]);
    expect((await get('/')).headers.get('content-type')).toContain('text/html');
  }, 120_000);
});
