import type { Show, ShowSubject } from '../ast/show.ts';
import type { TableName } from '../ast/node.ts';
import type { Expression } from '../ast/expression.ts';
import type { Limit } from '../ast/query.ts';
import * as K from '../lexer/keywordIds.generated.ts';
import * as T from '../lexer/tokens.ts';
import type { Cursor } from './cursor.ts';
import { limit } from './queryTail.ts';

/** What a subject's rule may fill in; see {@link Show}. */
interface Parts {
  table?: TableName;
  schema?: string;
  like?: string;
  where?: Expression;
  limit?: Limit;
  count?: boolean;
  name?: string;
  rest?: string;
  ifNotExists?: boolean;
  scope?: 'session' | 'global';
}

/** Reads a subject and what belongs to it, with the cursor on its first word; undefined when the words behind it name no subject. */
type SubjectRule = (c: Cursor, parts: Parts) => ShowSubject | undefined;

/** SHOW and everything that can be shown, with the cursor on SHOW. */
export function show(c: Cursor): Show {
  const start = c.start;
  c.advance();
  const comments = c.commentsAfterVerb();
  const parts: Parts = {};
  const extended = c.accept(K.EXTENDED);
  const full = c.accept(K.FULL);
  if (c.kind === K.GLOBAL || c.kind === K.SESSION || c.kind === K.LOCAL) {
    parts.scope = c.kind === K.GLOBAL ? 'global' : 'session';
    c.advance();
  }
  const at = c.at;
  const rule = subjects.get(c.word());
  const what = rule?.(c, parts);
  if (what === undefined) throw c.stream.errorAt(at, 'expected something that can be shown');
  if (parts.scope !== undefined && !scoped.has(what)) throw c.stream.errorAt(at, 'this has no scope');
  return {
    kind: 'show', comments, what, full, extended, scope: parts.scope, table: parts.table, schema: parts.schema, like: parts.like, where: parts.where,
    limit: parts.limit, count: parts.count ?? false, name: parts.name, rest: parts.rest, ifNotExists: parts.ifNotExists ?? false, start, end: c.lastEnd,
  };
}

const scoped: ReadonlySet<ShowSubject> = new Set(['variables', 'status', 'gtid_executed', 'vgtid_executed']);

// ---- parts ------------------------------------------------------------------------------------------------------------------------

function likeOrWhere(c: Cursor, parts: Parts): void {
  if (c.accept(K.LIKE)) parts.like = c.string('a pattern');
  else if (c.accept(K.WHERE)) parts.where = c.grammar.expression(c);
}

/** `from s` or `in s`. */
function fromSchema(c: Cursor, parts: Parts): void {
  if (c.accept(K.FROM) || c.accept(K.IN)) parts.schema = c.name('a database');
}

/** `from t`, `from s.t`, `from t from s`. */
function fromTable(c: Cursor, parts: Parts): void {
  if (!c.accept(K.FROM)) c.expect(K.IN);
  const table = c.tableName();
  parts.table = table;
  if (c.accept(K.FROM) || c.accept(K.IN)) parts.table = { ...table, schema: c.name('a database') };
}

/** All that is left of the statement: words in lower case, one space where there was any. */
function restOf(c: Cursor): string | undefined {
  let text = '';
  while (!c.is(T.EOF) && !c.is(T.SEMICOLON)) {
    if (text !== '' && c.start > c.lastEnd) text += ' ';
    text += c.kind >= 256 ? c.word() : c.stream.text(c.at);
    c.advance();
  }
  return text === '' ? undefined : text;
}

// ---- kinds of subjects --------------------------------------------------------------------------------------------------------------

function plain(what: ShowSubject): SubjectRule {
  return (c) => {
    c.advance();
    return what;
  };
}

function listed(what: ShowSubject): SubjectRule {
  return (c, parts) => {
    c.advance();
    likeOrWhere(c, parts);
    return what;
  };
}

function ofSchema(what: ShowSubject): SubjectRule {
  return (c, parts) => {
    c.advance();
    fromSchema(c, parts);
    likeOrWhere(c, parts);
    return what;
  };
}

function ofTable(what: ShowSubject): SubjectRule {
  return (c, parts) => {
    c.advance();
    fromTable(c, parts);
    likeOrWhere(c, parts);
    return what;
  };
}

/** A subject of several words, each with what it stands for when the next word is so. */
function byNextWord(next: Readonly<Record<string, SubjectRule>>, alone?: SubjectRule): SubjectRule {
  const rules = new Map(Object.entries(next));
  return (c, parts) => {
    const at = c.at;
    const lastEnd = c.lastEnd;
    c.advance();
    const rule = rules.get(c.word());
    if (rule !== undefined) return rule(c, parts);
    c.backTo(at, lastEnd);
    return alone?.(c, parts);
  };
}

