import { VtrewindError } from '../base/errors.ts';

/** Errors of planning, with Vitess's codes and texts and the MySQL numbers its gate gives them. */

/** VT12001: MySQL can do it, this planner can't. The one error that scratch may take over. */
export function unsupported(what: string): VtrewindError {
  return new VtrewindError({ code: 'VT12001', mysql: 1235, sqlState: '42000', grpc: 'UNIMPLEMENTED', message: `VT12001: unsupported: ${what}` });
}

export function isUnsupported(error: unknown): error is VtrewindError {
  return error instanceof VtrewindError && error.code === 'VT12001';
}

export function planError(code: string, mysql: number, sqlState: string, text: string): VtrewindError {
  return new VtrewindError({ code, mysql, sqlState, grpc: 'INVALID_ARGUMENT', message: `${code}: ${text}` });
}

/** An error for which Vitess gives no code of its own: the text as it stands. */
export function mysqlError(mysql: number, sqlState: string, message: string): VtrewindError {
  return new VtrewindError({ code: 'VTR1401', mysql, sqlState, grpc: 'INVALID_ARGUMENT', message });
}

export const columnNotFound = (name: string, table?: string): VtrewindError =>
  mysqlError(1054, '42S22', table === undefined ? `column '${name}' not found` : `column '${name}' not found in table '${table}'`);
export const ambiguousColumn = (name: string): VtrewindError => mysqlError(1052, '23000', `Column '${name}' in field list is ambiguous`);
export const tableNotFound = (name: string): VtrewindError => mysqlError(1146, '42S02', `table ${name} not found`);
export const schemaTrackingRequired = (): VtrewindError => planError('VT09015', 1105, 'HY000', 'schema tracking required');
export const noDatabase = (): VtrewindError =>
  planError('VT09005', 1046, '3D000', 'no database selected: use keyspace<:shard><@type> or keyspace<[range]><@type> (<> are optional)');
