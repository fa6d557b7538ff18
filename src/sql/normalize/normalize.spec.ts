import { describe, expect, it } from 'vitest';
import { parseStatement } from '../parser/index.ts';
import type { LiteralBind } from './literalBind.ts';
import { bindName, bindVariables, normalize } from './normalize.ts';
import * as Q from './queryTypes.ts';

const show = (bind: LiteralBind): string => (bind.values === undefined ? (bind.param >= 0 ? `?${bind.param}` : `${bind.type}:${bind.value}`) : `[${bind.values.map((v) => `${v.type}:${v.value}`).join()}]`);

/** The key, then the binds. */
function of(sql: string, options = {}): [string, ...string[]] {
  const query = normalize(sql, options);
  const fromBytes = normalize(Buffer.from(sql), options);
  expect(fromBytes.key).toBe(query.key);
  expect(fromBytes.binds.map(show)).toEqual(query.binds.map(show));
  return [query.key, ...query.binds.map(show)];
}

describe('keys are shared', () => {
  it.each([
    ['select * from t where id = 1', 'select * from t where id = 2'],
    ['select * from t where id in (1, 2, 3)', 'select * from t where id in (5, 6)'],
    ["select * from t where a = 'x' and b = 1", "select  *\nfrom t /* c */ where a = 'it''s' and b = 2 -- d"],
    ['insert into t values (1, 2)', 'insert into t values (3, 3);'],
    ['update t set a = 1.5 where id = 2', 'update t set a = 2.5 where id = 3'],
    ['delete from t where a = 0x1F limit 5', 'delete from t where a = 0x2A limit 7'],
  ])('%s | %s', (a, b) => expect(normalize(a).key).toBe(normalize(b).key));

  it.each([
    ['select 1', 'select 2'], ['select a from t order by 1', 'select a from t order by 2'], ["select a->'$.x' from t", "select a->'$.y' from t"], ['select * from t where a = 1 and b = 1', 'select * from t where a = 1 and b = 2'],
    ['/*vt+ A=1 */ select 1', 'select 1'], ['select /*+ NO_ICP(t) */ 1', 'select 1'],
  ])('not: %s | %s', (a, b) => expect(normalize(a).key).not.toBe(normalize(b).key));
});

describe('values and their types', () => {
  it.each<[string, number, string]>([
    ['1', Q.INT64, '1'], ['-1', Q.INT64, '-1'], ['- 1', Q.INT64, '-1'], ['9223372036854775807', Q.INT64, '9223372036854775807'], ['9223372036854775808', Q.UINT64, '9223372036854775808'], ['-9223372036854775808', Q.INT64, '-9223372036854775808'],
    ['-9223372036854775809', Q.DECIMAL, '-9223372036854775809'], ['18446744073709551616', Q.DECIMAL, '18446744073709551616'], ['0000000000000000000001', Q.INT64, '0000000000000000000001'], ['1.50', Q.DECIMAL, '1.50'], ['.5', Q.DECIMAL, '.5'],
    ['1e5', Q.FLOAT64, '1e5'], ["'x'", Q.VARCHAR, 'x'], ["'it''s\\n'", Q.VARCHAR, "it's\n"], ['"a"', Q.VARCHAR, 'a'], ["'a' 'b'\n'c'", Q.VARCHAR, 'abc'], ["_binary'a\\0'", Q.VARBINARY, 'a\0'], ["_BINARY 'a'", Q.VARBINARY, 'a'],
    ["x'4D'", Q.HEXVAL, "x'4D'"], ['0x4D', Q.HEXNUM, '0x4D'], ["b'01'", Q.BITNUM, '0b01'], ['0b01', Q.BITNUM, '0b01'],
  ])('%s', (literal, type, value) => {
    const [key, bind] = of(`select * from t where a = ${literal} and b`);
    expect(key).toBe('select * from t where a = :v1 and b');
    expect(bind).toBe(`${type}:${value}`);
  });

  it('the numbers are those of query.Type', () => {
    expect([Q.NULL_TYPE, Q.INT64, Q.UINT64, Q.DECIMAL, Q.FLOAT64, Q.VARCHAR, Q.VARBINARY, Q.HEXNUM, Q.HEXVAL, Q.BITNUM, Q.TUPLE]).toEqual([0, 265, 778, 18, 1036, 6165, 10262, 4128, 4129, 4130, 28]);
  });

  it('bytes that are no text stay as they are', () => {
    const query = normalize(Buffer.from("insert into t values ('\xff\\'\xfe')", 'latin1'));
    expect(query.binds[0]?.value).toEqual(Buffer.from("\xff'\xfe", 'latin1'));
  });
});

