import type { Connection } from 'mysql2/promise';
import { VtrewindError } from '../base/errors.ts';
import { parseGtid, parseGtidState, printGtid } from '../binlog/gtidState.ts';
import type { Cut } from './archiveAccess.ts';

/** The GTIDs in their canonical form. Throws VTR0709 for one that does not lie before the cut: it would be stepped over for nothing. */
export function checkExcluded(cut: Pick<Cut, 'flavour' | 'gtid'>, exclude: readonly string[]): readonly string[] {
  const state = parseGtidState(cut.flavour, cut.gtid);
  return exclude.map((text) => {
    const gtid = parseGtid(cut.flavour, text);
    if (state.contains(gtid)) return printGtid(gtid);
    throw new VtrewindError({
      code: 'VTR0709', grpc: 'INVALID_ARGUMENT', message: `transaction ${printGtid(gtid)} is to be stepped over, but the cut ${cut.gtid} does not reach it`,
      hint: 'leave --exclude-gtid out, or restore to a later moment',
    });
  });
}

/**
 * MySQL: makes an empty transaction of each GTID on the restored server, so that its source leaves the real one out. Those that are there already (a resumed restore) are passed over.
 * The session must be allowed to write.
 */
export async function occupyGtids(session: Connection, exclude: readonly string[]): Promise<void> {
  for (const gtid of exclude) {
    const [[row]] = (await session.query('SELECT GTID_SUBSET(?, @@global.gtid_executed) AS there', [gtid])) as unknown as [[{ there: number } | undefined]];
    if (Number(row?.there) === 1) continue;
    await session.query('SET SESSION gtid_next = ?', [gtid]);
    try {
      await session.query('BEGIN');
      await session.query('COMMIT');
    } finally {
      await session.query("SET SESSION gtid_next = 'AUTOMATIC'");
    }
  }
}
