import { build, printExpression, type Expression, type SetStatement, type SetTransaction } from '../../sql/index.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import { planError, unsupported } from '../errors.ts';
import type { PlanKeyspace, SetOp, SetStatement as SetPrimitive, SetValue } from '../plan.ts';
import { toEval } from '../translate/toEval.ts';
import { awareVariables, ignoredVariables, readOnlyVariables, settableByHint } from './variables.ts';

/** SET, SET NAMES, SET CHARACTER SET and SET TRANSACTION. */
export function planSet(st: PlanningStatement, ast: SetStatement | SetTransaction): SetPrimitive {
  if (ast.kind === 'setTransaction') return { op: 'Set', ops: setTransaction(st, ast) };
  return { op: 'Set', ops: ast.assignments.flatMap((a): SetOp[] => {
    switch (a.kind) {
      case 'setNames': return [{ type: 'SysVarAware', name: 'names', value: literal(a.charset ?? 'default') }, ...(a.collation === undefined ? [] : [{ type: 'SysVarAware' as const, name: 'collation_connection', value: literal(a.collation) }])];
      case 'setCharacterSet': return [{ type: 'SysVarAware', name: 'charset', value: literal(a.charset ?? 'default') }];
      case 'setVariable': {
        if (a.target.kind === 'userVariable') return [{ type: 'UserDefinedVariable', name: a.target.name.toLowerCase(), value: value(a.value, false) }];
        const scope = a.target.kind === 'systemVariable' ? a.target.scope : undefined;
        const name = (a.target.kind === 'localTarget' && a.target.qualifier !== undefined ? `${a.target.qualifier}.${a.target.name}` : a.target.name).toLowerCase();
        return [variable(st, name, a.value, scope)];
      }
      default: return a satisfies never;
    }
  }) };
}

function literal(text: string): SetValue {
  const expr = build.string(text);
  return value(expr, false);
}

/** The value as text for plans, and for the gate to evaluate where it can. User variables read as the bind variables Vitess gives them. */
function value(expr: Expression, boolean: boolean): SetValue {
  const simple = boolean ? asBoolean(expr) : bareWord(expr);
  const text = simple.kind === 'userVariable' ? `:__vtudv${simple.name.toLowerCase()}` : printExpression(simple);
  const translated = toEval(simple, () => undefined);
  return translated === undefined ? { text } : { text, expr: translated };
}

function bareWord(expr: Expression): Expression {
  return expr.kind === 'column' && expr.table === undefined ? build.string(expr.name) : expr;
}

/** ON and OFF in their spellings are 1 and 0. */
function asBoolean(expr: Expression): Expression {
  const word = expr.kind === 'column' && expr.table === undefined ? expr.name : expr.kind === 'string' ? expr.value : expr.kind === 'bool' ? (expr.value ? 'on' : 'off') : undefined;
  if (word === undefined) return expr;
  if (/^(on|true|yes)$/i.test(word)) return build.integer(1);
  if (/^(off|false|no)$/i.test(word)) return build.integer(0);
  return bareWord(expr);
}

function variable(st: PlanningStatement, name: string, given: Expression, scope: string | undefined): SetOp {
  if (readOnlyVariables.has(name)) throw planError('VT03010', 1238, 'HY000', `variable '${name}' is a read only variable`);
  const aware = awareVariables.get(name);
  const expr = given.kind === 'default' && aware?.default !== undefined ? aware.default : given;
  if (scope === 'global' || scope === 'persist' || scope === 'persist_only') {
    return { type: 'SysVarCheckAndIgnore', name, keyspace: anyKeyspace(st), value: value(expr, aware?.boolean ?? false) };
  }
  if (aware !== undefined) return { type: 'SysVarAware', name, value: value(expr, aware.boolean) };
  if (ignoredVariables.has(name)) return { type: 'SysVarIgnore', name, value: value(expr, false) };
  if (st.context.sysVarSetEnabled === false) return { type: 'SysVarCheckAndIgnore', name, keyspace: anyKeyspace(st), value: value(expr, false) };
  const asText = printed(bareWord(expr));
  return { type: 'SysVarSet', name, keyspace: anyKeyspace(st), value: expr.kind === 'default' ? { text: 'default', expr: { kind: 'literal', type: 6165, text: 'default' } } : { ...value(expr, false), text: asText }, supportsSetVar: settableByHint.has(name), scope: 'session' };
}

/** The value as it was written: it is asked of a shard like that. */
function printed(expr: Expression): string {
  return printExpression(expr);
}

function anyKeyspace(st: PlanningStatement): PlanKeyspace {
  return st.catalog.anyKeyspace();
}

function setTransaction(st: PlanningStatement, ast: SetTransaction): SetOp[] {
  if (ast.scope === 'global') throw unsupported('SET GLOBAL TRANSACTION');
  const ops: SetOp[] = [];
  if (ast.isolation !== undefined) {
    const text = build.string(ast.isolation.toUpperCase().replace(' ', '-'));
    ops.push({ type: 'SysVarSet', name: 'transaction_isolation', keyspace: anyKeyspace(st), value: value(text, false), supportsSetVar: false, scope: ast.scope === undefined ? 'transaction' : 'session' });
  }
  if (ast.access !== undefined) ops.push({ type: 'SysVarAware', name: 'transaction_read_only', value: value(build.integer(ast.access === 'read only' ? 1 : 0), true) });
  return ops;
}
