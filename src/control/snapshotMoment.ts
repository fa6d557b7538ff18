import { VtrewindError } from '../base/errors.ts';
import { formatMicros, type Micros } from '../base/time.ts';
import type { RestorableWindow } from '../recovery/restorableWindow.ts';

/**
 * Checks that a moment lies inside the restorable window of every shard (SNAPSHOTS.md, Creating).
 * Throws VTR1605 naming the window, the gap, and the nearest moments that can be restored.
 */
export function checkMoment(at: Micros, windows: readonly RestorableWindow[]): void {
  for (const window of windows) {
    const problem = problemOf(at, window);
    if (problem !== undefined) throw new VtrewindError({ code: 'VTR1605', grpc: 'FAILED_PRECONDITION', ...problem });
  }
}

function problemOf(at: Micros, { keyspace, shard, spans, gaps, backups }: RestorableWindow): { readonly message: string; readonly hint: string } | undefined {
  const where = `${keyspace}/${shard}`;
  const first = spans[0];
  const last = spans.at(-1);
  if (first === undefined || last === undefined) {
    const why = backups.some((backup) => backup.state === 'complete') ? 'the binlog archive does not lead on from any of its backups' : 'it has no complete backup';
    return { message: `${where} cannot be restored to any moment: ${why}`, hint: `take a full backup (vtrewind BackupShard ${where}) while the archiver runs; moments after it can then be restored` };
  }
  if (spans.some((span) => at >= span.from && at <= span.until)) return undefined;
  const gap = gaps.find((candidate) => at > candidate.from && at < candidate.until);
  if (gap !== undefined) {
    return {
      message: `${formatMicros(at)} lies in a gap of ${where}, from ${formatMicros(gap.from)} to ${formatMicros(gap.until)}: ${gap.why}`,
      hint: `the nearest moments that can be restored are ${formatMicros(gap.from)} and ${formatMicros(gap.until)}`,
    };
  }
  return {
    message: `${formatMicros(at)} is outside the restorable window of ${where}, which is ${formatMicros(first.from)} to ${formatMicros(last.until)}`,
    hint: at < first.from ? `the nearest moment that can be restored is ${formatMicros(first.from)}` : `the nearest is ${formatMicros(last.until)}; the window moves on as long as the archiver follows the primary`,
  };
}
