import { type ByteRule, characterLength, isIntroducer, PLAIN } from './charsets.ts';
import { decodeBytes } from './decodeBytes.ts';
import * as K from './keywordIds.generated.ts';
import { findKeyword, functionWords, hashStep, MAX_KEYWORD_LENGTH } from './keywords.ts';
import type { SqlSettings } from './settings.ts';
import * as T from './tokens.ts';

const WORD = 1;
const DIGIT = 2;
const SPACE = 4;
const HEX = 8;
const BINARY = 16;
const HOST = 32;
/** Bits by character code below 256; above all codes are word characters. */
const classes = new Uint8Array(256);
for (let code = 0; code < 256; code++) {
  const char = String.fromCharCode(code);
  let bits = 0;
  if (/[0-9A-Za-z_$]/.test(char) || code >= 0x80) bits |= WORD | HOST;
  if (/[0-9]/.test(char)) bits |= DIGIT;
  if (code === 0x20 || (code >= 9 && code <= 13)) bits |= SPACE;
  if (/[0-9A-Fa-f]/.test(char)) bits |= HEX;
  if (/[01]/.test(char)) bits |= BINARY;
  if (char === '.') bits |= HOST;
  classes[code] = bits;
}

const SINGLE = 39;
const DOUBLE = 34;
const BACKQUOTE = 96;
const BACKSLASH = 92;
const NEWLINE = 10;

/**
 * Reads tokens one after another from a string or from bytes, in place: after {@link next} the token is `kind` at `start`..`end`. It never
 * throws; text that is no token comes as `INVALID` and ends the stream. Offsets count UTF-16 units in a string and bytes in bytes.
 *
 * The rules are those of MySQL's own lexer: any word is a name after a dot or before `.name`, `1a` is a word, versioned comments up to the
 * server's version are read as text, hints stand only behind their verbs.
 */
export class Lexer {
  kind: number = T.EOF;
  start = 0;
  end = 0;
  /** Set by the string tokens: whether there are escapes or doubled quotes within. */
  escaped = false;
  /** When not null, start and end of each comment passed over are pushed here (hints and versioned comments that are read are none). */
  comments: number[] | null = null;

  private text = '';
  private bytes: Buffer | null = null;
  private limit = 0;
  private inVersioned = false;
  private settings: SqlSettings;
  private rule: ByteRule = PLAIN;

  constructor(settings: SqlSettings) {
    this.settings = settings;
  }

  /** Begins at `from` (default 0) and reads up to `to` (default: the end). Bytes are read in the settings' character set. */
  reset(source: string | Uint8Array, settings: SqlSettings, from = 0, to: number = source.length): void {
    this.settings = settings;
    if (typeof source === 'string') {
      this.text = source;
      this.bytes = null;
      this.rule = PLAIN;
    } else {
      this.text = '';
      this.bytes = Buffer.isBuffer(source) ? source : Buffer.from(source.buffer, source.byteOffset, source.byteLength);
      this.rule = settings.charset.rule;
    }
    this.limit = to;
    this.kind = T.EOF;
    this.start = from;
    this.end = from;
    this.inVersioned = false;
    this.escaped = false;
  }

  /** Lets go of the source, so that an idle lexer keeps no statement alive. */
  release(): void {
    this.text = '';
    this.bytes = null;
    this.comments = null;
  }

  /** Character or byte at `i`; -1 past the end. */
  at(i: number): number {
    if (i >= this.limit) return -1;
    return this.bytes === null ? this.text.charCodeAt(i) : (this.bytes[i] as number);
  }

  /** Reads the next token and answers its kind. */
  next(): number {
    const previous = this.kind;
    const previousEnd = this.end;
    if (previous === T.INVALID) return T.INVALID;
    let p = previousEnd;
    for (;;) {
      const c = this.at(p);
      if (c === 32 || (c >= 9 && c <= 13)) {
        p++;
        continue;
      }
      if (c === 35 /* # */) {
        p = this.lineComment(p, p + 1);
        continue;
      }
      if (c === 45 /* - */ && this.at(p + 1) === 45) {
        const after = this.at(p + 2);
        if (after <= 32 || after === 127) {
          p = this.lineComment(p, p + 2);
          continue;
        }
      }
      if (c === 47 /* / */ && this.at(p + 1) === 42 /* * */) {
        const mark = this.at(p + 2);
        if (mark === 43 /* + */ && isHintVerb(previous)) {
          const close = this.closeOf(p + 2);
          return close < 0 ? this.invalid(p) : this.token(T.HINT, p, close);
        }
        const body = this.versionedBody(p, mark);
        if (body > 0) {
          this.inVersioned = true;
          p = body;
          continue;
        }
        const close = body < 0 ? this.nestedCloseOf(p + 2) : this.closeOf(p + 2);
        if (close < 0) return this.invalid(p);
        this.comments?.push(p, close);
        p = close;
        continue;
      }
      if (c === 42 && this.inVersioned && this.at(p + 1) === 47) {
        this.inVersioned = false;
        p += 2;
        continue;
      }
      return this.scan(c, p, previous, previousEnd);
    }
  }