describe('what becomes of a statement', () => {
  it.each<[string, string, ...string[]]>([
    ['select * from t where a in (1, -2, \'x\')', 'select * from t where a in ::v1', '[265:1,265:-2,6165:x]'],
    ['select * from t where a in(1)', 'select * from t where a in::v1', '[265:1]'],
    ['select * from t where a in (1, null)', 'select * from t where a in (:v1, null)', '265:1'],
    ['select * from t where (a, b) in ((1, 2), (3, 4))', 'select * from t where (a, b) in ((:v1, :v2), (:v3, :v4))', '265:1', '265:2', '265:3', '265:4'],
    ['select * from t where a in (1, (select 2 from u where b = 3))', 'select * from t where a in (:v1, (select 2 from u where b = :v2))', '265:1', '265:3'],
    // No SQL: it must not become some.
    ['select * from t where a in (1 2)', 'select * from t where a in (:v1 :v2)', '265:1', '265:2'],
    ['select * from t where a in (,1)', 'select * from t where a in (,:v1)', '265:1'],
    ['select * from t where a in (1,)', 'select * from t where a in (:v1,)', '265:1'],
    ['select * from t where a in (1,,2)', 'select * from t where a in (:v1,,:v2)', '265:1', '265:2'],
    ['select * from t where a in (-)', 'select * from t where a in (-)'],
    // Positions stay, expressions with literals do not.
    ['select a, b from t group by 1, b + 1 order by 2 desc, a + 1 limit 5, 10', 'select a, b from t group by 1, b + :v1 order by 2 desc, a + :v1 limit :v2, :v3', '265:1', '265:5', '265:10'],
    // A column keeps the name that MySQL gives it.
    ["select 1, 'x', a + 1, a + 1 as c, a + 1 d from t", "select 1, 'x', a + :v1 as `a + 1`, a + :v1 as c, a + :v1 d from t", '265:1'],
    ['select a+1 from t group by a+1', 'select a+:v1 as `a+1` from t group by a+:v1', '265:1'],
    ['select distinct sql_no_cache -5, `a``b` + 1 from t', 'select distinct sql_no_cache -:v1 as `-5`, `a``b` + :v2 as ```a````b`` + 1` from t', '265:5', '265:1'],
    ['select now() + interval 1 day, status = 1 status, (select 5 + 1 from u) from t', 'select now() + interval 1 day, status = 1 status, (select 5 + 1 from u) from t'],
    ["select 'a' 'b', 'a' c, 'a' = b from t", "select 'a' 'b', :v1 c, 'a' = b from t", '6165:a'],
    ["select a 'alias' from t where b = 'x'", "select a 'alias' from t where b = :v1", '6165:x'],
    // What must stay a literal.
    ["select * from t where d > date '2020-01-01' and e < timestamp'2020-01-01 00:00:00' and {d '2020-01-01'} = d", "select * from t where d > date '2020-01-01' and e < timestamp'2020-01-01 00:00:00' and {d '2020-01-01'} = d"],
    ["select * from json_table('[1]', '$[*]' columns (a int path '$.a' default '5' on empty)) j where j.a = 1", "select * from json_table('[1]', '$[*]' columns (a int path '$.a' default '5' on empty)) j where j.a = :v1", '265:1'],
    ["select * from t where a->>'$.b' = 'c' and json_value(a, '$.c') = 1", "select * from t where a->>'$.b' = :v1 and json_value(a, '$.c') = :v2", '6165:c', '265:1'],
    ['select * from t where cast(a as decimal(10, 2)) = 1 and convert(b, char(5)) = 2 and now(6) > c', 'select * from t where cast(a as decimal(10, 2)) = :v1 and convert(b, char(5)) = :v2 and now(6) > c', '265:1', '265:2'],
    // As the fuzz test found it (seed 262049266, input 271443): a type that is no keyword.
    ['select a from t where convert(a, chaér(2)) = 1', 'select a from t where convert(a, chaér(2)) = :v1', '265:1'],
    // As the fuzz test found it (seed 271121794, input 103722): a word that may be a name before what may be an alias.
    ['select cast(1 as char) = begin "A"', 'select cast(1 as char) = begin "A"'],
    ["select @@key 'OFF'", "select @@key 'OFF'"],
    ['select 2 || 3 || begin x', 'select 2 || 3 || begin x'],
    ["select group_concat(a order by b separator ', ') g from t where a like 'x!%' escape '!' and b = 'c' collate 'utf8mb4_bin'", "select group_concat(a order by b separator ', ') g from t where a like :v1 escape '!' and b = :v2 collate 'utf8mb4_bin'", '6165:x!%', '6165:c'],
    ['select sum(a) over (partition by b order by c rows between 1 preceding and 2 following) s from t', 'select sum(a) over (partition by b order by c rows between 1 preceding and 2 following) s from t'],
    ["select a from t where b = 1 into outfile '/x' fields terminated by ','", "select a from t where b = :v1 into outfile '/x' fields terminated by ','", '265:1'],
    ["select * from t where a = _latin1'x' and b = N'y'", "select * from t where a = _latin1'x' and b = N'y'"],
    ['select * from t where a = b - 1 and c = current_date - 1 and d = (1) - 2', 'select * from t where a = b - :v1 and c = current_date - :v1 and d = (:v1) - :v2', '265:1', '265:2'],
    ["select position('a' in ('b')) p from t", 'select position(:v1 in (:v2)) p from t', '6165:a', '6165:b'],
    ['select next 5 values from seq', 'select next 5 values from seq'],
    // Binds of the client's own.
    ['select * from t where a = ? and b in (?, 1) limit ?', 'select * from t where a = :v1 and b in (:v2, :v3) limit :v4', '?0', '?1', '265:1', '?2'],
    ['select * from t where a = :v1 and b = 1', 'select * from t where a = :v1 and b = :v_1', '265:1'],
    ['select * from t where a = :v_1 and b in ::v__2 and c = 1', 'select * from t where a = :v_1 and b in ::v__2 and c = :v___1', '265:1'],
    // Other statements are taken as they are.
    ['set @a = 1', 'set @a = 1'],
    ["create table t (a int default 5) /* c */ comment 'x';", "create table t (a int default 5) /* c */ comment 'x'"],
    ['with c as (select a from t where b = 1) select * from c where a = 1', 'with c as (select a from t where b = :v1) select * from c where a = :v1', '265:1'],
    ['/* lead */ /*vt+ SCATTER_ERRORS_AS_WARNINGS */ select /*+ X */ * from t where a = 1', '/*vt+ SCATTER_ERRORS_AS_WARNINGS */ select /*+ X */ * from t where a = :v1', '265:1'],
    ['select * from t /*!80000 where a = 1 */ /*!99999 or b = 2 */', 'select * from t where a = :v1', '265:1'],
    ["insert into t (a, b) values (1, 1), (-1, 'x') on duplicate key update a = values(a) + 1", 'insert into t (a, b) values (:v1, :v2), (:v3, :v4) on duplicate key update a = values(a) + :v5', '265:1', '265:1', '265:-1', '6165:x', '265:1'],
  ])('%s', (sql, ...expected) => {
    expect(of(sql)).toEqual(expected);
  });

  it('ANSI_QUOTES and NO_BACKSLASH_ESCAPES are heeded', () => {
    expect(of('select * from t where "a" = \'b\\\'', { sqlMode: { ansiQuotes: true, noBackslashEscapes: true } })).toEqual(['select * from t where "a" = :v1', '6165:b\\']);
  });

  it('spans say where the literals stand', () => {
    const sql = "select * from t where a = 5 and b in (1, 2) and c = 'x'";
    const { spans } = normalize(sql);
    const texts: string[] = [];
    for (let i = 0; i < spans.length; i += 3) texts.push(`${spans[i + 2]}=${sql.slice(spans[i], spans[i + 1])}`);
    expect(texts).toEqual(['0=5', '1=(1, 2)', "2='x'"]);
  });

  it('a text of several statements is read one by one', () => {
    const sql = "select 1 from t where a = 1; ; update t set a = ';' ; create procedure p() begin select 1; end; commit";
    const kinds: string[] = [];
    const keys: string[] = [];
    for (let at = 0; at >= 0; ) {
      const query = normalize(sql, undefined, at);
      kinds.push(query.kind);
      keys.push(query.key);
      at = query.tail;
    }
    expect(kinds).toEqual(['select', 'update', 'ddl', 'commit']);
    expect(keys).toEqual(['select 1 from t where a = :v1', 'update t set a = :v1', 'create procedure p() begin select 1; end', 'commit']);
  });

  it('binds have names', () => {
    const query = normalize('select * from t where a = 1 and b = 2');
    expect(Object.keys(bindVariables(query))).toEqual(['v1', 'v2']);
    expect(bindName(query, 1)).toBe('v2');
  });

  it('keys parse', () => {
    expect(parseStatement(normalize("select a + 1, 'x' y from t where b in (1, 2) limit 3").key).kind).toBe('select');
  });

  it.each<[string, string]>([
    ['', 'empty'], ['(select 1)', 'select'], ['values row(1)', 'select'], ['with a as (select 1) delete from t', 'delete'], ['start transaction', 'begin'], ['start replica', 'replication'], ['release savepoint a', 'releaseSavepoint'],
    ['drop user a', 'account'], ['drop prepare a', 'deallocate'], ['desc t', 'explain'], ['explain select 1', 'explain'], ['nonsense', 'other'],
  ])('%s is %s', (sql, kind) => expect(normalize(sql).kind).toBe(kind));

  it('text that is no token is 1064, too much of it 1153', () => {
    expect(() => normalize("select 'abc")).toThrow("near ''abc' at line 1");
    expect(() => normalize('drop table `abc')).toThrow("near '`abc' at line 1");
    expect(() => normalize('select 1', { maxLength: 3 })).toThrow('max_allowed_packet');
  });
});
