import type { Query, Statement } from '../../sql/index.ts';
import type { VSchema } from '../../vschema/index.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import { planDelete } from '../dml/planDelete.ts';
import { planInsert } from '../dml/planInsert.ts';
import { planUpdate } from '../dml/planUpdate.ts';
import { unsupported } from '../errors.ts';
import type { Primitive } from '../plan.ts';

export interface OtherPlan { readonly root: Primitive | undefined; readonly columnNames?: readonly (string | undefined)[]; readonly queryType?: string }
export interface Readers { readonly planRead: (query: Query) => { readonly root: Primitive; readonly names: readonly (string | undefined)[] | undefined } }

/** Everything that is no query. */
export function planOther(st: PlanningStatement, ast: Statement, _vschema: VSchema, _readers: Readers): OtherPlan {
  switch (ast.kind) {
    case 'insert': return { root: planInsert(st, ast) };
    case 'update': return { root: planUpdate(st, ast) };
    case 'delete': return { root: planDelete(st, ast) };
    case 'begin':
    case 'commit':
    case 'rollback':
    case 'savepoint':
    case 'releaseSavepoint': return { root: undefined };
    default: throw unsupported(`statement ${ast.kind}`);
  }
}
