import { VtrewindError } from '../../base/errors.ts';
import { ER } from '../../mysql/constants/errorCodes.ts';

/** What KILL and SHOW PROCESSLIST need of a session. */
export interface RegisteredSession {
  readonly id: number;
  readonly user: string;
  readonly host: string;
  readonly database: string;
  readonly command: string;
  /** Since when, `performance.now()`. */
  readonly since: number;
  readonly info: string | null;
  killQuery(): Promise<void>;
  killConnection(): void;
}

/** The sessions of this gate by connection id. */
export class SessionRegistry {
  readonly #sessions = new Map<number, RegisteredSession>();

  add(session: RegisteredSession): void {
    this.#sessions.set(session.id, session);
  }
  remove(id: number): void {
    this.#sessions.delete(id);
  }
  all(): readonly RegisteredSession[] {
    return [...this.#sessions.values()].sort((a, b) => a.id - b.id);
  }

  /** KILL. Throws 1094 for an id that is none, 1095 for a session of someone else unless `any`. */
  async kill(id: number, what: 'query' | 'connection', by: string, any = false): Promise<void> {
    const session = this.#sessions.get(id);
    if (session === undefined) throw new VtrewindError({ code: 'VTR1005', mysql: ER.NO_SUCH_THREAD, grpc: 'NOT_FOUND', message: `Unknown thread id: ${id}` });
    if (!any && session.user !== by) throw new VtrewindError({ code: 'VTR1006', mysql: ER.KILL_DENIED_ERROR, grpc: 'PERMISSION_DENIED', message: `You are not owner of thread ${id}` });
    if (what === 'query') await session.killQuery();
    else session.killConnection();
  }
}
