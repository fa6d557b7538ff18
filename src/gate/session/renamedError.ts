import { VtrewindError } from '../../base/errors.ts';
import type { TabletHandle } from './ports.ts';

/** A tablet's error with the database's real name replaced by the keyspace's. */
export function renamed(error: unknown, handle: TabletHandle): unknown {
  if (!(error instanceof VtrewindError) || !error.message.includes(handle.databaseName)) return error;
  return new VtrewindError({
    code: error.code, mysql: error.mysql, sqlState: error.sqlState, grpc: error.grpc, message: error.message.replaceAll(handle.databaseName, handle.target.keyspace), cause: error,
  });
}
