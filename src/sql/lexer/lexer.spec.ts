import { describe, expect, it } from 'vitest';
import * as K from './keywordIds.generated.ts';
import { keywordText } from './keywords.ts';
import { Lexer } from './lexer.ts';
import { type SqlOptions, SqlSettings, sqlModeOf } from './settings.ts';
import { positionAt } from './syntaxError.ts';
import * as T from './tokens.ts';
import { tokenize } from './tokenStream.ts';

/** Tokens as `kind:text`, the kind of words left out. */
function tokens(sql: string | Uint8Array, options: SqlOptions = {}): string[] {
  const settings = new SqlSettings(options);
  const lexer = new Lexer(settings);
  lexer.reset(sql, settings);
  const out: string[] = [];
  for (;;) {
    const kind = lexer.next();
    if (kind === T.EOF) return out;
    const text = lexer.slice(lexer.start, lexer.end);
    out.push(kind >= K.FIRST_KEYWORD ? `${keywordText(kind)}` : `${names[kind] ?? ''}:${text}`);
    if (kind === T.INVALID) return out;
  }
}

const names: Readonly<Record<number, string>> = {
  [T.IDENT]: 'name', [T.QUOTED_IDENT]: 'quoted', [T.STRING]: 'string', [T.NATIONAL_STRING]: 'nstring', [T.HEX_STRING]: 'hex', [T.HEX_NUMBER]: 'hexnum', [T.BIT_STRING]: 'bit', [T.BIT_NUMBER]: 'bitnum',
  [T.INTEGER]: 'int', [T.DECIMAL_NUMBER]: 'dec', [T.FLOAT_NUMBER]: 'float', [T.INTRODUCER]: 'charset', [T.BIND]: 'bind', [T.LIST_BIND]: 'list', [T.PARAM]: 'param', [T.USER_VAR]: 'var', [T.AT_AT]: 'atat', [T.HINT]: 'hint',
  [T.NULL_ESCAPE]: 'null', [T.INVALID]: 'invalid',
};

describe('tokens', () => {
  it.each<[string, string[]]>([
    ['select 1', ['SELECT', 'int:1']],
    ['SeLeCt `a``b`.c', ['SELECT', 'quoted:`a``b`', ':.', 'name:c']],
    // Any word is a name behind a dot and before `.name`, as in MySQL's lexer.
    ['t.select, select.t, t . from', ['name:t', ':.', 'name:select', ':,', 'name:select', ':.', 'name:t', ':,', 'name:t', ':.', 'FROM']],
    ['t.1a t.5 .5 1.5 1. 1.e5 1e+5 1e5 1e', ['name:t', ':.', 'name:1a', 'name:t', ':.', 'name:5', 'dec:.5', 'dec:1.5', 'dec:1.', 'float:1.e5', 'float:1e+5', 'float:1e5', 'name:1e']],
    ['1a 0x1F 0x 0xZ 0X1 0b01 0b2', ['name:1a', 'hexnum:0x1F', 'name:0x', 'name:0xZ', 'name:0X1', 'bitnum:0b01', 'name:0b2']],
    ["x'4D' X'' b'01' B'' n'a' N'a' nx'4D'", ["hex:x'4D'", "hex:X''", "bit:b'01'", "bit:B''", "nstring:n'a'", "nstring:N'a'", 'name:nx', "string:'4D'"]],
    ["_utf8mb4'a' _binary 'b' _foo'c'", ['charset:_utf8mb4', "string:'a'", 'charset:_binary', "string:'b'", 'name:_foo', "string:'c'"]],
    [":a ::b :v1 ? := ::1", ['bind::a', 'list:::b', 'bind::v1', 'param:?', '::=', 'list:::1']],
    ['lbl:loop', ['name:lbl', '::', 'LOOP']],
    ["@a @a.b @`a b` @'c' @@x @@global.x u@localhost 'u'@'h'", ['var:@a', 'var:@a.b', 'var:@`a b`', "var:@'c'", 'atat:@@', 'name:x', 'atat:@@', 'GLOBAL', ':.', 'name:x', 'name:u', 'var:@localhost', "string:'u'", "var:@'h'"]],
    ['<=> <= < <> << != ! && & || | -> ->> - >= >> >', [':<=>', ':<=', ':<', ':<>', ':<<', ':!=', ':!', ':&&', ':&', ':||', ':|', ':->', ':->>', ':-', ':>=', ':>>', ':>']],
    ['count(*) count (*) max(a) mid', ['COUNT', ':(', ':*', ':)', 'name:count', ':(', ':*', ':)', 'MAX', ':(', 'name:a', ':)', 'name:mid']],
    ['\\N', ['null:\\N']],
    ["'a' 'it''s' 'b\\'c' \"d\"", ["string:'a'", "string:'it''s'", "string:'b\\'c'", 'string:"d"']],
    ['5--1', ['int:5', ':-', ':-', 'int:1']],
  ])('%s', (sql, expected) => {
    expect(tokens(sql)).toEqual(expected);
    expect(tokens(Buffer.from(sql))).toEqual(expected);
  });

  it('what is never closed, or no token, is invalid to the end', () => {
    for (const sql of ["'abc", '"abc', '`abc', '/* abc', "x'4'", "x'4G'", "b'2'", "@'abc", '::', '\\x', '\x01']) expect(tokens(sql), sql).toEqual([`invalid:${sql}`]);
  });
});

