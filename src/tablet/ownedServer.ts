import type { Connection } from 'mysql2/promise';
import { VtrewindError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { delay } from '../base/wait.ts';
import { MysqldProcess } from '../mysqld/mysqldProcess.ts';
import type { ServerSettings } from '../mysqld/optionFile.ts';
import type { ServerBinary } from '../mysqld/serverBinary.ts';

export interface OwnedServerOptions {
  readonly binary: ServerBinary;
  readonly folder: string;
  /** Asked at each start. */
  readonly settings: () => ServerSettings;
  readonly log: Log;
  /** Called after each start or restart: gives the server, which is read-only then, its role. A failure is retried by starting over. */
  readonly onUp: (server: MysqldProcess, how: 'started' | 'adopted' | 'restarted') => Promise<void>;
  /** Called when it has ended without being asked to. */
  readonly onDown: () => void;
}

const firstBackoffMs = 100;
const lastBackoffMs = 5_000;

/**
 * The one mysqld of a tablet. One that still runs from before is adopted, one that dies is started again, and never two run on one folder.
 *
 *   stopped → up → (dies) → down → up …      stop() from anywhere → stopped
 */
export class OwnedServer {
  readonly #options: OwnedServerOptions;
  readonly #stopping = new AbortController();
  #process: MysqldProcess | undefined;
  #watching: Promise<void> = Promise.resolve();

  constructor(options: OwnedServerOptions) {
    this.#options = options;
  }

  /** Adopts or starts. The first start's failure is thrown (VTR0504); later ones are retried. */
  async start(signal?: AbortSignal): Promise<void> {
    const adopted = await MysqldProcess.adopt(this.#startOptions(signal));
    const server = adopted ?? (await MysqldProcess.start(this.#startOptions(signal)));
    this.#process = server;
    try {
      await this.#options.onUp(server, adopted === undefined ? 'started' : 'adopted');
    } catch (error) {
      this.#process = undefined;
      if (adopted === undefined) await server.stop();
      else server.release();
      throw error;
    }
    this.#options.log.info({ pid: server.pid, adopted: server.adopted, version: server.binary.version, flavour: server.binary.flavour }, 'mysqld is up');
    this.#watching = this.#watch(server);
  }

  #startOptions(signal?: AbortSignal) {
    const { binary, folder, settings } = this.#options;
    return { binary, folder, settings: settings(), ...(signal === undefined ? {} : { signal }) };
  }

  get up(): boolean {
    return this.#process?.running === true;
  }

  get process(): MysqldProcess {
    const server = this.#process;
    if (server === undefined || !server.running) throw new VtrewindError({ code: 'VTR0604', mysql: 2002, grpc: 'UNAVAILABLE', message: 'the tablet\'s mysqld is down', hint: 'it is being started again; see its error log' });
    return server;
  }

  /** A session of root through the socket. Throws VTR0604 (UNAVAILABLE) while it is down. */
  connect(options: { readonly database?: string } = {}): Promise<Connection> {
    return this.process.connect(options);
  }

  /** Runs `work` with a session that is closed afterwards. */
  async withSession<T>(work: (session: Connection) => Promise<T>, options: { readonly database?: string } = {}): Promise<T> {
    const session = await this.connect(options);
    try {
      return await work(session);
    } finally {
      session.destroy();
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
    const how = await this.#process?.stop();
    if (how === 'killed') this.#options.log.warn({}, 'mysqld did not shut down in time and was killed; it recovers at its next start');
    this.#process = undefined;
  }

  async #watch(first: MysqldProcess): Promise<void> {
    const { signal } = this.#stopping;
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    let server: MysqldProcess | undefined = first;
    let backoffMs = firstBackoffMs;
    while (!signal.aborted) {
      if (server !== undefined) {
        await Promise.race([server.exited, stopped]);
        if (signal.aborted) return;
        this.#process = undefined;
        this.#options.log.warn({ pid: server.pid }, 'mysqld ended; starting it again');
        this.#options.onDown();
        server = undefined;
      }
      let started: MysqldProcess | undefined;
      try {
        started = await MysqldProcess.start(this.#startOptions(signal));
        this.#process = started;
        await this.#options.onUp(started, 'restarted');
        server = started;
        backoffMs = firstBackoffMs;
        this.#options.log.info({ pid: started.pid }, 'mysqld is up again');
      } catch (error) {
        this.#process = undefined;
        if (started !== undefined) await started.stop();
        if (signal.aborted) return;
        this.#options.log.error({ err: error, retryInMs: backoffMs }, 'mysqld could not be started again');
        await delay(backoffMs, signal).catch(() => undefined);
        backoffMs = Math.min(backoffMs * 2, lastBackoffMs);
      }
    }
  }
}
