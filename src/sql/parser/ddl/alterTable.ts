import type { AddColumns, AlterAction, AlterColumn, AlterPart, AlterTable, ChangeColumn, ColumnPosition, DropPart, PlainAction, RenamePart } from '../../ast/alterTable.ts';
import type { CheckDefinition, ColumnDefinition, IndexDefinition, Partitioning, TableOption } from '../../ast/table.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import * as T from '../../lexer/tokens.ts';
import { charsetName } from '../castType.ts';
import type { Cursor } from '../cursor.ts';
import { acceptCharset, behaviour, ifExists, ifNotExists, lockWait, oneOf, optionalEquals } from './clauses.ts';
import { columnDefinition, definitionOf, valueOfDefault } from './columnDefinition.ts';
import { period } from './createTable.ts';
import { alterationWay, indexOrCheck, isIndexStart } from './indexDefinition.ts';
import { partitionAction } from './partitionAction.ts';
import { partitioning } from './partitioning.ts';
import { tableOption } from './tableOptions.ts';

/** ALTER [ONLINE] [IGNORE] TABLE, with the cursor on TABLE. */
export function alterTable(c: Cursor, start: number, online: boolean, ignore: boolean): AlterTable {
  c.expect(K.TABLE);
  const conditional = ifExists(c);
  const table = c.tableName();
  const wait = lockWait(c);
  const actions: AlterAction[] = [];
  let parts: Partitioning | undefined;
  if (c.kind !== T.EOF && c.kind !== T.SEMICOLON) {
    do {
      if (c.kind === K.PARTITION && c.peek() === K.BY) break;
      actions.push(alterAction(c));
      // PARTITION BY and REMOVE PARTITIONING follow the others without a comma.
      if (c.is(K.REMOVE)) actions.push(alterAction(c));
    } while (c.accept(T.COMMA));
    if (c.is(K.PARTITION)) parts = partitioning(c);
  }
  return { kind: 'alterTable', table, online, ignore, ifExists: conditional, wait, actions, partitioning: parts, start, end: c.lastEnd };
}

function alterAction(c: Cursor): AlterAction {
  const start = c.start;
  const plain = (action: PlainAction['action'], value?: string): PlainAction => ({ kind: 'plainAction', action, value, start, end: c.lastEnd });
  switch (c.kind) {
    case K.ADD:
      return add(c, start);
    case K.DROP:
      return drop(c, start);
    case K.CHANGE: {
      c.advance();
      c.accept(K.COLUMN);
      const conditional = ifExists(c);
      return changed(c, start, conditional, c.name('a column'));
    }
    case K.MODIFY: {
      c.advance();
      c.accept(K.COLUMN);
      return changed(c, start, ifExists(c), undefined);
    }
    case K.ALTER:
      return alter(c, start);
    case K.RENAME:
      return rename(c, start);
    case K.ORDER: {
      const orderBy = c.grammar.orderList(c);
      return { kind: 'orderRows', orderBy, start, end: c.lastEnd };
    }
    case K.CONVERT: {
      if (c.peek() === K.PARTITION || c.peek() === K.TABLE) break;
      c.advance();
      c.expect(K.TO);
      if (!acceptCharset(c)) throw c.unexpected('CHARACTER SET');
      optionalEquals(c);
      const charset = c.accept(K.DEFAULT) ? 'default' : charsetName(c);
      let collate: string | undefined;
      if (c.accept(K.COLLATE)) {
        optionalEquals(c);
        collate = charsetName(c);
      }
      return { kind: 'convertCharset', charset, collate, start, end: c.lastEnd };
    }
    case K.FORCE:
      c.advance();
      return plain('force');
    case K.ENABLE:
    case K.DISABLE: {
      const action = c.kind === K.ENABLE ? 'enable keys' : 'disable keys';
      c.advance();
      c.expect(K.KEYS);
      return plain(action);
    }
    case K.DISCARD:
    case K.IMPORT: {
      if (c.peek() !== K.TABLESPACE) break;
      const action = c.kind === K.DISCARD ? 'discard tablespace' : 'import tablespace';
      c.advance();
      c.advance();
      return plain(action);
    }
    case K.WITH:
    case K.WITHOUT: {
      if (c.peek() !== K.VALIDATION) break;
      const action = c.kind === K.WITH ? 'with validation' : 'without validation';
      c.advance();
      c.advance();
      return plain(action);
    }
    case K.SECONDARY_LOAD:
    case K.SECONDARY_UNLOAD: {
      const action = c.kind === K.SECONDARY_LOAD ? 'secondary_load' : 'secondary_unload';
      c.advance();
      return plain(action);
    }
    case K.ALGORITHM:
    case K.LOCK: {
      const action = c.kind === K.ALGORITHM ? 'algorithm' : 'lock';
      c.advance();
      optionalEquals(c);
      const value = alterationWay(c, action);
      return plain(action, value);
    }
  }
  const inPartitions = partitionAction(c, start);
  if (inPartitions !== undefined) return inPartitions;
  return options(c, start);
}

