import type { Command } from 'commander';
import { VtrewindError } from '../base/errors.ts';
import { formatMicros } from '../base/time.ts';
import type { RestorableWindow } from '../recovery/restorableWindow.ts';
import { type StorageFlags, storageOf, withStorageFlags } from './roles/storageFlags.ts';
import { windowReader } from './shardWindows.ts';

/** `vtrewind window ks` or `ks/shard`: which moments can be restored, read from the storage itself, so that it works when all else is down. */
export function addWindow(program: Command): void {
  const command = program.command('window').argument('<keyspace[/shard]>').description('show which moments can be restored, per shard and for the whole').option('-j, --json', 'print JSON; times in RFC 3339');
  withStorageFlags(command).action(async (text: string, flags: StorageFlags & { json?: true }) => {
    const storage = await storageOf(flags);
    const [keyspace = '', only] = text.split('/');
    const shards = only === undefined ? await storedShards(storage, keyspace) : [only];
    if (shards.length === 0) throw new VtrewindError({ code: 'VTR0922', grpc: 'NOT_FOUND', message: `the storage holds nothing of keyspace ${keyspace}`, hint: `take a backup: vtrewind BackupShard ${keyspace}/0` });
    const read = windowReader(storage);
    const windows = await Promise.all(shards.map((shard) => read(keyspace, shard)));
    const whole = intersection(windows);
    if (flags.json === true) {
      const span = ({ from, until, ...rest }: { from: number; until: number }) => ({ from: formatMicros(from), until: formatMicros(until), ...rest });
      const shown = { keyspace, spans: whole.map(span), shards: windows.map((window) => ({ shard: window.shard, spans: window.spans.map(span), gaps: window.gaps.map(span), backups: window.backups.map(({ name, state }) => ({ name, state })) })) };
      process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
      return;
    }
    for (const window of windows) {
      process.stdout.write(`${keyspace}/${window.shard}\n`);
      if (window.spans.length === 0) process.stdout.write('  nothing can be restored\n');
      for (const span of window.spans) process.stdout.write(`  ${formatMicros(span.from)} to ${formatMicros(span.until)}  from backup ${span.backup}\n`);
      for (const gap of window.gaps) process.stdout.write(`  gap ${formatMicros(gap.from)} to ${formatMicros(gap.until)}: ${gap.why}\n`);
    }
    process.stdout.write(`${keyspace}, all shards\n${whole.map((span) => `  ${formatMicros(span.from)} to ${formatMicros(span.until)}\n`).join('') || '  nothing can be restored\n'}`);
  });
}

/** Shards that the storage holds backups or an archive of, sorted. Throws VTR0922 without a storage. */
export async function storedShards(storage: Awaited<ReturnType<typeof storageOf>>, keyspace: string): Promise<string[]> {
  const shards = new Set<string>();
  if (storage === undefined) throw new VtrewindError({ code: 'VTR0922', grpc: 'INVALID_ARGUMENT', message: 'no backup storage named', hint: 'give --file-backup-storage-root' });
  for (const prefix of [`${keyspace}/`, `log-backup/${keyspace}/`]) {
    for await (const { key } of storage.list(prefix)) {
      const shard = key.slice(prefix.length).split('/')[0];
      if (shard) shards.add(shard);
    }
  }
  return [...shards].sort();
}

/** Moments that every shard can be restored to. */
function intersection(windows: readonly RestorableWindow[]): { from: number; until: number }[] {
  const [first, ...others] = windows;
  let common = (first?.spans ?? []).map(({ from, until }) => ({ from, until }));
  for (const { spans } of others) {
    common = common.flatMap((a) => spans.map((b) => ({ from: Math.max(a.from, b.from), until: Math.min(a.until, b.until) }))).filter((span) => span.from <= span.until);
  }
  return common;
}
