import { keywordKind, reservedAnywhere } from './keywords.ts';

const plainName = /^[A-Za-z_$\u0080-\uffff][0-9A-Za-z_$\u0080-\uffff]*$/;

/** A name as it must be written: in backquotes when a server reserves the word, or it is no word. */
export function quoteName(name: string): string {
  if (plainName.test(name) && reservedAnywhere[keywordKind(name)] !== 1) return name;
  return `\`${name.replaceAll('`', '``')}\``;
}

const special = /['\\\0\n\r\x1a]/g;
const written: Readonly<Record<string, string>> = { "'": "\\'", '\\': '\\\\', '\0': '\\0', '\n': '\\n', '\r': '\\r', '\x1a': '\\Z' };

/** A string literal with its quotes, as a server reads it that takes backslash escapes, or under NO_BACKSLASH_ESCAPES. */
export function quoteString(text: string, noBackslashEscapes: boolean): string {
  if (noBackslashEscapes) return `'${text.replaceAll("'", "''")}'`;
  // `\%` and `\_` are two characters for LIKE and would become two other ones with the backslash doubled; both spellings read back the same.
  return `'${text.replace(special, (c) => written[c] ?? c)}'`;
}
