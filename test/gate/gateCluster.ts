import { spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Connection, type ConnectionOptions, createConnection } from 'mysql2/promise';
import { waitFor } from '../../src/base/wait.ts';
import type { Flavour } from '../../src/mysqld/serverBinary.ts';
import { findFlavour, freePort, temporaryFolder } from '../support/servers.ts';

/** A cluster of `up` with keyspace `ks` (two shards, xxhash) and `un` (one shard, a replica, sequences), and a gate before it. */
export interface GateCluster {
  readonly host: string;
  readonly port: number;
  readonly http: string;
  connect(options?: ConnectionOptions): Promise<Connection>;
  /** Numbers of /debug/vars. */
  vars(): Promise<Record<string, number>>;
  stop(): Promise<void>;
}

const sharded = {
  sharded: true, vindexes: { hash: { type: 'xxhash' } },
  tables: { t: { columnVindexes: [{ column: 'id', name: 'hash' }] }, u: { columnVindexes: [{ column: 'id', name: 'hash' }], autoIncrement: { column: 'id', sequence: 'un.u_seq' } } },
};
const unsharded = { sharded: false, tables: { plain: {}, types: {}, u_seq: { type: 'sequence' } } };

export async function startGateCluster(flavour: Flavour, tabletProtocol: 'mysql' | 'grpc', users?: string): Promise<GateCluster> {
  const folder = await temporaryFolder('gate');
  const binary = await findFlavour(flavour);
  if (binary === undefined) throw new Error(`no ${flavour} here`);
  const address = async () => `127.0.0.1:${await freePort()}`;
  const [mysql, http] = [await address(), await address()];
  await writeFile(join(folder, 'ks.sql'), 'create table t (id bigint primary key, name varchar(100), v double); create table u (id bigint primary key, a int, b text)');
  await writeFile(join(folder, 'un.sql'), `create table plain (id bigint auto_increment primary key, name varchar(50) not null default 'x', k int, big longblob);
    create table u_seq (id int primary key, next_id bigint, cache bigint) comment 'vitess_sequence'; insert into u_seq values (0, 1, 100);`);
  const config = {
    data: join(folder, 'data'), mysqld: binary.path, gate: { mysql, http, tabletProtocol, ...(users === undefined ? {} : { users }) }, control: await address(), archiver: await address(),
    keyspaces: [
      { name: 'ks', shards: ['-80', '80-'], replicas: 0, vschema: sharded, schema: 'ks.sql' },
      { name: 'un', shards: ['0'], replicas: 1, vschema: unsharded, schema: 'un.sql' },
    ],
  };
  // JSON is YAML.
  await writeFile(join(folder, 'cluster.yaml'), JSON.stringify(config));
  const log = join(folder, 'up.log');
  const up = spawn(process.execPath, ['src/cli.ts', 'up', '--config', join(folder, 'cluster.yaml')], { stdio: ['ignore', openSync(log, 'w'), openSync(log, 'a')] });
  const ended = new Promise<void>((resolve) => up.once('exit', () => resolve()));
  await waitFor('the cluster to serve', () => {
    if (up.exitCode !== null) throw new Error(`up ended: ${readFileSync(log, 'utf8').slice(-2000)}`);
    return /^ready /m.test(readFileSync(log, 'utf8'));
  }, { timeoutMs: 120_000, everyMs: 200 });
  const [host = '', port = ''] = mysql.split(':');
  return {
    host, port: Number(port), http: `http://${http}`,
    connect: (options = {}) => createConnection({ host, port: Number(port), user: 'root', supportBigNumbers: true, dateStrings: true, ...options }),
    vars: async () => (await (await fetch(`http://${http}/debug/vars`)).json()) as Record<string, number>,
    stop: () => {
      up.kill('SIGTERM');
      return ended;
    },
  };
}
