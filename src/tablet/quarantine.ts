import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Connection } from 'mysql2/promise';
import { VtrewindError } from '../base/errors.ts';
import { parseGtidState } from '../binlog/gtidState.ts';
import type { ServerSettings } from '../mysqld/optionFile.ts';
import { executedPosition } from '../mysqld/replication.ts';
import type { ServerBinary } from '../mysqld/serverBinary.ts';
import type { RestorePlan } from '../recovery/restorePlan.ts';
import { forgetSource } from '../recovery/replay.ts';

/**
 * A server id for a restored copy: events that carry a server's own id are skipped by it without a word, so it must be one that no server of the history had. Drawn from the upper half of
 * the range, which tablets (their uid is their id) do not use, and never one that the history is known to have.
 */
export function drawServerId(taken: readonly number[]): number {
  for (;;) {
    const id = randomInt(0x8000_0000, 0xffff_fff0);
    if (!taken.includes(id)) return id;
  }
}

/** Server ids that the plan knows of: the donors', and (MariaDB) those in its GTIDs. */
export function knownServerIds(plan: RestorePlan): number[] {
  const inGtids = plan.flavour === 'mariadb' ? [plan.cut.gtid, ...plan.backups.map((b) => b.position)].flatMap((text) => text.split(',').map((g) => Number(g.split('-')[1]))) : [];
  return [...plan.backups.map((b) => b.serverId), ...inGtids.filter((n) => Number.isInteger(n))];
}

/**
 * While it replays the copy can't be reached by anybody (no TCP), no event fires, nothing of its donor's replication starts, it takes no writes but the applier's, and it logs nothing.
 * Its redo log is flushed once a second: after a crash the replay goes on from the position that survived with the data.
 */
export function replaySettings(binary: ServerBinary, serverId: number, requiredOptions: readonly string[], tuning: { readonly bufferPoolBytes?: number; readonly extra: readonly string[] }): ServerSettings {
  const workers = Math.min(16, Math.max(2, availableParallelism() * 2));
  const applier = binary.flavour === 'mysql'
    ? [`replica_parallel_workers=${workers}`, 'replica_preserve_commit_order=ON', 'replica_pending_jobs_size_max=256M', 'replica_checkpoint_period=300']
    // Measured: with few cores MariaDB's serial applier is faster than its optimistic one.
    : [`slave_parallel_threads=${availableParallelism() > 2 ? Math.min(8, availableParallelism()) : 0}`, 'slave_parallel_mode=optimistic'];
  return {
    port: 0, serverId, quarantine: true, ...(tuning.bufferPoolBytes === undefined ? {} : { bufferPoolBytes: tuning.bufferPoolBytes }),
    extra: [...requiredOptions, ...noBinlog(binary), ...applier, 'replicate_ignore_table=_vt.local_metadata', 'innodb_flush_log_at_trx_commit=2', 'innodb_buffer_pool_load_at_startup=OFF', ...tuning.extra],
  };
}

/** As it serves: on its port, still without binlog, events and replication, and read-only unless writes were allowed. */
export function servingSettings(binary: ServerBinary, serverId: number, port: number, requiredOptions: readonly string[], tuning: { readonly bufferPoolBytes?: number; readonly extra: readonly string[]; readonly writes: boolean; readonly bindAddress: string }): ServerSettings {
  return {
    port, serverId, bindAddress: tuning.bindAddress, quarantine: true, ...(tuning.bufferPoolBytes === undefined ? {} : { bufferPoolBytes: tuning.bufferPoolBytes }),
    extra: [...requiredOptions, ...noBinlog(binary), ...(tuning.writes ? ['read_only=OFF', ...(binary.flavour === 'mysql' ? ['super_read_only=OFF'] : [])] : []), ...tuning.extra],
  };
}

function noBinlog(binary: ServerBinary): string[] {
  return binary.flavour === 'mysql' ? ['skip_log_bin', 'log_replica_updates=OFF'] : ['skip_log_bin', 'log_slave_updates=OFF'];
}

/**
 * The first thing done to a restored server: the donor's replication is forgotten and its position set to what the backup holds (MySQL's copy knows it by itself, and must agree). Throws VTR0613
 * when the server is not where the backup says.
 */
export async function settleQuarantine(session: Connection, binary: ServerBinary, position: string): Promise<void> {
  const { flavour } = binary;
  await forgetSource(session, flavour);
  if (flavour === 'mariadb') await session.query('SET GLOBAL gtid_slave_pos = ?', [position]);
  const now = await executedPosition(session, flavour);
  if (!parseGtidState(flavour, now).equals(parseGtidState(flavour, position))) {
    throw new VtrewindError({ code: 'VTR0613', grpc: 'DATA_LOSS', message: `the restored server stands at ${now}, its backup at ${position}; nothing is replayed on it` });
  }
}
