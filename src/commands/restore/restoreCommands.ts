import type { Command } from 'commander';
import { VtrewindError } from '../../base/errors.ts';
import { silentLog } from '../../base/log.ts';
import { parseDurationMs } from '../roles/tabletCommand.ts';
import { type StorageFlags, storageOf, withStorageFlags } from '../roles/storageFlags.ts';
import { storedShards } from '../windowCommand.ts';
import { type MomentFlags, requestOf, withMomentFlags } from './momentFlags.ts';
import { planText } from './planText.ts';

interface PlanFlags extends MomentFlags, StorageFlags { readonly json?: true; readonly pitrGtidLookupTimeout: number }

/** `vtrewind restore plan`: what a restore would take and where it would end, read from the storage itself. Nothing is changed. */
export function addRestoreCommands(program: Command): void {
  const restore = program.command('restore').description('plan the restore of a keyspace to a moment');
  const plan = restore.command('plan').argument('<keyspace>').description('show backups, segments, bytes, an estimate, and the transactions on both sides of the cut')
    .option('-j, --json', 'print JSON; times in microseconds since the epoch')
    .option('--pitr-gtid-lookup-timeout <duration>', 'how long to wait for proof of a recent moment', parseDurationMs, 60_000)
    .addHelpText('after', '\nExample:\n  vtrewind restore plan commerce --at 2026-07-17T18:25:20.250Z --file-backup-storage-root ./vtrewind-data/backups');
  withStorageFlags(withMomentFlags(plan)).action(async (keyspace: string, flags: PlanFlags) => {
    const storage = await storageOf(flags);
    const all = await storedShards(storage, keyspace);
    if (storage === undefined || all.length === 0) {
      throw new VtrewindError({ code: 'VTR0922', grpc: 'NOT_FOUND', message: `the storage holds nothing of keyspace ${keyspace}`, hint: `take a backup: vtrewind BackupShard ${keyspace}/0` });
    }
    const unknown = flags.shard.filter((shard) => !all.includes(shard));
    if (unknown.length > 0) throw new VtrewindError({ code: 'VTR0930', grpc: 'NOT_FOUND', message: `the storage holds nothing of ${keyspace}/${unknown.join(', ')}`, hint: `it has ${all.join(', ')}` });
    const shards = flags.shard.length === 0 ? all : [...flags.shard];
    const { planKeyspaceRestore } = await import('../../recovery/planKeyspaceRestore.ts');
    const found = await planKeyspaceRestore({ storage, log: silentLog, request: requestOf(keyspace, flags, shards), shards, gtidLookupTimeoutMs: flags.pitrGtidLookupTimeout });
    process.stdout.write(flags.json === true ? `${JSON.stringify(found, null, 2)}\n` : planText(found));
  });
}
