import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import { VtrewindError } from '../base/errors.ts';
import { delay, waitFor } from '../base/wait.ts';
import { isDataDirectory, runAsUser } from './dataDirectory.ts';
import { renderOptionFile, type ServerSettings } from './optionFile.ts';
import type { ServerBinary } from './serverBinary.ts';
import { type ServerFolder, serverFolder } from './serverFolder.ts';

export interface StartOptions {
  readonly binary: ServerBinary;
  /** The server's root folder; see {@link ServerFolder}. Its data directory must be initialised. */
  readonly folder: string;
  readonly settings: ServerSettings;
  /** How long crash recovery may take before the start is given up. Default 300 s. */
  readonly readyTimeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** How often an adopted server, which is no child of ours, is looked at. */
const exitPollMs = 200;
/** SIGTERM, then this long for a clean shutdown before SIGKILL. */
const defaultStopMs = 60_000;

/**
 * One running server. It is started in a session of its own, so that it outlives whoever started it (kill -9 of a tablet agent takes no
 * database down); who comes next adopts it by its pid file. Restarting after a crash is the caller's decision: `exited` tells.
 */
export class MysqldProcess {
  readonly binary: ServerBinary;
  readonly folder: ServerFolder;
  /** 0 when the server has no TCP port. */
  readonly port: number;
  readonly pid: number;
  /** True when it was already running. */
  readonly adopted: boolean;
  /** Resolves when the process is gone, for whatever reason. */
  readonly exited: Promise<void>;
  readonly #stopWatching = new AbortController();
  #gone = false;

