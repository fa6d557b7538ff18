import type {
  Account, AccountLogin, AlterUser, CreateRole, CreateUser, DropUser, Grant, Privilege, PrivilegeObject, RenameUser, Revoke, SetDefaultRole, SetPassword, SetRole,
} from '../../ast/account.ts';
import type { Statement } from '../../ast/statement.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import * as T from '../../lexer/tokens.ts';
import type { Cursor } from '../cursor.ts';
import type { StatementFamily } from '../family.ts';
import { ifExists, ifNotExists } from '../ddl/clauses.ts';
import { restText, textUntil } from '../ddl/sourceText.ts';
import { atEnd } from '../ddl/tableStatements.ts';
import { account } from './accountName.ts';

/** GRANT, REVOKE, SET PASSWORD, SET ROLE; CREATE, ALTER, DROP and RENAME of users and roles come through the DDL family. */
export const accountFamily: StatementFamily = { [K.GRANT]: grant, [K.REVOKE]: revoke, [K.SET]: set };

/** `user identified …`: what follows the account up to a comma or to the clauses for all. */
function login(c: Cursor): AccountLogin {
  const start = c.start;
  return loginOf(c, account(c), start);
}

/** How an account that has been read logs in. */
function loginOf(c: Cursor, who: Account, start: number): AccountLogin {
  const text = isLoginStart(c) ? textUntil(c, (inner) => inner.is(T.COMMA) || inner.is(K.REQUIRE) || (inner.is(K.WITH) && !followsPlugin(inner)) || isUserOption(inner)) : '';
  return { kind: 'accountLogin', account: who, login: text, start, end: c.lastEnd };
}

/** IDENTIFIED, DISCARD OLD PASSWORD, and MySQL's factors. */
function isLoginStart(c: Cursor): boolean {
  switch (c.kind) {
    case K.IDENTIFIED:
    case K.DISCARD:
      return true;
    case K.ADD:
    case K.MODIFY:
    case K.DROP:
    case T.INTEGER:
      return c.peek() === K.FACTOR || c.peek(2) === K.FACTOR;
    default:
      return false;
  }
}

/** What may follow all accounts, to the end. */
function userOptions(c: Cursor): string {
  if (!atEnd(c) && c.kind !== K.REQUIRE && c.kind !== K.WITH && !isUserOption(c)) throw c.unexpected('the end of the statement');
  return restText(c);
}

/** `identified with plugin`: that WITH belongs to the login. */
function followsPlugin(c: Cursor): boolean {
  return c.at > 0 && c.stream.kinds[c.at - 1] === K.IDENTIFIED;
}

/** Clauses of CREATE and ALTER USER that hold for all accounts of the statement. */
function isUserOption(c: Cursor): boolean {
  switch (c.kind) {
    case K.PASSWORD:
      return c.peek() !== T.LPAREN && c.stream.kinds[c.at - 1] !== K.CURRENT && c.stream.kinds[c.at - 1] !== K.OLD && c.stream.kinds[c.at - 1] !== K.RANDOM;
    case K.ACCOUNT:
    case K.COMMENT:
    case K.ATTRIBUTE:
    case K.FAILED_LOGIN_ATTEMPTS:
    case K.PASSWORD_LOCK_TIME:
      return true;
    case K.DEFAULT:
      return c.peek() === K.ROLE;
    default:
      return false;
  }
}

/** With the cursor behind USER. */
export function createUser(c: Cursor, start: number, orReplace: boolean): CreateUser {
  const conditional = ifNotExists(c);
  const users = c.list(login);
  const options = userOptions(c);
  return { kind: 'createUser', orReplace, ifNotExists: conditional, users, options, start, end: c.lastEnd };
}

/** With the cursor behind USER. */
export function alterUser(c: Cursor, start: number): AlterUser {
  const conditional = ifExists(c);
  // `alter user user() identified by …` is the current user.
  if (c.kind === K.USER && c.peek() === T.LPAREN) {
    const at = c.start;
    c.advance();
    c.advance();
    c.expect(T.RPAREN);
    const who: Account = { kind: 'account', user: '', host: undefined, current: 'user', start: at, end: c.lastEnd };
    const users = [loginOf(c, who, at)];
    const options = userOptions(c);
    return { kind: 'alterUser', ifExists: conditional, users, options, start, end: c.lastEnd };
  }
  const users = c.list(login);
  const options = userOptions(c);
  return { kind: 'alterUser', ifExists: conditional, users, options, start, end: c.lastEnd };
}

