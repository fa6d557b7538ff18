import { VtrewindError } from '../base/errors.ts';
import type { ForeignKeyMode } from './model.ts';
import { valueTypeNumber } from './valueType.ts';
import { SourceReader } from './sourceReader.ts';

/** The vschema of a cell in one shape, whether it came as JSON (snake_case or camelCase, enums by name) or as the decoded protobuf. */
export interface SrvVSchemaDefinition {
  readonly keyspaces: ReadonlyMap<string, KeyspaceDefinition>;
  readonly routingRules: readonly { readonly fromTable: string; readonly toTables: readonly string[] }[];
  readonly shardRoutingRules: readonly { readonly fromKeyspace: string; readonly toKeyspace: string; readonly shard: string }[];
  readonly keyspaceRoutingRules: readonly { readonly fromKeyspace: string; readonly toKeyspace: string }[];
  readonly mirrorRules: readonly { readonly fromTable: string; readonly toTable: string; readonly percent: number }[];
}

export interface KeyspaceDefinition {
  readonly sharded: boolean;
  readonly vindexes: ReadonlyMap<string, { readonly type: string; readonly params: Readonly<Record<string, string>>; readonly owner: string }>;
  readonly tables: ReadonlyMap<string, TableDefinition>;
  readonly requireExplicitRouting: boolean;
  readonly foreignKeyMode: ForeignKeyMode;
  readonly multiTenantSpec: { readonly tenantIdColumnName: string; readonly tenantIdColumnType: number } | undefined;
}

export interface TableDefinition {
  readonly type: string;
  readonly columnVindexes: readonly { readonly column: string; readonly name: string; readonly columns: readonly string[] }[];
  readonly autoIncrement: { readonly column: string; readonly sequence: string } | undefined;
  readonly columns: readonly ColumnDefinition[];
  readonly pinned: string;
  readonly columnListAuthoritative: boolean;
  readonly source: string;
}

export interface ColumnDefinition {
  readonly name: string;
  readonly type: number;
  readonly invisible: boolean;
  readonly default: string;
  readonly collationName: string;
  readonly size: number;
  readonly scale: number;
  readonly nullable: boolean | undefined;
  readonly values: readonly string[];
}

const foreignKeyModes: readonly ForeignKeyMode[] = ['unspecified', 'disallow', 'unmanaged', 'managed'];

/**
 * Reads a SrvVSchema. Throws VTR1316 (INVALID_ARGUMENT) naming the place of a value of the wrong kind, and, when `strict`, of a field there is not
 * (Vitess's ApplyVSchema refuses those unless told otherwise; records in the topology may be newer than we are, so they are read without).
 */
export function readSrvVSchema(source: unknown, options: { readonly strict?: boolean } = {}): SrvVSchemaDefinition {
  const reader = SourceReader.open(source, '', options.strict ?? false);
  const rules = (field: string) => reader.object(field)?.list('rules') ?? [];
  const definition: SrvVSchemaDefinition = {
    keyspaces: new Map(reader.map('keyspaces').map(([name, keyspace]) => [name, keyspaceDefinition(keyspace)])),
    routingRules: rules('routingRules').map((rule) => done(rule, { fromTable: rule.text('fromTable'), toTables: rule.texts('toTables') })),
    shardRoutingRules: rules('shardRoutingRules').map((rule) =>
      done(rule, { fromKeyspace: rule.text('fromKeyspace'), toKeyspace: rule.text('toKeyspace'), shard: rule.text('shard') })),
    keyspaceRoutingRules: rules('keyspaceRoutingRules').map((rule) => done(rule, { fromKeyspace: rule.text('fromKeyspace'), toKeyspace: rule.text('toKeyspace') })),
    mirrorRules: rules('mirrorRules').map((rule) => done(rule, { fromTable: rule.text('fromTable'), toTable: rule.text('toTable'), percent: rule.number('percent') })),
  };
  return done(reader, definition);
}

/** Reads the vschema of one keyspace; errors as {@link readSrvVSchema}. */
export function readKeyspaceVSchema(source: unknown, options: { readonly strict?: boolean; readonly place?: string } = {}): KeyspaceDefinition {
  return keyspaceDefinition(SourceReader.open(source, options.place ?? '', options.strict ?? false));
}

function done<T>(reader: SourceReader, value: T): T {
  reader.refuseOthers();
  return value;
}

function keyspaceDefinition(reader: SourceReader): KeyspaceDefinition {
  const tenant = reader.object('multiTenantSpec');
  return done(reader, {
    sharded: reader.flag('sharded'),
    vindexes: new Map(reader.map('vindexes').map(([name, vindex]) =>
      [name, done(vindex, { type: vindex.text('type'), params: vindex.textMap('params'), owner: vindex.text('owner') })])),
    tables: new Map(reader.map('tables').map(([name, table]) => [name, tableDefinition(table)])),
    requireExplicitRouting: reader.flag('requireExplicitRouting'),
    foreignKeyMode: foreignKeyMode(reader),
    multiTenantSpec: tenant && done(tenant, { tenantIdColumnName: tenant.text('tenantIdColumnName'), tenantIdColumnType: typeNumber(tenant, 'tenantIdColumnType') }),
  });
}

function tableDefinition(reader: SourceReader): TableDefinition {
  const autoIncrement = reader.object('autoIncrement');
  return done(reader, {
    type: reader.text('type'),
    columnVindexes: reader.list('columnVindexes').map((entry) =>
      done(entry, { column: entry.text('column'), name: entry.text('name'), columns: entry.texts('columns') })),
    autoIncrement: autoIncrement && done(autoIncrement, { column: autoIncrement.text('column'), sequence: autoIncrement.text('sequence') }),
    columns: reader.list('columns').map((column) => done(column, {
      name: column.text('name'), type: typeNumber(column, 'type'), invisible: column.flag('invisible'), default: column.text('default'),
      collationName: column.text('collationName'), size: column.number('size'), scale: column.number('scale'),
      nullable: column.has('nullable') ? column.flag('nullable') : undefined, values: column.texts('values'),
    })),
    pinned: reader.text('pinned'),
    columnListAuthoritative: reader.flag('columnListAuthoritative'),
    source: reader.text('source'),
  });
}

function foreignKeyMode(reader: SourceReader): ForeignKeyMode {
  const given = reader.enumeration('foreignKeyMode');
  const mode = typeof given === 'number' ? foreignKeyModes[given] : foreignKeyModes.find((known) => known === given);
  if (given !== undefined && mode === undefined) throw badEnum(reader, 'foreignKeyMode', given, 'ForeignKeyMode');
  return mode ?? 'unspecified';
}

function typeNumber(reader: SourceReader, field: string): number {
  const given = reader.enumeration(field);
  if (given === undefined) return 0;
  const type = typeof given === 'number' ? given : valueTypeNumber(given);
  if (type === undefined) throw badEnum(reader, field, given, 'query.Type');
  return type;
}

function badEnum(reader: SourceReader, field: string, given: string | number, type: string): VtrewindError {
  return new VtrewindError({ code: 'VTR1316', grpc: 'INVALID_ARGUMENT', message: `${reader.placeOf(field)}: unknown value ${JSON.stringify(given)} for enum ${type}` });
}
