import { VtrewindError } from '../../base/errors.ts';

/** `VT05003`: MySQL 1049. */
export function unknownKeyspace(keyspace: string): VtrewindError {
  return new VtrewindError({ code: 'VT05003', mysql: 1049, sqlState: '42000', grpc: 'NOT_FOUND', message: `VT05003: unknown database '${keyspace}' in vschema` });
}
