import type { Server } from 'node:net';
import { VtrewindError } from '../base/errors.ts';
import { type Log, silentLog } from '../base/log.ts';
import { LoginThrottle, type ThrottleLimits, DEFAULT_THROTTLE } from './auth/loginThrottle.ts';
import { generatePasswordKey, type PasswordKey } from './auth/rsaKey.ts';
import { type ServerTls, type ServerTlsOptions, serverTls, serverTlsMadeHere } from './auth/serverTls.ts';
import type { UserSource } from './auth/users.ts';
import { CAPABILITY } from './constants/capabilities.ts';
import { ER } from './constants/errorCodes.ts';
import { type ListenAddress, listenSocket, type NodeSocket } from './nodeSocket.ts';
import { encodeErrPacket } from './packets/errPacket.ts';
import { flavourOf } from './packets/handshake.ts';
import { PacketWriter } from './packets/packetWriter.ts';
import { MysqlServerConnection, type ServerContext, type ServerHandler } from './serverConnection.ts';
import { DEFAULT_SERVER_LIMITS, type ServerLimits } from './serverLimits.ts';

/** What every server and client of both flavours understands; roles add or remove. */
export const SERVER_CAPABILITIES: number =
  CAPABILITY.LONG_PASSWORD | CAPABILITY.FOUND_ROWS | CAPABILITY.LONG_FLAG | CAPABILITY.CONNECT_WITH_DB | CAPABILITY.IGNORE_SPACE | CAPABILITY.PROTOCOL_41 |
  CAPABILITY.INTERACTIVE | CAPABILITY.TRANSACTIONS | CAPABILITY.RESERVED | CAPABILITY.SECURE_CONNECTION | CAPABILITY.MULTI_STATEMENTS |
  CAPABILITY.MULTI_RESULTS | CAPABILITY.PS_MULTI_RESULTS | CAPABILITY.PLUGIN_AUTH | CAPABILITY.CONNECT_ATTRS | CAPABILITY.PLUGIN_AUTH_LENENC_CLIENT_DATA |
  CAPABILITY.DEPRECATE_EOF;

/** What a gate offers besides: all of it is its own work, whatever the servers behind can do. */
export const FULL_SERVER_CAPABILITIES: number = (SERVER_CAPABILITIES | CAPABILITY.SESSION_TRACK | CAPABILITY.QUERY_ATTRIBUTES | CAPABILITY.COMPRESS | CAPABILITY.ZSTD_COMPRESSION
  | CAPABILITY.OPTIONAL_RESULTSET_METADATA | CAPABILITY.LOCAL_FILES | CAPABILITY.CAN_HANDLE_EXPIRED_PASSWORDS) >>> 0;

export interface MysqlServerOptions {
  readonly host?: string;
  /** 0 (default) picks a free port. */
  readonly port?: number;
  /** A unix socket as well. */
  readonly socketPath?: string | undefined;
  readonly serverVersion: string;
  /** Asked at each login, so that a reloaded file counts at once. */
  readonly users: UserSource | (() => UserSource);
  /** Default: a certificate made at start. `false`: no TLS. */
  readonly tls?: ServerTlsOptions | false | undefined;
  readonly requireTls?: boolean | undefined;
  readonly capabilities?: number;
  /** MariaDB's flags 32 to 63, offered when the version names MariaDB. */
  readonly extended?: number;
  /** Whether an address is a proxy that speaks the PROXY protocol; default none is. */
  readonly isProxy?: ((address: string) => boolean) | undefined;
  readonly throttle?: ThrottleLimits | undefined;
  readonly limits?: Partial<ServerLimits>;
  /** Default: counting from 1. */
  readonly nextConnectionId?: () => number;
  readonly log?: Log;
  readonly reusePort?: boolean;
}

const SWEEP_MS = 1000;

/** Listens for MySQL clients and logs them in; what they then ask goes to the handler. */
export class MysqlServer {
  readonly #options: MysqlServerOptions;
  readonly #handler: ServerHandler;
  readonly #limits: ServerLimits;
  readonly #log: Log;
  readonly #connections = new Map<number, MysqlServerConnection>();
  readonly #context: ServerContext;
  readonly #sweep: NodeJS.Timeout;
  #listeners: Server[] = [];
  #tls: ServerTls | undefined;
  #key: Promise<PasswordKey> | undefined;
  #lastId = 0;
  #unauthenticated = 0;
  #closing = false;
  /** Since start. */
  readonly counts = { accepted: 0, refused: 0, failedLogins: 0 };

  private constructor(options: MysqlServerOptions, handler: ServerHandler) {
    this.#options = options;
    this.#handler = handler;
    this.#limits = { ...DEFAULT_SERVER_LIMITS, ...options.limits };
    this.#log = options.log ?? silentLog;
    this.#tls = options.tls === false ? undefined : options.tls === undefined ? serverTlsMadeHere() : serverTls(options.tls);
    const { users } = options;
    this.#context = {
      serverVersion: options.serverVersion, capabilities: options.capabilities ?? SERVER_CAPABILITIES,
      users: typeof users === 'function' ? users : () => users, tls: () => this.#tls, requireTls: options.requireTls === true,
      extended: flavourOf(options.serverVersion) === 'mariadb' ? (options.extended ?? 0) : 0, isProxy: options.isProxy ?? (() => false), throttle: new LoginThrottle(options.throttle ?? DEFAULT_THROTTLE),
      passwordKey: () => (this.#key ??= generatePasswordKey()), limits: this.#limits, handler: this.#handler,
      onClosed: (connection) => this.#connections.delete(connection.id),
      onFailedLogin: (connection, error) => {
        this.counts.failedLogins++;
        this.#log.warn({ event: 'login_failed', user: connection.user, remote: connection.remoteAddress, mysql: error.mysql, error: error.message }, 'login failed');
      },
    };
    this.#sweep = setInterval(() => this.#sweepConnections(), SWEEP_MS);
    this.#sweep.unref();
  }

