import type { DmlStatement } from './dml.ts';
import type { ExplainStatement } from './explain.ts';
import type { FamilyStatement } from './family.ts';
import type { Query } from './query.ts';
import type { SessionStatement } from './session.ts';
import type { Show } from './show.ts';
import type { TransactionStatement } from './transaction.ts';

/**
 * Every statement. Each family has a file beside this one and a union of its own here; a new family adds its union to this one (or to family.ts,
 * which joins those of definition and administration), its parser to parser/statement.ts and its printer to printer/index.ts.
 */
export type Statement =
  | Query
  | DmlStatement
  | SessionStatement
  | TransactionStatement
  | Show
  | ExplainStatement
  | FamilyStatement;

export type StatementKind = Statement['kind'];
