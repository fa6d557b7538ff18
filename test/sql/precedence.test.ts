import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseExpression, sameTree, type SqlOptions } from '../../src/sql/index.ts';
import { flavours, startServer, type TestServer } from '../support/servers.ts';

/**
 * Which of two operators binds tighter, and which way equals associate, is asked of real servers: each pair is evaluated without
 * parentheses and with both possible ones, over many values. Where the two groupings differ in outcome (a value or an error), the
 * server's reading shows, and ours has to be that one.
 */
interface Pair {
  readonly name: string;
  readonly flat: string;
  readonly left: string;
  readonly right: string;
}

const infix = ['or', 'xor', 'and', '=', '<=>', '<>', '<', '<=', '>', '>=', '|', '&', '<<', '>>', '+', '-', '*', '/', 'div', 'mod', '%', '^', 'like', 'regexp', 'not like', 'not regexp'];
const prefix = ['not ', '! ', '- ', '~ '];
const postfix = ['is null', 'is not null', 'is true', 'is not false', 'is unknown', 'in (b, 2)', 'not in (0, c)'];

function pairs(a: string, b: string, c: string, ops: readonly string[], prefixes: readonly string[], postfixes: readonly string[]): Pair[] {
  const found: Pair[] = [];
  for (const first of ops) {
    for (const second of ops) {
      found.push({ name: `${first} : ${second}`, flat: `${a} ${first} ${b} ${second} ${c}`, left: `(${a} ${first} ${b}) ${second} ${c}`, right: `${a} ${first} (${b} ${second} ${c})` });
    }
    for (const after of postfixes) found.push({ name: `${first} : ${after}`, flat: `${a} ${first} ${b} ${after}`, left: `(${a} ${first} ${b}) ${after}`, right: `${a} ${first} (${b} ${after})` });
    for (const before of prefixes) found.push({ name: `${before}: ${first}`, flat: `${before}${a} ${first} ${b}`, left: `(${before}${a}) ${first} ${b}`, right: `${before}(${a} ${first} ${b})` });
    found.push({ name: `between : ${first}`, flat: `${a} between ${b} and ${c} ${first} d`, left: `(${a} between ${b} and ${c}) ${first} d`, right: `${a} between ${b} and (${c} ${first} d)` });
    found.push({ name: `${first} : between`, flat: `${a} ${first} ${b} between ${c} and d`, left: `(${a} ${first} ${b}) between ${c} and d`, right: `${a} ${first} (${b} between ${c} and d)` });
  }
  for (const before of prefixes) {
    for (const after of postfixes) found.push({ name: `${before}: ${after}`, flat: `${before}${a} ${after}`, left: `(${before}${a}) ${after}`, right: `${before}(${a} ${after})` });
    found.push({ name: `${before}: between`, flat: `${before}${a} between ${b} and ${c}`, left: `(${before}${a}) between ${b} and ${c}`, right: `${before}(${a} between ${b} and ${c})` });
  }
  for (const first of postfixes) {
    for (const second of postfixes) found.push({ name: `between … ${first} : ${second}`, flat: `${a} between ${b} and ${c} ${first} ${second}`, left: `(${a} between ${b} and ${c} ${first}) ${second}`, right: `${a} between ${b} and (${c} ${first} ${second})` });
    found.push({ name: `between : ${first}`, flat: `${a} between ${b} and ${c} ${first}`, left: `(${a} between ${b} and ${c}) ${first}`, right: `${a} between ${b} and (${c} ${first})` });
  }
  return found;
}

const numbers = pairs('a', 'b', 'c', infix, prefix, postfix);

const strings: Pair[] = [
  ...['=', '<=>', '<', 'like', 'regexp', 'and', 'or', '+', '|', '^', '*', '<<'].flatMap((op): Pair[] => [
    { name: `binary : ${op}`, flat: `binary s ${op} u`, left: `(binary s) ${op} u`, right: `binary (s ${op} u)` },
    { name: `${op} : collate`, flat: `s ${op} u collate utf8mb4_bin`, left: `(s ${op} u) collate utf8mb4_bin`, right: `s ${op} (u collate utf8mb4_bin)` },
  ]),
  { name: 'binary : collate', flat: 'binary s collate utf8mb4_bin', left: '(binary s) collate utf8mb4_bin', right: 'binary (s collate utf8mb4_bin)' },
  { name: '- : collate', flat: '- s collate utf8mb4_bin', left: '(- s) collate utf8mb4_bin', right: '- (s collate utf8mb4_bin)' },
  { name: 'not : collate', flat: 'not s collate utf8mb4_bin', left: '(not s) collate utf8mb4_bin', right: 'not (s collate utf8mb4_bin)' },
  { name: '! : collate', flat: '! s collate utf8mb4_bin', left: '(! s) collate utf8mb4_bin', right: '! (s collate utf8mb4_bin)' },
  { name: 'between : collate', flat: "s between 'a' and u collate utf8mb4_bin", left: "(s between 'a' and u) collate utf8mb4_bin", right: "s between 'a' and (u collate utf8mb4_bin)" },
  { name: 'sounds like : =', flat: "s sounds like u = 'a'", left: "(s sounds like u) = 'a'", right: "s sounds like (u = 'a')" },
  { name: 'sounds like : and', flat: 's sounds like u and a', left: '(s sounds like u) and a', right: 's sounds like (u and a)' },
  { name: 'sounds like : +', flat: 's sounds like u + 0', left: '(s sounds like u) + 0', right: 's sounds like (u + 0)' },
  { name: 'escape : and', flat: "s like u escape '|' and a", left: "(s like u escape '|') and a", right: "s like u escape ('|' and a)" },
];

