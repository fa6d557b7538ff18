import type { Connection } from 'mysql2/promise';
import { VtrewindError } from '../base/errors.ts';
import { delay } from '../base/wait.ts';
import type { OwnedServer } from './ownedServer.ts';
import { Serial } from './serial.ts';

/** A server that takes longer over a look than this is not well. */
const answerTimeoutMs = 10_000;

/** One session for the looks at the server that come every second, so that each need not log in. A failure ends it; the next look opens another, as does a restart of the server. */
export class KeptSession {
  readonly #server: OwnedServer;
  readonly #serial = new Serial();
  #open: { readonly session: Connection; readonly pid: number } | undefined;

  constructor(server: OwnedServer) {
    this.#server = server;
  }

  /** Pieces of work come one after the other. Throws VTR0604 while the server is down. */
  run<T>(work: (session: Connection) => Promise<T>): Promise<T> {
    return this.#serial.run(async () => {
      const { pid } = this.#server.process;
      if (this.#open?.pid !== pid) {
        this.close();
        const session = await this.#server.connect();
        // A lost connection shows at the next use; until then its event must not end the process.
        session.on('error', () => undefined);
        this.#open = { session, pid };
      }
      const enough = new AbortController();
      const tooLong = delay(answerTimeoutMs, enough.signal).then(
        () => Promise.reject(new VtrewindError({ code: 'VTR0604', grpc: 'UNAVAILABLE', message: `the tablet's mysqld did not answer within ${answerTimeoutMs} ms` })),
        () => new Promise<never>(() => undefined),
      );
      try {
        return await Promise.race([work(this.#open.session), tooLong]);
      } catch (error) {
        this.close();
        throw error;
      } finally {
        enough.abort();
      }
    });
  }

  close(): void {
    this.#open?.session.destroy();
    this.#open = undefined;
  }
}
