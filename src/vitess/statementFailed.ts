import { VtrewindError } from '../base/errors.ts';

/**
 * A statement failed after its call had begun a transaction or reserved a connection: both are still there, and whoever gets this error
 * must end them. Everything else is the statement's own error.
 */
export class StatementFailedInTransaction extends VtrewindError {
  readonly transactionId: bigint;
  readonly reservedId: bigint;
  readonly tabletAlias: string | undefined;

  constructor(error: VtrewindError, state: { readonly transactionId?: bigint; readonly reservedId?: bigint; readonly tabletAlias?: string | undefined }) {
    super({ code: error.code, mysql: error.mysql, sqlState: error.sqlState, message: error.message, hint: error.hint, cause: error, grpc: error.grpc });
    this.name = 'StatementFailedInTransaction';
    this.transactionId = state.transactionId ?? 0n;
    this.reservedId = state.reservedId ?? 0n;
    this.tabletAlias = state.tabletAlias;
  }
}
