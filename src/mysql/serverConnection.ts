import { VtrewindError } from '../base/errors.ts';
import type { QueryResult } from '../vitess/queryService.ts';
import type { PasswordKey } from './auth/rsaKey.ts';
import { checkClientCertificate, type ServerTls } from './auth/serverTls.ts';
import type { LoginThrottle } from './auth/loginThrottle.ts';
import { makeNonce, verifyClient } from './auth/serverAuth.ts';
import { CACHING_SHA2 } from './auth/cachingSha2.ts';
import { blocked, clientGone } from './clientErrors.ts';
import type { UserEntry, UserSource } from './auth/users.ts';
import { CompressedStream, zstdAvailable } from './compressedStream.ts';
import { CAPABILITY, has } from './constants/capabilities.ts';
import { COM } from './constants/commands.ts';
import { ER } from './constants/errorCodes.ts';
import { STATUS } from './constants/statusFlags.ts';
import type { NodeSocket } from './nodeSocket.ts';
import { PacketInbox } from './packetInbox.ts';
import { type EofPacket, writeEofPacket } from './packets/eofPacket.ts';
import { toErrPacket, writeErrPacket } from './packets/errPacket.ts';
import { encodeHandshake } from './packets/handshake.ts';
import { decodeChangeUser, decodeHandshakeResponse, isSslRequest } from './packets/handshakeResponse.ts';
import { type OkPacket, PLAIN_OK, writeOkPacket } from './packets/okPacket.ts';
import { PacketFramer } from './packets/packetFramer.ts';
import { PacketWriter } from './packets/packetWriter.ts';
import { readProxyHeader } from './proxyProtocol.ts';
import { type PacketOutlet, type ResultEnd, ResultWriter } from './resultWriter.ts';
import type { ServerLimits } from './serverLimits.ts';

/** A handler returns this when it will call {@link MysqlServerConnection.finishCommand} itself. */
export const PENDING: unique symbol = Symbol('pending');

/** What a server does with its clients. All calls for one connection come one at a time, except `onClose`. */
export interface ServerHandler {
  /** `payload[0]` is the COM_ byte. QUIT and CHANGE_USER are dealt with before. A rejection or throw is sent as an ERR packet. */
  onCommand(connection: MysqlServerConnection, payload: Buffer): void | Promise<void> | typeof PENDING;
  /** After login and after COM_CHANGE_USER. A throw refuses the client with that error. */
  onAuthenticated?(connection: MysqlServerConnection): void | Promise<void>;
  onClose?(connection: MysqlServerConnection): void;
}

/** What all connections of one server share. */
export interface ServerContext {
  readonly serverVersion: string;
  readonly capabilities: number;
  readonly users: () => UserSource;
  readonly tls: () => ServerTls | undefined;
  readonly requireTls: boolean;
  /** MariaDB's flags 32 to 63 that are offered; 0 where the server does not speak as MariaDB. */
  readonly extended: number;
  /** Whether an address is a proxy that says who its clients are. */
  readonly isProxy: (address: string) => boolean;
  readonly throttle: LoginThrottle;
  readonly passwordKey: () => Promise<PasswordKey>;
  readonly limits: ServerLimits;
  readonly handler: ServerHandler;
  readonly onClosed: (connection: MysqlServerConnection) => void;
  readonly onFailedLogin: (connection: MysqlServerConnection, error: VtrewindError) => void;
}

type Phase = 'login' | 'ready' | 'busy' | 'closed';

const LARGEST_KEPT_WRITER = 16;

/**
 * The server side of the protocol, one client:
 *
 *   login → ready ⇄ busy (one command) → closed
 *
 * Commands sent ahead wait here (bounded, then the socket is not read). All writes of a response count sequence ids from the command's.
 */
