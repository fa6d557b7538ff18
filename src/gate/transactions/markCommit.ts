import { randomBytes } from 'node:crypto';
import { nowMicros } from '../../base/time.ts';
import { markerName } from '../../binlog/transactionMarker.ts';
import type { ShardLink } from '../session/shardLink.ts';

/** 14 digits of time in microseconds, so that ids sort by it, and 12 random ones. */
function distributedTransactionId(): string {
  return nowMicros().toString(16).padStart(14, '0') + randomBytes(6).toString('hex');
}

/**
 * Puts the distributed transaction's id into the binlog of each participant (SNAPSHOTS.md, "Across shards"), just before they commit: one more round trip, on all shards at
 * the same time. Rejects with the first failure once all have answered; nothing is committed then.
 */
export async function markCommit(participants: readonly ShardLink[]): Promise<void> {
  if (participants.length < 2) return;
  const id = distributedTransactionId();
  const marks = await Promise.allSettled(participants.map((link, index) => link.execute(`savepoint \`${markerName({ id, index, count: participants.length })}\``, {}, { literal: true })));
  for (const mark of marks) if (mark.status === 'rejected') throw mark.reason;
}
