import { Lexer } from '../sql/lexer/lexer.ts';
import * as K from '../sql/lexer/keywordIds.generated.ts';
import { SqlSettings } from '../sql/lexer/settings.ts';
import * as T from '../sql/lexer/tokens.ts';
import { type QuickKind, quickKind } from '../sql/normalize/statementKind.ts';

/** What a tablet must know of a statement before it runs it, from its tokens alone. */
export interface StatementTraits {
  readonly kind: QuickKind;
  /** Vitess's name of what may only run on a reserved connection; undefined when any will do. */
  readonly reservedFor: string | undefined;
  /** `SELECT NEXT n VALUES FROM seq`: Vitess's own statement, answered by the tablet. `count` undefined: the bind `countBind`. */
  readonly sequence: { readonly table: string; readonly count: bigint | undefined; readonly countBind: string | undefined } | undefined;
  readonly severalStatements: boolean;
  /** It may leave something in its session (user variables, what a procedure sets): a pooled connection is reset before its next use. */
  readonly marksSession: boolean;
  /** ROLLBACK TO SAVEPOINT, which ends no transaction. */
  readonly toSavepoint: boolean;
}

const settings = new SqlSettings();
/** Texts remembered, and the longest that is. */
const cacheLimits = { entries: 5_000, bytes: 4_096 };
const cache = new Map<string, StatementTraits>();

export function traitsOf(sql: string | Buffer): StatementTraits {
  if (sql.length > cacheLimits.bytes) return read(sql);
  const key = typeof sql === 'string' ? sql : sql.toString('latin1');
  const known = cache.get(key);
  if (known !== undefined) return known;
  const traits = read(sql);
  if (cache.size >= cacheLimits.entries) for (const oldest of cache.keys()) {
    cache.delete(oldest);
    break;
  }
  cache.set(key, traits);
  return traits;
}

function read(sql: string | Buffer): StatementTraits {
  const lexer = new Lexer(settings);
  lexer.reset(sql, settings);
  let first = lexer.next();
  while (first === T.LPAREN) first = lexer.next();
  const second = lexer.next();
  const kind = quickKind(first === K.WITH ? K.SELECT : first, second);
  const plain = { kind, reservedFor: undefined, sequence: undefined, severalStatements: false, marksSession: false, toSavepoint: false };
  switch (kind) {
    // SET TRANSACTION holds for the next transaction alone: no setting that a pooled connection could keep.
    case 'set': return { ...plain, reservedFor: second === K.TRANSACTION ? 'SetTransaction' : 'Set' };
    case 'lockTables': return { ...plain, reservedFor: 'LockTables' };
    case 'unlockTables': return { ...plain, reservedFor: 'UnlockTables' };
    case 'prepare': case 'execute': case 'deallocate': return { ...plain, reservedFor: 'Prepared' };
    case 'handler': return { ...plain, reservedFor: 'Handler' };
    case 'ddl': return second === K.TEMPORARY ? { ...plain, reservedFor: 'DDL on a temporary table' } : plain;
    case 'rollback': return { ...plain, toSavepoint: mentions(lexer, second, K.TO) };
    case 'select': return second === K.NEXT ? { ...plain, sequence: readSequence(lexer) } : { ...plain, ...scan(lexer, second) };
    case 'do': return { ...plain, ...scan(lexer, second), marksSession: true };
    case 'call': return { ...plain, marksSession: true };
    case 'use': return { ...plain, reservedFor: 'Use' };
    case 'flush': return mentions(lexer, second, K.READ, K.EXPORT) ? { ...plain, reservedFor: 'Flush' } : plain;
    default: return plain;
  }
}

function mentions(lexer: Lexer, from: number, ...wanted: readonly number[]): boolean {
  for (let kind = from; kind !== T.EOF && kind !== T.INVALID; kind = lexer.next()) if (wanted.includes(kind)) return true;
  return false;
}

/** GET_LOCK (the other lock functions do no harm on a pooled connection), user variables that are set, and whether another statement follows. */
function scan(lexer: Lexer, from: number): { readonly reservedFor: string | undefined; readonly severalStatements: boolean; readonly marksSession: boolean } {
  let reservedFor: string | undefined;
  let marksSession = false;
  let ended = false;
  for (let kind = from; kind !== T.EOF && kind !== T.INVALID; kind = lexer.next()) {
    if (ended) return { reservedFor, severalStatements: true, marksSession };
    if (kind === T.SEMICOLON) ended = true;
    else if (kind === T.USER_VAR) marksSession = true;
    else if (kind === T.IDENT && reservedFor === undefined && lexer.end - lexer.start === 8 && lexer.slice(lexer.start, lexer.end).toLowerCase() === 'get_lock') reservedFor = 'SelectLockFunc';
  }
  return { reservedFor, severalStatements: false, marksSession };
}

/** After NEXT: `value from t`, `3 values from t`, `:n values from t`. */
function readSequence(lexer: Lexer): StatementTraits['sequence'] {
  let count: bigint | undefined;
  let countBind: string | undefined;
  let kind = lexer.next();
  if (kind === T.INTEGER) {
    count = BigInt(lexer.slice(lexer.start, lexer.end));
    kind = lexer.next();
  } else if (kind === T.BIND) {
    countBind = lexer.slice(lexer.start + 1, lexer.end);
    kind = lexer.next();
  } else {
    count = 1n;
  }
  if (kind !== K.VALUE && kind !== K.VALUES) return undefined;
  if (lexer.next() !== K.FROM) return undefined;
  const name = lexer.next();
  const table = name === T.QUOTED_IDENT ? lexer.slice(lexer.start + 1, lexer.end - 1).replaceAll('``', '`') : lexer.slice(lexer.start, lexer.end);
  return lexer.next() === T.EOF && table !== '' ? { table, count, countBind } : undefined;
}
