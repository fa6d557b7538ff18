import type { ForeignKey, ReferenceAction, TrackedColumn, TrackedTable } from '../../planner/context.ts';
import type { QueryResult, Row } from '../../vitess/queryService.ts';
import { valueTypeNumber } from '../../vschema/valueType.ts';

/** What the tracker asks of one tablet of a keyspace; all of it concerns the tablet's own database. */
export const schemaQueries = {
  columns: 'select table_name, column_name, data_type, column_type, collation_name, is_nullable, extra from information_schema.columns where table_schema = database() order by table_name, ordinal_position',
  uniqueKeys: 'select table_name, index_name, column_name from information_schema.statistics where table_schema = database() and non_unique = 0 order by table_name, index_name, seq_in_index',
  foreignKeys:
    'select k.table_name, k.constraint_name, k.column_name, k.referenced_table_name, k.referenced_column_name, r.delete_rule, r.update_rule ' +
    'from information_schema.key_column_usage k join information_schema.referential_constraints r on r.constraint_schema = k.constraint_schema and r.constraint_name = k.constraint_name and r.table_name = k.table_name ' +
    'where k.table_schema = database() and k.referenced_table_name is not null order by k.table_name, k.constraint_name, k.ordinal_position',
  /** MySQL's names are unique by themselves. */
  mysqlCollations: 'select collation_name, id from information_schema.collations',
  /** MariaDB 10.10 and newer: the full name carries the character set. */
  mariadbCollations: 'select full_collation_name, id from information_schema.collation_character_set_applicability',
} as const;

export interface SchemaAnswers {
  readonly columns: QueryResult;
  readonly uniqueKeys: QueryResult;
  readonly foreignKeys: QueryResult;
  readonly collations: QueryResult;
}

/** information_schema's `data_type` words that differ from the names of query.Type. */
const typeNames: Readonly<Record<string, string>> = {
  tinyint: 'INT8', smallint: 'INT16', mediumint: 'INT24', int: 'INT32', integer: 'INT32', bigint: 'INT64', float: 'FLOAT32', double: 'FLOAT64', real: 'FLOAT64',
  decimal: 'DECIMAL', numeric: 'DECIMAL', tinytext: 'TEXT', mediumtext: 'TEXT', longtext: 'TEXT', tinyblob: 'BLOB', mediumblob: 'BLOB', longblob: 'BLOB',
  point: 'GEOMETRY', linestring: 'GEOMETRY', polygon: 'GEOMETRY', multipoint: 'GEOMETRY', multilinestring: 'GEOMETRY', multipolygon: 'GEOMETRY', geomcollection: 'GEOMETRY', geometrycollection: 'GEOMETRY',
  uuid: 'CHAR', inet4: 'CHAR', inet6: 'CHAR',
};

/** query.Type number of a column, from information_schema's data_type and column_type; undefined for a type that Vitess has no number for. */
export function columnTypeNumber(dataType: string, columnType: string): number | undefined {
  const name = typeNames[dataType.toLowerCase()] ?? dataType.toUpperCase();
  const unsigned = /\bunsigned\b/i.test(columnType) && name.startsWith('INT');
  return valueTypeNumber(unsigned ? `U${name}` : name);
}

/** The tables of one keyspace's database, by name. */
export function readTrackedSchema(keyspace: string, answers: SchemaAnswers): ReadonlyMap<string, TrackedTable> {
  const collationIds = new Map<string, number>();
  for (const row of answers.collations.rows) {
    const id = Number(text(row, 1));
    if (row[1] !== null && Number.isInteger(id)) collationIds.set(text(row, 0), id);
  }
  const columns = groups(answers.columns.rows, (row) => text(row, 0));
  const unique = groups(answers.uniqueKeys.rows, (row) => text(row, 0));
  const foreign = groups(answers.foreignKeys.rows, (row) => text(row, 0));
  const tables = new Map<string, TrackedTable>();
  for (const [name, rows] of columns) {
    const keys = [...groups(unique.get(name) ?? [], (row) => text(row, 1))].map(([index, parts]) => ({ index, columns: parts.map((row) => text(row, 2)) }));
    const primaryKey = keys.find((key) => key.index === 'PRIMARY')?.columns;
    tables.set(name, {
      columns: rows.map((row) => readColumn(row, collationIds)),
      complete: true,
      ...(primaryKey === undefined ? {} : { primaryKey }),
      uniqueKeys: keys.filter((key) => key.index !== 'PRIMARY').map((key) => key.columns),
      foreignKeys: [...groups(foreign.get(name) ?? [], (row) => text(row, 1)).values()].map((parts) => readForeignKey(keyspace, parts)),
    });
  }
  return tables;
}

function readColumn(row: Row, collationIds: ReadonlyMap<string, number>): TrackedColumn {
  const collation = row[4] === null ? undefined : collationIds.get(text(row, 4));
  const type = columnTypeNumber(text(row, 2), text(row, 3));
  return {
    name: text(row, 1),
    ...(type === undefined ? {} : { type }),
    ...(collation === undefined ? {} : { collation }),
    invisible: /\binvisible\b/i.test(text(row, 6)),
    nullable: text(row, 5) === 'YES',
  };
}

function readForeignKey(keyspace: string, rows: readonly Row[]): ForeignKey {
  const first = rows[0] ?? [];
  return {
    columns: rows.map((row) => text(row, 2)),
    parent: `${keyspace}.${text(first, 3)}`,
    parentColumns: rows.map((row) => text(row, 4)),
    onDelete: text(first, 5) as ReferenceAction,
    onUpdate: text(first, 6) as ReferenceAction,
  };
}

function text(row: Row, at: number): string {
  return row[at]?.toString() ?? '';
}

function groups(rows: readonly Row[], key: (row: Row) => string): Map<string, Row[]> {
  const map = new Map<string, Row[]>();
  for (const row of rows) {
    const name = key(row);
    const group = map.get(name);
    if (group === undefined) map.set(name, [row]);
    else group.push(row);
  }
  return map;
}
