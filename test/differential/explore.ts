/** `node test/differential/explore.ts [mariadb|mysql] [count] [seed]`: prints what differs, for whoever mends it. */
import { startServer } from '../support/servers.ts';
import { openArena } from './arena.ts';
import { difference, type Outcome } from './compare.ts';
import { generate } from './generate.ts';
import { errorCode } from './compare.ts';

const flavour = process.argv[2] === 'mysql' ? 'mysql' : 'mariadb';
const count = Number(process.argv[3] ?? 200);
const start = Number(process.argv[4] ?? Date.now() % 1_000_000);
const show = Number(process.argv[5] ?? 12);

const server = await startServer({ flavour, options: ['character-set-server=utf8mb4', 'collation-server=utf8mb4_general_ci'] });
try {
  const arena = await openArena(server, 7);
  const counts = { same: 0, refused: 0, different: 0, errors: 0, syntax: 0 };
  const kinds = new Map<string, string[]>();
  const attempt = (run: () => Promise<Outcome>): Promise<Outcome> => Promise.resolve().then(run).catch((e: unknown) => e as Error);
  for (let seed = start; seed < start + count; seed++) {
    const made = generate(seed, flavour);
    const want = await attempt(() => arena.plain(made.sql));
    if (want instanceof Error) {
      counts.errors++;
      if (errorCode(want) === 1064 || errorCode(want) === 1054) { counts.syntax++; if (process.env.SYNTAX) console.log(`# ${seed} ${want.message}\n  ${made.sql}`); }
    }
    for (const { layout, cluster } of arena.clusters) {
      const got = await attempt(() => (seed % 2 === 0 ? cluster.execute(made.sql) : cluster.executeNormalized(made.sql)));
      if (got instanceof Error && /VT12001/.test(got.message)) { counts.refused++; if (process.env.REFUSED) console.log(`refused ${got.message}`); continue; }
      const why = difference(got, want, made);
      if (why === undefined) { counts.same++; continue; }
      counts.different++;
      const kind = why.replace(/c\d+|k\d+|a\d+|g\d+/g, '').replace(/'[^|]*/g, '').slice(0, 60);
      const list = kinds.get(kind) ?? [];
      list.push(`#${seed} ${layout.name}${seed % 2 === 0 ? '' : ' normalized'}: ${why.slice(0, 500)}\n    ${made.sql}`);
      kinds.set(kind, list);
      if (layout.name === 'two shards') break;
    }
  }
  for (const [kind, list] of [...kinds].sort((a, b) => b[1].length - a[1].length).slice(0, show)) console.log(`== ${list.length} ${kind}\n${list.slice(0, 2).join('\n')}`);
  console.log(JSON.stringify(counts), `seeds ${start}..${start + count - 1}`, flavour);
  await arena.close();
} finally {
  await server.stop();
}
