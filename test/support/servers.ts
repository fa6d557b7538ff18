import { type ChildProcess, spawn } from 'node:child_process';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { connect as netConnect } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connection, type ConnectionOptions, createConnection } from 'mysql2/promise';
import { freePort } from '../../src/base/freePort.ts';
import { waitFor } from '../../src/base/wait.ts';
import { initialiseDataDirectory } from '../../src/mysqld/dataDirectory.ts';
import { MysqldProcess } from '../../src/mysqld/mysqldProcess.ts';
import type { ServerSettings } from '../../src/mysqld/optionFile.ts';
import { type Flavour, findServerBinary, type ServerBinary } from '../../src/mysqld/serverBinary.ts';
import { serverFolder } from '../../src/mysqld/serverFolder.ts';

/** Where the bootstrap puts MySQL 9 and where finished data directories are kept between runs. */
export const cacheFolder = process.env.VTREWIND_CACHE ?? join(homedir(), '.cache', 'vtrewind');

export interface TestServer {
  readonly flavour: Flavour;
  /** `10.11.14` */
  readonly version: string;
  readonly binary: ServerBinary;
  readonly port: number;
  readonly socket: string;
  readonly dataDir: string;
  /** Holds data directory, binlogs, option file and logs. */
  readonly folder: string;
  readonly serverId: number;
  /** Of the process that runs now. */
  readonly pid: number;
  /** root over TCP, without a password. Numbers past 2^53 come as strings, dates as text. */
  connect(options?: ConnectionOptions): Promise<Connection>;
  /** Clean shutdown; the data stays until the test process ends. */
  stop(): Promise<void>;
  /** SIGKILL; `restart` starts it again on the same data and port. */
  kill(): Promise<void>;
  restart(options?: readonly string[]): Promise<void>;
}

export interface StartServerOptions {
  readonly flavour: Flavour;
  /** Option file lines, `name=value`; a leading `--` is taken off. */
  readonly options?: readonly string[];
  readonly settings?: Partial<ServerSettings>;
}

const binaries = new Map<Flavour, Promise<ServerBinary | undefined>>();

/** The server of a flavour on this machine. MySQL: `VTREWIND_MYSQLD`, else the cache that test/support/getMysql9.sh fills. */
export function findFlavour(flavour: Flavour): Promise<ServerBinary | undefined> {
  let found = binaries.get(flavour);
  if (found === undefined) {
    const choice = flavour === 'mariadb' ? (process.env.VTREWIND_MARIADBD ?? 'auto') : (process.env.VTREWIND_MYSQLD ?? join(cacheFolder, 'mysql-9', 'bin', 'mysqld'));
    found = findServerBinary(choice).then((b) => (b.flavour === flavour ? b : undefined), () => undefined);
    binaries.set(flavour, found);
  }
  return found;
}

/** Whether tests of this flavour can run; where not, says so once in a clear line. */
export async function hasFlavour(flavour: Flavour): Promise<boolean> {
  if ((await findFlavour(flavour)) !== undefined) return true;
  if (!told.has(flavour)) {
    told.add(flavour);
    console.warn(`skipped: no ${flavour} server here (${flavour === 'mysql' ? 'run test/support/getMysql9.sh' : 'install mariadb-server'})`);
  }
  return false;
}
const told = new Set<Flavour>();

/** The flavours that can run here. `for (const flavour of await flavours()) describe(flavour, …)`. */
export async function flavours(): Promise<Flavour[]> {
  const here: Flavour[] = [];
  for (const flavour of ['mariadb', 'mysql'] as const) if (await hasFlavour(flavour)) here.push(flavour);
  return here;
}

export { freePort };

let nextServerId = 1000 + (process.pid % 100_000) * 100;

