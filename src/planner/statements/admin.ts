import { parseStatement, printExpression, printStatement, type Expression, type Flush, type Prepare, type Statement, type TableName } from '../../sql/index.ts';
import type { PlanningStatement } from '../analysis/statement.ts';
import { planError, unsupported } from '../errors.ts';
import type { PlanKeyspace, Primitive, Send, ShardTarget } from '../plan.ts';
import { refuseSnapshotWrite } from '../snapshots.ts';
import { withoutKeyspaces } from './bypass.ts';
import { findOnly, homeOf, named } from './ddl.ts';
import { resolve } from './show.ts';

const anyShard: ShardTarget = { kind: 'anyShard' };
const everyShard: ShardTarget = { kind: 'allShards' };

function send(keyspace: PlanKeyspace, shards: ShardTarget, query: string, more: Partial<Send> = {}): Send {
  return { op: 'Send', keyspace, shards, query, isDml: false, singleShardOnly: false, reservedConnectionNeeded: false, ...more };
}

/** Administration that goes to servers as it is. Undefined for what is no such statement. */
export function planAdmin(st: PlanningStatement, ast: Statement): Primitive | undefined {
  switch (ast.kind) {
    case 'call': {
      const keyspace = ast.procedure.schema === undefined && st.context.defaultKeyspace === undefined ? st.catalog.anyKeyspace() : named(st, ast.procedure.schema ?? st.context.defaultKeyspace);
      if (keyspace.sharded) throw unsupported('CALL is not supported on sharded keyspaces');
      refuseSnapshotWrite(st, keyspace, 'CALL');
      return send(keyspace, anyShard, printStatement(withoutKeyspaces(st, ast)), { isDml: true });
    }
    case 'tableMaintenance': {
      const keyspace = ast.tables[0] === undefined ? st.catalog.anyKeyspace() : homeOf(st, ast.tables[0], true);
      refuseSnapshotWrite(st, keyspace, `${ast.verb.toUpperCase()} TABLE`);
      return send(keyspace, anyShard, printStatement(withoutKeyspaces(st, ast)), { singleShardOnly: true });
    }
    case 'flush': return planFlush(st, ast);
    case 'alterVschema': {
      const keyspace = vschemaHome(st, ast.table ?? ast.vindex);
      return { op: 'AlterVSchema', keyspace, query: printStatement(ast) };
    }
    case 'alterMigration':
    case 'revertMigration': return send(named(st, st.context.defaultKeyspace), everyShard, printStatement(ast));
    case 'do': return send(st.catalog.anyKeyspace(), anyShard, printStatement(ast), { singleShardOnly: true });
    case 'lockTables':
    case 'unlockTables': return { op: 'Rows', fields: [], rows: [] };
    case 'prepare': return planPrepare(st, ast);
    case 'deallocate': {
      if (!knows(st, ast.name)) throw planError('VT09011', 1243, 'HY000', `Unknown prepared statement handler (${ast.name}) given to DEALLOCATE PREPARE`);
      return { op: 'Rows', fields: [], rows: [] };
    }
    case 'help':
    case 'serverCommand': return send(st.catalog.anyKeyspace(), anyShard, printStatement(ast), { singleShardOnly: true });
    default: return undefined;
  }
}

function vschemaHome(st: PlanningStatement, name: TableName | undefined): PlanKeyspace {
  return named(st, name?.schema ?? st.context.defaultKeyspace);
}

export function knows(st: PlanningStatement, name: string): boolean {
  return st.context.preparedStatements?.has(name.toLowerCase()) ?? false;
}

/** PREPARE … FROM: the text must be known now, and parse. */
function planPrepare(st: PlanningStatement, ast: Prepare): Primitive {
  const text = textOf(st, ast.from);
  parseStatement(text);
  return { op: 'Rows', fields: [], rows: [] };
}

function textOf(st: PlanningStatement, from: Expression): string {
  if (from.kind === 'string') return from.value;
  if (from.kind === 'userVariable') {
    const value = st.context.userVariables?.get(from.name.toLowerCase());
    if (value === undefined) throw planError('VT03024', 1105, 'HY000', `'${from.name}' user defined variable does not exists`);
    return value;
  }
  throw unsupported(`PREPARE from ${printExpression(from)}`);
}

/** FLUSH: to every shard of every keyspace whose tables it names; without tables, of the session's keyspace. */
function planFlush(st: PlanningStatement, ast: Flush): Primitive {
  const reserved = ast.withReadLock ? { reservedConnectionNeeded: true } : {};
  if (ast.tables.length === 0) {
    return send(st.context.defaultKeyspace === undefined ? st.catalog.anyKeyspace() : named(st, st.context.defaultKeyspace), everyShard, printStatement(ast), reserved);
  }
  const byKeyspace = new Map<string, { keyspace: PlanKeyspace; tables: TableName[] }>();
  for (const table of ast.tables) {
    const found = table.schema !== undefined || st.context.defaultKeyspace !== undefined || findOnly(st, table.name) !== undefined ? resolve(st, table) : { keyspace: st.catalog.anyKeyspace(), name: table.name };
    const entry = byKeyspace.get(found.keyspace.name) ?? { keyspace: found.keyspace, tables: [] };
    entry.tables.push({ ...table, schema: undefined, name: found.name });
    byKeyspace.set(found.keyspace.name, entry);
  }
  const sends = [...byKeyspace.values()].sort((a, b) => (a.keyspace.name < b.keyspace.name ? -1 : 1)).map(({ keyspace, tables }) => send(keyspace, everyShard, printStatement({ ...ast, tables }), reserved));
  const [only, more] = sends;
  if (only !== undefined && more === undefined) return only;
  return { op: 'Concatenate', inputs: sends };
}
