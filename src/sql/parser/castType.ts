import type { CastType } from '../ast/expression.ts';
import * as K from '../lexer/keywordIds.generated.ts';
import { quoteString } from '../lexer/quote.ts';
import * as T from '../lexer/tokens.ts';
import type { Cursor } from './cursor.ts';

/**
 * The type in CAST, CONVERT, RETURNING and the columns of JSON_TABLE: `char(10) character set utf8mb4`, `signed integer`, `bigint unsigned`.
 * Any word is taken as a type's name (servers differ and add some); which types a cast may have is the server's affair.
 */
export function castType(c: Cursor): CastType {
  const start = c.start;
  let name = typeName(c);
  let length: string | undefined;
  if (c.accept(T.LPAREN)) {
    length = c.is(T.STRING) ? c.list(member).join(',') : c.integer();
    if (c.accept(T.COMMA)) length += `,${c.integer()}`;
    c.expect(T.RPAREN);
  }
  if (name === 'signed' || name === 'unsigned') {
    if (!c.accept(K.INTEGER)) c.accept(K.INT);
  } else {
    while (c.kind === K.UNSIGNED || c.kind === K.SIGNED || c.kind === K.ZEROFILL) {
      if (c.kind !== K.SIGNED) name += ` ${c.word()}`;
      c.advance();
    }
  }
  let charset: string | undefined;
  if (c.accept2(K.CHARACTER, K.SET) || c.accept2(K.CHAR, K.SET) || c.accept(K.CHARSET)) charset = charsetName(c);
  else if (c.accept(K.ASCII)) charset = 'latin1';
  else if (c.accept(K.UNICODE)) charset = 'ucs2';
  else if (c.accept(K.BYTE)) charset = 'binary';
  const binary = c.accept(K.BINARY) ? true : undefined;
  const collate = c.accept(K.COLLATE) ? charsetName(c) : undefined;
  return { kind: 'castType', name, length, charset, binary, collate, start, end: c.lastEnd };
}

/** A member of `enum('a', 'b')`, as a literal. */
function member(c: Cursor): string {
  return quoteString(c.string(), c.settings.noBackslashEscapes);
}

/** The name of a character set or collation: a word, a string, or BINARY. Lower case. */
export function charsetName(c: Cursor): string {
  if (c.accept(K.BINARY)) return 'binary';
  return c.nameOrString('a character set').toLowerCase();
}

const sameAs: Readonly<Record<string, string>> = { character: 'char', dec: 'decimal', numeric: 'decimal', integer: 'int', bool: 'tinyint', boolean: 'tinyint' };

function typeName(c: Cursor): string {
  if (c.kind < 256 && c.kind !== T.IDENT) throw c.unexpected('a type');
  let word = c.word();
  c.advance();
  if (word === 'national') {
    word = 'nchar';
    if (!c.accept(K.CHAR) && !c.accept(K.CHARACTER)) throw c.unexpected('CHAR');
  }
  if (word === 'double') c.accept(K.PRECISION);
  if ((word === 'char' || word === 'character') && c.accept(K.VARYING)) return 'varchar';
  return Object.hasOwn(sameAs, word) ? (sameAs[word] as string) : word;
}
