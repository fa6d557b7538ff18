import type { Command } from 'commander';
import type { BackupSummary } from '../backup/index.ts';
import { VtrewindError } from '../base/errors.ts';
import { formatMicros, nowMicros } from '../base/time.ts';
import type { Storage } from '../storage/storage.ts';
import { parseKeyspaceShard, withControl } from './control/withControl.ts';
import { type StorageFlags, storageOf, withStorageFlags } from './roles/storageFlags.ts';
import { storedShards } from './windowCommand.ts';

/** `vtrewind backup …`: but for `full`, straight on the storage, so that it works when all else is down. */
export function addBackupCommands(program: Command): void {
  const group = program.command('backup').description('make, list, check and remove full backups');

  const full = group.command('full').argument('<keyspace/shard>').description('back up a shard through the control server, as BackupShard does').option('--allow-primary', 'also when there is only the primary');
  full.action(async (text: string, flags: { allowPrimary?: true }) => {
    const shard = { ...parseKeyspaceShard(text), allowPrimary: flags.allowPrimary === true, concurrency: 4, incrementalFromPos: '', upgradeSafe: false, mysqlShutdownTimeout: undefined, initSql: undefined };
    await withControl(full, (control) => control.backup({ shard }, ({ event }) => process.stdout.write(`${event?.value ?? ''}\n`)));
  });

  withStorageFlags(group.command('list').argument('<keyspace[/shard]>').description('list backups, oldest first').option('-j, --json', 'print JSON')).action(async (text: string, flags: StorageFlags & { json?: true }) => {
    const backups = await backupsOf(await needStorage(flags), text);
    if (flags.json === true) process.stdout.write(`${JSON.stringify(backups.map(({ manifest: _, startedAt, ...rest }) => ({ ...rest, startedAt: formatMicros(startedAt) })), null, 2)}\n`);
    else for (const backup of backups) process.stdout.write(`${lineOf(backup)}\n`);
  });

  withStorageFlags(group.command('show').argument('<keyspace/shard>').argument('<backup>').description("print a backup's manifest")).action(async (text: string, name: string, flags: StorageFlags) => {
    const backup = await oneBackup(await needStorage(flags), text, name);
    process.stdout.write(`${JSON.stringify(backup.manifest ?? { name, state: backup.state, damage: backup.damage }, null, 2)}\n`);
  });

  withStorageFlags(group.command('verify').argument('<keyspace[/shard]>').argument('[backup]').description('read backups whole and compare every object with the hash in its manifest; exit status 1 when one is damaged'))
    .action(async (text: string, name: string | undefined, flags: StorageFlags) => {
      const { verifyBackup } = await import('../backup/index.ts');
      const storage = await needStorage(flags);
      const chosen = name === undefined ? (await backupsOf(storage, text)).filter(({ state }) => state !== 'incomplete') : [await oneBackup(storage, text, name)];
      for (const { folder } of chosen) {
        const result = await verifyBackup(storage, folder);
        process.stdout.write(result.ok ? `${folder} good, ${result.objects} objects, ${result.bytes} bytes\n` : `${folder} DAMAGED\n${result.problems.map((problem) => `  ${problem}\n`).join('')}`);
        if (!result.ok) process.exitCode = 1;
      }
    });

  withStorageFlags(group.command('delete').argument('<keyspace/shard>').argument('[backup]').description('remove one backup, or those that a rule does not keep; shows what would go, and does it with --yes')
    .option('--keep-days <n>', 'every moment of so many days stays restorable', Number).option('--keep-fulls <n>', 'the newest so many complete backups stay', Number).option('--yes', 'remove them'))
    .action(async (text: string, name: string | undefined, flags: StorageFlags & { keepDays?: number; keepFulls?: number; yes?: true }) => {
      await deleteBackups(await needStorage(flags), text, name, flags);
    });
}

async function deleteBackups(storage: Storage, text: string, name: string | undefined, flags: { readonly keepDays?: number; readonly keepFulls?: number; readonly yes?: true }): Promise<void> {
  const { deleteBackup, planRetention, restorableFrom } = await import('../backup/index.ts');
  const { keyspace, shard } = parseKeyspaceShard(text);
  const all = await backupsOf(storage, `${keyspace}/${shard}`);
  let remove: readonly BackupSummary[];
  if (name !== undefined) {
    if (flags.keepDays !== undefined || flags.keepFulls !== undefined) throw new VtrewindError({ code: 'VTR0941', grpc: 'INVALID_ARGUMENT', message: 'name a backup or give a rule, not both' });
    remove = [await oneBackup(storage, text, name)];
  } else {
    remove = planRetention(all, flags, nowMicros()).remove;
  }
  const kept = all.filter((backup) => backup.state === 'complete' && !remove.some(({ folder }) => folder === backup.folder));
  for (const backup of remove) {
    if (flags.yes === true) await deleteBackup(storage, backup.folder);
    process.stdout.write(`${flags.yes === true ? 'removed' : 'would remove'} ${lineOf(backup)}\n`);
  }
  const [oldest] = kept;
  process.stdout.write(
    `${remove.length === 0 ? 'nothing to remove; ' : ''}${oldest === undefined ? 'no complete backup is left: nothing of the shard can be restored' : `${kept.length} complete left, the oldest ${oldest.name}: restorable from ${formatMicros(restorableFrom(oldest))}`}\n`,
  );
  if (flags.yes !== true && remove.length > 0) process.stdout.write('nothing was removed yet: add --yes\n');
}

async function needStorage(flags: StorageFlags): Promise<Storage> {
  const storage = await storageOf(flags);
  if (storage === undefined) throw new VtrewindError({ code: 'VTR0922', grpc: 'INVALID_ARGUMENT', message: 'no backup storage named', hint: 'give --file-backup-storage-root' });
  return storage;
}

async function backupsOf(storage: Storage, text: string): Promise<BackupSummary[]> {
  const { listBackups } = await import('../backup/index.ts');
  const [keyspace = '', only] = text.split('/');
  const all: BackupSummary[] = [];
  for (const shard of only === undefined ? await storedShards(storage, keyspace) : [only]) all.push(...(await listBackups(storage, keyspace, shard)));
  return all;
}

async function oneBackup(storage: Storage, text: string, name: string): Promise<BackupSummary> {
  const { keyspace, shard } = parseKeyspaceShard(text);
  const backup = (await backupsOf(storage, `${keyspace}/${shard}`)).find((candidate) => candidate.name === name);
  if (backup === undefined) throw new VtrewindError({ code: 'VTR0942', grpc: 'NOT_FOUND', message: `there is no backup ${name} of ${text}`, hint: `vtrewind backup list ${text} shows what there is` });
  return backup;
}

function lineOf({ keyspace, shard, name, state, storedBytes, manifest, damage }: BackupSummary): string {
  return `${keyspace}/${shard} ${name} ${state} ${storedBytes} bytes${manifest === undefined ? '' : ` ${manifest.server.flavour} ${manifest.server.version}`}${damage === undefined ? '' : `: ${damage}`}`;
}