const dates: Pair[] = [
  ...['=', '<', 'and', 'or', '*', '+', '-', '|', '<<', 'like', '^'].flatMap((op): Pair[] => [
    { name: `interval + : ${op}`, flat: `interval a day + t ${op} b`, left: `(interval a day + t) ${op} b`, right: `interval a day + (t ${op} b)` },
    { name: `${op} : + interval`, flat: `a ${op} t + interval b day`, left: `(a ${op} t) + interval b day`, right: `a ${op} (t + interval b day)` },
    { name: `- : ${op} - interval`, flat: `a ${op} t - interval b day`, left: `(a ${op} t) - interval b day`, right: `a ${op} (t - interval b day)` },
  ]),
  { name: 'not : + interval', flat: 'not t + interval a day', left: '(not t) + interval a day', right: 'not (t + interval a day)' },
  { name: '! : + interval', flat: '! t + interval a day', left: '(! t) + interval a day', right: '! (t + interval a day)' },
  { name: 'interval + : is null', flat: 'interval a day + t is null', left: '(interval a day + t) is null', right: 'interval a day + (t is null)' },
  { name: 'interval + : in', flat: 'interval a day + t in (b)', left: '(interval a day + t) in (b)', right: 'interval a day + (t in (b))' },
  { name: 'interval + : between', flat: 'interval a day + t between b and c', left: '(interval a day + t) between b and c', right: 'interval a day + (t between b and c)' },
];

/** Shows what was assigned. */
const assignments: Pair[] = ['or b', 'and b', '= b', '+ b', '* b', '<< b', 'in (1)', 'between 0 and 1'].map((rest) => (
  { name: `:= : ${rest}`, flat: `@v := a ${rest}`, left: `(@v := a) ${rest}`, right: `@v := (a ${rest})` }
));

/** Nothing can be put around the second operator here: either the pair is read from left to right, or it is an error. */
const behindPostfix: string[] = [...postfix, 'between a and b', 'like b', 'sounds like b', 'member of (b)', '= any (select 1)'].flatMap((first) => [...infix, ...postfix, 'between a and b', 'sounds like b', 'collate utf8mb4_bin']
  .map((second) => `a ${first} ${second}${infix.includes(second) ? ' c' : ''}`));

const highNot = pairs('a', 'b', 'c', ['=', '<', '+', '-', '*', '&', '|', '<<', 'and', 'or', 'like', '^'], ['not '], ['is null', 'in (b, 2)']).filter((p) => p.flat.startsWith('not '));
const concatenation = pairs('a', 'b', 'c', ['||', '=', '+', '*', '^', 'and', 'or', 'like', '|'], ['- ', '! ', 'not '], ['is null', 'in (b, 2)']).filter((p) => p.flat.includes('||'));

/** Several sets of values: where large results overflow in one, a smaller one may tell. */
const valueSets = ['0, 1, 2, 3, 5, null', '0, 1, 2', '0, 1', '1, 2, 7'];