export class MysqlServerConnection implements PacketOutlet {
  readonly id: number;
  readonly connectedAt = performance.now();
  readonly #socket: NodeSocket;
  readonly #framer: PacketFramer;
  readonly #context: ServerContext;
  #inbox: PacketInbox | undefined;
  #phase: Phase = 'login';
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #paused = false;
  #advancing = false;
  #leftover: Buffer = Buffer.alloc(0);
  #expectTls = false;
  /** Bytes of a PROXY header so far; undefined when none is expected (any more). */
  #proxyBytes: Buffer | undefined;
  #proxied: (() => void) | undefined;
  #zstdLevel: number | undefined;
  #drainWaiters: (() => void)[] = [];
  #abort: AbortController | undefined;
  #onDrain: (() => void) | undefined;
  /** Since when the client has not taken what was written; 0 when it has. */
  stalledSince = 0;
  /** When the last command began or ended. */
  activeAt = performance.now();
  writer = new PacketWriter(0, LARGEST_KEPT_WRITER);
  capabilities = 0;
  /** MariaDB's flags 32 to 63 that were agreed. */
  extended = 0;
  /** `resultset_metadata` of the session: without it results have no column definitions. Only with OPTIONAL_RESULTSET_METADATA. */
  metadata = true;
  collation = 0;
  user = '';
  entry: UserEntry | undefined;
  database: string | undefined;
  attributes: ReadonlyMap<string, string> = new Map();
  /** The role's own state of this client. */
  session: unknown;
  /** Packets that come while a command runs (semi-sync acknowledgements); without it they are the next commands. */
  onReplicaPacket: ((payload: Buffer) => void) | undefined;

