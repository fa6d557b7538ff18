import { bindLiteral } from '../../mysql/sqlLiteral.ts';
import type { SqlSettings } from '../../sql/index.ts';
import { Lexer } from '../../sql/lexer/lexer.ts';
import { EOF, INVALID, PARAM } from '../../sql/lexer/tokens.ts';
import type { BindVariable } from '../../vitess/queryService.ts';

/** Offsets of `?` in a statement, outside strings and comments. */
export function parameterMarks(text: Buffer, settings: SqlSettings): number[] {
  const lexer = new Lexer(settings);
  lexer.reset(text, settings);
  const marks: number[] = [];
  for (let kind = lexer.next(); kind !== EOF && kind !== INVALID; kind = lexer.next()) if (kind === PARAM) marks.push(lexer.start);
  return marks;
}

/** The statement with the values as literals in place of its `?`. */
export function spliceParameters(text: Buffer, marks: readonly number[], values: readonly BindVariable[], options: { readonly noBackslashEscapes: boolean }): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  marks.forEach((mark, i) => {
    parts.push(text.subarray(from, mark), bindLiteral(values[i] ?? { type: 0 }, options));
    from = mark + 1;
  });
  parts.push(text.subarray(from));
  return Buffer.concat(parts);
}
