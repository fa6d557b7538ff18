import { VtrewindError } from '../base/errors.ts';
import type { Lease, MysqlPool } from '../mysql/pool.ts';

/** A killed statement must end within this, else its connection goes. */
const killGraceMs = 5_000;

export interface StatementLimits {
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `work` on a leased connection with a time limit and a signal. Either one kills the statement on the server (KILL QUERY from a side
 * connection) and waits for its end, so that the connection, and a transaction on it, stay usable. A server that does not react loses the connection.
 * Throws 3024 for the limit, the signal's reason or 1317 for the signal.
 */
export async function runKillable<T>(lease: Lease, pool: MysqlPool, limits: StatementLimits, work: () => Promise<T>): Promise<T> {
  const { timeoutMs, signal } = limits;
  if (signal?.aborted) throw interrupted(signal.reason);
  if (!(timeoutMs !== undefined && timeoutMs > 0) && signal === undefined) return work();
  const { connection } = lease;
  let reason: VtrewindError | undefined;
  let killing: Promise<void> | undefined;
  let hard: NodeJS.Timeout | undefined;
  const kill = (why: VtrewindError) => {
    if (reason !== undefined) return;
    reason = why;
    hard = setTimeout(() => connection.destroy(), killGraceMs);
    killing = pool.kill(connection.threadId, 'query', AbortSignal.timeout(killGraceMs)).catch(() => {
      connection.destroy();
    });
  };
  const timer = timeoutMs !== undefined && timeoutMs > 0 ? setTimeout(() => kill(timedOut(timeoutMs)), timeoutMs) : undefined;
  const onAbort = () => kill(interrupted(signal?.reason));
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const result = await work();
    if (reason !== undefined) throw reason;
    return result;
  } catch (error) {
    throw reason ?? error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    if (killing !== undefined) {
      await killing;
      clearTimeout(hard);
      await absorbLateKill(lease);
    }
  }
}

/** A KILL that arrives after its statement ended would hit the next one: give it one to hit. */
async function absorbLateKill({ connection }: Lease): Promise<void> {
  if (connection.closed) return;
  try {
    await connection.query('do 0');
  } catch {
    // 1317 is what it is for; a lost connection shows at its next use.
  }
}

function timedOut(ms: number): VtrewindError {
  return new VtrewindError({ code: 'VTR0332', mysql: 3024, grpc: 'CANCELED', message: `Query execution was interrupted, maximum statement execution time exceeded (${ms} ms)` });
}

function interrupted(reason: unknown): VtrewindError {
  if (reason instanceof VtrewindError) return reason;
  return new VtrewindError({ code: 'VTR0323', mysql: 1317, sqlState: '70100', grpc: 'CANCELED', message: 'Query execution was interrupted', cause: reason });
}
