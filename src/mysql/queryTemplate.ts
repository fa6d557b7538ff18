import { VtrewindError } from '../base/errors.ts';
import type { BindVariables } from '../vitess/queryService.ts';
import { bindLiteral, type LiteralOptions } from './sqlLiteral.ts';

/** A statement cut at its bind variables: text, name, text, name, …, text. */
export class QueryTemplate {
  /** One more than names. */
  readonly texts: readonly Buffer[];
  readonly names: readonly string[];

  constructor(texts: readonly Buffer[], names: readonly string[]) {
    this.texts = texts;
    this.names = names;
  }

  /** The statement with literals in place of its binds. Throws VTR0830 when one is missing. */
  render(binds: BindVariables, options: LiteralOptions = {}): Buffer {
    if (this.names.length === 0) return this.texts[0] as Buffer;
    const parts: Buffer[] = [this.texts[0] as Buffer];
    for (let i = 0; i < this.names.length; i++) {
      const name = this.names[i] as string;
      const bind = Object.hasOwn(binds, name) ? binds[name] : undefined;
      if (bind === undefined) throw new VtrewindError({ code: 'VTR0830', message: `missing bind variable ${name}`, grpc: 'INVALID_ARGUMENT' });
      parts.push(bindLiteral(bind, options), this.texts[i + 1] as Buffer);
    }
    return Buffer.concat(parts);
  }
}

const isNameByte = (byte: number | undefined): boolean =>
  byte !== undefined && ((byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x5f || byte === 0x2e || byte === 0x40);
const isNameStart = (byte: number | undefined): boolean => isNameByte(byte) && !(byte !== undefined && byte >= 0x30 && byte <= 0x39) && byte !== 0x2e;

/**
 * Cuts a statement at `:name` and `::name` outside quotes and comments. For text that vtrewind or Vitess printed, in the default sql_mode or with
 * NO_BACKSLASH_ESCAPES. `encode` writes the text between in the connection's character set.
 */
export function queryTemplate(sql: string | Buffer, noBackslashEscapes = false, encode: (text: Buffer) => Buffer = unchanged): QueryTemplate {
  const source = typeof sql === 'string' ? Buffer.from(sql) : sql;
  const texts: Buffer[] = [];
  const names: string[] = [];
  let from = 0;
  let at = 0;
  while (at < source.length) {
    const byte = source[at] as number;
    if (byte === 0x27 || byte === 0x22 || byte === 0x60) {
      at = skipQuoted(source, at, noBackslashEscapes);
    } else if (byte === 0x2f && source[at + 1] === 0x2a) {
      const end = source.indexOf('*/', at + 2);
      at = end < 0 ? source.length : end + 2;
    } else if (byte === 0x3a && (isNameStart(source[at + 1]) || (source[at + 1] === 0x3a && isNameStart(source[at + 2])))) {
      const start = source[at + 1] === 0x3a ? at + 2 : at + 1;
      let end = start;
      while (isNameByte(source[end])) end++;
      texts.push(source.subarray(from, at));
      names.push(source.toString('utf8', start, end));
      from = end;
      at = end;
    } else {
      at++;
    }
  }
  texts.push(source.subarray(from));
  return new QueryTemplate(encode === unchanged ? texts : texts.map(encode), names);
}

const unchanged = (text: Buffer): Buffer => text;

function skipQuoted(source: Buffer, from: number, noBackslashEscapes: boolean): number {
  const quote = source[from];
  for (let at = from + 1; at < source.length; at++) {
    const byte = source[at];
    if (byte === 0x5c && quote !== 0x60 && !noBackslashEscapes) at++;
    else if (byte === quote) {
      if (source[at + 1] !== quote) return at + 1;
      at++;
    }
  }
  return source.length;
}