/** Table options; commas between them belong to the list of actions, so each run without commas is an action. */
function options(c: Cursor, start: number): AlterAction {
  const found: TableOption[] = [];
  for (;;) {
    const option = tableOption(c);
    if (option === undefined) break;
    found.push(option);
  }
  if (found.length === 0) throw c.unexpected('an alteration');
  return { kind: 'tableOptions', options: found, start, end: c.lastEnd };
}

function add(c: Cursor, start: number): AlterAction {
  const inPartitions = partitionAction(c, start);
  if (inPartitions !== undefined) return inPartitions;
  c.advance();
  if (c.kind === K.SYSTEM && c.peek() === K.VERSIONING) {
    c.advance();
    c.advance();
    return { kind: 'plainAction', action: 'add system versioning', value: undefined, start, end: c.lastEnd };
  }
  if (c.kind === K.PERIOD && (c.peek() === K.FOR || c.peek() === K.IF)) {
    const found = period(c);
    return { kind: 'addPeriod', period: found, start, end: c.lastEnd };
  }
  if (isIndexStart(c)) return added(indexOrCheck(c), start, c.lastEnd);
  c.accept(K.COLUMN);
  const conditional = ifNotExists(c);
  if (!c.accept(T.LPAREN)) {
    const column = columnDefinition(c);
    const position = positionOf(c);
    return { kind: 'addColumns', ifNotExists: conditional, columns: [column], others: c.none(), position, start, end: c.lastEnd };
  }
  const columns: ColumnDefinition[] = [];
  const others: (IndexDefinition | CheckDefinition)[] = [];
  do {
    if (isIndexStart(c)) others.push(indexOrCheck(c));
    else columns.push(columnDefinition(c));
  } while (c.accept(T.COMMA));
  c.expect(T.RPAREN);
  return { kind: 'addColumns', ifNotExists: conditional, columns, others, position: undefined, start, end: c.lastEnd } satisfies AddColumns;
}

function added(found: IndexDefinition | CheckDefinition, start: number, end: number): AlterAction {
  return found.kind === 'checkDefinition' ? { kind: 'addCheck', check: found, start, end } : { kind: 'addIndex', index: found, start, end };
}

function positionOf(c: Cursor): ColumnPosition | undefined {
  if (c.accept(K.FIRST)) return { first: true };
  return c.accept(K.AFTER) ? { after: c.name('a column') } : undefined;
}

function changed(c: Cursor, start: number, conditional: boolean, from: string | undefined): ChangeColumn {
  const columnStart = c.start;
  const column = definitionOf(c, c.name('a column'), columnStart);
  const position = positionOf(c);
  return { kind: 'changeColumn', ifExists: conditional, from, column, position, start, end: c.lastEnd };
}

