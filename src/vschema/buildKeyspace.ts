import { VtrewindError } from '../base/errors.ts';
import type { AutoIncrement, Column, ColumnVindex, Keyspace, SnapshotOf, Table, TableType } from './model.ts';
import { parseTableName } from './tableName.ts';
import type { KeyspaceDefinition, TableDefinition } from './srvVSchema.ts';
import { createVindex } from './vindexes/createVindex.ts';
import type { Vindex, VindexFactory } from './vindexes/vindex.ts';
import { invalidVSchema } from './vschemaError.ts';

/** A keyspace while it is being built; seen as {@link Keyspace} by everyone else. */
export interface KeyspaceDraft extends Keyspace {
  readonly tables: Map<string, TableDraft>;
  readonly vindexes: Map<string, Vindex>;
  error: VtrewindError | undefined;
}

export interface TableDraft extends Table {
  readonly keyspace: KeyspaceDraft;
  autoIncrement: AutoIncrement | undefined;
  readonly referencedBy: Map<string, Table>;
}

export interface KeyspaceOptions {
  readonly snapshot: boolean;
  readonly snapshotOf?: SnapshotOf | undefined;
  /** Vindex types beyond Vitess's own. */
  readonly extraVindexTypes?: ReadonlyMap<string, VindexFactory> | undefined;
}

/**
 * Builds a keyspace with its vindexes and tables, apart from what points into other keyspaces (sequences, reference sources).
 * What is wrong stops nothing else: the tables that can be built are there, and `error` says what the first fault was (as in Vitess).
 */
export function buildKeyspace(name: string, definition: KeyspaceDefinition, options: KeyspaceOptions): KeyspaceDraft {
  const place = `keyspaces.${name}`;
  const keyspace: KeyspaceDraft = {
    name,
    sharded: definition.sharded,
    snapshot: options.snapshot,
    snapshotOf: options.snapshotOf,
    explicitRouting: options.snapshot || definition.requireExplicitRouting,
    foreignKeyMode: definition.foreignKeyMode,
    multiTenant: definition.multiTenantSpec,
    tables: new Map(),
    vindexes: new Map(),
    error: undefined,
  };
  for (const [vindexName, { type, params }] of definition.vindexes) {
    attempt(keyspace, `${place}.vindexes.${vindexName}`, () => {
      const extra = options.extraVindexTypes?.get(type);
      keyspace.vindexes.set(vindexName, extra ? extra(vindexName, type, params) : createVindex(vindexName, type, params));
    });
  }
  for (const [tableName, table] of definition.tables) {
    attempt(keyspace, `${place}.tables.${tableName}`, () => {
      keyspace.tables.set(tableName, buildTable(keyspace, tableName, table, definition, `${place}.tables.${tableName}`));
    });
  }
  return keyspace;
}

function attempt(keyspace: KeyspaceDraft, place: string, build: () => void): void {
  try {
    build();
  } catch (error) {
    const known = VtrewindError.from(error, 'VTR1315');
    keyspace.error ??= known.hint === undefined ? invalidVSchema(known.message, place, known.grpc) : known;
  }
}

/** A table that the vschema does not list: it has no vindexes, so in a sharded keyspace it is read by scatter. */
export function unlistedTable(keyspace: Keyspace, name: string, known: 'tracked' | 'assumed'): Table {
  return {
    name, keyspace, type: 'table', columnVindexes: [], ordered: [], owned: [], autoIncrement: undefined, columns: [], columnListAuthoritative: false,
    pinned: undefined, source: undefined, referencedBy: new Map(), known,
  };
}

