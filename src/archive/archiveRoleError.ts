import { VtrewindError } from '../base/errors.ts';

/** VTR1221: the source's settings make an archive of it impossible. */
export function sourceUnsuitable(message: string, hint: string): VtrewindError {
  return new VtrewindError({ code: 'VTR1221', grpc: 'FAILED_PRECONDITION', message, hint });
}

/** VTR1222: the source sent what it must not. The connection is given up and the archive goes on from its last stored transaction. */
export function sourceMisbehaves(message: string, hint = 'the archiver reconnects; if it goes on, look at the source with SHOW BINLOG EVENTS'): VtrewindError {
  return new VtrewindError({ code: 'VTR1222', grpc: 'DATA_LOSS', message, hint });
}

/** VTR1223: nothing came from the source, not even a heartbeat. */
export function sourceSilent(ms: number): VtrewindError {
  return new VtrewindError({ code: 'VTR1223', grpc: 'UNAVAILABLE', message: `the source has sent nothing for ${ms} ms, not even a heartbeat`, hint: 'check the network and the source; the archiver reconnects' });
}
