import { characterLength, PLAIN } from './charsets.ts';
import { keywordText } from './keywords.ts';
import { Lexer } from './lexer.ts';
import { unescapeBytes, unescapeText } from './literals.ts';
import type { SqlSettings } from './settings.ts';
import { syntaxError, tooLongError, type SqlSyntaxError } from './syntaxError.ts';
import * as T from './tokens.ts';

/**
 * All tokens of a text, for a parser that looks ahead and back: `kinds[i]` at `starts[i]`..`ends[i]`. The last one is EOF; there is always
 * one. Comments are kept apart as pairs of offsets in `comments`.
 */
export class TokenStream {
  readonly source: string | Uint8Array;
  readonly settings: SqlSettings;
  readonly kinds: readonly number[];
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** Start and end of each comment, in order. */
  readonly comments: readonly number[];

  constructor(source: string | Uint8Array, settings: SqlSettings, kinds: number[], starts: number[], ends: number[], comments: number[]) {
    this.source = source;
    this.settings = settings;
    this.kinds = kinds;
    this.starts = starts;
    this.ends = ends;
    this.comments = comments;
  }

  /** Source text between two offsets. */
  slice(start: number, end: number): string {
    if (typeof this.source === 'string') return this.source.slice(start, end);
    const lexer = new Lexer(this.settings);
    lexer.reset(this.source, this.settings);
    return lexer.slice(start, end);
  }

  /** Source text of token `i`, as written. */
  text(i: number): string {
    return this.slice(this.starts[i] as number, this.ends[i] as number);
  }

  /** What token `i` names: words as written, quoted names and strings without quotes and escapes, binds and user variables without their mark. */
  value(i: number): string {
    const kind = this.kinds[i] as number;
    const text = this.text(i);
    switch (kind) {
      case T.QUOTED_IDENT:
        return unescapeText(text.slice(1, -1), text[0] as string, false);
      case T.STRING:
        return unescapeText(text.slice(1, -1), text[0] as string, !this.settings.noBackslashEscapes);
      case T.NATIONAL_STRING:
        return unescapeText(text.slice(2, -1), "'", !this.settings.noBackslashEscapes);
      case T.HEX_STRING:
      case T.BIT_STRING:
        return text.slice(2, -1);
      case T.HEX_NUMBER:
      case T.BIT_NUMBER:
      case T.LIST_BIND:
        return text.slice(2);
      case T.BIND:
      case T.INTRODUCER:
        return text.slice(1);
      case T.USER_VAR: {
        const quote = text[1] as string;
        if (quote === '`') return unescapeText(text.slice(2, -1), quote, false);
        return quote === "'" || quote === '"' ? unescapeText(text.slice(2, -1), quote, !this.settings.noBackslashEscapes) : text.slice(1);
      }
      default:
        return text;
    }
  }

  /**
   * The exact bytes of string token `i`, quotes and escapes undone. Use it where {@link value} may lose (ill-formed or binary text in a
   * byte source); of a string source it is the UTF-8 form.
   */
  bytes(i: number): Buffer {
    if (typeof this.source === 'string') return Buffer.from(this.value(i), 'utf8');
    const source = Buffer.isBuffer(this.source) ? this.source : Buffer.from(this.source.buffer, this.source.byteOffset, this.source.byteLength);
    const open = (this.starts[i] as number) + (this.kinds[i] === T.NATIONAL_STRING ? 1 : 0);
    const body = source.subarray(open + 1, (this.ends[i] as number) - 1);
    const rule = this.settings.charset.rule;
    const width = rule === PLAIN ? null : (at: number) => characterLength(rule, body, at, body.length);
    return unescapeBytes(body, source[open] as number, !this.settings.noBackslashEscapes, width);
  }

  /** Whether token `i` can be a name: a word not reserved in the dialect, or a quoted name. */
  isName(i: number): boolean {
    const kind = this.kinds[i] as number;
    if (kind === T.IDENT || kind === T.QUOTED_IDENT) return true;
    return kind >= 256 && this.settings.reserved[kind] === 0;
  }

  /** Upper-case spelling of a keyword token; undefined for other tokens. */
  keyword(i: number): string | undefined {
    return keywordText(this.kinds[i] as number);
  }

  /** MySQL's 1064 at token `i`. */
  errorAt(i: number, why?: string): SqlSyntaxError {
    return syntaxError(this.source, this.starts[i] ?? this.source.length, this.settings, why);
  }
}

/** Reads all tokens. Throws {@link SqlSyntaxError} 1153 when longer than the limit, 1064 at text that is no token. */
export function tokenize(source: string | Uint8Array, settings: SqlSettings, from = 0, to: number = source.length): TokenStream {
  if (to - from > settings.maxLength) throw tooLongError(to - from, settings);
  const lexer = new Lexer(settings);
  lexer.reset(source, settings, from, to);
  const comments: number[] = [];
  lexer.comments = comments;
  const kinds: number[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  for (;;) {
    const kind = lexer.next();
    if (kind === T.INVALID) throw syntaxError(source, lexer.start, settings);
    kinds.push(kind);
    starts.push(lexer.start);
    ends.push(lexer.end);
    if (kind === T.EOF) return new TokenStream(source, settings, kinds, starts, ends, comments);
  }
}
