import type { AlterDatabase, CreateDatabase, DropDatabase } from '../../ast/schemaObject.ts';
import type { TableOption } from '../../ast/table.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import { quoteName, quoteString } from '../../lexer/quote.ts';
import * as T from '../../lexer/tokens.ts';
import { charsetName } from '../castType.ts';
import type { Cursor } from '../cursor.ts';
import { acceptCharset, ifExists, ifNotExists, optionalEquals } from './clauses.ts';

/** With the cursor behind DATABASE. */
export function createDatabase(c: Cursor, start: number, orReplace: boolean): CreateDatabase {
  const conditional = ifNotExists(c);
  const name = c.name('a database');
  const options = databaseOptions(c);
  return { kind: 'createDatabase', orReplace, ifNotExists: conditional, name, options, start, end: c.lastEnd };
}

/** With the cursor behind DATABASE. */
export function alterDatabase(c: Cursor, start: number): AlterDatabase {
  // `alter database charset = x`: the options' words are not the name, save where an option follows them.
  const name = isOption(c) ? undefined : c.name('a database');
  if (c.accept(K.UPGRADE)) {
    c.expect(K.DATA);
    c.expect(K.DIRECTORY);
    c.expect(K.NAME);
    return { kind: 'alterDatabase', name, upgrade: true, options: c.none(), start, end: c.lastEnd };
  }
  const options = databaseOptions(c);
  if (options.length === 0) throw c.unexpected('an option');
  return { kind: 'alterDatabase', name, upgrade: false, options, start, end: c.lastEnd };
}

export function dropDatabase(c: Cursor, start: number): DropDatabase {
  const conditional = ifExists(c);
  const name = c.name('a database');
  return { kind: 'dropDatabase', ifExists: conditional, name, start, end: c.lastEnd };
}

function isOption(c: Cursor): boolean {
  switch (c.kind) {
    case K.DEFAULT:
    case K.CHARACTER:
    case K.CHAR:
    case K.COLLATE:
      return true;
    case K.CHARSET:
    case K.ENCRYPTION:
    case K.COMMENT:
      return c.peek() === T.EQ || c.peek() === T.STRING || c.isNameKind(c.peek());
    case K.READ:
      return c.peek() === K.ONLY;
    default:
      return false;
  }
}

function databaseOptions(c: Cursor): TableOption[] {
  const found: TableOption[] = [];
  for (;;) {
    const start = c.start;
    const byDefault = c.accept(K.DEFAULT);
    let name: string;
    let value: string;
    if (acceptCharset(c)) {
      optionalEquals(c);
      name = 'charset';
      value = c.accept(K.DEFAULT) ? 'default' : quoteName(charsetName(c));
    } else if (c.accept(K.COLLATE)) {
      optionalEquals(c);
      name = 'collate';
      value = c.accept(K.DEFAULT) ? 'default' : quoteName(charsetName(c));
    } else if (c.accept(K.ENCRYPTION)) {
      optionalEquals(c);
      name = 'encryption';
      value = quoteString(c.string(), c.settings.noBackslashEscapes);
    } else if (!byDefault && c.accept(K.COMMENT)) {
      optionalEquals(c);
      name = 'comment';
      value = quoteString(c.string(), c.settings.noBackslashEscapes);
    } else if (!byDefault && c.accept2(K.READ, K.ONLY)) {
      optionalEquals(c);
      name = 'read only';
      value = c.accept(K.DEFAULT) ? 'default' : c.integer();
    } else if (byDefault) throw c.unexpected('CHARACTER SET, COLLATE or ENCRYPTION');
    else return found;
    found.push({ kind: 'tableOption', name, value, start, end: c.lastEnd });
  }
}
