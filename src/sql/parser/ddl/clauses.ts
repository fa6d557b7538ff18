import type { LockWait } from '../../ast/table.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import * as T from '../../lexer/tokens.ts';
import type { Cursor } from '../cursor.ts';
import { accountText } from '../admin/accountName.ts';

/** IF EXISTS. */
export function ifExists(c: Cursor): boolean {
  return c.accept2(K.IF, K.EXISTS);
}

/** IF NOT EXISTS. */
export function ifNotExists(c: Cursor): boolean {
  if (c.kind !== K.IF || c.peek() !== K.NOT) return false;
  c.advance();
  c.advance();
  c.expect(K.EXISTS);
  return true;
}

/** RESTRICT or CASCADE. */
export function behaviour(c: Cursor): 'restrict' | 'cascade' | undefined {
  if (c.accept(K.RESTRICT)) return 'restrict';
  return c.accept(K.CASCADE) ? 'cascade' : undefined;
}

/** MariaDB's WAIT n and NOWAIT. */
export function lockWait(c: Cursor): LockWait | undefined {
  if (c.accept(K.NOWAIT)) return 'nowait';
  if (c.kind !== K.WAIT || c.peek() !== T.INTEGER) return undefined;
  c.advance();
  return { seconds: c.integer() };
}

/** DEFINER = account; undefined when it does not stand here. */
export function definer(c: Cursor): string | undefined {
  if (c.kind !== K.DEFINER) return undefined;
  c.advance();
  c.expect(T.EQ);
  return accountText(c);
}

/** `[=]`. */
export function optionalEquals(c: Cursor): void {
  c.accept(T.EQ);
}

/** One of these words, lower case; throws otherwise. */
export function oneOf<const W extends string>(c: Cursor, words: readonly W[]): W {
  const word = c.word();
  const found = words.find((candidate) => candidate === word);
  if (found === undefined || c.kind === T.QUOTED_IDENT || c.kind === T.STRING) throw c.unexpected(words.join(' or ').toUpperCase());
  c.advance();
  return found;
}

/** Whether the current token is a kind of character set clause: CHARACTER SET, CHAR SET, CHARSET; goes past it. */
export function acceptCharset(c: Cursor): boolean {
  return c.accept2(K.CHARACTER, K.SET) || c.accept2(K.CHAR, K.SET) || c.accept(K.CHARSET);
}
