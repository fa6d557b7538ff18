import { TYPE } from '../../mysql/constants/columnTypes.ts';
import { COLUMN_FLAG } from '../../mysql/constants/columnTypes.ts';
import type { Field, QueryResult, Row } from '../../vitess/queryService.ts';

export type Cell = string | number | bigint | null;

/** A result that the gate makes itself. Columns are text unless named in `numbers`. */
export function rowsOf(columns: readonly string[], rows: readonly (readonly Cell[])[], numbers: ReadonlySet<string> = new Set()): QueryResult {
  const fields = columns.map((name): Field => (numbers.has(name)
    ? { name, type: TYPE.INT64, charset: 63, columnLength: 20, flags: COLUMN_FLAG.NOT_NULL | COLUMN_FLAG.BINARY | COLUMN_FLAG.NUM }
    : { name, type: TYPE.VARCHAR, charset: 45, columnLength: 1024 }));
  const cells = rows.map((row): Row => row.map((cell) => (cell === null ? null : Buffer.from(String(cell)))));
  return { fields, rows: cells, rowsAffected: BigInt(rows.length), insertId: 0n };
}

export const NOTHING: QueryResult = { fields: [], rows: [], rowsAffected: 0n, insertId: 0n };

/** MySQL's LIKE with `%`, `_` and `\` as a test; case does not matter, as for SHOW. Patterns are short (names), the test is linear. */
export function likeTest(pattern: string | undefined): (text: string) => boolean {
  if (pattern === undefined) return () => true;
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] as string;
    if (c === '\\' && i + 1 < pattern.length) source += escapeRegExp(pattern[++i] as string);
    else if (c === '%') source += source.endsWith('.*') ? '' : '.*';
    else source += c === '_' ? '.' : escapeRegExp(c);
  }
  const expression = new RegExp(`^${source}$`, 'is');
  return (text) => expression.test(text);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
