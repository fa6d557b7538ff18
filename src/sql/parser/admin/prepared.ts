import type { Call, Deallocate, Do, Execute, Help, Prepare } from '../../ast/admin.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import * as T from '../../lexer/tokens.ts';
import type { Cursor } from '../cursor.ts';
import type { StatementFamily } from '../family.ts';

/** PREPARE, EXECUTE, DEALLOCATE, CALL, DO, HELP. */
export const preparedFamily: StatementFamily = {
  [K.PREPARE]: prepare, [K.EXECUTE]: execute, [K.DEALLOCATE]: deallocate, [K.DROP]: (c) => (c.peek() === K.PREPARE ? deallocate(c) : undefined),
  [K.CALL]: call, [K.DO]: evaluate, [K.HELP]: help,
};

function prepare(c: Cursor): Prepare {
  const start = c.start;
  c.advance();
  const comments = c.commentsAfterVerb();
  const name = c.name('a statement');
  c.expect(K.FROM);
  const from = c.grammar.expression(c);
  return { kind: 'prepare', comments, name, from, start, end: c.lastEnd };
}

function execute(c: Cursor): Execute {
  const start = c.start;
  c.advance();
  const comments = c.commentsAfterVerb();
  if (c.kind === K.IMMEDIATE && c.peek() !== K.USING && c.peek() !== T.EOF && c.peek() !== T.SEMICOLON) {
    c.advance();
    const immediate = c.grammar.expression(c);
    const values = c.accept(K.USING) ? c.list(c.grammar.expression) : c.none();
    return { kind: 'execute', comments, name: '', immediate, using: values, start, end: c.lastEnd };
  }
  const name = c.name('a statement');
  const using = c.accept(K.USING) ? c.list(c.grammar.expression) : c.none();
  return { kind: 'execute', comments, name, immediate: undefined, using, start, end: c.lastEnd };
}

/** DEALLOCATE PREPARE and DROP PREPARE. */
function deallocate(c: Cursor): Deallocate {
  const start = c.start;
  const verb = c.kind === K.DROP ? 'drop' : 'deallocate';
  c.advance();
  const comments = c.commentsAfterVerb();
  c.expect(K.PREPARE);
  const name = c.name('a statement');
  return { kind: 'deallocate', comments, verb, name, start, end: c.lastEnd };
}

function call(c: Cursor): Call {
  const start = c.start;
  c.advance();
  const comments = c.commentsAfterVerb();
  const procedure = c.tableName();
  let args: Call['args'] = c.none();
  if (c.accept(T.LPAREN) && !c.accept(T.RPAREN)) {
    args = c.list(c.grammar.expression);
    c.expect(T.RPAREN);
  }
  return { kind: 'call', comments, procedure, args, start, end: c.lastEnd };
}

function evaluate(c: Cursor): Do {
  const start = c.start;
  c.advance();
  const comments = c.commentsAfterVerb();
  const expressions = c.list(c.grammar.expression);
  return { kind: 'do', comments, expressions, start, end: c.lastEnd };
}

function help(c: Cursor): Help {
  const start = c.start;
  c.advance();
  const topic = c.nameOrString('a topic');
  return { kind: 'help', topic, start, end: c.lastEnd };
}
