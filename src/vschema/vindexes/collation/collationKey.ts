import { VtrewindError } from '../../../base/errors.ts';

/** Refuses until the table of weights is in: a wrong id would send rows to the wrong shard. */
export function collationKey(_text: Buffer): Buffer | undefined {
  throw new VtrewindError({ code: 'VTR0218', grpc: 'UNIMPLEMENTED', message: 'the collation weights are not built yet' });
}
