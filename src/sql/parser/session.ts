import type { Expression, SystemVariable, VariableScope } from '../ast/expression.ts';
import type { IsolationLevel, SetAssignment, SetForStatement, SetStatement, SetTransaction, SetVariable, Use } from '../ast/session.ts';
import type { Statement } from '../ast/statement.ts';
import * as K from '../lexer/keywordIds.generated.ts';
import * as T from '../lexer/tokens.ts';
import { charsetName } from './castType.ts';
import type { Cursor } from './cursor.ts';
import { scopes, systemVariable } from './literals.ts';

/** USE target. Vitess's targets (`ks:-80@replica`) need no quotes: all up to the end of the statement is the target. */
export function use(c: Cursor): Use {
  const start = c.start;
  c.advance();
  if (c.kind === T.EOF || c.kind === T.SEMICOLON) return { kind: 'use', target: undefined, start, end: c.lastEnd };
  if (c.isName() && (c.peek() === T.EOF || c.peek() === T.SEMICOLON)) {
    const target = c.name();
    return { kind: 'use', target, start, end: c.lastEnd };
  }
  let target = '';
  let last = c.start;
  while (!c.is(T.EOF) && !c.is(T.SEMICOLON)) {
    // No space inside: `use a b` is an error, as in MySQL.
    if (c.start !== last && target !== '') throw c.unexpected('the end of the statement');
    if (!isTargetPart(c)) throw c.unexpected('a keyspace');
    target += c.kind === T.QUOTED_IDENT ? c.stream.value(c.at) : c.stream.text(c.at);
    c.advance();
    last = c.lastEnd;
  }
  return { kind: 'use', target, start, end: c.lastEnd };
}

/** Words, numbers and the marks of a target: `:` `-` `@` `/` `.`, which the lexer may have joined to `:80`, `@replica`. */
function isTargetPart(c: Cursor): boolean {
  switch (c.kind) {
    case T.QUOTED_IDENT:
    case T.IDENT:
    case T.INTEGER:
    case T.FLOAT_NUMBER:
    case T.DECIMAL_NUMBER:
    case T.COLON:
    case T.MINUS:
    case T.BIND:
    case T.USER_VAR:
    case T.AT:
    case T.SLASH:
    case T.DOT:
    case T.HEX_NUMBER:
      return true;
    default:
      return c.kind >= 256;
  }
}

/** SET of variables, names and character sets; SET TRANSACTION. Undefined when another family's SET stands here (PASSWORD, ROLE, …). */
export function set(c: Cursor): Statement | undefined {
  const next = c.peek();
  const afterNext = c.peek(2);
  if (next === K.TRANSACTION && (afterNext === K.ISOLATION || afterNext === K.READ)) return setTransaction(c);
  if ((next === K.SESSION || next === K.LOCAL || next === K.GLOBAL) && afterNext === K.TRANSACTION) return setTransaction(c);
  if (next === K.STATEMENT && c.settings.dialect === 'mariadb') return setForStatement(c);
  if ((next === K.PASSWORD || next === K.ROLE || next === K.RESOURCE) && afterNext !== T.DOT && !(afterNext === T.EQ && next !== K.PASSWORD)) return undefined;
  if (next === K.DEFAULT && afterNext === K.ROLE) return undefined;
  const start = c.start;
  c.advance();
  const comments = c.commentsAfterVerb();
  const assignments = c.list(assignment);
  return { kind: 'set', comments, assignments, start, end: c.lastEnd } satisfies SetStatement;
}

function setForStatement(c: Cursor): SetForStatement {
  const start = c.start;
  c.advance();
  c.advance();
  const assignments = c.list(variableAssignment);
  c.expect(K.FOR);
  const statement = c.grammar.statement(c);
  return { kind: 'setForStatement', assignments, statement, start, end: c.lastEnd };
}

function assignment(c: Cursor): SetAssignment {
  const start = c.start;
  if (c.kind === K.NAMES && c.peek() !== T.EQ && c.peek() !== T.ASSIGN && c.peek() !== T.DOT) {
    c.advance();
    if (c.accept(K.DEFAULT)) return { kind: 'setNames', charset: undefined, collation: undefined, start, end: c.lastEnd };
    const charset = charsetName(c);
    const collation = c.accept(K.COLLATE) ? (c.accept(K.DEFAULT) ? undefined : charsetName(c)) : undefined;
    return { kind: 'setNames', charset, collation, start, end: c.lastEnd };
  }
  if (((c.kind === K.CHARACTER || c.kind === K.CHAR) && c.peek() === K.SET) || (c.kind === K.CHARSET && c.peek() !== T.EQ && c.peek() !== T.ASSIGN)) {
    if (c.kind !== K.CHARSET) c.advance();
    c.advance();
    const charset = c.accept(K.DEFAULT) ? undefined : charsetName(c);
    return { kind: 'setCharacterSet', charset, start, end: c.lastEnd };
  }
  return variableAssignment(c);
}

