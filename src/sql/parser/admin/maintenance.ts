import type { Flush, Kill, LockedTable, LockTables, TableMaintenance, UnlockTables, Xa } from '../../ast/admin.ts';
import type { Statement } from '../../ast/statement.ts';
import type { TableName } from '../../ast/node.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import { quoteString } from '../../lexer/quote.ts';
import * as T from '../../lexer/tokens.ts';
import type { Cursor } from '../cursor.ts';
import { oneOf } from '../ddl/clauses.ts';
import { noBinlog } from '../ddl/partitionAction.ts';
import { SourceText, textUntil } from '../ddl/sourceText.ts';
import { atEnd } from '../ddl/tableStatements.ts';
import type { StatementFamily } from '../family.ts';
import { tableAlias } from '../tableRef.ts';
import { accountText } from './accountName.ts';
import { maintenanceOptions } from './maintenanceOptions.ts';

/** Locks, upkeep of tables, FLUSH, KILL, XA. */
export const maintenanceFamily: StatementFamily = {
  [K.LOCK]: lock, [K.UNLOCK]: unlock, [K.ANALYZE]: tableMaintenance, [K.OPTIMIZE]: tableMaintenance, [K.CHECK]: tableMaintenance, [K.REPAIR]: tableMaintenance,
  [K.CHECKSUM]: tableMaintenance, [K.FLUSH]: flush, [K.KILL]: kill, [K.XA]: xa,
};

function isTables(kind: number): boolean {
  return kind === K.TABLE || kind === K.TABLES;
}

function lock(c: Cursor): Statement | undefined {
  if (!isTables(c.peek())) return undefined;
  const start = c.start;
  c.advance();
  c.advance();
  const tables = c.list(lockedTable);
  return { kind: 'lockTables', tables, start, end: c.lastEnd } satisfies LockTables;
}

function lockedTable(c: Cursor): LockedTable {
  const start = c.start;
  const table = c.tableName();
  const alias = c.accept(K.AS) ? c.nameOrString() : isLockType(c) ? undefined : tableAlias(c);
  let type: LockedTable['type'];
  if (c.accept(K.READ)) type = c.accept(K.LOCAL) ? 'read local' : 'read';
  else if (c.accept(K.LOW_PRIORITY)) {
    c.expect(K.WRITE);
    type = 'low_priority write';
  } else {
    c.expect(K.WRITE);
    type = c.acceptWord('concurrent') ? 'write concurrent' : 'write';
  }
  return { kind: 'lockedTable', table, alias, type, start, end: c.lastEnd };
}

function isLockType(c: Cursor): boolean {
  return c.kind === K.READ || c.kind === K.WRITE || c.kind === K.LOW_PRIORITY;
}

function unlock(c: Cursor): UnlockTables | undefined {
  if (!isTables(c.peek())) return undefined;
  const start = c.start;
  c.advance();
  c.advance();
  return { kind: 'unlockTables', start, end: c.lastEnd };
}

/** ANALYZE, OPTIMIZE, CHECK, REPAIR, CHECKSUM TABLE; undefined for MariaDB's ANALYZE of a statement. */
function tableMaintenance(c: Cursor): TableMaintenance | undefined {
  const binlog = c.peek() === K.LOCAL || c.peek() === K.NO_WRITE_TO_BINLOG;
  const object = binlog ? c.peek(2) : c.peek();
  const view = object === K.VIEW && (c.kind === K.CHECK || c.kind === K.REPAIR);
  // As Vitess does, OPTIMIZE and REPAIR are understood without the word TABLE.
  const bare = (c.kind === K.OPTIMIZE || c.kind === K.REPAIR) && c.isNameKind(object);
  if (!isTables(object) && !view && !bare) return undefined;
  const start = c.start;
  const verb = oneOf(c, ['analyze', 'optimize', 'check', 'repair', 'checksum']);
  const local = noBinlog(c);
  if (!bare || view) c.advance();
  const tables = c.list((inner) => inner.tableName());
  const options = maintenanceOptions(c, verb);
  return { kind: 'tableMaintenance', verb, local, view, tables, options, start, end: c.lastEnd };
}