/** With the cursor behind USER or ROLE. */
export function dropUser(c: Cursor, start: number, type: 'user' | 'role'): DropUser {
  const conditional = ifExists(c);
  const users = c.list(account);
  return { kind: 'dropUser', type, ifExists: conditional, users, start, end: c.lastEnd };
}

/** RENAME USER, with the cursor on RENAME. */
export function renameUser(c: Cursor): RenameUser {
  const start = c.start;
  c.advance();
  c.expect(K.USER);
  const pairs = c.list((inner): readonly [Account, Account] => {
    const from = account(inner);
    inner.expect(K.TO);
    return [from, account(inner)];
  });
  return { kind: 'renameUser', pairs, start, end: c.lastEnd };
}

/** With the cursor behind ROLE. */
export function createRole(c: Cursor, start: number, orReplace: boolean): CreateRole {
  const conditional = ifNotExists(c);
  const roles = c.list(account);
  let admin: Account | undefined;
  if (c.accept(K.WITH)) {
    c.expect(K.ADMIN);
    admin = account(c);
  }
  return { kind: 'createRole', orReplace, ifNotExists: conditional, roles, admin, start, end: c.lastEnd };
}

interface Granted {
  readonly privileges: readonly Privilege[];
  readonly roles: readonly Account[];
  readonly on: PrivilegeObject | undefined;
  readonly proxy: Account | undefined;
}

/** Everything up to TO or FROM. */
function granted(c: Cursor, end: number): Granted {
  if (c.kind === K.PROXY && c.peek() === K.ON) {
    c.advance();
    c.advance();
    const proxy = account(c);
    return { privileges: c.none(), roles: c.none(), on: undefined, proxy };
  }
  const at = c.at;
  const lastEnd = c.lastEnd;
  // Privileges have ON behind them, roles do not; only `all privileges, grant option` has neither.
  if (!hasOn(c, end) && !isRevokeAll(c)) {
    const roles = c.list(account);
    return { privileges: c.none(), roles, on: undefined, proxy: undefined };
  }
  c.backTo(at, lastEnd);
  const privileges = c.list(privilege);
  const on = c.accept(K.ON) ? privilegeObject(c) : undefined;
  return { privileges, roles: c.none(), on, proxy: undefined };
}

function hasOn(c: Cursor, end: number): boolean {
  for (let ahead = 0; ; ahead++) {
    const kind = c.peek(ahead);
    if (kind === K.ON) return true;
    if (kind === end || kind === T.EOF || kind === T.SEMICOLON) return false;
  }
}

function isRevokeAll(c: Cursor): boolean {
  return c.kind === K.ALL;
}

/** Words up to a comma, a column list, ON or FROM: `select (a, b)`, `create temporary tables`, `backup_admin`. */
function privilege(c: Cursor): Privilege {
  const start = c.start;
  const words: string[] = [];
  while (c.kind >= 256 || c.kind === T.IDENT || c.kind === T.QUOTED_IDENT) {
    if (c.kind === K.ON || c.kind === K.FROM || c.kind === K.TO) break;
    words.push(c.kind === T.QUOTED_IDENT ? c.stream.text(c.at) : c.word());
    c.advance();
  }
  if (words.length === 0) throw c.unexpected('a privilege');
  let columns: readonly string[] = c.none();
  if (c.is(T.LPAREN)) columns = c.nameList();
  const name = words.join(' ');
  return { kind: 'privilege', name: name === 'all' ? 'all privileges' : name, columns, start, end: c.lastEnd };
}

function privilegeObject(c: Cursor): PrivilegeObject {
  const start = c.start;
  let type: PrivilegeObject['type'];
  if (c.kind === K.TABLE) type = 'table';
  else if (c.kind === K.FUNCTION) type = 'function';
  else if (c.kind === K.PROCEDURE) type = 'procedure';
  else if (c.kind === K.LIBRARY && c.isNameKind(c.peek())) type = 'library';
  else if (c.kind === K.PACKAGE && c.isNameKind(c.peek())) type = 'package';
  if (type !== undefined) c.advance();
  if (type === 'package' && c.accept(K.BODY)) type = 'package body';
  let name = part(c);
  let schema: string | undefined;
  if (c.accept(T.DOT)) {
    schema = name;
    name = part(c);
  }
  return { kind: 'privilegeObject', type, schema, name, start, end: c.lastEnd };
}

