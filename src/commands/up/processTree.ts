import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { VtrewindError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';

/** What a role says once it serves: its addresses, by name. */
export type ReadyReport = Readonly<Record<string, string | number>>;
/** A message from a role that runs under `up`. */
export type RoleMessage = { readonly ready: ReadyReport } | { readonly request: string; readonly id: number; readonly body: unknown };

export interface RoleSpec {
  /** Unique in the tree; names the log file. */
  readonly name: string;
  readonly args: readonly string[];
  /** Flags for Node itself. */
  readonly nodeArgs?: readonly string[];
  /** Answers requests of the role (CREATE DATABASE asks `up` for a keyspace); what it throws travels back as the request's error. */
  readonly onRequest?: (request: string, body: unknown) => Promise<unknown>;
}

const firstBackoffMs = 200;
const lastBackoffMs = 5_000;
/** A role that ran this long before it died starts with the first backoff again. */
const steadyMs = 10_000;
/** A role gets this long to stop by itself after SIGTERM before SIGKILL. */
const stopTimeoutMs = 60_000;

/**
 * Runs roles as child processes and brings back each one that dies. The children hold an IPC channel: when this process itself is killed,
 * the channel closes and they stop, so that none is left behind.
 */
export class ProcessTree {
  readonly #roles = new Map<string, Role>();
  readonly #log: Log;
  readonly #logFolder: string;

  constructor(options: { readonly log: Log; readonly logFolder: string }) {
    this.#log = options.log;
    this.#logFolder = options.logFolder;
    mkdirSync(options.logFolder, { recursive: true });
  }

  /** Starts a role and resolves with its addresses when it serves. Rejects when `timeoutMs` pass first (the role is stopped then). */
  async start(spec: RoleSpec, timeoutMs: number): Promise<ReadyReport> {
    if (this.#roles.has(spec.name)) throw new VtrewindError({ code: 'VTR0903', message: `${spec.name} runs already` });
    const role = new Role(spec, this.#log, join(this.#logFolder, `${spec.name.replaceAll(/[^A-Za-z0-9_-]+/g, '_')}.log`));
    this.#roles.set(spec.name, role);
    try {
      return await role.start(timeoutMs);
    } catch (error) {
      await this.stop(spec.name);
      throw error;
    }
  }

  /** Process ids by role name, for the operator and for tests that kill them. */
  pids(): Record<string, number> {
    const pids: Record<string, number> = {};
    for (const [name, role] of this.#roles) if (role.pid !== undefined) pids[name] = role.pid;
    return pids;
  }

  async stop(name: string): Promise<void> {
    const role = this.#roles.get(name);
    this.#roles.delete(name);
    await role?.stop();
  }

  /** Stops those whose name matches, side by side. */
  async stopAll(matches: (name: string) => boolean = () => true): Promise<void> {
    await Promise.all([...this.#roles.keys()].filter(matches).map((name) => this.stop(name)));
  }
}

class Role {
  readonly #spec: RoleSpec;
  readonly #log: Log;
  readonly #logFile: string;
  #child: ChildProcess | undefined;
  #stopping = false;
  #exited: Promise<void> = Promise.resolve();
  #restart: NodeJS.Timeout | undefined;
  #backoffMs = firstBackoffMs;
  #onReady: ((report: ReadyReport) => void) | undefined;
  #onStopped: (() => void) | undefined;
  #lastLines: string[] = [];

  constructor(spec: RoleSpec, log: Log, logFile: string) {
    this.#spec = spec;
    this.#log = log;
    this.#logFile = logFile;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(timeoutMs: number): Promise<ReadyReport> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const last = this.#lastLines.at(-1);
        reject(new VtrewindError({
          code: 'VTR0904', grpc: 'DEADLINE_EXCEEDED',
          message: `${this.#spec.name} was not ready within ${timeoutMs} ms${last === undefined ? '' : `; its last line: ${last}`}`,
          hint: `read ${this.#logFile}`,
        }));
      }, timeoutMs);
      this.#onReady = (report) => {
        clearTimeout(timer);
        resolve(report);
      };
      this.#onStopped = () => {
        clearTimeout(timer);
        reject(new VtrewindError({ code: 'VTR0929', grpc: 'CANCELED', message: `${this.#spec.name} was stopped before it was ready` }));
      };
      this.#spawn();
    });
  }

  #spawn(): void {
    const started = performance.now();
    const cli = process.argv[1];
    if (cli === undefined) throw new VtrewindError({ code: 'VTR0905', message: 'vtrewind was not started from a file' });
    const child = spawn(process.execPath, [...process.execArgv, ...(this.#spec.nodeArgs ?? []), cli, ...this.#spec.args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: process.env,
      // Ctrl-C reaches this process alone; it stops the roles in their order.
      detached: true,
    });
    this.#child = child;
    const file = createWriteStream(this.#logFile, { flags: 'a' });
    file.on('error', (error) => this.#log.warn({ role: this.#spec.name, error: error.message }, 'role log cannot be written'));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        file.write(chunk);
        this.#lastLines = [...this.#lastLines, ...chunk.toString().split('\n').filter((line) => line !== '')].slice(-5);
      });
    }
    child.on('message', (message: RoleMessage) => this.#onMessage(child, message));
    this.#exited = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#log.error({ role: this.#spec.name, error: error.message }, 'role could not be started');
        resolve();
      });
      child.once('exit', (code, signal) => {
        file.end();
        resolve();
        if (this.#stopping) return;
        if (performance.now() - started > steadyMs) this.#backoffMs = firstBackoffMs;
        this.#log.warn({ role: this.#spec.name, code, signal, restartInMs: this.#backoffMs, lastLine: this.#lastLines.at(-1) }, 'role ended; starting it again');
        this.#restart = setTimeout(() => this.#spawn(), this.#backoffMs);
        this.#backoffMs = Math.min(this.#backoffMs * 2, lastBackoffMs);
      });
    });
  }

  #onMessage(child: ChildProcess, message: RoleMessage): void {
    if ('ready' in message) {
      this.#log.info({ role: this.#spec.name, pid: child.pid, ...message.ready }, 'role ready');
      this.#onReady?.(message.ready);
      this.#onReady = undefined;
      this.#onStopped = undefined;
      return;
    }
    const { id, request, body } = message;
    const answer = this.#spec.onRequest?.(request, body) ?? Promise.reject(new VtrewindError({ code: 'VTR0906', grpc: 'UNIMPLEMENTED', message: `nobody answers '${request}' here` }));
    answer.then(
      (result) => child.connected && child.send({ id, result: result ?? null }),
      (error: unknown) => {
        const { code, message: text, mysql, sqlState } = VtrewindError.from(error);
        if (child.connected) child.send({ id, error: { code, message: text, mysql, sqlState } });
      },
    );
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    this.#onStopped?.();
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const timer = setTimeout(() => {
      this.#log.warn({ role: this.#spec.name }, 'role did not stop in time; killed');
      child.kill('SIGKILL');
    }, stopTimeoutMs);
    child.kill('SIGTERM');
    await this.#exited;
    clearTimeout(timer);
  }
}
