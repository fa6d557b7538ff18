import { createSecureContext } from 'node:tls';
import { VtrewindError } from '../base/errors.ts';
import type { BindVariable, QueryResult } from '../vitess/queryService.ts';
import { answerAuth, initialAnswer } from './auth/clientAuth.ts';
import { dumpEvents } from './binlogDump.ts';
import { type BufferLimits, BufferedResponse } from './bufferedResponse.ts';
import { cannotConnect, connectionLost, outOfSync } from './clientErrors.ts';
import { type ClientTlsOptions, CONNECT_TIMEOUT_MS, DEFAULT_CAPABILITIES, MAX_PACKET_BYTES, type MysqlConnectOptions } from './connectOptions.ts';
import { CAPABILITY, has } from './constants/capabilities.ts';
import { UTF8MB4_GENERAL_CI } from './constants/collations.ts';
import { COM } from './constants/commands.ts';
import { connectSocket, type NodeSocket } from './nodeSocket.ts';
import { type PacketConsumer, PacketInbox } from './packetInbox.ts';
import { decodeColumnDefinition, type WireField } from './packets/columnDefinition.ts';
import { decodeErrPacket, serverError } from './packets/errPacket.ts';
import { decodeHandshake, flavourOf, type Handshake } from './packets/handshake.ts';
import { encodeChangeUser, encodeHandshakeResponse, encodeSslRequest } from './packets/handshakeResponse.ts';
import { malformed } from './packets/malformedPacket.ts';
import { decodeOkPacket, type OkPacket, PLAIN_OK } from './packets/okPacket.ts';
import { PacketFramer } from './packets/packetFramer.ts';
import { MAX_PAYLOAD, PacketWriter } from './packets/packetWriter.ts';
import {
  type BinlogDump, type BinlogDumpGtid, encodeBinlogDump, encodeBinlogDumpGtid, encodeRegisterReplica, encodeSemiSyncAck, type RegisterReplica,
} from './packets/replicationCommands.ts';
import { decodePrepareOk, encodeStatementExecute } from './packets/statementPackets.ts';
import { type OnStreamPart, StreamedResponse } from './streamedResponse.ts';

/** A statement prepared on one connection; it dies with the connection or with {@link MysqlClientConnection.closeStatement}. */
export interface ClientStatement {
  readonly id: number;
  readonly parameters: readonly WireField[];
  readonly columns: readonly WireField[];
}

export interface QueryOptions extends BufferLimits {
  /** Abort destroys the connection: a response half read cannot be left behind. */
  readonly signal?: AbortSignal | undefined;
}

/** Takes the bytes of a connection as they come: the gate's relay. */
export interface RawReader {
  onChunk(chunk: Buffer): void;
  onDrain(): void;
  onClosed(error: VtrewindError): void;
}

/** Rows handed to `onPart` at once, in bytes of row packets. */
const PART_BYTES = 64 * 1024;

/**
 * The client side of the protocol: one connection to one mysqld, one command at a time (a second one throws VTR0807).
 *
 *   idle → command (a {@link PacketConsumer} reads) → idle
 *        → raw (a {@link RawReader} takes the bytes) → idle
 *        → binlog stream → closed
 *   any → closed
 *
 * Errors: the server's own as VTR0800 with its number and text, VTR0801 (2013) when the connection is lost.
 */
export class MysqlClientConnection {
  readonly #socket: NodeSocket;
  readonly #framer: PacketFramer;
  readonly #options: MysqlConnectOptions;
  #consumer: PacketConsumer | undefined;
  #raw: RawReader | undefined;
  #closedWith: VtrewindError | undefined;
  #handshake: Handshake | undefined;
  #sequence = 0;
  /** Negotiated CLIENT_* flags. */
  capabilities = 0;
  /** Status flags of the last response that was decoded here. */
  status = 0;

  private constructor(socket: NodeSocket, options: MysqlConnectOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#framer = new PacketFramer((payload, sequence) => this.#onPacket(payload, sequence), options.maxPacketBytes ?? MAX_PACKET_BYTES);
    socket.handle({
      onData: (chunk) => this.#onData(chunk),
      onDrain: () => this.#raw?.onDrain(),
      onClose: (error) => this.#lost(connectionLost('during query', error)),
    });
  }

