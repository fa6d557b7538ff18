import { VtrewindError } from '../../base/errors.ts';
import { type Statement, visit } from '../../sql/index.ts';
import type { GateEnvironment } from './environment.ts';
import { isSystemSchema } from './keyspaceStatements.ts';

/** vschema's "table not found". */
const NOT_FOUND = 'VTR1311';
const ER_NO_SUCH_TABLE = 1146;

/**
 * MySQL's own error for a table that is nowhere: the vschema does not list it and the tablets, whose tables were read, do not have it. Where they
 * have it, or were not read yet, the vschema's error stays: it says what to do.
 */
export function unknownTable(env: GateEnvironment, thrown: unknown, ast: Statement, defaultKeyspace: string): unknown {
  if (!(thrown instanceof VtrewindError) || thrown.code !== NOT_FOUND) return thrown;
  const name = /^table (.+) not found$/.exec(thrown.message)?.[1];
  if (name === undefined) return thrown;
  let stated: string | undefined;
  visit(ast, { enter(node) {
    if (node.kind === 'tableName' && node.name === name) stated ??= node.schema;
  } });
  const keyspace = stated ?? (isSystemSchema(defaultKeyspace) ? '' : defaultKeyspace);
  const homes = keyspace === '' ? env.view.keyspaceNames() : [keyspace];
  const tables = homes.map((home) => env.schema.tableNames(home));
  if (tables.some((names) => names.length === 0 || names.includes(name))) return thrown;
  return new VtrewindError({
    code: thrown.code, mysql: ER_NO_SUCH_TABLE, sqlState: '42S02', grpc: 'NOT_FOUND', cause: thrown,
    message: `Table '${keyspace === '' ? '' : `${keyspace}.`}${name}' doesn't exist (${thrown.message})`,
  });
}
