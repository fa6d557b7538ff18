import type { Commented, Node } from './node.ts';

export type AccountStatement = CreateUser | AlterUser | DropUser | RenameUser | CreateRole | Grant | Revoke | SetPassword | SetRole | SetDefaultRole;

/** `'user'@'host'`; a role may have no host; `current_user` has no name. */
export interface Account extends Node {
  readonly kind: 'account';
  readonly user: string;
  readonly host?: string;
  /** CURRENT_USER or CURRENT_ROLE; `user` is then empty. */
  readonly current?: 'user' | 'role';
}

/** An account with how it logs in, as it is to be written: `identified with caching_sha2_password by '…'`. Passwords stand in it. */
export interface AccountLogin extends Node {
  readonly kind: 'accountLogin';
  readonly account: Account;
  readonly login: string;
}

export interface CreateUser extends Node, Commented {
  readonly kind: 'createUser';
  readonly orReplace: boolean;
  readonly ifNotExists: boolean;
  readonly users: readonly AccountLogin[];
  /** DEFAULT ROLE, REQUIRE, WITH limits, PASSWORD EXPIRE, ACCOUNT LOCK, COMMENT, …, as it is to be written. */
  readonly options: string;
}

export interface AlterUser extends Node, Commented {
  readonly kind: 'alterUser';
  readonly ifExists: boolean;
  readonly users: readonly AccountLogin[];
  readonly options: string;
}

export interface DropUser extends Node, Commented {
  readonly kind: 'dropUser';
  readonly type: 'user' | 'role';
  readonly ifExists: boolean;
  readonly users: readonly Account[];
}

export interface RenameUser extends Node, Commented {
  readonly kind: 'renameUser';
  readonly pairs: readonly (readonly [Account, Account])[];
}

export interface CreateRole extends Node, Commented {
  readonly kind: 'createRole';
  readonly orReplace: boolean;
  readonly ifNotExists: boolean;
  readonly roles: readonly Account[];
  /** MariaDB. */
  readonly admin?: Account;
}

/** A privilege with its columns: `select (a, b)`, `all privileges`, `grant option`; in GRANT of roles an account. */
export interface Privilege extends Node {
  readonly kind: 'privilege';
  /** Lower case. */
  readonly name: string;
  readonly columns: readonly string[];
}

/** What a privilege is for; names as written, `*` for all. */
export interface PrivilegeObject extends Node {
  readonly kind: 'privilegeObject';
  readonly type?: 'table' | 'function' | 'procedure' | 'package' | 'package body' | 'library';
  readonly schema?: string;
  readonly name: string;
}

export interface Grant extends Node, Commented {
  readonly kind: 'grant';
  readonly privileges: readonly Privilege[];
  /** Roles, when no privileges are granted. */
  readonly roles: readonly Account[];
  readonly on?: PrivilegeObject;
  /** PROXY ON this account. */
  readonly proxy?: Account;
  readonly to: readonly AccountLogin[];
  /** REQUIRE, WITH GRANT OPTION, WITH ADMIN OPTION, AS user WITH ROLE …, as it is to be written. */
  readonly options: string;
}

export interface Revoke extends Node, Commented {
  readonly kind: 'revoke';
  readonly ifExists: boolean;
  readonly privileges: readonly Privilege[];
  readonly roles: readonly Account[];
  /** MariaDB's ADMIN OPTION FOR. */
  readonly adminOption: boolean;
  readonly on?: PrivilegeObject;
  readonly proxy?: Account;
  readonly from: readonly Account[];
  readonly ignoreUnknownUser: boolean;
}

export interface SetPassword extends Node, Commented {
  readonly kind: 'setPassword';
  readonly account?: Account;
  /** The password and what follows it, as it is to be written. */
  readonly value: string;
}

export interface SetRole extends Node, Commented {
  readonly kind: 'setRole';
  readonly type: 'default' | 'none' | 'all' | 'all except' | 'roles';
  readonly roles: readonly Account[];
}

export interface SetDefaultRole extends Node, Commented {
  readonly kind: 'setDefaultRole';
  readonly type: 'none' | 'all' | 'roles';
  readonly roles: readonly Account[];
  /** Empty in MariaDB: the current user. */
  readonly to: readonly Account[];
  /** MariaDB's word before the account is FOR. */
  readonly word: 'to' | 'for';
}

export type AccountNode = Account | AccountLogin | Privilege | PrivilegeObject;
