/**
 * How long the SQL package takes for three statements, beside node-sql-parser and sqlparser-ts in the same process and run.
 *
 *   node bench/sql/run.ts [--json]
 *
 * Each figure is the median, in µs a statement, of interleaved rounds; what counts are the ratios. Exits 1 when a promise of the package is
 * broken: full parse at least 10 times faster than the best of the others, normalising at most a tenth of node-sql-parser's time, and a
 * point select normalised within 1.5 µs (that one is only reported: it is a promise about the reference machine).
 */
import * as others from '@guanmingchiu/sqlparser-ts';
import nodeSqlParser from 'node-sql-parser';
import { normalize, parseStatement, printStatement, settingsOf } from '../../src/sql/index.ts';

const statements = {
  'point select': 'SELECT c FROM sbtest1 WHERE id=50123',
  '3-table join': "select u.id, u.name, count(*) as orders, sum(i.price * i.quantity) as total from users u join orders o on o.user_id = u.id left join items i on i.order_id = o.id where u.country = 'NL' and o.created_at >= '2026-01-01' and o.state in (1, 2, 5) group by u.id, u.name having count(*) > 3 order by total desc limit 20",
  '10-row insert': `insert into flights (id, origin, destination, delay, distance, at) values ${Array.from({ length: 10 }, (_, i) => `(${i + 1000}, 'AMS', 'JF${i}', ${i * 3 - 7}, ${i}.5, '2026-07-17 18:25:2${i}')`).join(', ')}`,
} as const;

const settings = settingsOf({});
await others.init();
const reference = new nodeSqlParser.Parser();

interface Candidate {
  readonly name: string;
  readonly run: (sql: string, bytes: Buffer) => unknown;
  /** Statements timed in one round. */
  readonly batch: number;
}

const candidates: readonly Candidate[] = [
  { name: 'normalise (bytes)', run: (_, bytes) => normalize(bytes, settings), batch: 20_000 },
  { name: 'normalise (string)', run: (sql) => normalize(sql, settings), batch: 20_000 },
  { name: 'parse', run: (sql) => parseStatement(sql, settings), batch: 5_000 },
  { name: 'parse and print', run: (sql) => printStatement(parseStatement(sql, settings)), batch: 5_000 },
  { name: 'node-sql-parser', run: (sql) => reference.parse(sql, { database: 'MySQL' }), batch: 150 },
  { name: 'sqlparser-ts', run: (sql) => others.parse(sql, 'mysql'), batch: 300 },
];

const ROUNDS = 15;
const WARM_UP = 4;
const names = Object.keys(statements) as (keyof typeof statements)[];
const times = new Map<string, number[]>();
for (let round = -WARM_UP; round < ROUNDS; round++) {
  for (const name of names) {
    const sql = statements[name];
    const bytes = Buffer.from(sql);
    for (const candidate of candidates) {
      const from = performance.now();
      for (let i = 0; i < candidate.batch; i++) candidate.run(sql, bytes);
      const micros = ((performance.now() - from) * 1000) / candidate.batch;
      if (round < 0) continue;
      const key = `${candidate.name}\n${name}`;
      const list = times.get(key) ?? [];
      list.push(micros);
      times.set(key, list);
    }
  }
}

const median = (candidate: string, name: string): number => {
  const list = (times.get(`${candidate}\n${name}`) ?? []).toSorted((a, b) => a - b);
  return list[list.length >> 1] ?? Number.NaN;
};

const rows = candidates.map(({ name }) => ({ name, micros: names.map((statement) => median(name, statement)) }));
const verdicts: { readonly promise: string; readonly met: boolean; readonly binding: boolean }[] = [];
names.forEach((name, i) => {
  const of = (candidate: string) => median(candidate, name);
  const best = Math.min(of('node-sql-parser'), of('sqlparser-ts'));
  const faster = best / of('parse');
  verdicts.push({ promise: `${name}: parse ${faster.toFixed(1)} times faster than the best of the others (10 promised)`, met: faster >= 10, binding: true });
  const share = of('normalise (bytes)') / of('node-sql-parser');
  verdicts.push({ promise: `${name}: normalise takes 1/${(1 / share).toFixed(0)} of node-sql-parser's time (1/10 promised)`, met: share <= 0.1, binding: true });
  if (i === 0) verdicts.push({ promise: `${name}: normalise takes ${of('normalise (bytes)').toFixed(2)} µs (1.5 promised on the reference machine)`, met: of('normalise (bytes)') <= 1.5, binding: false });
});

if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ node: process.version, statements: names, rows, verdicts })}\n`);
else {
  process.stdout.write(`median µs, Node ${process.version}\n${''.padEnd(20)}${names.map((name) => name.padStart(16)).join('')}\n`);
  for (const row of rows) process.stdout.write(`${row.name.padEnd(20)}${row.micros.map((value) => value.toFixed(2).padStart(16)).join('')}\n`);
  for (const { promise, met } of verdicts) process.stdout.write(`${met ? 'ok     ' : 'MISSED '} ${promise}\n`);
}
process.exitCode = verdicts.every(({ met, binding }) => met || !binding) ? 0 : 1;
