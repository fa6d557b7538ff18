import { type GrpcCodeName, VtrewindError } from '../base/errors.ts';

/** `VT05003`: MySQL 1049. The text clients see of Vitess's own errors begins with their code. */
export function unknownDatabase(keyspace: string): VtrewindError {
  return new VtrewindError({ code: 'VT05003', mysql: 1049, sqlState: '42000', grpc: 'NOT_FOUND', message: `VT05003: unknown database '${keyspace}' in vschema` });
}

/** MySQL 1105 here, not 1146: the table may well exist in MySQL, the vschema does not say where. */
export function tableNotFound(table: string): VtrewindError {
  return new VtrewindError({
    code: 'VTR1311', grpc: 'NOT_FOUND', message: `table ${table} not found`,
    hint: 'add it to the vschema of its keyspace (ApplyVSchema), or name its keyspace; tables of snapshot keyspaces are only found by a qualified name or after USE',
  });
}

/** Several keyspaces have a table of that name and none was named. */
export function ambiguousTable(table: string): VtrewindError {
  return new VtrewindError({ code: 'VTR1312', grpc: 'FAILED_PRECONDITION', message: `ambiguous table reference: ${table}`, hint: 'name the keyspace: keyspace.table, or USE keyspace' });
}

export function ambiguousVindex(vindex: string): VtrewindError {
  return new VtrewindError({ code: 'VTR1313', grpc: 'FAILED_PRECONDITION', message: `ambiguous vindex reference: ${vindex}`, hint: 'name the keyspace: keyspace.vindex' });
}

/** A routing rule without targets. */
export function tableDisabled(table: string): VtrewindError {
  return new VtrewindError({ code: 'VTR1314', grpc: 'FAILED_PRECONDITION', message: `table ${table} has been disabled`, hint: 'a routing rule sends this table nowhere: GetRoutingRules' });
}

/** A vschema that cannot be built; `place` says where in it (`keyspaces.ks.tables.t`). */
export function invalidVSchema(message: string, place: string, grpc: GrpcCodeName = 'INVALID_ARGUMENT'): VtrewindError {
  return new VtrewindError({ code: 'VTR1315', grpc, message, hint: `at ${place}` });
}