  private token(kind: number, start: number, end: number): number {
    this.start = start;
    this.end = end;
    return (this.kind = kind);
  }

  private invalid(start: number): number {
    return this.token(T.INVALID, start, this.limit);
  }

  private scan(c: number, p: number, previous: number, previousEnd: number): number {
    if (c >= 48 && c <= 57) {
      if (previous === T.DOT && previousEnd === p) return this.word(p, true);
      return this.number(p);
    }
    if (c > 127 || (classes[c] as number) & WORD) {
      const quote = this.at(p + 1);
      if (quote === SINGLE) {
        switch (c) {
          case 110: case 78:
            return this.quoted(T.NATIONAL_STRING, p, p + 1, SINGLE);
          case 120: case 88:
            return this.digitsInQuotes(T.HEX_STRING, p, HEX);
          case 98: case 66:
            return this.digitsInQuotes(T.BIT_STRING, p, BINARY);
        }
      }
      return this.word(p, previous === T.DOT && previousEnd === p, previous === T.AT_AT && previousEnd === p);
    }
    switch (c) {
      case -1:
        return this.inVersioned ? this.invalid(p) : this.token(T.EOF, p, p);
      case SINGLE:
        return this.quoted(T.STRING, p, p, SINGLE);
      case DOUBLE:
        return this.quoted(this.settings.ansiQuotes ? T.QUOTED_IDENT : T.STRING, p, p, DOUBLE);
      case BACKQUOTE:
        return this.quoted(T.QUOTED_IDENT, p, p, BACKQUOTE);
      case 46: {
        const digit = this.at(p + 1);
        const afterName = previousEnd === p && (previous === T.IDENT || previous >= K.FIRST_KEYWORD);
        return digit >= 48 && digit <= 57 && !afterName ? this.number(p) : this.token(T.DOT, p, p + 1);
      }
      case 58:
        return this.colon(p, previous, previousEnd);
      case 64:
        return this.variable(p);
      case 63:
        return this.token(T.PARAM, p, p + 1);
      case BACKSLASH:
        return this.at(p + 1) === 78 /* N */ ? this.token(T.NULL_ESCAPE, p, p + 2) : this.invalid(p);
      case 0:
        return p === this.limit - 1 && !this.inVersioned ? this.token(T.EOF, p, p) : this.invalid(p);
      default:
        return this.operator(c, p);
    }
  }

  private operator(c: number, p: number): number {
    const d = this.at(p + 1);
    switch (c) {
      case T.LT:
        if (d === T.EQ) return this.at(p + 2) === T.GT ? this.token(T.NULL_SAFE_EQ, p, p + 3) : this.token(T.LE, p, p + 2);
        if (d === T.GT) return this.token(T.NE, p, p + 2);
        return d === T.LT ? this.token(T.SHL, p, p + 2) : this.token(T.LT, p, p + 1);
      case T.GT:
        if (d === T.EQ) return this.token(T.GE, p, p + 2);
        return d === T.GT ? this.token(T.SHR, p, p + 2) : this.token(T.GT, p, p + 1);
      case T.BANG:
        return d === T.EQ ? this.token(T.NE, p, p + 2) : this.token(T.BANG, p, p + 1);
      case T.AMP:
        return d === T.AMP ? this.token(T.AND_AND, p, p + 2) : this.token(T.AMP, p, p + 1);
      case T.PIPE:
        return d === T.PIPE ? this.token(T.OR_OR, p, p + 2) : this.token(T.PIPE, p, p + 1);
      case T.MINUS:
        if (d !== T.GT) return this.token(T.MINUS, p, p + 1);
        return this.at(p + 2) === T.GT ? this.token(T.ARROW_ARROW, p, p + 3) : this.token(T.ARROW, p, p + 2);
      case T.LPAREN: case T.RPAREN: case T.COMMA: case T.SEMICOLON: case T.EQ: case T.PLUS: case T.STAR: case T.SLASH: case T.PERCENT:
      case T.CARET: case T.TILDE: case T.LBRACE: case T.RBRACE:
        return this.token(c, p, p + 1);
      default:
        return this.invalid(p);
    }
  }

