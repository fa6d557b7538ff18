import { VtrewindError } from '../../base/errors.ts';
import { ER } from '../../mysql/constants/errorCodes.ts';
import { rewriteTopDown, type Statement, visit } from '../../sql/index.ts';
import type { TabletTypeName } from '../../vitess/queryService.ts';
import { parseTarget, type SessionTarget } from './target.ts';

/** A statement whose names carry a target of their own, with the target taken out of them. */
export interface TargetedStatement {
  readonly ast: Statement;
  readonly target: SessionTarget;
}

const mark = /[@:/[]/;

/**
 * `` select … from `ks@replica`.t `` and `` `ks:-80`.t ``: the qualifier of every table is one and the same target, which holds for this
 * statement in place of the session's. Undefined when no name carries one. Several targets in one
 * statement are refused (VT12001). Throws 1049 for a qualifier that is no target.
 */
export function qualifiedTarget(ast: Statement, isKeyspace: (name: string) => boolean, defaultType: TabletTypeName): TargetedStatement | undefined {
  const qualifiers = new Set<string>();
  visit(ast, { enter(node) {
    if (node.kind === 'tableName') qualifiers.add(node.schema ?? '');
  } });
  const targets = [...qualifiers].filter((text) => mark.test(text) && !isKeyspace(text));
  const [text] = targets;
  if (text === undefined) return undefined;
  const target = parseTarget(text, defaultType);
  if (qualifiers.size > 1) {
    const shards = targets.some((one) => parseTarget(one, defaultType).shard !== undefined);
    throw new VtrewindError({
      code: 'VT12001', mysql: ER.NOT_SUPPORTED_YET, sqlState: '42000', grpc: 'UNIMPLEMENTED', message: `VT12001: unsupported: a ${shards ? 'shard' : 'tablet type'} named by one table of several in a statement`,
      hint: 'name the same target for every table, or USE it',
    });
  }
  const plain = rewriteTopDown(ast, (node) => {
    if (node.kind === 'tableName' && node.schema === text) return { ...node, schema: target.keyspace };
    if (node.kind === 'column' && node.schema === text) return { ...node, schema: target.keyspace };
    return undefined;
  });
  return { ast: plain, target };
}
