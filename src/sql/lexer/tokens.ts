/**
 * Token kinds that are not keywords. One-character punctuation is its own ASCII code (`(` is 40, `,` is 44); keywords start at 256
 * (`keywordIds.generated.ts`). A token is a kind with a start and an end offset into the source; nothing is allocated for it.
 */
export const EOF = 0;
/** An unquoted word that is no keyword (or stands where MySQL's lexer takes any word for a name: after a dot, before `.name`). */
export const IDENT = 1;
/** `` `name` ``, or `"name"` under ANSI_QUOTES; the offsets include the quotes. */
export const QUOTED_IDENT = 2;
/** `'text'`, or `"text"` without ANSI_QUOTES; the offsets include the quotes. */
export const STRING = 3;
/** `N'text'`. */
export const NATIONAL_STRING = 4;
/** `x'4D'`. */
export const HEX_STRING = 5;
/** `0x4D`. */
export const HEX_NUMBER = 6;
/** `b'01'`. */
export const BIT_STRING = 7;
/** `0b01`. */
export const BIT_NUMBER = 8;
export const INTEGER = 9;
/** Digits with a dot: `1.5`, `.5`, `1.`. */
export const DECIMAL_NUMBER = 10;
/** With an exponent: `1e5`. */
export const FLOAT_NUMBER = 11;
/** `_utf8mb4` and the like, where the word names a character set. */
export const INTRODUCER = 12;
/** `:name`. */
export const BIND = 13;
/** `::name`, a list of values. */
export const LIST_BIND = 14;
/** `?`. */
export const PARAM = 15;
/** `@name`, `@'name'`, `` @`name` ``; also the host part of an account (`root@localhost` is IDENT, USER_VAR). */
export const USER_VAR = 16;
/** `@@`; the scope and name follow as words. */
export const AT_AT = 17;
/** An optimizer hint, comment marks included; only directly after SELECT, INSERT, REPLACE, UPDATE and DELETE, as in MySQL. */
export const HINT = 18;
/** `\N`, an old spelling of NULL. */
export const NULL_ESCAPE = 19;

export const BANG = 33;
export const PERCENT = 37;
export const AMP = 38;
export const LPAREN = 40;
export const RPAREN = 41;
export const STAR = 42;
export const PLUS = 43;
export const COMMA = 44;
export const MINUS = 45;
export const DOT = 46;
export const SLASH = 47;
export const COLON = 58;
export const SEMICOLON = 59;
export const LT = 60;
export const EQ = 61;
export const GT = 62;
export const AT = 64;
export const CARET = 94;
export const LBRACE = 123;
export const PIPE = 124;
export const RBRACE = 125;
export const TILDE = 126;

export const LE = 128;
export const GE = 129;
/** `<>` and `!=`. */
export const NE = 130;
/** `<=>`. */
export const NULL_SAFE_EQ = 131;
/** `:=`. */
export const ASSIGN = 132;
export const AND_AND = 133;
/** `||`: OR, or concatenation under PIPES_AS_CONCAT. */
export const OR_OR = 134;
export const SHL = 135;
export const SHR = 136;
/** `->`. */
export const ARROW = 137;
/** `->>`. */
export const ARROW_ARROW = 138;
/** Text that begins no token, or a string or comment that is never closed. */
export const INVALID = 255;
