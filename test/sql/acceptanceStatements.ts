import { moreStatements } from './acceptanceStatementsMore.ts';

/**
 * Statements at the edges of the grammar of queries, writes, SET, SHOW, EXPLAIN and transactions, one a line: odd, rare, and many of them wrong.
 * Whether a line is SQL is for the servers to say.
 */
export const acceptanceStatements: readonly string[] = `${String.raw`
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
`}${moreStatements}`.split('\n').filter((line) => line.trim() !== '').map((line) => line.replaceAll('\\`', '`'));