function flush(c: Cursor): Flush {
  const start = c.start;
  c.advance();
  const local = noBinlog(c);
  const done = (what: readonly string[], tables: readonly TableName[], withReadLock: boolean, forExport: boolean): Flush => ({
    kind: 'flush', local, what, tables, withReadLock, forExport, start, end: c.lastEnd,
  });
  if (isTables(c.kind)) {
    c.advance();
    const named = !atEnd(c) && c.kind !== K.WITH && c.kind !== K.FOR && c.kind !== T.COMMA;
    const tables: readonly TableName[] = named ? c.list((inner) => inner.tableName()) : c.none();
    if (!c.is(T.COMMA)) {
      const readLock = c.accept(K.WITH);
      if (readLock) {
        c.expect(K.READ);
        c.expect(K.LOCK);
        // MariaDB: `with read lock and disable checkpoint`.
        if (c.accept(K.AND)) {
          c.expect(K.DISABLE);
          if (!c.acceptWord('checkpoint')) throw c.unexpected('CHECKPOINT');
          return done(['tables', 'and disable checkpoint'], tables, true, false);
        }
      }
      const forExport = !readLock && c.accept(K.FOR);
      if (forExport) c.expect(K.EXPORT);
      return done(['tables'], tables, readLock, forExport);
    }
    c.advance();
    return done(['tables', ...c.list(flushed)], tables, false, false);
  }
  return done(c.list(flushed), c.none(), false, false);
}

function flushed(c: Cursor): string {
  const text = textUntil(c, (inner) => inner.is(T.COMMA));
  if (!/^[a-z]/i.test(text)) throw c.unexpected('something to flush');
  return text;
}

function kill(c: Cursor): Kill {
  const start = c.start;
  c.advance();
  const strength = c.acceptWord('hard') ? 'hard' : c.acceptWord('soft') ? 'soft' : undefined;
  let type: Kill['type'];
  if (c.accept(K.CONNECTION)) type = 'connection';
  else if (c.accept(K.QUERY)) type = c.acceptWord('id') ? 'query id' : 'query';
  if (c.kind === K.USER && type !== 'query id') {
    c.advance();
    const user = accountText(c);
    return { kind: 'kill', type, strength, id: undefined, user, start, end: c.lastEnd };
  }
  const id = c.grammar.expression(c);
  return { kind: 'kill', type, strength, id, user: undefined, start, end: c.lastEnd };
}

function xa(c: Cursor): Xa {
  const start = c.start;
  c.advance();
  const done = (action: Xa['action'], xid?: string, option?: string): Xa => ({ kind: 'xa', action, xid, option, start, end: c.lastEnd });
  if (c.accept(K.RECOVER)) {
    if (!c.accept(K.CONVERT)) return done('recover', undefined, c.accept(K.FORMAT) ? formatOf(c) : undefined);
    c.expect(K.XID);
    return done('recover', undefined, 'convert xid');
  }
  const action = c.accept(K.BEGIN) ? 'start' : oneOf(c, ['start', 'end', 'prepare', 'commit', 'rollback']);
  const xid = xidText(c);
  if (action === 'start') {
    if (c.accept(K.JOIN)) return done(action, xid, 'join');
    return done(action, xid, c.accept(K.RESUME) ? 'resume' : undefined);
  }
  if (action === 'end' && c.accept(K.SUSPEND)) {
    if (!c.accept(K.FOR)) return done(action, xid, 'suspend');
    c.expect(K.MIGRATE);
    return done(action, xid, 'suspend for migrate');
  }
  if (action === 'commit' && c.accept(K.ONE)) {
    c.expect(K.PHASE);
    return done(action, xid, 'one phase');
  }
  return done(action, xid);
}

/** MariaDB's `xa recover format = 'sql'`. */
function formatOf(c: Cursor): string {
  c.expect(T.EQ);
  return `format = ${quoteString(c.string().toLowerCase(), c.settings.noBackslashEscapes)}`;
}

/** One to three parts: strings or hex, then a number. */
function xidText(c: Cursor): string {
  const text = new SourceText();
  for (let part = 0; part < 3; part++) {
    if (part > 0) {
      if (!c.is(T.COMMA)) break;
      text.take(c);
    }
    const fits = part < 2 ? c.is(T.STRING) || c.is(T.HEX_STRING) || c.is(T.HEX_NUMBER) || c.is(T.BIT_STRING) : c.is(T.INTEGER) || c.is(T.HEX_NUMBER);
    if (!fits) throw c.unexpected('a transaction id');
    text.take(c);
  }
  return text.toString();
}
