import { type Command, Option } from 'commander';
import { VtrewindError } from '../../base/errors.ts';
import { formatMicros } from '../../base/time.ts';
import type { Tablet } from '../../vitess/gen/topodata.ts';
import type { BackupResponse } from '../../vitess/gen/vtctldata.ts';
import { listOf, parseKeyspaceShard, print, withControl } from './withControl.ts';

export function addTabletCommands(program: Command): void {
  const tablets = program.command('GetTablets').description('list tablets')
    .option('-c, --cell <cells>', 'limit to these cells', listOf, []).option('-k, --keyspace <keyspace>', 'limit to a keyspace', '').option('-s, --shard <shard>', 'limit to a shard', '')
    .option('-t, --tablet-alias <aliases>', 'limit to these tablets', listOf, []).option('--tablet-type <type>', 'limit to a type, such as primary', 'unknown').option('--strict', 'every cell must answer')
    .addOption(new Option('--format <format>', 'output format').choices(['awk', 'json']).default('awk'));
  tablets.action(async (flags: { cell: string[]; keyspace: string; shard: string; tabletAlias: string[]; tabletType: string; strict?: true; format: 'awk' | 'json' }) => {
    const { TabletType } = await import('../../vitess/gen/topodata.ts');
    const { parseTabletAlias } = await import('../../topo/index.ts');
    const tabletType = Object.entries(TabletType).find(([name]) => name === flags.tabletType.toUpperCase())?.[1];
    if (tabletType === undefined) throw new VtrewindError({ code: 'VTR0921', grpc: 'INVALID_ARGUMENT', message: `'${flags.tabletType}' is no tablet type`, hint: 'primary, replica, rdonly, …' });
    const response = await withControl(tablets, (control) =>
      control.call('getTablets', { keyspace: flags.keyspace, shard: flags.shard, cells: flags.cell, strict: flags.strict === true, tabletAliases: flags.tabletAlias.map(parseTabletAlias), tabletType: tabletType as Tablet['type'] }));
    if (flags.format === 'json') await print(response.tablets);
    else for (const tablet of response.tablets) process.stdout.write(`${await awkLine(tablet)}\n`);
  });

  const backup = program.command('Backup').argument('<tablet_alias>').description('back up one tablet; its server goes on serving');
  const backupShard = program.command('BackupShard').argument('<keyspace/shard>').description('back up a shard: its replica, or with --allow-primary its primary when there is none');
  for (const command of [backup, backupShard]) {
    command.option('--allow-primary', 'also when it is the primary').option('--concurrency <n>', 'chunks compressed and stored at once', Number, 4)
      .option('--incremental-from-pos <position>', 'not taken: the binlog archive holds every change between full backups', '');
  }
  interface BackupFlags { readonly allowPrimary?: true; readonly concurrency: number; readonly incrementalFromPos: string }
  const common = (flags: BackupFlags) => ({ allowPrimary: flags.allowPrimary === true, concurrency: flags.concurrency, incrementalFromPos: flags.incrementalFromPos, upgradeSafe: false, mysqlShutdownTimeout: undefined, initSql: undefined });
  backup.action(async (alias: string, flags: BackupFlags) => {
    const { parseTabletAlias } = await import('../../topo/index.ts');
    await withControl(backup, (control) => control.backup({ tablet: { tabletAlias: parseTabletAlias(alias), backupEngine: undefined, ...common(flags) } }, printEvent));
  });
  backupShard.action(async (text: string, flags: BackupFlags) => {
    await withControl(backupShard, (control) => control.backup({ shard: { ...parseKeyspaceShard(text), ...common(flags) } }, printEvent));
  });

  const backups = program.command('GetBackups').argument('<keyspace/shard>').description("list a shard's backups, oldest first").option('-l, --limit <n>', 'only the newest so many', Number, 0).option('-j, --json', 'print JSON');
  backups.action(async (text: string, flags: { limit: number; json?: true }) => {
    const response = await withControl(backups, (control) => control.call('getBackups', { ...parseKeyspaceShard(text), limit: flags.limit, detailed: false, detailedLimit: 0 }));
    if (flags.json === true) await print(response.backups);
    else for (const { name } of response.backups) process.stdout.write(`${name}\n`);
  });

  const planned = program.command('PlannedReparentShard').argument('<keyspace/shard>').description('move the primary of a shard to another tablet, losing nothing').option('--new-primary <alias>', 'the tablet to promote');
  planned.action((text: string, flags: { newPrimary?: string }) => reparent(planned, text, flags.newPrimary, false));
  const emergency = program.command('EmergencyReparentShard').argument('<keyspace/shard>').description('promote a replica because the primary is dead').option('--new-primary <alias>', 'the tablet to promote');
  emergency.action((text: string, flags: { newPrimary?: string }) => reparent(emergency, text, flags.newPrimary, true));
  const short = program.command('reparent').argument('<keyspace/shard>').description('move the primary of a shard; --emergency when it is dead').option('--to <alias>', 'the tablet to promote').option('--emergency', 'the primary is dead');
  short.action((text: string, flags: { to?: string; emergency?: true }) => reparent(short, text, flags.to, flags.emergency === true));
}

async function reparent(command: Command, text: string, to: string | undefined, emergency: boolean): Promise<void> {
  const { parseTabletAlias, formatTabletAlias } = await import('../../topo/index.ts');
  const { keyspace, shard } = parseKeyspaceShard(text);
  const request = { keyspace, shard, newPrimary: to === undefined ? undefined : parseTabletAlias(to), waitReplicasTimeout: undefined, expectedPrimary: undefined };
  const response = await withControl(command, (control) =>
    emergency
      ? control.call('emergencyReparentShard', { ...request, ignoreReplicas: [], preventCrossCellPromotion: false, waitForAllTablets: false })
      : control.call('plannedReparentShard', { ...request, avoidPrimary: undefined, tolerableReplicationLag: undefined, allowCrossCellPromotion: false }));
  process.stdout.write(`${keyspace}/${shard}: the primary is ${formatTabletAlias(response.promotedPrimary)}\n`);
}

function printEvent({ event }: BackupResponse): void {
  const at = event?.time === undefined ? '' : `${formatMicros(Number(event.time.seconds) * 1_000_000 + Math.floor(event.time.nanoseconds / 1000))} `;
  process.stdout.write(`${at}${event?.value ?? ''}\n`);
}

/** One line a tablet, in the field order of vtctldclient. */
async function awkLine(tablet: Tablet): Promise<string> {
  const { formatTabletAlias } = await import('../../topo/index.ts');
  const { TabletType } = await import('../../vitess/gen/topodata.ts');
  const type = Object.entries(TabletType).find(([, number]) => number === tablet.type)?.[0].toLowerCase() ?? 'unknown';
  const term = tablet.primaryTermStartTime === undefined ? '<null>' : formatMicros(Number(tablet.primaryTermStartTime.seconds) * 1_000_000 + Math.floor(tablet.primaryTermStartTime.nanoseconds / 1000));
  const tags = Object.entries(tablet.tags).map(([key, value]) => `${key}: "${value}"`).join(' ');
  return [
    formatTabletAlias(tablet.alias), tablet.keyspace || '<null>', tablet.shard || '<null>', type, `${tablet.hostname}:${tablet.portMap['vt'] ?? 0}`, `${tablet.mysqlHostname}:${tablet.mysqlPort}`, `[${tags}]`, term,
  ].join(' ');
}
