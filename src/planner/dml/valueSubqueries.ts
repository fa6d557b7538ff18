import { build, type Expression, type Insert as InsertNode, type Node, type Row } from '../../sql/index.ts';
import { bindQuery } from '../analysis/bindQuery.ts';
import { hasSubquery } from '../analysis/expressions.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { CatalogTable } from '../catalog.ts';
import { unsupported } from '../errors.ts';
import { planQuery } from '../select/planQuery.ts';

/** Subqueries in VALUES: left in the statement where the table's keyspace is unsharded and holds them too, else run before it. */
export function placeValueSubqueries(st: PlanningStatement, ast: InsertNode, table: CatalogTable): InsertNode {
  if (ast.source.kind !== 'insertRows') return ast;
  const place = (expr: Expression): Expression => (hasSubquery(expr) ? placeOne(st, expr, table) : refuseAssign(expr));
  const rows = ast.source.rows.map((row): Row => ({ ...row, items: row.items.map(place) }));
  const onDuplicate = ast.onDuplicate.map((a) => ({ ...a, value: place(a.value) }));
  const changed = rows.some((r, i) => r.items.some((item, j) => ast.source.kind === 'insertRows' && item !== ast.source.rows[i]?.items[j])) || onDuplicate.some((a, i) => a.value !== ast.onDuplicate[i]?.value);
  return changed ? { ...ast, source: { ...ast.source, rows }, onDuplicate } : ast;
}

function refuseAssign(expr: Expression): Expression {
  if (expr.kind === 'assign') throw unsupported('Assignment expression');
  return expr;
}

function placeOne(st: PlanningStatement, expr: Expression, table: CatalogTable): Expression {
  return st.rewriteBound(expr, (node: Node) => {
    if (node.kind !== 'subquery' && node.kind !== 'exists') return undefined;
    const { query } = node as Expression & { kind: 'subquery' | 'exists' };
    bindQuery(st, query, undefined, undefined);
    const before = st.pullouts.length;
    const planned = planQuery(st, query, { ordered: query.limit !== undefined, weights: false });
    const { route } = planned;
    if (!table.keyspace.sharded && route !== undefined && st.pullouts.length === before && (route.class === 'dual' || (route.class === 'unsharded' && route.keyspace.name === table.keyspace.name))) return node;
    const names = st.nextSubquery();
    st.pullouts.push({ variant: node.kind === 'exists' ? 'PulloutExists' : 'PulloutValue', resultVar: names.result, hasValuesVar: names.hasValues, subquery: planned.build() });
    return build.bind(node.kind === 'exists' ? names.hasValues : names.result);
  });
}
