import type { Comment, Node, TableName } from '../ast/node.ts';
import type { SyntaxNode } from '../ast/syntaxNode.ts';
import type { Expression, StringLiteral } from '../ast/expression.ts';
import { isIntroducer } from '../lexer/charsets.ts';
import { keywordKind, reservedAnywhere } from '../lexer/keywords.ts';
import { quoteString } from '../lexer/quote.ts';
import { vitessWords } from './vitessWords.ts';

export interface PrintOptions {
  /**
   * Which names get backquotes. `needed` (default): those that some server or this parser would not read as a name otherwise. `keywords`: also
   * all words that Vitess's parser knows, as Vitess prints them (`` `user`.`name` ``); for text that a vttablet reads.
   */
  readonly quote?: 'needed' | 'keywords';
  /** How a `?` is printed: `named` (default) as `:v1`, `positional` as `?`. */
  readonly positional?: 'named' | 'positional';
  /** Print for a server in NO_BACKSLASH_ESCAPES mode. */
  readonly noBackslashEscapes?: boolean;
  /** Print for a server in HIGH_NOT_PRECEDENCE mode, where NOT takes no more than `!` does. */
  readonly highNotPrecedence?: boolean;
  /** Leave comments, directives and hints out. */
  readonly withoutComments?: boolean;
}

/** The part of an sql_mode that decides how text is written. Source: MySQL manual, "Server SQL Modes". */
export type PrintMode = Pick<PrintOptions, 'noBackslashEscapes' | 'highNotPrecedence'>;

/** Writes a node of one kind into the printer. */
export type PrintRule<N extends Node> = (p: Printer, node: N) => void;

/** The rules of a family, by node kind. */
export type PrintRules<Kinds extends SyntaxNode['kind']> = { readonly [K in Kinds]: PrintRule<Extract<SyntaxNode, { kind: K }>> };

export type AnyRules = Readonly<Record<string, PrintRule<never> | undefined>>;

/** Collects the text. The rules of all families are handed in, so that no family imports another in a circle. */
export class Printer {
  out = '';
  readonly options: PrintOptions;
  private readonly rules: AnyRules;
  private readonly expressionRule: (p: Printer, node: Expression, min: number) => void;

  constructor(options: PrintOptions, rules: AnyRules, expressionRule: (p: Printer, node: Expression, min: number) => void) {
    this.options = options;
    this.rules = rules;
    this.expressionRule = expressionRule;
  }

  /** Text as it is. */
  text(text: string): void {
    this.out += text;
  }

  /** Any node. */
  node(node: Node): void {
    const rule = this.rules[node.kind];
    if (rule === undefined) throw new TypeError(`no rule prints a node of kind ${node.kind}`);
    (rule as PrintRule<Node>)(this, node);
  }

  /** An expression, in parentheses when it binds less tightly than `min` (levels: printer/expression.ts; default: never). */
  expression(node: Expression, min = 0): void {
    this.expressionRule(this, node, min);
  }

  /** Nodes with a separator between. */
  list(nodes: readonly Node[], separator = ', '): void {
    for (let i = 0; i < nodes.length; i++) {
      if (i > 0) this.out += separator;
      this.node(nodes[i] as Node);
    }
  }

  /** Expressions with commas between. */
  expressions(nodes: readonly Expression[]): void {
    for (let i = 0; i < nodes.length; i++) {
      if (i > 0) this.out += ', ';
      this.expressionRule(this, nodes[i] as Expression, 0);
    }
  }

  /** A name, in backquotes where needed. */
  name(name: string): void {
    this.out += quoteName(name, this.options.quote === 'keywords');
  }

  names(names: readonly string[]): void {
    for (let i = 0; i < names.length; i++) {
      if (i > 0) this.out += ', ';
      this.name(names[i] as string);
    }
  }

  /** A name in backquotes, needed or not. */
  quotedName(name: string): void {
    this.out += backquoted(name);
  }

  tableName(table: TableName): void {
    if (table.schema !== undefined) {
      this.name(table.schema);
      this.out += '.';
    }
    this.name(table.name);
  }

  /** A string literal. */
  string(value: string): void {
    this.out += quoteString(value, this.options.noBackslashEscapes === true);
  }

  /** A character set or collation: a word, or a string where it is none. */
  charset(name: string): void {
    const isWord = name === 'binary' || (/^[A-Za-z_]\w*$/.test(name) && reservedAnywhere[keywordKind(name)] !== 1);
    if (isWord) this.out += name;
    else this.string(name);
  }

  stringLiteral(node: StringLiteral): void {
    if (node.introducer !== undefined) this.out += `_${node.introducer} `;
    else if (node.national === true) this.out += 'N';
    this.string(node.value);
  }

  /** The comments of a statement that stand in one place; each with the space (or line end) that parts it from what follows or precedes. */
  comments(comments: readonly Comment[] | undefined, placement: Comment['placement']): void {
    if (comments === undefined || this.options.withoutComments === true) return;
    for (const comment of comments) {
      if (comment.placement !== placement) continue;
      const isLine = !comment.text.startsWith('/*');
      if (placement === 'trailing') this.out += ` ${comment.text}${isLine ? '\n' : ''}`;
      else if (placement === 'verb') this.out += ` ${comment.text}${isLine ? '\n' : ''}`;
      else this.out += `${comment.text}${isLine ? '\n' : ' '}`;
    }
  }
}

const plainName = /^[A-Za-z_][A-Za-z0-9_$]*$/;

/** Words that are no server's reserved ones but that stand for something else in a place where we print names. */
const ambiguous: ReadonlySet<string> = new Set(['end', 'quick', 'sql_cache', 'sql_no_cache', 'sql_buffer_result', 'of', 'full', 'escape']);

const quoteCache = new Map<string, string>();
const QUOTE_CACHE_LIMIT = 10_000;

/** A name as it stands in SQL. */
export function quoteName(name: string, vitess: boolean): string {
  const key = vitess ? `\u0001${name}` : name;
  const known = quoteCache.get(key);
  if (known !== undefined) return known;
  const quoted = needsQuotes(name, vitess) ? backquoted(name) : name;
  if (quoteCache.size >= QUOTE_CACHE_LIMIT) quoteCache.clear();
  quoteCache.set(key, quoted);
  return quoted;
}

function needsQuotes(name: string, vitess: boolean): boolean {
  if (!plainName.test(name)) return true;
  const lower = name.toLowerCase();
  if (reservedAnywhere[keywordKind(lower)] === 1) return true;
  if (ambiguous.has(lower)) return true;
  if (lower.startsWith('_') && isIntroducer(lower.slice(1))) return true;
  return vitess && vitessWords.has(lower);
}

function backquoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