function part(c: Cursor): string {
  return c.accept(T.STAR) ? '*' : c.name('a name or *');
}

function grant(c: Cursor): Grant {
  const start = c.start;
  c.advance();
  const what = granted(c, K.TO);
  c.expect(K.TO);
  const to = c.list((inner): AccountLogin => {
    const at = inner.start;
    const who = account(inner);
    const text = inner.is(K.IDENTIFIED) ? textUntil(inner, (t) => t.is(T.COMMA) || t.is(K.REQUIRE) || (t.is(K.WITH) && !followsPlugin(t))) : '';
    return { kind: 'accountLogin', account: who, login: text, start: at, end: inner.lastEnd };
  });
  if (!atEnd(c) && c.kind !== K.REQUIRE && c.kind !== K.WITH && c.kind !== K.AS) throw c.unexpected('the end of the statement');
  const options = restText(c);
  return { kind: 'grant', ...what, to, options, start, end: c.lastEnd };
}

function revoke(c: Cursor): Revoke {
  const start = c.start;
  c.advance();
  const conditional = ifExists(c);
  let adminOption = false;
  if (c.kind === K.ADMIN && c.peek() === K.OPTION && c.peek(2) === K.FOR) {
    for (let i = 0; i < 3; i++) c.advance();
    adminOption = true;
  }
  const what = granted(c, K.FROM);
  c.expect(K.FROM);
  const from = c.list(account);
  let ignoreUnknownUser = false;
  if (c.accept(K.IGNORE)) {
    c.expect(K.UNKNOWN);
    c.expect(K.USER);
    ignoreUnknownUser = true;
  }
  return { kind: 'revoke', ifExists: conditional, adminOption, ...what, from, ignoreUnknownUser, start, end: c.lastEnd };
}

/** SET PASSWORD, SET ROLE, SET DEFAULT ROLE, SET RESOURCE GROUP; undefined for all other SETs. */
function set(c: Cursor): Statement | undefined {
  const start = c.start;
  switch (c.peek()) {
    case K.PASSWORD: {
      const next = c.peek(2);
      if (next !== T.EQ && next !== K.FOR && next !== K.TO) return undefined;
      c.advance();
      c.advance();
      return setPassword(c, start);
    }
    case K.ROLE: {
      const next = c.peek(2);
      if (next === T.EQ || next === T.ASSIGN || next === T.DOT) return undefined;
      c.advance();
      c.advance();
      return setRole(c, start);
    }
    case K.DEFAULT:
      if (c.peek(2) !== K.ROLE) return undefined;
      for (let i = 0; i < 3; i++) c.advance();
      return setDefaultRole(c, start);
    case K.RESOURCE: {
      if (c.peek(2) !== K.GROUP) return undefined;
      for (let i = 0; i < 3; i++) c.advance();
      const rest = restText(c);
      if (rest === '') throw c.unexpected('a resource group');
      return { kind: 'serverCommand', command: 'set resource group', rest, start, end: c.lastEnd };
    }
    default:
      return undefined;
  }
}

function setPassword(c: Cursor, start: number): SetPassword {
  const who = c.accept(K.FOR) ? account(c) : undefined;
  if (c.kind !== T.EQ && c.kind !== K.TO) throw c.unexpected("'='");
  const value = restText(c);
  return { kind: 'setPassword', account: who, value, start, end: c.lastEnd };
}

function setRole(c: Cursor, start: number): SetRole {
  const done = (type: SetRole['type'], roles: readonly Account[]): SetRole => ({ kind: 'setRole', type, roles, start, end: c.lastEnd });
  if (c.accept(K.DEFAULT)) return done('default', c.none());
  if (c.accept(K.NONE)) return done('none', c.none());
  if (c.accept(K.ALL)) return c.accept(K.EXCEPT) ? done('all except', c.list(account)) : done('all', c.none());
  return done('roles', c.list(account));
}

function setDefaultRole(c: Cursor, start: number): SetDefaultRole {
  let type: SetDefaultRole['type'] = 'roles';
  let roles: readonly Account[] = c.none();
  if (c.accept(K.NONE)) type = 'none';
  else if (c.accept(K.ALL)) type = 'all';
  else roles = c.list(account);
  const word = c.kind === K.FOR ? 'for' : 'to';
  const to = c.accept(K.TO) || c.accept(K.FOR) ? c.list(account) : c.none();
  return { kind: 'setDefaultRole', type, roles, to, word, start, end: c.lastEnd };
}
