import { build, type Expression, type OrderItem, type Select, type TableExpr } from '../../sql/index.ts';
import { bindQuery } from '../analysis/bindQuery.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import type { TableInfo } from '../analysis/tableInfo.ts';
import type { CatalogTable } from '../catalog.ts';
import { planSource } from '../select/planQuery.ts';
import type { Operator } from '../operators/operator.ts';
import type { Limit } from '../../sql/index.ts';

/** The tables and conditions of an UPDATE or DELETE, as a SELECT of the values it uses. */
export interface DmlSource {
  readonly select: Select;
  readonly source: Operator;
  readonly tables: readonly TableInfo[];
}

export function dmlSource(st: PlanningStatement, from: readonly TableExpr[], where: Expression | undefined, values: readonly Expression[], orderBy: readonly OrderItem[], limit: Limit | undefined): DmlSource {
  const items = values.length === 0 ? [build.item(build.integer(1))] : values.map((v) => build.item(v));
  const made = build.select(items, from, { ...(where !== undefined && { where }), orderBy, ...(limit !== undefined && { limit }) });
  bindQuery(st, made, undefined, undefined);
  const { source, select } = planSource(st, made);
  return { select, source, tables: st.info(select).tables };
}

export function catalogTable(info: TableInfo): CatalogTable | undefined {
  return info.source.kind === 'base' ? info.source.table : undefined;
}