describe('sql_mode', () => {
  it('ANSI_QUOTES makes "a" a name', () => expect(tokens('"a""b"', { sqlMode: { ansiQuotes: true } })).toEqual(['quoted:"a""b"']));
  it('NO_BACKSLASH_ESCAPES makes a backslash a character', () => {
    const options = { sqlMode: { noBackslashEscapes: true } };
    expect(tokens("'a\\' 'b'", options)).toEqual(["string:'a\\'", "string:'b'"]);
    expect(tokenize("'a\\'", new SqlSettings(options)).value(0)).toBe('a\\');
  });
  it('IGNORE_SPACE lets space stand before the parenthesis of a function', () => expect(tokens('count (1)', { sqlMode: { ignoreSpace: true } })[0]).toBe('COUNT'));
  it('combined modes bring their parts', () => expect(sqlModeOf('STRICT_TRANS_TABLES,ANSI')).toEqual({ ansiQuotes: true, pipesAsConcat: true, ignoreSpace: true }));
});

describe('comments', () => {
  it('are passed over and noted', () => {
    const stream = tokenize('/* a */ select -- b\n 1 # c\n /*vt+ D=1 */ --\t', new SqlSettings());
    expect(stream.kinds).toEqual([K.SELECT, T.INTEGER, T.EOF]);
    const texts: string[] = [];
    for (let i = 0; i < stream.comments.length; i += 2) texts.push(stream.slice(stream.comments[i]!, stream.comments[i + 1]!));
    expect(texts).toEqual(['/* a */', '-- b', '# c', '/*vt+ D=1 */', '--\t']);
  });
  it('hints stand only behind their verbs', () => {
    expect(tokens('select /*+ A */ 1 /*+ B */')).toEqual(['SELECT', 'hint:/*+ A */', 'int:1']);
    expect(tokens('(insert /*+ A */')).toEqual([':(', 'INSERT', 'hint:/*+ A */']);
  });
  it.each<[string, SqlOptions, string]>([
    ['1 /*! + 2 */', {}, '1+2'], ['1 /*!80000 + 2 */', {}, '1+2'], ['1 /*!99999 + 2 */', {}, '1'], ['1 /*!090800 + 2 */', {}, '1'], ['1 /*!090700 + 2 */', {}, '1+2'], ['1 /*M! + 2 */', {}, '1'],
    ['1 /*M! + 2 */', { dialect: 'mariadb' }, '1+2'], ['1 /*M!100600 + 2 */', { dialect: 'mariadb' }, '1+2'], ['1 /*!50700 + 2 */', { dialect: 'mariadb' }, '1'], ['1 /*!50100 + 2 */', { dialect: 'mariadb' }, '1+2'],
    ['1 /*!100100 + 2 */', { dialect: 'mariadb' }, '1+2'], ['1 /*!80400 + 2 */', { version: 80044 }, '1'], ['1 /*!99999 /* nested */ + 2 */ + 3', {}, '1+3'], ['1 /*!80000 /* c */ + 2 */', {}, '1+2'],
  ])('%s in %o', (sql, options, expected) => {
    expect(tokens(sql, options).map((token) => token.slice(token.indexOf(':') + 1)).join('')).toBe(expected);
  });
});

describe('character sets', () => {
  const bytes = (text: string) => Buffer.from(text, 'latin1');
  it.each(['gbk', 'gb18030', 'big5', 'sjis', 'cp932'])('%s: a trail byte 0x5C is no backslash', (charset) => {
    const sql = bytes("'\xa4\x5c' 1");
    expect(tokens(sql, { charset }).length).toBe(charset === 'sjis' || charset === 'cp932' ? 1 : 2);
    // 0xA4 is no lead byte in Shift-JIS, 0x95 is.
    if (charset === 'sjis' || charset === 'cp932') expect(tokens(bytes("'\x95\x5c' 1"), { charset }).length).toBe(2);
  });
  it('utf8mb4: the same bytes are a backslash that escapes', () => expect(tokens(bytes("'\xa4\x5c' 1"))).toHaveLength(1));
  it('gbk: an ill-formed character does not swallow a quote', () => expect(tokens(bytes("'\xbf' or 1"), { charset: 'gbk' })).toHaveLength(3));
  it('gbk: a backslash escapes one byte only, as in MySQL', () => expect(tokens(bytes("'\\\xbf\x5c' or 1 -- '"), { charset: 'gbk' })).toHaveLength(1));
  it('gb18030: four-byte characters are whole', () => expect(tokens(bytes("'\x81\x30\x81\x30' a"), { charset: 'gb18030' })).toHaveLength(2));
  it('names: a backquote may be a trail byte', () => expect(tokens(bytes('`\x95\x60` a'), { charset: 'sjis' })).toHaveLength(2));
  it('values are decoded', () => {
    const stream = tokenize(bytes("'\xd5\x5c\\''"), new SqlSettings({ charset: 'gbk' }));
    expect(stream.value(0)).toBe("誠'");
    expect(stream.bytes(0)).toEqual(bytes("\xd5\x5c'"));
  });
  it('unknown ones are refused, and those that no client may use', () => {
    expect(() => new SqlSettings({ charset: 'klingon' })).toThrow("Unknown character set: 'klingon'");
    expect(() => new SqlSettings({ charset: 'UCS2' })).toThrow("can't be set to the value of 'ucs2'");
  });
});

describe('places', () => {
  it('are offset, line and column', () => {
    expect(positionAt('a\nbc\n  d', 7)).toEqual({ offset: 7, line: 3, column: 3 });
    expect(positionAt(Buffer.from('é\nx'), 3)).toEqual({ offset: 3, line: 2, column: 1 });
  });
});

describe('escapes', () => {
  it('are those of MySQL', () => {
    const stream = tokenize(String.raw`'\0\b\n\r\t\Z\%\_\'\"\\\x' 'a''b' "c""d'"`, new SqlSettings());
    expect(stream.value(0)).toBe('\0\b\n\r\t\x1a\\%\\_\'"\\x');
    expect(stream.value(1)).toBe("a'b");
    expect(stream.value(2)).toBe('c"d\'');
  });
});
