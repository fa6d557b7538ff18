import type { Statement } from '../ast/statement.ts';
import type { Cursor } from './cursor.ts';

/**
 * Reads one statement of a family, with the cursor on its first word. Answers undefined, with the cursor where it was, when the words that
 * follow belong to another family with the same first word.
 */
export type StatementRule = (c: Cursor) => Statement | undefined;

/** By token kind of the first word. A new family adds its table to the list in statement.ts. */
export type StatementFamily = Readonly<Record<number, StatementRule>>;
