import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { VtrewindError } from '../../base/errors.ts';

/** `host:port`; port 0 means any free one. */
const address = z.string().regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/, 'expected host:port');
const shardName = z.string().regex(/^(0|[0-9a-f]*-[0-9a-f]*)$/, 'expected a shard name such as 0, -80 or 80-c0');
const name = z.string().regex(/^[A-Za-z0-9_]{1,60}$/, 'expected letters, digits and underscores, at most 60');

const keyspaceConfig = z.strictObject({
  name,
  shards: z.array(shardName).min(1).max(64).default(['0']),
  /** Replicas beside each shard's primary. */
  replicas: z.number().int().min(0).max(8).default(0),
  /** A vschema in Vitess's JSON form: a file, or the object itself. */
  vschema: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
  /** SQL run once on each shard when the keyspace is new: a file. */
  schema: z.string().optional(),
});

const clusterConfig = z.strictObject({
  cell: name.default('zone1'),
  data: z.string().default('./vtrewind-data'),
  mysqld: z.string().default('auto'),
  gate: z
    .strictObject({ mysql: address.default('127.0.0.1:15306'), http: address.default('127.0.0.1:15001'), users: z.string().optional(), tabletProtocol: z.enum(['mysql', 'grpc']).default('mysql'), scratchMysqld: z.string().optional() })
    .default({ mysql: '127.0.0.1:15306', http: '127.0.0.1:15001', tabletProtocol: 'mysql' }),
  /** vtctldclient's server address. */
  control: address.default('127.0.0.1:15999'),
  /** The archive's binlog server: what replicas and restore tablets of other hosts attach to. */
  archiver: address.default('127.0.0.1:15307'),
  keyspaces: z.array(keyspaceConfig).default([]),
});

export type KeyspaceConfig = z.infer<typeof keyspaceConfig>;
/** What `vtrewind up --config` reads, with defaults filled in and paths made absolute (relative ones count from the file's folder). */
export type ClusterConfig = z.infer<typeof clusterConfig>;

/** Checks an already parsed document. Throws VTR0901 naming the place of the first mistake. */
export function checkClusterConfig(document: unknown, baseFolder: string): ClusterConfig {
  const parsed = clusterConfig.safeParse(document ?? {});
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new VtrewindError({
      code: 'VTR0901', grpc: 'INVALID_ARGUMENT',
      message: `cluster config: ${issue?.path.join('.') || 'document'}: ${issue?.message ?? 'invalid'}`,
      hint: 'see README.md, "Any other cluster", for the fields',
    });
  }
  const config = parsed.data;
  const seen = new Set<string>();
  for (const keyspace of config.keyspaces) {
    if (seen.has(keyspace.name)) throw new VtrewindError({ code: 'VTR0901', grpc: 'INVALID_ARGUMENT', message: `cluster config: keyspace ${keyspace.name} is named twice` });
    seen.add(keyspace.name);
  }
  const absolute = (path: string) => resolve(baseFolder, path);
  return {
    ...config,
    data: absolute(config.data),
    mysqld: config.mysqld === 'auto' ? 'auto' : absolute(config.mysqld),
    gate: config.gate.users === undefined ? config.gate : { ...config.gate, users: absolute(config.gate.users) },
    keyspaces: config.keyspaces.map((keyspace) => ({
      ...keyspace,
      ...(typeof keyspace.vschema === 'string' ? { vschema: JSON.parse(readText(absolute(keyspace.vschema))) as Record<string, unknown> } : {}),
      ...(keyspace.schema === undefined ? {} : { schema: absolute(keyspace.schema) }),
    })),
  };
}

/** Reads and checks a YAML (or JSON) file. */
export function readClusterConfig(file: string): ClusterConfig {
  return checkClusterConfig(parse(readText(file)), dirname(resolve(file)));
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new VtrewindError({ code: 'VTR0902', message: `cannot read ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, cause });
  }
}