function buildTable(keyspace: KeyspaceDraft, name: string, table: TableDefinition, definition: KeyspaceDefinition, place: string): TableDraft {
  const type = tableType(table, place);
  if (type === 'sequence' && keyspace.sharded && table.pinned === '') {
    throw invalidVSchema(`sequence table has to be in an unsharded keyspace or must be pinned: ${name}`, place, 'FAILED_PRECONDITION');
  }
  if (keyspace.sharded && type !== 'reference' && table.pinned === '' && table.columnVindexes.length === 0) {
    throw invalidVSchema(`missing primary col vindex for table: ${name}`, place, 'NOT_FOUND');
  }
  const columnVindexes = buildColumnVindexes(keyspace, name, table, definition, place);
  return {
    name, keyspace, type, columnVindexes,
    ordered: [...columnVindexes].sort((a, b) => a.cost - b.cost),
    owned: columnVindexes.filter((entry) => entry.owned && !entry.partial),
    autoIncrement: undefined,
    columns: buildColumns(name, table, place),
    columnListAuthoritative: table.columnListAuthoritative,
    pinned: table.pinned === '' ? undefined : pin(table.pinned, place),
    source: type === 'reference' && table.source !== '' && !keyspace.snapshot ? referenceSource(table.source, name, place) : undefined,
    referencedBy: new Map(),
    known: 'listed',
  };
}

function tableType(table: TableDefinition, place: string): TableType {
  if (table.type === '') return 'table';
  if (table.type === 'sequence' || table.type === 'reference') return table.type;
  throw invalidVSchema(`unidentified table type ${table.type}`, `${place}.type`, 'NOT_FOUND');
}

function pin(hex: string, place: string): Buffer {
  if (!/^([0-9a-f]{2})*$/i.test(hex)) throw invalidVSchema(`could not decode the keyspace id for pin: ${hex}`, `${place}.pinned`);
  return Buffer.from(hex, 'hex');
}

function referenceSource(source: string, table: string, place: string): NonNullable<Table['source']> {
  const parsed = parseTableName(source);
  if (parsed === undefined) throw invalidVSchema(`invalid source ${JSON.stringify(source)} for reference table: ${table}; write table or keyspace.table`, `${place}.source`);
  return parsed;
}

function buildColumns(name: string, table: TableDefinition, place: string): Column[] {
  const seen = new Set<string>();
  return table.columns.map((column, at): Column => {
    const lower = column.name.toLowerCase();
    if (seen.has(lower)) throw invalidVSchema(`duplicate column name '${column.name}' for table: ${name}`, `${place}.columns[${at}]`);
    seen.add(lower);
    return {
      ...column,
      default: column.default === '' ? undefined : column.default,
      collationName: column.collationName === '' ? undefined : column.collationName,
    };
  });
}

function buildColumnVindexes(keyspace: KeyspaceDraft, name: string, table: TableDefinition, definition: KeyspaceDefinition, place: string): ColumnVindex[] {
  return table.columnVindexes.flatMap((entry, at): ColumnVindex[] => {
    const here = `${place}.columnVindexes[${at}]`;
    const vindex = keyspace.vindexes.get(entry.name);
    const owner = definition.vindexes.get(entry.name)?.owner;
    if (vindex === undefined) throw invalidVSchema(`vindex ${entry.name} not found for table ${name}`, here, 'NOT_FOUND');
    if (entry.column !== '' && entry.columns.length > 0) throw invalidVSchema(`can't use column and columns at the same time in vindex (${entry.name}) and table (${name})`, here);
    const columns = entry.column === '' ? entry.columns : [entry.column];
    if (columns.length === 0) throw invalidVSchema(`must specify at least one column for vindex (${entry.name}) and table (${name})`, here);
    const owned = vindex.kind === 'lookup' && owner === name;
    if (at === 0 && !vindex.unique) throw invalidVSchema(`primary vindex ${entry.name} is not Unique for table ${name}`, here);
    if (at === 0 && owned) throw invalidVSchema(`primary vindex ${entry.name} cannot be owned for table ${name}`, here);
    const whole: ColumnVindex = {
      name: entry.name, type: vindex.type, columns, vindex, owned, unique: vindex.unique, cost: vindex.cost, partial: false,
      writeOnly: vindex.kind === 'lookup' && vindex.lookup.writeOnly,
    };
    if (vindex.kind !== 'multi') return [whole];
    if (at !== 0) throw invalidVSchema(`multi-column vindex ${entry.name} should be a primary vindex for table ${name}`, here, 'UNIMPLEMENTED');
    if (!vindex.partial) return [whole];
    const subsets = columns.slice(1).map((_, dropped): ColumnVindex =>
      ({ ...whole, columns: columns.slice(0, columns.length - 1 - dropped), unique: false, cost: vindex.cost + 1 + dropped, partial: true }));
    return [whole, ...subsets];
  });
}
