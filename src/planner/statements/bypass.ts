import { printStatement, type Statement } from '../../sql/index.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import { isSystemSchema } from '../catalog.ts';
import { unsupported } from '../errors.ts';
import type { Primitive, ShardTarget } from '../plan.ts';
import { refuseSnapshotWrite, snapshotTabletType } from '../snapshots.ts';
import { queryTimeout } from './directives.ts';
import type { Node } from '../../sql/index.ts';

/** With a shard or key range in the target, statements go there as they are. Undefined for those that belong to the session. */
export function bypass(st: PlanningStatement, ast: Statement, shards: ShardTarget): Primitive | undefined {
  const keyspace = st.catalog.keyspace(st.context.defaultKeyspace ?? '');
  if (keyspace === undefined) return undefined;
  const isDml = ast.kind === 'insert' || ast.kind === 'update' || ast.kind === 'delete';
  switch (ast.kind) {
    case 'use':
    case 'set':
    case 'setTransaction':
    case 'show':
    case 'vexplain':
    case 'begin':
    case 'commit':
    case 'rollback':
    case 'savepoint':
    case 'releaseSavepoint': return undefined;
    default:
  }
  if (isDml && shards.kind === 'keyRange' && ast.kind === 'insert') throw unsupported('range queries are not allowed for insert statement: INSERT');
  if (isDml || !['select', 'setOperation', 'nestedQuery', 'values', 'tableQuery', 'explain', 'describe'].includes(ast.kind)) refuseSnapshotWrite(st, keyspace, ast.kind.toUpperCase());
  const tabletType = snapshotTabletType(st, keyspace);
  const timeout = queryTimeout(ast);
  return {
    op: 'Send', keyspace, shards, query: printStatement(withoutKeyspaces(st, ast)), isDml, singleShardOnly: false, reservedConnectionNeeded: false,
    ...(tabletType !== undefined && { tabletType }), ...(timeout !== undefined && { queryTimeoutMs: timeout }),
  };
}

/** Names of keyspaces mean nothing to a shard's server; system schemas and databases it knows itself stay. */
export function withoutKeyspaces<T extends Node>(st: PlanningStatement, ast: T): T {
  return st.rewriteBound(ast, (node) => {
    const named = node as { kind: string; schema?: string };
    if (named.kind !== 'tableName' && named.kind !== 'column' && named.kind !== 'star') return undefined;
    if (named.schema === undefined || isSystemSchema(named.schema) || st.catalog.keyspace(named.schema) === undefined) return undefined;
    return { ...node, schema: undefined } as Node;
  });
}
