import { describe, expect, it } from 'vitest';
import { normalize, parseStatement, printStatement, redact, splitStatements } from '../../src/sql/index.ts';

/** Inputs that grow by one part at a time; each would show a rule that looks back or ahead too far. */
const shapes: Readonly<Record<string, (n: number) => string>> = {
  'a long string': (n) => `select '${"a''b\\'".repeat(n)}'`,
  'a long number': (n) => `select * from t where a = ${'9'.repeat(n * 10)}`,
  'a long name': (n) => `select ${'a'.repeat(n * 10)} from \`${'``'.repeat(n * 10)}\``,
  'a long hex string': (n) => `select * from t where a = x'${'4d'.repeat(n * 5)}'`,
  'a chain of operators': (n) => `select * from t where ${'a = 1 or '.repeat(Math.min(n, 3000))}b`,
  'a chain of unions': (n) => `${'select 1 union '.repeat(Math.min(n, 3000))}select 2`,
  'case arms': (n) => `select case ${'when a then 1 '.repeat(n)}end`,
  'many strings side by side': (n) => `select * from t where a = ${"'x' ".repeat(n)}`,
  'many comments': (n) => `select ${'/* c */ '.repeat(n)}1`,
  'many line comments': (n) => `select 1 ${'-- c\n'.repeat(n)}`,
  'open comments': (n) => '/* '.repeat(n),
  'open versioned comments': (n) => '/*!99999 '.repeat(n),
  'many select items with literals': (n) => `select ${Array.from({ length: n }, (_, i) => `a + ${i}, now() + interval ${i} day, '${i}' x`).join(', ')} from t`,
  'a long IN list': (n) => `select * from t where a in (${'1, '.repeat(n)}1)`,
  'an IN list with an expression': (n) => `select * from t where a in (${'1, '.repeat(n)}1 + 1)`,
  'many different literals': (n) => `select * from t where a = 0 ${Array.from({ length: n }, (_, i) => ` or a in (${i}) or b = ${i % 7} or c = '${i}'`).join('').slice(0, n * 20)}`.replace(/ or[^)]*$/, ''),
  'many rows': (n) => `insert into t values ${"(1, 'a', null), ".repeat(n)}(1, 'b', 2)`,
  'many tables': (n) => `select * from ${'t, '.repeat(n)}t`,
  'many ?': (n) => `select * from t where a in (${'?, '.repeat(n)}?)`,
  'binds called as ours': (n) => `select ${Array.from({ length: n }, (_, i) => `:v${'_'.repeat(i % 50)}${i}`).join(', ')}`,
  'statements': (n) => 'select 1; '.repeat(n),
  'routine bodies': (n) => `create procedure p() begin ${'if a then set b = 1; end if; '.repeat(n)} end`,
  'columns': (n) => `create table t (${Array.from({ length: n }, (_, i) => `c${i} int not null default ${i}`).join(', ')})`,
  'partitions': (n) => `create table t (a int) partition by list (a) (${Array.from({ length: n }, (_, i) => `partition p${i} values in ((${i}))`).join(', ')})`,
  'closing parentheses': (n) => `select 1${')'.repeat(n)}`,
  'alternating joins': (n) => `select * from a ${'join b on 1 = 1 '.repeat(Math.min(n, 1000))}`,
  'grants': (n) => `grant ${'select, '.repeat(n)}insert on t to ${'u@h, '.repeat(n)}v`,
  'table options': (n) => `create table t (a int) ${'comment = \'x\', '.repeat(n)}engine = x`,
};

/** Processor time, in ms: what others run on the machine does not count. The best of three. */
function processorTime(run: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const from = process.cpuUsage();
    run();
    best = Math.min(best, process.cpuUsage(from).user / 1000);
  }
  return best;
}

const attempt = (run: () => unknown) => {
  try {
    run();
  } catch {
    // Refusing must be as fast as reading.
  }
};

describe('time grows no faster than the input', () => {
  // Sixteen times the input: a quadratic rule takes 256 times as long, a linear one 16 times; the bound lies at 96.
  const FACTOR = 16;
  const SMALL = 1500;
  it.each(Object.entries(shapes))('%s', (_, shape) => {
    const small = shape(SMALL);
    const large = shape(SMALL * FACTOR);
    const growth = large.length / small.length;
    for (const [name, run] of [
      ['parse', (sql: string) => printStatement(parseStatement(sql))], ['normalize', (sql: string) => normalize(sql)], ['normalize bytes', (sql: string) => normalize(Buffer.from(sql))], ['split', (sql: string) => splitStatements(sql)],
      ['redact', (sql: string) => redact(sql)],
    ] as const) {
      attempt(() => run(small));
      const before = processorTime(() => attempt(() => run(small)));
      const after = processorTime(() => attempt(() => run(large)));
      // Some grace for what the collector adds to small times.
      expect(after, `${name}: ${before} ms → ${after} ms`).toBeLessThan((before + 2) * growth * 6);
    }
  }, 120_000);
});
