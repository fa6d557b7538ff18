import { VtrewindError } from '../../base/errors.ts';
import type { ScratchTable } from '../../engine/vcursor.ts';
import type { MysqlClientConnection } from '../../mysql/clientConnection.ts';
import { columnType, TYPE } from '../../mysql/constants/columnTypes.ts';
import { sqlLiteral } from '../../mysql/sqlLiteral.ts';
import type { Field, QueryResult, Row } from '../../vitess/queryService.ts';

/** How much of others' rows one statement may hold on the scratch server. */
export interface ScratchLimits {
  readonly maxRows: number;
  /** Of values, as text. */
  readonly maxBytes: number;
}

export const DEFAULT_SCRATCH_LIMITS: ScratchLimits = { maxRows: 1_000_000, maxBytes: 512 << 20 };

/** An INSERT is sent when it has grown past this. */
const BATCH_BYTES = 1 << 20;

/** Counts what one statement loads. */
export class ScratchUsage {
  readonly #limits: ScratchLimits;
  rows = 0;
  bytes = 0;

  constructor(limits: ScratchLimits) {
    this.#limits = limits;
  }
  /** Throws VTR1041 (1105) naming the flag that would allow more. */
  add(row: Row): void {
    this.rows++;
    for (const value of row) this.bytes += value?.length ?? 0;
    const { maxRows, maxBytes } = this.#limits;
    if (this.rows > maxRows) throw exceeded(`more than ${maxRows} rows`, '--scratch-max-rows');
    if (this.bytes > maxBytes) throw exceeded(`more than ${maxBytes} bytes`, '--scratch-max-bytes');
  }
}

function exceeded(what: string, flag: string): VtrewindError {
  return new VtrewindError({ code: 'VTR1041', mysql: 1105, grpc: 'RESOURCE_EXHAUSTED', message: `the statement would bring ${what} to the scratch server (${flag})`, hint: `narrow the tables by conditions of their own, or raise ${flag}` });
}

/**
 * Makes a table and fills it; the rows are read no faster than they are inserted. Answers whether its primary key could be made: a key of the shards need not
 * be one of all rows together.
 */
export async function loadTable(connection: MysqlClientConnection, table: ScratchTable, usage: ScratchUsage): Promise<boolean> {
  const described = describedColumns(await table.describe());
  const name = quoteName(table.name);
  let kinds: readonly Kind[] | undefined;
  let batch: Buffer[] = [];
  let bytes = 0;
  const flush = async () => {
    if (batch.length === 0) return;
    const text = Buffer.concat(batch);
    batch = [];
    bytes = 0;
    await connection.query(text);
  };
  for await (const part of table.rows) {
    if (kinds === undefined) {
      const fields = part.fields ?? [];
      const names = fields.map((field, i) => table.columns[i] ?? field.name);
      const columns = fields.map((field, i) => `${quoteName(names[i] ?? field.name)} ${described.get((names[i] ?? field.name).toLowerCase()) ?? typeOf(field)}`);
      await connection.query(`create table ${name} (${columns.join(', ')}) engine=InnoDB`);
      kinds = fields.map(kindOf);
    }
    for (const row of part.rows) {
      usage.add(row);
      const tuple = tupleOf(row, kinds);
      batch.push(Buffer.from(batch.length === 0 ? `insert into ${name} values ` : ','), tuple);
      bytes += tuple.length;
      if (bytes > BATCH_BYTES) await flush();
    }
  }
  await flush();
  for (const columns of table.keys) await tried(connection, `alter table ${name} add key ${keyOf(columns)}`);
  for (const columns of table.fulltext) await connection.query(`alter table ${name} add fulltext key ${keyOf(columns)}`);
  return table.primaryKey.length === 0 || (await tried(connection, `alter table ${name} add primary key ${keyOf(table.primaryKey)}`));
}

/** False for what a server can refuse of a key and still go on: duplicates, columns too long for one. */
async function tried(connection: MysqlClientConnection, sql: string): Promise<boolean> {
  try {
    await connection.query(sql);
    return true;
  } catch (error) {
    if (connection.closed || !(error instanceof VtrewindError)) throw error;
    return false;
  }
}

const keyOf = (columns: readonly string[]): string => `(${columns.map(quoteName).join(', ')})`;

/** Types by lower-case name, as SHOW FULL COLUMNS has them. */
function describedColumns(result: QueryResult): ReadonlyMap<string, string> {
  const at = (name: string) => result.fields.findIndex((field) => field.name.toLowerCase() === name);
  const [field, type, collation, nullable] = [at('field'), at('type'), at('collation'), at('null')];
  return new Map(result.rows.map((row) => {
    const collate = row[collation]?.toString() ?? '';
    return [row[field]?.toString().toLowerCase() ?? '', `${row[type]?.toString() ?? ''}${collate === '' ? '' : ` collate ${collate}`}${row[nullable]?.toString() === 'NO' ? ' not null' : ' null'}`];
  }));
}

/** A type wide enough for a column that nobody described. */
function typeOf(field: Field): string {
  const unsigned = (columnType(field.type).flags & 32) !== 0 ? ' unsigned' : '';
  switch (field.type) {
    case TYPE.INT8: case TYPE.UINT8: case TYPE.INT16: case TYPE.UINT16: case TYPE.INT24: case TYPE.UINT24: case TYPE.INT32: case TYPE.UINT32: case TYPE.INT64: case TYPE.UINT64: return `bigint${unsigned}`;
    case TYPE.FLOAT32: case TYPE.FLOAT64: return 'double';
    case TYPE.DECIMAL: return `decimal(65, ${Math.min(field.decimals ?? 0, 30)})`;
    case TYPE.DATE: return 'date';
    case TYPE.DATETIME: case TYPE.TIMESTAMP: return 'datetime(6)';
    case TYPE.TIME: return 'time(6)';
    case TYPE.YEAR: return 'year';
    case TYPE.BIT: return 'bit(64)';
    case TYPE.JSON: return 'json';
    case TYPE.GEOMETRY: return 'geometry';
    case TYPE.BLOB: case TYPE.BINARY: case TYPE.VARBINARY: case TYPE.VECTOR: return 'longblob';
    default: return 'longtext character set utf8mb4';
  }
}

type Kind = { readonly type: number; readonly as: 'literal' | 'hex' };

function kindOf({ type }: Field): Kind {
  switch (type) {
    case TYPE.BIT: case TYPE.GEOMETRY: case TYPE.VECTOR: case TYPE.BLOB: case TYPE.BINARY: case TYPE.VARBINARY: return { type, as: 'hex' };
    default: return { type, as: 'literal' };
  }
}

const QUOTING = { noBackslashEscapes: true };

function tupleOf(row: Row, kinds: readonly Kind[]): Buffer {
  const parts: Buffer[] = [];
  for (let i = 0; i < row.length; i++) {
    const value = row[i];
    const kind = kinds[i];
    parts.push(Buffer.from(i === 0 ? '(' : ','));
    if (value === null || value === undefined) parts.push(Buffer.from('null'));
    else if (kind?.as === 'hex') parts.push(Buffer.from(`x'${value.toString('hex')}'`));
    else parts.push(sqlLiteral(kind?.type ?? TYPE.VARCHAR, value, QUOTING));
  }
  parts.push(Buffer.from(')'));
  return Buffer.concat(parts);
}

export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
