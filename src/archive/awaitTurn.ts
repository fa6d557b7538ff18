import { hostname } from 'node:os';
import { nowMicros } from '../base/time.ts';
import { delay } from '../base/wait.ts';
import { ArchiveCatalog } from '../binlog/archive/archiveCatalog.ts';
import type { EpochRecord } from '../binlog/archive/archiveRecords.ts';
import type { Storage } from '../storage/storage.ts';

export interface TurnOptions {
  readonly storage: Storage;
  readonly keyspace: string;
  readonly shard: string;
  /** The other writer is taken for gone when it has shown no sign of life for this long; default 4 s. */
  readonly takeoverMs?: number;
  /** Called when another writer is found alive. */
  readonly onStandby: (writer: string) => void;
}

const lookAgainMs = 500;

/**
 * Waits until no other archiver writes the shard's archive. A writer shows life by replacing its evidence every second; one that ran on this machine and is gone is not waited for. This only keeps two
 * archivers from taking the archive from each other all the time: what makes it safe are the epochs.
 */
export async function awaitTurn(options: TurnOptions, signal: AbortSignal): Promise<void> {
  const { storage, keyspace, shard, takeoverMs = 4000, onStandby } = options;
  const catalog = await ArchiveCatalog.load(storage, keyspace, shard, signal);
  let seen: string | undefined;
  let since = nowMicros();
  for (;;) {
    const last = catalog.epochs.at(-1);
    if (last === undefined || isGone(last)) return;
    const evidence = (await catalog.evidence(signal)).find((record) => record.epoch === last.epoch);
    const sign = `${last.epoch} ${evidence?.writtenMicros ?? last.startedMicros}`;
    if (sign !== seen) {
      // the first look only learns where it stands: an old sign is no life
      if (seen !== undefined) onStandby(last.writer);
      const now = nowMicros();
      const written = evidence?.writtenMicros ?? last.startedMicros;
      // the other's clock may be ahead of ours: never wait for it
      since = seen === undefined ? Math.min(now, Math.max(written, now - takeoverMs * 1000)) : now;
      seen = sign;
    }
    if (nowMicros() - since >= takeoverMs * 1000) return;
    await delay(Math.min(lookAgainMs, takeoverMs / 4), signal);
    await catalog.refresh(signal);
  }
}

/** A process of this machine that is there no more (or is this one, starting over). */
function isGone(record: EpochRecord): boolean {
  const colon = record.writer.lastIndexOf(':');
  if (record.writer.slice(0, colon) !== hostname()) return false;
  const pid = Number(record.writer.slice(colon + 1));
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  if (pid === process.pid) return record.startedMicros > processStartMicros;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
const processStartMicros = performance.timeOrigin * 1000;
