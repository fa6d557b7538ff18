import type { SelectItem } from '../../ast/query.ts';
import type { AlterMigration, AlterVschema, CreateSnapshotKeyspace, DropSnapshotKeyspace, RevertMigration, Stream, VindexParam, VStream } from '../../ast/vitess.ts';
import type { TableName } from '../../ast/node.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import * as T from '../../lexer/tokens.ts';
import type { Cursor } from '../cursor.ts';
import { ifExists, ifNotExists } from '../ddl/clauses.ts';
import type { StatementFamily } from '../family.ts';

/** STREAM, VSTREAM and REVERT; the ALTERs and our CREATE and DROP come through the DDL family. */
export const vitessFamily: StatementFamily = { [K.STREAM]: stream, [K.VSTREAM]: vstream, [K.REVERT]: revert };

type Parts = Partial<Omit<AlterVschema, 'kind' | 'start' | 'end' | 'action'>>;

/** ALTER VSCHEMA, with the cursor on VSCHEMA. */
export function alterVschema(c: Cursor, start: number): AlterVschema {
  c.advance();
  const done = (action: AlterVschema['action'], parts: Parts): AlterVschema => ({
    kind: 'alterVschema', action, table: parts.table, vindex: parts.vindex, columns: parts.columns ?? c.none(), using: parts.using, params: parts.params ?? c.none(),
    sequence: parts.sequence, start, end: c.lastEnd,
  });
  if (c.accept(K.CREATE)) {
    c.expect(K.VINDEX);
    const vindex = c.tableName();
    return done('create vindex', { vindex, ...vindexType(c) });
  }
  if (c.accept(K.DROP)) {
    if (c.accept(K.VINDEX)) return done('drop vindex', { vindex: c.tableName() });
    if (c.accept(K.TABLE)) return done('drop table', { table: c.tableName() });
    if (c.accept(K.SEQUENCE)) return done('drop sequence', { table: c.tableName() });
    throw c.unexpected('VINDEX, TABLE or SEQUENCE');
  }
  if (c.accept(K.ADD)) {
    if (c.accept(K.TABLE)) return done('add table', { table: c.tableName() });
    if (c.accept(K.SEQUENCE)) return done('add sequence', { table: c.tableName() });
    throw c.unexpected('TABLE or SEQUENCE');
  }
  c.expect(K.ON);
  const table = c.tableName();
  if (c.accept(K.DROP)) {
    if (c.accept(K.VINDEX)) return done('drop table vindex', { table, vindex: c.tableName() });
    c.expect(K.AUTO_INCREMENT);
    return done('drop auto_increment', { table });
  }
  c.expect(K.ADD);
  if (c.accept(K.AUTO_INCREMENT)) {
    const columns = [c.name('a column')];
    c.expect(K.USING);
    return done('add auto_increment', { table, columns, sequence: c.tableName() });
  }
  c.expect(K.VINDEX);
  const vindex = c.tableName();
  const columns = c.nameList();
  return done('add vindex', { table, vindex, columns, ...vindexType(c) });
}

function vindexType(c: Cursor): Pick<Parts, 'using' | 'params'> {
  const using = c.accept(K.USING) ? c.name('a vindex type') : undefined;
  const params = c.accept(K.WITH) ? c.list(param) : c.none();
  return { using, params };
}

/** `name = value`: a word, a number, a string or a target's text. */
function param(c: Cursor): VindexParam {
  const start = c.start;
  // Words that are reserved are parameters too: `table=t, from=a, to=b`.
  let name: string;
  if (c.kind >= 256) {
    name = c.stream.text(c.at);
    c.advance();
  } else name = c.nameOrString('a parameter');
  c.expect(T.EQ);
  let value = '';
  if (c.kind === T.STRING) value = c.string();
  else {
    // `from = a.b`, `x = -80`: tokens side by side.
    let last = c.start;
    while (!c.is(T.COMMA) && !c.is(T.EOF) && !c.is(T.SEMICOLON) && !c.is(T.RPAREN) && c.start === last) {
      value += c.kind === T.QUOTED_IDENT ? c.stream.value(c.at) : c.stream.text(c.at);
      c.advance();
      last = c.lastEnd;
    }
    if (value === '') throw c.unexpected('a value');
  }
  return { kind: 'vindexParam', name, value, start, end: c.lastEnd };
}

