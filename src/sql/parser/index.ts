import { isAscii } from 'node:buffer';
import type { Expression } from '../ast/expression.ts';
import type { Statement } from '../ast/statement.ts';
import { type SqlOptions, type SqlSettings, settingsOf } from '../lexer/settings.ts';
import { type TokenStream, tokenize } from '../lexer/tokenStream.ts';
import { allStatements, wholeExpression, wholeStatement } from './statement.ts';

/**
 * The only statement of a text, which may be bytes in the charset of the settings. `;` may follow it.
 * Throws SqlSyntaxError: 1064 with the place, in MySQL's words; 1065 when there is none; 1153 and 1436 beyond the limits. Nothing else.
 */
export function parseStatement(sql: string | Uint8Array, options?: SqlOptions | SqlSettings): Statement {
  return wholeStatement(read(sql, options));
}

/** All statements of a text, separated by `;`. `?` are counted anew in each. Throws as {@link parseStatement} does, but for 1065: none is an empty list. */
export function parseStatements(sql: string | Uint8Array, options?: SqlOptions | SqlSettings): Statement[] {
  return allStatements(read(sql, options));
}

/** The only expression of a text. Throws as {@link parseStatement} does. */
export function parseExpression(sql: string | Uint8Array, options?: SqlOptions | SqlSettings): Expression {
  return wholeExpression(read(sql, options));
}

/** Bytes that are all ASCII are the same text with the same offsets in every charset a client may have; strings are read faster. */
function read(sql: string | Uint8Array, options: SqlOptions | SqlSettings | undefined): TokenStream {
  const settings = settingsOf(options);
  if (typeof sql === 'string' || sql.length > settings.maxLength || !isAscii(sql)) return tokenize(sql, settings);
  const bytes = Buffer.isBuffer(sql) ? sql : Buffer.from(sql.buffer, sql.byteOffset, sql.byteLength);
  return tokenize(bytes.toString('latin1'), settings);
}
