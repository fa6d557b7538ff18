import { VtrewindError } from '../base/errors.ts';
import { buildKeyspace, type KeyspaceDraft, type TableDraft, unlistedTable } from './buildKeyspace.ts';
import type { MirrorRule, RoutingRule, SnapshotOf, Table } from './model.ts';
import { readSrvVSchema, type SrvVSchemaDefinition } from './srvVSchema.ts';
import { parseTableName } from './tableName.ts';
import type { VindexFactory } from './vindexes/vindex.ts';
import { tabletTypeSuffix, VSchema } from './vschema.ts';
import { invalidVSchema } from './vschemaError.ts';

export interface VSchemaOptions {
  /** The keyspaces whose topology record has the type SNAPSHOT; with their base and time, where lookups between snapshots matter. */
  readonly snapshotKeyspaces?: ReadonlySet<string> | ReadonlyMap<string, SnapshotOf> | undefined;
  /** Tables that the schema tracker saw in MySQL, by keyspace. Those of unsharded keyspaces are then found without naming the keyspace. */
  readonly trackedTables?: ReadonlyMap<string, readonly string[]> | undefined;
  /** Vindex types beyond Vitess's own, by name: for planner cases that declare types of their test suite. */
  readonly extraVindexTypes?: ReadonlyMap<string, VindexFactory> | undefined;
}

/**
 * The vschema of a cell, ready for routing. `source` is the SrvVSchema record as decoded, or as Vitess's JSON.
 * Faults inside one keyspace or one rule are kept there ({@link Keyspace.error}, the rule's error) and stop nothing else.
 * Throws VTR1316 only when `source` is not a SrvVSchema at all.
 */
export function buildVSchema(source: object, options: VSchemaOptions = {}): VSchema {
  const definition = readSrvVSchema(source);
  const keyspaces = new Map<string, KeyspaceDraft>();
  for (const [name, keyspace] of definition.keyspaces) {
    const { snapshotKeyspaces } = options;
    const snapshot = snapshotKeyspaces?.has(name) ?? false;
    const snapshotOf = snapshotKeyspaces instanceof Map ? snapshotKeyspaces.get(name) : undefined;
    keyspaces.set(name, buildKeyspace(name, keyspace, { snapshot, snapshotOf, extraVindexTypes: options.extraVindexTypes }));
  }
  for (const [name, tables] of options.trackedTables ?? []) addTrackedTables(keyspaces.get(name), tables);
  const bare = new VSchema({ keyspaces, routingRules: new Map(), mirrorRules: new Map(), shardRoutes: new Map(), keyspaceRoutes: new Map() });
  for (const keyspace of keyspaces.values()) resolveReferences(keyspace, bare);
  const linked = new VSchema({ keyspaces, routingRules: new Map(), mirrorRules: new Map(), shardRoutes: new Map(), keyspaceRoutes: new Map() });
  for (const [name, keyspace] of definition.keyspaces) {
    for (const [table, { autoIncrement }] of keyspace.tables) {
      if (autoIncrement) resolveSequence(keyspaces.get(name), table, autoIncrement, linked);
    }
  }
  return new VSchema({
    keyspaces,
    routingRules: routingRules(definition, linked),
    mirrorRules: mirrorRules(definition, linked),
    shardRoutes: new Map(definition.shardRoutingRules.map((rule) => [`${rule.fromKeyspace}.${rule.shard}`, rule.toKeyspace])),
    keyspaceRoutes: new Map(definition.keyspaceRoutingRules.map((rule) => [rule.fromKeyspace, rule.toKeyspace])),
  });
}

function addTrackedTables(keyspace: KeyspaceDraft | undefined, names: readonly string[]): void {
  if (keyspace === undefined) return;
  for (const name of names) {
    if (!keyspace.tables.has(name)) keyspace.tables.set(name, { ...unlistedTable(keyspace, name, 'tracked'), keyspace, referencedBy: new Map() });
  }
}

/** Links reference tables with their sources; faults become the keyspace's error, with Vitess's texts. */
function resolveReferences(keyspace: KeyspaceDraft, vschema: VSchema): void {
  for (const table of keyspace.tables.values()) {
    if (table.type !== 'reference' || table.source === undefined) continue;
    try {
      linkReference(keyspace, table, vschema);
    } catch (error) {
      keyspace.error ??= VtrewindError.from(error, 'VTR1315');
    }
  }
}