/** ALTER VITESS_MIGRATION, with the cursor on that word. */
export function alterMigration(c: Cursor, start: number): AlterMigration {
  c.advance();
  const uuid = c.kind === T.STRING ? c.string() : undefined;
  let action: AlterMigration['action'];
  if (uuid !== undefined && (c.kind === K.SET || c.kind === K.CUTOVER_THRESHOLD)) {
    c.accept(K.SET);
    c.expect(K.CUTOVER_THRESHOLD);
    c.accept(T.EQ);
    const threshold = c.string();
    return migration(c, start, 'set cutover_threshold', { uuid, threshold });
  }
  if (c.acceptWord('postpone')) {
    c.expect(K.COMPLETE);
    action = 'postpone complete';
  } else if (c.accept(K.RETRY)) action = 'retry';
  else if (c.accept(K.LAUNCH)) action = 'launch';
  else if (c.accept(K.COMPLETE)) action = 'complete';
  else if (c.accept(K.CANCEL)) action = 'cancel';
  else if (c.accept(K.CLEANUP)) action = 'cleanup';
  else if (c.accept(K.THROTTLE)) action = 'throttle';
  else if (c.accept(K.UNTHROTTLE)) action = 'unthrottle';
  else if (c.accept(K.FORCE_CUTOVER)) action = 'force_cutover';
  else throw c.unexpected('what to do with the migration');
  if (uuid === undefined) c.expect(K.ALL);
  const shards = c.accept(K.VITESS_SHARDS) ? c.string() : undefined;
  const expire = action === 'throttle' && c.accept(K.EXPIRE) ? c.string() : undefined;
  let ratio: string | undefined;
  if (action === 'throttle' && c.accept(K.RATIO)) {
    ratio = c.stream.text(c.at);
    if (c.kind !== T.INTEGER && c.kind !== T.DECIMAL_NUMBER) throw c.unexpected('a number');
    c.advance();
  }
  return migration(c, start, action, { uuid, shards, expire, ratio });
}

function migration(c: Cursor, start: number, action: AlterMigration['action'], parts: Partial<AlterMigration>): AlterMigration {
  return {
    kind: 'alterMigration', action, uuid: parts.uuid, shards: parts.shards, expire: parts.expire, ratio: parts.ratio, threshold: parts.threshold, start, end: c.lastEnd,
  };
}

function revert(c: Cursor): RevertMigration {
  const start = c.start;
  c.advance();
  const comments = c.commentsAfterVerb();
  c.expect(K.VITESS_MIGRATION);
  const uuid = c.string();
  return { kind: 'revertMigration', comments, uuid, start, end: c.lastEnd };
}

function item(c: Cursor): SelectItem {
  const start = c.start;
  if (c.accept(T.STAR)) return { kind: 'star', schema: undefined, table: undefined, start, end: c.lastEnd };
  const expr = c.grammar.expression(c);
  const alias = c.accept(K.AS) ? c.nameOrString() : undefined;
  return { kind: 'selectExpr', expr, alias, start, end: c.lastEnd };
}

function stream(c: Cursor): Stream {
  const start = c.start;
  c.advance();
  const comments = c.commentsAfterVerb();
  const what = item(c);
  c.expect(K.FROM);
  const table = c.tableName();
  return { kind: 'stream', comments, item: what, table, start, end: c.lastEnd };
}

function vstream(c: Cursor): VStream {
  const start = c.start;
  c.advance();
  const comments = c.commentsAfterVerb();
  const what = item(c);
  c.expect(K.FROM);
  const table: TableName = c.tableName();
  const where = c.accept(K.WHERE) ? c.grammar.expression(c) : undefined;
  const limit = c.grammar.limit(c);
  return { kind: 'vstream', comments, item: what, table, where, limit, start, end: c.lastEnd };
}

/** With the cursor on SNAPSHOT. */
export function createSnapshotKeyspace(c: Cursor, start: number): CreateSnapshotKeyspace {
  c.advance();
  c.expect(K.KEYSPACE);
  const conditional = ifNotExists(c);
  const name = c.name('a keyspace');
  if (!c.accept(K.FROM)) c.expect(K.OF);
  const base = c.name('the base keyspace');
  if (!c.accept2(K.AS, K.OF)) throw c.unexpected('AS OF TIMESTAMP');
  c.expect(K.TIMESTAMP);
  const at = c.grammar.expression(c);
  let options: readonly VindexParam[] = c.none();
  if (c.accept(K.WITH)) {
    c.expect(T.LPAREN);
    options = c.list(param);
    c.expect(T.RPAREN);
  }
  return { kind: 'createSnapshotKeyspace', ifNotExists: conditional, name, base, at, options, start, end: c.lastEnd };
}

/** With the cursor on SNAPSHOT. */
export function dropSnapshotKeyspace(c: Cursor, start: number): DropSnapshotKeyspace {
  c.advance();
  c.expect(K.KEYSPACE);
  const conditional = ifExists(c);
  const name = c.name('a keyspace');
  return { kind: 'dropSnapshotKeyspace', ifExists: conditional, name, start, end: c.lastEnd };
}
