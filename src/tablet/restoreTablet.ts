import { rm } from 'node:fs/promises';
import { restoreBackup } from '../backup/index.ts';
import { VtrewindError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { formatMicros } from '../base/time.ts';
import { delay } from '../base/wait.ts';
import { parseGtidState } from '../binlog/gtidState.ts';
import { MysqldProcess } from '../mysqld/mysqldProcess.ts';
import type { ServerSettings } from '../mysqld/optionFile.ts';
import { executedPosition, readReplicationStatus } from '../mysqld/replication.ts';
import type { ServerBinary } from '../mysqld/serverBinary.ts';
import { serverFolder } from '../mysqld/serverFolder.ts';
import type { ArchiveAccess } from '../recovery/archiveAccess.ts';
import { occupyGtids } from '../recovery/excludedTransactions.ts';
import { gtidDistance } from '../recovery/gtidDistance.ts';
import { replay } from '../recovery/replay.ts';
import type { RestorePlan } from '../recovery/restorePlan.ts';
import type { Storage } from '../storage/storage.ts';
import { keepOnlyTables } from './keepOnlyTables.ts';
import { writeLocally } from './localAccounts.ts';
import { writeReached, writeRestoredFrom } from './localMetadata.ts';
import { drawServerId, knownServerIds, replaySettings, servingSettings, settleQuarantine } from './quarantine.ts';
import { knownMicros, type RestoreProgressReporter } from './restoreProgress.ts';
import { loadRestoreState, type RestorePhase, type RestoreState, saveRestoreState } from './restoreState.ts';

export interface RestoreTabletOptions {
  readonly folder: string;
  readonly binary: ServerBinary;
  readonly storage: Storage;
  /** The port it serves on, once it does. */
  readonly port: number;
  readonly bindAddress: string;
  readonly writes: boolean;
  readonly bufferPoolBytes?: number;
  readonly mysqldOptions: readonly string[];
  readonly progress: RestoreProgressReporter;
  readonly openArchive: () => Promise<ArchiveAccess | undefined>;
  /** Made anew when there is none yet, or when the keyspace's moment is another one than before. */
  readonly makePlan: (archive: ArchiveAccess | undefined) => Promise<RestorePlan>;
  /** What the keyspace record asks for now: a kept plan of another moment is not gone on with. */
  readonly isCurrent: (plan: RestorePlan) => boolean;
  readonly onPhase: (phase: string) => void;
  readonly log: Log;
  readonly signal: AbortSignal;
}

export interface RestoredServer {
  readonly plan: RestorePlan;
  readonly settings: ServerSettings;
  readonly reached: string;
}

/** Failures that may pass by themselves are tried again after this long, doubling up to the last. */
const firstRetryMs = 1_000;
const lastRetryMs = 30_000;

/**
 * Takes a restore from wherever it is to `serving` and answers with the settings under which the server may be started for readers. It gives up only when the signal aborts; a failure that
 * can't pass by itself is thrown after it was written down (`failed`).
 */
export async function restoreTablet(options: RestoreTabletOptions): Promise<RestoredServer> {
  let retryMs = firstRetryMs;
  for (;;) {
    const run = new RestoreRun(options);
    try {
      return await run.toServing();
    } catch (caught) {
      options.signal.throwIfAborted();
      const error = VtrewindError.from(caught, 'VTR0614');
      if (!mayPass(error)) {
        await run.fail(error);
        throw error;
      }
      options.progress.update({ error: error.message });
      options.log.warn({ err: error, retryInMs: retryMs }, 'the restore failed; it is tried again');
      await delay(retryMs, options.signal);
      retryMs = Math.min(retryMs * 2, lastRetryMs);
    }
  }
}

function mayPass(error: VtrewindError): boolean {
  return error.grpc === 'UNAVAILABLE' || error.grpc === 'DEADLINE_EXCEEDED' || error.grpc === 'RESOURCE_EXHAUSTED' || error.grpc === 'ABORTED';
}

class RestoreRun {
  readonly #options: RestoreTabletOptions;
  #state: RestoreState | undefined;
  #archive: ArchiveAccess | undefined;
  #archiveOpened = false;
  #resumedReplay = false;

  constructor(options: RestoreTabletOptions) {
    this.#options = options;
  }

  async toServing(): Promise<RestoredServer> {
    try {
      let state = await this.#resume();
      for (;;) {
        this.#options.signal.throwIfAborted();
        this.#announce(state);
        switch (state.phase) {
          case 'planned': state = await this.#to({ ...state, phase: 'fetching' }); break;
          case 'fetching': state = await this.#fetch(state.plan, state.backup); break;
          case 'starting': state = await this.#settle(state); break;
          case 'replaying': state = await this.#replay(state); break;
          case 'verifying': state = await this.#verify(state); break;
          case 'serving': return { plan: state.plan, reached: state.reached, settings: this.#servingSettings(state) };
          case 'failed': throw new VtrewindError({ code: 'VTR0614', message: 'a failed restore was not resumed' });
          default: return unreachable(state);
        }
      }
    } finally {
      // Kept from one phase to the next; an end between two phases takes it along.
      await this.#server?.stop();
      this.#server = undefined;
      await this.#archive?.close();
    }
  }

  /** Writes the failure down beside where to resume. */
  async fail(error: VtrewindError): Promise<void> {
    const { folder, progress, log } = this.#options;
    const state = this.#state;
    const resumeAt: RestorePhase = state === undefined ? 'planned' : state.phase === 'failed' ? state.resumeAt : state.phase;
    log.error({ err: error, phase: resumeAt }, 'restore failed');
    // A state that can be resumed stays as it is; the failure of planning has none and is kept as such.
    if (state === undefined || state.phase === 'failed') {
      await saveRestoreState(folder, { phase: 'failed', resumeAt, error: { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) } });
    }
    await progress.finish({ state: 'failed', phase: resumeAt, error: error.hint === undefined ? error.message : `${error.message} (${error.hint})` });
  }

  async #resume(): Promise<RestoreState> {
    const { folder, log } = this.#options;
    const kept = await loadRestoreState(folder);
    if (kept !== undefined && kept.phase !== 'failed') {
      if (this.#options.isCurrent(kept.plan)) {
        log.info({ phase: kept.phase }, 'the restore goes on where it was');
        this.#resumedReplay = kept.phase === 'replaying';
        this.#state = kept;
        return kept;
      }
      log.warn({ was: formatMicros(kept.plan.at) }, 'the keyspace asks for another moment than before: the restore begins anew');
    }
    await this.#removeData();
    const plan = await this.#options.makePlan(await this.#openArchive());
    for (const warning of plan.cut.warnings) log.warn({ warning }, 'about the cut');
    for (const skipped of plan.skipped) log.info(skipped, 'this backup is not used');
    return this.#to({ phase: 'planned', plan, backup: 0 });
  }

  async #fetch(plan: RestorePlan, index: number): Promise<RestoreState> {
    const { storage, binary, progress, signal, log } = this.#options;
    const backup = chosen(plan, index);
    // Interrupted fetches leave nothing in place, but a crash between the rename and the next state leaves all of it.
    await this.#removeData();
    try {
      await restoreBackup({
        storage, folder: backup.folder, binary, dataDir: this.#folder.data, signal,
        onProgress: (p) => progress.update({ phase: p.phase === 'fetching' ? 'fetching' : 'preparing', fraction: p.totalBytes === 0 ? 1 : p.rawBytes / p.totalBytes, bytesDone: p.rawBytes, bytesTotal: p.totalBytes }),
      });
    } catch (caught) {
      const error = VtrewindError.from(caught);
      if (error.grpc !== 'DATA_LOSS' || plan.backups[index + 1] === undefined) throw error;
      log.warn({ backup: backup.folder, err: error, next: plan.backups[index + 1]?.folder }, 'this backup is damaged; the next older one is used');
      const { skipped } = plan;
      return this.#to({ phase: 'planned', plan: { ...plan, skipped: [...skipped, { folder: backup.folder, why: error.message }] }, backup: index + 1 });
    }
    return this.#to({ phase: 'starting', plan, backup: index, serverId: drawServerId(knownServerIds(plan)) });
  }

  async #settle(state: Extract<RestoreState, { phase: 'starting' }>): Promise<RestoreState> {
    const { binary } = this.#options;
    const backup = chosen(state.plan, state.backup);
    await this.#withServer(state, async (server) => {
      const session = await server.connect();
      try {
        await settleQuarantine(session, binary, backup.position);
        await writeRestoredFrom(session, binary.flavour, state.plan, backup);
        if (binary.flavour === 'mysql' && state.plan.exclude.length > 0) await writeLocally(session, 'mysql', () => occupyGtids(session, state.plan.exclude));
      } finally {
        session.destroy();
      }
    });
    return this.#to({ ...state, phase: 'replaying' });
  }

  async #replay(state: Extract<RestoreState, { phase: 'replaying' }>): Promise<RestoreState> {
    const { progress, signal } = this.#options;
    const { plan } = state;
    const total = Math.max(1, plan.transactions);
    const resumed = this.#resumedReplay;
    this.#resumedReplay = false;
    const work = this.#withServer(state, async (server) => {
      const from = await positionOf(server);
      if (parseGtidState(plan.flavour, from).equals(parseGtidState(plan.flavour, plan.cut.gtid))) return;
      const archive = await this.#openArchive();
      if (archive === undefined) throw new VtrewindError({ code: 'VTR0703', grpc: 'FAILED_PRECONDITION', message: 'there is no archive to replay from' });
      const source = await archive.serveUntil({ flavour: plan.flavour, gtid: plan.cut.gtid, reachedAt: plan.cut.reachedAt, warnings: [] }, from, { exclude: plan.flavour === 'mariadb' ? plan.exclude : [], signal });
      try {
        await replay({
          connect: () => server.connect(), flavour: plan.flavour, source, target: plan.cut.gtid, signal,
          onProgress: (reached) => progress.update({ state: 'replaying', phase: 'replaying', gtidSet: reached, fraction: 1 - gtidDistance(plan.flavour, reached, plan.cut.gtid) / total }),
        });
      } finally {
        await source.close();
      }
    });
    try {
      await work;
    } catch (error) {
      // A crash can leave a statement half recorded (MariaDB's DDL is not always atomic with its position): what was replayed is thrown away once, not patched.
      if (!resumed || VtrewindError.from(error).code !== 'VTR0704') throw error;
      this.#options.log.warn({ err: error }, 'the replay could not be resumed; the backup is put in place again');
      return this.#to({ phase: 'fetching', plan, backup: state.backup });
    }
    return this.#to({ ...state, phase: 'verifying' });
  }

  /** The cut is reached exactly, nothing replicates, and the database is there. Only then is the reached moment written down. */
  async #verify(state: Extract<RestoreState, { phase: 'verifying' }>): Promise<RestoreState> {
    const { binary } = this.#options;
    const { plan } = state;
    const reached = await this.#withServer(state, async (server) => {
      const session = await server.connect();
      try {
        const position = await executedPosition(session, binary.flavour);
        const refuse = (why: string) => new VtrewindError({ code: 'VTR0615', grpc: 'DATA_LOSS', message: `the restored server is not served: ${why}` });
        if (!parseGtidState(plan.flavour, position).equals(parseGtidState(plan.flavour, plan.cut.gtid))) throw refuse(`it stands at ${position}, the cut is ${plan.cut.gtid}`);
        if ((await readReplicationStatus(session, binary.flavour)) !== undefined) throw refuse('it still has a replication source');
        const [found] = await session.query('SELECT 1 FROM information_schema.schemata WHERE schema_name = ?', [plan.database]);
        if ((found as unknown[]).length === 0) throw refuse(`it has no database ${plan.database}`);
        if (plan.tables !== undefined) await writeLocally(session, binary.flavour, () => keepOnlyTables(session, plan.database, plan.tables ?? []));
        await writeReached(session, binary.flavour, plan, { gtid: position, at: plan.cut.reachedAt });
        return position;
      } finally {
        session.destroy();
      }
    });
    const cutAt = plan.cut.reachedAt;
    return this.#to({ ...state, phase: 'serving', reached, ...(cutAt === undefined ? {} : { reachedAt: cutAt }) });
  }

  #server: MysqldProcess | undefined;

  /** The server under quarantine: adopted when it still runs from before, and stopped cleanly at the end of the last phase that needs it. */
  async #withServer<T>(state: Extract<RestoreState, { serverId: number }>, work: (server: MysqldProcess) => Promise<T>): Promise<T> {
    const { binary, folder, signal, bufferPoolBytes, mysqldOptions } = this.#options;
    if (this.#server?.running !== true) {
      const start = {
        binary, folder, signal,
        settings: replaySettings(binary, state.serverId, chosen(state.plan, state.backup).requiredOptions, { extra: mysqldOptions, ...(bufferPoolBytes === undefined ? {} : { bufferPoolBytes }) }),
      };
      this.#server = (await MysqldProcess.adopt(start)) ?? (await MysqldProcess.start(start));
    }
    const server = this.#server;
    let done = false;
    try {
      const result = await work(server);
      done = true;
      return result;
    } finally {
      if (!done || state.phase === 'verifying') {
        this.#server = undefined;
        await server.stop();
      }
    }
  }

  async #openArchive(): Promise<ArchiveAccess | undefined> {
    if (!this.#archiveOpened) this.#archive = await this.#options.openArchive();
    this.#archiveOpened = true;
    return this.#archive;
  }

  async #removeData(): Promise<void> {
    const { binary, folder } = this.#options;
    const left = await MysqldProcess.adopt({ binary, folder, settings: { port: 0, serverId: 1 } });
    await left?.stop();
    for (const path of [this.#folder.data, this.#folder.binlog, this.#folder.relayLog]) await rm(path, { recursive: true, force: true });
  }

  async #to(state: RestoreState): Promise<RestoreState> {
    await saveRestoreState(this.#options.folder, state);
    this.#state = state;
    return state;
  }

  #announce(state: RestoreState): void {
    if (state.phase === 'failed') return;
    const backup = chosen(state.plan, state.backup);
    this.#options.log.info({ phase: state.phase, backup: backup.folder }, 'restore');
    this.#options.onPhase(state.phase);
    this.#options.progress.update({
      state: state.phase === 'replaying' || state.phase === 'verifying' ? 'replaying' : 'restoring', phase: state.phase, backup: backup.name,
      ...(state.phase === 'serving' ? { gtidSet: state.reached, ...knownMicros(state.reachedAt) } : {}),
    });
  }

  #servingSettings(state: Extract<RestoreState, { phase: 'serving' }>): ServerSettings {
    const { binary, port, bindAddress, writes, mysqldOptions, bufferPoolBytes } = this.#options;
    return servingSettings(binary, state.serverId, port, chosen(state.plan, state.backup).requiredOptions, { writes, bindAddress, extra: mysqldOptions, ...(bufferPoolBytes === undefined ? {} : { bufferPoolBytes }) });
  }

  get #folder() {
    return serverFolder(this.#options.folder);
  }
}

async function positionOf(server: MysqldProcess): Promise<string> {
  const session = await server.connect();
  try {
    return await executedPosition(session, server.binary.flavour);
  } finally {
    session.destroy();
  }
}

function chosen(plan: RestorePlan, index: number): RestorePlan['backups'][number] {
  const backup = plan.backups[index];
  if (backup === undefined) throw new VtrewindError({ code: 'VTR0614', message: `the restore plan has no backup number ${index}` });
  return backup;
}

function unreachable(state: never): never {
  throw new VtrewindError({ code: 'VTR0614', message: `unknown state ${JSON.stringify(state)}` });
}
