import { printExpression, printStatement, type Expression, type Select } from '../../sql/index.ts';
import { bindQuery } from '../analysis/bindQuery.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import { unsupported } from '../errors.ts';
import { fieldQuery } from '../operators/buildRoute.ts';
import type { Lock } from '../plan.ts';

const lockFunctions = new Set(['get_lock', 'is_free_lock', 'is_used_lock', 'release_all_locks', 'release_lock']);

/** `select get_lock(…)`: user locks live on one connection that the session keeps. Undefined when there are none in the select list. */
export function planLockFunctions(st: PlanningStatement, select: Select): Lock | undefined {
  const exprs = select.items.flatMap((item) => (item.kind === 'selectExpr' ? [item.expr] : []));
  const isLock = (e: Expression): boolean => e.kind === 'function' && e.schema === undefined && lockFunctions.has(e.name);
  if (!exprs.some(isLock)) return undefined;
  const other = exprs.find((e) => !isLock(e));
  if (other !== undefined || exprs.length !== select.items.length) {
    throw unsupported(`LOCK function and other expression: [${other === undefined ? '*' : printExpression(other)}] in same select query`);
  }
  if (select.from.length > 0) throw unsupported('LOCK functions with tables');
  bindQuery(st, select, undefined, undefined);
  return {
    op: 'Lock', keyspace: st.catalog.anyKeyspace(), functions: exprs.map((e) => printExpression(e)), query: printStatement(select), fieldQuery: printStatement(fieldQuery(select)),
  };
}
