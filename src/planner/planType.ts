import type { PlanType, Primitive } from './plan.ts';

/** Vitess's coarse word for what a plan costs: `Type` in its plan JSON. */
export function planType(root: Primitive | undefined): PlanType {
  if (root === undefined) return 'Complex';
  switch (root.op) {
    case 'Route':
    case 'Update':
    case 'Delete': return ofRouting(root);
    case 'Insert': return root.input !== undefined ? 'Complex' : root.variant === 'Unsharded' ? 'Passthrough' : 'MultiShard';
    case 'Send':
      if (root.shards.kind === 'shard' || root.singleShardOnly || (!root.keyspace.sharded && root.shards.kind === 'anyShard')) return 'Passthrough';
      return root.shards.kind === 'keyRange' ? 'MultiShard' : root.shards.kind === 'allShards' ? 'Scatter' : 'Passthrough';
    case 'VindexLookup': return 'Lookup';
    case 'Limit':
    case 'ReplaceVariables':
    case 'RenameFields':
    case 'VEXPLAIN': return planType(root.input);
    case 'Join':
    case 'HashJoin': return 'Join';
    case 'DDL': return 'DirectDDL';
    case 'Rows':
    case 'Lock': return 'Passthrough';
    case 'UpdateTarget':
    case 'ShowExec':
    case 'VindexFunc': return 'Local';
    case 'Set': return root.ops.some((o) => o.type === 'SysVarSet') ? 'MultiShard' : root.ops.some((o) => o.type === 'SysVarCheckAndIgnore') ? 'Passthrough' : 'Local';
    case 'TransactionStatus': return 'MultiShard';
    default: return 'Complex';
  }
}

function ofRouting(p: Primitive & { op: 'Route' | 'Update' | 'Delete' }): PlanType {
  const lookup = p.routing.vindex?.needsLookup === true;
  switch (p.routing.variant) {
    case 'Unsharded':
    case 'Reference':
    case 'DBA':
    case 'Next': return 'Passthrough';
    case 'None': return 'Local';
    case 'EqualUnique': return lookup ? 'Lookup' : p.op !== 'Route' && p.ownedVindexQuery !== undefined ? 'MultiShard' : p.routing.vindex?.kind === 'multi' && p.op !== 'Route' ? 'MultiShard' : 'Passthrough';
    case 'Scatter': return 'Scatter';
    case 'ByDestination': return 'MultiShard';
    default: return lookup ? 'Lookup' : 'MultiShard';
  }
}
