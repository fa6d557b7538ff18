import type { MysqlClientConnection } from '../mysql/clientConnection.ts';
import type { TableDefinition } from '../vitess/tabletManager.ts';

export interface SchemaFilter {
  readonly tables?: readonly string[];
  readonly excludeTables?: readonly string[];
  readonly includeViews?: boolean;
  /** Only name and CREATE statement. */
  readonly tableSchemaOnly?: boolean;
}

/** Names match exactly or, written as `/…/`, as a regular expression: Vitess's rule for tables in its commands. */
function matcher(names: readonly string[] | undefined): ((name: string) => boolean) | undefined {
  if (names === undefined || names.length === 0) return undefined;
  const tests = names.map((name) => {
    if (name.length < 3 || !name.startsWith('/') || !name.endsWith('/')) return (n: string) => n === name;
    const pattern = new RegExp(name.slice(1, -1));
    return (n: string) => pattern.test(n);
  });
  return (name) => tests.some((test) => test(name));
}

/** The definitions of a database as vtctld's GetSchema wants them, by name. */
export async function readTabletSchema(session: MysqlClientConnection, database: string, filter: SchemaFilter): Promise<{ readonly databaseSchema: string; readonly tables: readonly TableDefinition[] }> {
  const text = async (sql: string) => (await session.query(sql)).rows.map((row) => row.map((value) => value?.toString() ?? ''));
  const wanted = matcher(filter.tables);
  const unwanted = matcher(filter.excludeTables);
  const db = `'${database.replaceAll("'", "''")}'`;
  const [created] = await text(`SHOW CREATE DATABASE ${quoted(database)}`);
  const listed = await text(`SELECT table_name, table_type, COALESCE(data_length, 0), COALESCE(table_rows, 0) FROM information_schema.tables WHERE table_schema = ${db} ORDER BY table_name`);
  const columns = await text(`SELECT table_name, column_name, column_key FROM information_schema.columns WHERE table_schema = ${db} ORDER BY table_name, ordinal_position`);
  const keys = await text(`SELECT table_name, column_name FROM information_schema.key_column_usage WHERE table_schema = ${db} AND constraint_name = 'PRIMARY' ORDER BY table_name, ordinal_position`);
  const tables: TableDefinition[] = [];
  for (const [name = '', type = '', dataLength = '0', rowCount = '0'] of listed) {
    const isView = type === 'VIEW';
    if ((!isView && type !== 'BASE TABLE') || (isView && filter.includeViews !== true) || wanted?.(name) === false || unwanted?.(name) === true) continue;
    const [definition] = await text(`SHOW CREATE TABLE ${quoted(database)}.${quoted(name)}`);
    const of = (rows: readonly string[][]) => rows.flatMap(([table, column = '']) => (table === name ? [column] : []));
    tables.push({
      name, type, schema: definition?.[1] ?? '', dataLength: BigInt(dataLength), rowCount: BigInt(rowCount),
      columns: filter.tableSchemaOnly === true ? [] : of(columns), primaryKeyColumns: filter.tableSchemaOnly === true ? [] : of(keys),
      fields: filter.tableSchemaOnly === true ? [] : (await session.query(`SELECT * FROM ${quoted(database)}.${quoted(name)} LIMIT 0`)).fields,
    });
  }
  return { databaseSchema: created?.[1] ?? '', tables };
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
