import type { ColumnRef, Expression } from '../ast/expression.ts';
import type { Comment, TableName } from '../ast/node.ts';
import type { Limit, OrderItem, Query } from '../ast/query.ts';
import type { Statement } from '../ast/statement.ts';
import { keywordText } from '../lexer/keywords.ts';
import { type SqlSyntaxError, tooDeepError } from '../lexer/syntaxError.ts';
import * as T from '../lexer/tokens.ts';
import type { TokenStream } from '../lexer/tokenStream.ts';
import type { SqlSettings } from '../lexer/settings.ts';

/** What the families of the grammar need of one another; handed over by the front door, so that no family imports another in a circle. */
export interface Grammar {
  readonly statement: (c: Cursor) => Statement;
  /** A query with all that may follow it; parentheses around it allowed. */
  readonly query: (c: Cursor) => Query;
  /** Goes on with a query whose parenthesised beginning has been read: set operations, ORDER BY, LIMIT, locks. */
  readonly queryAfter: (c: Cursor, start: number, first: Query) => Query;
  readonly expression: (c: Cursor) => Expression;
  /** An operand of IN, LIKE, BETWEEN and comparisons: nothing looser than `|`. MySQL's grammar calls it bit_expr. */
  readonly bits: (c: Cursor) => Expression;
  /** Goes on with an expression whose beginning (at `start`) has been read. */
  readonly expressionAfter: (c: Cursor, first: Expression, start: number) => Expression;
  /** An argument of a function: an expression or a bare interval. */
  readonly argument: (c: Cursor) => Expression;
  /** A column name, possibly qualified. */
  readonly column: (c: Cursor) => ColumnRef;
  readonly orderList: (c: Cursor) => OrderItem[];
  readonly limit: (c: Cursor) => Limit | undefined;
}

const EMPTY: readonly never[] = [];

/**
 * A place in a token stream, with the few moves that every rule of the grammar is made of. Rules are functions that take a cursor, read what
 * they stand for and leave the cursor behind it; they throw {@link SqlSyntaxError} at the token that does not fit.
 */
export class Cursor {
  readonly stream: TokenStream;
  readonly settings: SqlSettings;
  readonly grammar: Grammar;
  readonly reserved: Uint8Array;
  /** Index of the current token. */
  at = 0;
  /** Kind of the current token. */
  kind: number;
  /** Source offset behind the last token read. */
  lastEnd = 0;
  /** How many `?` have been read. */
  positionalBinds = 0;
  /** Joins that stood in parentheses, which a condition-less join before them must not take apart. */
  private closedJoins: Set<object> | undefined;
  /** Where the comments begin that {@link commentsAfterVerb} gave out. */
  takenComments: Set<number> | undefined;
  private depth = 0;
  private readonly kinds: readonly number[];
  private readonly starts: readonly number[];
  private readonly ends: readonly number[];

  constructor(stream: TokenStream, grammar: Grammar) {
    this.stream = stream;
    this.settings = stream.settings;
    this.grammar = grammar;
    this.reserved = stream.settings.reserved;
    this.kinds = stream.kinds;
    this.starts = stream.starts;
    this.ends = stream.ends;
    this.kind = this.kinds[0] as number;
  }

  /** Source offset of the current token. */
  get start(): number {
    return this.starts[this.at] as number;
  }

  /** Kind of the token `n` behind the current one; EOF beyond the end. */
  peek(n = 1): number {
    return this.kinds[this.at + n] ?? T.EOF;
  }

  /** Goes to the next token. */
  advance(): void {
    this.lastEnd = this.ends[this.at] as number;
    // The end stays the end: a rule that reads too far finds it again.
    if (this.kind !== T.EOF) this.kind = this.kinds[++this.at] as number;
  }

  /** Goes back to a token seen before (`at` and `lastEnd` as they were then). */
  backTo(at: number, lastEnd: number): void {
    this.at = at;
    this.lastEnd = lastEnd;
    this.kind = this.kinds[at] as number;
  }

  /** Whether the current token is of this kind (where the compiler believes to know `kind` from before). */
  is(kind: number): boolean {
    return this.kind === kind;
  }

  /** Goes past the current token if it is of this kind. */
  accept(kind: number): boolean {
    if (this.kind !== kind) return false;
    this.advance();
    return true;
  }

  /** Goes past two tokens if they are these. */
  accept2(first: number, second: number): boolean {
    if (this.kind !== first || this.peek() !== second) return false;
    this.advance();
    this.advance();
    return true;
  }

  expect(kind: number): void {
    if (this.kind !== kind) throw this.unexpected(kindName(kind));
    this.advance();
  }

  /** The error for the current token; `wanted` goes into its hint. */
  unexpected(wanted?: string): SqlSyntaxError {
    return this.stream.errorAt(this.at, wanted === undefined ? undefined : `expected ${wanted}`);
  }

  /** Throws 1436 when rules are nested deeper than the limit. Pair with {@link leave}; after a throw the cursor is of no use anyway. */
  enter(): void {
    if (++this.depth > this.settings.maxDepth) throw tooDeepError(this.stream.source, this.start, this.settings);
  }

  leave(): void {
    this.depth--;
  }

  /** Throws 1436 when a chain is longer than rules may nest. */
  checkNesting(length: number): void {
    if (length > this.settings.maxDepth) throw tooDeepError(this.stream.source, this.start, this.settings);
  }