function variableAssignment(c: Cursor): SetVariable {
  const start = c.start;
  const target = setTarget(c);
  if (!c.accept(T.EQ) && !c.accept(T.ASSIGN)) throw c.unexpected("'='");
  const value = setValue(c, target.kind === 'userVariable');
  return { kind: 'setVariable', target, value, start, end: c.lastEnd };
}

function setTarget(c: Cursor): SetVariable['target'] {
  const start = c.start;
  if (c.kind === T.USER_VAR) {
    const name = c.stream.value(c.at);
    c.advance();
    return { kind: 'userVariable', name, start, end: c.lastEnd };
  }
  if (c.kind === T.AT_AT) return systemVariable(c);
  const scope = scopeWord(c);
  const first = variableName(c);
  let qualifier: string | undefined;
  let name = first;
  if (c.accept(T.DOT)) {
    qualifier = first;
    name = variableName(c);
  }
  if (scope === undefined) return { kind: 'localTarget', qualifier, name, start, end: c.lastEnd };
  return { kind: 'systemVariable', scope, instance: qualifier?.toLowerCase(), name: name.toLowerCase(), start, end: c.lastEnd } satisfies SystemVariable;
}

/** GLOBAL, SESSION, LOCAL, PERSIST and PERSIST_ONLY before a name. */
function scopeWord(c: Cursor): VariableScope | undefined {
  const next = c.peek();
  if (next === T.EQ || next === T.ASSIGN || next === T.DOT || c.kind === T.QUOTED_IDENT) return undefined;
  const scope = scopes[c.word()];
  if (scope !== undefined) c.advance();
  return scope;
}

function variableName(c: Cursor): string {
  if (c.kind === K.DEFAULT) {
    c.advance();
    return 'default';
  }
  return c.name('a variable');
}

/** DEFAULT, the bare words ON, ALL, BINARY, ROW and SYSTEM that are reserved, or an expression. */
function setValue(c: Cursor, isUserVariable: boolean): Expression {
  const start = c.start;
  const next = c.peek();
  const ends = next === T.COMMA || next === T.EOF || next === T.SEMICOLON || next === K.FOR;
  if (!isUserVariable && ends && (c.kind === K.ON || c.kind === K.ALL || c.kind === K.BINARY || c.kind === K.ROW || c.kind === K.SYSTEM)) {
    const name = c.stream.text(c.at);
    c.advance();
    return { kind: 'column', schema: undefined, table: undefined, name, start, end: c.lastEnd };
  }
  return c.grammar.expression(c);
}

function setTransaction(c: Cursor): SetTransaction {
  const start = c.start;
  c.advance();
  const scope = c.accept(K.GLOBAL) ? 'global' : c.accept(K.SESSION) || c.accept(K.LOCAL) ? 'session' : undefined;
  c.expect(K.TRANSACTION);
  let isolation: IsolationLevel | undefined;
  let access: SetTransaction['access'];
  do {
    if (c.accept2(K.ISOLATION, K.LEVEL)) isolation = isolationLevel(c);
    else if (c.accept2(K.READ, K.ONLY)) access = 'read only';
    else if (c.accept2(K.READ, K.WRITE)) access = 'read write';
    else throw c.unexpected('ISOLATION LEVEL or READ');
  } while (c.accept(T.COMMA));
  return { kind: 'setTransaction', scope, isolation, access, start, end: c.lastEnd };
}

function isolationLevel(c: Cursor): IsolationLevel {
  if (c.accept2(K.READ, K.UNCOMMITTED)) return 'read uncommitted';
  if (c.accept2(K.READ, K.COMMITTED)) return 'read committed';
  if (c.accept2(K.REPEATABLE, K.READ)) return 'repeatable read';
  if (c.accept(K.SERIALIZABLE)) return 'serializable';
  throw c.unexpected('an isolation level');
}
