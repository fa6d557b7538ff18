import type { Expression } from '../ast/expression.ts';
import type { FileFormat, Into, Limit, Lock, OrderItem, QueryTail, With } from '../ast/query.ts';
import * as K from '../lexer/keywordIds.generated.ts';
import * as T from '../lexer/tokens.ts';
import { charsetName } from './castType.ts';
import type { Cursor } from './cursor.ts';

/** ORDER BY, LIMIT, locking clauses and INTO, which may stand before or behind the locks. */
export function queryTail(c: Cursor, ctes: With | undefined): QueryTail {
  const orderBy = c.kind === K.ORDER ? orderList(c) : c.none();
  const rows = limit(c);
  let target = c.kind === K.INTO ? into(c) : undefined;
  const locking = locks(c);
  if (target === undefined && c.kind === K.INTO) target = into(c);
  return { with: ctes, orderBy, limit: rows, locks: locking, into: target };
}

/** With the cursor on ORDER. */
export function orderList(c: Cursor): OrderItem[] {
  c.expect(K.ORDER);
  c.expect(K.BY);
  return c.list(ascendingByDefault);
}

function ascendingByDefault(c: Cursor): OrderItem {
  return orderItem(c, 'asc');
}

export function orderItem(c: Cursor, fallback: 'asc' | undefined): OrderItem {
  const start = c.start;
  const expr = c.grammar.expression(c);
  const direction = c.accept(K.ASC) ? 'asc' : c.accept(K.DESC) ? 'desc' : fallback;
  return { kind: 'orderItem', expr, direction, start, end: c.lastEnd };
}

/** `limit n`, `limit o, n`, `limit n offset o`; of MariaDB also `… rows examined n`, `offset o rows`, `fetch first n rows only`. */
export function limit(c: Cursor): Limit | undefined {
  const start = c.start;
  const isMariaDb = c.settings.dialect === 'mariadb';
  let count: Expression | undefined;
  let offset: Expression | undefined;
  let rowsExamined: Expression | undefined;
  let withTies: boolean | undefined;
  if (c.accept(K.LIMIT)) {
    if (!(isMariaDb && c.kind === K.ROWS)) {
      count = limitValue(c);
      if (c.accept(T.COMMA)) {
        offset = count;
        count = limitValue(c);
      } else if (c.accept(K.OFFSET)) {
        offset = limitValue(c);
      }
    }
    if (isMariaDb && c.accept2(K.ROWS, K.EXAMINED)) rowsExamined = limitValue(c);
  } else if (isMariaDb && (c.kind === K.OFFSET || c.kind === K.FETCH)) {
    if (c.accept(K.OFFSET)) {
      offset = limitValue(c);
      rowOrRows(c);
    }
    if (c.accept(K.FETCH)) {
      if (!c.accept(K.FIRST)) c.expect(K.NEXT);
      count = c.is(K.ROW) || c.is(K.ROWS) ? { kind: 'number', type: 'integer', text: '1', start: c.start, end: c.start } : limitValue(c);
      rowOrRows(c);
      if (c.accept2(K.WITH, K.TIES)) withTies = true;
      else c.expect(K.ONLY);
    }
  } else {
    return undefined;
  }
  return { kind: 'limit', count, offset, rowsExamined, withTies, start, end: c.lastEnd };
}

function rowOrRows(c: Cursor): void {
  if (!c.accept(K.ROW)) c.expect(K.ROWS);
}

/** Numbers and binds; local variables in routines; Vitess's tools write casts there, which take the general rule. */
function limitValue(c: Cursor): Expression {
  return c.grammar.bits(c);
}

/** Any number of FOR UPDATE, FOR SHARE, LOCK IN SHARE MODE. */
export function locks(c: Cursor): readonly Lock[] {
  let found: Lock[] | undefined;
  for (;;) {
    const start = c.start;
    let strength: Lock['strength'];
    if (c.kind === K.FOR && (c.peek() === K.UPDATE || c.peek() === K.SHARE)) {
      c.advance();
      strength = c.is(K.UPDATE) ? 'update' : 'share';
      c.advance();
    } else if (c.kind === K.LOCK && c.peek() === K.IN && c.peek(2) === K.SHARE) {
      c.advance();
      c.advance();
      c.advance();
      c.expect(K.MODE);
      strength = 'legacy share';
    } else {
      return found ?? c.none();
    }
    const of = strength !== 'legacy share' && c.accept(K.OF) ? c.list((inner) => inner.tableName()) : c.none();
    const wait = lockWait(c);
    found ??= [];
    found.push({ kind: 'lock', strength, of, wait, start, end: c.lastEnd });
  }
}

