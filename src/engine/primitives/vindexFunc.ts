import type { VindexFunc } from '../../planner/plan.ts';
import type { Row } from '../../vitess/queryService.ts';
import { resolveDestination } from '../../vschema/index.ts';
import { evalEnvironment, toBind, type Environment, type Parts } from '../environment.ts';
import { evaluateList } from '../evaluate/evaluate.ts';
import { asVindexValue } from '../resolve.ts';
import { VtrewindError } from '../../base/errors.ts';

/** `select … from vindex where id = …`: what the vindex makes of a value, and the shard that holds it. */
export async function* runVindexFunc(p: VindexFunc, env: Environment): Parts {
  const shards = await env.vcursor.allShards(p.keyspace.name, undefined);
  const serving = shards.map((s) => ({ name: s.target.shard, keyRange: { start: Buffer.from(s.start), end: Buffer.from(s.end) } }));
  const rows: Row[] = [];
  const { vindex } = p;
  if (vindex.kind !== 'single') throw new VtrewindError({ code: 'VT12001', mysql: 1235, sqlState: '42000', message: `VT12001: unsupported: vindex function of a ${vindex.kind} vindex` });
  for (const value of evaluateList(p.value.expr, evalEnvironment(env)).map(toBind)) {
    const destination = vindex.mapOne(asVindexValue(value));
    if (destination.kind === 'none') continue;
    const id = destination.kind === 'keyspaceId' ? destination.keyspaceId : null;
    const range = destination.kind === 'keyRange' ? destination.keyRange : undefined;
    for (const name of resolveDestination(p.keyspace.name, serving, destination)) {
      const shard = serving.find((s) => s.name === name);
      const all = [value.value ?? null, id, shard?.keyRange.start ?? range?.start ?? null, shard?.keyRange.end ?? range?.end ?? null, id === null ? null : Buffer.from(id.toString('hex')), Buffer.from(name)];
      rows.push(p.columns.map((at) => all[at] ?? null));
    }
  }
  yield { fields: p.fields, rows };
}
