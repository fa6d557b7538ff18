import type { TableOption } from '../../ast/table.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import { quoteName, quoteString } from '../../lexer/quote.ts';
import * as T from '../../lexer/tokens.ts';
import { charsetName } from '../castType.ts';
import type { Cursor } from '../cursor.ts';
import { acceptCharset, oneOf, optionalEquals } from './clauses.ts';
import { optionValue } from './indexDefinition.ts';

/** Options whose value is a string. */
const strings = new Set(['comment', 'connection', 'password', 'compression', 'encryption', 'data directory', 'index directory', 'engine_attribute', 'secondary_engine_attribute']);
/** Options whose value is a number or a word. */
const plain = new Set([
  'auto_increment', 'avg_row_length', 'checksum', 'delay_key_write', 'insert_method', 'key_block_size', 'max_rows', 'min_rows', 'pack_keys', 'row_format', 'stats_auto_recalc',
  'stats_persistent', 'stats_sample_pages', 'autoextend_size', 'table_checksum', 'page_checksum', 'transactional', 'sequence', 'ietf_quotes', 'encrypted', 'encryption_key_id',
  'page_compressed', 'page_compression_level', 'secondary_engine', 'nodegroup', 'tablespace', 'engine', 'type',
]);

/** `engine = InnoDB default charset = utf8mb4, comment 'x'`; commas between options are allowed and dropped. */
export function tableOptions(c: Cursor): TableOption[] {
  const found: TableOption[] = [];
  for (;;) {
    const option = tableOption(c);
    if (option === undefined) return found;
    found.push(option);
    if (c.kind === T.COMMA && isOptionStart(c, 1)) c.advance();
  }
}

function isOptionStart(c: Cursor, ahead: number): boolean {
  const at = c.at;
  const lastEnd = c.lastEnd;
  for (let i = 0; i < ahead; i++) c.advance();
  const found = tableOption(c) !== undefined;
  c.backTo(at, lastEnd);
  return found;
}

/** One option; undefined, with the cursor where it was, when none stands here. */
export function tableOption(c: Cursor): TableOption | undefined {
  const start = c.start;
  const done = (name: string, value: string): TableOption => ({ kind: 'tableOption', name, value, start, end: c.lastEnd });
  switch (c.kind) {
    case K.DEFAULT: {
      const next = c.peek();
      if (next !== K.CHARACTER && next !== K.CHAR && next !== K.CHARSET && next !== K.COLLATE && next !== K.ENCRYPTION) return undefined;
      c.advance();
      return tableOption(c);
    }
    case K.CHARACTER:
    case K.CHAR:
    case K.CHARSET:
      if (!acceptCharset(c)) return undefined;
      optionalEquals(c);
      return done('charset', c.accept(K.DEFAULT) ? 'default' : quoteName(charsetName(c)));
    case K.COLLATE:
      c.advance();
      optionalEquals(c);
      return done('collate', c.accept(K.DEFAULT) ? 'default' : quoteName(charsetName(c)));
    case K.DATA:
    case K.INDEX:
      if (c.peek() !== K.DIRECTORY) return undefined;
      return directory(c, done);
    case K.UNION:
      if (c.peek() !== T.EQ && c.peek() !== T.LPAREN) return undefined;
      c.advance();
      optionalEquals(c);
      return done('union', unionTables(c));
    case K.WITH:
      if (c.peek() !== K.SYSTEM) return undefined;
      c.advance();
      c.advance();
      c.expect(K.VERSIONING);
      return done('with system versioning', '');
    case K.START:
      if (c.peek() !== K.TRANSACTION) return undefined;
      c.advance();
      c.advance();
      return done('start transaction', '');
    case K.STORAGE:
      c.advance();
      if (c.accept(K.ENGINE)) {
        optionalEquals(c);
        return done('engine', quoteName(c.nameOrString('an engine')));
      }
      return done('storage', oneOf(c, ['disk', 'memory']));
    case K.TABLESPACE: {
      c.advance();
      optionalEquals(c);
      return done('tablespace', quoteName(c.nameOrString('a tablespace')));
    }
    case K.ENGINE:
    case K.TYPE:
      if (c.kind === K.TYPE && c.peek() !== T.EQ) return undefined;
      c.advance();
      optionalEquals(c);
      return done('engine', quoteName(c.nameOrString('an engine')));
    case K.READ:
      c.advance();
      c.expect(K.ONLY);
      optionalEquals(c);
      return done('read only', optionValue(c));
  }
  return namedOption(c, done);
}

function directory(c: Cursor, done: (name: string, value: string) => TableOption): TableOption {
  const name = `${c.word()} directory`;
  c.advance();
  c.advance();
  optionalEquals(c);
  return done(name, quoteString(c.string(), c.settings.noBackslashEscapes));
}

function namedOption(c: Cursor, done: (name: string, value: string) => TableOption): TableOption | undefined {
  if (c.kind < 256 && c.kind !== T.IDENT && c.kind !== T.QUOTED_IDENT) return undefined;
  const word = c.word();
  if (strings.has(word)) {
    c.advance();
    optionalEquals(c);
    return done(word, quoteString(c.string(), c.settings.noBackslashEscapes));
  }
  if (plain.has(word)) {
    c.advance();
    optionalEquals(c);
    if (word === 'secondary_engine' && c.accept(K.NULL)) return done(word, 'null');
    const value = c.kind === T.LPAREN ? undefined : optionValue(c);
    if (value === undefined) throw c.unexpected('a value');
    return done(word, value.toLowerCase() === 'default' ? 'default' : caseless.has(word) ? value.toLowerCase() : value);
  }
  // MariaDB's options of engines: any name with a value.
  if (!c.isName() || c.peek() !== T.EQ) return undefined;
  const name = quoteName(c.name());
  c.advance();
  return done(name, optionValue(c));
}

const caseless = new Set(['row_format', 'insert_method']);

function unionTables(c: Cursor): string {
  c.expect(T.LPAREN);
  const names: string[] = [];
  if (c.kind !== T.RPAREN) {
    for (const table of c.list((inner) => inner.tableName())) names.push(table.schema === undefined ? quoteName(table.name) : `${quoteName(table.schema)}.${quoteName(table.name)}`);
  }
  c.expect(T.RPAREN);
  return `(${names.join(', ')})`;
}
