import { VtrewindError } from '../../base/errors.ts';
import { ER } from '../constants/errorCodes.ts';

/** A payload that does not follow the protocol: VTR0803, MySQL 1835 (ER_MALFORMED_PACKET). */
export function malformed(why: string): VtrewindError {
  return new VtrewindError({ code: 'VTR0803', mysql: ER.MALFORMED_PACKET, message: `Malformed communication packet: ${why}`, grpc: 'INVALID_ARGUMENT' });
}
