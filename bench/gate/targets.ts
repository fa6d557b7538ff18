import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { waitFor } from '../../src/base/wait.ts';
import { freePort, hasProgram, portAnswers, startServer, type TestServer, temporaryFolder } from '../../test/support/servers.ts';
import type { BenchOptions, TargetName } from './options.ts';
import { childWith, startNode, startProgram } from './processes.ts';
import { DATABASE, fillTable, SCHEMA, VSCHEMA } from './table.ts';

/** What the load goes to. */
export interface Target {
  readonly name: TargetName;
  readonly port: number;
  /** The process whose CPU time counts: the proxy, or the server itself for `direct`. */
  readonly pid: number;
  readonly about: string;
  stop(): Promise<void>;
}

const run = promisify(execFile);
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const GATE_START_MS = 300_000;

/** Starts the asked targets: one server for direct, relay and HAProxy; a cluster with two shards, servers of its own and the same rows for the gate. */
export async function startTargets(options: BenchOptions, started: Target[]): Promise<void> {
  const server = await startServer({ flavour: options.flavour });
  started.push(direct(server));
  const connection = await server.connect();
  await connection.query(`CREATE DATABASE ${DATABASE}`);
  await connection.query(`USE ${DATABASE}`);
  await connection.query(SCHEMA);
  await connection.end();
  await fillTable(server.port, options.rows);
  for (const name of options.targets) {
    if (name === 'relay') started.push(await relay(server.port));
    else if (name === 'haproxy') started.push(await haproxy(server.port));
    else if (name === 'gate') started.push(await gate(server, options));
  }
}

function direct(server: TestServer): Target {
  return { name: 'direct', port: server.port, pid: server.pid, about: `${server.flavour} ${server.version}`, stop: () => server.stop() };
}

async function relay(to: number): Promise<Target> {
  const child = await startNode<{ port: number }>(here('relay.ts'), [String(to)]);
  return { name: 'relay', port: child.ready.port, pid: child.pid, about: `Node ${process.version}, node:net`, stop: () => child.stop() };
}

async function haproxy(to: number): Promise<Target> {
  const program = (await hasProgram('haproxy')) ? 'haproxy' : '/usr/sbin/haproxy';
  const { stdout } = await run(program, ['-v']).catch((error: Error) => {
    throw new Error(`haproxy cannot be run (${error.message}); install Debian's haproxy, or leave it out with --targets direct,relay,gate`);
  });
  const port = await freePort();
  const file = join(await temporaryFolder('haproxy'), 'haproxy.cfg');
  await writeFile(file, `global
  nbthread 1
  maxconn 4096
defaults
  mode tcp
  timeout connect 5s
  timeout client 5m
  timeout server 5m
listen mysql
  bind 127.0.0.1:${port}
  server server1 127.0.0.1:${to}
`);
  const child = startProgram(program, ['-db', '-f', file]);
  await waitFor('HAProxy to answer', () => portAnswers(port), { timeoutMs: 10_000 });
  return { name: 'haproxy', port, pid: child.pid, about: `${/version (\S+)/.exec(stdout)?.[1] ?? ''}, TCP mode, 1 thread`, stop: () => child.stop() };
}

async function gate(server: TestServer, options: BenchOptions): Promise<Target> {
  const folder = await temporaryFolder('gate');
  await writeFile(join(folder, 'schema.sql'), SCHEMA);
  await writeFile(join(folder, 'cluster.yaml'), JSON.stringify({
    data: join(folder, 'data'), mysqld: server.binary.path, control: '127.0.0.1:0', archiver: '127.0.0.1:0', gate: { mysql: '127.0.0.1:0', http: '127.0.0.1:0' },
    keyspaces: [{ name: DATABASE, shards: ['-80', '80-'], vschema: VSCHEMA, schema: 'schema.sql' }],
  }));
  const execArgv = options.cpuProfile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.cpuProfile}`];
  const up = await startNode<{ mysql: string }>(here('../../src/cli.ts'), ['up', '--config', join(folder, 'cluster.yaml')], { execArgv, env: { ...process.env, VTREWIND_LOG: process.env.VTREWIND_LOG ?? 'warn' } });
  const port = Number(up.ready.mysql.slice(up.ready.mysql.lastIndexOf(':') + 1));
  await waitFor('the gate to answer', () => portAnswers(port), { timeoutMs: GATE_START_MS });
  await fillTable(port, options.rows);
  return { name: 'gate', port, pid: childWith(up.pid, 'gate'), about: `Node ${process.version}, 2 shards, xxhash, tablet protocol mysql`, stop: () => up.stop() };
}
