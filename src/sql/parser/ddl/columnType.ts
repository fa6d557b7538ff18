import type { ColumnType } from '../../ast/table.ts';
import * as K from '../../lexer/keywordIds.generated.ts';
import * as T from '../../lexer/tokens.ts';
import { charsetName } from '../castType.ts';
import type { Cursor } from '../cursor.ts';
import { acceptCharset } from './clauses.ts';

/** One spelling for types that servers take for another. */
const sameAs: Readonly<Record<string, string>> = {
  integer: 'int', dec: 'decimal', numeric: 'decimal', fixed: 'decimal', character: 'char', int1: 'tinyint', int2: 'smallint', int3: 'mediumint', int4: 'int', int8: 'bigint',
  middleint: 'mediumint', float4: 'float', float8: 'double', varcharacter: 'varchar', clob: 'longtext', varchar2: 'varchar', geomcollection: 'geometrycollection', sql_tsi_year: 'year',
};
/** Types that are written with several words, the first of which alone is read by {@link firstWord}. */
const withMembers = new Set(['enum', 'set']);

/** The type of a column, a parameter or a function's result. */
export function columnType(c: Cursor): ColumnType {
  const start = c.start;
  const first = firstWord(c);
  const name = first.name;
  let length = first.length;
  let members: string[] | undefined;
  if (withMembers.has(name)) {
    c.expect(T.LPAREN);
    members = c.list(memberText);
    c.expect(T.RPAREN);
  } else if (c.kind === T.LPAREN) {
    c.advance();
    length = c.integer();
    if (c.accept(T.COMMA)) length += `,${c.integer()}`;
    c.expect(T.RPAREN);
  }
  let unsigned = false;
  let zerofill = false;
  let binary = false;
  let charset = first.charset;
  let collate: string | undefined;
  for (;;) {
    if (c.accept(K.UNSIGNED)) unsigned = true;
    else if (c.accept(K.ZEROFILL)) zerofill = true;
    else if (c.kind === K.SIGNED) c.advance();
    else if (c.kind === K.BINARY) {
      c.advance();
      binary = true;
    } else if (acceptCharset(c)) charset = charsetName(c);
    else if (c.accept(K.ASCII)) charset = 'latin1';
    else if (c.accept(K.UNICODE)) charset = 'ucs2';
    else if (c.kind === K.BYTE) {
      c.advance();
      charset = 'binary';
    } else if (c.kind === K.COLLATE && collate === undefined) {
      c.advance();
      collate = charsetName(c);
    } else break;
  }
  return { kind: 'columnType', name, length, members, unsigned, zerofill, charset, collate, binary, start, end: c.lastEnd };
}

function memberText(c: Cursor): string {
  if (c.kind === T.HEX_STRING || c.kind === T.HEX_NUMBER) {
    const value = Buffer.from(c.stream.value(c.at), 'hex').toString('latin1');
    c.advance();
    return value;
  }
  if (c.kind === T.INTRODUCER || c.kind === T.NATIONAL_STRING) {
    if (c.kind === T.INTRODUCER) c.advance();
    const value = c.stream.value(c.at);
    c.advance();
    return value;
  }
  return c.string('a member in quotes');
}

function firstWord(c: Cursor): { readonly name: string; readonly length?: string; readonly charset?: string } {
  if (c.kind < 256 && c.kind !== T.IDENT && c.kind !== T.QUOTED_IDENT) throw c.unexpected('a type');
  let word = c.word();
  // MariaDB has types from plugins, so any name may be one there.
  if (!typeWords.has(word) && !(c.isName() && (freeTypeWords.has(word) || c.settings.dialect === 'mariadb'))) throw c.unexpected('a type');
  c.advance();
  // MariaDB's types of plugins may be qualified: mysql_json, mariadb_schema.date.
  while (c.accept(T.DOT)) word += `.${c.name('a type')}`;
  switch (word) {
    case 'bool':
    case 'boolean':
      return { name: 'tinyint', length: '1' };
    case 'double':
      c.accept(K.PRECISION);
      return { name: 'double' };
    case 'long':
      if (c.accept(K.VARBINARY)) return { name: 'mediumblob' };
      if (c.accept(K.CHAR) || c.accept(K.CHARACTER)) c.expect(K.VARYING);
      else if (!c.accept(K.VARCHAR)) c.accept(K.VARCHARACTER);
      return { name: 'mediumtext' };
    case 'national':
      if (c.accept(K.VARCHAR) || c.accept(K.VARCHARACTER)) return { name: 'varchar', charset: 'utf8' };
      if (!c.accept(K.CHAR)) c.expect(K.CHARACTER);
      return { name: c.accept(K.VARYING) ? 'varchar' : 'char', charset: 'utf8' };
    case 'nchar':
      return { name: c.accept(K.VARYING) || c.accept(K.VARCHAR) || c.accept(K.VARCHARACTER) ? 'varchar' : 'char', charset: 'utf8' };
    case 'nvarchar':
      return { name: 'varchar', charset: 'utf8' };
    case 'char':
    case 'character':
      return { name: c.accept(K.VARYING) ? 'varchar' : 'char' };
    case 'serial':
      return { name: 'serial' };
  }
  return { name: Object.hasOwn(sameAs, word) ? (sameAs[word] as string) : word };
}

/** Reserved words that begin a type. */
const typeWords = new Set([
  'bigint', 'binary', 'blob', 'char', 'character', 'dec', 'decimal', 'double', 'float', 'float4', 'float8', 'int', 'int1', 'int2', 'int3', 'int4', 'int8', 'integer',
  'long', 'longblob', 'longtext', 'mediumblob', 'mediumint', 'mediumtext', 'middleint', 'numeric', 'real', 'set', 'smallint', 'tinyblob', 'tinyint', 'tinytext', 'varbinary',
  'varchar', 'varcharacter',
]);

/** Words that are not reserved and begin a type, of MySQL and of MariaDB's own plugins. */
const freeTypeWords = new Set([
  'bit', 'bool', 'boolean', 'date', 'datetime', 'enum', 'fixed', 'geomcollection', 'geometry', 'geometrycollection', 'inet4', 'inet6', 'json', 'linestring', 'multilinestring', 'multipoint',
  'multipolygon', 'national', 'nchar', 'nvarchar', 'point', 'polygon', 'serial', 'sql_tsi_year', 'text', 'time', 'timestamp', 'uuid', 'vector', 'xmltype', 'year',
]);
