import { VtrewindError } from '../base/errors.ts';
import { formatMicros, type Micros, parseMicros } from '../base/time.ts';

/**
 * Where a backup lives: `<keyspace>/<shard>/<UTC time>.<tablet alias>/`, with the time as `2026-07-17.182520`: Vitess's own layout for backups.
 * Inside: `data.000000.zst`, … (the copied files as one stream, cut), `schema.sql`, and last of all `manifest.json`. See docs/storage.md.
 */
export const manifestName = 'manifest.json';
export const schemaName = 'schema.sql';

/** `<keyspace>/<shard>/`, the folder of a shard's backups. Throws VTR0401 for names that would leave it. */
export function shardFolder(keyspace: string, shard: string): string {
  for (const part of [keyspace, shard]) {
    if (part === '' || part === '.' || part === '..' || /[/\\\0]/.test(part)) {
      throw new VtrewindError({ code: 'VTR0401', grpc: 'INVALID_ARGUMENT', message: `'${part}' can't be the name of a keyspace or shard in backup storage` });
    }
  }
  return `${keyspace}/${shard}/`;
}

/** `2026-07-17.182520.zone1-0000000101`; whole seconds, rounded down. */
export function backupName(startedAt: Micros, tabletAlias: string): string {
  const text = formatMicros(Math.floor(startedAt / 1_000_000) * 1_000_000);
  return `${text.slice(0, 10)}.${text.slice(11, 19).replaceAll(':', '')}.${tabletAlias}`;
}

/** The parts of a backup's name; undefined when it is none. */
export function parseBackupName(name: string): { readonly startedAt: Micros; readonly tabletAlias: string } | undefined {
  const m = /^(\d{4}-\d{2}-\d{2})\.(\d{2})(\d{2})(\d{2})\.(.+)$/.exec(name);
  if (!m) return undefined;
  try {
    return { startedAt: parseMicros(`${m[1]}T${m[2]}:${m[3]}:${m[4]}Z`), tabletAlias: m[5] ?? '' };
  } catch {
    return undefined;
  }
}

/** `data.000000.zst`: the number counts from 0 and keeps byte order. */
export function chunkName(index: number): string {
  return `data.${String(index).padStart(6, '0')}.zst`;
}
