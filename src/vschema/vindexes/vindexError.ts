import { type GrpcCodeName, VtrewindError } from '../../base/errors.ts';

/** A parameter, value or keyspace id that a vindex cannot take; the text is Vitess's where Vitess has one. */
export function vindexError(message: string, grpc: GrpcCodeName = 'INVALID_ARGUMENT'): VtrewindError {
  return new VtrewindError({ code: 'VTR1303', grpc, message });
}
