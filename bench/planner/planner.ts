/**
 * Plans per second, cold (parse and plan) and from a cache keyed by the statement's text, over the planner's own mix of statements.
 * Run: node bench/planner/planner.ts
 */
import { planStatement, type Plan } from '../../src/planner/index.ts';
import { parseStatement } from '../../src/sql/index.ts';
import { buildVSchema } from '../../src/vschema/index.ts';

const vschema = buildVSchema({
  keyspaces: {
    main: { tables: { countries: {} } },
    shop: {
      sharded: true, vindexes: { hash: { type: 'hash' } },
      tables: { users: { columnVindexes: [{ column: 'id', name: 'hash' }] }, orders: { columnVindexes: [{ column: 'user_id', name: 'hash' }] } },
    },
  },
});
const statements: Readonly<Record<string, string>> = {
  'point select': 'select name from users where id = :v1',
  'join of one shard': 'select u.name, o.total from users u join orders o on u.id = o.user_id where u.id = :v1',
  'scatter, grouped': 'select region, count(*), avg(amount) from users group by region order by region limit 10',
  'join of two keyspaces': 'select u.id, c.name from users u join countries c on u.region = c.id where c.id > 5 order by u.id limit 3',
  'insert of ten rows': `insert into users (id, name) values ${Array.from({ length: 10 }, (_, i) => `(${i}, 'n${i}')`).join(', ')}`,
};

function median(run: () => void, batch: number): number {
  const samples: number[] = [];
  for (let round = 0; round < 15; round++) {
    const start = performance.now();
    for (let i = 0; i < batch; i++) run();
    samples.push(((performance.now() - start) * 1000) / batch);
  }
  return samples.sort((a, b) => a - b)[7] ?? 0;
}

const cache = new Map<string, Plan>();
const planned = (sql: string): Plan => planStatement(parseStatement(sql), vschema, { sql, tabletType: 'PRIMARY', tabletTypeExplicit: false });
console.log(`${'statement'.padEnd(24)}${'cold µs'.padStart(10)}${'cold/s'.padStart(10)}${'cached µs'.padStart(12)}`);
for (const [name, sql] of Object.entries(statements)) {
  for (let i = 0; i < 300; i++) planned(sql);
  const cold = median(() => planned(sql), 200);
  cache.set(sql, planned(sql));
  const cached = median(() => cache.get(sql), 20_000);
  console.log(`${name.padEnd(24)}${cold.toFixed(1).padStart(10)}${Math.round(1e6 / cold).toString().padStart(10)}${cached.toFixed(3).padStart(12)}`);
}
