import { findAll, printExpression, type Expression, type Query, type Statement } from '../sql/index.ts';
import type { VSchema } from '../vschema/index.ts';
import { bindQuery } from './analysis/bindQuery.ts';
import { PlanningStatement } from './analysis/statement.ts';
import type { PlanContext } from './context.ts';
import { nameOf } from './analysis/bindQuery.ts';
import type { PlannedQuery } from './operators/operator.ts';
import type { Plan, Primitive } from './plan.ts';
import { planType } from './planType.ts';
import { planDelete } from './dml/planDelete.ts';
import { planInsert } from './dml/planInsert.ts';
import { isUnsupported } from './errors.ts';
import type { VtrewindError } from '../base/errors.ts';
import { planScratch } from './select/scratch.ts';
import { planQuery } from './select/planQuery.ts';
import { explainPlan } from './explain/explainPlan.ts';
import { catalogOf } from './vschemaCatalog.ts';
import { planOther } from './statements/planOther.ts';
import { directiveOn, queryTimeout } from './statements/directives.ts';
import { planLockFunctions } from './statements/lockFunctions.ts';
import { bypass } from './statements/bypass.ts';
import { isSystemSchema } from './catalog.ts';
import { usesCollected } from './writes.ts';

/**
 * Plans one statement. Throws VtrewindError with Vitess's codes (VT12001 for what can't be done across shards) or MySQL's own
 * (unknown columns, ambiguous names). The plan holds nothing of the session but what is in `context`.
 */
export function planStatement(ast: Statement, vschema: VSchema, context: PlanContext): Plan {
  const st = new PlanningStatement(catalogOf(vschema, context), context, { insert: planInsert, delete: planDelete });
  for (const bind of findAll(ast, 'bind')) st.reserve(bind.name);
  const timeout = queryTimeout(ast);
  if (timeout !== undefined) st.directives.queryTimeoutMs = timeout;
  st.directives.scatterErrorsAsWarnings = directiveOn(ast, 'SCATTER_ERRORS_AS_WARNINGS');
  if (context.shardTarget !== undefined && context.defaultKeyspace !== undefined && !isSystemSchema(context.defaultKeyspace)) {
    const sent = bypass(st, ast, context.shardTarget);
    if (sent !== undefined) return finish(st, ast, sent, undefined);
  }
  switch (ast.kind) {
    case 'select':
    case 'setOperation':
    case 'nestedQuery':
    case 'values':
    case 'tableQuery': return planRead(st, ast);
    default: {
      const planned = planOther(st, ast, vschema, {
        planRead: (query) => planReadPrimitive(st, query),
        planAgain: (statement, sql) => planStatement(statement, vschema, { ...context, sql }),
        explain: explainPlan,
      });
      return finish(st, ast, planned.root, planned.columnNames, planned.queryType);
    }
  }
}

function planRead(st: PlanningStatement, query: Query): Plan {
  const lock = query.kind === 'select' ? planLockFunctions(st, query) : undefined;
  if (lock !== undefined) return finish(st, query, lock, undefined);
  try {
    const { root, names } = planReadPrimitive(st, query);
    return finish(st, query, root, names);
  } catch (error) {
    if (!isUnsupported(error)) throw error;
    const fresh = new PlanningStatement(st.catalog, st.context, st.dml);
    Object.assign(fresh.directives, st.directives);
    for (const bind of findAll(query, 'bind')) fresh.reserve(bind.name);
    return finish(fresh, query, scratchOr(fresh, query, error), undefined);
  }
}

/** The scratch plan of a query that is not supported otherwise; the first error stands where scratch can't do it either. */
function scratchOr(st: PlanningStatement, query: Query, error: VtrewindError): Primitive {
  try {
    return planScratch(st, query, error.message.replace(/^VT12001: unsupported: /, ''));
  } catch (second) {
    throw isUnsupported(second) ? error : second;
  }
}

