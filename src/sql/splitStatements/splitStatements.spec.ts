import { describe, expect, it } from 'vitest';
import { splitStatements } from './splitStatements.ts';

const split = (sql: string, options = {}) => splitStatements(sql, options).map(({ start, end }) => sql.slice(start, end));

describe('splitStatements', () => {
  it.each<[string, string[]]>([
    ['', []],
    [' ; ;; -- x\n', []],
    ['select 1', ['select 1']],
    ['select 1;select 2; ', ['select 1', 'select 2']],
    ["select ';', \";\", `;` -- ;\n # ;\n /* ; */ ; select 2", ["select ';', \";\", `;`", 'select 2']],
    ["select 'a\\';b'; select 2", ["select 'a\\';b'", 'select 2']],
    ['begin; update t set a = 1; commit', ['begin', 'update t set a = 1', 'commit']],
    ['create procedure p() begin select 1; begin select 2; end; end; select 3', ['create procedure p() begin select 1; begin select 2; end; end', 'select 3']],
    ['create procedure p() select 1; select 2', ['create procedure p() select 1', 'select 2']],
    ['create trigger t before insert on x for each row if new.a then set @a = 1; elseif 2 then set @b = 2; end if; select 3', ['create trigger t before insert on x for each row if new.a then set @a = 1; elseif 2 then set @b = 2; end if', 'select 3']],
    ["create function f() returns int return if(1, case 2 when 3 then 4 end, 5); select 6", ['create function f() returns int return if(1, case 2 when 3 then 4 end, 5)', 'select 6']],
    ['create event e on schedule every 1 day do begin while a do set @a = repeat(1, 2); end while; end; x', ['create event e on schedule every 1 day do begin while a do set @a = repeat(1, 2); end while; end', 'x']],
    ['create procedure p() begin case a when 1 then select 1; else select 2; end case; repeat set @a = 1; until 1 end repeat; l: loop leave l; end loop l; end; y', [
      'create procedure p() begin case a when 1 then select 1; else select 2; end case; repeat set @a = 1; until 1 end repeat; l: loop leave l; end loop l; end', 'y',
    ]],
    ['create table t (a int comment \';\'); xa begin \'a\'; select case 1 when 1 then 2 end; z', ["create table t (a int comment ';')", "xa begin 'a'", 'select case 1 when 1 then 2 end', 'z']],
    ["select 1; select 'open; select 2", ['select 1', "select 'open; select 2"]],
    ['/*!80000 select 1; */ select 2', ['select 1', 'select 2']],
  ])('%s', (sql, expected) => expect(split(sql)).toEqual(expected));

  it("MariaDB's anonymous blocks and loops", () => {
    expect(split('begin not atomic select 1; for i in 1..3 do select i; end for; end; select 2', { dialect: 'mariadb' })).toEqual(['begin not atomic select 1; for i in 1..3 do select i; end for; end', 'select 2']);
  });
});
