import { VtrewindError } from '../../base/errors.ts';
import type { ShardInfo } from '../../engine/vcursor.ts';
import type { PlanKeyspace } from '../../planner/plan.ts';
import type { TabletTypeName } from '../../vitess/queryService.ts';
import type { GateEnvironment } from './environment.ts';
import type { SessionTarget } from './target.ts';

/** Where the session's statements to a keyspace go; for a snapshot on the default type what serves: replica, then rdonly (SNAPSHOTS.md, "Routing" 3). */
export function typeFor(env: GateEnvironment, target: SessionTarget, keyspace: string, snapshot: boolean): TabletTypeName {
  if (!snapshot || target.explicitType) return target.tabletType;
  if (target.tabletType !== 'PRIMARY') return target.tabletType;
  for (const type of ['REPLICA', 'RDONLY'] as const) {
    const shards = env.view.shards(keyspace, type);
    if (shards !== undefined && shards.length > 0 && shards.every((shard) => env.tablets.serving(keyspace, shard.target.shard).includes(type))) return type;
  }
  return 'REPLICA';
}

/** The shards of a keyspace for a statement; `type` undefined as in {@link typeFor}. Throws VT05003 for an unknown keyspace, VT14004 when nothing serves it. */
export function shardsOf(env: GateEnvironment, target: SessionTarget, keyspace: string, type: TabletTypeName | undefined): readonly ShardInfo[] {
  const known = env.view.vschema.keyspaces.get(keyspace);
  const chosen = type ?? typeFor(env, target, keyspace, known?.snapshot === true);
  const shards = env.view.shards(keyspace, chosen);
  if (shards === undefined || (known === undefined && shards.length === 0)) throw unknownDatabase(keyspace);
  if (shards.length === 0) {
    throw new VtrewindError({ code: 'VT14004', grpc: 'UNAVAILABLE', message: `VT14004: cannot find keyspace for: ${keyspace}@${chosen.toLowerCase()}: no shard serves it`, hint: 'SHOW VITESS_TABLETS tells what each tablet does' });
  }
  return shards;
}

export function unknownDatabase(keyspace: string): VtrewindError {
  return new VtrewindError({ code: 'VT05003', mysql: 1049, sqlState: '42000', grpc: 'NOT_FOUND', message: `VT05003: unknown database '${keyspace}' in vschema` });
}

/** Any normal keyspace; throws VT09005 when there is none. */
export function anyKeyspace(env: GateEnvironment): PlanKeyspace {
  const keyspace = env.view.vschema.anyKeyspace();
  if (keyspace === undefined) {
    throw new VtrewindError({ code: 'VT09005', mysql: 1046, sqlState: '3D000', grpc: 'FAILED_PRECONDITION', message: 'VT09005: no database selected: use keyspace<:shard><@type> or keyspace<[range]><@type> (<> are optional)' });
  }
  return { name: keyspace.name, sharded: keyspace.sharded };
}
