import type { Query } from '../../ast/query.ts';
import type { CheckDefinition, ColumnDefinition, CreateTable, IndexDefinition, Partitioning, PeriodDefinition, TableOption } from '../../ast/table.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import * as T from '../../lexer/tokens.ts';
import type { Cursor } from '../cursor.ts';
import { ifNotExists } from './clauses.ts';
import { columnDefinition } from './columnDefinition.ts';
import { indexOrCheck, isIndexStart } from './indexDefinition.ts';
import { partitioning } from './partitioning.ts';
import { tableOptions } from './tableOptions.ts';

/** CREATE [OR REPLACE] [TEMPORARY] TABLE, with the cursor behind TABLE. */
export function createTable(c: Cursor, start: number, orReplace: boolean, temporary: boolean): CreateTable {
  c.advance();
  const conditional = ifNotExists(c);
  const table = c.tableName();
  const head = { kind: 'createTable', table, temporary, orReplace, ifNotExists: conditional } as const;
  const like = likeTable(c);
  if (like !== undefined) {
    return {
      ...head, like, columns: c.none(), indexes: c.none(), checks: c.none(), periods: c.none(), options: c.none(), partitioning: undefined, duplicates: undefined, query: undefined,
      start, end: c.lastEnd,
    };
  }
  const elements: Elements = { columns: [], indexes: [], checks: [], periods: [] };
  let query: Query | undefined;
  if (c.kind === T.LPAREN && isQueryStart(c)) query = c.grammar.query(c);
  const listed = query === undefined && c.kind === T.LPAREN;
  if (listed) tableElements(c, elements);
  const options: readonly TableOption[] = query === undefined ? tableOptions(c) : c.none();
  const parts: Partitioning | undefined = query === undefined && c.kind === K.PARTITION ? partitioning(c) : undefined;
  let duplicates: CreateTable['duplicates'];
  if (query === undefined) {
    if (c.accept(K.IGNORE)) duplicates = 'ignore';
    else if (c.accept(K.REPLACE)) duplicates = 'replace';
    const as = c.accept(K.AS);
    if (as || duplicates !== undefined || isQueryVerb(c.kind) || (c.kind === T.LPAREN && isQueryStart(c))) query = c.grammar.query(c);
  }
  if (!listed && query === undefined) throw c.unexpected('columns');
  return { ...head, like: undefined, ...elements, options, partitioning: parts, duplicates, query, start, end: c.lastEnd };
}

interface Elements {
  readonly columns: ColumnDefinition[];
  readonly indexes: IndexDefinition[];
  readonly checks: CheckDefinition[];
  readonly periods: PeriodDefinition[];
}

function isQueryVerb(kind: number): boolean {
  return kind === K.SELECT || kind === K.WITH || kind === K.VALUES || kind === K.TABLE;
}

/** Whether a query in (one or more) parentheses stands here. */
function isQueryStart(c: Cursor): boolean {
  let ahead = 1;
  while (c.peek(ahead) === T.LPAREN) ahead++;
  return isQueryVerb(c.peek(ahead));
}

/** `like t` or `(like t)`. */
function likeTable(c: Cursor): CreateTable['like'] {
  if (c.accept(K.LIKE)) return c.tableName();
  if (!c.accept2(T.LPAREN, K.LIKE)) return undefined;
  const found = c.tableName();
  c.expect(T.RPAREN);
  return found;
}

function tableElements(c: Cursor, into: Elements): void {
  c.expect(T.LPAREN);
  do {
    if (isIndexStart(c)) {
      const found = indexOrCheck(c);
      if (found.kind === 'checkDefinition') into.checks.push(found);
      else into.indexes.push(found);
    } else if (c.kind === K.PERIOD && c.peek() === K.FOR) into.periods.push(period(c));
    else into.columns.push(columnDefinition(c));
  } while (c.accept(T.COMMA));
  c.expect(T.RPAREN);
}

/** MariaDB's `period for system_time (a, b)`. */
export function period(c: Cursor): PeriodDefinition {
  const start = c.start;
  c.expect(K.PERIOD);
  const conditional = ifNotExists(c);
  c.expect(K.FOR);
  const name = c.name('a period');
  c.expect(T.LPAREN);
  const from = c.name('a column');
  c.expect(T.COMMA);
  const to = c.name('a column');
  c.expect(T.RPAREN);
  return { kind: 'periodDefinition', ifNotExists: conditional, name, from, to, start, end: c.lastEnd };
}
