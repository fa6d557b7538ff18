import type { QueryTemplate } from '../../mysql/queryTemplate.ts';
import type { EvalExpr } from '../../planner/evalExpr.ts';
import type { Plan, Primitive, Routing, ShardTarget } from '../../planner/plan.ts';
import type { BindVariable, TabletTypeName } from '../../vitess/queryService.ts';
import type { SingleColumnVindex, VindexValue } from '../../vschema/index.ts';
import { templateOf, type TextRules } from '../session/mysqlLink.ts';
import { HeadMemory } from './responseHead.ts';

/**
 * A plan that needs one shard and no work on its rows: the tablet's response is the client's. Made once a plan; the shard is found per
 * statement without waiting.
 */
export interface FastRoute {
  readonly keyspace: string;
  readonly snapshot: boolean;
  /** Absent: the session's. */
  readonly tabletType: TabletTypeName | undefined;
  readonly write: boolean;
  /** May be sent again when a connection turns out to be dead before anything was answered. */
  readonly repeatable: boolean;
  readonly shard: FastShard;
  /** The client's own text may be sent: the plan changed nothing in it. */
  readonly verbatim: boolean;
  readonly template: QueryTemplate;
  readonly head: HeadMemory;
}

export type FastShard =
  | { readonly kind: 'only' }
  | { readonly kind: 'vindex'; readonly vindex: SingleColumnVindex; readonly value: FastValue }
  | { readonly kind: 'named'; readonly target: ShardTarget };

export type FastValue = { readonly kind: 'bind'; readonly name: string } | { readonly kind: 'literal'; readonly value: BindVariable };

/** The fast route of a plan, or undefined when the engine must run it. `canonical` is the statement as parsed, printed (undefined: it asks for session values): equal to the plan's query when nothing was changed. `rules`: how both were printed. */
export function fastRoute(plan: Plan, canonical: string | undefined, rules: TextRules): FastRoute | undefined {
  const { root } = plan;
  if (root === undefined || plan.multiShardWrites) return undefined;
  const found = single(root);
  if (found === undefined) return undefined;
  const shard = fastShard(found.routing);
  if (shard === undefined) return undefined;
  return {
    keyspace: found.routing.keyspace.name, snapshot: found.routing.keyspace.snapshot === true, tabletType: found.routing.tabletType, write: found.write,
    repeatable: !found.write && plan.queryType.toUpperCase() === 'SELECT', shard, verbatim: found.query === canonical, template: templateOf(found.query, rules), head: new HeadMemory(),
  };
}

function single(root: Primitive): { readonly routing: Routing; readonly query: string; readonly write: boolean } | undefined {
  switch (root.op) {
    case 'Route': {
      const changed = root.orderBy !== undefined && root.orderBy.length > 0 && root.routing.variant !== 'Unsharded' && root.routing.variant !== 'EqualUnique';
      const plain = !changed && root.keepColumns === undefined && (root.columnNames === undefined || root.columnNames.every((name) => name === undefined))
        && root.queryTimeoutMs === undefined && (root.listVars === undefined || root.listVars.length === 0);
      return plain ? { routing: root.routing, query: root.query, write: root.locks === true } : undefined;
    }
    case 'Insert':
      if (root.variant !== 'Unsharded' || root.generate !== undefined || root.input !== undefined || root.queryTimeoutMs !== undefined) return undefined;
      return { routing: { variant: 'Unsharded', keyspace: root.keyspace, ...(root.tabletType === undefined ? {} : { tabletType: root.tabletType }) }, query: root.query, write: true };
    case 'Update': case 'Delete':
      if (root.owned !== undefined && root.owned.length > 0) return undefined;
      if (root.op === 'Update' && root.changedVindexValues !== undefined && root.changedVindexValues.length > 0) return undefined;
      if (root.ownedVindexQuery !== undefined || root.queryTimeoutMs !== undefined || (root.listVars !== undefined && root.listVars.length > 0)) return undefined;
      return { routing: root.routing, query: root.query, write: true };
    default: return undefined;
  }
}

function fastShard(routing: Routing): FastShard | undefined {
  if (routing.variant === 'Unsharded') return { kind: 'only' };
  if (routing.variant === 'ByDestination' && routing.shards?.kind === 'shard') return { kind: 'named', target: routing.shards };
  if (routing.variant !== 'EqualUnique') return undefined;
  const { vindex, values } = routing;
  const value = values?.length === 1 ? fastValue(values[0]?.expr) : undefined;
  return vindex?.kind === 'single' && vindex.unique && value !== undefined ? { kind: 'vindex', vindex, value } : undefined;
}

function fastValue(expr: EvalExpr | undefined): FastValue | undefined {
  if (expr?.kind === 'bind') return { kind: 'bind', name: expr.name };
  if (expr?.kind === 'literal' && expr.text !== null) return { kind: 'literal', value: { type: expr.type, value: Buffer.from(expr.text) } };
  return undefined;
}

export type { VindexValue };