  private constructor(binary: ServerBinary, folder: ServerFolder, port: number, pid: number, child: ChildProcess | undefined) {
    this.binary = binary;
    this.folder = folder;
    this.port = port;
    this.pid = pid;
    this.adopted = child === undefined;
    const ended = child === undefined
      ? pollExit(pid, folder, this.#stopWatching.signal)
      : new Promise<void>((resolve) => child.once('exit', () => resolve()));
    this.exited = ended.then(() => {
      this.#gone = true;
    });
  }

  /** Writes the option file, starts the server and waits until it answers. Throws VTR0504 with the end of its error log, VTR0505 when one runs already. */
  static async start(options: StartOptions): Promise<MysqldProcess> {
    const folder = serverFolder(options.folder);
    if (!(await isDataDirectory(folder.data))) {
      throw new VtrewindError({ code: 'VTR0503', grpc: 'FAILED_PRECONDITION', message: `${folder.data} is no initialised data directory; no server is started on it` });
    }
    const running = await runningPid(folder);
    if (running !== undefined) {
      throw new VtrewindError({ code: 'VTR0505', grpc: 'ALREADY_EXISTS', message: `a server (pid ${running}) already runs on ${folder.data}` });
    }
    for (const path of [folder.binlog, folder.relayLog, folder.tmp]) await mkdir(path, { recursive: true, mode: 0o700 });
    await writeFile(folder.optionFile, renderOptionFile(options.binary, folder, options.settings), { mode: 0o600 });
    const log = await open(folder.errorLog, 'a', 0o600);
    let child: ChildProcess;
    let failed: Error | undefined;
    try {
      child = spawn(options.binary.path, [`--defaults-file=${folder.optionFile}`, ...runAsUser()], {
        cwd: folder.root, detached: true, stdio: ['ignore', log.fd, log.fd],
      });
      child.once('error', (error) => {
        failed = error;
      });
      child.unref();
    } finally {
      await log.close();
    }
    if (child.pid === undefined) {
      await delay(0);
      throw startFailed(folder, failed?.message ?? 'it could not be run', '', failed);
    }
    const server = new MysqldProcess(options.binary, folder, options.settings.port, child.pid, child);
    try {
      await server.#ready(options.readyTimeoutMs ?? 300_000, options.signal);
    } catch (error) {
      await server.kill();
      throw error;
    }
    return server;
  }

  /** The server that already runs on this folder, once it answers; undefined when none does. When the signal aborts meanwhile, it is stopped: who is asked to end takes its server along. */
  static async adopt(options: StartOptions): Promise<MysqldProcess | undefined> {
    const folder = serverFolder(options.folder);
    const pid = await runningPid(folder);
    if (pid === undefined) return undefined;
    const server = new MysqldProcess(options.binary, folder, await portOf(folder, options.settings.port), pid, undefined);
    try {
      await server.#ready(options.readyTimeoutMs ?? 300_000, options.signal);
    } catch (error) {
      if (options.signal?.aborted === true) await server.stop();
      throw error;
    }
    return server;
  }

  get running(): boolean {
    return !this.#gone && isAlive(this.pid);
  }

  /** A session of root through the socket. `multipleStatements` is off. */
  async connect(options: { readonly database?: string; readonly connectTimeoutMs?: number } = {}): Promise<Connection> {
    return createConnection({
      socketPath: this.folder.socket, user: 'root', database: options.database, connectTimeout: options.connectTimeoutMs ?? 10_000,
      supportBigNumbers: true, bigNumberStrings: true, dateStrings: true,
    });
  }

  /** A clean shutdown. A server that has not ended after `timeoutMs` is killed; the answer says which it was. */
  async stop(timeoutMs = defaultStopMs): Promise<'clean' | 'killed'> {
    if (!this.running) return 'clean';
    signalProcess(this.pid, 'SIGTERM');
    if (await this.#goneWithin(timeoutMs)) return 'clean';
    await this.kill();
    return 'killed';
  }

  /** SIGKILL, as a crash would be. Resolves when the process is gone. */
  async kill(): Promise<void> {
    if (this.running) signalProcess(this.pid, 'SIGKILL');
    if (!(await this.#goneWithin(30_000))) {
      throw new VtrewindError({ code: 'VTR0504', message: `server process ${this.pid} does not end after SIGKILL` });
    }
  }

  /** Leaves the server running and stops looking after it. */
  release(): void {
    this.#stopWatching.abort();
  }

  async #goneWithin(timeoutMs: number): Promise<boolean> {
    const enough = new AbortController();
    try {
      return await Promise.race([
        this.exited.then(() => true),
        delay(timeoutMs, enough.signal).then(() => false, () => false),
      ]);
    } finally {
      enough.abort();
    }
  }

  async #ready(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    try {
      await waitFor('the server to answer', async () => {
        if (!this.running) return 'ended' as const;
        const session = await this.connect({ connectTimeoutMs: 2000 });
        try {
          await session.query('SELECT 1');
          return 'ready' as const;
        } finally {
          session.destroy();
        }
      }, { timeoutMs, everyMs: 50, signal }).then(async (answer) => {
        if (answer === 'ended') throw startFailed(this.folder, 'it ended', await lastErrors(this.folder));
      });
    } catch (error) {
      if (error instanceof VtrewindError && error.code === 'VTR0102') throw startFailed(this.folder, error.message, await lastErrors(this.folder), error);
      throw error;
    }
  }
}

/** The pid of a live server on this folder: by its pid file and its command line (pids are reused), or, when it has not written its pid yet, by its command line alone. */
export async function runningPid(folder: ServerFolder): Promise<number | undefined> {
  const text = await readFile(folder.pidFile, 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  if (Number.isInteger(pid) && pid > 1 && isAlive(pid) && (await runsOn(pid, folder))) return pid;
  if (text !== '') await rm(folder.pidFile, { force: true });
  return await startingPid(folder);
}

/** A server writes its pid file only when it is up; whoever started it may have been killed before that. Without /proc (not Linux) there is no answer. */
async function startingPid(folder: ServerFolder): Promise<number | undefined> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(async (pid) => pid !== process.pid && (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0').includes(`--defaults-file=${folder.optionFile}`)));
  return pids[found.indexOf(true)];
}

async function runsOn(pid: number, folder: ServerFolder): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  // Without /proc (not Linux) the pid file alone must do.
  return commandLine === undefined || commandLine.split('\0').includes(`--defaults-file=${folder.optionFile}`);
}

async function portOf(folder: ServerFolder, fallback: number): Promise<number> {
  const written = /^port=(\d+)$/m.exec(await readFile(folder.optionFile, 'utf8').catch(() => ''));
  return written === null ? fallback : Number(written[1]);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function signalProcess(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function pollExit(pid: number, folder: ServerFolder, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    if (!isAlive(pid) || !(await runsOn(pid, folder))) return;
    await delay(exitPollMs, stop).catch(() => undefined);
  }
  // Nobody looks any more: never resolves, as the server has not ended.
  await new Promise<never>(() => undefined);
}

async function lastErrors(folder: ServerFolder): Promise<string> {
  const text = await readFile(folder.errorLog, 'utf8').catch(() => '');
  const lines = text.split('\n').filter((l) => l !== '');
  const errors = lines.slice(-200).filter((l) => /\[ERROR\]|signal|corrupt|Assertion/i.test(l)).slice(-8);
  return (errors.length > 0 ? errors : lines.slice(-8)).join('\n');
}

function startFailed(folder: ServerFolder, why: string, words: string, cause?: unknown): VtrewindError {
  return new VtrewindError({
    code: 'VTR0504', grpc: 'UNAVAILABLE', message: `the server on ${folder.data} did not start: ${why}${words === '' ? '' : `\n${words}`}`, cause,
    hint: `see ${folder.errorLog}`,
  });
}
