import { VtrewindError } from '../../base/errors.ts';
import { decodeBytes } from './decodeBytes.ts';
import type { SqlSettings } from './settings.ts';

/** A place in a source: `offset` in UTF-16 units (string) or bytes; `line` and `column` from 1, the column in the same units. */
export interface Position {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** Line and column of an offset. Linear in the offset; for messages, not for hot paths. */
export function positionAt(source: string | Uint8Array, offset: number): Position {
  const stop = Math.min(offset, source.length);
  let line = 1;
  let lineStart = 0;
  for (let i = 0; i < stop; i++) {
    const c = typeof source === 'string' ? source.charCodeAt(i) : source[i];
    if (c === 10) {
      line++;
      lineStart = i + 1;
    }
  }
  return { offset: stop, line, column: stop - lineStart + 1 };
}

/** SQL text that can't be read: MySQL's 1064 (42000) with the place; 1065 for an empty statement, 1153 (08S01) for one too long, 1436 for one nested too deep. */
export class SqlSyntaxError extends VtrewindError {
  readonly offset: number;
  readonly line: number;
  readonly column: number;

  constructor(options: { readonly mysql: number; readonly sqlState: string; readonly message: string; readonly hint?: string }, position: Position) {
    super({ code: 'VTR0201', grpc: 'INVALID_ARGUMENT', ...options });
    this.name = 'SqlSyntaxError';
    this.offset = position.offset;
    this.line = position.line;
    this.column = position.column;
  }
}

/** How much of the text MySQL shows behind `near`, in characters. */
const NEAR_LENGTH = 80;

/** 1064 at an offset, in MySQL's own words. `why` becomes the hint. */
export function syntaxError(source: string | Uint8Array, offset: number, settings: SqlSettings, why?: string): SqlSyntaxError {
  const position = positionAt(source, offset);
  const near = textAt(source, position.offset, settings);
  const server = settings.dialect === 'mariadb' ? 'MariaDB' : 'MySQL';
  return new SqlSyntaxError(
    {
      mysql: 1064, sqlState: '42000',
      message: `You have an error in your SQL syntax; check the manual that corresponds to your ${server} server version for the right syntax to use near '${near}' at line ${position.line}`,
      ...(why === undefined ? {} : { hint: why }),
    },
    position,
  );
}

function textAt(source: string | Uint8Array, offset: number, settings: SqlSettings): string {
  if (typeof source === 'string') return source.slice(offset, offset + NEAR_LENGTH);
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  return decodeBytes(bytes, offset, Math.min(bytes.length, offset + 4 * NEAR_LENGTH), settings.charset).slice(0, NEAR_LENGTH);
}

/** 1065: nothing but space and comments. */
export function emptyQueryError(): SqlSyntaxError {
  return new SqlSyntaxError({ mysql: 1065, sqlState: '42000', message: 'Query was empty' }, { offset: 0, line: 1, column: 1 });
}

/** 1153: longer than `maxLength`. */
export function tooLongError(length: number, settings: SqlSettings): SqlSyntaxError {
  return new SqlSyntaxError(
    { mysql: 1153, sqlState: '08S01', message: "Got a packet bigger than 'max_allowed_packet' bytes", hint: `the statement has ${length}, the limit is ${settings.maxLength}` },
    { offset: settings.maxLength, line: 1, column: 1 },
  );
}

/** 1436: nested deeper than `maxDepth`. */
export function tooDeepError(source: string | Uint8Array, offset: number, settings: SqlSettings): SqlSyntaxError {
  return new SqlSyntaxError(
    { mysql: 1436, sqlState: 'HY000', message: `Thread stack overrun: the statement is nested deeper than ${settings.maxDepth} levels`, hint: 'simplify the statement, or raise maxDepth' },
    positionAt(source, offset),
  );
}