  private colon(p: number, previous: number, previousEnd: number): number {
    const d = this.at(p + 1);
    if (d === T.EQ) return this.token(T.ASSIGN, p, p + 2);
    // `label:LOOP` in a routine body is a label and a word, not a bind variable.
    if (previousEnd === p && (previous === T.IDENT || previous === T.QUOTED_IDENT)) return this.token(T.COLON, p, p + 1);
    const list = d === T.COLON;
    const name = list ? p + 2 : p + 1;
    let q = name;
    while (this.isWord(this.at(q))) q++;
    if (q === name) return list ? this.invalid(p) : this.token(T.COLON, p, p + 1);
    return this.token(list ? T.LIST_BIND : T.BIND, p, q);
  }

  private variable(p: number): number {
    const d = this.at(p + 1);
    if (d === T.AT) return this.token(T.AT_AT, p, p + 2);
    if (d === SINGLE || d === DOUBLE || d === BACKQUOTE) return this.quoted(T.USER_VAR, p, p + 1, d);
    let q = p + 1;
    for (;;) {
      const c = this.at(q);
      if (c <= 255 && (c < 0 || ((classes[c] as number) & HOST) === 0)) break;
      q += c >= 0x80 ? this.width(q) : 1;
    }
    return this.token(q === p + 1 ? T.AT : T.USER_VAR, p, q);
  }

  private isWord(c: number): boolean {
    return c > 255 || (c >= 0 && ((classes[c] as number) & WORD) !== 0);
  }

  /** Bytes of the character at `i` under the connection's character set. */
  private width(i: number): number {
    return this.rule === PLAIN || this.bytes === null ? 1 : characterLength(this.rule, this.bytes, i, this.limit);
  }

  private word(start: number, nameOnly: boolean, afterAtAt = false): number {
    let hash = 0;
    let ascii = true;
    let p = start;
    for (;;) {
      const c = this.at(p);
      if (c >= 0x80) {
        ascii = false;
        p += this.width(p);
      } else if (c >= 0 && (classes[c] as number) & WORD) {
        hash = hashStep(hash, c);
        p++;
      } else break;
    }
    if (nameOnly || !ascii) return this.token(T.IDENT, start, p);
    // Before `.name` any word is a name, save the scope of a system variable.
    if (!afterAtAt && this.at(p) === T.DOT && this.isWord(this.at(p + 1))) return this.token(T.IDENT, start, p);
    if (p - start <= MAX_KEYWORD_LENGTH) {
      const kind = findKeyword(this.text, this.bytes, start, p, hash);
      if (kind !== 0) {
        return this.token(functionWords[kind] === 1 && !this.parenFollows(p) ? T.IDENT : kind, start, p);
      }
    }
    if (this.at(start) === 95 /* _ */ && isIntroducer(this.slice(start + 1, p))) return this.token(T.INTRODUCER, start, p);
    return this.token(T.IDENT, start, p);
  }

  private parenFollows(p: number): boolean {
    if (this.settings.ignoreSpace) {
      while (this.isSpace(this.at(p))) p++;
    }
    return this.at(p) === T.LPAREN;
  }

  private isSpace(c: number): boolean {
    return c >= 0 && c <= 255 && ((classes[c] as number) & SPACE) !== 0;
  }

  private run(p: number, bits: number): number {
    for (;;) {
      const c = this.at(p);
      if (c < 0 || c > 255 || ((classes[c] as number) & bits) === 0) return p;
      p++;
    }
  }

