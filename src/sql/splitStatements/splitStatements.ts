import { Lexer } from '../lexer/lexer.ts';
import { type SqlOptions, type SqlSettings, settingsOf } from '../lexer/settings.ts';
import { tooLongError } from '../lexer/syntaxError.ts';
import * as T from '../lexer/tokens.ts';
import { BlockDepth } from './blockDepth.ts';

/** A statement's place in a text: without the space, comments and semicolon around it, comments inside included. */
export interface StatementSpan {
  readonly start: number;
  readonly end: number;
}

/** Where a statement ends, where the next one begins (-1: none), and where text stands that is no token (-1: nowhere). */
export interface StatementEnd {
  readonly end: number;
  readonly next: number;
  readonly invalid: number;
}

/**
 * The statements of a text, in order; empty ones are left out. Semicolons in strings, comments and the bodies of routines, triggers, events
 * and MariaDB's BEGIN NOT ATOMIC do not separate. Text that is no token belongs, with all behind it, to the statement it stands in: its
 * error shows when that statement is parsed. Throws 1153 beyond the length limit.
 */
export function splitStatements(source: string | Uint8Array, options?: SqlOptions | SqlSettings): StatementSpan[] {
  const settings = settingsOf(options);
  if (source.length > settings.maxLength) throw tooLongError(source.length, settings);
  const out: StatementSpan[] = [];
  const lexer = new Lexer(settings);
  lexer.reset(source, settings);
  let kind = lexer.next();
  while (kind !== T.EOF) {
    if (kind === T.SEMICOLON) {
      kind = lexer.next();
      continue;
    }
    const start = lexer.start;
    const end = readStatement(lexer, settings);
    out.push({ start, end });
    if ((lexer.kind as number) === T.INVALID) break;
    kind = lexer.kind;
  }
  return out;
}

/** Reads the statement that begins at `from`. */
export function statementEnd(source: string | Uint8Array, settings: SqlSettings, from: number): StatementEnd {
  const lexer = new Lexer(settings);
  lexer.reset(source, settings, from);
  const first = lexer.next();
  if (first === T.EOF) return { end: lexer.start, next: -1, invalid: -1 };
  const end = readStatement(lexer, settings);
  if (lexer.kind === T.INVALID) return { end, next: -1, invalid: lexer.start };
  let kind = lexer.kind;
  while (kind === T.SEMICOLON) kind = lexer.next();
  return { end, next: kind === T.EOF ? -1 : lexer.start, invalid: -1 };
}

/** From the statement's first token, which is read already, to its `;` or the end, where the lexer is left. Answers the end of the last token. */
function readStatement(lexer: Lexer, settings: SqlSettings): number {
  const blocks = new BlockDepth(settings.dialect);
  let end = lexer.end;
  let kind = lexer.kind;
  for (;;) {
    if (kind === T.INVALID) return lexer.end;
    if (kind === T.EOF || (kind === T.SEMICOLON && !blocks.inside())) return end;
    blocks.take(kind);
    end = lexer.end;
    kind = lexer.next();
  }
}

