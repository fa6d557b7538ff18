import type { Connection } from 'mysql2/promise';
import { parseGtidState } from '../binlog/gtidState.ts';
import { VtrewindError } from '../base/errors.ts';
import { delay } from '../base/wait.ts';
import { executedPosition, type ReplicationSource, readReplicationStatus, resetReplication, setReplicationSource, startReplication, stopReplication } from '../mysqld/replication.ts';
import type { Flavour } from '../mysqld/serverBinary.ts';

export interface ReplayOptions {
  readonly connect: () => Promise<Connection>;
  readonly flavour: Flavour;
  /** Ends at the cut: it has nothing past it. */
  readonly source: ReplicationSource;
  /** The state to reach. */
  readonly target: string;
  readonly onProgress?: (reached: string) => void;
  /** Without any progress for this long the replay has failed; default 10 min (one statement may take long: raise it then). */
  readonly stallTimeoutMs?: number;
  readonly signal?: AbortSignal;
}

const pollMs = 100;
/** A source that can't be connected to for this long is an error. */
const connectPatienceMs = 30_000;

/**
 * Lets the server's own applier replay from `source` until it has reached `target` exactly, then forgets the source. What was applied before an interruption is kept: calling again goes
 * on from there. Throws VTR0704 with the applier's own error, VTR0705 on a stall, VTR0706 when the server ends up anywhere else than at the target.
 */
export async function replay(options: ReplayOptions): Promise<void> {
  const { flavour, signal } = options;
  const target = parseGtidState(flavour, options.target);
  const session = await options.connect();
  try {
    await forgetSource(session, flavour);
    let reached = await executedPosition(session, flavour);
    if (!parseGtidState(flavour, reached).containsAll(target)) {
      await setReplicationSource(session, flavour, options.source);
      await startReplication(session, flavour);
      try {
        reached = await follow(session, options, reached);
      } finally {
        await forgetSource(session, flavour);
      }
    }
    signal?.throwIfAborted();
    if (!parseGtidState(flavour, reached).equals(target)) {
      throw new VtrewindError({ code: 'VTR0706', grpc: 'DATA_LOSS', message: `the replay ended at ${reached} and not at ${options.target}; nothing is served` });
    }
  } finally {
    session.destroy();
  }
}

async function follow(session: Connection, options: ReplayOptions, from: string): Promise<string> {
  const { flavour, signal } = options;
  const target = parseGtidState(flavour, options.target);
  let reached = from;
  let movedAt = performance.now();
  let connectedAt = performance.now();
  for (;;) {
    await delay(pollMs, signal);
    const now = await executedPosition(session, flavour);
    if (now !== reached) {
      reached = now;
      movedAt = performance.now();
      options.onProgress?.(reached);
    }
    if (parseGtidState(flavour, reached).containsAll(target)) return reached;
    const status = await readReplicationStatus(session, flavour);
    if (status === undefined) throw new VtrewindError({ code: 'VTR0704', message: 'the replay was reset from outside' });
    const failed = status.sqlErrno !== 0 ? status.sqlError : status.ioRunning === 'no' && status.ioErrno !== 0 ? status.ioError : undefined;
    if (failed !== undefined) {
      throw new VtrewindError({ code: 'VTR0704', grpc: 'FAILED_PRECONDITION', message: `the replay stopped at ${reached}: ${failed}`, hint: 'the server\'s error log says more' });
    }
    if (status.ioRunning === 'yes') connectedAt = performance.now();
    else if (performance.now() - connectedAt > connectPatienceMs) {
      throw new VtrewindError({ code: 'VTR0705', grpc: 'UNAVAILABLE', message: `the replay's source can't be reached: ${status.ioError || 'no connection'}` });
    }
    if (performance.now() - movedAt > (options.stallTimeoutMs ?? 600_000)) {
      throw new VtrewindError({ code: 'VTR0705', grpc: 'DEADLINE_EXCEEDED', message: `the replay made no progress beyond ${reached}`, hint: 'one very long transaction? raise the stall limit and start again: it goes on where it was' });
    }
  }
}

/** Whatever is set up from before, the donor's or an interrupted replay's, is gone. */
export async function forgetSource(session: Connection, flavour: Flavour): Promise<void> {
  await stopReplication(session, flavour);
  await resetReplication(session, flavour);
}
