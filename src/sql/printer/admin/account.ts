import type { Account, Grant, Revoke } from '../../ast/account.ts';
import type { PrintRules, Printer } from '../printer.ts';
import { withComments } from '../withComments.ts';

export const accountRules: PrintRules<
  | 'account' | 'accountLogin' | 'createUser' | 'alterUser' | 'dropUser' | 'renameUser' | 'createRole' | 'privilege' | 'privilegeObject' | 'grant' | 'revoke' | 'setPassword'
  | 'setRole' | 'setDefaultRole'
> = {
  account: (p, n) => {
    if (n.current !== undefined) {
      p.text(`current_${n.current}()`);
      return;
    }
    p.string(n.user);
    if (n.host !== undefined) {
      p.text('@');
      p.string(n.host);
    }
  },
  accountLogin: (p, n) => {
    p.node(n.account);
    if (n.login !== '') p.text(` ${n.login}`);
  },
  createUser: withComments('create', (p, n) => {
    p.text(`${n.orReplace ? ' or replace' : ''} user ${n.ifNotExists ? 'if not exists ' : ''}`);
    p.list(n.users);
    rest(p, n.options);
  }),
  alterUser: withComments('alter', (p, n) => {
    p.text(` user ${n.ifExists ? 'if exists ' : ''}`);
    p.list(n.users);
    rest(p, n.options);
  }),
  dropUser: withComments('drop', (p, n) => {
    p.text(` ${n.type} ${n.ifExists ? 'if exists ' : ''}`);
    p.list(n.users);
  }),
  renameUser: withComments('rename', (p, n) => {
    p.text(' user ');
    n.pairs.forEach(([from, to], i) => {
      if (i > 0) p.text(', ');
      p.node(from);
      p.text(' to ');
      p.node(to);
    });
  }),
  createRole: withComments('create', (p, n) => {
    p.text(`${n.orReplace ? ' or replace' : ''} role ${n.ifNotExists ? 'if not exists ' : ''}`);
    p.list(n.roles);
    if (n.admin !== undefined) {
      p.text(' with admin ');
      p.node(n.admin);
    }
  }),
  privilege: (p, n) => {
    p.text(n.name);
    if (n.columns.length === 0) return;
    p.text(' (');
    p.names(n.columns);
    p.text(')');
  },
  privilegeObject: (p, n) => {
    if (n.type !== undefined) p.text(`${n.type} `);
    if (n.schema !== undefined) {
      objectPart(p, n.schema);
      p.text('.');
    }
    objectPart(p, n.name);
  },
  grant: withComments('grant ', (p, n) => {
    granted(p, n);
    p.text(' to ');
    p.list(n.to);
    rest(p, n.options);
  }),
  revoke: withComments('revoke ', (p, n) => {
    if (n.ifExists) p.text('if exists ');
    if (n.adminOption) p.text('admin option for ');
    granted(p, n);
    p.text(' from ');
    p.list(n.from);
    if (n.ignoreUnknownUser) p.text(' ignore unknown user');
  }),
  setPassword: withComments('set', (p, n) => {
    p.text(' password');
    if (n.account !== undefined) {
      p.text(' for ');
      p.node(n.account);
    }
    rest(p, n.value);
  }),
  setRole: withComments('set', (p, n) => {
    p.text(' role');
    if (n.type !== 'roles') p.text(` ${n.type}`);
    accounts(p, ' ', n.roles);
  }),
  setDefaultRole: withComments('set', (p, n) => {
    p.text(' default role');
    if (n.type !== 'roles') p.text(` ${n.type}`);
    accounts(p, ' ', n.roles);
    accounts(p, ` ${n.word} `, n.to);
  }),
};

function rest(p: Printer, text: string): void {
  if (text !== '') p.text(` ${text}`);
}

function accounts(p: Printer, before: string, found: readonly Account[]): void {
  if (found.length === 0) return;
  p.text(before);
  p.list(found);
}

function objectPart(p: Printer, name: string): void {
  if (name === '*') p.text('*');
  else p.name(name);
}

function granted(p: Printer, n: Grant | Revoke): void {
  if (n.proxy !== undefined) {
    p.text('proxy on ');
    p.node(n.proxy);
    return;
  }
  if (n.roles.length > 0) p.list(n.roles);
  else p.list(n.privileges);
  if (n.on !== undefined) {
    p.text(' on ');
    p.node(n.on);
  }
}
