import type { BackupManifest, BackupSummary } from '../backup/index.ts';
import { parseGtidState } from '../binlog/gtidState.ts';
import type { ArchiveAccess, Cut } from './archiveAccess.ts';

/** A backup that leads to the cut. */
export interface UsableBackup {
  readonly folder: string;
  readonly name: string;
  readonly manifest: BackupManifest;
}
export interface SkippedBackup {
  readonly folder: string;
  readonly why: string;
}

/**
 * The backups from which a cut can be reached, newest first: complete, of the same flavour, holding nothing past the cut, and with an unbroken archive from there. The others are
 * named with the reason, newest first. Hashes are compared while restoring: when one differs, the next in this list is the one to take.
 */
export async function selectBackups(
  backups: readonly BackupSummary[], cut: Cut, archive: Pick<ArchiveAccess, 'whyNotReplayable'> | undefined, signal?: AbortSignal,
): Promise<{ readonly usable: readonly UsableBackup[]; readonly skipped: readonly SkippedBackup[] }> {
  const usable: UsableBackup[] = [];
  const skipped: SkippedBackup[] = [];
  const wanted = parseGtidState(cut.flavour, cut.gtid);
  for (const backup of [...backups].reverse()) {
    const skip = (why: string) => skipped.push({ folder: backup.folder, why });
    const { manifest } = backup;
    if (backup.state === 'incomplete') {
      skip('it was never finished');
      continue;
    }
    if (backup.state === 'damaged' || manifest === undefined) {
      skip(`it is damaged: ${backup.damage ?? 'no manifest'}`);
      continue;
    }
    if (manifest.server.flavour !== cut.flavour) {
      skip(`it is of ${manifest.server.flavour}, the history is of ${cut.flavour}`);
      continue;
    }
    const held = parseGtidState(cut.flavour, manifest.position.gtid);
    if (!wanted.containsAll(held)) {
      skip(`it holds transactions past the moment, or that are not part of this history: ${held.subtract(wanted).toString()}`);
      continue;
    }
    if (!held.containsAll(wanted)) {
      const missing = archive === undefined ? 'there is no archive to replay from' : await archive.whyNotReplayable(manifest.position.gtid, cut, signal);
      if (missing !== undefined) {
        skip(`the archive does not lead from it to the moment: ${missing}`);
        continue;
      }
    }
    usable.push({ folder: backup.folder, name: backup.name, manifest });
  }
  return { usable, skipped };
}
