import { type ChannelCredentials, type ChannelOptions, Client, credentials, Metadata } from '@grpc/grpc-js';
import { fromServiceError } from './grpcErrors.ts';

/** How to reach a gRPC server of a Vitess cluster. */
export interface GrpcConnectOptions {
  /** PEM. Without it the connection is plain. `serverName` replaces the host in the check of the certificate. */
  readonly tls?: { readonly ca?: Buffer; readonly key?: Buffer; readonly cert?: Buffer; readonly serverName?: string };
  /** Vitess's static authentication: name and password go with every call, readable by anyone on the way unless there is TLS. */
  readonly auth?: { readonly username: string; readonly password: string };
  /** Largest message; default 64 MiB (Vitess's default is 16). */
  readonly maxMessageBytes?: number;
}

const defaultMaxMessageBytes = 64 * 1024 * 1024;

function channelOptions(options: GrpcConnectOptions): ChannelOptions {
  return {
    'grpc.max_receive_message_length': options.maxMessageBytes ?? defaultMaxMessageBytes,
    'grpc.max_send_message_length': options.maxMessageBytes ?? defaultMaxMessageBytes,
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 3_000,
    ...(options.tls?.serverName === undefined ? {} : { 'grpc.ssl_target_name_override': options.tls.serverName }),
  };
}

function channelCredentials(options: GrpcConnectOptions): ChannelCredentials {
  const { tls } = options;
  return tls === undefined ? credentials.createInsecure() : credentials.createSsl(tls.ca ?? null, tls.key ?? null, tls.cert ?? null);
}

function callMetadata(options: GrpcConnectOptions): Metadata {
  const metadata = new Metadata();
  if (options.auth !== undefined) {
    metadata.set('username', options.auth.username);
    metadata.set('password', options.auth.password);
  }
  return metadata;
}

/** A method of a generated service, as far as a call needs it. */
export interface UnaryMethod<Request, Response> {
  readonly path: string;
  readonly requestSerialize: (request: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

/** One server of a Vitess cluster and how to call it. Connects with the first call; nothing is ever sent twice. */
export class GrpcPeer {
  /** For messages: `tablet at host:port`. */
  readonly where: string;
  readonly #client: Client;
  readonly #options: GrpcConnectOptions;

  constructor(what: string, address: string, options: GrpcConnectOptions) {
    this.where = `${what} at ${address}`;
    this.#options = options;
    this.#client = new Client(address, channelCredentials(options), channelOptions(options));
  }

  /** One call as a promise. `signal` cancels it; the rejection is then the signal's reason. */
  unary<Request, Response>(method: UnaryMethod<Request, Response>, request: Request, options: { readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number } = {}): Promise<Response> {
    return new Promise((resolve, reject) => {
      const { signal } = options;
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => call.cancel();
      const limits = options.timeoutMs === undefined ? {} : { deadline: Date.now() + options.timeoutMs };
      const call = this.#client.makeUnaryRequest(method.path, method.requestSerialize, method.responseDeserialize, request, callMetadata(this.#options), limits, (error, response) => {
        signal?.removeEventListener('abort', onAbort);
        if (error === null && response !== undefined) resolve(response);
        else reject(signal?.aborted ? signal.reason : fromServiceError(error, this.where));
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** The messages of a server's stream, read only as fast as they are taken (HTTP/2 flow control holds the server back). */
  async *stream<Request, Response>(method: UnaryMethod<Request, Response>, request: Request, signal?: AbortSignal): AsyncGenerator<Response> {
    signal?.throwIfAborted();
    const stream = this.#client.makeServerStreamRequest(method.path, method.requestSerialize, method.responseDeserialize, request, callMetadata(this.#options));
    const onAbort = () => stream.cancel();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      for await (const message of stream) yield message as Response;
    } catch (error) {
      throw signal?.aborted ? signal.reason : fromServiceError(error, this.where);
    } finally {
      signal?.removeEventListener('abort', onAbort);
      stream.cancel();
    }
  }

  close(): void {
    this.#client.close();
  }
}
