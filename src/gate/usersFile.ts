import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { VtrewindError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { parseStaticUsers } from '../mysql/auth/staticUsers.ts';
import { anyUserFromLoopback, staticUsers, type UserSource } from '../mysql/auth/users.ts';

const POLL_MS = 1000;

/** The users a gate lets in: those of a file, read again when it changes; without a file anyone from this machine. A file that no longer reads keeps the users it had. */
export class UsersFile {
  readonly #path: string | undefined;
  readonly #log: Log;
  #users: UserSource;

  private constructor(path: string | undefined, users: UserSource, log: Log) {
    this.#path = path;
    this.#users = users;
    this.#log = log;
  }

  /** Throws VTR1020 when the file does not read at start. */
  static async open(path: string | undefined, log: Log): Promise<UsersFile> {
    if (path === undefined) return new UsersFile(undefined, anyUserFromLoopback(), log);
    const file = new UsersFile(path, await readUsers(path), log);
    watchFile(path, { interval: POLL_MS, persistent: false }, file.#onChange);
    return file;
  }

  get users(): UserSource {
    return this.#users;
  }

  readonly #onChange = (): void => {
    this.reload().catch((error: unknown) => this.#log.error({ event: 'users_not_reloaded', error: VtrewindError.from(error).message }, 'the users file does not read; the users from before stay'));
  };

  async reload(): Promise<void> {
    if (this.#path === undefined) return;
    this.#users = await readUsers(this.#path);
    this.#log.info({ event: 'users_reloaded' }, 'users read again');
  }

  close(): void {
    if (this.#path !== undefined) unwatchFile(this.#path, this.#onChange);
  }
}

async function readUsers(path: string): Promise<UserSource> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new VtrewindError({ code: 'VTR1020', grpc: 'INVALID_ARGUMENT', message: `users file: ${error instanceof Error ? error.message : String(error)}`, cause: error });
  }
  return staticUsers(parseStaticUsers(text));
}