function withRest(what: ShowSubject): SubjectRule {
  return (c, parts) => {
    c.advance();
    parts.rest = restOf(c);
    return what;
  };
}

/** `[for channel 'x']` of a replica's status. */
function replicaStatus(what: ShowSubject): SubjectRule {
  return (c, parts) => {
    c.advance();
    if (c.kind === K.FOR || c.isWord('nonblocking')) parts.rest = restOf(c);
    return what;
  };
}

function events(what: ShowSubject): SubjectRule {
  return (c, parts) => {
    c.advance();
    let rest = '';
    if (c.accept(K.IN)) rest = ` in ${quoted(c)}`;
    if (c.accept(K.FROM)) rest += ` from ${c.integer()}`;
    parts.limit = limit(c);
    if (c.kind === K.FOR) rest += ` ${restOf(c) ?? ''}`;
    parts.rest = rest === '' ? undefined : rest.slice(1);
    return what;
  };
}

function quoted(c: Cursor): string {
  const text = c.stream.text(c.at);
  c.string();
  return text;
}

/** `show [count(*)] warnings [limit …]`. */
function messages(what: ShowSubject): SubjectRule {
  return (c, parts) => {
    c.advance();
    parts.limit = limit(c);
    return what;
  };
}

function countMessages(c: Cursor, parts: Parts): ShowSubject | undefined {
  c.advance();
  c.expect(T.LPAREN);
  c.expect(T.STAR);
  c.expect(T.RPAREN);
  parts.count = true;
  const what = c.kind === K.WARNINGS ? 'warnings' : c.kind === K.ERRORS ? 'errors' : undefined;
  if (what === undefined) throw c.unexpected('WARNINGS or ERRORS');
  c.advance();
  return what;
}

function createOf(what: ShowSubject): SubjectRule {
  return (c, parts) => {
    c.advance();
    if (what === 'create database' && c.kind === K.IF) {
      c.advance();
      c.expect(K.NOT);
      c.expect(K.EXISTS);
      parts.ifNotExists = true;
    }
    if (what === 'create database') parts.schema = c.name('a database');
    else if (what === 'create server') parts.name = c.nameOrString('a server');
    else if (what === 'create user') parts.rest = restOf(c);
    else parts.table = c.tableName();
    return what;
  };
}

function engine(c: Cursor, parts: Parts): ShowSubject {
  c.advance();
  parts.name = c.accept(K.ALL) ? 'all' : c.nameOrString('an engine').toLowerCase();
  if (c.kind !== K.STATUS && c.kind !== K.MUTEX && c.kind !== K.LOGS) throw c.unexpected('STATUS, MUTEX or LOGS');
  parts.rest = c.word();
  c.advance();
  return 'engine';
}

function profile(c: Cursor, parts: Parts): ShowSubject {
  c.advance();
  const limited = c.kind === K.LIMIT;
  if (!limited && c.kind !== T.EOF && c.kind !== T.SEMICOLON) {
    let text = '';
    while (!c.is(T.EOF) && !c.is(T.SEMICOLON) && !c.is(K.LIMIT)) {
      if (text !== '' && c.start > c.lastEnd) text += ' ';
      text += c.word();
      c.advance();
    }
    parts.rest = text;
  }
  parts.limit = limit(c);
  return 'profile';
}

function plugins(c: Cursor, parts: Parts): ShowSubject {
  c.advance();
  if (!c.acceptWord('soname')) return 'plugins';
  if (c.kind === T.STRING) parts.name = c.string();
  else likeOrWhere(c, parts);
  return 'plugins soname';
}

function vitessMigration(c: Cursor, parts: Parts): ShowSubject {
  c.advance();
  parts.name = c.string('a migration');
  if (!c.acceptWord('logs')) throw c.unexpected('LOGS');
  return 'vitess_migration logs';
}

function vschema(c: Cursor, parts: Parts): ShowSubject | undefined {
  c.advance();
  const word = c.word();
  c.advance();
  if (word === 'tables' || word === 'keyspaces') {
    fromSchema(c, parts);
    likeOrWhere(c, parts);
    return word === 'tables' ? 'vschema tables' : 'vschema keyspaces';
  }
  if (word !== 'vindexes') return undefined;
  if (c.accept(K.ON) || c.accept(K.FROM) || c.accept(K.IN)) parts.table = c.tableName();
  likeOrWhere(c, parts);
  return 'vschema vindexes';
}