  /** Connects and authenticates. Throws VTR0802 (2003) when there is no connection, the server's own error when it refuses, the signal's reason when aborted. */
  static async connect(options: MysqlConnectOptions, signal?: AbortSignal): Promise<MysqlClientConnection> {
    const where = options.socketPath ?? `${options.host ?? '127.0.0.1'}:${options.port ?? 3306}`;
    const timeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
    const timeout = AbortSignal.timeout(timeoutMs);
    const limit = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    let connection: MysqlClientConnection | undefined;
    const onAbort = () => connection?.destroy();
    limit.addEventListener('abort', onAbort, { once: true });
    try {
      const socket = await connectSocket({ host: options.host ?? '127.0.0.1', port: options.port ?? 3306, socketPath: options.socketPath }, limit);
      connection = new MysqlClientConnection(socket, options);
      await connection.#login();
      return connection;
    } catch (error) {
      connection?.destroy();
      if (signal?.aborted === true) throw signal.reason;
      throw cannotConnect(where, timeout.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error);
    } finally {
      limit.removeEventListener('abort', onAbort);
    }
  }

  get threadId(): number {
    return this.#handshake?.connectionId ?? 0;
  }
  get serverVersion(): string {
    return this.#handshake?.serverVersion ?? '';
  }
  get flavour(): 'mysql' | 'mariadb' {
    return flavourOf(this.serverVersion);
  }
  get closed(): boolean {
    return this.#closedWith !== undefined;
  }
  /** A command is under way, or the bytes are someone else's. */
  get busy(): boolean {
    return this.#consumer !== undefined || this.#raw !== undefined;
  }
  get options(): MysqlConnectOptions {
    return this.#options;
  }

  // ── bytes ────────────────────────────────────────────────────────────────────────────────────────────────

