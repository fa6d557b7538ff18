import type { LoadData, ServerCommand } from '../../ast/admin.ts';
import type { Assignment } from '../../ast/dml.ts';
import type { ColumnRef, UserVariable } from '../../ast/expression.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import * as T from '../../lexer/tokens.ts';
import { charsetName } from '../castType.ts';
import type { Cursor } from '../cursor.ts';
import { acceptCharset, oneOf } from '../ddl/clauses.ts';
import { restText } from '../ddl/sourceText.ts';
import type { StatementFamily } from '../family.ts';
import { fileFormat } from '../queryTail.ts';
import { partitionNames } from '../tableRef.ts';

export const loadFamily: StatementFamily = { [K.LOAD]: load };

/** LOAD DATA, LOAD XML, LOAD INDEX INTO CACHE. */
function load(c: Cursor): LoadData | ServerCommand {
  const start = c.start;
  c.advance();
  const comments = c.commentsAfterVerb();
  if (c.kind === K.INDEX && c.peek() === K.INTO) {
    c.advance();
    c.advance();
    c.expect(K.CACHE);
    const rest = restText(c);
    if (rest === '') throw c.unexpected('a table');
    return { kind: 'serverCommand', comments, command: 'load index', rest, start, end: c.lastEnd };
  }
  const format = oneOf(c, ['data', 'xml']);
  const priority = c.accept(K.LOW_PRIORITY) ? 'low_priority' : c.acceptWord('concurrent') ? 'concurrent' : undefined;
  const local = c.accept(K.LOCAL);
  c.accept(K.FROM);
  const source = sourceOf(c);
  const path = c.string();
  const duplicates = c.accept(K.REPLACE) ? 'replace' : c.accept(K.IGNORE) ? 'ignore' : undefined;
  let table: LoadData['table'];
  if (!source.startsWith('s3') || c.is(K.INTO)) {
    c.expect(K.INTO);
    c.expect(K.TABLE);
    table = c.tableName();
  }
  const partitions = c.kind === K.PARTITION ? partitionNames(c) : c.none();
  const charset = acceptCharset(c) ? charsetName(c) : undefined;
  let rowsIdentifiedBy: string | undefined;
  if (c.kind === K.ROWS && c.peek() === K.IDENTIFIED) {
    c.advance();
    c.advance();
    c.expect(K.BY);
    rowsIdentifiedBy = c.string();
  }
  const lines = fileFormat(c);
  let ignoreRows: string | undefined;
  if (c.accept(K.IGNORE)) {
    ignoreRows = c.integer();
    if (!c.accept(K.LINES)) c.expect(K.ROWS);
  }
  let columns: readonly (ColumnRef | UserVariable)[] = c.none();
  if (c.accept(T.LPAREN) && !c.accept(T.RPAREN)) {
    columns = c.list(loadColumn);
    c.expect(T.RPAREN);
  }
  const assignments: readonly Assignment[] = c.accept(K.SET) ? c.list(assignment) : c.none();
  return {
    kind: 'loadData', comments, format, priority, local, source, path, duplicates, table, partitions, charset, rowsIdentifiedBy, fileFormat: lines, ignoreRows, columns, assignments,
    start, end: c.lastEnd,
  };
}

function sourceOf(c: Cursor): LoadData['source'] {
  if (c.accept(K.INFILE)) return 'infile';
  if (c.acceptWord('url')) return 'url';
  if (!c.accept(K.S3)) throw c.unexpected('INFILE');
  if (c.acceptWord('file')) return 's3 file';
  if (c.acceptWord('manifest')) return 's3 manifest';
  return c.acceptWord('prefix') ? 's3 prefix' : 's3';
}

function loadColumn(c: Cursor): ColumnRef | UserVariable {
  if (c.kind !== T.USER_VAR) return c.grammar.column(c);
  const start = c.start;
  const name = c.stream.value(c.at);
  c.advance();
  return { kind: 'userVariable', name, start, end: c.lastEnd };
}

function assignment(c: Cursor): Assignment {
  const start = c.start;
  const column = c.grammar.column(c);
  if (!c.accept(T.ASSIGN)) c.expect(T.EQ);
  const value = c.grammar.expression(c);
  return { kind: 'assignment', column, value, start, end: c.lastEnd };
}
