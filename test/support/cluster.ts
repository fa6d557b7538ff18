import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connection, createConnection } from 'mysql2/promise';
import { afterAll } from 'vitest';

const program = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');

export interface ClusterUnderTest {
  readonly mysql: string;
  readonly http: string;
  readonly control: string;
  readonly archiver: string;
  /** The embedded topology, for roles started beside the cluster. */
  readonly topology: string;
  readonly data: string;
  readonly pid: number;
  /** Runs a vtrewind command against this cluster; rejects with its stderr when it fails. */
  cli(...args: string[]): Promise<string>;
  /** A session through the gate. */
  connect(options?: { readonly database?: string; readonly user?: string; readonly password?: string }): Promise<Connection>;
  /** Starts a role beside the cluster (a restore tablet); it is stopped with the cluster. */
  role(...args: string[]): Promise<Readonly<Record<string, string>>>;
  /** Process ids of the roles that run now, by the name `up` gives them in its log. */
  pids(): Promise<ReadonlyMap<string, number>>;
  /** SIGTERM, and waits for the end. Answers the exit code. */
  stop(): Promise<number | null>;
}

export interface ClusterOptions {
  readonly keyspaces: readonly { readonly name: string; readonly shards?: readonly string[]; readonly replicas?: number; readonly vschema?: object; readonly schema?: string }[];
  /** Vitess's mysql_auth_server_static JSON. */
  readonly users?: object;
  readonly tabletProtocol?: 'mysql' | 'grpc';
  /** A server binary; default MariaDB. */
  readonly mysqld?: string;
  /** An earlier cluster's data folder. */
  readonly data?: string;
}

const started: { stop(): Promise<number | null> }[] = [];
const folders: string[] = [];
afterAll(async () => {
  await Promise.all(started.map((cluster) => cluster.stop()));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A whole cluster by `vtrewind up --config`, on free ports, in a folder of its own; ended with the test file. */
export async function startCluster(options: ClusterOptions): Promise<ClusterUnderTest> {
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'vtrewind-cluster-'));
  if (options.data === undefined) folders.push(data);
  const keyspaces = await Promise.all(options.keyspaces.map(async ({ name, schema, ...rest }) => {
    if (schema !== undefined) await writeFile(join(data, `${name}.sql`), schema);
    return { name, ...rest, ...(schema === undefined ? {} : { schema: `${name}.sql` }) };
  }));
  if (options.users !== undefined) await writeFile(join(data, 'users.json'), JSON.stringify(options.users));
  const config = {
    data, mysqld: options.mysqld ?? 'auto', control: '127.0.0.1:0', archiver: '127.0.0.1:0', keyspaces,
    gate: { mysql: '127.0.0.1:0', http: '127.0.0.1:0', tabletProtocol: options.tabletProtocol ?? 'mysql', ...(options.users === undefined ? {} : { users: 'users.json' }) },
  };
  await writeFile(join(data, 'cluster.yaml'), JSON.stringify(config));
  const up = await startProcess(['up', '--config', join(data, 'cluster.yaml')]);
  const { mysql = '', http = '', control = '', archiver = '', topology = '' } = up.ready;
  const roles: { stop(): Promise<number | null> }[] = [];
  const cluster: ClusterUnderTest = {
    mysql, http, control, archiver, topology, data, pid: up.pid,
    cli: (...args) => runCli(['--server', control, ...args]),
    connect: ({ database, user = 'app', password } = {}) => {
      const [host, port] = mysql.split(':');
      return createConnection({ host, port: Number(port), user, password, database, supportBigNumbers: true, bigNumberStrings: true, dateStrings: true });
    },
    role: async (...args) => {
      const role = await startProcess(args);
      roles.push(role);
      return role.ready;
    },
    pids: async () => {
      const found = new Map<string, number>();
      for (const line of up.log()) {
        const at = line.startsWith('{') ? (JSON.parse(line) as { msg?: string; role?: string; pid?: number; alias?: string }) : {};
        if (at.msg === 'role ready' && at.role !== undefined) found.set(at.role, Number(at.pid));
      }
      return found;
    },
    stop: async () => {
      for (const role of roles.splice(0)) await role.stop();
      return up.stop();
    },
  };
  started.push(cluster);
  return cluster;
}

/** The pid of the mysqld that a tablet folder holds. */
export async function mysqldPid(data: string, alias: string): Promise<number> {
  return Number.parseInt(await readFile(join(data, alias, 'mysqld.pid'), 'utf8'), 10);
}

export function runCli(args: readonly string[], input?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.stdin.end(input);
    child.once('close', (code) => (code === 0 ? resolve(out) : reject(new Error(err.trim()))));
  });
}

interface StartedProcess { readonly ready: Readonly<Record<string, string>>; readonly pid: number; log(): readonly string[]; stop(): Promise<number | null> }

function startProcess(args: readonly string[]): Promise<StartedProcess> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    let text = '';
    const collect = (chunk: Buffer) => {
      text += chunk.toString();
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    const ended = new Promise<number | null>((done) => child.once('close', (code) => done(code)));
    const stop = () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      return ended;
    };
    child.on('message', (message: { ready?: Record<string, string> }) => {
      if (message.ready !== undefined) resolve({ ready: message.ready, pid: child.pid ?? 0, log: () => text.split('\n'), stop });
    });
    void ended.then((code) => reject(new Error(`vtrewind ${args.join(' ')} ended with ${code}:\n${text.slice(-3000)}`)));
  });
}
