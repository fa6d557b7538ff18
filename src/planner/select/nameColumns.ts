import { build, type Expression, type OrderItem, type Query, type Select, type SelectItem } from '../../sql/index.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import { schemaTrackingRequired } from '../errors.ts';

/**
 * The query with its result's columns under these names: aliases in its first SELECT. (`as dt (a, b)` would say the same, but MariaDB has no
 * column lists for derived tables.) Throws VT09015 when a `*` hides the columns.
 */
export function nameColumns(st: PlanningStatement, query: Query, names: readonly string[]): Query {
  switch (query.kind) {
    case 'setOperation': return copy(st, query, { ...query, left: nameColumns(st, query.left, names), orderBy: query.orderBy.map((o) => byPosition(st, o)) });
    case 'nestedQuery': return copy(st, query, { ...query, query: nameColumns(st, query.query, names), orderBy: query.orderBy.map((o) => byPosition(st, o)) });
    case 'select': return nameItems(st, query, names);
    default: return query;
  }
}

function copy<Q extends Query>(st: PlanningStatement, old: Query, fresh: Q): Q {
  st.inherit(old, fresh);
  return fresh;
}

/** A set operation sorts by its columns, which are about to be renamed. */
function byPosition(st: PlanningStatement, item: OrderItem): OrderItem {
  const binding = item.expr.kind === 'column' ? st.bindings.get(item.expr) : undefined;
  return binding?.kind === 'output' && binding.index >= 0 ? { ...item, expr: build.integer(binding.index + 1) } : item;
}

function nameItems(st: PlanningStatement, select: Select, names: readonly string[]): Select {
  const info = st.info(select);
  if (!info.complete) throw schemaTrackingRequired();
  const items = info.items.map((item, i): SelectItem => (item.kind === 'selectExpr' && names[i] !== undefined ? { ...item, alias: names[i] } : item));
  const expanded = (expr: Expression): Expression => st.expand(expr);
  const fresh: Select = {
    ...select, items,
    orderBy: select.orderBy.map((o, i) => ({ ...o, expr: o.expr.kind === 'number' ? o.expr : expanded(info.orderBy[i]?.expr ?? o.expr) })),
    ...(select.having !== undefined && { having: expanded(select.having) }),
    ...(select.groupBy !== undefined && { groupBy: { ...select.groupBy, items: select.groupBy.items.map((g, i) => ({ ...g, expr: g.expr.kind === 'number' ? g.expr : expanded(info.groupBy[i] ?? g.expr) })) } }),
  };
  st.inherit(select, fresh);
  return fresh;
}
