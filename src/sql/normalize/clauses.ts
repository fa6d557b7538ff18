import * as K from '../lexer/keywordIds.generated.ts';
import { KIND_COUNT } from '../lexer/keywords.ts';
import * as T from '../lexer/tokens.ts';

/** What a keyword means to the scan for literals. */
export const NOTHING = 0;
/** Begins a select list. */
export const SELECT_WORD = 1;
/** Ends a select list, an ORDER BY or a GROUP BY; literals behind it are bound. */
export const CLAUSE_WORD = 2;
/** GROUP BY, ORDER BY, PARTITION BY: a literal that is a whole item is a position and stays. */
export const BY_WORD = 3;
/** The literal right behind stays: separators, aliases, collations, waits. */
export const KEEP_NEXT = 4;
/** A window frame: its bounds stay. */
export const FRAME_WORD = 5;
/** INTO OUTFILE, DUMPFILE: nothing behind it is bound. */
export const KEEP_REST = 6;
/** A word that may stand between SELECT and its first item. */
export const SELECT_OPTION = 7;

const actions = new Uint8Array(KIND_COUNT);
const set = (action: number, kinds: readonly number[]) => {
  for (const kind of kinds) actions[kind] = action;
};
set(SELECT_WORD, [K.SELECT]);
set(CLAUSE_WORD, [K.FROM, K.WHERE, K.HAVING, K.LIMIT, K.UNION, K.EXCEPT, K.INTERSECT, K.INTO, K.FOR, K.ON, K.SET, K.ORDER, K.GROUP, K.PROCEDURE, K.LOCK]);
set(BY_WORD, [K.BY]);
set(KEEP_NEXT, [K.SEPARATOR, K.ESCAPE, K.COLLATE, K.AS, K.NEXT, K.WAIT, K.DATE, K.TIME, K.TIMESTAMP]);
set(FRAME_WORD, [K.ROWS, K.RANGE, K.GROUPS]);
set(KEEP_REST, [K.OUTFILE, K.DUMPFILE]);
set(SELECT_OPTION, [
  K.ALL, K.DISTINCT, K.DISTINCTROW, K.HIGH_PRIORITY, K.STRAIGHT_JOIN, K.SQL_SMALL_RESULT, K.SQL_BIG_RESULT, K.SQL_BUFFER_RESULT, K.SQL_CACHE,
  K.SQL_NO_CACHE, K.SQL_CALC_FOUND_ROWS,
]);

/** One of the constants above, by token kind. */
export const clauseActions: Uint8Array = actions;

// ---- what an opening parenthesis begins --------------------------------------------------------------------------------------------

const PLAIN_PAREN = 0;
const KEEP_PAREN = 1;
const TYPE_PAREN = 2;
const parens = new Uint8Array(KIND_COUNT);
// JSON paths must be literals, and fractional-second precisions are part of the function's name.
for (const kind of [
  K.JSON_TABLE, K.JSON_VALUE, K.NOW, K.CURRENT_TIMESTAMP, K.LOCALTIME, K.LOCALTIMESTAMP, K.CURRENT_TIME, K.CURTIME, K.SYSDATE, K.UTC_TIME,
  K.UTC_TIMESTAMP, K.PARTITION, K.INDEX, K.KEY, K.TABLESAMPLE, K.SYSTEM,
]) parens[kind] = KEEP_PAREN;
for (const kind of [
  K.CHAR, K.CHARACTER, K.NCHAR, K.BINARY, K.VARBINARY, K.VARCHAR, K.DECIMAL, K.DEC, K.NUMERIC, K.DATETIME, K.TIME, K.TIMESTAMP, K.FLOAT, K.DOUBLE, K.YEAR,
  K.INT, K.INTEGER, K.BIGINT, K.SIGNED, K.UNSIGNED, K.VECTOR, K.BIT,
]) parens[kind] = TYPE_PAREN;

/**
 * Whether all literals in the parenthesis behind `before` stay. `beforeThat` is the token before it: a type stands behind AS and RETURNING
 * and, directly in CONVERT( … ), behind the comma.
 */
export function keepsLiterals(before: number, beforeThat: number, inConvert: boolean): boolean {
  // `as decimal(`, `as` and any word: a type.
  if (beforeThat === K.AS) return before === T.IDENT || before >= K.FIRST_KEYWORD;
  // In CONVERT( … , any word is a type too, known or not.
  if (before < K.FIRST_KEYWORD) return inConvert && beforeThat === T.COMMA && before === T.IDENT;
  const paren = parens[before];
  if (paren === PLAIN_PAREN) return false;
  return paren === KEEP_PAREN || beforeThat === K.RETURNING || (inConvert && beforeThat === T.COMMA);
}

// ---- operands and operators --------------------------------------------------------------------------------------------------------

/** Behind these a minus is a sign, without doubt. */
const signs = new Uint8Array(KIND_COUNT);
for (const kind of [
  T.EQ, T.LPAREN, T.COMMA, T.LT, T.GT, T.LE, T.GE, T.NE, T.NULL_SAFE_EQ, T.PLUS, T.MINUS, T.SLASH, T.AND_AND, T.OR_OR, T.ASSIGN,
  K.AND, K.OR, K.XOR, K.BETWEEN, K.WHERE, K.SELECT, K.THEN, K.ELSE, K.WHEN, K.ON, K.HAVING, K.LIKE, K.NOT, K.DIV,
]) signs[kind] = 1;
export const signMayFollow: Uint8Array = signs;

/** Words that end an operand though they are keywords. */
const ends = new Uint8Array(KIND_COUNT);
for (const kind of [
  T.IDENT, T.QUOTED_IDENT, T.STRING, T.NATIONAL_STRING, T.HEX_STRING, T.HEX_NUMBER, T.BIT_STRING, T.BIT_NUMBER, T.INTEGER, T.DECIMAL_NUMBER, T.FLOAT_NUMBER,
  T.BIND, T.PARAM, T.USER_VAR, T.NULL_ESCAPE, T.RPAREN, K.END, K.NULL, K.TRUE, K.FALSE,
  K.DEFAULT, K.MAXVALUE, K.UNKNOWN, K.CURRENT_DATE, K.CURRENT_TIME, K.CURRENT_TIMESTAMP, K.CURRENT_USER, K.LOCALTIME, K.LOCALTIMESTAMP, K.UTC_DATE, K.UTC_TIME, K.UTC_TIMESTAMP,
  K.DAY_HOUR, K.DAY_MICROSECOND, K.DAY_MINUTE, K.DAY_SECOND, K.HOUR_MICROSECOND, K.HOUR_MINUTE, K.HOUR_SECOND, K.MINUTE_MICROSECOND, K.MINUTE_SECOND, K.SECOND_MICROSECOND,
  K.YEAR_MONTH,
]) ends[kind] = 1;
/** By token kind: 1 where the token surely ends an operand. */
export const endsOperand: Uint8Array = ends;
