/**
 * What every node of the tree has. Conventions for all families (SELECT, DML, DDL, administration, accounts, replication):
 *
 * - a node is a plain readonly object with a literal `kind`; a union of nodes is discriminated on `kind` and switched over exhaustively;
 * - `start`/`end` are offsets into the text that was parsed (end exclusive); a node that was built, not parsed, has -1 for both
 *   (see build.ts), and no comparison of trees looks at them (see `sameTree`);
 * - what may be absent is an optional property, absent (or undefined) when it was not written; flags are booleans that are always there;
 *   lists are always there and may be empty;
 * - numbers stay text (`18446744073709551615` is not a JavaScript number); string literals are decoded (escapes resolved);
 * - names of schema objects are plain strings without their quotes, in the case they were written in; words of the language
 *   (function names, operators, units, options) are lower case. A `quoted` flag stands only where quoting changes the meaning;
 * - child nodes sit directly in properties, or in arrays (of arrays) in properties: the visitor and rewriter find them there and nowhere else.
 */
export interface Node {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}

/** A comment that is not part of the language proper; versioned comments are parsed as SQL instead. */
export interface Comment {
  /** With its delimiters, for example `/* a *\/` or `-- a`; optimizer hints are `/*+ … *\/`, Vitess directives `/*vt+ … *\/`. */
  readonly text: string;
  /** Before the verb, right after it (where MySQL looks for hints), or anywhere later (printed at the end). */
  readonly placement: 'leading' | 'verb' | 'trailing';
  readonly start: number;
  readonly end: number;
}

/** Statements and SELECTs inside of them carry the comments that were written in them. */
export interface Commented {
  /** In source order; absent when there are none. */
  readonly comments?: readonly Comment[];
}

/** `[schema.]name` of a table, view, sequence, routine, trigger or event. The schema may be a Vitess target such as `ks:-80@replica`. */
export interface TableName extends Node {
  readonly kind: 'tableName';
  readonly schema?: string;
  readonly name: string;
}