  private number(start: number): number {
    if (this.at(start) === 48 /* 0 */) {
      const x = this.at(start + 1);
      if (x === 120 || x === 98) {
        const q = this.run(start + 2, x === 120 ? HEX : BINARY);
        if (q > start + 2 && !this.isWord(this.at(q))) return this.token(x === 120 ? T.HEX_NUMBER : T.BIT_NUMBER, start, q);
      }
    }
    let p = this.run(start, DIGIT);
    let kind: number = T.INTEGER;
    if (this.at(p) === T.DOT) {
      kind = T.DECIMAL_NUMBER;
      p = this.run(p + 1, DIGIT);
    }
    const e = this.at(p);
    if (e === 101 || e === 69) {
      const sign = this.at(p + 1);
      const digits = sign === T.PLUS || sign === T.MINUS ? p + 2 : p + 1;
      const q = this.run(digits, DIGIT);
      if (q > digits && (kind !== T.INTEGER || digits === p + 2 || !this.isWord(this.at(q)))) return this.token(T.FLOAT_NUMBER, start, q);
    }
    // Digits that run into letters are a name: `1a`, `0xZZ`.
    if (kind === T.INTEGER && this.isWord(e)) return this.word(start, true);
    return this.token(kind, start, p);
  }

  /** A token that ends with the same quote it begins with at `open`; `start` is where the token begins (before a prefix). */
  private quoted(kind: number, start: number, open: number, quote: number): number {
    const backslash = kind !== T.QUOTED_IDENT && quote !== BACKQUOTE && !this.settings.noBackslashEscapes;
    const plain = this.rule === PLAIN || this.bytes === null;
    let escaped = false;
    let p = open + 1;
    for (;;) {
      const c = this.at(p);
      if (c < 0) return this.invalid(start);
      if (c === quote) {
        if (this.at(p + 1) !== quote) break;
        escaped = true;
        p += 2;
      } else if (c === BACKSLASH && backslash) {
        escaped = true;
        // One byte, even of a character of several: MySQL looks no further, and neither may we.
        p += 2;
      } else p += plain || c < 0x80 ? 1 : this.width(p);
    }
    this.escaped = escaped;
    return this.token(kind, start, p + 1);
  }

  private digitsInQuotes(kind: number, start: number, bits: number): number {
    const close = this.run(start + 2, bits);
    const odd = kind === T.HEX_STRING && (close - start) % 2 !== 0;
    return this.at(close) !== SINGLE || odd ? this.invalid(start) : this.token(kind, start, close + 1);
  }

  private lineComment(start: number, p: number): number {
    for (;;) {
      const c = this.at(p);
      if (c < 0 || c === NEWLINE) break;
      p++;
    }
    this.comments?.push(start, p);
    return p;
  }

  /** Just past the next close mark at or after `p`; -1 when there is none. */
  private closeOf(p: number): number {
    for (; p + 1 < this.limit; p++) if (this.at(p) === 42 && this.at(p + 1) === 47) return p + 2;
    return -1;
  }

  /** As {@link closeOf}, passing over comments inside: a versioned comment that is not read may hold others. */
  private nestedCloseOf(p: number): number {
    let depth = 1;
    while (p + 1 < this.limit) {
      const c = this.at(p);
      const d = this.at(p + 1);
      if (c === 42 && d === 47) {
        p += 2;
        if (--depth === 0) return p;
      } else if (c === 47 && d === 42) {
        depth++;
        p += 2;
      } else p++;
    }
    return -1;
  }

  /**
   * Where the text of a comment at `p` begins when it is a versioned one that this server reads; -1 when it is versioned and not read; 0
   * when it is an ordinary comment. MariaDB passes over MySQL's 50700 to 99999. Source: both manuals, "Comments".
   */
  private versionedBody(p: number, mark: number): number {
    let q = p + 2;
    const mariadb = this.settings.dialect === 'mariadb';
    const mariadbOnly = mark === 77 /* M */ && this.at(q + 1) === T.BANG;
    if (mariadbOnly) q++;
    else if (mark !== T.BANG) return 0;
    q++;
    let digits = 0;
    let version = 0;
    while (digits < 6) {
      const c = this.at(q + digits);
      if (c < 48 || c > 57) break;
      version = version * 10 + (c - 48);
      digits++;
    }
    if (mariadbOnly && !mariadb) return -1;
    if (digits < 5) return q;
    if (mariadb && !mariadbOnly && version >= 50700 && version <= 99999) return -1;
    return version <= this.settings.version ? q + digits : -1;
  }

  /** Text of the source between two offsets, decoded from the connection's character set. */
  slice(start: number, end: number): string {
    if (this.bytes === null) return this.text.slice(start, end);
    return decodeBytes(this.bytes, start, end, this.settings.charset);
  }
}

function isHintVerb(kind: number): boolean {
  return kind === K.SELECT || kind === K.INSERT || kind === K.UPDATE || kind === K.DELETE || kind === K.REPLACE;
}
