import { type CallOptions, type ClientReadableStream, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { type GrpcCodeName, VtrewindError } from '../base/errors.ts';
import type { BackupRequest, BackupResponse, BackupShardRequest } from '../vitess/gen/vtctldata.ts';
import { VtctldClient, type VtctldService } from '../vitess/gen/vtctlservice.ts';
import type { RestoreRequest } from '../recovery/keyspaceMoment.ts';
import { forceKey } from './forceKey.ts';
import { restoreRequestKey } from './plannedSnapshot.ts';

type Calls = typeof VtctldService;
export type CallName = keyof Calls;
type RequestOf<Name extends CallName> = Parameters<Calls[Name]['requestSerialize']>[0];
type ResponseOf<Name extends CallName> = ReturnType<Calls[Name]['responseDeserialize']>;

/** One connection to a control server, or to a real vtctld. */
export interface ControlClient {
  /** Throws VtrewindError with the server's text; VTR1617 when it cannot be reached. `force` and, for `createKeyspace`, `restore` are our own, for what Vitess's requests have no fields for. */
  call<Name extends CallName>(name: Name, request: RequestOf<Name>, options?: { readonly timeoutMs?: number; readonly force?: boolean; readonly restore?: RestoreRequest }): Promise<ResponseOf<Name>>;
  /** Runs a backup to its end, with the tablet's words as they come. */
  backup(request: { readonly tablet: BackupRequest } | { readonly shard: BackupShardRequest }, onEvent: (event: BackupResponse) => void): Promise<void>;
  close(): void;
}

const defaultTimeoutMs = 60_000;

/** `address` is `host:port`. Connects when first used. */
export function connectControl(address: string): ControlClient {
  const client = new VtctldClient(address, credentials.createInsecure(), { 'grpc.max_receive_message_length': 64 * 1024 * 1024 });
  const failure = (error: ServiceError): VtrewindError => {
    if (error.code === status.UNAVAILABLE && !error.details.includes('\n')) {
      return new VtrewindError({
        code: 'VTR1617', grpc: 'UNAVAILABLE', message: `the control server ${address} cannot be reached: ${error.details}`, cause: error,
        hint: 'start it (vtrewind up, or vtrewind control), or name another with --server',
      });
    }
    const [message = '', ...hint] = error.details.split('\n  ');
    return new VtrewindError({ code: 'VTR1618', grpc: (status[error.code] ?? 'UNKNOWN') as GrpcCodeName, message, hint: hint.length > 0 ? hint.join('\n  ') : undefined, cause: error });
  };
  type Unary = (request: unknown, metadata: Metadata, options: Partial<CallOptions>, callback: (error: ServiceError | null, response: unknown) => void) => void;
  return {
    call: (name, request, options = {}) =>
      new Promise((resolve, reject) => {
        const metadata = new Metadata();
        if (options.force === true) metadata.set(forceKey, 'true');
        if (options.restore !== undefined) metadata.set(restoreRequestKey, Buffer.from(JSON.stringify(options.restore)));
        const unary = (client[name] as unknown as Unary).bind(client);
        unary(request, metadata, { deadline: Date.now() + (options.timeoutMs ?? defaultTimeoutMs) }, (error, response) => (error === null ? resolve(response as never) : reject(failure(error))));
      }),
    backup: (request, onEvent) =>
      new Promise<void>((resolve, reject) => {
        const stream: ClientReadableStream<BackupResponse> = 'tablet' in request ? client.backup(request.tablet) : client.backupShard(request.shard);
        stream.on('data', onEvent);
        stream.once('error', (error: ServiceError) => reject(failure(error)));
        stream.once('end', () => resolve());
      }),
    close: () => client.close(),
  };
}
