import type { DropObject } from '../../ast/schemaObject.ts';
import type { Statement } from '../../ast/statement.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import { alterUser, createRole, createUser, dropUser, renameUser } from '../admin/account.ts';
import { alterMigration, alterVschema, createSnapshotKeyspace, dropSnapshotKeyspace } from '../admin/vitess.ts';
import type { Cursor } from '../cursor.ts';
import type { StatementFamily } from '../family.ts';
import { alterTable } from './alterTable.ts';
import { behaviour, ifExists } from './clauses.ts';
import { createTable } from './createTable.ts';
import { alterDatabase, createDatabase, dropDatabase } from './database.ts';
import { alterEvent, createEvent } from './event.ts';
import { alterRoutine, createRoutine, createTrigger } from './routine.ts';
import { alterSequence, createSequence } from './sequence.ts';
import { serverObject } from './serverObject.ts';
import { createIndex, dropIndex, dropTable, isCreateIndex, renameTable, truncate } from './tableStatements.ts';
import { alterView, createView, objectHead } from './view.ts';

/** CREATE, ALTER, DROP, TRUNCATE, RENAME: the second words tell what it is. */
export const ddlFamily: StatementFamily = {
  [K.CREATE]: create, [K.ALTER]: alter, [K.DROP]: drop, [K.TRUNCATE]: truncate, [K.RENAME]: (c) => renameTable(c) ?? renameUser(c),
};

function create(c: Cursor): Statement {
  const start = c.start;
  c.advance();
  const comments = c.commentsAfterVerb();
  const found = created(c, start);
  return comments === undefined ? found : { ...found, comments };
}

function created(c: Cursor, start: number): Statement {
  const orReplace = c.accept2(K.OR, K.REPLACE);
  const temporary = c.accept(K.TEMPORARY);
  switch (c.kind) {
    case K.TABLE:
      return createTable(c, start, orReplace, temporary);
    case K.SEQUENCE:
      c.advance();
      return createSequence(c, start, orReplace, temporary);
    case K.DATABASE:
    case K.SCHEMA:
      if (temporary) break;
      c.advance();
      return createDatabase(c, start, orReplace);
    case K.USER:
      c.advance();
      return createUser(c, start, orReplace);
    case K.ROLE:
      c.advance();
      return createRole(c, start, orReplace);
    case K.SNAPSHOT:
      if (!orReplace && !temporary && c.peek() === K.KEYSPACE) return createSnapshotKeyspace(c, start);
      break;
  }
  if (temporary) throw c.unexpected('TABLE');
  if (isCreateIndex(c)) return createIndex(c, start, orReplace);
  const from = c.at;
  const head = objectHead(c, orReplace);
  switch (c.kind) {
    case K.VIEW:
      return createView(c, start, head);
    case K.TRIGGER:
      return createTrigger(c, start, head);
    case K.EVENT:
      return createEvent(c, start, head);
    case K.PROCEDURE:
    case K.FUNCTION:
      return createRoutine(c, start, head);
  }
  const words = [orReplace ? 'or replace' : '', from === c.at || head.definer === undefined ? '' : `definer = ${head.definer}`].filter((word) => word !== '');
  const found = serverObject(c, start, 'create', words.join(' '));
  if (found === undefined) throw c.unexpected('something to create');
  return found;
}

function alter(c: Cursor): Statement {
  const start = c.start;
  c.advance();
  const comments = c.commentsAfterVerb();
  const found = altered(c, start);
  return comments === undefined ? found : { ...found, comments };
}

function altered(c: Cursor, start: number): Statement {
  const online = c.accept(K.ONLINE);
  const ignore = c.accept(K.IGNORE);
  if (online || ignore || c.kind === K.TABLE) return alterTable(c, start, online, ignore);
  switch (c.kind) {
    case K.DATABASE:
    case K.SCHEMA:
      c.advance();
      return alterDatabase(c, start);
    case K.SEQUENCE:
      c.advance();
      return alterSequence(c, start);
    case K.USER:
      c.advance();
      return alterUser(c, start);
    case K.VSCHEMA:
      return alterVschema(c, start);
    case K.VITESS_MIGRATION:
      return alterMigration(c, start);
    case K.PROCEDURE:
    case K.FUNCTION: {
      const type = c.kind === K.PROCEDURE ? 'procedure' : 'function';
      c.advance();
      return alterRoutine(c, start, type);
    }
  }
  const head = objectHead(c, false);
  if (c.kind === K.VIEW) return alterView(c, start, head);
  if (c.kind === K.EVENT) return alterEvent(c, start, head);
  const found = serverObject(c, start, 'alter', '');
  if (found === undefined) throw c.unexpected('something to alter');
  return found;
}

function drop(c: Cursor): Statement | undefined {
  if (c.peek() === K.PREPARE) return undefined;
  const start = c.start;
  c.advance();
  const comments = c.commentsAfterVerb();
  const found = dropped(c, start);
  return comments === undefined ? found : { ...found, comments };
}

function dropped(c: Cursor, start: number): Statement {
  const temporary = c.accept(K.TEMPORARY);
  if (c.accept(K.TABLE) || c.accept(K.TABLES)) return dropTable(c, start, temporary);
  if (c.accept(K.SEQUENCE)) return dropObject(c, start, 'sequence', temporary);
  if (temporary) throw c.unexpected('TABLE');
  switch (c.kind) {
    case K.DATABASE:
    case K.SCHEMA:
      c.advance();
      return dropDatabase(c, start);
    case K.INDEX:
      c.advance();
      return dropIndex(c, start);
    case K.USER:
    case K.ROLE: {
      const type = c.kind === K.USER ? 'user' : 'role';
      c.advance();
      return dropUser(c, start, type);
    }
    case K.SNAPSHOT:
      return dropSnapshotKeyspace(c, start);
    case K.VIEW:
    case K.TRIGGER:
    case K.PROCEDURE:
    case K.FUNCTION:
    case K.EVENT:
    case K.LIBRARY: {
      const what = c.word() as DropObject['what'];
      c.advance();
      return dropObject(c, start, what, false);
    }
    case K.PACKAGE:
      c.advance();
      return dropObject(c, start, c.accept(K.BODY) ? 'package body' : 'package', false);
  }
  const found = serverObject(c, start, 'drop', '');
  if (found === undefined) throw c.unexpected('something to drop');
  return found;
}

function dropObject(c: Cursor, start: number, what: DropObject['what'], temporary: boolean): DropObject {
  const conditional = ifExists(c);
  const names = what === 'view' || what === 'sequence' ? c.list((inner) => inner.tableName()) : [c.tableName()];
  const how = what === 'view' ? behaviour(c) : undefined;
  return { kind: 'dropObject', what, temporary, ifExists: conditional, names, behaviour: how, start, end: c.lastEnd };
}
