import { VtrewindError } from '../../base/errors.ts';

/** VTR1211: another archiver of the shard has taken over; this one stops writing. */
export function superseded(root: string, epoch: number, by: number): VtrewindError {
  return new VtrewindError({
    code: 'VTR1211', grpc: 'ABORTED', message: `epoch ${epoch} of the archive ${root} was taken over by epoch ${by}`,
    hint: 'two archivers run for one shard; the newer one goes on, this one waits or ends',
  });
}

/** VTR1212: the moment or GTID is not restorable; the message says why and what is. */
export function notRestorable(message: string, hint: string): VtrewindError {
  return new VtrewindError({ code: 'VTR1212', mysql: 1525, grpc: 'OUT_OF_RANGE', message, hint });
}

/** VTR1213: the moment lies within the commit intervals of transactions; only the neighbouring GTIDs are exact. */
export function ambiguousMoment(message: string, hint: string): VtrewindError {
  return new VtrewindError({ code: 'VTR1213', mysql: 1525, grpc: 'FAILED_PRECONDITION', message, hint });
}

/** VTR1214: the archive cannot give a replica what it asks for (MySQL 1236, as a source says it). */
export function cannotServe(message: string, hint?: string): VtrewindError {
  return new VtrewindError({ code: 'VTR1214', mysql: 1236, grpc: 'FAILED_PRECONDITION', message, ...(hint === undefined ? {} : { hint }) });
}
