import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { VtrewindError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { type CutAt, findCut } from '../binlog/archive/findCut.ts';
import { ArchiveReplaySource } from '../binlog/serve/archiveReplaySource.ts';
import { answerOfCut } from '../binlog/serve/remoteArchive.ts';
import { ReplicaHandler, type ReplicaProgress } from '../binlog/serve/replicaHandler.ts';
import { replicaLimits } from '../binlog/serve/replicaLimits.ts';
import { Credential, type UserEntry, type UserSource } from '../mysql/auth/users.ts';
import { MysqlServer } from '../mysql/mysqlServer.ts';
import type { MysqlServerConnection, ServerHandler } from '../mysql/serverConnection.ts';
import type { ShardArchiver } from './shardArchiver.ts';

export interface ArchiveListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly account: { readonly user: string; readonly password: string };
  /** The shards archived now, by `keyspace/shard`. */
  readonly shards: ReadonlyMap<string, ShardArchiver>;
  readonly log: Log;
}

/** Told to clients while no source's version is known. */
const unknownVersion = '8.4.0-vtrewind-archive';

/**
 * Where replicas, mysqlbinlog and restore tablets attach. One address for all shards: the user says which, as `USER:KEYSPACE/SHARD`, or `USER:KEYSPACE` where the keyspace has one
 * shard, or just `USER` where one shard is archived. The greeting carries the version of the archived servers, which replicas go by.
 */
export class ArchiveListener implements ServerHandler {
  readonly #options: ArchiveListenerOptions;
  readonly #handlers = new Map<ShardArchiver, ReplicaHandler>();
  readonly #chosen = new Map<MysqlServerConnection, ReplicaHandler>();
  readonly #stop = new AbortController();
  #server: MysqlServer | undefined;
  #version = unknownVersion;
  #port: number;

  private constructor(options: ArchiveListenerOptions) {
    this.#options = options;
    this.#port = options.port;
  }

  static async open(options: ArchiveListenerOptions): Promise<ArchiveListener> {
    const listener = new ArchiveListener(options);
    await listener.#listen();
    return listener;
  }

  get address(): string { return `${this.#options.host}:${this.#port}`; }
  get dumps(): readonly ReplicaProgress[] { return [...this.#handlers.values()].flatMap((handler) => handler.dumps); }

  async #listen(): Promise<void> {
    const { host, account, log } = this.#options;
    const entry: UserEntry = { user: account.user, userData: account.user, groups: [], sourceHost: '', credential: Credential.ofPassword(account.password) };
    const users: UserSource = { find: (user) => (baseUser(user) === account.user ? [entry] : []) };
    this.#server = await MysqlServer.listen({ host, port: this.#port, serverVersion: this.#version, users, log, limits: replicaLimits }, this);
    this.#port = this.#server.port;
  }

  /** The version of the archived servers; when it is another than the greeting's, the address is opened again with it. */
  async useVersion(version: string): Promise<void> {
    if (version === this.#version || version === '' || this.#stop.signal.aborted) return;
    this.#version = version;
    await this.#server?.close({ drainMs: 0 });
    await this.#listen();
    this.#options.log.info({ event: 'listening', address: this.address, version }, 'serving the archive');
  }

  onAuthenticated(connection: MysqlServerConnection): void {
    this.#chosen.set(connection, this.#handlerOf(this.#shardOf(connection.user)));
  }

  onCommand(connection: MysqlServerConnection, payload: Buffer): Promise<void> {
    const handler = this.#chosen.get(connection);
    if (handler === undefined) throw new TypeError('a command before the login');
    return handler.onCommand(connection, payload);
  }

  onClose(connection: MysqlServerConnection): void {
    this.#chosen.get(connection)?.onClose(connection);
    this.#chosen.delete(connection);
  }

  #shardOf(user: string): { readonly name: string; readonly archiver: ShardArchiver } {
    const { shards } = this.#options;
    const colon = user.indexOf(':');
    const wanted = colon < 0 ? '' : user.slice(colon + 1);
    const names = [...shards.keys()].filter((name) => wanted === '' || name === wanted || name.startsWith(`${wanted}/`));
    const [name] = names;
    const archiver = name === undefined ? undefined : shards.get(name);
    if (names.length === 1 && name !== undefined && archiver !== undefined) return { name, archiver };
    const all = [...shards.keys()].slice(0, 20).join(', ') || 'none yet';
    throw new VtrewindError({
      code: 'VTR1226', mysql: 1045, sqlState: '28000', grpc: 'NOT_FOUND', message: `which shard? user '${user}' names ${names.length === 0 ? 'none' : `${names.length}`} of those archived here (${all})`,
      hint: `log in as ${baseUser(user)}:KEYSPACE/SHARD`,
    });
  }

  #handlerOf({ name, archiver }: { readonly name: string; readonly archiver: ShardArchiver }): ReplicaHandler {
    const known = this.#handlers.get(archiver);
    if (known !== undefined) return known;
    const { catalog } = archiver;
    if (catalog === undefined) throw new VtrewindError({ code: 'VTR1214', mysql: 1236, grpc: 'UNAVAILABLE', message: `the archive of ${name} is not open yet`, hint: 'try again in a moment' });
    const digest = createHash('sha256').update(`vtrewind archive ${name}`).digest('hex');
    const handler = new ReplicaHandler({
      source: new ArchiveReplaySource(catalog, archiver.follower), log: this.#options.log, signal: this.#stop.signal,
      // stable, so that replicas find the same source again; below the ids of restored servers
      serverId: 0x1000_0000 + (crc32(name) % 0x1000_0000), serverUuid: `${digest.slice(0, 8)}-${digest.slice(8, 12)}-${digest.slice(12, 16)}-${digest.slice(16, 20)}-${digest.slice(20, 32)}`,
      findCut: async (question) => {
        const { at, nearest } = JSON.parse(question) as { readonly at: CutAt; readonly nearest?: 'before' | 'after' };
        return JSON.stringify(answerOfCut(await findCut(catalog, at, nearest === undefined ? {} : { nearest })));
      },
    });
    this.#handlers.set(archiver, handler);
    return handler;
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error('the archiver stops'));
    await this.#server?.close({ drainMs: 0 });
  }
}

function baseUser(user: string): string {
  const colon = user.indexOf(':');
  return colon < 0 ? user : user.slice(0, colon);
}
