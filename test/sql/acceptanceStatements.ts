/**
 * Statements at the edges of the grammar of queries, writes, SET, SHOW, EXPLAIN and transactions, one a line: odd, rare, and many of them wrong.
 * Whether a line is SQL is for the servers to say.
 */
export const acceptanceStatements: readonly string[] = String.raw`
select all distinct a from t
select distinct all a from t
select distinct distinct a from t
select sql_no_cache from t
select sql_buffer_result sql_no_cache a from t
select straight_join from t
select a as 'x', b as "y", c "z" from t
select a 'x' from t
select a.* , b from t a
select *, a from t
select a, * from t
select t.*, t.a.b from t
select .t.a from t
select . a from t
select t . a from t
select 1 as select_
select 1 as 1a
select 1a from t
select 1 from t 1a
select 1e from t
select 0x from t
select 0xg from t
select 0b12 from t
select x'1' from t
select x'zz' from t
select N'a' 'b'
select _utf8 'a' 'b'
select _utf8mb4 x'41'
select _utf8mb4 0x41
select _utf8mb4 b'1'
select _foo 'a'
select _utf8mb4
select 'a' collate utf8mb4_bin
select 'a' 'b' collate utf8mb4_bin
select a collate 'utf8mb4_bin' from t
select a collate binary from t
select binary a, binary(a) from t
select -binary a from t
select !a, ! a, !!a from t
select not not a from t
select ~-+a from t
select a is null is null from t
select a = b is null from t
select a in (select 1), a in ((select 1)), a in (((select 1))) from t
select a in ((1)), (a) in ((1),(2)) from t
select (a,b) in ((1,2)) from t
select (a,b) in ((select 1,2)) from t
select (a,b) = (select 1,2) from t
select row(a,b) in (row(1,2)) from t
select row(a) from t
select (((a))) from t
select ((a,b)) = ((1,2)) from t
select exists (select 1) + 1
select exists(table t)
select (select 1) + (select 2)
select ((select 1) + 1)
select ((select 1) union (select 2))
select ((select 1) union select 2)
select (select 1 union select 2)
select ((select 1 limit 1) limit 1)
select (with a as (select 1) select * from a)
select (values row(1))
select (table t)
select a between 1 and 2 between 3 and 4 from t
select a between (1 and 2) and 3 from t
select a between b and c in (1) from t
select a not between 1 and 2 or b from t
select a like b escape c from t
select a like b escape 'x' escape 'y' from t
select a like 'b' 'c' from t
select a like b || c from t
select a like -b from t
select a like (b) collate utf8mb4_bin from t
select a like binary b from t
select a regexp b + c from t
select a regexp b like c from t
select a sounds like b from t
select a member of (b) from t
select a member (b) from t
select a member of(b, c) from t
select a member of (b + 1) from t
select a -> '$.b' from t
select t.a -> '$.b' ->> '$.c' from t
select (a) -> '$.b' from t
select a -> concat('$') from t
select a -> _utf8mb4'$.b' from t
select a->>"$.b" from t
select interval 1 day + now(), now() + interval 1 day, now() - interval 1 day
select interval 1 day
select interval 1 day - now()
select now() + interval 1 sql_tsi_day
select timestampadd(sql_tsi_day, 1, now()), timestampdiff(day, now(), now())
select timestampadd(day_hour, 1, now())
select date_add(now(), interval 1 sql_tsi_day)
select interval(1, 2), interval(1, 2, 3), interval (1) day + now()
select interval(1)
select interval((1), 2) + 1
select now() + interval(1) day
select now() + interval (1)+(2) day
select adddate(now(), 1), adddate(now(), interval 1 day), subdate(now(), 1)
select date_add(now(), 1)
select extract(day from now()), extract(sql_tsi_day from now())
select trim(a), trim(both a from b), trim(both from b), trim(leading from b), trim(a from b), trim(both a) from t
select substring(a, 1), substring(a from 1 for 2), substring(a from 1), substring(a for 2) from t
select substr(a, 1, 2, 3) from t
select position(a in b), position(a in b in c), locate(a, b) from t
select char(1, 2 using utf8mb4), char(1), char() from t
select convert(a, char), convert(a, char(10)), convert(a using utf8mb4), convert(a using binary), convert(a, char character set utf8mb4) from t
select cast(a as char ascii), cast(a as char unicode), cast(a as char byte), cast(a as char binary), cast(a as char character set binary), cast(a as char charset latin1 binary) from t
select cast(a as nchar), cast(a as nchar(3)), cast(a as national char) from t
select cast(a as signed int), cast(a as unsigned), cast(a as integer) from t
select cast(a as double), cast(a as double precision), cast(a as float), cast(a as float(10)), cast(a as real), cast(a as year), cast(a as json), cast(a as time(3)), cast(a as datetime(6)), cast(a as date) from t
select cast(a as decimal), cast(a as decimal(5)), cast(a as dec(5,2)) from t
select cast(a as point), cast(a as geometrycollection) from t
select cast(a as varchar(10)) from t
select cast(a as int) from t
select cast(a at time zone '+00:00' as datetime), cast(a at time zone interval '+00:00' as datetime(2)) from t
select cast(a as char(10) collate utf8mb4_bin) from t
select weight_string(a), weight_string(a as char(3)), weight_string(a as binary(3)), weight_string(a level 1) from t
select get_format(date, 'USA'), get_format(datetime, 'ISO'), get_format(timestamp, 'ISO') 
select json_value(a, '$'), json_value(a, '$' returning signed), json_value(a, '$' null on empty error on error), json_value(a, '$' default 1 on empty default -1 on error) from t
select match(a) against ('x'), match a against ('x'), match (t.a, b) against ('x' in natural language mode), match(a) against ('x' with query expansion), match(a) against ('x' in natural language mode with query expansion), match(a) against (concat('a') in boolean mode) from t
select match(a + 1) against ('x') from t
select count(*), count(distinct a), count(distinct a, b), count(all a), count(a, b) from t
select count(distinct *) from t
select sum(*), sum(distinct a), sum(all a) from t
select min(distinct a), avg(a), std(a), stddev(a), variance(a), bit_and(a) from t
select sum(a, b) from t
select group_concat(a, b order by 1, a desc separator 'x'), group_concat(distinct a separator '') from t
select group_concat(a separator b) from t
select group_concat(a order by b limit 1) from t
select json_arrayagg(a), json_objectagg(a, b), json_arrayagg(distinct a) from t
select any_value(a), grouping(a, b) from t group by a, b with rollup
select count(*) over (), sum(a) over w, row_number() over (order by a), rank() over w from t window w as (partition by b)
select row_number() from t
select rank() over (w rows 1 preceding), rank() over (w order by a) from t window w as ()
select sum(a) over (rows between 1 preceding and 1 following exclude current row) from t
select sum(a) over (groups 1 preceding) from t
select sum(a) over (range interval 1 day preceding) from t
select sum(a) over (range between interval 1 day preceding and interval '1:1' minute_second following) from t
select lead(a) over (), lead(a, 1) over (), lead(a, 1, 0) over (), lag(a, ?) over (), lead(a) respect nulls over (), lead(a) ignore nulls over () from t
select nth_value(a, 1) over (), nth_value(a, 1) from first over (), nth_value(a, 1) from last respect nulls over () from t
select first_value(a) over (), last_value(a) ignore nulls over (), ntile(3) over (), cume_dist() over (), percent_rank() over () from t
select sum(a) over w from t window w as (order by a), v as (w)
select json_arrayagg(a) over (), json_objectagg(a, b) over (order by a) from t
select current_user, current_user(), current_date, current_date(), current_time(3), current_timestamp, localtime, localtime(2), localtimestamp(), utc_date, utc_time(1), utc_timestamp()
select current_user(1)
select now(), now(6), sysdate(3), curdate(), curtime(2), curdate(1)
select user(), session_user(), system_user(), database(), schema(), version(), last_insert_id(), row_count(), found_rows(), connection_id()
select if(1,2,3), left('a',1), right('a',1), repeat('a',2), replace('a','b','c'), insert('a',1,2,'b'), mod(5,2), truncate(1.5,1), reverse('a'), ascii('a'), charset('a'), collation('a'), coercibility('a'), format(1,2), format(1,2,'de_DE')
select date('2020-01-01'), time('10:00'), timestamp('2020-01-01'), timestamp('2020-01-01','10:00'), year(now()), month(now()), day(now()), hour(now()), minute(now()), second(now()), microsecond(now()), quarter(now()), week(now(),1), weekday(now())
select date '2020-01-01', time '10:00', timestamp '2020-01-01 10:00:00', date"2020-01-01"
select {d '2020-01-01'}, {t '10:00'}, {ts '2020-01-01 10:00:00'}, {fn now()}, {x 1}
select @a, @'a b', @\`a b\`, @"a", @a.b, @a$b, @1
select @@a.b, @@global.max_connections, @@session.sql_mode, @@local.sql_mode, @@\`sql_mode\`, @@global.\`sql_mode\`, @@default.key_buffer_size, @@persist.x, @@global.a.b
select @@ sql_mode
select @a := 1, @a := @b := 2, @a:=1+1, (@a := 1) + 1
select a := 1 from t
select default(a), default(t.a) from t
select default from t
select values(a), values(t.a) from t
select case when a then b end, case a when 1 then 2 else 3 end from t
select case when a then b when c then d else e end case from t
select point(1,2), linestring(point(1,2), point(2,3)), geometrycollection(), multipoint(point(1,1)), polygon(linestring(point(1,2)))
select st_collect(a), st_collect(distinct a) from t
select f(a), f(a as x), s.f(), f(distinct a) from t
select count (a), count (*) from t
select sum (a) from t
select now () 
select substring (a, 1) from t
select f (a) from t
select \`count\`(a), \`now\`(), "a" from t
select a from t as x, u y, s.t z
select a from t x (b)
select a from (select 1) x
select a from (select 1)
select a from (select 1) as x (a, b)
select a from (select 1 union select 2) x
select a from ((select 1) union (select 2)) x
select a from ((select 1) union (select 2) order by 1 limit 1) x
select a from ((select 1)) x
select a from (((select 1) x))
select a from ((select 1) x, t)
select a from (t), (u)
select a from ((t)), (((u)))
select a from (t, u) join (v, w) on 1
select a from (t join u)
select a from (t as x)
select a from (t) as x
select a from lateral (select 1) x
select a from t, lateral (select t.a) as x(b)
select a from (values row(1,2)) x
select a from (table t) x
select a from (with c as (select 1) select * from c) x
select a from t join u
select a from t join u join v on 1
select a from t join u join v on 1 on 2
select a from t join u join v on 1 on 2 on 3
select a from t left join u on 1 left join v on 2
select a from t left join u left join v on 1 on 2
select a from t left join u join v on 1
select a from t left join u
select a from t cross join u on 1
select a from t cross join u using (a)
select a from t inner join u
select a from t straight_join u on 1
select a from t straight_join u
select a from t natural join u natural left join v natural right outer join w natural inner join x
select a from t natural join u on 1
select a from t natural join (u join v)
select a from t natural cross join u
select a from t join u using (a, b)
select a from t join u using ()
select a from t full join u on 1
select a from t full outer join u on 1
select a from t full
select a from {oj t left join u on 1}
select a from {oj t join u on 1} join v
select a from t use index (a), u ignore key (b) force index for join (c)
select a from t use index (), u
select a from t use index (a) use index for order by (b) use index for group by (c)
select a from t use index (primary)
select a from t force index ()
select a from t use index (a) x
select a from t x use index (a)
select a from t partition (p0) x use index (a)
select a from t partition (p0, p1)
select a from t x partition (p0)
select a from t tablesample system (10)
select a from json_table('[]', '$[*]' columns (a int path '$')) x
select a from json_table('[]', '$[*]' columns (a int path '$')) as x, t
select a from json_table('[]', '$[*]' columns (a varchar(10) character set utf8mb4 collate utf8mb4_bin path '$', b int exists path '$.b', c for ordinality, nested path '$.x' columns (d json path '$'), nested '$.y' columns (e decimal(10,2) path '$'))) x
select a from json_table('[]', '$' columns (a int path '$' error on empty null on error)) x
select a from json_table('[]', '$' columns (a int path '$' null on error null on empty)) x
select a from json_table('[]', '$' columns (a bigint unsigned path '$', b double precision path '$', c char(3) path '$', d year path '$', e enum('a') path '$', f blob path '$', g text path '$')) x
select a from dual
select 1 from dual where 1 limit 1
select * from dual
select 1 where 1
select 1 group by 1
select 1 having 1
select 1 order by 1 limit 1
select 1 limit 1, 2
select 1 limit 1 offset 2
select 1 limit ?
select 1 limit ?, ?
select 1 limit -1
select 1 limit 1.5
select 1 limit @a
select 1 limit 0x10
select 1 limit (1)
select 1 limit all
select a from t group by a asc
select a from t group by a desc with rollup
select a from t group by a, b with rollup having 1 order by 1
select a from t group by rollup (a, b)
select a from t group by cube (a, b)
select a from t group by rollup (a), b
select a from t having a window w as () order by a
select a from t qualify row_number() over (order by a) = 1
select a from t where b qualify 1
select qualify from t
select a from t for update
select a from t for update of t, u
select a from t for update of s.t
select a from t for share nowait
select a from t for update skip locked for share of t nowait
select a from t for update wait 5
select a from t lock in share mode
select a from t lock in share mode nowait
select a from t lock in share mode for update
select a from t for update into @a
select a into @a from t
select a from t into @a
select a into @a from t into @b
select a into @a, b from t
select a into outfile 'x' from t
select a from t into outfile 'x' character set utf8 fields terminated by ',' enclosed by '"' escaped by '\\' lines starting by 'a' terminated by '\n'
select a from t into outfile 'x' columns terminated by 0x41
select a from t into outfile 'x' fields
select a from t into dumpfile 'x'
select a from t limit 1 into @a
select a from t into @a limit 1
select a from t into @a for update
select a from t order by a limit 1 for update
(select a from t) order by a
(select a from t order by a) order by b
(select a from t limit 1) limit 2
(select a from t) for update
((select a from t limit 1) limit 2) limit 3
(select a from t) into @a
(select a into @a from t)
(select a from t into @a)
((select 1))
((select 1) union select 2) order by 1
(select 1) union (select 2) union all (select 3) order by 1 limit 1
select 1 union select 2 limit 1 for update
select 1 for update union select 2
(select 1 for update) union select 2
select 1 union (select 2 into @a)
select 1 union select 2 into @a
select 1 union select 2 into outfile 'x'
select 1 union distinct select 2 except all select 3 intersect distinct select 4
select 1 minus select 2
select 1 union all distinct select 2
values row(1), row(2)
values row(1,2) union values row(3,4)
values row(1), (2)
values row()
values row(default)
values row(1) order by 1 limit 1
values row(1) for update
table t
table t order by a limit 1 offset 2
table t where a
table t union table u
table t for update
table t into @a
table s.t as x
with a as (select 1) select * from a
with a (b, c) as (select 1, 2), d as (select 3) select * from a, d
with recursive a as (select 1 union all select 2) select * from a
with a as (table t) table a
with a as (values row(1)) select 1
with a as (select 1) (select 2)
with a as (select 1) (select 2) union select 3
with a as (select 1), select 2
with a as (with b as (select 1) select * from b) select * from a
(with a as (select 1) select * from a)
select 1 union (with a as (select 1) select * from a)
select 1 union with a as (select 1) select * from a
with a as (select 1) update t set b = 1
with a as (select 1) delete from t
with a as (select 1) delete t from t, a
with a as (select 1) insert into t select * from a
with a as (select 1) replace into t select * from a
insert into t with a as (select 1) select * from a
insert into t values (1)
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
`.split('\n').filter((line) => line.trim() !== '').map((line) => line.replaceAll('\\`', '`'));