function drop(c: Cursor, start: number): AlterAction {
  c.advance();
  const done = (what: DropPart['what'], conditional: boolean, names: readonly string[], how?: 'restrict' | 'cascade'): DropPart => ({
    kind: 'dropPart', what, ifExists: conditional, names, behaviour: how, start, end: c.lastEnd,
  });
  switch (c.kind) {
    case K.PRIMARY:
      c.advance();
      c.expect(K.KEY);
      return done('primary key', false, c.none());
    case K.FOREIGN: {
      c.advance();
      c.expect(K.KEY);
      const conditional = ifExists(c);
      return done('foreign key', conditional, [c.name('a foreign key')]);
    }
    case K.INDEX:
    case K.KEY: {
      c.advance();
      const conditional = ifExists(c);
      return done('key', conditional, [c.name('an index')]);
    }
    case K.CHECK:
      c.advance();
      return done('check', false, [c.name('a check')]);
    case K.CONSTRAINT: {
      c.advance();
      const conditional = ifExists(c);
      return done('constraint', conditional, [c.name('a constraint')]);
    }
    case K.PARTITION: {
      c.advance();
      const conditional = ifExists(c);
      return done('partition', conditional, c.list((inner) => inner.name('a partition')));
    }
    case K.PERIOD:
      if (c.peek() === K.FOR || c.peek() === K.IF) {
        c.advance();
        const conditional = ifExists(c);
        c.expect(K.FOR);
        return done('period', conditional, [c.name('a period')]);
      }
      break;
    case K.SYSTEM:
      if (c.accept2(K.SYSTEM, K.VERSIONING)) return done('system versioning', false, c.none());
      break;
  }
  c.accept(K.COLUMN);
  const conditional = ifExists(c);
  const name = c.name('a column');
  return done('column', conditional, [name], behaviour(c));
}

function alter(c: Cursor, start: number): AlterAction {
  c.advance();
  if (c.kind === K.INDEX || c.kind === K.KEY) return part(c, start, 'key');
  if (c.kind === K.CHECK) return part(c, start, 'check');
  if (c.kind === K.CONSTRAINT) return part(c, start, 'constraint');
  c.accept(K.COLUMN);
  const conditional = ifExists(c);
  const column = c.name('a column');
  const done = (action: AlterColumn['action'], value?: AlterColumn['value'], parenthesised = false): AlterColumn => ({
    kind: 'alterColumn', ifExists: conditional, column, action, value, parenthesised, start, end: c.lastEnd,
  });
  if (c.accept2(K.DROP, K.DEFAULT)) return done('drop default');
  c.expect(K.SET);
  if (c.accept(K.VISIBLE)) return done('set visible');
  if (c.accept(K.INVISIBLE)) return done('set invisible');
  c.expect(K.DEFAULT);
  const { value, parenthesised } = valueOfDefault(c);
  return done('set default', value, parenthesised);
}

function part(c: Cursor, start: number, what: AlterPart['what']): AlterPart {
  c.advance();
  const conditional = ifExists(c);
  const name = c.name();
  let state: AlterPart['state'];
  if (c.accept2(K.NOT, K.ENFORCED)) state = 'not enforced';
  else if (c.accept2(K.NOT, K.IGNORED)) state = 'not ignored';
  else state = oneOf(c, ['visible', 'invisible', 'enforced', 'ignored']);
  return { kind: 'alterPart', what, ifExists: conditional, name, state, start, end: c.lastEnd };
}

function rename(c: Cursor, start: number): RenamePart {
  c.advance();
  if (c.kind === K.COLUMN || c.kind === K.INDEX || c.kind === K.KEY) {
    const what = c.kind === K.COLUMN ? 'column' : 'key';
    c.advance();
    const conditional = ifExists(c);
    const from = c.name();
    // Some write AS, as for tables.
    if (!c.accept(K.AS)) c.expect(K.TO);
    const to = c.name();
    return { kind: 'renamePart', what, ifExists: conditional, from, table: undefined, to, start, end: c.lastEnd };
  }
  if (!c.accept(K.TO) && !c.accept(K.AS)) c.accept(T.EQ);
  const table = c.tableName();
  return { kind: 'renamePart', what: 'table', ifExists: false, from: undefined, table, to: undefined, start, end: c.lastEnd };
}
