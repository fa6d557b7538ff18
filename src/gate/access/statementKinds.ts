import type { ShowSubject, Statement, SyntaxNode } from '../../sql/index.ts';

/*
 * What limited users may say, by kind. Each is a list of what is known to be harmless, so that a new kind of statement is closed to them until someone
 * has thought about it.
 */

const queries: readonly Statement['kind'][] = ['select', 'setOperation', 'values', 'tableQuery', 'nestedQuery'];
const ofTheSession: readonly Statement['kind'][] = [
  'begin', 'commit', 'rollback', 'savepoint', 'releaseSavepoint', 'use', 'set', 'setTransaction', 'show', 'kill', 'prepare', 'execute', 'deallocate', 'explain', 'describe', 'vexplain', 'do', 'unlockTables',
];

/** For users that only read. */
export const readStatements: ReadonlySet<string> = new Set<Statement['kind']>([...queries, ...ofTheSession]);

/** For users of some keyspaces: whatever says in its names which tables it touches. Bodies of routines, triggers and events are text to us and could name any. */
export const openStatements: ReadonlySet<string> = new Set<Statement['kind']>([
  ...queries, ...ofTheSession, 'insert', 'update', 'delete', 'lockTables', 'tableMaintenance', 'createTable', 'alterTable', 'dropTable', 'truncateTable', 'renameTable', 'createIndex', 'dropIndex',
  'createView', 'alterView', 'createDatabase', 'dropDatabase', 'createSnapshotKeyspace', 'dropSnapshotKeyspace', 'loadData',
]);

/** Whether a part of a statement reads only: no locks on rows, no files, no numbers taken from sequences, no statement that writes (in EXPLAIN). */
export function readWithin(node: SyntaxNode): boolean {
  switch (node.kind) {
    case 'lock': case 'intoFile': case 'nextValues': case 'insert': case 'update': case 'delete': return false;
    case 'sequenceValue': return node.which === 'previous';
    case 'function': return !writingFunctions.has(node.name.toLowerCase());
    case 'explain': case 'vexplain': return readStatements.has(node.statement.kind);
    default: return true;
  }
}

const writingFunctions: ReadonlySet<string> = new Set(['setval', 'nextval', 'load_file']);

/** What SHOW answers from the user's own keyspaces, or about nothing but the session. */
export const shownSubjects: ReadonlySet<string> = new Set<ShowSubject>([
  'databases', 'keyspaces', 'vitess_keyspaces', 'vitess_shards', 'vitess_tablets', 'vitess_target', 'vschema keyspaces', 'vschema tables', 'vschema vindexes', 'warnings', 'errors', 'processlist', 'snapshots',
  'create database', 'create table', 'create view', 'tables', 'table status', 'columns', 'index', 'triggers', 'variables', 'status', 'character set', 'collation', 'engines', 'privileges',
]);

/** Of information_schema, what drivers and tools read; the tablet's other tables tell of other clients and of the server. */
export const readSchemaTables: ReadonlySet<string> = new Set([
  'tables', 'columns', 'statistics', 'key_column_usage', 'table_constraints', 'referential_constraints', 'check_constraints', 'views', 'triggers', 'partitions', 'schemata',
  'character_sets', 'collations', 'collation_character_set_applicability', 'engines', 'keywords',
]);

/** The command's word in MySQL's 1142. */
export function commandWord(kind: string): string {
  return queries.includes(kind as Statement['kind']) ? 'SELECT' : kind.replace(/[A-Z].*$/, '').toUpperCase();
}
