import { VtrewindError } from '../base/errors.ts';
import { type Micros, parseMicros } from '../base/time.ts';
import type { BackupSummary } from './listBackups.ts';

export interface RetentionRule {
  /** Every moment of the last so many days stays restorable. */
  readonly keepDays?: number;
  /** The newest so many complete backups stay. */
  readonly keepFulls?: number;
}

export interface RetentionPlan {
  readonly keep: readonly BackupSummary[];
  readonly remove: readonly BackupSummary[];
  /** Incomplete or damaged: no rule touches them; they may be in the making, or all there is. */
  readonly leave: readonly BackupSummary[];
}

/**
 * Which of a shard's backups (oldest first) a rule removes. What either half of the rule keeps is kept: days keep all backups within them and the newest one from before, which moments early
 * in them are replayed from. The newest complete backup always stays. Throws VTR0414 for a rule that says nothing, or numbers that are none.
 */
export function planRetention(backups: readonly BackupSummary[], rule: RetentionRule, now: Micros): RetentionPlan {
  const { keepDays, keepFulls } = rule;
  if (keepDays === undefined && keepFulls === undefined) throw badRule('which backups are to be kept?');
  if (keepDays !== undefined && !(Number.isFinite(keepDays) && keepDays >= 0)) throw badRule(`${keepDays} is no number of days`);
  if (keepFulls !== undefined && !(Number.isSafeInteger(keepFulls) && keepFulls >= 1)) throw badRule(`${keepFulls} is no number of backups to keep`);
  const complete = backups.filter((backup) => backup.state === 'complete');
  const kept = new Set(complete.slice(-Math.max(1, keepFulls ?? 1)));
  if (keepDays !== undefined) {
    const since = now - keepDays * 86_400_000_000;
    const before = complete.filter((backup) => restorableFrom(backup) <= since).at(-1);
    for (const backup of complete) if (backup === before || restorableFrom(backup) > since) kept.add(backup);
  }
  return {
    keep: complete.filter((backup) => kept.has(backup)), remove: complete.filter((backup) => !kept.has(backup)), leave: backups.filter((backup) => backup.state !== 'complete'),
  };
}

/** The first moment that can be restored from a complete backup. */
export function restorableFrom({ manifest, startedAt }: BackupSummary): Micros {
  return manifest === undefined ? startedAt : parseMicros(manifest.position.committedBefore);
}

function badRule(message: string): VtrewindError {
  return new VtrewindError({ code: 'VTR0414', grpc: 'INVALID_ARGUMENT', message, hint: 'give --keep-days N, --keep-fulls N (at least 1), or both' });
}
