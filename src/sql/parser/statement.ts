import type { Statement } from '../ast/statement.ts';
import * as K from '../lexer/keywordIds.generated.ts';
import { emptyQueryError } from '../lexer/syntaxError.ts';
import * as T from '../lexer/tokens.ts';
import type { TokenStream } from '../lexer/tokenStream.ts';
import { Cursor, type Grammar } from './cursor.ts';
import { adminFamilies } from './admin/index.ts';
import { ddlFamily } from './ddl/index.ts';
import { insert, remove, update } from './dml.ts';
import type { StatementFamily, StatementRule } from './family.ts';
import { analyze, explain, vexplain } from './explain.ts';
import { argument, bits, expression, infix } from './expression.ts';
import { column } from './primary.ts';
import { query, queryAfter, withClause } from './query.ts';
import { limit, orderList } from './queryTail.ts';
import { set, use } from './session.ts';
import { show } from './show.ts';
import { begin, commit, releaseSavepoint, rollback, savepoint, startTransaction } from './transaction.ts';

const core: StatementFamily = {
  [K.SELECT]: query, [K.VALUES]: query, [K.TABLE]: query, [T.LPAREN]: query, [K.WITH]: withStatement,
  [K.INSERT]: insert, [K.REPLACE]: insert, [K.UPDATE]: (c) => update(c), [K.DELETE]: (c) => remove(c),
  [K.SET]: set, [K.USE]: use, [K.SHOW]: show, [K.EXPLAIN]: explain, [K.DESCRIBE]: explain, [K.DESC]: explain, [K.VEXPLAIN]: vexplain, [K.ANALYZE]: analyze,
  [K.BEGIN]: begin, [K.START]: startTransaction, [K.COMMIT]: commit, [K.ROLLBACK]: rollback, [K.SAVEPOINT]: savepoint, [K.RELEASE]: releaseSavepoint,
};

/** Earlier ones are asked first. */
const families: readonly StatementFamily[] = [ddlFamily, ...adminFamilies, core];

const rules: (readonly StatementRule[] | undefined)[] = [];
for (const family of families) {
  for (const [kind, rule] of Object.entries(family)) rules[Number(kind)] = [...(rules[Number(kind)] ?? []), rule];
}

/** Any statement, without what may follow it. */
function statement(c: Cursor): Statement {
  const candidates = rules[c.kind];
  if (candidates !== undefined) {
    for (const rule of candidates) {
      const found = rule(c);
      if (found !== undefined) return found;
    }
  }
  throw c.unexpected('a statement');
}

/** WITH before SELECT, UPDATE or DELETE. */
function withStatement(c: Cursor): Statement {
  const start = c.start;
  const at = c.at;
  const lastEnd = c.lastEnd;
  let verb = at;
  // The verb is the first one outside of parentheses.
  for (let depth = 0; c.stream.kinds[verb] !== T.EOF; verb++) {
    const kind = c.stream.kinds[verb];
    if (kind === T.LPAREN) depth++;
    else if (kind === T.RPAREN) depth--;
    else if (depth === 0 && (kind === K.SELECT || kind === K.UPDATE || kind === K.DELETE || kind === K.VALUES || kind === K.TABLE)) break;
  }
  const kind = c.stream.kinds[verb];
  if (kind !== K.UPDATE && kind !== K.DELETE) {
    c.backTo(at, lastEnd);
    return query(c);
  }
  const ctes = withClause(c);
  if (c.kind === K.UPDATE) return update(c, ctes, start);
  if (c.kind === K.DELETE) return remove(c, ctes, start);
  throw c.unexpected('UPDATE or DELETE');
}

export const grammar: Grammar = {
  statement, query, queryAfter, expression, bits, argument, column, orderList, limit,
  expressionAfter: (c, first, start) => infix(c, first, 1, start),
};

/** The only statement of a text; `;` may follow. Throws 1065 when there is none, 1064 when something else follows. */
export function wholeStatement(stream: TokenStream): Statement {
  const c = new Cursor(stream, grammar);
  if (c.kind === T.EOF) throw emptyQueryError();
  const found = commented(c, statement);
  while (c.accept(T.SEMICOLON));
  if (c.kind !== T.EOF) throw c.unexpected('the end of the statement');
  return found;
}

/** All statements of a text, separated by `;`; empty ones are left out. */
export function allStatements(stream: TokenStream): Statement[] {
  const c = new Cursor(stream, grammar);
  const found: Statement[] = [];
  for (;;) {
    while (c.accept(T.SEMICOLON));
    if (c.kind === T.EOF) return found;
    c.positionalBinds = 0;
    found.push(commented(c, statement));
    if (!c.is(T.SEMICOLON) && !c.is(T.EOF)) throw c.unexpected("';' or the end of the statement");
  }
}

/** The only expression of a text. */
export function wholeExpression(stream: TokenStream) {
  const c = new Cursor(stream, grammar);
  const found = expression(c);
  if (c.kind !== T.EOF) throw c.unexpected('the end of the expression');
  return found;
}

/** Reads a statement and gives it the comments that stand before it, within it and behind it, save those that verbs have taken. */
function commented(c: Cursor, rule: (c: Cursor) => Statement): Statement {
  const from = c.lastEnd;
  const start = c.start;
  const found = rule(c);
  if (c.stream.comments.length === 0) return found;
  const leading = c.commentsBetween(from, start, 'leading') ?? [];
  const trailing = (c.commentsBetween(start, c.start, 'trailing') ?? []).filter((comment) => c.takenComments?.has(comment.start) !== true);
  if (leading.length === 0 && trailing.length === 0) return found;
  return { ...found, comments: [...leading, ...(found.comments ?? []), ...trailing] };
}
