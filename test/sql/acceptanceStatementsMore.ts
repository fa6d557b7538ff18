/** The second half of the statements of `acceptanceStatements.ts`, one a line. */
export const moreStatements: string = String.raw`
insert into t value (1)
insert t values (1),(2)
insert into t () values ()
insert into t () values (), ()
insert into t (a) values ()
insert into t values ()
insert into t(a, t.b, s.t.c) values (1,2,3)
insert into t values (default, default(a), 1 + 1, (select 1))
insert into t values row(1)
insert into t values row(1), row(2) on duplicate key update a = 1
insert into t (a) values row(1)
insert into t (values row(1))
insert into t table u
insert into t (a) table u
insert into t (table u)
insert into t select 1
insert into t (select 1)
insert into t ((select 1))
insert into t (a) (select 1)
insert into t (a) ((select 1) union (select 2))
insert into t (select 1) union (select 2)
insert into t () select 1
insert into t (select 1) on duplicate key update a = 1
insert into t select 1 from u on duplicate key update a = 1
insert into t select * from u join v on duplicate key update a = 1
insert into t select * from u join v on 1 on duplicate key update a = 1
insert into t select 1 as x
insert into t values (1) as n
insert into t values (1) as n on duplicate key update a = n.a
insert into t values (1) as n(b) on duplicate key update a = b, c = values(a)
insert into t set a = 1 as n on duplicate key update a = n.a
insert into t set a = 1, b = default
insert into t set a := 1
insert into t set t.a = 1
insert into t set
insert into t (a) set a = 1
insert low_priority into t values (1)
insert delayed into t values (1)
insert high_priority ignore into t values (1)
insert ignore high_priority into t values (1)
insert into s.t partition (p0) (a) values (1)
insert into t partition (p0) values (1)
insert into t (a) partition (p0) values (1)
insert into t values (1) on duplicate key update a = values(a) + 1, t.b = default
insert into t values (1) returning *
replace t values (1)
replace into t set a = 1
replace low_priority into t values (1)
replace delayed t values (1)
replace ignore into t values (1)
replace into t select 1
replace into t values (1) on duplicate key update a = 1
replace into t values (1) as n
update t set a = 1
update t set a = 1, b = b + 1 where c order by d limit 1
update t set a = 1 limit 1, 2
update t set a := 1
update t set t.a = default, s.t.b = default(c)
update t as x set x.a = 1
update t, u set t.a = u.a
update t join u on 1 set t.a = 1 where u.b
update t, u set t.a = 1 order by t.a limit 1
update t left join u using (a) set a = 1
update (select 1) x, t set t.a = 1
update low_priority ignore t set a = 1
update ignore low_priority t set a = 1
update t partition (p0) set a = 1
update t use index (a) set a = 1
update t set a = (select 1)
update t set (a, b) = (1, 2)
update t set a = 1 from u
update t set a = 1 returning *
update lateral (select 1) x set a = 1
delete from t
delete from t where a order by b limit 1
delete from t limit 1, 2
delete from t as x where x.a
delete from t x
delete from t partition (p0) where a
delete from t as x partition (p0)
delete from t partition (p0) as x
delete low_priority quick ignore from t
delete ignore quick low_priority from t
delete quick from t
delete t from t
delete t, u from t join u
delete t.*, s.u.* from t, s.u
delete from t using t
delete from t, u using t join u on 1 where a
delete from t.* using t
delete from t, u
delete t from t order by a limit 1
delete from t using t order by a
delete t x from t
delete from t use index (a)
delete from t join u on 1
delete t
delete from t returning *
delete t1 from t as t1, u as t2 where t1.a = t2.a
set a = 1
set @a = 1, @b := 2
set @a = 1, global b = 2, session c = 3, @@d = 4, @@global.e = 5
set global a = 1, b = 2
set persist a = 1, persist_only b = 2, local c = 3
set @@persist.a = default, @@local.b = default
set a = on, b = off, c = all, d = binary, e = row, f = system, g = default, h = ansi, i = utf8mb4
set a = 1 + 1, b = (select 1), c = @x, d = concat('a')
set a = on + 1
set @a = on
set @a = default
set a.b = 1, c.d.e = 1
set default.key_buffer_size = 1
set global default.key_buffer_size = 1
set new.a = 1
set names utf8mb4
set names 'utf8mb4' collate 'utf8mb4_bin'
set names default
set names utf8mb4 collate default
set names binary
set names utf8mb4, a = 1
set a = 1, names utf8mb4
set names = 1
set character set utf8
set char set utf8
set charset utf8
set charset default
set character set default, a = 1
set character set 'utf8'
set transaction isolation level read committed
set transaction isolation level serializable, read only
set transaction read write, isolation level repeatable read
set global transaction read only
set session transaction isolation level read uncommitted
set local transaction read write
set transaction read only, read write
set transaction isolation level read committed, isolation level serializable
set @@session.transaction isolation level read committed
set transaction_isolation = 'READ-COMMITTED'
set tx_isolation = 1
set a 1
set a = 
set autocommit = 1;
set session = 1
set global = 1
set @a
set @@a
use a
use \`a b\`
use 'a'
begin
begin work
begin tran
start transaction
start transaction read only
start transaction read only, with consistent snapshot
start transaction with consistent snapshot, read write
start transaction read only, read write
start
commit
commit work
commit and chain
commit and no chain
commit release
commit no release
commit and chain no release
commit and chain release
commit work and no chain release
rollback
rollback work and chain
rollback to a
rollback to savepoint a
rollback work to savepoint \`a b\`
savepoint a
savepoint savepoint
release savepoint a
release a
show databases
show databases like 'a'
show databases where a
show schemas
show tables
show full tables from a like 'b'
show extended full tables in a where b
show tables from a from b
show open tables from a where b
show table status from a like 'b'
show columns from t
show full columns from t from s like 'a'
show extended columns from s.t
show extended full fields in t
show columns t
show index from t
show extended indexes from t from s where key_name = 'a'
show keys in t
show index from t like 'a'
show variables
show global variables like 'a'
show session variables where a = 1
show local status
show status like 'a'
show persist variables
show create table t
show create table s.t
show create view v
show create database if not exists d
show create schema d
show create procedure s.p
show create function f
show create trigger x
show create event e
show create user u
show create user 'a'@'b'
show create user current_user()
show create library l
show character set
show character set like 'a'
show charset where a
show char set
show collation like 'a'
show engines
show storage engines
show engine innodb status
show engine 'innodb' mutex
show engine all logs
show plugins
show privileges
show processlist
show full processlist
show profile
show profile all for query 1
show profile block io, page faults limit 1 offset 2
show profile cpu, ipc, memory, source, swaps, context switches
show profiles
show warnings
show warnings limit 1, 2
show count(*) warnings
show errors limit 1
show count(*) errors
show grants
show grants for a
show grants for a@b using c, d
show grants for current_user
show triggers
show full triggers from s like 'a'
show events in s
show function status like 'a'
show procedure status where db = 'a'
show function code f
show procedure code s.p
show library status
show binary logs
show binary log status
show master status
show binlog events
show binlog events in 'a' from 4 limit 1, 2
show relaylog events in 'a' limit 1 for channel 'x'
show replica status
show replica status for channel 'a'
show slave status
show replicas
show slave hosts
show parse_tree select 1
show all tables
explain t
explain s.t a
desc t 'a%'
describe t \`a\`
explain t a b
explain select 1
explain format=json select 1
explain format='tree' update t set a = 1
explain format = traditional delete from t
explain format=json for connection 5
explain for connection 5
explain analyze select 1
explain analyze format=tree select 1
explain format=tree analyze select 1
analyze select 1
analyze format=json update t set a = 1
explain extended select 1
explain partitions select 1
explain for schema s select 1
explain format=json into @v select 1
explain into @v select 1
explain insert into t values (1)
explain replace into t values (1)
explain (select 1)
explain with a as (select 1) select * from a
explain table t
explain values row(1)
explain analyze update t set a = 1
explain create table t (a int)
desc select 1
describe format=json select 1
do 1
select 1 /*! , 2 */
select 1 /*!99999 , 2 */
select 1 /*!50000 , 2 */ , 3
select /*+ BKA(t) */ 1 from t
select /*+ */ 1
select a /*+ x */ from t
select 1 -- x
select 1 --1
select 1 # x
select 1 /* unclosed
select 'a
select "a""b", 'a''b', 'a\'b', "a\"b"
select \`a\`\`b\` from t
select \`\` from t
select a$b, $a, a1, _a, a_b, ä, 日本 from t
select t.1a from t
select t.\`1\` from t
select 1.a from t
select 1.e1, 1.e, .5e1, 1e+5, 1e-5, 1.5.5
select a.b.c.d from t
select null, NULL, \N, true, TRUE, false, unknown from t
select a is unknown, a is not unknown, a is 1 from t
select a <> b, a != b, a <=> b, a =< b from t
select a <=> all (select 1) from t
select a = all (select 1), a > any (select 1), a < some (select 1), a = any (1) from t
select a = all (table t) from t
select a = (all) from t
select all (a) from t
select a := 1
select a, from t
select from t
select current_role, current_role() from dual
select column_get(a, 'x' as int) from t
select column_create('a', 1 as int, 'b', 'x' as char(3), 'c', 2)
select column_add(column_create(1, 1), 'a', 1 as decimal(10,2))
select column_get(a, 1 as decimal(10,2)) + 1 from t
select column_get(a, 'x' as char(5) character set utf8mb4) from t
update t for portion of p from '2000-01-01' to '2001-01-01' set a = 1 where b = 2
delete from t for portion of p from '2000-01-01' to date '2001-01-01' + interval 1 day where b = 2
show user_variables
show user_variables like 'a%'
show user_variables where variable_name = 'a'
select 
select ;
select 1;;
;
`;
