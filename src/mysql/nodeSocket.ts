import type { X509Certificate } from 'node:crypto';
import { connect as netConnect, createServer, isIP, type Server, type Socket } from 'node:net';
import { connect as tlsConnect, type SecureContext, TLSSocket } from 'node:tls';
import type { ByteSocket, ByteSocketHandler } from './byteSocket.ts';
import type { CompressedStream } from './compressedStream.ts';

/** Idle time after which the kernel probes a peer, so that half-open connections end. */
const KEEP_ALIVE_MS = 60_000;

/** {@link ByteSocket} over a `node:net` or `node:tls` socket. */
export class NodeSocket implements ByteSocket {
  #socket: Socket;
  #handler: ByteSocketHandler | undefined;
  #closed = false;
  #error: Error | undefined;
  readonly local: boolean;
  #remoteAddress: string;
  #remotePort: number;
  #compression: CompressedStream | undefined;
  readonly #plain = (chunk: Buffer) => this.#handler?.onData(chunk);
  readonly #onData = (chunk: Buffer) => {
    if (this.#compression === undefined) this.#handler?.onData(chunk);
    else this.#inflate(this.#compression, chunk);
  };
  readonly #onDrain = () => this.#handler?.onDrain();
  readonly #onError = (error: Error) => {
    this.#error ??= error;
  };
  readonly #onEnd = () => {
    this.#socket.end();
  };
  readonly #onClose = () => {
    if (this.#closed) return;
    this.#closed = true;
    this.#handler?.onClose(this.#error);
  };

  constructor(socket: Socket, local: boolean) {
    this.#socket = socket;
    this.local = local;
    this.#remoteAddress = socket.remoteAddress ?? '';
    this.#remotePort = socket.remotePort ?? 0;
    if (!local) {
      socket.setNoDelay(true);
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
    }
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
  }

  handle(handler: ByteSocketHandler): void {
    const first = this.#handler === undefined;
    this.#handler = handler;
    if (first) this.#listen();
    if (this.#closed) handler.onClose(this.#error);
  }

  #listen(): void {
    this.#socket.on('data', this.#onData).on('drain', this.#onDrain).on('end', this.#onEnd);
  }

  #unlisten(): void {
    this.#socket.off('data', this.#onData).off('drain', this.#onDrain).off('end', this.#onEnd);
  }

  write(chunk: Buffer): boolean {
    return this.#socket.write(this.#compression === undefined ? chunk : this.#compression.deflate(chunk));
  }

  #inflate(compression: CompressedStream, chunk: Buffer): void {
    try {
      compression.inflate(chunk, this.#plain);
    } catch (error) {
      this.#error ??= error instanceof Error ? error : new Error(String(error));
      this.#socket.destroy();
    }
  }

  /** Both directions are compressed from here on. */
  compress(stream: CompressedStream): void {
    this.#compression = stream;
  }
  /** Client side: the next write begins a command. */
  beginCommand(): void {
    this.#compression?.beginCommand();
  }

  get remoteAddress(): string {
    return this.#remoteAddress;
  }
  get remotePort(): number {
    return this.#remotePort;
  }
  /** A trusted proxy says who the peer really is. */
  setPeer(address: string, port: number): void {
    this.#remoteAddress = address;
    this.#remotePort = port;
  }
  cork(): void {
    this.#socket.cork();
  }
  uncork(): void {
    this.#socket.uncork();
  }
  pause(): void {
    this.#socket.pause();
  }
  resume(): void {
    this.#socket.resume();
  }
  end(): void {
    this.#socket.end();
  }
  destroy(): void {
    this.#socket.destroy();
  }
  get queued(): number {
    return this.#socket.writableLength;
  }
  get secure(): boolean {
    return this.#socket instanceof TLSSocket;
  }
  /** `TLSv1.3`, …; empty without TLS. */
  get tlsVersion(): string {
    return this.#socket instanceof TLSSocket ? (this.#socket.getProtocol() ?? '') : '';
  }

  /** What a TLS client showed; undefined when nothing. */
  get peerCertificate(): X509Certificate | undefined {
    return this.#socket instanceof TLSSocket ? this.#socket.getPeerX509Certificate() : undefined;
  }

  /**
   * Turns the plain connection into TLS in place, server side. `read` are bytes that came after the SSLRequest in the same chunk (the
   * start of the ClientHello); they go back into the stream. Resolves when the handshake is done.
   */
  acceptTls(context: SecureContext, read: Buffer, requestCert: boolean): Promise<void> {
    return this.#upgrade(read, (plain) => new TLSSocket(plain, { isServer: true, secureContext: context, requestCert, rejectUnauthorized: requestCert }), 'secure');
  }

  /** The same, client side. */
  connectTls(options: { readonly context: SecureContext; readonly serverName: string | undefined; readonly verify: boolean; readonly checkName: boolean }): Promise<void> {
    return this.#upgrade(Buffer.alloc(0), (plain) => tlsConnect({
      socket: plain, secureContext: options.context, rejectUnauthorized: options.verify,
      ...(options.serverName !== undefined && isIP(options.serverName) === 0 ? { servername: options.serverName } : {}),
      ...(options.checkName ? {} : { checkServerIdentity: () => undefined }),
    }), 'secureConnect');
  }

  #upgrade(read: Buffer, wrap: (plain: Socket) => TLSSocket, event: 'secure' | 'secureConnect'): Promise<void> {
    const plain = this.#socket;
    this.#unlisten();
    plain.pause();
    if (read.length > 0) plain.unshift(read);
    plain.off('close', this.#onClose);
    const secure = wrap(plain);
    this.#socket = secure;
    secure.on('error', this.#onError).on('close', this.#onClose);
    return new Promise((resolve, reject) => {
      const done = () => {
        secure.off('close', gone);
        this.#listen();
        resolve();
      };
      const gone = () => reject(this.#error ?? new Error('connection closed during the TLS handshake'));
      secure.once(event, done).once('close', gone);
    });
  }
}

/** Connects to a TCP address or a unix socket. Rejects with the system's error, or the signal's reason. */
export function connectSocket(to: { readonly host: string; readonly port: number; readonly socketPath?: string | undefined }, signal: AbortSignal): Promise<NodeSocket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const local = to.socketPath !== undefined;
    const socket = to.socketPath !== undefined ? netConnect({ path: to.socketPath }) : netConnect({ host: to.host, port: to.port, noDelay: true });
    const onAbort = () => {
      socket.destroy();
      reject(signal.reason);
    };
    const onError = (error: Error) => {
      signal.removeEventListener('abort', onAbort);
      reject(error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', onError);
    socket.once('connect', () => {
      signal.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      resolve(new NodeSocket(socket, local));
    });
  });
}

/** A listening socket; `backlog` and `reusePort` as the system means them. */
export interface ListenAddress {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly socketPath?: string | undefined;
  readonly reusePort?: boolean | undefined;
}

export function listenSocket(address: ListenAddress, onConnection: (socket: NodeSocket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const local = address.socketPath !== undefined;
    const server = createServer({ allowHalfOpen: false, noDelay: !local }, (socket) => onConnection(new NodeSocket(socket, local)));
    server.once('error', reject);
    const listening = () => {
      server.off('error', reject);
      resolve(server);
    };
    if (address.socketPath !== undefined) server.listen({ path: address.socketPath, backlog: 1024 }, listening);
    else server.listen({ host: address.host, port: address.port, backlog: 1024, ...(address.reusePort === true ? { reusePort: true } : {}) }, listening);
  });
}
