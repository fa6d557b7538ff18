import { VtrewindError } from '../base/errors.ts';

/** Bytes that are no well-formed binlog (VTR1201, MySQL 1236). Never guessed around: what cannot be decoded is not archived, cut or served. */
export function malformedBinlog(message: string, cause?: unknown): VtrewindError {
  return new VtrewindError({
    code: 'VTR1201', mysql: 1236, grpc: 'DATA_LOSS', message: `malformed binlog: ${message}`,
    hint: 'compare with mysqlbinlog or mariadb-binlog on the same file; a damaged file must be fetched again from its source',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Text that is no GTID, GTID set or MariaDB GTID position (VTR1202, MySQL 1774 ER_MALFORMED_GTID_SET_SPECIFICATION). */
export function malformedGtid(text: string, why: string): VtrewindError {
  const shown = text.length > 120 ? `${text.slice(0, 120)}…` : text;
  return new VtrewindError({
    code: 'VTR1202', mysql: 1774, grpc: 'INVALID_ARGUMENT', message: `malformed GTID '${shown}': ${why}`,
    hint: 'MySQL: uuid[:tag]:1-5:8,…   MariaDB: domain-server-sequence,… with one GTID a domain',
  });
}

/** Something this version does not archive or serve, named (VTR1203, MySQL 1235). */
export function unsupportedBinlog(message: string, hint?: string): VtrewindError {
  return new VtrewindError({ code: 'VTR1203', mysql: 1235, grpc: 'UNIMPLEMENTED', message, ...(hint === undefined ? {} : { hint }) });
}
