import type { StreamPart } from '../../mysql/streamedResponse.ts';
import type { BindVariables, Field, QueryResult, Row, Target } from '../../vitess/queryService.ts';

export interface LinkOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  readonly maxRows?: number | undefined;
  /** The text has no binds: colons in it are its own. */
  readonly literal?: boolean | undefined;
  /** Gets what `last_insert_id(expr)` of a SELECT set, when it did; the connection is asked for it. */
  readonly onInsertId?: ((id: bigint) => void) | undefined;
  /** Gets `found_rows()` of the statement's own connection. */
  readonly onFoundRows?: ((rows: bigint) => void) | undefined;
  /** Gets what SHOW WARNINGS said on the statement's own connection, when it had any. */
  readonly onWarnings?: ((warnings: readonly { readonly level: 'Note' | 'Warning' | 'Error'; readonly code: number; readonly message: string }[]) => void) | undefined;
}

export type OnLinkPart = (part: { readonly fields?: readonly Field[]; readonly rows: readonly Row[] }) => Promise<void> | void;
export type { StreamPart };

/**
 * A session's hold on one tablet while it must stay there (a transaction, a lock, a temporary table), or for one statement. Either a connection
 * to the tablet's mysqld or ids of the tablet's query service.
 *
 *   plain → transaction (`begin`) → plain (`commit`, `rollback`) → released
 */
export interface ShardLink {
  readonly target: Target;
  readonly alias: string;
  readonly inTransaction: boolean;
  /** Stays with the session outside transactions. */
  pinned: boolean;
  /** The tablet is gone, and with it the transaction. */
  readonly lost: boolean;
  /** Makes sure that the session's settings are in force here; throws the server's error when it does not take them. */
  checkSettings(): Promise<void>;
  begin(statements: readonly string[]): Promise<void>;
  execute(sql: string, binds: BindVariables, options: LinkOptions): Promise<QueryResult>;
  stream(sql: string, binds: BindVariables, options: LinkOptions, onPart: OnLinkPart): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  /** Stops the statement under way with error 1317, wherever it runs. */
  cancel(): Promise<void>;
  /** Gives everything back; a transaction still open is rolled back. */
  release(): void;
}
