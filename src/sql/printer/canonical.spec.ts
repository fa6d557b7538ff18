import { describe, expect, it } from 'vitest';
import { sameTree } from '../ast/sameTree.ts';
import { settingsOf } from '../lexer/settings.ts';
import { parseStatement, parseStatements } from '../parser/index.ts';
import { printStatement } from './index.ts';

/** As written → as printed. What is printed prints as itself and is the same tree. */
function prints(pairs: readonly (readonly [string, string])[], options?: Parameters<typeof parseStatement>[1]): void {
  for (const [sql, expected] of pairs) {
    const tree = parseStatement(sql, options);
    const printed = printStatement(tree);
    expect(printed, sql).toBe(expected);
    const again = parseStatement(printed, options);
    expect(sameTree(again, tree), printed).toBe(true);
    expect(printStatement(again), sql).toBe(printed);
  }
}

describe('printed statements', () => {
  it('are queries in canonical form', () =>
    prints([
      ['SELECT  1', 'select 1 from dual'],
      ['select DISTINCTROW SQL_CALC_FOUND_ROWS a.*, s.b.*, * from a, s.b', 'select distinct sql_calc_found_rows a.*, s.b.*, * from a, s.b'],
      ["select a x, b 'y z', c as `select` from t", 'select a as x, b as `y z`, c as `select` from t'],
      ['select a from t order by b, c desc limit 10 offset 5', 'select a from t order by b asc, c desc limit 5, 10'],
      ['select a from `t` where `t`.`order` = 1', 'select a from t where t.`order` = 1'],
      ['select sum(a) from t group by rollup(b, c)', 'select sum(a) from t group by b, c with rollup'],
      ['select a from t1 cross join t2 on t1.a = t2.a', 'select a from t1 join t2 on t1.a = t2.a'],
      ['select a from t1 left outer join t2 using (a, b) natural right join t3', 'select a from t1 left join t2 using (a, b) natural right join t3'],
      ['select * from (a, b) join c', 'select * from a cross join b join c'],
      ['select * from a join (b join c on b.x = c.x) on a.x = b.x', 'select * from a join (b join c on b.x = c.x) on a.x = b.x'],
      ['select * from a join b join c on b.x = c.x on a.x = b.x', 'select * from a join (b join c on b.x = c.x) on a.x = b.x'],
      ['select * from a join b left join c on b.x = c.x', 'select * from a join b left join c on b.x = c.x'],
      ['select * from {oj a left join b on a.x = b.x}', 'select * from a left join b on a.x = b.x'],
      ['select * from (select 1) as d(x), lateral (select d.x) l', 'select * from (select 1 from dual) as d(x), lateral (select d.x from dual) as l'],
      ['select * from ((select 1 as a union select 2)) d', 'select * from (select 1 as a from dual union select 2 from dual) as d'],
      ['select * from ((select 1 as a) d join t)', 'select * from (select 1 as a from dual) as d join t'],
      ['(select 1)', 'select 1 from dual'],
      ['(select a from t limit 3) limit 2', '(select a from t limit 3) limit 2'],
      ['(select a from t) limit 2', 'select a from t limit 2'],
      ['select 1 union distinct (select 2 union all select 3) order by 1', 'select 1 from dual union (select 2 from dual union all select 3 from dual) order by 1 asc'],
      ['(select 1 union select 2) except select 3', 'select 1 from dual union select 2 from dual except select 3 from dual'],
      ['select 1 union select 2 intersect select 3', 'select 1 from dual union select 2 from dual intersect select 3 from dual'],
      ['(select 1 union select 2) intersect select 3', '(select 1 from dual union select 2 from dual) intersect select 3 from dual'],
      ['(select 1 limit 1) union select 2', '(select 1 from dual limit 1) union select 2 from dual'],
      ['with recursive c(n) as (select 1 union all select n + 1 from c) select n from c', 'with recursive c(n) as (select 1 from dual union all select n + 1 from c) select n from c'],
      ['values row(1, 2), row(3, 4) limit 1', 'values row(1, 2), row(3, 4) limit 1'],
      ['table s.t order by a', 'table s.t order by a asc'],
      ['select a from t for update of t nowait for share of u skip locked', 'select a from t for update of t nowait for share of u skip locked'],
      ['select a from t lock in share mode', 'select a from t lock in share mode'],
      ['select a into @x, @y from t', 'select a from t into @x, @y'],
      ["select a from t into outfile 'f' character set utf8mb4 fields terminated by ',' optionally enclosed by '\"' lines terminated by '\\n'",
        "select a from t into outfile 'f' character set utf8mb4 fields terminated by ',' optionally enclosed by '\"' lines terminated by '\\n'"],
      ['select a from t partition (p0, p1) as x use index (i) ignore index for order by (j, primary)', 'select a from t partition (p0, p1) as x use index (i) ignore index for order by (j, primary)'],
      ['select a from t use vindex (hash)', 'select a from t use vindex (hash)'],
      ["select a from t as of timestamp '2026-01-01' as x", "select a from t as of timestamp '2026-01-01' as x"],
      ['select a from t x as of timestamp now() - interval 1 hour', 'select a from t as of timestamp now() - interval 1 hour as x'],
      ['select next value from seq', 'select next 1 values from seq'],
      ['select next :n values from seq', 'select next :n values from seq'],
      ['select ?, :a, ::b from t where c in ::list', 'select :v1, :a, ::b from t where c in ::list'],
      ["select * from json_table('[1]', '$[*]' columns (n for ordinality, a int path '$' default '0' on empty null on error, nested '$.x' columns (b json path '$.b'))) t",
        "select * from json_table('[1]', '$[*]' columns(n for ordinality, a int path '$' default '0' on empty null on error, nested path '$.x' columns(b json path '$.b'))) as t"],
      ['select rank() over w from t window w as (partition by a order by b rows between unbounded preceding and 1 following), v as (w)',
        'select rank() over w from t window w as (partition by a order by b asc rows between unbounded preceding and 1 following), v as (w)'],
    ]));

  it('keep comments, hints and directives in their places', () =>
    prints([
      ['/* lead */ select /*vt+ A=1 */ a /* mid */ from t -- end', '/* lead */ select /*vt+ A=1 */ a from t /* mid */ -- end\n'],
      ['select /*+ MAX_EXECUTION_TIME(1000) */ /* c */ a from t', 'select /*+ MAX_EXECUTION_TIME(1000) */ /* c */ a from t'],
      ['insert /*vt+ X */ into t values (1)', 'insert /*vt+ X */ into t values (1)'],
      ['# first\nselect 1 # last', '# first\nselect 1 from dual # last\n'],
    ]));

  it('are writes in canonical form', () =>
    prints([
      ['INSERT t VALUES (1, default)', 'insert into t values (1, default)'],
      ['insert into t () values ()', 'insert into t values ()'],
      ['insert low_priority ignore s.t (a, b) value (1, 2), (3, 4)', 'insert low_priority ignore into s.t(a, b) values (1, 2), (3, 4)'],
      ['insert t set a = 1, b := 2', 'insert into t(a, b) values (1, 2)'],
      ['insert into t (a) select b from u on duplicate key update a = values(a) + 1', 'insert into t(a) select b from u on duplicate key update a = values(a) + 1'],
      ['insert into t (a) (select 1)', 'insert into t(a) select 1 from dual'],
      ['insert into t values (1) as n (x) on duplicate key update a = n.x', 'insert into t values (1) as n (x) on duplicate key update a = n.x'],
      ['insert into t partition (p) table u', 'insert into t partition (p) table u'],
      ['replace delayed into t with c as (select 1) select * from c', 'replace delayed into t with c as (select 1 from dual) select * from c'],
      ['update low_priority ignore t set a = a + 1, t.b = default where c order by d limit 3', 'update low_priority ignore t set a = a + 1, t.b = default where c order by d asc limit 3'],
      ['update a x, b join c on b.i = c.i set x.v = c.v where x.i = b.i', 'update a as x, b join c on b.i = c.i set x.v = c.v where x.i = b.i'],
      ['with q as (select 1 as i) update t, q set t.a = 1 where t.i = q.i', 'with q as (select 1 as i from dual) update t, q set t.a = 1 where t.i = q.i'],
      ['delete quick from t as x where a = 1 order by b limit 1', 'delete quick from t as x where a = 1 order by b asc limit 1'],
      ['delete from t x partition (p0) where a', 'delete from t as x partition (p0) where a'],
      ['delete a, s.b from a join s.b using (i)', 'delete a, s.b from a join s.b using (i)'],
      ['delete from a.*, b using a, b where a.i = b.i', 'delete a, b from a, b where a.i = b.i'],
      ['delete low_priority ignore t.* from t', 'delete low_priority ignore t from t'],
    ]));

  it('are session statements in canonical form', () =>
    prints([
      ['set autocommit = 0, @a := 1, @@global.x = on, session y = default, persist z = 2', 'set autocommit = 0, @a = 1, @@global.x = on, @@session.y = default, @@persist.z = 2'],
      ["set names 'UTF8MB4' collate utf8mb4_bin", 'set names utf8mb4 collate utf8mb4_bin'],
      ['set names default, character set latin1', 'set names default, character set latin1'],
      ["set sql_mode = 'ANSI', sql_mode = concat(@@sql_mode, ',X')", "set sql_mode = 'ANSI', sql_mode = concat(@@sql_mode, ',X')"],
      ['set local transaction isolation level read committed, read only', 'set session transaction isolation level read committed, read only'],
      ['set transaction read write', 'set transaction read write'],
      ['set default.key_buffer_size = 1', 'set default.key_buffer_size = 1'],
      ['use commerce', 'use commerce'],
      ['use ks:-80@replica', 'use `ks:-80@replica`'],
      ['use `ks:80-`', 'use `ks:80-`'],
      ['use ks@rdonly', 'use `ks@rdonly`'],
      ['begin work', 'begin'],
      ['start transaction with consistent snapshot, read only', 'start transaction with consistent snapshot, read only'],
      ['commit work and no chain release', 'commit and no chain release'],
      ['rollback work to savepoint sp', 'rollback to sp'],
      ['savepoint `a b`', 'savepoint `a b`'],
      ['release savepoint sp', 'release savepoint sp'],
    ]));

  it('are SHOW and EXPLAIN in canonical form', () =>
    prints([
      ['show schemas', 'show databases'],
      ["show full tables from db like 'a%'", "show full tables from db like 'a%'"],
      ['show extended full fields in t in db', 'show extended full columns from db.t'],
      ['show keys from s.t where key_name = \'x\'', "show index from s.t where key_name = 'x'"],
      ['show local status', 'show session status'],
      ["show global variables like 'max%'", "show global variables like 'max%'"],
      ['show create schema if not exists d', 'show create database if not exists d'],
      ['show create table s.t', 'show create table s.t'],
      ['show engine innodb status', 'show engine innodb status'],
      ['show storage engines', 'show engines'],
      ['show count(*) errors', 'show count(*) errors'],
      ['show warnings limit 1, 2', 'show warnings limit 1, 2'],
      ["show grants for 'a'@'%' using r", "show grants for 'a'@'%' using r"],
      ["show binlog events in 'b.1' from 4 limit 2", "show binlog events in 'b.1' from 4 limit 2"],
      ["show relaylog events in 'b.1' from 4 limit 2 for channel 'c'", "show relaylog events in 'b.1' from 4 limit 2 for channel 'c'"],
      ["show replica status for channel 'c'", "show replica status for channel 'c'"],
      ['show binary log status', 'show binary log status'],
      ['show profile block io, cpu for query 2 limit 3', 'show profile block io, cpu for query 2 limit 3'],
      ['show vitess_tablets', 'show vitess_tablets'],
      ["show vitess_migrations from ks where status = 'complete'", "show vitess_migrations from ks where status = 'complete'"],
      ["show vitess_migration 'abc' logs", "show vitess_migration 'abc' logs"],
      ["show vitess_metadata variables like 'v'", "show vitess_metadata variables like 'v'"],
      ['show vschema vindexes on ks.t', 'show vschema vindexes on ks.t'],
      ['show global gtid_executed from ks', 'show global gtid_executed from ks'],
      ['show unresolved transactions for ks', 'show unresolved transactions for ks'],
      ["show transaction status 'ks:-80:1'", "show transaction status for 'ks:-80:1'"],
      ['show snapshots', 'show snapshots'],
      ['show restore window for ks', 'show restore window for ks'],
      ['desc t', 'describe t'],
      ["explain s.t 'a%'", "describe s.t 'a%'"],
      ['describe t col', 'describe t col'],
      ['explain format = JSON select 1', 'explain format = json select 1 from dual'],
      ['desc analyze update t set a = 1', 'explain analyze update t set a = 1'],
      ['explain for connection 5', 'explain for connection 5'],
      ['explain format=json into @v select 1', 'explain format = json into @v select 1 from dual'],
      ['vexplain select 1', 'vexplain plan select 1 from dual'],
      ['vexplain KEYS delete from t', 'vexplain keys delete from t'],
    ]));

  it('keep what only MariaDB has', () =>
    prints(
      [
        ['insert into t values (1) returning id, a as b', 'insert into t values (1) returning id, a as b'],
        ['delete from t where a returning *', 'delete from t where a returning *'],
        ["set statement max_statement_time = 1 for select 1", 'set statement max_statement_time = 1 for select 1 from dual'],
        ['select a from t limit rows examined 10', 'select a from t limit rows examined 10'],
        ['select a from t offset 2 rows fetch next 3 rows with ties', 'select a from t offset 2 rows fetch first 3 rows with ties'],
        ['select a from t offset 2 rows fetch first row only', 'select a from t limit 2, 1'],
        ["select * from t for system_time as of timestamp '2020-01-01'", "select * from t for system_time as of timestamp '2020-01-01'"],
        ['select * from t for system_time all', 'select * from t for system_time all'],
        ['select next value for s, nextval(s), lastval(s)', 'select next value for s, next value for s, previous value for s from dual'],
        ['values (1, 2), (3, 4)', 'values (1, 2), (3, 4)'],
        ['analyze format=json select 1', 'analyze format = json select 1 from dual'],
        ['select percentile_cont(0.5) within group (order by a) over (partition by b) from t', 'select percentile_cont(0.5) within group (order by a asc) over (partition by b) from t'],
      ],
      { dialect: 'mariadb' },
    ));

  it('parse many at once', () => {
    expect(parseStatements('select 1;; select ? ; ').map((s) => printStatement(s))).toEqual(['select 1 from dual', 'select :v1 from dual']);
    expect(parseStatements(' ; ')).toEqual([]);
  });

  it('a table named dual is not DUAL', () => {
    // Found by the fuzz test: seed 271746586, input 245348.
    for (const [sql, printed] of [['select 1 from .dual', 'select 1 from `dual`'], ['select 1 from `dual`', 'select 1 from `dual`'], ['select 1 from dual', 'select 1 from dual']] as const) {
      const tree = parseStatement(sql);
      expect(printStatement(tree)).toBe(printed);
      expect(sameTree(parseStatement(printed), tree)).toBe(true);
    }
  });

  it('text kept from a definition is written in the mode it was read in', () => {
    // Found by the fuzz test: seed 261499001, input 264694.
    const sql = "create table t (a varchar(9) default 'name''', b enum ('x''\\\\')) comment 'it''s\\\\' row_format = dynamic";
    for (const noBackslashEscapes of [true, false]) {
      const settings = settingsOf({ sqlMode: { noBackslashEscapes } });
      const tree = parseStatement(sql, settings);
      expect(sameTree(parseStatement(printStatement(tree, { noBackslashEscapes }), settings), tree)).toBe(true);
    }
  });
});
