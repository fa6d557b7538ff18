import { unknownParams } from './singleColumn.ts';
import type { LookupDefinition, LookupVindex } from './vindex.ts';
import { vindexError } from './vindexError.ts';

interface LookupType {
  readonly cost: number;
  readonly unique: boolean;
  readonly consistent: boolean;
  readonly toIs: LookupDefinition['toIs'];
  readonly fromIs: LookupDefinition['fromIs'];
  readonly knownParams: readonly string[];
}

const common = ['table', 'from', 'to', 'ignore_nulls', 'batch_lookup', 'read_lock', 'write_only'];
const distributed = [...common, 'autocommit', 'multi_shard_autocommit', 'no_verify'];
const base = { cost: 20, unique: false, consistent: false, toIs: 'keyspaceId', fromIs: 'value', knownParams: distributed } as const;
const consistent = { ...base, consistent: true, knownParams: [...common, 'no_verify'] } as const;
const only = { cost: 10, unique: true } as const;

/** Costs and uniqueness as Vitess has them: a unique lookup costs 10, another 20. */
const lookupTypes: Readonly<Record<string, LookupType>> = {
  lookup: base,
  lookup_unique: { ...base, ...only },
  lookup_hash: { ...base, toIs: 'hashedNumber' },
  lookup_hash_unique: { ...base, ...only, toIs: 'hashedNumber' },
  lookup_unicodeloosemd5_hash: { ...base, toIs: 'hashedNumber', fromIs: 'unicodeLooseMd5' },
  lookup_unicodeloosemd5_hash_unique: { ...base, ...only, toIs: 'hashedNumber', fromIs: 'unicodeLooseMd5' },
  consistent_lookup: consistent,
  consistent_lookup_unique: { ...consistent, ...only },
};

export const lookupTypeNames: readonly string[] = Object.keys(lookupTypes);

/** Parses a lookup vindex's definition. Throws INVALID_ARGUMENT for a flag that is neither `true` nor `false`, or an unknown `read_lock`. */
export function createLookup(name: string, type: string, params: Readonly<Record<string, string>>): LookupVindex {
  const kind = lookupTypes[type];
  if (kind === undefined) throw vindexError(`vindexType ${JSON.stringify(type)} not found`, 'NOT_FOUND');
  return {
    kind: 'lookup', name, type, params, needsLookup: true, cost: kind.cost, unique: kind.unique,
    unknownParams: unknownParams(params, kind.knownParams),
    lookup: {
      table: params['table'] ?? '',
      from: (params['from'] ?? '').split(',').map((column) => column.trim()).filter((column) => column !== ''),
      to: params['to'] ?? '',
      consistent: kind.consistent, toIs: kind.toIs, fromIs: kind.fromIs,
      autocommit: flag(params, 'autocommit') || flag(params, 'multi_shard_autocommit'),
      multiShardAutocommit: flag(params, 'multi_shard_autocommit'),
      writeOnly: flag(params, 'write_only'),
      ignoreNulls: flag(params, 'ignore_nulls'),
      batchLookup: flag(params, 'batch_lookup'),
      noVerify: flag(params, 'no_verify'),
      readLock: readLock(params),
    },
  };
}

function flag(params: Readonly<Record<string, string>>, param: string): boolean {
  const value = params[param];
  if (value !== undefined && value !== 'true' && value !== 'false') throw vindexError(`${param} value must be 'true' or 'false': '${value}'`);
  return value === 'true';
}

function readLock(params: Readonly<Record<string, string>>): LookupDefinition['readLock'] {
  const value = params['read_lock'] ?? 'exclusive';
  if (value !== 'exclusive' && value !== 'shared' && value !== 'none') throw vindexError(`invalid read_lock value: ${value}`);
  return value;
}
