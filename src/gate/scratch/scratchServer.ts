import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { VtrewindError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { waitFor } from '../../base/wait.ts';
import type { MysqlConnectOptions } from '../../mysql/connectOptions.ts';
import { MysqlPool } from '../../mysql/pool.ts';
import { initialiseDataDirectory } from '../../mysqld/dataDirectory.ts';
import { MysqldProcess, runningPid } from '../../mysqld/mysqldProcess.ts';
import { findServerBinary, type ServerBinary } from '../../mysqld/serverBinary.ts';
import { serverFolder } from '../../mysqld/serverFolder.ts';

export interface ScratchServerOptions {
  /** `auto`: a server of our own where a program for it is found; a path: that program, or a folder that holds one; `HOST:PORT`: a server that runs already; `off`: none. */
  readonly choice: string;
  /** Folders of own servers are made here; default {@link defaultScratchFolder}. */
  readonly folder?: string | undefined;
  /** For `HOST:PORT`: needs every right on databases whose names begin with `vtrewind_scratch_`. */
  readonly account: { readonly user: string; readonly password: string };
  readonly log: Log;
}

/** Where scratch statements run. */
export interface ScratchServer {
  /** Names of its databases begin with this. */
  readonly prefix: string;
  /** Starts the server where none runs. Throws VTR0503, VTR0504 when that fails. */
  pool(): Promise<MysqlPool>;
  close(): Promise<void>;
}

/** Statements that run on it at once; more wait. */
const MAX_CONNECTIONS = 16;
const ACQUIRE_MS = 60_000;
const START_MS = 120_000;
const GONE_MS = 30_000;
const DATABASES = 'vtrewind_scratch_';
/** Statements of clients run under it: it reads no files and sees nothing but scratch databases. */
const ACCOUNT = 'vtrewind_scratch';
const accountStatements = [
  `CREATE USER '${ACCOUNT}'@'localhost'`,
  `GRANT SELECT, INSERT, EXECUTE, CREATE, DROP, ALTER, INDEX ON \`vtrewind\\_scratch\\_%\`.* TO '${ACCOUNT}'@'localhost'`,
];

/** `$XDG_CACHE_HOME/vtrewind/scratch`, else below `~/.cache`. */
export function defaultScratchFolder(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'vtrewind', 'scratch');
}

/** The scratch server that `choice` names, not started yet; undefined when there is to be none. Throws VTR0501 for a program that is none; with `auto` that means none. */
export async function openScratchServer(options: ScratchServerOptions): Promise<ScratchServer | undefined> {
  const { choice, log } = options;
  if (choice === 'off') return undefined;
  const address = /^(\[[0-9a-f:]+\]|[^/:]+):(\d+)$/i.exec(choice);
  if (address !== null) return new SomebodysServer({ host: (address[1] ?? '').replace(/^\[|\]$/g, ''), port: Number(address[2]), ...options.account }, log);
  let binary: ServerBinary;
  try {
    binary = await findServerBinary(choice);
  } catch (error) {
    if (choice !== 'auto') throw error;
    log.info({ event: 'scratch_none', error: VtrewindError.from(error).message }, 'no scratch server: statements that need one answer VT12001');
    return undefined;
  }
  const folder = options.folder ?? defaultScratchFolder();
  await sweep(folder, log);
  return new OwnServer(binary, folder, log);
}

function newPool(connect: MysqlConnectOptions, log: Log): MysqlPool {
  return new MysqlPool({ connect, maxConnections: MAX_CONNECTIONS, acquireTimeoutMs: ACQUIRE_MS, log });
}

class SomebodysServer implements ScratchServer {
  readonly prefix = `${DATABASES}${randomBytes(6).toString('hex')}_`;
  readonly #pool: MysqlPool;

  constructor(connect: MysqlConnectOptions, log: Log) {
    this.#pool = newPool(connect, log);
  }
  pool(): Promise<MysqlPool> {
    return Promise.resolve(this.#pool);
  }
  close(): Promise<void> {
    this.#pool.close();
    return Promise.resolve();
  }
}

interface Running {
  readonly server: MysqldProcess;
  readonly pool: MysqlPool;
  readonly root: string;
}

/** A server of this gate's own in a private folder, reached by its socket only. What it holds is worth nothing, so nothing is synced or logged. */
class OwnServer implements ScratchServer {
  readonly prefix = DATABASES;
  readonly #binary: ServerBinary;
  readonly #folder: string;
  readonly #log: Log;
  readonly #closing = new AbortController();
  #running: Promise<Running> | undefined;