/** Starts an own server with an empty root password on a free port, binlog with GTIDs on. It ends with the test process at the latest. */
export async function startServer(options: StartServerOptions): Promise<TestServer> {
  const binary = await findFlavour(options.flavour);
  if (binary === undefined) throw new Error(`no ${options.flavour} server here`);
  const folder = await temporaryFolder('server');
  const paths = serverFolder(folder);
  const tcpRoot = options.flavour === 'mariadb'
    ? ["CREATE USER root@'127.0.0.1'", "GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION"]
    : ["CREATE USER root@'127.0.0.1' IDENTIFIED WITH caching_sha2_password BY ''", "GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION"];
  await initialiseDataDirectory(binary, paths.data, { initStatements: tcpRoot, templateFolder: join(cacheFolder, 'templates') });
  const serverId = options.settings?.serverId ?? nextServerId++;
  const port = options.settings?.port ?? (await freePort());
  const start = (extra: readonly string[]) => MysqldProcess.start({
    binary, folder, settings: { port, serverId, ...options.settings, extra: [...(options.settings?.extra ?? []), ...extra.map((o) => o.replace(/^--/, ''))] },
  });
  let server = await start(options.options ?? []);
  atExit.add(() => endNow(server));
  return {
    flavour: options.flavour, version: binary.version, binary, port, serverId, folder, socket: paths.socket, dataDir: paths.data,
    get pid() {
      return server.pid;
    },
    connect: (more) => createConnection({ host: '127.0.0.1', port, user: 'root', supportBigNumbers: true, bigNumberStrings: true, dateStrings: true, ...more }),
    async stop() {
      await server.stop();
    },
    kill: () => server.kill(),
    async restart(extra) {
      await server.stop();
      server = await start(extra ?? options.options ?? []);
    },
  };
}

export interface TestEtcd {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly dataDir: string;
  /** SIGKILL and start again on the same data and port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** An own etcd (Debian's etcd-server) on free ports. */
export async function startEtcd(): Promise<TestEtcd> {
  const folder = await temporaryFolder('etcd');
  const dataDir = join(folder, 'data');
  const [client, peer] = [await freePort(), await freePort()];
  const endpoint = `http://127.0.0.1:${client}`;
  const start = async (): Promise<ChildProcess> => {
    const child = spawn('etcd', ['--name', 'test', '--data-dir', dataDir, '--listen-client-urls', endpoint, '--advertise-client-urls', endpoint,
      '--listen-peer-urls', `http://127.0.0.1:${peer}`, '--initial-advertise-peer-urls', `http://127.0.0.1:${peer}`, '--initial-cluster', `test=http://127.0.0.1:${peer}`,
      '--enable-v2=false', '--unsafe-no-fsync=false', '--log-level', 'error'], { stdio: 'ignore', env: { ...process.env, ETCD_UNSUPPORTED_ARCH: process.arch } });
    let ended: string | undefined;
    child.once('error', (error) => {
      ended = error.message;
    });
    child.once('exit', (code) => {
      ended = `exit code ${code}`;
    });
    await waitFor('etcd to answer', async () => {
      if (ended !== undefined) return 'ended';
      const response = await fetch(`${endpoint}/health`, { signal: AbortSignal.timeout(1000) });
      return response.ok && 'ready';
    }, { timeoutMs: 30_000 }).then((answer) => {
      if (answer === 'ended') throw new Error(`etcd did not start: ${ended}`);
    });
    return child;
  };
  let child = await start();
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    await gone;
  };
  atExit.add(() => {
    child.kill('SIGKILL');
  });
  return {
    endpoint, dataDir,
    async restart() {
      await end('SIGKILL');
      child = await start();
    },
    stop: () => end('SIGTERM'),
  };
}

/** Whether a TCP port answers. */
export function portAnswers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = netConnect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** A folder that goes away with the test process. */
export async function temporaryFolder(topic: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `vtr-${topic}-`));
  folders.add(folder);
  return folder;
}

/** Whether a program is on the PATH. */
export async function hasProgram(name: string): Promise<boolean> {
  for (const folder of (process.env.PATH ?? '').split(':')) if (await access(join(folder, name)).then(() => true, () => false)) return true;
  return false;
}

const folders = new Set<string>();
const atExit = new Set<() => void>();

/** Runs `end`, which must not wait, when the test file or the process ends. */
export function atEnd(end: () => void): void {
  atExit.add(end);
}

function endNow(server: MysqldProcess): void {
  if (!server.running) return;
  try {
    process.kill(server.pid, 'SIGKILL');
  } catch {
    // It ended in between.
  }
}

/** Ends all that this test file started and removes its folders. Runs by itself after each test file when vitest is there. */
export async function endAll(): Promise<void> {
  for (const end of atExit) end();
  atExit.clear();
  for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  folders.clear();
}

process.once('exit', () => {
  for (const end of atExit) end();
});
if (process.env.VITEST !== undefined) {
  const { afterAll } = await import('vitest');
  afterAll(endAll);
}
