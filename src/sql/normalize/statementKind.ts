import * as K from '../lexer/keywordIds.generated.ts';
import * as T from '../lexer/tokens.ts';

/** What a statement does, as far as its first words tell; enough to route a packet before anything is parsed. */
export type QuickKind =
  | 'select' | 'insert' | 'replace' | 'update' | 'delete' | 'stream' | 'vstream'
  | 'begin' | 'commit' | 'rollback' | 'savepoint' | 'releaseSavepoint' | 'xa'
  | 'set' | 'show' | 'use' | 'explain' | 'vexplain' | 'call' | 'do' | 'load' | 'handler'
  | 'prepare' | 'execute' | 'deallocate' | 'lockTables' | 'unlockTables' | 'flush' | 'kill'
  | 'ddl' | 'account' | 'replication' | 'maintenance' | 'revert' | 'other' | 'empty';

/** Kinds by the first keyword; WITH and `(` are looked into by the caller. */
const byFirst = new Map<number, QuickKind>([
  [K.SELECT, 'select'], [K.VALUES, 'select'], [K.TABLE, 'select'], [K.INSERT, 'insert'], [K.REPLACE, 'replace'], [K.UPDATE, 'update'], [K.DELETE, 'delete'],
  [K.STREAM, 'stream'], [K.VSTREAM, 'vstream'],
  [K.BEGIN, 'begin'], [K.COMMIT, 'commit'], [K.ROLLBACK, 'rollback'], [K.SAVEPOINT, 'savepoint'], [K.RELEASE, 'releaseSavepoint'], [K.XA, 'xa'],
  [K.SET, 'set'], [K.SHOW, 'show'], [K.USE, 'use'], [K.EXPLAIN, 'explain'], [K.DESCRIBE, 'explain'], [K.DESC, 'explain'], [K.VEXPLAIN, 'vexplain'],
  [K.CALL, 'call'], [K.DO, 'do'], [K.LOAD, 'load'], [K.HANDLER, 'handler'],
  [K.PREPARE, 'prepare'], [K.EXECUTE, 'execute'], [K.DEALLOCATE, 'deallocate'],
  [K.LOCK, 'lockTables'], [K.UNLOCK, 'unlockTables'], [K.FLUSH, 'flush'], [K.KILL, 'kill'],
  [K.CREATE, 'ddl'], [K.ALTER, 'ddl'], [K.DROP, 'ddl'], [K.TRUNCATE, 'ddl'], [K.RENAME, 'ddl'],
  [K.GRANT, 'account'], [K.REVOKE, 'account'],
  [K.CHANGE, 'replication'], [K.PURGE, 'replication'], [K.RESET, 'replication'], [K.BINLOG, 'replication'], [K.STOP, 'replication'],
  [K.ANALYZE, 'maintenance'], [K.OPTIMIZE, 'maintenance'], [K.CHECK, 'maintenance'], [K.REPAIR, 'maintenance'], [K.CHECKSUM, 'maintenance'],
  [K.REVERT, 'revert'], [T.EOF, 'empty'],
]);

/** The kind by the first token and, for START, DROP PREPARE and account statements, the second. */
export function quickKind(first: number, second: number): QuickKind {
  if (first === K.START) return second === K.TRANSACTION ? 'begin' : 'replication';
  if (first === K.CREATE || first === K.ALTER || first === K.DROP || first === K.RENAME) {
    if (second === K.USER || second === K.ROLE) return 'account';
    if (second === K.PREPARE) return 'deallocate';
  }
  return byFirst.get(first) ?? 'other';
}
