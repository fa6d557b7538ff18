import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasFlavour, startServer, type TestServer } from '../support/servers.ts';
import { openArena, type Arena } from './arena.ts';
import { difference, errorCode, type Outcome } from './compare.ts';
import { generate } from './generate.ts';

const long = process.env.VTREWIND_TEST === 'long';
/** Seeds of the statements: fresh ones in the long tier, `VTREWIND_SEED` to see some again. */
const first = process.env.VTREWIND_SEED !== undefined ? Number(process.env.VTREWIND_SEED) : long ? Date.now() % 1_000_000_000 : 2000;
const count = Number(process.env.VTREWIND_STATEMENTS ?? (long ? 3000 : 150));
/** Percent of the answers that must be MySQL's own, of those that need no scratch server. Raised as differences are mended, never lowered. */
const floor = 92;

const attempt = (run: () => Promise<Outcome>): Promise<Outcome> => Promise.resolve().then(run).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));

for (const flavour of ['mariadb', 'mysql'] as const) {
  describe.skipIf(!(await hasFlavour(flavour)))(`random statements over shards of ${flavour} and over one server`, () => {
    let server: TestServer;
    let arena: Arena;
    beforeAll(async () => {
      server = await startServer({ flavour, options: ['character-set-server=utf8mb4', 'collation-server=utf8mb4_general_ci'] });
      arena = await openArena(server, 7);
    }, 240_000);
    afterAll(async () => {
      await arena?.close();
      await server?.stop();
    });

    it('give the same rows, order, types and errors', async () => {
      let same = 0;
      let refused = 0;
      let misspelt = 0;
      const different: string[] = [];
      for (let seed = first; seed < first + count; seed++) {
        const made = generate(seed, flavour);
        const want = await attempt(() => arena.plain(made.sql));
        if (want instanceof Error && errorCode(want) === 1064) misspelt++;
        for (const { layout, cluster } of arena.clusters) {
          const got = await attempt(() => (seed % 2 === 0 ? cluster.execute(made.sql) : cluster.executeNormalized(made.sql)));
          if (got instanceof Error && got.message.includes('VT12001')) {
            refused++;
            continue;
          }
          const why = difference(got, want, made);
          if (why === undefined) same++;
          else different.push(`seed ${seed}, ${layout.name}: ${why.slice(0, 200)}\n    ${made.sql.slice(0, 400)}`);
        }
      }
      const percent = (100 * same) / (same + different.length);
      console.log(`${flavour}: seeds ${first} to ${first + count - 1}: ${same} the same, ${different.length} different (${percent.toFixed(1)}% the same), ${refused} for a scratch server`);
      if (process.env.VTREWIND_SHOW !== undefined) console.log(different.join('\n'));
      expect(misspelt).toBeLessThanOrEqual(count / 50);
      expect(percent).toBeGreaterThanOrEqual(floor);
    }, long ? 3_600_000 : 300_000);
  });
}