  constructor(binary: ServerBinary, folder: string, log: Log) {
    this.#binary = binary;
    this.#folder = folder;
    this.#log = log;
  }

  async pool(): Promise<MysqlPool> {
    this.#closing.signal.throwIfAborted();
    const known = this.#running;
    const running = await (known ?? this.#begin());
    if (running.server.running) return running.pool;
    this.#log.warn({ event: 'scratch_ended', pid: running.server.pid }, 'the scratch server ended by itself; another is started');
    if (this.#running === known) {
      this.#running = undefined;
      await end(running);
    }
    return this.pool();
  }

  #begin(): Promise<Running> {
    const starting = this.#start();
    this.#running = starting;
    starting.catch(() => {
      if (this.#running === starting) this.#running = undefined;
    });
    return starting;
  }

  async #start(): Promise<Running> {
    const startedAt = performance.now();
    const root = join(this.#folder, `gate-${process.pid}-${(await startOf(process.pid)) ?? '0'}-${randomBytes(4).toString('hex')}`);
    await mkdir(root, { recursive: true, mode: 0o700 });
    try {
      const { signal } = this.#closing;
      await initialiseDataDirectory(this.#binary, serverFolder(root).data, { templateFolder: join(this.#folder, 'templates'), initStatements: accountStatements, signal });
      const server = await MysqldProcess.start({
        binary: this.#binary, folder: root, readyTimeoutMs: START_MS, signal,
        settings: {
          port: 0, serverId: 1, bufferPoolBytes: 32 << 20,
          extra: [
            'skip_log_bin', 'sync_binlog=0', 'innodb_flush_log_at_trx_commit=0', 'innodb_doublewrite=OFF', 'max_allowed_packet=1G', 'max_connections=64', 'local_infile=OFF', 'event_scheduler=OFF',
            ...(this.#binary.flavour === 'mysql' ? ['log_replica_updates=OFF', 'gtid_mode=OFF', 'enforce_gtid_consistency=OFF'] : ['log_slave_updates=OFF']),
          ],
        },
      });
      this.#log.info({ event: 'scratch_started', pid: server.pid, flavour: this.#binary.flavour, version: this.#binary.version, ms: Math.round(performance.now() - startedAt) }, 'the scratch server runs');
      return { server, pool: newPool({ socketPath: server.folder.socket, user: ACCOUNT, password: '' }, this.#log), root };
    } catch (error) {
      await rm(root, { recursive: true, force: true });
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new VtrewindError({ code: 'VTR1040', mysql: 1053, sqlState: '08S01', grpc: 'UNAVAILABLE', message: 'Server shutdown in progress' }));
    const running = await this.#running?.catch(() => undefined);
    this.#running = undefined;
    if (running !== undefined) await end(running);
  }
}

async function end({ server, pool, root }: Running): Promise<void> {
  pool.close();
  await server.kill();
  await rm(server.folder.socket, { force: true });
  await rm(root, { recursive: true, force: true });
}

/** Ends the servers of gates that were killed and removes their folders. */
async function sweep(folder: string, log: Log): Promise<void> {
  for (const name of await readdir(folder).catch(() => [] as string[])) {
    const owner = /^gate-(\d+)-(\d+)-/.exec(name);
    if (owner === null || (await lives(Number(owner[1]), owner[2] ?? ''))) continue;
    const root = serverFolder(join(folder, name));
    try {
      const pid = await runningPid(root);
      if (pid !== undefined) {
        process.kill(pid, 'SIGKILL');
        await waitFor('a scratch server to end', async () => (await runningPid(root)) === undefined, { timeoutMs: GONE_MS });
      }
      await rm(root.socket, { force: true });
      await rm(root.root, { recursive: true, force: true });
      log.info({ event: 'scratch_swept', folder: root.root, pid }, 'the scratch server of a gate that was killed is removed');
    } catch (error) {
      // Another gate that starts now may be at it too.
      log.warn({ event: 'scratch_unswept', folder: root.root, error: VtrewindError.from(error).message }, 'what a killed gate left could not be removed');
    }
  }
}

/** Pids are used again, so a process is known by its start too. Without /proc (not Linux) the pid must do. */
async function lives(pid: number, start: string): Promise<boolean> {
  const now = await startOf(pid);
  if (now !== undefined) return now === start || start === '0';
  if (start !== '0') return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Field 22 of /proc/PID/stat, in clock ticks since boot (proc(5)). */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name in parentheses may hold anything.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