  /** Rejects with the system's error when an address is taken. */
  static async listen(options: MysqlServerOptions, handler: ServerHandler): Promise<MysqlServer> {
    const server = new MysqlServer(options, handler);
    const addresses: ListenAddress[] = [{ host: options.host ?? '127.0.0.1', port: options.port ?? 0, reusePort: options.reusePort }];
    if (options.socketPath !== undefined) addresses.push({ host: '', port: 0, socketPath: options.socketPath });
    try {
      for (const address of addresses) server.#listeners.push(await listenSocket(address, (socket) => server.#accept(socket)));
    } catch (error) {
      await server.close({ drainMs: 0 });
      throw error;
    }
    return server;
  }

  get port(): number {
    const address = this.#listeners[0]?.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }
  /** `host:port` */
  get address(): string {
    return `${this.#options.host ?? '127.0.0.1'}:${this.port}`;
  }
  get connections(): ReadonlyMap<number, MysqlServerConnection> {
    return this.#connections;
  }
  get unauthenticated(): number {
    return this.#unauthenticated;
  }

  /** New connections get this certificate from now on. Throws when key and certificate do not fit. */
  reloadTls(tls: ServerTlsOptions): void {
    this.#tls = serverTls(tls);
  }

  #accept(socket: NodeSocket): void {
    if (this.#closing || this.#connections.size >= this.#limits.maxConnections || this.#unauthenticated >= this.#limits.maxUnauthenticated) {
      this.counts.refused++;
      const err = this.#closing ? { errorNumber: ER.SERVER_SHUTDOWN, sqlState: '08S01', message: 'Server shutdown in progress' } : { errorNumber: ER.CON_COUNT_ERROR, sqlState: '08004', message: 'Too many connections' };
      socket.write(new PacketWriter().packet(encodeErrPacket(err)).take());
      socket.end();
      return;
    }
    this.counts.accepted++;
    const connection = new MysqlServerConnection(socket, this.#nextId(), this.#context);
    this.#connections.set(connection.id, connection);
    this.#unauthenticated++;
    connection.login().finally(() => this.#unauthenticated--);
  }

  #nextId(): number {
    if (this.#options.nextConnectionId !== undefined) return this.#options.nextConnectionId();
    do this.#lastId = this.#lastId >= 0xffff_ffff ? 1 : this.#lastId + 1;
    while (this.#connections.has(this.#lastId));
    return this.#lastId;
  }

  #sweepConnections(): void {
    const now = performance.now();
    const { authTimeoutMs, idleTimeoutMs, writeTimeoutMs } = this.#limits;
    for (const connection of this.#connections.values()) {
      const unauthenticated = !connection.authenticated && now - connection.connectedAt > authTimeoutMs;
      const stalled = connection.stalledSince !== 0 && now - connection.stalledSince > writeTimeoutMs;
      if (unauthenticated || stalled) {
        this.#log.info({ event: 'client_timed_out', connection: connection.id, what: stalled ? 'write' : 'login' }, 'closing a client that does not move');
        connection.destroy();
      } else if (connection.authenticated && !connection.busy && now - connection.activeAt > idleTimeoutMs) {
        connection.sendError(new VtrewindError({
          code: 'VTR0824', mysql: ER.CLIENT_INTERACTION_TIMEOUT, message: 'The client was disconnected by the server because of inactivity. See wait_timeout and interactive_timeout for configuring this behavior.',
        }));
        connection.end();
      }
    }
  }

  /** Stops listening at once; idle clients are told and closed, busy ones after their command, all after `drainMs`. `canClose` spares sessions that hold something (a transaction) until then. */
  async close(options: { readonly drainMs?: number; readonly canClose?: (connection: MysqlServerConnection) => boolean } = {}): Promise<void> {
    this.#closing = true;
    const closed = this.#listeners.map((listener) => new Promise<void>((resolve) => listener.close(() => resolve())));
    const deadline = performance.now() + (options.drainMs ?? 0);
    const shutdown = new VtrewindError({ code: 'VTR0811', mysql: ER.SERVER_SHUTDOWN, sqlState: '08S01', message: 'Server shutdown in progress' });
    for (;;) {
      for (const connection of [...this.#connections.values()]) {
        if (connection.busy || (connection.authenticated && options.canClose?.(connection) === false)) continue;
        if (connection.authenticated) connection.sendError(shutdown);
        connection.end();
      }
      if (this.#connections.size === 0 || performance.now() >= deadline) break;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    for (const connection of [...this.#connections.values()]) connection.destroy();
    clearInterval(this.#sweep);
    await Promise.all(closed);
  }
}
