import type { Expression } from './expression.ts';
import type { Commented, Node, TableName } from './node.ts';
import type { Limit } from './query.ts';

/**
 * Every SHOW is one node: the words after SHOW (without FULL, EXTENDED, scope and the parts below) are `what`, normalised to one spelling:
 * `schemas` → `databases`, `fields` → `columns`, `indexes`/`keys` → `index`, `local` → `session`, `master status` stays as it is.
 * What a subject does not take, its property does not have.
 */
export interface Show extends Node, Commented {
  readonly kind: 'show';
  readonly what: ShowSubject;
  readonly full: boolean;
  readonly extended: boolean;
  readonly scope?: 'session' | 'global';
  /** `show create table a.b`, `show columns from a.b`, `show index from …`, `show create view …`, `show vitess_…`'s object. */
  readonly table?: TableName;
  /**
   * `from db` / `in db` of `show tables from db`; the keyspace of `show vitess_migrations from ks`, `show vschema tables from ks`,
   * `show unresolved transactions for ks`, `show snapshots from ks`, `show restore window for ks`. `show columns from t from db` has it in `table`.
   */
  readonly schema?: string;
  readonly like?: string;
  readonly where?: Expression;
  readonly limit?: Limit;
  /** `show warnings`: false; `show count(*) warnings`: true. */
  readonly count: boolean;
  /** What else a subject takes, words in lower case, strings decoded: the engine of `show engine innodb status`, the user of `show create user u`, the migration of `show vitess_migration 'x' logs`, the id of `show transaction status for 'x'`, … */
  readonly name?: string;
  /** Remaining words of a subject as canonical SQL: `for user 'a'@'%' using r`, `block io, cpu for query 3`, `in 'binlog.1' from 4`. */
  readonly rest?: string;
  /** IF NOT EXISTS of `show create database`. */
  readonly ifNotExists: boolean;
}

export type ShowSubject =
  | 'databases' | 'tables' | 'open tables' | 'table status' | 'columns' | 'index' | 'triggers' | 'events' | 'variables' | 'status'
  | 'create table' | 'create view' | 'create database' | 'create procedure' | 'create function' | 'create trigger' | 'create event'
  | 'create user' | 'create sequence' | 'create package' | 'create package body' | 'create library' | 'create server'
  | 'character set' | 'collation' | 'engines' | 'engine' | 'plugins' | 'plugins soname' | 'privileges' | 'processlist' | 'profile' | 'profiles'
  | 'warnings' | 'errors' | 'grants' | 'function status' | 'procedure status' | 'function code' | 'procedure code' | 'package status'
  | 'package body status' | 'library status'
  | 'binary logs' | 'master logs' | 'binlog events' | 'relaylog events' | 'binary log status' | 'master status' | 'binlog status'
  | 'replica status' | 'slave status' | 'all replicas status' | 'all slaves status' | 'replicas' | 'slave hosts' | 'parse_tree'
  | 'client_statistics' | 'index_statistics' | 'table_statistics' | 'user_statistics' | 'userstat' | 'user_variables' | 'authors' | 'contributors' | 'locales'
  | 'query_response_time' | 'explain' | 'analyze'
  // Vitess
  | 'keyspaces' | 'vitess_keyspaces' | 'vitess_shards' | 'vitess_tablets' | 'vitess_target' | 'vitess_replication_status'
  | 'vitess_metadata variables' | 'vitess_migrations' | 'vitess_migration logs' | 'vitess_throttler status' | 'vitess_throttled_apps'
  /** Both with scope `global`: `show global gtid_executed from ks`. */
  | 'gtid_executed' | 'vgtid_executed'
  | 'vschema tables' | 'vschema vindexes' | 'vschema keyspaces' | 'unresolved transactions' | 'transaction status'
  // ours
  | 'snapshots' | 'restore window';
