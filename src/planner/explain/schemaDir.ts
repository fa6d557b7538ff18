import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VtrewindError } from '../../base/errors.ts';
import { buildVSchema, createVindex, type VindexFactory, type VSchema } from '../../vschema/index.ts';
import { collationId } from '../collations.ts';
import type { ForeignKey, ReferenceAction, SchemaView, TrackedTable } from '../context.ts';

/** What `explain --schema-dir` reads: `vschemas/`, and `extras.json` for views and keys. Vschemas are built once, when first named. */
export interface SchemaDir {
  vschema(file: string): VSchema;
  schema(options: { readonly foreignKeys: boolean; readonly primaryKeys: boolean; readonly views: boolean }): SchemaView;
}

interface Extras {
  readonly always?: { readonly views?: readonly { keyspace: string; name: string; definition: string }[]; readonly aggregateUdfs?: readonly { keyspace: string; name: string }[]; readonly defaultTextCollation?: string };
  readonly foreignKeys?: readonly { keyspace: string; table: string; columns: readonly string[]; parent: string; parentColumns: readonly string[]; onDelete: ReferenceAction; onUpdate: ReferenceAction }[];
  readonly uniqueKeys?: readonly { keyspace: string; table: string; columns: readonly string[] }[];
  readonly primaryKeys?: { readonly whenPrimaryKeysLoaded?: readonly Keys[]; readonly whenForeignKeysLoaded?: readonly Keys[] };
}
interface Keys { readonly keyspace: string; readonly tables: readonly string[]; readonly columns: readonly string[] }

/** Throws VTR1405 when the folder or a file in it can't be read. */
export function loadSchemaDir(dir: string): SchemaDir {
  const extrasFile = join(dir, 'extras.json');
  const extras = existsSync(extrasFile) ? (readJson(extrasFile) as Extras) : {};
  const files = new Set(readdirSync(join(dir, 'vschemas')));
  const built = new Map<string, VSchema>();
  return {
    vschema(file) {
      const known = built.get(file);
      if (known !== undefined) return known;
      if (!files.has(file)) throw new VtrewindError({ code: 'VTR1405', message: `no vschema file '${file}' in ${join(dir, 'vschemas')}` });
      const vschema = buildVSchema(readJson(join(dir, 'vschemas', file)) as object, { extraVindexTypes: testVindexTypes });
      built.set(file, vschema);
      return vschema;
    },
    schema: (options) => new ExtrasView(extras, options),
  };
}

/** Vindex types that the planner cases declare and no cluster has: a plain hash, and lookups with a cost of their own. */
const testVindexTypes: ReadonlyMap<string, VindexFactory> = new Map([
  ['hash_test', (name, _type, params) => ({ ...createVindex(name, 'hash', params), type: 'hash_test' })],
  ['lookup_cost', (name, _type, params) => ({ ...createVindex(name, 'lookup', params), cost: Number(params['cost'] ?? 20), type: 'lookup_cost' })],
]);

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new VtrewindError({ code: 'VTR1405', message: `can't read ${file}: ${error instanceof Error ? error.message : String(error)}`, cause: error });
  }
}

class ExtrasView implements SchemaView {
  readonly defaultCollation: number;
  readonly #extras: Extras;
  readonly #options: { readonly foreignKeys: boolean; readonly primaryKeys: boolean; readonly views: boolean };

  constructor(extras: Extras, options: { readonly foreignKeys: boolean; readonly primaryKeys: boolean; readonly views: boolean }) {
    this.#extras = extras;
    this.#options = options;
    this.defaultCollation = collationId(extras.always?.defaultTextCollation ?? 'utf8mb4_0900_ai_ci') ?? 255;
  }

  table(keyspace: string, table: string): TrackedTable | undefined {
    const { foreignKeys, primaryKeys } = this.#options;
    const keys = [...(primaryKeys ? this.#extras.primaryKeys?.whenPrimaryKeysLoaded ?? [] : []), ...(foreignKeys ? this.#extras.primaryKeys?.whenForeignKeysLoaded ?? [] : [])];
    const primary = keys.find((k) => k.keyspace === keyspace && k.tables.includes(table));
    const fks = foreignKeys ? (this.#extras.foreignKeys ?? []).filter((k) => k.keyspace === keyspace && k.table === table) : [];
    const unique = foreignKeys ? (this.#extras.uniqueKeys ?? []).filter((k) => k.keyspace === keyspace && k.table === table) : [];
    if (primary === undefined && fks.length === 0 && unique.length === 0) return undefined;
    return {
      columns: [], complete: false, primaryKey: primary?.columns ?? [], uniqueKeys: unique.map((k) => k.columns),
      foreignKeys: fks.map((k): ForeignKey => ({ columns: k.columns, parent: k.parent.includes('.') ? k.parent : `${keyspace}.${k.parent}`, parentColumns: k.parentColumns, onDelete: k.onDelete, onUpdate: k.onUpdate })),
    };
  }

  view(keyspace: string, name: string): { readonly definition: string } | undefined {
    if (!this.#options.views) return undefined;
    return this.#extras.always?.views?.find((v) => v.keyspace === keyspace && v.name === name);
  }

  isAggregateFunction(keyspace: string, name: string): boolean {
    return this.#extras.always?.aggregateUdfs?.some((u) => u.keyspace === keyspace && u.name === name) ?? false;
  }
}
