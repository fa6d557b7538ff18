import { VtrewindError } from '../../base/errors.ts';
import type { Primitive, Scratch } from '../../planner/plan.ts';
import type { QueryResult } from '../../vitess/queryService.ts';
import type { Environment, Parts } from '../environment.ts';

/** The rows of a statement that runs on the scratch server over the rows of its inputs. Throws VT12001 (1235) when the gate has none. */
export async function* runScratch(p: Scratch, env: Environment, runWhole: (p: Primitive, env: Environment) => Promise<QueryResult>): Parts {
  const { gate } = env.vcursor;
  if (gate.scratch === undefined) {
    throw new VtrewindError({ code: 'VT12001', mysql: 1235, sqlState: '42000', grpc: 'UNIMPLEMENTED', message: `VT12001: unsupported: ${p.why}`, hint: 'start the gate with --scratch-mysqld auto' });
  }
  yield* gate.scratch({
    tables: p.inputs.map(({ table, input, describe, ...rest }) => ({ ...rest, name: table, describe: () => runWhole(describe, env), rows: env.run(input, env) })),
    query: p.query, binds: env.binds, reopens: p.reopens, grouped: p.grouped, variables: p.variables, aliases: p.aliases,
  });
}