function linkReference(keyspace: KeyspaceDraft, table: TableDraft, vschema: VSchema): void {
  const { source } = table;
  if (source === undefined) return;
  const place = `keyspaces.${keyspace.name}.tables.${table.name}.source`;
  const written = source.keyspace === undefined ? source.table : `${source.keyspace}.${source.table}`;
  const quoted = JSON.stringify(written);
  if (source.keyspace === keyspace.name) throw invalidVSchema(`source ${quoted} may not reference a table in the same keyspace as table: ${table.name}`, place, 'UNIMPLEMENTED');
  if (source.keyspace !== undefined && !vschema.keyspaces.has(source.keyspace)) {
    throw invalidVSchema(`source ${quoted} references a non-existent keyspace ${JSON.stringify(source.keyspace)}`, place, 'NOT_FOUND');
  }
  const origin = vschema.listedTable(source.keyspace, source.table);
  if (origin === undefined) {
    throw invalidVSchema(`source ${quoted} references a table ${JSON.stringify(source.table)} that is not present in the VSchema of keyspace ${JSON.stringify(source.keyspace ?? '')}`, place, 'NOT_FOUND');
  }
  if (origin.type === 'sequence') throw invalidVSchema(`source ${quoted} may not reference a table of type "sequence": ${table.name}`, place, 'UNIMPLEMENTED');
  const other = origin.referencedBy.get(keyspace.name);
  if (other !== undefined) {
    const names = [other.name, table.name].sort();
    throw invalidVSchema(`source ${quoted} may not be referenced more than once per keyspace: ${names.join(', ')}`, place, 'UNIMPLEMENTED');
  }
  (origin as TableDraft).referencedBy.set(keyspace.name, table);
  if (origin.source !== undefined) {
    const chain = `${table.name} => ${origin.keyspace.name}.${origin.name} => ${origin.source.keyspace ?? ''}.${origin.source.table}`;
    throw invalidVSchema(`reference chaining is not allowed ${chain}: ${table.name}`, place, 'UNIMPLEMENTED');
  }
}

/**
 * A table whose sequence can't be found is taken out, as in Vitess: an insert must never go without its number. In a snapshot, which takes no
 * inserts, the table stays and loses only its sequence.
 */
function resolveSequence(keyspace: KeyspaceDraft | undefined, name: string, given: { readonly column: string; readonly sequence: string }, vschema: VSchema): void {
  const table = keyspace?.tables.get(name);
  if (keyspace === undefined || table === undefined) return;
  try {
    const parsed = parseTableName(given.sequence);
    if (parsed === undefined) throw invalidVSchema(`invalid table name: ${given.sequence}`, `keyspaces.${keyspace.name}.tables.${name}.autoIncrement`);
    table.autoIncrement = { column: given.column, sequence: vschema.unroutedTable(parsed.keyspace, parsed.table) };
  } catch (error) {
    if (keyspace.snapshot) return;
    keyspace.tables.delete(name);
    keyspace.error ??= invalidVSchema(`cannot resolve sequence ${given.sequence}: ${VtrewindError.from(error).message}`, `keyspaces.${keyspace.name}.tables.${name}.autoIncrement`, 'NOT_FOUND');
  }
}

function routingRules(definition: SrvVSchemaDefinition, vschema: VSchema): Map<string, RoutingRule> {
  const rules = new Map<string, RoutingRule>();
  for (const { fromTable, toTables } of definition.routingRules) {
    rules.set(fromTable, rules.has(fromTable) && toTables.length > 0
      ? { error: invalidVSchema(`duplicate rule for entry ${fromTable}`, 'routingRules', 'ALREADY_EXISTS') }
      : routingRule(fromTable, toTables, vschema));
  }
  return rules;
}

function routingRule(fromTable: string, toTables: readonly string[], vschema: VSchema): RoutingRule {
  const [target] = toTables;
  if (target === undefined) return { table: undefined };
  if (toTables.length > 1) return { error: invalidVSchema(`table ${fromTable} has more than one target: [${toTables.join(' ')}]`, 'routingRules') };
  return attemptTarget(target, vschema);
}

function attemptTarget(target: string, vschema: VSchema): { readonly table: Table } | { readonly error: VtrewindError } {
  const parsed = parseTableName(target);
  if (parsed?.keyspace === undefined) {
    const why = 'it must be of the qualified form <keyspace_name>.<table_name> (dots are not allowed in either name)';
    return { error: invalidVSchema(`invalid table name: ${target}, ${why}`, 'routingRules') };
  }
  try {
    return { table: vschema.unroutedTable(parsed.keyspace, parsed.table) };
  } catch (error) {
    return { error: VtrewindError.from(error) };
  }
}

/**
 * Rules that can't be resolved are dropped: mirroring is never a reason to fail. So are those within one keyspace, and those from a keyspace that
 * another rule mirrors into: copies are not copied on (as in Vitess).
 */
function mirrorRules(definition: SrvVSchemaDefinition, vschema: VSchema): Map<string, MirrorRule> {
  const resolved = definition.mirrorRules.flatMap(({ fromTable, toTable, percent }) => {
    const from = parseTableName(fromTable.replace(tabletTypeSuffix, ''))?.keyspace;
    const target = attemptTarget(toTable, vschema);
    if ('error' in target || from === undefined || from === target.table.keyspace.name) return [];
    return [{ fromTable, from, table: target.table, percent }];
  });
  const targets = new Set(resolved.map(({ table }) => table.keyspace.name));
  return new Map(resolved
    .filter(({ from, percent }) => !targets.has(from) && percent > 0 && percent <= 100)
    .map(({ fromTable, table, percent }) => [fromTable, { table, percent }]));
}
