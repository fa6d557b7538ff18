import type { JsonTable, JsonTableColumn } from '../ast/tableRef.ts';
import * as K from '../lexer/keywordIds.generated.ts';
import * as T from '../lexer/tokens.ts';
import { castType } from './castType.ts';
import type { Cursor } from './cursor.ts';
import { jsonOns } from './functions.ts';

/** `json_table(doc, path columns (…)) [as] alias`, with the cursor on the word. */
export function jsonTable(c: Cursor): JsonTable {
  const start = c.start;
  c.advance();
  c.expect(T.LPAREN);
  const document = c.grammar.expression(c);
  c.expect(T.COMMA);
  const path = c.grammar.expression(c);
  const columns = columnList(c);
  c.expect(T.RPAREN);
  c.accept(K.AS);
  const alias = c.name('an alias');
  return { kind: 'jsonTable', document, path, columns, alias, start, end: c.lastEnd };
}

function columnList(c: Cursor): JsonTableColumn[] {
  c.enter();
  c.expect(K.COLUMNS);
  c.expect(T.LPAREN);
  const columns = c.list(column);
  c.expect(T.RPAREN);
  c.leave();
  return columns;
}

function column(c: Cursor): JsonTableColumn {
  const start = c.start;
  if (c.kind === K.NESTED && (c.peek() === K.PATH || c.peek() === T.STRING)) {
    c.advance();
    c.accept(K.PATH);
    const path = c.grammar.expression(c);
    const columns = columnList(c);
    return { kind: 'jsonTableNested', path, columns, start, end: c.lastEnd };
  }
  const name = c.name('a column');
  if (c.kind === K.FOR) {
    c.advance();
    c.expect(K.ORDINALITY);
    return { kind: 'jsonTableOrdinality', name, start, end: c.lastEnd };
  }
  const type = castType(c);
  const exists = c.accept(K.EXISTS);
  c.expect(K.PATH);
  const path = c.grammar.expression(c);
  const { onEmpty, onError } = jsonOns(c);
  return { kind: 'jsonTablePath', name, type, exists, path, onEmpty, onError, start, end: c.lastEnd };
}
