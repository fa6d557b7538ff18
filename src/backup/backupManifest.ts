import { createHash } from 'node:crypto';
import { z } from 'zod';
import { VtrewindError } from '../base/errors.ts';
import { parseMicros } from '../base/time.ts';

const time = z.string().refine((text) => {
  try {
    parseMicros(text);
    return true;
  } catch {
    return false;
  }
}, 'not a time');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().nonnegative();

/** One stored object. `bytes` and `sha256` are those read back from storage, never those meant to be written. */
const storedPart = z.strictObject({ name: z.string().regex(/^[A-Za-z0-9._-]+$/), bytes: count, sha256 });

const chunk = storedPart.extend({
  /** Before compression. */
  rawBytes: count,
  /** CRC-32 (zlib's) before compression. */
  rawCrc32: count,
});

/**
 * What a backup is. Written last; a backup without a good manifest does not exist. `sha256` covers everything else in it, so that a damaged manifest
 * is told from a whole one.
 */
const manifestBody = z.strictObject({
  format: z.literal('vtrewind-backup'),
  formatVersion: z.literal(1),
  name: z.string(),
  keyspace: z.string(),
  shard: z.string(),
  /** Hexadecimal keyspace ids, `start` inclusive, `end` exclusive; empty: unbounded. */
  keyRange: z.strictObject({ start: z.string().regex(/^([0-9a-f]{2})*$/), end: z.string().regex(/^([0-9a-f]{2})*$/) }),
  tabletAlias: z.string(),
  engine: z.literal('hot'),
  /** What the chunks are, joined and decompressed: `tar` (MySQL CLONE) or `mbstream` (mariadb-backup, to be prepared after unpacking). */
  stream: z.enum(['tar', 'mbstream']),
  compression: z.literal('zstd'),
  startedAt: time,
  finishedAt: time,
  server: z.strictObject({
    flavour: z.enum(['mariadb', 'mysql']),
    version: z.string(),
    versionNumber: count,
    serverId: count,
    /** MySQL only. */
    serverUuid: z.string().optional(),
    /** Option file lines without which these files can't be opened (`innodb_page_size=…`). */
    requiredOptions: z.array(z.string().regex(/^[a-z0-9_]+=[^\r\n]*$/)),
  }),
  position: z.strictObject({
    /** Exactly what the files hold: a GTID set (MySQL), or the last GTID of each domain (MariaDB). Empty: nothing was ever logged. */
    gtid: z.string(),
    /** The server's own position just before and just after the copy: `gtid` lies between. */
    before: z.string(),
    after: z.string(),
    /** The server's clock once the copy was consistent: every transaction in it committed before. */
    committedBefore: time,
  }),
  tables: z.array(z.strictObject({ database: z.string(), name: z.string(), kind: z.enum(['table', 'view']), engine: z.string().nullable() })),
  /** The keyspace's vschema at that moment as Vitess's JSON; null when the backup was made without a topology. */
  vschema: z.unknown(),
  schema: storedPart,
  rawBytes: count,
  storedBytes: count,
  chunks: z.array(chunk).min(1),
});

export type BackupManifest = Readonly<z.infer<typeof manifestBody>>;
export type ChunkRecord = Readonly<z.infer<typeof chunk>>;
export type StoredPart = Readonly<z.infer<typeof storedPart>>;

/** The manifest as stored, with its checksum. Throws when it does not describe a possible backup (a retried chunk with no hash, a sum that is off). */
export function encodeManifest(manifest: BackupManifest): Buffer {
  const body = manifestBody.parse(manifest);
  consistent(body);
  return Buffer.from(`${JSON.stringify({ ...body, sha256: checksum(body) }, null, 1)}\n`);
}

/** Throws VTR0402 saying what is wrong with it. */
export function decodeManifest(bytes: Uint8Array, where: string): BackupManifest {
  try {
    const { sha256: stored, ...rest } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown>;
    const body = manifestBody.parse(rest);
    if (stored !== checksum(body)) throw new Error('its checksum does not match its content');
    consistent(body);
    return body;
  } catch (error) {
    const why = error instanceof z.ZodError ? (error.issues[0] === undefined ? 'malformed' : `${error.issues[0].path.join('.')}: ${error.issues[0].message}`) : error instanceof Error ? error.message : String(error);
    throw new VtrewindError({ code: 'VTR0402', grpc: 'DATA_LOSS', message: `the manifest of backup ${where} is damaged: ${why}`, cause: error, hint: 'use an older backup; vtrewind backup verify lists which are good' });
  }
}

/** Over the JSON text of the body with its keys in the order of the definition above, which parsing restores. */
function checksum(body: BackupManifest): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('hex');
}

function consistent(body: BackupManifest): void {
  body.chunks.forEach((c, i) => {
    if (body.chunks.findIndex((other) => other.name === c.name) !== i) throw new Error(`chunk ${c.name} is listed twice`);
  });
  if (body.chunks.reduce((sum, c) => sum + c.rawBytes, 0) !== body.rawBytes || body.chunks.reduce((sum, c) => sum + c.bytes, 0) !== body.storedBytes) {
    throw new Error('the sizes of its chunks do not add up');
  }
}
