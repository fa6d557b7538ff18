/**
 * The one error class of vtrewind. What reaches a MySQL client is built from it: number, SQLSTATE, message.
 *
 * `code` is the Vitess code (`VT12001`) where Vitess has one for the same thing, else one of ours (`VTR0001`);
 * which part of vtrewind each range of ours belongs to stands in docs/errors.md.
 */
export interface VtrewindErrorOptions {
  /** `VT…` (Vitess's own), or `VTR….` (ours). */
  readonly code: string;
  /** MySQL error number as client libraries know it; default 1105 (ER_UNKNOWN_ERROR). */
  readonly mysql?: number;
  /** Five characters; default `HY000`. */
  readonly sqlState?: string;
  readonly message: string;
  /** What the reader should do next. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** gRPC status name as Vitess's vtrpc.Code has it (`INVALID_ARGUMENT`, `UNAVAILABLE`, …); default `UNKNOWN`. */
  readonly grpc?: GrpcCodeName;
}

export type GrpcCodeName =
  | 'OK' | 'CANCELED' | 'UNKNOWN' | 'INVALID_ARGUMENT' | 'DEADLINE_EXCEEDED' | 'NOT_FOUND' | 'ALREADY_EXISTS'
  | 'PERMISSION_DENIED' | 'RESOURCE_EXHAUSTED' | 'FAILED_PRECONDITION' | 'ABORTED' | 'OUT_OF_RANGE' | 'UNIMPLEMENTED'
  | 'INTERNAL' | 'UNAVAILABLE' | 'DATA_LOSS' | 'UNAUTHENTICATED' | 'CLUSTER_EVENT' | 'READ_ONLY';

export class VtrewindError extends Error {
  readonly code: string;
  readonly mysql: number;
  readonly sqlState: string;
  readonly hint: string | undefined;
  readonly grpc: GrpcCodeName;

  constructor(options: VtrewindErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'VtrewindError';
    this.code = options.code;
    this.mysql = options.mysql ?? 1105;
    this.sqlState = options.sqlState ?? 'HY000';
    this.hint = options.hint;
    this.grpc = options.grpc ?? 'UNKNOWN';
  }

  /** Any thrown value as a VtrewindError: ours unchanged, others wrapped with their message kept. */
  static from(error: unknown, fallbackCode = 'VTR0000'): VtrewindError {
    if (error instanceof VtrewindError) return error;
    const message = error instanceof Error ? error.message : String(error);
    return new VtrewindError({ code: fallbackCode, message, cause: error });
  }
}
