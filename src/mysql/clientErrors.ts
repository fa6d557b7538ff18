import { VtrewindError } from '../base/errors.ts';
import { ER } from './constants/errorCodes.ts';

/** The connection ended while something was awaited: VTR0801, MySQL 2013. */
export function connectionLost(what: string, cause?: unknown): VtrewindError {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return new VtrewindError({ code: 'VTR0801', mysql: ER.CON_LOST, message: `Lost connection to MySQL server ${what}${why}`, grpc: 'UNAVAILABLE', cause });
}

/** No connection came about: VTR0802, MySQL 2003; the server's own refusals keep their number. */
export function cannotConnect(where: string, cause: unknown): VtrewindError {
  if (cause instanceof VtrewindError && cause.code === 'VTR0800') return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new VtrewindError({ code: 'VTR0802', mysql: 2003, message: `Can't connect to MySQL server on '${where}' (${why})`, grpc: 'UNAVAILABLE', cause });
}

/** A command was started before the one under way had ended: a defect of the caller. VTR0807, MySQL 2014. */
export function outOfSync(): VtrewindError {
  return new VtrewindError({ code: 'VTR0807', mysql: 2014, message: "Commands out of sync; you can't run this command now", grpc: 'INTERNAL' });
}

/** A buffered result outgrew what the caller allows: VTR0805. */
export function resultTooLarge(limit: string): VtrewindError {
  return new VtrewindError({
    code: 'VTR0805', mysql: ER.UNKNOWN_ERROR, grpc: 'RESOURCE_EXHAUSTED', message: `result larger than ${limit}`, hint: 'stream it, or narrow the statement',
  });
}

/** Too many failed logins of this user from this address: VTR0828, MySQL 3955. `forMs`: milliseconds left. */
export function blocked(user: string, address: string, forMs: number): VtrewindError {
  return new VtrewindError({
    code: 'VTR0828', mysql: ER.ACCOUNT_BLOCKED, grpc: 'UNAUTHENTICATED',
    message: `Access denied for user '${user}'@'${address}'. Account is blocked for ${Math.ceil(forMs / 1000)} second(s) due to too many consecutive failed logins.`,
  });
}

/** The client closed its connection while its command ran: VTR0823, MySQL 1317. */
export function clientGone(): VtrewindError {
  return new VtrewindError({ code: 'VTR0823', mysql: ER.QUERY_INTERRUPTED, sqlState: '70100', grpc: 'CANCELED', message: 'the client closed its connection' });
}
