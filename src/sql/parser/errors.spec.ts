import { describe, expect, it } from 'vitest';
import { VtrewindError } from '../../base/errors.ts';
import { SqlSyntaxError } from '../lexer/syntaxError.ts';
import { parseExpression, parseStatement, parseStatements } from './index.ts';

function refused(parse: () => unknown): SqlSyntaxError {
  try {
    parse();
  } catch (error) {
    expect(error).toBeInstanceOf(SqlSyntaxError);
    expect(error).toBeInstanceOf(VtrewindError);
    return error as SqlSyntaxError;
  }
  throw new Error('nothing was refused');
}

describe('what is no SQL', () => {
  it('is refused in the words of MySQL, with the place', () => {
    const error = refused(() => parseStatement('select a\nfrom t\nwhere or b = 1'));
    expect(error.message).toBe("You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use near 'or b = 1' at line 3");
    expect([error.mysql, error.sqlState, error.offset, error.line, error.column]).toEqual([1064, '42000', 22, 3, 7]);
    expect(refused(() => parseStatement('select 1 from', { dialect: 'mariadb' })).message).toContain("your MariaDB server version for the right syntax to use near '' at line 1");
    expect(refused(() => parseStatement('select 1 from')).offset).toBe(13);
  });

  it('counts offsets in bytes for bytes', () => {
    expect(refused(() => parseStatement(Buffer.from("select 'é' from from"))).offset).toBe(17);
    expect(refused(() => parseStatement("select 'é' from from")).offset).toBe(16);
  });

  it('includes whatever follows a statement', () => {
    for (const sql of ['select 1 select 2', 'select 1; select 2', 'commit commit', 'use a b', 'show tables x', 'begin; x', 'select 1)', 'set a = 1 b = 2', 'delete from t where a = 1 1'])
      expect(refused(() => parseStatement(sql)).mysql, sql).toBe(1064);
    expect(() => parseStatement('select 1;')).not.toThrow();
    expect(refused(() => parseStatements('select 1; selec 2')).offset).toBe(10);
    expect(refused(() => parseExpression('a b')).offset).toBe(2);
  });

  it('includes what MySQL refuses too', () => {
    const taken: string[] = [];
    for (const sql of [
      'select', 'select from t', 'select a from', 'select a, from t', 'select a from t where', 'select a from t left join u', 'select a from t join u on', 'select a from t order', 'select a from t limit',
      'select a from t group a', 'select * from (select 1', 'select (1', 'select 1 +', 'select a in ()', 'select a between 1', 'select case end', 'select case when 1 end', 'select cast(a char)', 'select a.b.c.d',
      'select a not b', 'select not', 'select a = not b', 'select a in (1) in (2)', 'select a is true is false', 'select a like b + c', 'select exists(1)', 'select a from t union', 'select a from t order by a union select b from u',
      'select a into @x, from t', 'select a from t for', 'select a from t lock in', 'insert into t', 'insert t (a', 'insert into t values', 'insert into t values (1', 'insert into t values (1,)', 'insert into t set', 'insert into t set a',
      'update t', 'update t set', 'update t set a', 'update t set a = ', 'delete t', 'delete from', 'delete from t, u where 1', 'replace', 'with a select 1', 'with a as select 1', 'with a as (select 1) insert into t values (1)',
      'set', 'set a', 'set a =', 'set names', 'show', 'show nothing', 'show create', 'show global tables', 'explain', 'vexplain', 'vexplain t', 'start', 'rollback to', 'savepoint', 'release sp',
      'select interval 1 day', 'select interval 1 day - a', 'select date_add(a, interval 1)', 'select count(distinct)', 'select group_concat()', 'select a collate', 'select match a against', 'select @', 'select @@', 'select a as', 'select `a', "select 'a", 'select /* a',
      'table', 'values', 'values row', 'values (1)', '(select 1', '()', 'select 1 limit 1 limit 2', 'select a from t use index i', 'select sum(a) over', 'select sum(a) over (order a)', 'select a from t where b = all',
      'select key from t', 'select rank from t', 'select a from select', 'select default(1)', 'select values(1)', 'select next 5 from t', 'select a from t as of timestamp', '', ' ', '-- nothing',
    ]) {
      try {
        parseStatement(sql);
        taken.push(sql);
      } catch (error) {
        expect([1064, 1065], `${sql}: ${error}`).toContain((error as SqlSyntaxError).mysql);
      }
    }
    expect(taken).toEqual([]);
    expect(refused(() => parseStatement(' /* */ ')).mysql).toBe(1065);
  });

  it('includes what ends too early, wherever it ends (found by fuzzing: seed 262450046)', () => {
    for (const text of ['create procedure p() language', "create procedure p() comment 'x' language", 'create function f() returns int language', 'alter procedure p language']) {
      expect(refused(() => parseStatement(text)).mysql, text).toBe(1064);
    }
  });

  it('includes what no upkeep of tables knows (found by fuzzing: seed 262814008, input 356330)', () => {
    for (const text of ['check view v::', 'check table t nonsense', 'repair table t for upgrade', 'analyze table t drop histogram on', 'optimize table t wait', 'set password = ::', 'checksum table t fast']) {
      expect(refused(() => parseStatement(text)).mysql, text).toBe(1064);
    }
  });

  it('includes a row alias behind a query and an ALGORITHM of nothing (found by fuzzing: seeds 265077921 and 265170441)', () => {
    for (const text of ['insert into k (select a from b) as t', 'create index i on t (a) algorithm', 'drop index i on t lock = 5', 'create index i on t (a) algorithm = fast']) {
      expect(refused(() => parseStatement(text)).mysql, text).toBe(1064);
    }
  });

  it('includes a JSON path that is no text (found by fuzzing: seed 271643418, input 472053)', () => {
    expect(refused(() => parseStatement(Buffer.from('select a->"$[\xe1]" from t', 'latin1'))).mysql).toBe(1064);
    expect(() => parseStatement(Buffer.from('select a->"$[1]" from t', 'latin1'))).not.toThrow();
  });

  it('includes what is nested too deep or too long', () => {
    for (const [open, close] of [['(', ')'], ['(select ', ')'], ['not ', ''], ['- ', ''], ['abs(', ')'], ['case 1 when 1 then ', ' end'], ['@a := ', ''], ['a = (', ')'], ['exists (select ', ')']] as const) {
      const nested = (n: number) => `select ${open.repeat(n)}1${close.repeat(n)}`;
      expect(() => parseStatement(nested(60)), open).not.toThrow();
      expect(refused(() => parseStatement(nested(20_000))).mysql, open).toBe(1436);
    }
    for (const [open, close] of [['(', ')'], ['(select * from ', ') d'], ['a join ', '']] as const)
      expect(refused(() => parseStatement(`select * from ${open.repeat(20_000)}t${close.repeat(20_000)}`)).mysql, open).toBe(1436);
    expect(refused(() => parseStatement(`${'('.repeat(20_000)}select 1${')'.repeat(20_000)}`)).mysql).toBe(1436);
    expect(refused(() => parseStatement(`${'explain '.repeat(20_000)}select 1`)).mysql).toBe(1064);
    expect(refused(() => parseStatement(`select 1${' or 1'.repeat(100_000)}`)).mysql).toBe(1436);
    expect(() => parseStatement(`select 1${' or 1'.repeat(3_000)}`)).not.toThrow();
    expect(refused(() => parseStatement(`select 1${' = 1'.repeat(3_000)}`)).mysql).toBe(1436);
    expect(refused(() => parseStatement(`select a${' collate x'.repeat(3_000)}`)).mysql).toBe(1436);
    expect(refused(() => parseStatement('select 12345', { maxLength: 5 })).mysql).toBe(1153);
    expect(() => parseStatement(`select ${'('.repeat(900)}1${')'.repeat(900)}`, { maxDepth: 2_000 })).not.toThrow();
  });
});