  /** Throws 1436 when a chain of operators (`a or b or …`) makes the tree deeper than trees may be: {@link CHAIN_FACTOR} times the limit. */
  checkChain(length: number): void {
    if (length > this.settings.maxDepth * CHAIN_FACTOR) throw tooDeepError(this.stream.source, this.start, this.settings);
  }

  closeJoin(join: object): void {
    this.closedJoins ??= new Set();
    this.closedJoins.add(join);
  }

  isClosedJoin(join: object): boolean {
    return this.closedJoins?.has(join) === true;
  }

  // ---- names and words ----------------------------------------------------------------------------------------------------------

  /** Whether the current token can be a name. */
  isName(): boolean {
    return this.isNameKind(this.kind);
  }

  isNameKind(kind: number): boolean {
    return kind === T.IDENT || kind === T.QUOTED_IDENT || (kind >= 256 && this.reserved[kind] === 0);
  }

  /** A name: a word that is not reserved, or a quoted one; without its quotes. */
  name(what = 'a name'): string {
    if (!this.isNameKind(this.kind)) throw this.unexpected(what);
    const value = this.kind === T.QUOTED_IDENT ? this.stream.value(this.at) : this.stream.text(this.at);
    this.advance();
    return value;
  }

  /** A name or a string, as MySQL takes it for aliases, character sets and the like. */
  nameOrString(what = 'a name'): string {
    if (this.kind !== T.STRING) return this.name(what);
    const value = this.stream.value(this.at);
    this.advance();
    return value;
  }

  /** A string literal's text, decoded. */
  string(what = 'a string'): string {
    if (this.kind !== T.STRING) throw this.unexpected(what);
    const value = this.stream.value(this.at);
    this.advance();
    return value;
  }

  /** A whole number as written. */
  integer(what = 'a whole number'): string {
    if (this.kind !== T.INTEGER) throw this.unexpected(what);
    const value = this.stream.text(this.at);
    this.advance();
    return value;
  }

  /** The current token as written, in lower case, whatever it is. */
  word(): string {
    return this.stream.text(this.at).toLowerCase();
  }

  /** Whether the current token is this word (lower case), be it a keyword or not. For words that are not in the keyword table. */
  isWord(word: string): boolean {
    return (this.kind === T.IDENT || this.kind >= 256) && this.word() === word;
  }

  acceptWord(word: string): boolean {
    if (!this.isWord(word)) return false;
    this.advance();
    return true;
  }

  /** `name` or `schema.name`. */
  tableName(): TableName {
    const start = this.start;
    if (this.kind === T.DOT) this.advance(); // `.t` is `t`
    const first = this.name('a table name');
    if (this.kind === T.DOT) {
      this.advance();
      const name = this.name('a table name');
      return { kind: 'tableName', schema: first, name, start, end: this.lastEnd };
    }
    return { kind: 'tableName', schema: undefined, name: first, start, end: this.lastEnd };
  }

  /** `a, b, c` of a rule; at least one. */
  list<N>(rule: (c: Cursor) => N): N[] {
    const items = [rule(this)];
    while (this.kind === T.COMMA) {
      this.advance();
      items.push(rule(this));
    }
    return items;
  }

  /** `(a, b)` of names; at least one. */
  nameList(): string[] {
    this.expect(T.LPAREN);
    const names = this.list(name);
    this.expect(T.RPAREN);
    return names;
  }

  /** A list that is never changed for what was not written. */
  none(): readonly never[] {
    return EMPTY;
  }

  // ---- comments -----------------------------------------------------------------------------------------------------------------

  /**
   * The comments between the end of the token before `from` and the start of the current token, plus an optimizer hint if that is current
   * (which is gone past); undefined for none.
   */
  commentsAfterVerb(): Comment[] | undefined {
    const comments = this.stream.comments;
    if (comments.length === 0 && this.kind !== T.HINT) return undefined;
    let found: Comment[] | undefined;
    for (;;) {
      found = this.commentsBetween(this.lastEnd, this.start, 'verb', found);
      if (found !== undefined) {
        this.takenComments ??= new Set();
        for (const comment of found) this.takenComments.add(comment.start);
      }
      if (this.kind !== T.HINT) return found;
      const start = this.start;
      found ??= [];
      found.push({ text: this.stream.text(this.at), placement: 'verb', start, end: this.ends[this.at] as number });
      this.advance();
    }
  }

  /** Appends the comments that lie between two offsets; answers the list, which is made when needed. */
  commentsBetween(from: number, to: number, placement: Comment['placement'], into?: Comment[]): Comment[] | undefined {
    const comments = this.stream.comments;
    for (let i = firstFrom(comments, from); i < comments.length; i += 2) {
      const start = comments[i] as number;
      const end = comments[i + 1] as number;
      if (start >= to) break;
      into ??= [];
      into.push({ text: this.stream.slice(start, end), placement, start, end });
    }
    return into;
  }
}

/** How many times deeper than rules may nest a chain of left-associative operators may be. */
const CHAIN_FACTOR = 20;

/** Index of the first pair that starts at or behind an offset. */
function firstFrom(pairs: readonly number[], from: number): number {
  let low = 0;
  let high = pairs.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((pairs[2 * middle] as number) < from) low = middle + 1;
    else high = middle;
  }
  return 2 * low;
}

function name(c: Cursor): string {
  return c.name();
}

function kindName(kind: number): string {
  const word = keywordText(kind);
  if (word !== undefined) return word;
  if (kind === T.EOF) return 'the end of the statement';
  if (kind > 32 && kind < 127) return `'${String.fromCharCode(kind)}'`;
  return 'something else';
}
