import { describe, expect, it } from 'vitest';
import { TYPE } from '../mysql/constants/columnTypes.ts';
import { literalOf } from './bindLiteral.ts';
import type { BindVariables } from './queryService.ts';
import { substituteBinds } from './substituteBinds.ts';
import { traitsOf } from './statementTraits.ts';

const int = (n: number) => ({ type: TYPE.INT64, value: Buffer.from(String(n)) });
const text = (s: string) => ({ type: TYPE.VARCHAR, value: Buffer.from(s) });
const put = (sql: string, binds: BindVariables, noBackslashEscapes = false) => substituteBinds(sql, binds, { noBackslashEscapes }).toString();

describe('bind variables in a statement', () => {
  it('are put where they stand and nowhere else', () => {
    const binds = { a: int(1), b: text("o'k"), l: { type: TYPE.TUPLE, values: [int(1), int(2)] } };
    expect(put("select :a, ':a', `:a`, \":a\" /* :a */ from t where x = :b and y in ::l -- :a\n and z = :a # :a", binds))
      .toBe("select 1, ':a', `:a`, \":a\" /* :a */ from t where x = 'o''k' and y in (1, 2) -- :a\n and z = 1 # :a");
    expect(put('select 1', binds)).toBe('select 1');
    expect(put('select @x := :a', binds)).toBe('select @x := 1');
  });
  it('keep a backslash as the session reads it', () => {
    expect(put('select :b', { b: text('a\\') })).toBe("select 'a\\\\'");
    expect(put('select :b', { b: text('a\\') }, true)).toBe("select 'a\\'");
    expect(put("select 'x\\':b', :b", { b: text('y') })).toBe("select 'x\\':b', 'y'");
    expect(put("select 'x\\', :b", { b: text('y') }, true)).toBe("select 'x\\', 'y'");
  });
  it('never become a comment or an operator with their sign', () => {
    expect(put('select 1-:a', { a: int(-2) })).toBe('select 1- -2');
  });
  it('that are missing, lists or no lists are refused in the words of a vttablet', () => {
    expect(() => put('select :v1', {})).toThrow('missing bind var v1');
    expect(() => put('select :v1', { v1: { type: TYPE.TUPLE, values: [] } })).toThrow('unexpected arg type (TUPLE) for non-list key v1');
    expect(() => put('select ::v1', { v1: int(1) })).toThrow('unexpected list arg type');
    expect(() => put('select ::v1', { v1: { type: TYPE.TUPLE, values: [] } })).toThrow('empty list supplied for v1');
    expect(() => put('select :toString', {})).toThrow('missing bind var toString');
  });
  it('of a number type that hold no number are refused: they would be SQL', () => {
    for (const [type, value] of [[TYPE.INT64, '1 or 1=1'], [TYPE.INT64, ''], [TYPE.DECIMAL, '1;'], [TYPE.FLOAT64, '1e'], [TYPE.HEXVAL, "x'0'"], [TYPE.HEXNUM, '0xg'], [TYPE.BITNUM, '0b2'], [TYPE.EXPRESSION, 'now()']] as const) {
      expect(() => literalOf(type, Buffer.from(value), { noBackslashEscapes: false }), `${type} ${value}`).toThrow(/has a value that is none/);
    }
  });
  it('are written in hex where escaping bytes could be undone by the character set', () => {
    const value = Buffer.from([0xbf, 0x5c, 0x27]);
    expect(literalOf(TYPE.VARCHAR, value, { noBackslashEscapes: false, charset: 'gbk' }).toString()).toBe("_gbk x'bf5c27'");
    expect(literalOf(TYPE.VARBINARY, value, { noBackslashEscapes: false }).toString('latin1')).toBe("_binary'\xbf\\\\'''");
  });
});

describe('what a tablet sees in a statement', () => {
  it('tells kinds, locks, sequences and further statements', () => {
    expect(traitsOf('select 1').kind).toBe('select');
    expect(traitsOf('(select 1) union select 2').kind).toBe('select');
    expect(traitsOf('/* x */ with a as (select 1) select * from a').kind).toBe('select');
    expect(traitsOf("select get_lock('a', 1)").reservedFor).toBe('SelectLockFunc');
    expect(traitsOf("select 'get_lock' from t").reservedFor).toBeUndefined();
    expect(traitsOf('create temporary table t(id int)').reservedFor).toBeDefined();
    expect(traitsOf('create table t(id int)').reservedFor).toBeUndefined();
    expect(traitsOf('select 1; select 2').severalStatements).toBe(true);
    expect(traitsOf('select 1;').severalStatements).toBe(false);
    expect(traitsOf('rollback to savepoint a').toSavepoint).toBe(true);
    expect(traitsOf('rollback').toSavepoint).toBe(false);
    expect(traitsOf('select next 3 values from s').sequence).toEqual({ table: 's', count: 3n, countBind: undefined });
    expect(traitsOf('select next :n values from `s`').sequence).toEqual({ table: 's', count: undefined, countBind: 'n' });
    expect(traitsOf('select next value from s').sequence).toEqual({ table: 's', count: 1n, countBind: undefined });
    expect(traitsOf('').kind).toBe('empty');
  });
});
