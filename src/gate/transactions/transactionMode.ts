import { VtrewindError } from '../../base/errors.ts';
import { ER } from '../../mysql/constants/errorCodes.ts';

/** SINGLE: one shard. MULTI: several, committed one after another. */
export type TransactionMode = 'SINGLE' | 'MULTI';

const order: readonly TransactionMode[] = ['SINGLE', 'MULTI'];

/** A session's choice. Throws 1231, as vtgate does, for a mode beyond the gate's `--transaction-mode`; TWOPC is beyond every gate so far. */
export function chooseTransactionMode(text: string, limit: TransactionMode): TransactionMode {
  const asked = text.toUpperCase();
  if (asked === 'UNSPECIFIED') return limit;
  const mode = order.find((known) => known === asked);
  if (mode === undefined && asked !== 'TWOPC') throw refused(`invalid transaction_mode: ${text}`);
  if (mode === undefined || order.indexOf(mode) > order.indexOf(limit)) throw refused(`transaction_mode ${asked} exceeds vtgate limit ${limit}`);
  return mode;
}

function refused(message: string): VtrewindError {
  return new VtrewindError({ code: 'VTR1010', mysql: ER.WRONG_VALUE_FOR_VAR, sqlState: '42000', grpc: 'INVALID_ARGUMENT', message });
}
