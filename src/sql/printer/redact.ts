import type { Statement } from '../ast/statement.ts';
import { Lexer } from '../lexer/lexer.ts';
import { type SqlOptions, type SqlSettings, settingsOf } from '../lexer/settings.ts';
import * as T from '../lexer/tokens.ts';
import { printStatement } from './index.ts';

/** Longest redacted text, in characters; the rest is cut off with `…`. */
const MAX_LENGTH = 4096;

/**
 * A statement fit for logs: every string, number, hex and bit literal is `?` (lists of them one `?`), comments are gone, space is one.
 * Strings and numbers within optimizer hints go too. Names, variables and binds stay. Never throws: text that can't be read ends with `…` where it can't, since what follows may be half a literal.
 */
export function redact(sql: string | Uint8Array | Statement, options?: SqlOptions | SqlSettings): string {
  if (typeof sql === 'string' || sql instanceof Uint8Array) return redactText(sql, settingsOf(options));
  return redactText(printStatement(sql), settingsOf(undefined));
}

function redactText(source: string | Uint8Array, settings: SqlSettings): string {
  const lexer = new Lexer(settings);
  lexer.reset(source, settings);
  let out = '';
  let lastEnd = -1;
  /** What has been written since the last literal: '' or a comma, while a list of literals is being collapsed. */
  let afterLiteral: '' | ',' | undefined;
  for (;;) {
    const kind = lexer.next();
    if (kind === T.EOF) return afterLiteral === ',' ? `${out},` : out;
    if (kind === T.INVALID || out.length > MAX_LENGTH) return `${out} …`;
    if (isLiteral(kind)) {
      if (afterLiteral === undefined) out += `${lastEnd >= 0 && lexer.start > lastEnd ? ' ' : ''}?`;
      afterLiteral = '';
    } else if (kind === T.COMMA && afterLiteral === '') {
      afterLiteral = ',';
    } else if (kind === T.MINUS && afterLiteral === ',') {
      // The sign of the next literal of the list.
    } else {
      if (afterLiteral === ',') out += ',';
      const space = lastEnd >= 0 && lexer.start > lastEnd;
      const text = lexer.slice(lexer.start, lexer.end);
      out += `${space ? ' ' : ''}${kind === T.HINT ? text.replace(hintLiterals, '?') : text}`;
      afterLiteral = undefined;
    }
    lastEnd = lexer.end;
  }
}

/** Quoted strings, open ones included, and numbers; what stands in backquotes is a name. */
const hintLiterals = /'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|"(?:[^"\\]|\\[\s\S]|"")*(?:"|$)|(?<![\w$`@])\d[\w.]*/g;

function isLiteral(kind: number): boolean {
  return (kind >= T.STRING && kind <= T.FLOAT_NUMBER) || kind === T.INTRODUCER;
}
