import type { DmlStatement } from './dml.ts';
import type { ExplainStatement } from './explain.ts';
import type { Query } from './query.ts';
import type { SessionStatement } from './session.ts';
import type { Show } from './show.ts';
import type { TransactionStatement } from './transaction.ts';

/**
 * Every statement. Each family has a file beside this one and a union of its own here; a new family adds its union to this one, its
 * parser to parser/statement.ts and its printer to printer/statement.ts.
 */
export type Statement =
  | Query
  | DmlStatement
  | SessionStatement
  | TransactionStatement
  | Show
  | ExplainStatement;

export type StatementKind = Statement['kind'];
