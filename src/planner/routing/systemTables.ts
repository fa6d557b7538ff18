import { build, type ColumnRef, type Expression, type Node, type Query } from '../../sql/index.ts';
import { tablesOf } from '../analysis/expressions.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { PlanValue } from '../plan.ts';
import { evaluable, planValue } from '../translate/constants.ts';

const schemaColumns = new Set(['table_schema', 'constraint_schema', 'schema_name', 'routine_schema', 'event_schema', 'specific_schema', 'trigger_schema', 'unique_constraint_schema', 'referenced_table_schema', 'event_object_schema', 'index_schema']);
const nameColumns = new Set(['table_name', 'referenced_table_name', 'event_object_table']);

/**
 * `table_schema = 'ks'` in a query on a system schema names a keyspace: at run time it says where to ask, and the value sent is the
 * shard's own database name. `table_name = 't'` is followed through routing rules. Both become bind variables.
 */
export function systemTableValues(st: PlanningStatement, query: Query, _known: readonly Expression[]): { readonly query: Query; readonly schemas: PlanValue[]; readonly names: Record<string, PlanValue> } {
  const schemas: PlanValue[] = [];
  const names: Record<string, PlanValue> = {};
  const rewritten = st.rewriteBound(query, (node: Node) => {
    if (node.kind !== 'comparison') return undefined;
    const c = node as Expression & { kind: 'comparison' };
    if (c.op !== '=' || c.quantifier !== undefined) return undefined;
    const left = systemColumn(c.left);
    const right = systemColumn(c.right);
    const [column, value] = left !== undefined && constant(st, c.right) ? [left, c.right] : right !== undefined && constant(st, c.left) ? [right, c.left] : [undefined, undefined];
    if (column === undefined || value === undefined) return undefined;
    let name: string;
    if (schemaColumns.has(column)) {
      if (value.kind === 'string' && ['information_schema', 'performance_schema', 'sys', 'mysql'].includes(value.value.toLowerCase())) return undefined;
      schemas.push(planValue(value));
      name = '__vtschemaname';
    } else {
      const known = Object.entries(names).find(([, v]) => v.text === planValue(value).text);
      name = known?.[0] ?? st.reserve(column);
      names[name] = planValue(value);
    }
    return left !== undefined && value === c.right ? { ...c, right: build.bind(name) } : { ...c, left: build.bind(name) };
  });
  return { query: rewritten, schemas, names };
}

function systemColumn(expr: Expression): string | undefined {
  if (expr.kind !== 'column') return undefined;
  const name = (expr as ColumnRef).name.toLowerCase();
  return schemaColumns.has(name) || nameColumns.has(name) ? name : undefined;
}

function constant(st: PlanningStatement, expr: Expression): boolean {
  return tablesOf(st, expr) === 0n && expr.kind !== 'column' && expr.kind !== 'null' && evaluable(expr);
}
