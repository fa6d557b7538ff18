import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VtrewindError } from '../base/errors.ts';
import { findCompanion } from '../mysqld/serverBinary.ts';
import { startChild } from './childStream.ts';
import { type Donor, readClock, readPosition } from './donor.ts';
import type { HotCopy } from './hotCopy.ts';

/**
 * mariadb-backup's stream. It copies while the server goes on and holds commits only for the moment in which it notes the binlog position, so
 * Aria and MyISAM tables are consistent with it too. The unpacked stream must be prepared (`mariadb-backup --prepare`).
 */
export async function copyMariadb(donor: Donor, signal?: AbortSignal): Promise<HotCopy> {
  const program = await findCompanion(donor.binary, 'mariadb-backup', 'mariabackup');
  if (program === undefined) {
    throw new VtrewindError({ code: 'VTR0407', grpc: 'FAILED_PRECONDITION', message: 'mariadb-backup is not installed; no hot backup of MariaDB without it', hint: 'install the package mariadb-backup' });
  }
  const session = await donor.connect();
  let before: string;
  try {
    before = await readPosition(session, 'mariadb');
  } finally {
    await session.end();
  }
  const work = await mkdtemp(join(donor.scratchFolder, 'backup-'));
  const child = startChild(program, [
    '--no-defaults', '--backup', '--stream=mbstream', `--datadir=${donor.dataDir}`, `--socket=${donor.socket}`, '--user=root',
    `--target-dir=${join(work, 'target')}`, `--extra-lsndir=${join(work, 'info')}`,
  ], { signal });
  return {
    stream: 'mbstream',
    source: child.stdout,
    async finish() {
      await child.ended;
      const gtid = await notedPosition(join(work, 'info'));
      const last = await donor.connect();
      try {
        return { gtid, before, after: await readPosition(last, 'mariadb'), committedBefore: await readClock(last) };
      } finally {
        await last.end();
      }
    },
    async close() {
      child.kill();
      await child.ended.catch(() => undefined);
      await rm(work, { recursive: true, force: true });
    },
  };
}

/** The line `binlog_pos = filename 'bin.000001', position '1014', GTID of the last change '0-1-4'`; the file is called xtrabackup_info before 11.1. */
async function notedPosition(folder: string): Promise<string> {
  const text = await readFile(join(folder, 'mariadb_backup_info'), 'utf8').catch(() => readFile(join(folder, 'xtrabackup_info'), 'utf8'));
  const m = /^binlog_pos\s*=.*GTID of the last change '([^']*)'/m.exec(text);
  const gtid = m?.[1];
  if (gtid === undefined) throw new VtrewindError({ code: 'VTR0408', grpc: 'FAILED_PRECONDITION', message: 'mariadb-backup noted no binlog position', hint: 'the server must run with log_bin' });
  return gtid.replace(/\s+/g, '');
}
