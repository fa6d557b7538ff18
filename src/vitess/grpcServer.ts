import { Server, ServerCredentials, type ServiceDefinition, type ServiceError, type ServerUnaryCall, type ServerWritableStream, type sendUnaryData, status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { VtrewindError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { toServiceError } from './grpcErrors.ts';

export interface GrpcServerOptions {
  /** `host:port`; port 0 takes a free one. */
  readonly address: string;
  readonly services: readonly { readonly definition: ServiceDefinition; readonly implementation: UntypedServiceImplementation }[];
  /** PEM. `ca` given: clients must show a certificate of it. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer; readonly ca?: Buffer };
  readonly maxMessageBytes?: number;
}
export interface RunningGrpcServer { readonly address: string; readonly port: number; close(): Promise<void> }

/** How long calls under way may go on when the server closes. */
const drainMs = 2_000;

/** Throws VTR0322 when the address can't be taken. */
export async function startGrpcServer(options: GrpcServerOptions): Promise<RunningGrpcServer> {
  const limit = options.maxMessageBytes ?? 64 * 1024 * 1024;
  const server = new Server({
    'grpc.max_receive_message_length': limit, 'grpc.max_send_message_length': limit,
    // Clients of Vitess ping every 10 s also while idle.
    'grpc.http2.min_ping_interval_without_data_ms': 5_000, 'grpc.keepalive_permit_without_calls': 1,
  });
  for (const { definition, implementation } of options.services) server.addService(definition, implementation);
  const { tls } = options;
  const credentials = tls === undefined ? ServerCredentials.createInsecure()
    : ServerCredentials.createSsl(tls.ca ?? null, [{ cert_chain: tls.cert, private_key: tls.key }], tls.ca !== undefined);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(options.address, credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(new VtrewindError({ code: 'VTR0322', grpc: 'UNAVAILABLE', message: `can't listen on ${options.address}: ${error.message}`, cause: error }));
    });
  });
  const host = options.address.slice(0, options.address.lastIndexOf(':'));
  return {
    address: `${host}:${port}`, port,
    close: () => new Promise((resolve) => {
      const force = setTimeout(() => server.forceShutdown(), drainMs);
      server.tryShutdown(() => {
        clearTimeout(force);
        resolve();
      });
    }),
  };
}

/** What a handler knows of its call. */
export interface CallContext {
  /** Aborts when the client cancels, its deadline passes, or it goes away. */
  readonly signal: AbortSignal;
  /** Until the client's deadline, less a moment to answer in; undefined when it set none. */
  readonly timeLeftMs: number | undefined;
}

/** What an answer needs to reach the client before its deadline. */
const answerMs = 100;

function timeLeft(deadline: Date | number): number | undefined {
  const at = typeof deadline === 'number' ? deadline : deadline.getTime();
  return Number.isFinite(at) ? Math.max(1, at - Date.now() - answerMs) : undefined;
}

/** A unary handler from a function; what it throws becomes the call's status, with `caller` named in the message. */
export function unaryHandler<Request, Response>(
  log: Log, work: (request: Request, context: CallContext) => Promise<Response> | Response, caller: (request: Request) => string = () => '',
) {
  return (call: ServerUnaryCall<Request, Response>, answer: sendUnaryData<Response>): void => {
    const cancel = new AbortController();
    call.on('cancelled', () => cancel.abort(canceled()));
    Promise.resolve().then(() => work(call.request, { signal: cancel.signal, timeLeftMs: timeLeft(call.getDeadline()) })).then(
      (response) => answer(null, response),
      (error: unknown) => answer(statusOf(log, error, caller(call.request))),
    );
  };
}

/** A streaming handler; `send` resolves when the client has room for more. */
export function streamHandler<Request, Response>(
  log: Log, work: (request: Request, send: (message: Response) => Promise<void>, context: CallContext) => Promise<void>, caller: (request: Request) => string = () => '',
) {
  return (call: ServerWritableStream<Request, Response>): void => {
    const cancel = new AbortController();
    call.on('cancelled', () => cancel.abort(canceled()));
    call.on('error', () => cancel.abort(canceled()));
    const send = async (message: Response) => {
      cancel.signal.throwIfAborted();
      if (call.write(message)) return;
      await new Promise<void>((resolve) => {
        const go = () => {
          call.off('drain', go);
          cancel.signal.removeEventListener('abort', go);
          resolve();
        };
        call.once('drain', go);
        cancel.signal.addEventListener('abort', go, { once: true });
      });
      cancel.signal.throwIfAborted();
    };
    Promise.resolve().then(() => work(call.request, send, { signal: cancel.signal, timeLeftMs: timeLeft(call.getDeadline()) })).then(
      () => call.end(),
      (error: unknown) => {
        if (!cancel.signal.aborted) call.emit('error', statusOf(log, error, caller(call.request)));
      },
    );
  };
}

function canceled(): VtrewindError {
  return new VtrewindError({ code: 'VTR0323', mysql: 1317, sqlState: '70100', grpc: 'CANCELED', message: 'Query execution was interrupted' });
}

/** An error that is not one of ours is a defect: it goes to the log with its stack, to the client by its text. */
function statusOf(log: Log, error: unknown, caller: string): Partial<ServiceError> {
  if (!(error instanceof VtrewindError)) log.error({ err: error, event: 'rpc_defect' }, 'a call failed in an unexpected way');
  return toServiceError(error, caller);
}

/** Handlers for every method of `definition` that `implemented` lacks: UNIMPLEMENTED, naming the method and who answers. */
export function completed<Implementation extends UntypedServiceImplementation>(definition: ServiceDefinition, implemented: Partial<Implementation> | Readonly<Record<string, unknown>>, who: string): Implementation {
  const all: UntypedServiceImplementation = { ...implemented as UntypedServiceImplementation };
  for (const [name, method] of Object.entries(definition)) {
    if (all[name] !== undefined) continue;
    const failure = { code: status.UNIMPLEMENTED, details: `${method.path.split('/').at(-1)} is not served by ${who}` };
    all[name] = method.responseStream
      ? (call: ServerWritableStream<unknown, unknown>) => { call.emit('error', failure); }
      : (_call: unknown, answer: sendUnaryData<unknown>) => answer(failure);
  }
  return all as Implementation;
}
