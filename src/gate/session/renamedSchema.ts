import type { Field, Row } from '../../vitess/queryService.ts';
import type { TabletHandle } from './ports.ts';

/** Columns of information_schema that name a database. */
const schemaColumn = /^(.*_)?schema(_name)?$|^table_cat(alog)?$|^database_name$/i;

/** Rows of information_schema with the tablet's database, where a column names it, as clients know it: by its keyspace. The same rows when none does. */
export function renamedSchemas(handle: TabletHandle, fields: readonly Field[], rows: readonly Row[]): readonly Row[] {
  const { databaseName, target } = handle;
  if (databaseName === target.keyspace) return rows;
  const columns = fields.flatMap((field, i) => (schemaColumn.test(field.orgName === undefined || field.orgName === '' ? field.name : field.orgName) && field.database?.toLowerCase() === 'information_schema' ? [i] : []));
  if (columns.length === 0) return rows;
  const to = Buffer.from(target.keyspace);
  return rows.map((row) => row.map((cell, i) => (columns.includes(i) && cell?.toString() === databaseName ? to : cell)));
}