/** A query's primitive with the subqueries that run before it. */
export function planReadPrimitive(st: PlanningStatement, query: Query): { readonly root: Primitive; readonly names: readonly (string | undefined)[] | undefined } {
  bindQuery(st, query, undefined, undefined);
  const planned = planQuery(st, query, { ordered: true, weights: false });
  const root = planned.route?.body !== undefined && planned.route.class !== 'next' ? named(st, planned) : planned.build();
  return { root: withPullouts(st, root), names: planned.complete && planned.columns.length > 0 && !namedByServer(query) ? planned.columns.map((c, i) => (c.expr !== undefined && fromSystemTable(st, c.expr) && !aliased(query, i) ? undefined : c.name)) : undefined };
}

/** VALUES names its columns `column_0`, …; MariaDB after the first row. */
function namedByServer(query: Query): boolean {
  return query.kind === 'values' || (query.kind === 'select' && query.items.some((i) => i.kind === 'star') && query.from.some((f) => f.kind === 'derivedTable' && f.query.kind === 'values'));
}

/** Columns of a system schema have the server's own spelling of their names. */
function fromSystemTable(st: PlanningStatement, expr: Expression): boolean {
  const binding = expr.kind === 'column' ? st.bindings.get(expr) : undefined;
  return binding?.kind === 'table' && binding.table.source.kind === 'base' && binding.table.source.table.kind === 'systemTable';
}

function aliased(query: Query, index: number): boolean {
  const item = query.kind === 'select' ? query.items[index] : undefined;
  return item?.kind === 'selectExpr' && item.alias !== undefined;
}

/** The outermost statement of a single route names its columns as MySQL would for the client's own text. */
function named(st: PlanningStatement, planned: PlannedQuery): Primitive {
  const { route } = planned;
  if (route?.body?.kind !== 'select') return planned.build();
  const { body } = route;
  const items = body.items.map((item) => {
    if (item.kind !== 'selectExpr' || item.alias !== undefined || item.expr.kind === 'column' || item.expr.kind === 'bind' || item.expr.start < 0) return item;
    const name = nameOf(st, item.expr, item);
    return name === printExpression(item.expr) ? item : { ...item, alias: name };
  });
  if (items.every((item, i) => item === body.items[i])) return planned.build();
  const fresh = { ...body, items };
  st.inherit(body, fresh);
  route.body = fresh;
  return planned.build();
}

/** Runs the subqueries taken out of the statement first, in the order in which they need each other. */
export function withPullouts(st: PlanningStatement, root: Primitive): Primitive {
  return st.pullouts.reduceRight<Primitive>((outer, pullout) => ({ op: 'UncorrelatedSubquery', ...pullout, outer }), root);
}

function finish(st: PlanningStatement, ast: Statement, root: Primitive | undefined, columnNames: readonly (string | undefined)[] | undefined, queryType?: string): Plan {
  const uses = usesCollected(root);
  return {
    type: planType(root),
    queryType: queryType ?? queryTypeOf(ast),
    original: st.context.sql,
    root,
    tablesUsed: [...st.tablesUsed].sort(),
    writes: uses.writes,
    multiShardWrites: uses.multiShardWrites,
    snapshotKeyspaces: [...st.snapshotKeyspaces].sort(),
    ...(columnNames !== undefined && { columnNames }),
  };
}

function queryTypeOf(ast: Statement): string {
  switch (ast.kind) {
    case 'select':
    case 'setOperation':
    case 'nestedQuery':
    case 'values':
    case 'tableQuery': return 'SELECT';
    case 'insert': return ast.verb === 'replace' ? 'REPLACE' : 'INSERT';
    case 'update': return 'UPDATE';
    case 'delete': return 'DELETE';
    case 'set':
    case 'setTransaction': return 'SET';
    case 'show': return 'SHOW';
    case 'use': return 'USE';
    case 'begin': return 'BEGIN';
    case 'commit': return 'COMMIT';
    case 'rollback': return ast.savepoint === undefined ? 'ROLLBACK' : 'SAVEPOINT_ROLLBACK';
    case 'savepoint': return 'SAVEPOINT';
    case 'releaseSavepoint': return 'RELEASE';
    case 'explain':
    case 'describe':
    case 'explainConnection': return 'EXPLAIN';
    case 'vexplain': return 'VEXPLAIN';
    default: return ast.kind.toUpperCase();
  }
}
