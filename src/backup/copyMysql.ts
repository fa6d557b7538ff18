import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import { VtrewindError } from '../base/errors.ts';
import { MysqldProcess } from '../mysqld/mysqldProcess.ts';
import { serverFolder } from '../mysqld/serverFolder.ts';
import { startChild } from './childStream.ts';
import { describeServer, type Donor, readClock, readPosition, rows, tablesOutsideInnodb } from './donor.ts';
import type { HotCopy } from './hotCopy.ts';

/**
 * MySQL's own clone into a folder beside the data, then a tar stream of it. A clone silently leaves tables outside InnoDB empty, so where there are any it is refused by
 * name, before and after. A local clone reports no GTIDs: the server's executed set just before and just after bound it, and the exact set is read from the
 * copy, started for a moment without network, binlog, events or replication. That start also proves that the copy can be opened.
 */
export async function copyMysql(donor: Donor, signal?: AbortSignal): Promise<HotCopy> {
  const work = await mkdtemp(join(donor.scratchFolder, 'backup-'));
  try {
    const session = await donor.connect();
    let bounds: { before: string; after: string; committedBefore: number };
    let required: readonly string[];
    let subset: (a: string, b: string) => Promise<boolean>;
    let exact: string;
    try {
      await ensureClonePlugin(session);
      await refuseOutsideInnodb(session);
      required = (await describeServer(session, donor.binary)).requiredOptions;
      const before = await readPosition(session, 'mysql');
      await cloneInto(session, donor, serverFolder(work).data, signal);
      bounds = { before, after: await readPosition(session, 'mysql'), committedBefore: await readClock(session) };
      await refuseOutsideInnodb(session);
      subset = async (a, b) => String((await rows(session, `SELECT GTID_SUBSET(${session.escape(a)}, ${session.escape(b)}) AS yes`))[0]?.yes) === '1';
      exact = await positionOfCopy(donor, work, required, signal);
      if (!(await subset(bounds.before, exact)) || !(await subset(exact, bounds.after))) {
        throw new VtrewindError({
          code: 'VTR0408', grpc: 'DATA_LOSS',
          message: `the copy stands at ${exact}, which does not lie between the server's positions before (${bounds.before}) and after (${bounds.after}) it; the backup is given up`,
        });
      }
    } finally {
      session.destroy();
    }
    const child = startChild('tar', ['-c', '--format=gnu', '-b', '512', '-C', serverFolder(work).data, '.'], { signal });
    return {
      stream: 'tar',
      source: child.stdout,
      async finish() {
        await child.ended;
        return { gtid: exact, ...bounds };
      },
      async close() {
        child.kill();
        await child.ended.catch(() => undefined);
        await rm(work, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(work, { recursive: true, force: true });
    throw error;
  }
}

/** Our own servers load it at the start; others get it now (this is not logged to the binlog). */
async function ensureClonePlugin(session: Connection): Promise<void> {
  const [row] = await rows(session, "SELECT plugin_status AS s FROM information_schema.plugins WHERE plugin_name = 'clone'");
  if (row?.s === 'ACTIVE') return;
  try {
    await session.query("INSTALL PLUGIN clone SONAME 'mysql_clone.so'");
  } catch (error) {
    throw new VtrewindError({
      code: 'VTR0407', grpc: 'FAILED_PRECONDITION', message: `the server's clone plugin can't be loaded: ${error instanceof Error ? error.message : String(error)}`, cause: error,
      hint: 'start the server with plugin-load-add=mysql_clone.so',
    });
  }
}

async function refuseOutsideInnodb(session: Connection): Promise<void> {
  const found = await tablesOutsideInnodb(session);
  if (found.length === 0) return;
  const named = found.slice(0, 10).join(', ');
  throw new VtrewindError({
    code: 'VTR0409', grpc: 'FAILED_PRECONDITION',
    message: `tables outside InnoDB would be empty in a clone, so nothing is backed up: ${named}${found.length > 10 ? ` and ${found.length - 10} more` : ''}`,
    hint: 'convert them with ALTER TABLE … ENGINE=InnoDB, or drop them',
  });
}

/** The statement runs in its own session, which is killed when the signal aborts. */
async function cloneInto(session: Connection, donor: Donor, target: string, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const id = session.threadId;
  const onAbort = () => {
    void donor.connect().then(async (other) => {
      await other.query(`KILL ${Number(id)}`).catch(() => undefined);
      other.destroy();
    }, () => undefined);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await session.query('CLONE LOCAL DATA DIRECTORY = ?', [target]);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

async function positionOfCopy(donor: Donor, work: string, required: readonly string[], signal?: AbortSignal): Promise<string> {
  const copy = await MysqldProcess.start({
    binary: donor.binary, folder: work, signal,
    settings: { port: 0, serverId: 0xffffffff, quarantine: true, extra: [...required, 'skip_log_bin', 'log_replica_updates=OFF', 'innodb_buffer_pool_load_at_startup=OFF', 'innodb_buffer_pool_dump_at_shutdown=OFF'] },
  });
  let position: string;
  let how: 'clean' | 'killed' | undefined;
  try {
    const session = await copy.connect();
    try {
      position = await readPosition(session, 'mysql');
    } finally {
      session.destroy();
    }
  } finally {
    how = await copy.stop();
    // An identity belongs to one server; the restored one makes its own.
    await rm(join(serverFolder(work).data, 'auto.cnf'), { force: true });
  }
  if (how === 'killed') throw new VtrewindError({ code: 'VTR0408', message: 'the copy did not shut down cleanly; the backup is given up' });
  return position;
}