  #onData(chunk: Buffer): void {
    const raw = this.#raw;
    if (raw !== undefined) {
      raw.onChunk(chunk);
      return;
    }
    try {
      this.#framer.push(chunk);
    } catch (error) {
      this.#lost(VtrewindError.from(error));
    }
  }

  #onPacket(payload: Buffer, sequence: number): void {
    this.#sequence = (sequence + 1) & 0xff;
    const consumer = this.#consumer;
    if (consumer !== undefined) {
      consumer.onPacket(payload);
      return;
    }
    // Nobody asked: the server says why it is about to close (shutdown, idle timeout).
    this.#lost(payload[0] === 0xff ? connectionLost('while idle', serverError(decodeErrPacket(payload))) : malformed('a packet nobody asked for'));
  }

  #lost(error: VtrewindError): void {
    if (this.#closedWith !== undefined) return;
    this.#closedWith = error;
    this.#socket.destroy();
    const consumer = this.#consumer;
    const raw = this.#raw;
    this.#consumer = undefined;
    this.#raw = undefined;
    consumer?.onClosed(error);
    raw?.onClosed(error);
  }

  #send(payload: Buffer, sequence: number): void {
    if (payload.length >= MAX_PAYLOAD) {
      this.#socket.write(new PacketWriter(sequence, 64).packet(payload).take());
      return;
    }
    const bytes = Buffer.allocUnsafe(payload.length + 4);
    bytes.writeUIntLE(payload.length, 0, 3);
    bytes[3] = sequence;
    payload.copy(bytes, 4);
    this.#socket.write(bytes);
  }

  /** Begins a command; throws VTR0807 when one is under way, VTR0801 when closed. */
  #begin(consumer: PacketConsumer, payload: Buffer): void {
    this.#claim();
    this.#consumer = consumer;
    this.#sequence = 0;
    this.#send(payload, 0);
  }

  #claim(): void {
    if (this.#closedWith !== undefined) throw this.#closedWith;
    if (this.busy) throw outOfSync();
  }

  pause(): void {
    this.#socket.pause();
  }
  resume(): void {
    this.#socket.resume();
  }

  // ── raw ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Gives all bytes that come to `reader` until {@link endRaw}, and sends `bytes` (framed already). False: wait for `reader.onDrain` before writing more. */
  startRaw(reader: RawReader, bytes: Buffer): boolean {
    this.#claim();
    this.#raw = reader;
    return this.#socket.write(bytes);
  }
  writeRaw(bytes: Buffer): boolean {
    return this.#socket.write(bytes);
  }
  /** The reader saw the end of its response; the connection is idle again. */
  endRaw(): void {
    this.#raw = undefined;
  }

  // ── login ────────────────────────────────────────────────────────────────────────────────────────────────

  async #login(): Promise<void> {
    const inbox = new PacketInbox(this);
    this.#consumer = inbox;
    if (this.#closedWith !== undefined) throw this.#closedWith;
    const greeting = await inbox.read();
    if (greeting[0] === 0xff) throw serverError(decodeErrPacket(greeting));
    const handshake = decodeHandshake(greeting);
    this.#handshake = handshake;
    const { options } = this;
    const wanted = (DEFAULT_CAPABILITIES | (options.capabilities ?? 0) | (options.database === undefined ? 0 : CAPABILITY.CONNECT_WITH_DB)) & ~(options.withoutCapabilities ?? 0);
    let capabilities = (wanted & handshake.capabilities) >>> 0;
    const collation = options.collation ?? UTF8MB4_GENERAL_CI;
    if (await this.#secure(options.tls, capabilities | CAPABILITY.SSL, collation)) capabilities |= CAPABILITY.SSL;
    this.capabilities = capabilities >>> 0;
    const password = options.password ?? '';
    const isPrivate = this.#socket.secure || this.#socket.local;
    // A plugin that we cannot answer at once gets an empty answer; the server then switches.
    this.#send(encodeHandshakeResponse({
      capabilities: this.capabilities, maxPacket: options.maxPacketBytes ?? MAX_PACKET_BYTES, collation, user: options.user,
      authResponse: initialAnswer(handshake.authPlugin, password, handshake.nonce, isPrivate), database: options.database,
      authPlugin: handshake.authPlugin, attributes: new Map(Object.entries({ _client_name: 'vtrewind', ...options.attributes })),
    }), this.#sequence);
    await this.#authenticate(inbox, password, handshake.authPlugin, handshake.nonce);
  }

  async #authenticate(inbox: PacketInbox, password: string, plugin: string, nonce: Buffer): Promise<void> {
    const ok = await answerAuth({
      read: () => inbox.read(), write: (payload) => this.#send(payload, this.#sequence), private: this.#socket.secure || this.#socket.local,
    }, password, plugin, nonce);
    this.status = decodeOkPacket(ok, this.capabilities).status;
    this.#consumer = undefined;
  }

  async #secure(tls: ClientTlsOptions | undefined, capabilities: number, collation: number): Promise<boolean> {
    const mode = tls?.mode ?? 'disabled';
    if (mode === 'disabled' || tls === undefined) return false;
    if (!has(this.#handshake?.capabilities ?? 0, CAPABILITY.SSL)) {
      if (mode === 'preferred') return false;
      throw new VtrewindError({ code: 'VTR0808', mysql: 2026, message: 'SSL connection error: the server does not support TLS', grpc: 'UNAVAILABLE' });
    }
    this.#send(encodeSslRequest(capabilities >>> 0, this.#options.maxPacketBytes ?? MAX_PACKET_BYTES, collation), this.#sequence);
    const context = createSecureContext({ ca: tls.ca, cert: tls.cert, key: tls.key });
    const verify = mode === 'verify_ca' || mode === 'verify_identity';
    await this.#socket.connectTls({ context, serverName: tls.serverName ?? this.#options.host, verify, checkName: mode === 'verify_identity' });
    this.#sequence = (this.#sequence + 1) & 0xff;
    return true;
  }

  // ── commands ─────────────────────────────────────────────────────────────────────────────────────────────

  /** Runs a statement and buffers its first result; further results (of a procedure) are read and dropped. */
  async query(sql: string | Buffer, options: QueryOptions = {}): Promise<QueryResult> {
    return firstOf(await this.queryAll(sql, options));
  }

  /** All results of a statement, in order. */
  queryAll(sql: string | Buffer, options: QueryOptions = {}): Promise<QueryResult[]> {
    return this.#buffered(queryPayload(sql), false, options);
  }

  #buffered(payload: Buffer, binary: boolean, options: QueryOptions): Promise<QueryResult[]> {
    return new Promise((resolve, reject) => {
      const { signal } = options;
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const onAbort = () => {
        reject(signal?.reason);
        this.destroy();
      };
      const response = new BufferedResponse(this.capabilities, binary, options, (error, results, fatal) => {
        signal?.removeEventListener('abort', onAbort);
        this.#consumer = undefined;
        this.status = response.status;
        if (fatal && error !== undefined) this.#lost(error);
        if (error === undefined) resolve(results);
        else reject(error);
      });
      this.#begin(response, payload);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Runs a statement and hands its rows on as they arrive; `onPart` is awaited and the server waits meanwhile. An error of `onPart` destroys the connection. */
  streamQuery(sql: string | Buffer, onPart: OnStreamPart, options: { readonly signal?: AbortSignal | undefined; readonly partBytes?: number | undefined } = {}): Promise<OkPacket> {
    return new Promise((resolve, reject) => {
      const { signal } = options;
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const onAbort = () => {
        reject(signal?.reason);
        this.destroy();
      };
      const response = new StreamedResponse(this.capabilities, false, this, options.partBytes ?? PART_BYTES, onPart, (error, ok, fatal) => {
        signal?.removeEventListener('abort', onAbort);
        this.#consumer = undefined;
        this.status = response.status;
        if (fatal && error !== undefined) this.#lost(error);
        if (error === undefined) resolve(ok);
        else reject(error);
      });
      this.#begin(response, queryPayload(sql));
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** A command whose whole answer is OK or ERR. */
  async #simple(payload: Buffer): Promise<OkPacket> {
    const inbox = new PacketInbox(this);
    this.#begin(inbox, payload);
    const answer = await inbox.read();
    this.#consumer = undefined;
    if (answer[0] === 0xff) throw serverError(decodeErrPacket(answer));
    if (answer[0] !== 0x00 && answer[0] !== 0xfe) throw this.#broken('OK expected');
    const ok = answer[0] === 0x00 ? decodeOkPacket(answer, this.capabilities) : PLAIN_OK;
    this.status = ok.status;
    return ok;
  }

  #broken(why: string): VtrewindError {
    const error = malformed(why);
    this.#lost(error);
    return error;
  }

  ping(): Promise<OkPacket> {
    return this.#simple(Buffer.from([COM.PING]));
  }
  initDb(database: string): Promise<OkPacket> {
    return this.#simple(Buffer.concat([Buffer.from([COM.INIT_DB]), Buffer.from(database)]));
  }
  /** Everything of the session is as after connecting, statements prepared included; the default database stays. */
  resetConnection(): Promise<OkPacket> {
    return this.#simple(Buffer.from([COM.RESET_CONNECTION]));
  }
  registerReplica(replica: Partial<RegisterReplica> & { readonly serverId: number }): Promise<OkPacket> {
    return this.#simple(encodeRegisterReplica({ host: '', user: '', password: '', port: 0, rank: 0, sourceId: 0, ...replica }));
  }

  /** Another user on the same connection; the session starts afresh. */
  async changeUser(to: { readonly user: string; readonly password?: string; readonly database?: string }): Promise<void> {
    const handshake = this.#handshake;
    if (handshake === undefined) throw outOfSync();
    const inbox = new PacketInbox(this);
    const password = to.password ?? '';
    const isPrivate = this.#socket.secure || this.#socket.local;
    this.#begin(inbox, encodeChangeUser({
      user: to.user, authResponse: initialAnswer(handshake.authPlugin, password, handshake.nonce, isPrivate), database: to.database,
      collation: this.#options.collation ?? UTF8MB4_GENERAL_CI, authPlugin: handshake.authPlugin, attributes: new Map(),
    }, this.capabilities));
    try {
      await this.#authenticate(inbox, password, handshake.authPlugin, handshake.nonce);
    } catch (error) {
      this.#lost(VtrewindError.from(error));
      throw error;
    }
  }

  async prepare(sql: string | Buffer): Promise<ClientStatement> {
    const inbox = new PacketInbox(this);
    const text = typeof sql === 'string' ? Buffer.from(sql) : sql;
    this.#begin(inbox, Buffer.concat([Buffer.from([COM.STMT_PREPARE]), text]));
    const head = await inbox.read();
    if (head[0] === 0xff) {
      this.#consumer = undefined;
      throw serverError(decodeErrPacket(head));
    }
    const ok = decodePrepareOk(head);
    const parameters = await this.#definitions(inbox, ok.parameterCount);
    const columns = await this.#definitions(inbox, ok.columnCount);
    this.#consumer = undefined;
    return { id: ok.statementId, parameters, columns };
  }

  async #definitions(inbox: PacketInbox, count: number): Promise<WireField[]> {
    const fields: WireField[] = [];
    for (let i = 0; i < count; i++) fields.push(decodeColumnDefinition(await inbox.read()));
    if (count > 0 && !has(this.capabilities, CAPABILITY.DEPRECATE_EOF)) await inbox.read();
    return fields;
  }

  /** Executes a prepared statement; values and results in the text protocol's spelling. */
  async execute(statement: ClientStatement, values: readonly BindVariable[], options: QueryOptions = {}): Promise<QueryResult> {
    return firstOf(await this.#buffered(encodeStatementExecute(statement.id, values), true, options));
  }

  /** Frees a statement on the server, which does not answer. */
  closeStatement(statement: ClientStatement): void {
    this.#claim();
    const payload = Buffer.alloc(5);
    payload[0] = COM.STMT_CLOSE;
    payload.writeUInt32LE(statement.id, 1);
    this.#send(payload, 0);
  }

  /**
   * Streams binlog events, each without the status byte (a semi-sync header of two bytes, 0xef and a flag, stays where the server sends one).
   * Ends when the server says EOF; throws its error. The connection serves nothing else afterwards and is destroyed when the iteration ends.
   */
  dumpBinlog(dump: BinlogDump | Omit<BinlogDumpGtid, 'file' | 'position'> & Partial<Pick<BinlogDumpGtid, 'file' | 'position'>>, options: { readonly signal?: AbortSignal | undefined } = {}): AsyncIterableIterator<Buffer> {
    const inbox = new PacketInbox(this);
    this.#begin(inbox, dump.kind === 'file' ? encodeBinlogDump(dump) : encodeBinlogDumpGtid({ file: '', position: 4n, ...dump }));
    return dumpEvents(inbox, () => this.destroy(), options.signal);
  }

  /** Tells a semi-sync source that everything up to here is safe. Only while a dump runs. */
  sendSemiSyncAck(position: bigint, file: string): void {
    if (this.#closedWith !== undefined) throw this.#closedWith;
    this.#send(encodeSemiSyncAck({ position, file }), 0);
  }

  /** Says goodbye and closes. */
  quit(): void {
    if (this.#closedWith !== undefined) return;
    if (this.busy) {
      this.destroy();
      return;
    }
    this.#closedWith = connectionLost('after quit');
    this.#send(Buffer.from([COM.QUIT]), 0);
    this.#socket.end();
  }

  /** Closes at once; what is under way fails with VTR0801. */
  destroy(): void {
    this.#lost(connectionLost('(closed here)'));
  }
}

function queryPayload(sql: string | Buffer): Buffer {
  if (typeof sql === 'string') {
    const size = Buffer.byteLength(sql);
    const payload = Buffer.allocUnsafe(size + 1);
    payload[0] = COM.QUERY;
    payload.write(sql, 1, size, 'utf8');
    return payload;
  }
  const payload = Buffer.allocUnsafe(sql.length + 1);
  payload[0] = COM.QUERY;
  sql.copy(payload, 1);
  return payload;
}

function firstOf(results: readonly QueryResult[]): QueryResult {
  const first = results[0];
  if (first === undefined) throw malformed('a response without a result');
  return first;
}
