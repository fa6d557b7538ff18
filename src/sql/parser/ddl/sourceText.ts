import * as T from '../../lexer/tokens.ts';
import { BlockDepth } from '../../splitStatements/blockDepth.ts';
import type { Cursor } from '../cursor.ts';

/**
 * Text that is kept as it is: the tokens as written, one space where there was any space or comment between them. It reads back as the same
 * tokens, so printing and parsing again changes nothing.
 */
export class SourceText {
  private text = '';
  private lastEnd = -1;

  /** Takes the current token and goes past it. */
  take(c: Cursor): void {
    // After a name two colons are two tokens, after a space one: text that begins with them would read back as another.
    if (this.lastEnd < 0 && c.kind === T.COLON) throw c.unexpected();
    if (this.lastEnd >= 0 && c.start > this.lastEnd) this.text += ' ';
    this.text += c.stream.text(c.at);
    c.advance();
    this.lastEnd = c.lastEnd;
  }

  toString(): string {
    return this.text;
  }
}

/** Everything up to the end of the statement; parentheses must match. May be empty. */
export function restText(c: Cursor): string {
  return textUntil(c, () => false);
}

/** Everything up to the end of the statement or, outside of parentheses, to where `stop` says. May be empty. */
export function textUntil(c: Cursor, stop: (c: Cursor) => boolean): string {
  const text = new SourceText();
  let depth = 0;
  for (;;) {
    if (c.kind === T.EOF || c.kind === T.SEMICOLON) {
      if (depth > 0) throw c.unexpected("')'");
      return text.toString();
    }
    if (depth === 0 && stop(c)) return text.toString();
    if (c.kind === T.LPAREN) depth++;
    else if (c.kind === T.RPAREN && --depth < 0) throw c.unexpected();
    text.take(c);
  }
}

/** What stands between parentheses, which are gone past. */
export function textInParens(c: Cursor): string {
  c.expect(T.LPAREN);
  const text = new SourceText();
  for (let depth = 0; ; ) {
    if (c.kind === T.EOF || c.kind === T.SEMICOLON) throw c.unexpected("')'");
    if (c.kind === T.LPAREN) depth++;
    else if (c.kind === T.RPAREN && depth-- === 0) break;
    text.take(c);
  }
  c.advance();
  return text.toString();
}

/** The body of a routine, trigger or event: one statement, or a block with semicolons of its own. */
export function bodyText(c: Cursor): string {
  if (c.kind === T.EOF || c.kind === T.SEMICOLON) throw c.unexpected('a body');
  const blocks = BlockDepth.ofBody(c.settings.dialect);
  const text = new SourceText();
  let depth = 0;
  while (!c.is(T.EOF) && !(c.is(T.SEMICOLON) && !blocks.inside())) {
    if (c.is(T.LPAREN)) depth++;
    else if (c.is(T.RPAREN) && --depth < 0) throw c.unexpected();
    blocks.take(c.kind);
    text.take(c);
  }
  if (depth > 0) throw c.unexpected("')'");
  if (blocks.inside()) throw c.unexpected('END');
  return text.toString();
}