  constructor(socket: NodeSocket, id: number, context: ServerContext) {
    this.id = id;
    this.#socket = socket;
    this.#context = context;
    this.#framer = new PacketFramer((payload, sequence) => this.#onPacket(payload, sequence), context.limits.maxAuthPacketBytes);
    socket.handle({ onData: (chunk) => this.#onData(chunk), onDrain: () => this.#drain(), onClose: () => this.#closed() });
  }

  get remoteAddress(): string {
    return this.#socket.remoteAddress;
  }
  get remotePort(): number {
    return this.#socket.remotePort;
  }
  get local(): boolean {
    return this.#socket.local;
  }
  get secure(): boolean {
    return this.#socket.secure;
  }
  get tlsVersion(): string {
    return this.#socket.tlsVersion;
  }
  get closed(): boolean {
    return this.#phase === 'closed';
  }
  get authenticated(): boolean {
    return this.#phase === 'ready' || this.#phase === 'busy';
  }
  get busy(): boolean {
    return this.#phase === 'busy';
  }
  /** Aborts when the client goes. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.closed) this.#abort.abort(clientGone());
    return this.#abort.signal;
  }

  // ── reading ──────────────────────────────────────────────────────────────────────────────────────────────

  #onData(chunk: Buffer): void {
    try {
      this.#leftover = this.#framer.push(this.#proxyBytes === undefined ? chunk : this.#readProxy(this.#proxyBytes, chunk));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** What is left of the chunk after the PROXY header. */
  #readProxy(before: Buffer, chunk: Buffer): Buffer {
    const bytes = Buffer.concat([before, chunk]);
    const header = readProxyHeader(bytes);
    if (header.kind === 'partial') {
      this.#proxyBytes = bytes;
      return EMPTY;
    }
    this.#proxyBytes = undefined;
    if (header.source !== undefined) this.#socket.setPeer(header.source.address, header.source.port);
    this.#proxied?.();
    return bytes.subarray(header.end);
  }

  #onPacket(payload: Buffer, sequence: number): void {
    if (this.#inbox !== undefined) {
      if (this.#expectTls && isSslRequest(payload)) this.#framer.stop();
      this.writer.sequence = (sequence + 1) & 0xff;
      this.#inbox.onPacket(payload);
      return;
    }
    if (this.#phase === 'ready') {
      this.#run(payload, sequence);
      return;
    }
    if (this.#phase !== 'busy') return;
    if (this.onReplicaPacket !== undefined) {
      this.onReplicaPacket(payload);
      return;
    }
    this.#queue.push(payload);
    this.#queuedBytes += payload.length;
    if (this.#queuedBytes > this.#context.limits.maxPipelinedBytes && !this.#paused) {
      this.#paused = true;
      this.#socket.pause();
    }
  }

  #run(payload: Buffer, sequence: number): void {
    this.#phase = 'busy';
    this.activeAt = performance.now();
    this.writer.sequence = (sequence + 1) & 0xff;
    if (payload.length === 0) {
      this.sendError(new VtrewindError({ code: 'VTR0803', mysql: ER.UNKNOWN_COM_ERROR, sqlState: '08S01', message: 'Unknown command' }));
      this.finishCommand();
      return;
    }
    let outcome: void | Promise<void> | typeof PENDING;
    try {
      switch (payload[0]) {
        case COM.QUIT:
          this.end();
          return;
        case COM.CHANGE_USER: outcome = this.#changeUser(payload); break;
        default: outcome = this.#context.handler.onCommand(this, payload);
      }
    } catch (error) {
      this.sendError(error);
      this.finishCommand();
      return;
    }
    if (outcome === PENDING) return;
    if (outcome === undefined) {
      this.finishCommand();
      return;
    }
    outcome.then(() => this.finishCommand(), (error: unknown) => {
      this.sendError(error);
      this.finishCommand();
    });
  }

  /** The response is complete; the next command may run. */
  finishCommand(): void {
    if (this.#phase !== 'busy') return;
    this.activeAt = performance.now();
    this.#phase = 'ready';
    this.onReplicaPacket = undefined;
    if (this.#queue.length > 0 && !this.#advancing) this.#advance();
  }

  /** A loop, not a recursion: a client may send thousands of commands ahead. */
  #advance(): void {
    this.#advancing = true;
    while (this.authenticated && !this.busy) {
      const next = this.#queue.shift();
      if (next === undefined) break;
      this.#queuedBytes -= next.length;
      if (this.#paused && this.#queuedBytes < this.#context.limits.maxPipelinedBytes / 2) {
        this.#paused = false;
        this.#socket.resume();
      }
      this.#run(next, 0);
    }
    this.#advancing = false;
  }

  // ── login ────────────────────────────────────────────────────────────────────────────────────────────────

  /** Greets the client and logs it in; called once by the server. Never rejects. */
  async login(): Promise<void> {
    try {
      const inbox = new PacketInbox(this.#socket);
      this.#inbox = inbox;
      if (!this.local && this.#context.isProxy(this.remoteAddress)) await this.#awaitProxy();
      if (this.closed) return;
      await this.#greet(inbox);
      await this.#context.handler.onAuthenticated?.(this);
      if (this.closed) return;
      this.#inbox = undefined;
      this.#framer.maxPayload = this.#context.limits.maxPacketBytes;
      this.#phase = 'ready';
      this.sendOk();
      const { capabilities } = this;
      if (has(capabilities, CAPABILITY.COMPRESS)) this.#socket.compress(new CompressedStream('zlib'));
      else if (has(capabilities, CAPABILITY.ZSTD_COMPRESSION)) this.#socket.compress(new CompressedStream('zstd', this.#zstdLevel));
    } catch (error) {
      const failure = VtrewindError.from(error);
      if (!this.closed) this.#context.onFailedLogin(this, failure);
      this.#fail(failure);
    }
  }

  /** The proxy speaks first; the sweep ends one that does not. */
  #awaitProxy(): Promise<void> {
    this.#proxyBytes = EMPTY;
    return new Promise((resolve) => {
      this.#proxied = resolve;
    });
  }

  async #greet(inbox: PacketInbox): Promise<void> {
    const nonce = makeNonce();
    const tls = this.#context.tls();
    const { extended } = this.#context;
    let offered = (tls === undefined ? this.#context.capabilities : this.#context.capabilities | CAPABILITY.SSL) >>> 0;
    if (!zstdAvailable) offered = (offered & ~CAPABILITY.ZSTD_COMPRESSION) >>> 0;
    if (extended !== 0) offered = (offered & ~CAPABILITY.LONG_PASSWORD) >>> 0;
    this.writePacket(encodeHandshake({
      serverVersion: this.#context.serverVersion, connectionId: this.id, nonce, capabilities: offered, collation: 45, status: STATUS.AUTOCOMMIT, authPlugin: CACHING_SHA2, extended,
    }));
    this.#expectTls = tls !== undefined;
    let payload = await inbox.read();
    this.#expectTls = false;
    if (tls !== undefined && isSslRequest(payload)) {
      const read = this.#leftover;
      this.#leftover = Buffer.alloc(0);
      await this.#socket.acceptTls(tls.context, read, tls.authorities.length > 0);
      if (tls.authorities.length > 0) checkClientCertificate(this.#socket.peerCertificate, tls.authorities);
      payload = await inbox.read();
    }
    const response = decodeHandshakeResponse(payload, offered);
    if (this.#context.requireTls && !this.secure && !this.local) {
      throw new VtrewindError({ code: 'VTR0822', mysql: ER.SECURE_TRANSPORT_REQUIRED, message: 'Connections using insecure transport are prohibited while --require_secure_transport=ON.' });
    }
    this.capabilities = response.capabilities;
    this.extended = (response.extended ?? 0) & extended;
    this.#zstdLevel = response.zstdLevel;
    this.collation = response.collation;
    this.user = response.user;
    this.database = response.database;
    this.attributes = response.attributes;
    this.entry = await this.#verify(inbox, response.user, response.authPlugin, response.authResponse, nonce);
  }

  async #verify(inbox: PacketInbox, user: string, plugin: string | undefined, answer: Buffer, nonce: Buffer): Promise<UserEntry> {
    const { throttle } = this.#context;
    const address = this.local ? 'localhost' : this.remoteAddress;
    const blockedMs = throttle.blockedFor(address, user);
    if (blockedMs > 0) throw blocked(user, address, blockedMs);
    try {
      const entry = await verifyClient(
        { read: () => inbox.read(), write: (bytes) => { this.writePacket(bytes); }, private: this.secure || this.local, from: { address: this.remoteAddress, local: this.local }, certificate: this.#socket.peerCertificate },
        { user, plugin, answer, nonce, canSwitch: has(this.capabilities, CAPABILITY.PLUGIN_AUTH) }, this.#context.users(), this.#context.passwordKey,
      );
      throttle.succeeded(address, user);
      return entry;
    } catch (error) {
      if (error instanceof VtrewindError && error.mysql === ER.ACCESS_DENIED_ERROR) throttle.failed(address, user);
      throw error;
    }
  }

  /** The client's answer is to a nonce it may have lost track of, so it is always asked afresh. A refused change ends the connection, as servers do. */
  async #changeUser(payload: Buffer): Promise<void> {
    const change = decodeChangeUser(payload, this.capabilities);
    const inbox = new PacketInbox(this.#socket);
    this.#inbox = inbox;
    try {
      this.entry = await this.#verify(inbox, change.user, 'none', Buffer.from([1]), Buffer.alloc(20));
      this.user = change.user;
      this.database = change.database;
      if (change.attributes.size > 0) this.attributes = change.attributes;
      if (change.collation !== undefined) this.collation = change.collation;
      await this.#context.handler.onAuthenticated?.(this);
    } catch (error) {
      this.#fail(error);
      return;
    } finally {
      this.#inbox = undefined;
    }
    this.sendOk();
  }

  // ── writing ──────────────────────────────────────────────────────────────────────────────────────────────

  /** Sends what the writer holds. False: wait for {@link drained}. */
  flush(): boolean {
    return this.writeRaw(this.writer.take());
  }

  /** Bytes that are framed already. False: the client is slow; wait for {@link drained}, or set {@link whenDrained}. */
  writeRaw(bytes: Buffer): boolean {
    if (this.#phase === 'closed') return true;
    const fast = this.#socket.write(bytes);
    if (!fast && this.stalledSince === 0) this.stalledSince = performance.now();
    return fast;
  }

  /** One packet, sent at once. */
  writePacket(payload: Buffer): boolean {
    this.writer.packet(payload);
    return this.flush();
  }

  /**
   * Asks the client for a file (LOAD DATA LOCAL) and gives its bytes as they come, with back-pressure. Must be read to its end, or {@link PacketInbox} holds what comes. Only while a
   * command runs and LOCAL_FILES was agreed. Source: MySQL "Protocol::LOCAL_INFILE_Request".
   */
  async *receiveFile(name: string): AsyncGenerator<Buffer, void, undefined> {
    const inbox = new PacketInbox(this.#socket);
    this.#inbox = inbox;
    try {
      this.writePacket(Buffer.concat([Buffer.from([0xfb]), Buffer.from(name)]));
      for (let part = await inbox.read(); part.length > 0; part = await inbox.read()) yield part;
    } finally {
      this.#inbox = undefined;
    }
  }

  sendOk(ok: Partial<OkPacket> = {}): void {
    this.writer.begin();
    writeOkPacket(this.writer, { ...PLAIN_OK, ...ok }, this.capabilities);
    this.writer.end();
    this.flush();
  }

  sendEof(eof: EofPacket = { warnings: 0, status: STATUS.AUTOCOMMIT }): void {
    this.writer.begin();
    writeEofPacket(this.writer, eof);
    this.writer.end();
    this.flush();
  }

  sendError(error: unknown): void {
    this.writer.begin();
    writeErrPacket(this.writer, toErrPacket(error));
    this.writer.end();
    this.flush();
  }

  resultWriter(options: { readonly binary?: boolean; readonly databaseName?: string } = {}): ResultWriter {
    return new ResultWriter(this, options.binary === true, options.databaseName);
  }

  /** A whole result: rows when it has fields, else OK. */
  async sendResult(result: QueryResult, options: ResultEnd & { readonly binary?: boolean; readonly databaseName?: string } = {}): Promise<void> {
    const status = options.status ?? result.statusFlags ?? STATUS.AUTOCOMMIT;
    const warnings = options.warnings ?? result.warnings ?? 0;
    if (result.fields.length === 0) {
      this.sendOk({
        affectedRows: result.rowsAffected, lastInsertId: result.insertId, info: result.info ?? '', warnings,
        status: status | (options.more === true ? STATUS.MORE_RESULTS : 0),
      });
      return;
    }
    const writer = this.resultWriter(options);
    writer.fields(result.fields);
    await writer.rows(result.rows);
    writer.end({ status, warnings, more: options.more });
  }

  /** Resolves when everything written has left, or the client is gone. */
  drained(): Promise<void> {
    if (this.closed || this.stalledSince === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drainWaiters.push(resolve));
  }

  /** Called once at the next drain (or close): the relay's way without a promise. */
  whenDrained(callback: () => void): void {
    this.#onDrain = callback;
  }

  #drain(): void {
    this.stalledSince = 0;
    const callback = this.#onDrain;
    this.#onDrain = undefined;
    callback?.();
    for (const resolve of this.#drainWaiters.splice(0)) resolve();
  }

  // ── end ──────────────────────────────────────────────────────────────────────────────────────────────────

  #fail(error: unknown): void {
    if (this.closed) return;
    this.sendError(error);
    this.end();
  }

  /** Sends what is queued and closes. */
  end(): void {
    this.#socket.end();
    this.#closed();
  }

  /** Closes at once. */
  destroy(): void {
    this.#socket.destroy();
    this.#closed();
  }

  #closed(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#queue = [];
    this.#abort?.abort(clientGone());
    this.#inbox?.onClosed(clientGone());
    this.#drain();
    this.#context.handler.onClose?.(this);
    this.#context.onClosed(this);
  }
}

const EMPTY = Buffer.alloc(0);