function forKeyspace(what: ShowSubject, words: readonly string[]): SubjectRule {
  return (c, parts) => {
    c.advance();
    for (const word of words) if (!c.acceptWord(word)) return undefined;
    if (c.accept(K.FOR) || c.accept(K.FROM) || c.accept(K.IN)) {
      c.acceptWord('keyspace');
      parts.schema = c.name('a keyspace');
    }
    likeOrWhere(c, parts);
    return what;
  };
}

function transactionStatus(c: Cursor, parts: Parts): ShowSubject | undefined {
  c.advance();
  if (!c.accept(K.STATUS)) return undefined;
  c.accept(K.FOR);
  parts.name = c.string('a distributed transaction id');
  return 'transaction status';
}

const columns = ofTable('columns');
const index: SubjectRule = ofTable('index');
const databases = listed('databases');
const charset = listed('character set');

/** By first word, lower case. */
const subjects: ReadonlyMap<string, SubjectRule> = new Map<string, SubjectRule>(Object.entries({
  databases, schemas: databases,
  tables: ofSchema('tables'), open: byNextWord({ tables: ofSchema('open tables') }), table: byNextWord({ status: ofSchema('table status') }),
  columns, fields: columns, index, indexes: index, keys: index,
  triggers: ofSchema('triggers'), events: ofSchema('events'), variables: listed('variables'), status: listed('status'),
  create: byNextWord({
    table: createOf('create table'), view: createOf('create view'), database: createOf('create database'), schema: createOf('create database'),
    procedure: createOf('create procedure'), function: createOf('create function'), trigger: createOf('create trigger'), event: createOf('create event'),
    user: createOf('create user'), sequence: createOf('create sequence'), library: createOf('create library'), server: createOf('create server'),
    package: byNextWord({ body: createOf('create package body') }, createOf('create package')),
  }),
  character: byNextWord({ set: charset }), char: byNextWord({ set: charset }), charset, collation: listed('collation'),
  engines: plain('engines'), storage: byNextWord({ engines: plain('engines') }), engine,
  plugins, privileges: plain('privileges'), processlist: plain('processlist'), profile, profiles: plain('profiles'),
  warnings: messages('warnings'), errors: messages('errors'), count: countMessages, grants: withRest('grants'),
  function: byNextWord({ status: listed('function status'), code: createOf('function code') }),
  procedure: byNextWord({ status: listed('procedure status'), code: createOf('procedure code') }),
  library: byNextWord({ status: listed('library status') }),
  package: byNextWord({ status: listed('package status'), body: byNextWord({ status: listed('package body status') }) }),
  binary: byNextWord({ logs: plain('binary logs'), log: byNextWord({ status: plain('binary log status') }) }),
  master: byNextWord({ logs: plain('master logs'), status: plain('master status') }),
  binlog: byNextWord({ events: events('binlog events'), status: plain('binlog status') }),
  relaylog: byNextWord({ events: events('relaylog events') }),
  replica: byNextWord({ status: replicaStatus('replica status'), hosts: plain('slave hosts') }),
  slave: byNextWord({ status: replicaStatus('slave status'), hosts: plain('slave hosts') }),
  all: byNextWord({ replicas: byNextWord({ status: plain('all replicas status') }), slaves: byNextWord({ status: plain('all slaves status') }) }),
  replicas: plain('replicas'), parse_tree: withRest('parse_tree'), explain: withRest('explain'), analyze: withRest('analyze'),
  client_statistics: listed('client_statistics'), index_statistics: listed('index_statistics'), table_statistics: listed('table_statistics'),
  user_statistics: listed('user_statistics'), userstat: listed('userstat'), user_variables: listed('user_variables'), authors: plain('authors'), contributors: plain('contributors'),
  locales: listed('locales'), query_response_time: listed('query_response_time'),
  keyspaces: listed('keyspaces'), vitess_keyspaces: listed('vitess_keyspaces'), vitess_shards: listed('vitess_shards'),
  vitess_tablets: listed('vitess_tablets'), vitess_target: plain('vitess_target'), vitess_replication_status: listed('vitess_replication_status'),
  vitess_metadata: byNextWord({ variables: listed('vitess_metadata variables') }),
  vitess_migrations: ofSchema('vitess_migrations'), vitess_migration: vitessMigration,
  vitess_throttler: byNextWord({ status: plain('vitess_throttler status') }), vitess_throttled_apps: listed('vitess_throttled_apps'),
  gtid_executed: ofSchema('gtid_executed'), vgtid_executed: ofSchema('vgtid_executed'),
  vschema, unresolved: forKeyspace('unresolved transactions', ['transactions']), transaction: transactionStatus,
  snapshots: forKeyspace('snapshots', []), restore: forKeyspace('restore window', ['window']),
}));
