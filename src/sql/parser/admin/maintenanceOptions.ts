import type { TableMaintenance } from '../../ast/admin.ts';
import * as T from '../../lexer/tokens.ts';
import type { Cursor } from '../cursor.ts';
import { SourceText } from '../ddl/sourceText.ts';
import { atEnd } from '../ddl/tableStatements.ts';

const repeatable: Partial<Record<TableMaintenance['verb'], readonly string[]>> = {
  check: ['quick', 'fast', 'medium', 'extended', 'changed'], repair: ['quick', 'extended', 'use_frm', 'force'], checksum: ['quick', 'extended'],
};

/** What may follow the tables of ANALYZE, OPTIMIZE, CHECK, REPAIR and CHECKSUM TABLE in MySQL or MariaDB, as it is to be written. Throws on anything else. */
export function maintenanceOptions(c: Cursor, verb: TableMaintenance['verb']): string {
  const text = new SourceText();
  const words = repeatable[verb];
  const given = (...wanted: readonly string[]) => {
    for (const word of wanted) {
      if (!c.isWord(word)) throw c.unexpected(word.toUpperCase());
      text.take(c);
    }
  };
  while (!atEnd(c)) {
    if (words?.includes(c.word()) === true) text.take(c);
    else if (verb === 'check' && c.isWord('for')) given('for', 'upgrade');
    else if (verb === 'repair' && c.isWord('from')) given('from', 'mysql');
    else if (verb === 'optimize' && c.isWord('nowait')) given('nowait');
    else if (verb === 'optimize' && c.isWord('wait')) {
      given('wait');
      number(c, text);
    } else if (verb === 'analyze' && c.isWord('update')) {
      given('update', 'histogram', 'on');
      names(c, text);
      if (c.isWord('with')) {
        given('with');
        number(c, text);
        given('buckets');
      }
      if (c.isWord('auto') || c.isWord('manual')) {
        text.take(c);
        given('update');
      }
      if (c.isWord('using')) {
        given('using', 'data');
        if (c.kind !== T.STRING) throw c.unexpected('a string');
        text.take(c);
      }
    } else if (verb === 'analyze' && c.isWord('drop')) {
      given('drop', 'histogram', 'on');
      names(c, text);
    } else if (verb === 'analyze' && c.isWord('persistent')) {
      given('persistent', 'for');
      if (c.isWord('all')) given('all');
      else {
        given('columns');
        allOrNames(c, text);
        given('indexes');
        allOrNames(c, text);
      }
    } else throw c.unexpected('the end of the statement');
  }
  return text.toString();
}

function number(c: Cursor, text: SourceText): void {
  if (c.kind !== T.INTEGER && c.kind !== T.DECIMAL_NUMBER) throw c.unexpected('a number');
  text.take(c);
}

function names(c: Cursor, text: SourceText): void {
  for (;;) {
    if (!c.isName() && c.word() !== 'primary') throw c.unexpected('a name');
    text.take(c);
    if (c.kind !== T.COMMA) return;
    text.take(c);
  }
}

/** `all`, `(a, b)` or `()` of MariaDB's ANALYZE … PERSISTENT. */
function allOrNames(c: Cursor, text: SourceText): void {
  if (c.isWord('all')) {
    text.take(c);
    return;
  }
  if (!c.is(T.LPAREN)) throw c.unexpected("'('");
  text.take(c);
  if (!c.is(T.RPAREN)) names(c, text);
  if (!c.is(T.RPAREN)) throw c.unexpected("')'");
  text.take(c);
}
