import { parseStatement, printExpression, type Execute, type Query, type Statement, type VExplain } from '../../sql/index.ts';
import type { VSchema } from '../../vschema/index.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import { planDelete } from '../dml/planDelete.ts';
import { planInsert } from '../dml/planInsert.ts';
import { planUpdate } from '../dml/planUpdate.ts';
import { planError, unsupported } from '../errors.ts';
import type { Plan, Primitive } from '../plan.ts';
import { knows, planAdmin } from './admin.ts';
import { planDdl } from './ddl.ts';
import { planSet } from './set.ts';
import { planDescribe, planExplain, planShow, rows } from './show.ts';

export interface OtherPlan { readonly root: Primitive | undefined; readonly columnNames?: readonly (string | undefined)[]; readonly queryType?: string }
export interface Planners {
  readonly planRead: (query: Query) => { readonly root: Primitive; readonly names: readonly (string | undefined)[] | undefined };
  /** Plans another statement with the same settings. */
  readonly planAgain: (ast: Statement, sql: string) => Plan;
  readonly explain: (plan: Plan) => object;
}

/** Everything that is no query. */
export function planOther(st: PlanningStatement, ast: Statement, vschema: VSchema, planners: Planners): OtherPlan {
  switch (ast.kind) {
    case 'insert': return { root: planInsert(st, ast) };
    case 'update': return { root: planUpdate(st, ast) };
    case 'delete': return { root: planDelete(st, ast) };
    case 'begin':
    case 'commit':
    case 'rollback':
    case 'savepoint':
    case 'releaseSavepoint': return { root: undefined };
    case 'use': return { root: { op: 'UpdateTarget', target: ast.target ?? '' } };
    case 'set':
    case 'setTransaction': return { root: planSet(st, ast) };
    case 'show': return { root: planShow(st, ast, vschema) };
    case 'describe': return { root: planDescribe(st, ast) };
    case 'explain': return { root: planExplain(st, ast) };
    case 'vexplain': return { root: planVexplain(ast, planners, st) };
    case 'execute': return { root: planExecute(st, ast, planners) };
    default: {
      const planned = planDdl(st, ast) ?? planAdmin(st, ast);
      if (planned === undefined) throw unsupported(`statement ${ast.kind}`);
      return { root: planned, queryType: ddlKinds.test(ast.kind) ? 'DDL' : undefined };
    }
  }
}

const ddlKinds = /^(create|alter|drop|rename|truncate)/;

function planVexplain(ast: VExplain, planners: Planners, st: PlanningStatement): Primitive {
  const { statement } = ast;
  const plan = planners.planAgain(statement, st.context.sql);
  if (ast.type === 'plan') return rows(['JSON'], [[JSON.stringify(plan.root === undefined ? null : (planners.explain(plan) as { Instructions?: object }).Instructions ?? null, null, '\t')]]);
  if (ast.type === 'keys') return rows(['ColumnUsage'], [[JSON.stringify({ statementType: plan.queryType, tableName: plan.tablesUsed }, null, '\t')]]);
  if (plan.root === undefined) throw unsupported('VEXPLAIN of a statement without shards');
  return { op: 'VEXPLAIN', kind: ast.type, input: plan.root };
}

/** EXECUTE … USING: the prepared text with its parameters in the places of `?`. */
function planExecute(st: PlanningStatement, ast: Execute, planners: Planners): Primitive {
  const prepared = st.context.preparedStatements?.get(ast.name.toLowerCase());
  if (prepared === undefined || !knows(st, ast.name)) throw planError('VT09011', 1243, 'HY000', `Unknown prepared statement handler (${ast.name}) given to EXECUTE`);
  if (prepared.parameters !== ast.using.length) throw planError('VT03025', 1210, 'HY000', 'Incorrect arguments to EXECUTE');
  const plan = planners.planAgain(parseStatement(prepared.sql), prepared.sql);
  return { op: 'EXECUTE', name: ast.name, parameters: ast.using.map((e) => (e.kind === 'userVariable' ? e.name : printExpression(e))), input: plan.root ?? { op: 'Rows', fields: [], rows: [] } };
}
