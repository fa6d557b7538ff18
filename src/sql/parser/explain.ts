import type { Describe, Explain, ExplainConnection, VExplain } from '../ast/explain.ts';
import type { Statement } from '../ast/statement.ts';
import * as K from '../lexer/keywordIds.generated.ts';
import * as T from '../lexer/tokens.ts';
import type { Cursor } from './cursor.ts';

/** EXPLAIN, DESCRIBE and DESC, of a statement, a table or a connection. */
export function explain(c: Cursor): Explain | Describe | ExplainConnection {
  const start = c.start;
  c.advance();
  const comments = c.commentsAfterVerb();
  let analyze = false;
  let extended = false;
  let partitions = false;
  let format: string | undefined;
  let into: string | undefined;
  let schema: string | undefined;
  for (;;) {
    if (c.kind === K.ANALYZE) {
      c.advance();
      analyze = true;
    } else if (c.kind === K.EXTENDED && startsStatement(c, 1)) {
      c.advance();
      extended = true;
    } else if (c.kind === K.PARTITIONS && startsStatement(c, 1)) {
      c.advance();
      partitions = true;
    } else if (c.kind === K.FORMAT && c.peek() === T.EQ) {
      c.advance();
      c.advance();
      format = c.nameOrString('a format').toLowerCase();
    } else if (c.kind === K.INTO && c.peek() === T.USER_VAR) {
      c.advance();
      into = c.stream.value(c.at);
      c.advance();
    } else if (c.kind === K.FOR && (c.peek() === K.SCHEMA || c.peek() === K.DATABASE)) {
      c.advance();
      c.advance();
      schema = c.name('a database');
    } else break;
  }
  if (c.kind === K.FOR && c.peek() === K.CONNECTION) {
    c.advance();
    c.advance();
    const connection = c.integer('a connection id');
    return { kind: 'explainConnection', comments, format, connection, start, end: c.lastEnd };
  }
  if (startsStatement(c, 0)) {
    const statement = inner(c);
    return { kind: 'explain', comments, verb: 'explain', analyze, format, extended, partitions, schema, into, statement, start, end: c.lastEnd };
  }
  if (analyze || extended || partitions || format !== undefined || into !== undefined || schema !== undefined) throw c.unexpected('a statement to explain');
  const table = c.tableName();
  let column: string | undefined;
  let wild: string | undefined;
  if (c.kind === T.STRING) wild = c.string();
  else if (c.isName()) column = c.name();
  return { kind: 'describe', comments, table, column, wild, start, end: c.lastEnd };
}

/** MariaDB's ANALYZE of a statement; undefined for ANALYZE TABLE and its like. */
export function analyze(c: Cursor): Explain | undefined {
  const format = c.peek() === K.FORMAT && c.peek(2) === T.EQ;
  if (!format && !startsStatement(c, 1)) return undefined;
  if (!format && c.peek() === K.TABLE) return undefined;
  const start = c.start;
  c.advance();
  let name: string | undefined;
  if (format) {
    c.advance();
    c.advance();
    name = c.nameOrString('a format').toLowerCase();
  }
  const statement = inner(c);
  return {
    kind: 'explain', comments: undefined, verb: 'analyze', analyze: true, format: name, extended: false, partitions: false, schema: undefined, into: undefined, statement,
    start, end: c.lastEnd,
  };
}

/** Vitess's VEXPLAIN. */
export function vexplain(c: Cursor): VExplain {
  const start = c.start;
  c.advance();
  const comments = c.commentsAfterVerb();
  const word = c.word();
  const type = word === 'queries' || word === 'all' || word === 'trace' || word === 'keys' ? word : 'plan';
  if (type === word) c.advance();
  const statement = inner(c);
  return { kind: 'vexplain', comments, type, statement, start, end: c.lastEnd };
}

/** What can be explained. */
const explainable: ReadonlySet<number> = new Set([K.SELECT, K.WITH, K.TABLE, K.VALUES, K.INSERT, K.REPLACE, K.UPDATE, K.DELETE, T.LPAREN]);

function startsStatement(c: Cursor, ahead: number): boolean {
  return explainable.has(c.peek(ahead));
}

function inner(c: Cursor): Statement {
  if (!startsStatement(c, 0)) throw c.unexpected('a statement to explain');
  return c.grammar.statement(c);
}
