import { type GrpcCodeName, VtrewindError } from '../base/errors.ts';

/** What can go wrong with a topology, with the code and gRPC status of each. */
const kinds = {
  nodeExists: ['VTR0301', 'ALREADY_EXISTS'],
  noNode: ['VTR0302', 'NOT_FOUND'],
  badVersion: ['VTR0303', 'FAILED_PRECONDITION'],
  unreachable: ['VTR0304', 'UNAVAILABLE'],
  lockTimeout: ['VTR0305', 'DEADLINE_EXCEEDED'],
  lockLost: ['VTR0306', 'ABORTED'],
  damaged: ['VTR0307', 'DATA_LOSS'],
  inUse: ['VTR0308', 'FAILED_PRECONDITION'],
  badName: ['VTR0309', 'INVALID_ARGUMENT'],
  limit: ['VTR0310', 'RESOURCE_EXHAUSTED'],
  closed: ['VTR0311', 'CANCELED'],
  badGraph: ['VTR0312', 'FAILED_PRECONDITION'],
} as const satisfies Record<string, readonly [string, GrpcCodeName]>;

export type TopoErrorKind = keyof typeof kinds;

export function topoError(kind: TopoErrorKind, message: string, more: { readonly hint?: string; readonly cause?: unknown } = {}): VtrewindError {
  const [code, grpc] = kinds[kind];
  return new VtrewindError({ code, grpc, message, hint: more.hint, cause: more.cause });
}

/** Whether `error` is the topology error of that kind. */
export function isTopoError(error: unknown, kind: TopoErrorKind): error is VtrewindError {
  return error instanceof VtrewindError && error.code === kinds[kind][0];
}
