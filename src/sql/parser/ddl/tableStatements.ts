import type { CreateIndex, DropIndex, DropTable, IndexOption, IndexType, RenamePair, RenameTable, TruncateTable } from '../../ast/table.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import * as T from '../../lexer/tokens.ts';
import type { Cursor } from '../cursor.ts';
import { behaviour, ifExists, ifNotExists, lockWait } from './clauses.ts';
import { algorithmAndLock, indexOptions, indexParts, leadingType } from './indexDefinition.ts';

/** DROP [TEMPORARY] TABLE, with the cursor behind TABLE. */
export function dropTable(c: Cursor, start: number, temporary: boolean): DropTable {
  const conditional = ifExists(c);
  const tables = c.list((inner) => inner.tableName());
  const wait = lockWait(c);
  const how = behaviour(c);
  return { kind: 'dropTable', temporary, ifExists: conditional, tables, behaviour: how, wait, start, end: c.lastEnd };
}

/** TRUNCATE [TABLE]. */
export function truncate(c: Cursor): TruncateTable {
  const start = c.start;
  c.advance();
  c.accept(K.TABLE);
  const table = c.tableName();
  const wait = lockWait(c);
  return { kind: 'truncateTable', table, wait, start, end: c.lastEnd };
}

/** RENAME TABLE, with the cursor on RENAME; undefined for RENAME USER. */
export function renameTable(c: Cursor): RenameTable | undefined {
  if (c.peek() !== K.TABLE && c.peek() !== K.TABLES) return undefined;
  const start = c.start;
  c.advance();
  c.advance();
  const conditional = ifExists(c);
  const renames = c.list(renamePair);
  return { kind: 'renameTable', ifExists: conditional, renames, start, end: c.lastEnd };
}

function renamePair(c: Cursor): RenamePair {
  const start = c.start;
  const from = c.tableName();
  const wait = lockWait(c);
  c.expect(K.TO);
  const to = c.tableName();
  return { kind: 'renamePair', from, to, wait, start, end: c.lastEnd };
}

const indexTypes = new Map<number, IndexType>([[K.UNIQUE, 'unique key'], [K.FULLTEXT, 'fulltext key'], [K.SPATIAL, 'spatial key'], [K.VECTOR, 'vector key'], [K.INDEX, 'key']]);

/** Whether CREATE INDEX stands here, behind CREATE. */
export function isCreateIndex(c: Cursor): boolean {
  return c.kind === K.INDEX || (indexTypes.has(c.kind) && c.peek() === K.INDEX);
}

/** CREATE [UNIQUE|FULLTEXT|SPATIAL] INDEX, with the cursor behind CREATE. */
export function createIndex(c: Cursor, start: number, orReplace: boolean): CreateIndex {
  const indexStart = c.start;
  const type = indexTypes.get(c.kind) ?? 'key';
  if (c.kind !== K.INDEX) c.advance();
  c.expect(K.INDEX);
  const conditional = ifNotExists(c);
  const name = c.name('an index');
  const options: IndexOption[] = leadingType(c);
  c.expect(K.ON);
  const table = c.tableName();
  const parts = indexParts(c);
  options.push(...indexOptions(c), ...algorithmAndLock(c));
  const wait = lockWait(c);
  const index = {
    kind: 'indexDefinition', type, constraint: undefined, name, ifNotExists: conditional, parts, options, reference: undefined, start: indexStart, end: c.lastEnd,
  } as const;
  return { kind: 'createIndex', orReplace, table, index, wait, start, end: c.lastEnd };
}

/** DROP INDEX, with the cursor behind INDEX. */
export function dropIndex(c: Cursor, start: number): DropIndex {
  const conditional = ifExists(c);
  const name = c.name('an index');
  c.expect(K.ON);
  const table = c.tableName();
  const options = algorithmAndLock(c);
  const wait = lockWait(c);
  return { kind: 'dropIndex', ifExists: conditional, name, table, options, wait, start, end: c.lastEnd };
}

/** Nothing but the end of the statement stands here. */
export function atEnd(c: Cursor): boolean {
  return c.kind === T.EOF || c.kind === T.SEMICOLON;
}
