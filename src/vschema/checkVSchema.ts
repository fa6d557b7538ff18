import { VtrewindError } from '../base/errors.ts';
import { buildKeyspace } from './buildKeyspace.ts';
import { buildVSchema } from './buildVSchema.ts';
import { type KeyspaceDefinition, readKeyspaceVSchema, readSrvVSchema } from './srvVSchema.ts';

export interface CheckedKeyspace {
  readonly definition: KeyspaceDefinition;
  /** What is allowed and likely a slip: vindex parameters that their type does not know. One sentence each. */
  readonly warnings: readonly string[];
}

/**
 * What ApplyVSchema checks before it writes a keyspace's vschema: its shape, its vindexes, its tables. References into other keyspaces (sequences,
 * sources of reference tables) are not looked at, as in Vitess. `source` is JSON text, or the object it stands for; unknown fields are refused
 * unless `allowUnknownFields`.
 * Throws VTR1316 for the shape, VTR1315 for the rest, each naming the place (`tables.t.columnVindexes[0]`).
 */
export function checkKeyspaceVSchema(source: unknown, options: { readonly allowUnknownFields?: boolean } = {}): CheckedKeyspace {
  const strict = !(options.allowUnknownFields ?? false);
  const definition = readKeyspaceVSchema(typeof source === 'string' ? parseJson(source) : source, { strict });
  const keyspace = buildKeyspace('', definition, { snapshot: false });
  if (keyspace.error !== undefined) throw withPlace(keyspace.error);
  const warnings = [...keyspace.vindexes.values()]
    .filter((vindex) => vindex.unknownParams.length > 0)
    .map((vindex) => `vindex '${vindex.name}' (${vindex.type}) has unknown params: ${vindex.unknownParams.join(', ')}`);
  return { definition, warnings };
}

/**
 * What ApplyRoutingRules checks: every rule against the vschema it will work in. `rules` is the RoutingRules message or its JSON, `srvVSchema` the rest.
 * Throws the first rule's fault.
 */
export function checkRoutingRules(rules: unknown, srvVSchema: object): void {
  const source = { keyspaces: (srvVSchema as { keyspaces?: unknown }).keyspaces ?? {}, routingRules: typeof rules === 'string' ? parseJson(rules) : rules };
  readSrvVSchema({ routingRules: source.routingRules }, { strict: true });
  for (const [from, rule] of buildVSchema(source).routingRules) {
    if ('error' in rule) throw new VtrewindError({ code: rule.error.code, mysql: rule.error.mysql, sqlState: rule.error.sqlState, grpc: rule.error.grpc, message: `rule for ${from}: ${rule.error.message}` });
  }
}

function withPlace(error: VtrewindError): VtrewindError {
  const place = error.hint?.replace(/^at keyspaces\.\./, '') ?? '';
  return new VtrewindError({ code: error.code, grpc: error.grpc, message: place === '' ? error.message : `${place}: ${error.message}`, cause: error });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new VtrewindError({ code: 'VTR1316', grpc: 'INVALID_ARGUMENT', message: `not JSON: ${error instanceof Error ? error.message : String(error)}`, cause: error });
  }
}