function lockWait(c: Cursor): Lock['wait'] {
  if (c.accept(K.NOWAIT)) return 'nowait';
  if (c.accept2(K.SKIP, K.LOCKED)) return 'skip locked';
  if (c.kind === K.WAIT && c.peek() === T.INTEGER) {
    c.advance();
    return { seconds: c.integer() };
  }
  return undefined;
}

/** With the cursor on INTO. */
export function into(c: Cursor): Into {
  const start = c.start;
  c.advance();
  if (c.accept(K.DUMPFILE)) {
    const path = c.string();
    return { kind: 'intoFile', type: 'dumpfile', path, start, end: c.lastEnd };
  }
  if (c.accept(K.OUTFILE)) {
    const s3 = c.accept(K.S3);
    const path = c.string();
    const charset = c.accept2(K.CHARACTER, K.SET) || c.accept2(K.CHAR, K.SET) || c.accept(K.CHARSET) ? charsetName(c) : undefined;
    if (!s3) {
      const format = fileFormat(c);
      return { kind: 'intoFile', type: 'outfile', path, charset, format, start, end: c.lastEnd };
    }
    const s3Format = s3 && c.isWord('format') ? s3Options(c) : '';
    const format = fileFormat(c);
    const rest = s3Options(c);
    const options = [s3Format, rest].filter((text) => text !== '').join(' ');
    return { kind: 'intoFile', type: 'outfile s3', path, charset, format, s3Options: options === '' ? undefined : options, start, end: c.lastEnd };
  }
  const variables = c.list((inner): Extract<Into, { kind: 'intoVariables' }>['variables'][number] => {
    if (inner.kind !== T.USER_VAR) return inner.grammar.column(inner);
    const at = inner.start;
    const name = inner.stream.value(inner.at);
    inner.advance();
    return { kind: 'userVariable', name, start: at, end: inner.lastEnd };
  });
  return { kind: 'intoVariables', variables, start, end: c.lastEnd };
}

/** Vitess's `format csv header`, `manifest on overwrite off` as lower-case words. */
function s3Options(c: Cursor): string {
  const words: string[] = [];
  while (['format', 'csv', 'text', 'header', 'manifest', 'overwrite', 'on', 'off'].includes(c.word())) {
    words.push(c.word());
    c.advance();
  }
  return words.join(' ');
}

/** The FIELDS and LINES clauses of INTO OUTFILE and LOAD DATA; undefined when there are none. */
export function fileFormat(c: Cursor): FileFormat | undefined {
  const start = c.start;
  let fieldsTerminatedBy: string | undefined;
  let fieldsEnclosedBy: string | undefined;
  let fieldsEscapedBy: string | undefined;
  let linesStartingBy: string | undefined;
  let linesTerminatedBy: string | undefined;
  let optionallyEnclosed = false;
  let any = false;
  if (c.is(K.FIELDS) || c.is(K.COLUMNS)) {
    c.advance();
    any = true;
    if (!c.is(K.TERMINATED) && !c.is(K.ESCAPED) && !c.is(K.ENCLOSED) && !c.is(K.OPTIONALLY)) throw c.unexpected('TERMINATED, ENCLOSED or ESCAPED');
    for (;;) {
      if (c.accept2(K.TERMINATED, K.BY)) fieldsTerminatedBy = text(c);
      else if (c.accept2(K.ESCAPED, K.BY)) fieldsEscapedBy = text(c);
      else if (c.is(K.ENCLOSED) || c.is(K.OPTIONALLY)) {
        if (c.accept(K.OPTIONALLY)) optionallyEnclosed = true;
        if (!c.accept2(K.ENCLOSED, K.BY)) throw c.unexpected('ENCLOSED BY');
        fieldsEnclosedBy = text(c);
      } else break;
    }
  }
  if (c.accept(K.LINES)) {
    any = true;
    if (!c.is(K.TERMINATED) && !c.is(K.STARTING)) throw c.unexpected('TERMINATED or STARTING');
    for (;;) {
      if (c.accept2(K.TERMINATED, K.BY)) linesTerminatedBy = text(c);
      else if (c.accept2(K.STARTING, K.BY)) linesStartingBy = text(c);
      else break;
    }
  }
  if (!any) return undefined;
  return { kind: 'fileFormat', fieldsTerminatedBy, fieldsEnclosedBy, optionallyEnclosed, fieldsEscapedBy, linesStartingBy, linesTerminatedBy, start, end: c.lastEnd };
}

/** A string, or a hex or bit literal that stands for one. */
function text(c: Cursor): string {
  if (c.kind !== T.HEX_STRING && c.kind !== T.HEX_NUMBER) return c.string();
  const value = Buffer.from(c.stream.value(c.at), 'hex').toString('latin1');
  c.advance();
  return value;
}
