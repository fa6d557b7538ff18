import { TYPE } from '../../mysql/constants/columnTypes.ts';
import { build, rewrite, type SelectExpr, type Statement } from '../../sql/index.ts';
import type { BindVariable } from '../../vitess/queryService.ts';
import type { SessionState } from './sessionState.ts';
import { formatTarget } from './target.ts';

/** Facts of the session beside its state. */
export interface SessionFacts {
  readonly connectionId: number;
  /** `name@host` as the client logged in. */
  readonly account: string;
  readonly serverVersion: string;
}

/** Functions without arguments whose answer is the session's, not a tablet's; to the name of the bind that takes their place. */
const functions: Readonly<Record<string, string>> = {
  last_insert_id: '__lastInsertId', found_rows: '__vtfrows', row_count: '__vtrcount', connection_id: '__vtconnid', database: '__vtdbname', schema: '__vtdbname',
  user: '__vtuser', session_user: '__vtuser', system_user: '__vtuser', current_user: '__vtuser', version: '__vtversion',
};

/** System variables that the gate keeps. */
export const gateKept: ReadonlySet<string> = new Set([
  'autocommit', 'transaction_mode', 'workload', 'version', 'version_comment', 'ddl_strategy', 'migration_context', 'session_uuid', 'query_timeout', 'enable_system_settings', 'socket',
  'pseudo_thread_id', 'last_insert_id', 'identity', 'read_after_write_gtid', 'read_after_write_timeout', 'session_track_gtids', 'transaction_timeout', 'skip_query_plan_cache',
]);

const USER_VARIABLE = '__vtudv';
const SYSTEM_VARIABLE = '__vt_';

/**
 * The statement with the session's functions and variables replaced by binds, and the names of those. Columns keep the name that MySQL gives
 * them, their own text (`source`).
 */
export function takeSessionValues(ast: Statement, source: string): { readonly ast: Statement; readonly needs: readonly string[] } {
  const needs = new Set<string>();
  const take = (name: string) => {
    needs.add(name);
    return build.bind(name);
  };
  const rewritten = rewrite(ast, (node, parent) => {
    switch (node.kind) {
      case 'function': {
        const name = node.args.length === 0 && node.schema === undefined && !node.quoted ? functions[node.name] : undefined;
        return name === undefined ? node : take(name);
      }
      case 'userVariable': return parent?.kind === 'assign' || parent?.kind === 'setVariable' || parent?.kind === 'intoVariables' ? node : take(USER_VARIABLE + node.name.toLowerCase());
      case 'systemVariable': return (node.scope === undefined || node.scope === 'session') && gateKept.has(node.name) && parent?.kind !== 'setVariable' ? take(SYSTEM_VARIABLE + node.name) : node;
      case 'selectExpr': return named(node, parent, source);
      default: return node;
    }
  });
  return { ast: rewritten, needs: [...needs] };
}

/** A select item whose expression was replaced gets its own text for a name. `before` is the item as it was. */
function named(node: SelectExpr, _parent: unknown, source: string): SelectExpr {
  if (node.alias !== undefined || node.expr.kind !== 'bind' || !node.expr.name.startsWith('__') || node.expr.start >= 0) return node;
  return { ...node, alias: source.slice(node.start, node.end) };
}

const text = (value: string): BindVariable => ({ type: TYPE.VARCHAR, value: Buffer.from(value) });
const number = (value: bigint): BindVariable => ({ type: value < 0n ? TYPE.INT64 : TYPE.UINT64, value: Buffer.from(String(value)) });

/** The value of one of the names that {@link takeSessionValues} gave. */
export function sessionValue(name: string, state: SessionState, facts: SessionFacts): BindVariable {
  if (name.startsWith(USER_VARIABLE)) {
    const found = state.userVariable(name.slice(USER_VARIABLE.length));
    return found === undefined || found.value === null ? { type: TYPE.NULL_TYPE } : { type: found.type, value: found.value };
  }
  switch (name) {
    case '__lastInsertId': return number(state.lastInsertId);
    case '__vtfrows': return number(state.foundRows);
    case '__vtrcount': return { type: TYPE.INT64, value: Buffer.from(String(state.rowCount)) };
    case '__vtconnid': return number(BigInt(facts.connectionId));
    case '__vtdbname': {
      const target = formatTarget(state.target);
      return target === '' ? { type: TYPE.NULL_TYPE } : text(target);
    }
    case '__vtuser': return text(facts.account);
    case '__vtversion': return text(facts.serverVersion);
    default: return systemValue(name.slice(SYSTEM_VARIABLE.length), state, facts);
  }
}

/** The gate's own variables. */
function systemValue(name: string, state: SessionState, facts: SessionFacts): BindVariable {
  switch (name) {
    case 'autocommit': return number(state.autocommit ? 1n : 0n);
    case 'transaction_mode': return text(state.transactionMode);
    case 'workload': return text(state.workload);
    case 'version': return text(facts.serverVersion);
    case 'version_comment': return text('vtrewind');
    case 'pseudo_thread_id': return number(BigInt(facts.connectionId));
    case 'last_insert_id': case 'identity': return number(state.lastInsertId);
    case 'ddl_strategy': return text(state.gateVariables.get(name) ?? 'direct');
    case 'enable_system_settings': return number(1n);
    case 'query_timeout': case 'transaction_timeout': case 'read_after_write_timeout': case 'skip_query_plan_cache': return { type: TYPE.INT64, value: Buffer.from(state.gateVariables.get(name) ?? '0') };
    case 'session_track_gtids': return text(state.gateVariables.get(name) ?? 'off');
    default: return text(state.gateVariables.get(name) ?? '');
  }
}
