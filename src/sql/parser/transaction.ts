import type { Begin, Commit, ReleaseSavepoint, Rollback, Savepoint } from '../ast/transaction.ts';
import * as K from '../lexer/keywordIds.generated.ts';
import * as T from '../lexer/tokens.ts';
import type { Cursor } from './cursor.ts';

/** BEGIN [WORK]. */
export function begin(c: Cursor): Begin {
  const start = c.start;
  c.advance();
  c.accept(K.WORK);
  return { kind: 'begin', form: 'begin', access: undefined, consistentSnapshot: false, start, end: c.lastEnd };
}

/** START TRANSACTION and its characteristics; undefined when another START stands here. */
export function startTransaction(c: Cursor): Begin | undefined {
  if (c.peek() !== K.TRANSACTION) return undefined;
  const start = c.start;
  c.advance();
  c.advance();
  let access: Begin['access'];
  let consistentSnapshot = false;
  if (c.kind !== T.EOF && c.kind !== T.SEMICOLON) {
    do {
      if (c.accept2(K.READ, K.ONLY)) access = 'read only';
      else if (c.accept2(K.READ, K.WRITE)) access = 'read write';
      else if (c.accept(K.WITH)) {
        if (!c.accept2(K.CONSISTENT, K.SNAPSHOT)) throw c.unexpected('CONSISTENT SNAPSHOT');
        consistentSnapshot = true;
      } else throw c.unexpected('READ or WITH');
    } while (c.accept(T.COMMA));
  }
  return { kind: 'begin', form: 'start', access, consistentSnapshot, start, end: c.lastEnd };
}

export function commit(c: Cursor): Commit {
  const start = c.start;
  c.advance();
  c.accept(K.WORK);
  const { chain, release } = completion(c);
  return { kind: 'commit', chain, release, start, end: c.lastEnd };
}

export function rollback(c: Cursor): Rollback {
  const start = c.start;
  c.advance();
  c.accept(K.WORK);
  if (c.accept(K.TO)) {
    if (!(c.kind === K.SAVEPOINT && c.isNameKind(c.peek()))) return rollbackTo(c, start);
    c.advance();
    return rollbackTo(c, start);
  }
  const { chain, release } = completion(c);
  return { kind: 'rollback', savepoint: undefined, chain, release, start, end: c.lastEnd };
}

function rollbackTo(c: Cursor, start: number): Rollback {
  const savepoint = c.name('a savepoint');
  return { kind: 'rollback', savepoint, chain: undefined, release: undefined, start, end: c.lastEnd };
}

/** `[and [no] chain] [[no] release]`. */
function completion(c: Cursor): { chain: boolean | undefined; release: boolean | undefined } {
  let chain: boolean | undefined;
  let release: boolean | undefined;
  if (c.accept(K.AND)) {
    chain = !c.accept(K.NO);
    c.expect(K.CHAIN);
  }
  if (c.accept2(K.NO, K.RELEASE)) release = false;
  else if (c.accept(K.RELEASE)) release = true;
  return { chain, release };
}

export function savepoint(c: Cursor): Savepoint {
  const start = c.start;
  c.advance();
  const name = c.name('a savepoint');
  return { kind: 'savepoint', name, start, end: c.lastEnd };
}

export function releaseSavepoint(c: Cursor): ReleaseSavepoint {
  const start = c.start;
  c.advance();
  c.expect(K.SAVEPOINT);
  const name = c.name('a savepoint');
  return { kind: 'releaseSavepoint', name, start, end: c.lastEnd };
}