describe.each(await flavours())('on %s', (flavour) => {
  let server: TestServer;
  let connection: Connection;

  beforeAll(async () => {
    server = await startServer({ flavour });
    connection = await server.connect();
    await connection.query('create database p');
    await connection.query('use p');
    await connection.query('set names utf8mb4');
    await connection.query('set group_concat_max_len = 1000000');
    for (const [i, values] of valueSets.entries()) {
      const list = values.split(', ').map((v) => `select ${v} as x`).join(' union all ');
      await connection.query(
        `create table v${i} (a bigint, b bigint, c bigint, d bigint, s varchar(10), u varchar(10), t varchar(20)) character set utf8mb4 collate utf8mb4_general_ci as
         select n1.x as a, n2.x as b, n3.x as c, coalesce(n1.x, 1) as d, elt(coalesce(n1.x, 0) % 3 + 1, 'a', 'A', 'b') as s, elt(coalesce(n2.x, 0) % 3 + 1, 'a', 'B', '1') as u,
           elt(coalesce(n3.x, 0) % 2 + 1, '2024-01-31', '20240229') as t
         from (${list}) n1, (${list}) n2, (${list}) n3`,
      );
    }
  });
  afterAll(async () => {
    await connection?.end();
    await server?.stop();
  });

  /** All values of an expression over a table as one text, or the number of the error. */
  async function outcome(expression: string, table: string): Promise<string> {
    try {
      const [rows] = await connection.query(`select group_concat(coalesce(x, 'null') order by a, b, c, s, u, t separator ' ') as all_of_it from (select a, b, c, s, u, t, (${expression}) as x from ${table}) q`);
      return String((rows as { all_of_it: unknown }[])[0]?.all_of_it);
    } catch (error) {
      return `error ${(error as { errno?: number }).errno}`;
    }
  }

  /** What the server makes of the flat spelling; undefined when nothing tells, `refused` when it is no syntax for this server. */
  async function asked(pair: Pair): Promise<'left' | 'right' | 'neither' | 'refused' | undefined> {
    for (let i = 0; i < valueSets.length; i++) {
      const flat = await outcome(pair.flat, `v${i}`);
      if (flat === 'error 1064') return 'refused';
      const left = await outcome(pair.left, `v${i}`);
      const right = await outcome(pair.right, `v${i}`);
      if (left === right) continue;
      return flat === left ? 'left' : flat === right ? 'right' : 'neither';
    }
    return undefined;
  }

  async function compare(all: readonly Pair[], options: SqlOptions = {}): Promise<{ told: number; wrong: string[] }> {
    let told = 0;
    const wrong: string[] = [];
    const settings: SqlOptions = { dialect: flavour, ...options };
    for (const pair of all) {
      const answer = await asked(pair);
      if (answer === 'refused' || answer === undefined) continue;
      told++;
      const ours = reading(pair, settings);
      if (ours !== answer) wrong.push(`${pair.flat}: the server reads ${answer}, we read ${ours}`);
    }
    return { told, wrong };
  }

  it('reads at least 200 pairs of operators as the server does', async () => {
    const { told, wrong } = await compare(numbers);
    expect(wrong).toEqual([]);
    expect(told).toBeGreaterThanOrEqual(200);
  }, 120_000);

  it('reads binary, collate, sounds like and escape as the server does', async () => {
    const { told, wrong } = await compare(strings);
    expect(wrong).toEqual([]);
    expect(told).toBeGreaterThanOrEqual(12);
  });

  it('reads intervals as the server does', async () => {
    const { told, wrong } = await compare(dates);
    expect(wrong).toEqual([]);
    expect(told).toBeGreaterThanOrEqual(12);
  });

  it('reads := as reaching as far as it can', async () => {
    const assigned = async (expression: string) => {
      await connection.query(`select ${expression} from (select 5 as a, 3 as b) q`);
      const [rows] = await connection.query('select @v as v');
      return String((rows as { v: unknown }[])[0]?.v);
    };
    for (const pair of assignments) {
      expect(await assigned(pair.flat), pair.name).toBe(await assigned(pair.right));
      expect(await assigned(pair.flat), pair.name).not.toBe(await assigned(pair.left));
      expect(reading(pair, { dialect: flavour }), pair.name).toBe('right');
    }
  });

  it('takes and refuses operators behind predicates and tests as the server does', async () => {
    const wrong: string[] = [];
    let refused = 0;
    for (const text of behindPostfix) {
      if (flavour === 'mariadb' && text.includes('member of')) continue;
      const server = (await outcome(text, 'v1')) === 'error 1064' ? 'refused' : 'taken';
      let ours = 'taken';
      try {
        parseExpression(text, { dialect: flavour });
      } catch {
        ours = 'refused';
      }
      if (server === 'refused') refused++;
      if (ours !== server) wrong.push(`${text}: ${server} by the server, ${ours} by us`);
    }
    expect(wrong).toEqual([]);
    expect(refused).toBeGreaterThanOrEqual(20);
  });

  it('reads NOT as the server does under HIGH_NOT_PRECEDENCE, and || as concatenation under PIPES_AS_CONCAT', async () => {
    await connection.query("set sql_mode = 'HIGH_NOT_PRECEDENCE'");
    const not = await compare(highNot, { sqlMode: { highNotPrecedence: true } });
    await connection.query("set sql_mode = 'PIPES_AS_CONCAT'");
    const concat = await compare(concatenation, { sqlMode: { pipesAsConcat: true } });
    await connection.query("set sql_mode = ''");
    expect([...not.wrong, ...concat.wrong]).toEqual([]);
    expect(not.told).toBeGreaterThanOrEqual(5);
    expect(concat.told).toBeGreaterThanOrEqual(10);
  });
});

/** How our parser groups a pair. */
function reading(pair: Pair, options: SqlOptions): 'left' | 'right' | 'neither' | 'refused' {
  try {
    const flat = parseExpression(pair.flat, options);
    if (sameTree(flat, parseExpression(pair.left, options))) return 'left';
    return sameTree(flat, parseExpression(pair.right, options)) ? 'right' : 'neither';
  } catch {
    return 'refused';
  }
}
