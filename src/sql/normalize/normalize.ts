import * as K from '../lexer/keywordIds.generated.ts';
import { Lexer } from '../lexer/lexer.ts';
import { type SqlOptions, SqlSettings, settingsOf } from '../lexer/settings.ts';
import { syntaxError, tooLongError } from '../lexer/syntaxError.ts';
import * as T from '../lexer/tokens.ts';
import { statementEnd } from '../splitStatements/splitStatements.ts';
import type { LiteralBind } from './literalBind.ts';
import { LiteralScan } from './literalScan.ts';
import { renderKey } from './renderKey.ts';
import { type QuickKind, quickKind } from './statementKind.ts';

/** A statement with its literals taken out. */
export interface NormalizedQuery {
  readonly kind: QuickKind;
  /**
   * The plan-cache key, itself a statement that parses: the text with `:v1`, `::v2` for literals, comments dropped (directives and hints
   * kept), space between tokens made one, no final semicolon. Statements other than SELECT, INSERT, REPLACE, UPDATE and DELETE keep their
   * literals. The same key may mean different things under different settings (ANSI_QUOTES, versions): a cache is for one kind of
   * settings, or joins them to the key.
   */
  readonly key: string;
  /** Bind `i` is named {@link bindName}(i). */
  readonly binds: readonly LiteralBind[];
  /** Triples: start, end, bind. Where literals stand in the source, in order; equal literals may share a bind. */
  readonly spans: readonly number[];
  /** The statement's place in the source, without space and comments around it and without its semicolon. */
  readonly start: number;
  readonly end: number;
  /** Where the next statement of the text begins; -1 when this is the last. */
  readonly tail: number;
  /** `v`, or longer where the text has binds of such names itself. */
  readonly prefix: string;
}

/** The name of bind `index` (from 0): `v1`, `v2`, … */
export function bindName(query: NormalizedQuery, index: number): string {
  return query.prefix + (index + 1);
}

/** The binds by name, in the shape of Vitess bind variables. `?` have type NULL_TYPE and no value: the caller puts theirs in. */
export function bindVariables(query: NormalizedQuery): Record<string, LiteralBind> {
  const out: Record<string, LiteralBind> = {};
  for (let i = 0; i < query.binds.length; i++) out[bindName(query, i)] = query.binds[i] as LiteralBind;
  return out;
}

const none: readonly never[] = [];
// One scan at a time: normalising never waits, so its scratch state is shared.
const scan = new LiteralScan();
const words = new Lexer(new SqlSettings());

/**
 * Takes the literals out of one statement, from tokens alone. Reads the statement that begins at `from`; when more follow, `tail` says
 * where. Throws {@link SqlSyntaxError}: 1064 at text that is no token, 1153 beyond the length limit.
 */
export function normalize(source: string | Uint8Array, options?: SqlOptions | SqlSettings, from = 0): NormalizedQuery {
  const settings = settingsOf(options);
  if (source.length > settings.maxLength) throw tooLongError(source.length, settings);
  words.reset(source, settings, from);
  let first = words.next();
  let begin = from;
  while (first === T.SEMICOLON) {
    begin = words.end;
    first = words.next();
  }
  const start = words.start;
  const kind = kindOf(first);
  const literals = kind === 'select' || kind === 'update' || kind === 'delete' || kind === 'insert' || kind === 'replace';
  if (!literals || !scan.run(source, settings, begin, kind === 'insert' || kind === 'replace')) {
    words.release();
    return verbatim(source, settings, kind, start);
  }
  words.release();
  const prefix = scan.takesPrefix ? `v${'_'.repeat(scan.underscores + 1)}` : 'v';
  const query: NormalizedQuery = {
    kind, key: renderKey(source, settings, begin, scan.end, scan.edits, prefix), binds: scan.binds, spans: scan.spans(), start, end: scan.end, tail: scan.tail, prefix,
  };
  scan.release();
  return query;
}

/** Reads as many words as it takes, from the first one at `words`. */
function kindOf(first: number): QuickKind {
  if (first === K.SELECT) return 'select';
  let kind = first;
  while (kind === T.LPAREN) kind = words.next();
  if (first === T.LPAREN) return kind === K.SELECT || kind === K.WITH || kind === K.VALUES || kind === K.TABLE ? 'select' : 'other';
  if (kind !== K.WITH) return quickKind(kind, kind === T.EOF ? T.EOF : words.next());
  let depth = 0;
  for (;;) {
    kind = words.next();
    if (kind === T.LPAREN) depth++;
    else if (kind === T.RPAREN) depth--;
    else if (kind === T.EOF || kind === T.INVALID) return 'other';
    else if (depth === 0) {
      if (kind === K.SELECT || kind === K.VALUES || kind === K.TABLE) return 'select';
      if (kind === K.UPDATE) return 'update';
      if (kind === K.DELETE) return 'delete';
      if (kind === K.INSERT) return 'insert';
      if (kind === K.REPLACE) return 'replace';
    }
  }
}

function verbatim(source: string | Uint8Array, settings: SqlSettings, kind: QuickKind, start: number): NormalizedQuery {
  const { end, next, invalid } = statementEnd(source, settings, start);
  if (invalid >= 0) throw syntaxError(source, invalid, settings);
  return { kind, key: renderKey(source, settings, start, end, none, 'v'), binds: none, spans: none, start, end, tail: next, prefix: 'v' };
}
