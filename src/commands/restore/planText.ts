import { formatMicros } from '../../base/time.ts';
import type { KeyspaceRestorePlan, ShardRestorePlan } from '../../recovery/planKeyspaceRestore.ts';

/** A plan for people: per shard the backup, what is replayed, and the transactions on both sides of the cut. */
export function planText(plan: KeyspaceRestorePlan): string {
  const lines = [`${plan.base} as of ${formatMicros(plan.at)}${plan.tables === undefined ? '' : `, only ${plan.tables.join(', ')}`}`];
  for (const shard of plan.shards) lines.push(...shardLines(plan.base, shard));
  for (const warning of plan.warnings) lines.push(`note: ${warning}`);
  lines.push(`in all ${mebibytes(plan.storedBytes)} of backups (${mebibytes(plan.rawBytes)} unpacked) and ${mebibytes(plan.replayBytes)} of binlog; about ${plan.estimateSeconds} s`);
  return `${lines.join('\n')}\n`;
}

function shardLines(base: string, shard: ShardRestorePlan): string[] {
  const [backup] = shard.backups;
  const replay = shard.replay === undefined ? '' : `, ${shard.replay.exact ? '' : 'about '}${mebibytes(shard.replay.bytes)} in ${shard.replay.segments} segments`;
  return [
    `${base}/${shard.shard}`,
    `  backup    ${backup?.name ?? ''}, ${mebibytes(backup?.storedBytes ?? 0)}`,
    ...shard.skipped.map(({ folder, why }) => `  not used  ${folder}: ${why}`),
    `  replay    ${shard.transactions} transactions${replay}`,
    `  up to     ${shard.gtid}`,
    ...(shard.lastIncluded === undefined ? [] : [`  last in   ${shard.lastIncluded.gtid}, committed ${interval(shard.lastIncluded)}`]),
    ...(shard.firstExcluded === undefined ? [] : [`  first out ${shard.firstExcluded.gtid}, committed ${interval(shard.firstExcluded)}`]),
    ...(shard.exclude.length === 0 ? [] : [`  step over ${shard.exclude.join(', ')}`]),
    ...shard.warnings.map((warning) => `  note      ${warning}`),
  ];
}

function interval({ earliest, latest }: { readonly earliest: number; readonly latest: number }): string {
  return earliest === latest ? formatMicros(earliest) : `between ${formatMicros(earliest)} and ${formatMicros(latest)}`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
