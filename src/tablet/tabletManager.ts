import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import { type BackupManifest, type BackupProgress, runBackup } from '../backup/index.ts';
import { VtrewindError } from '../base/errors.ts';
import { nowMicros } from '../base/time.ts';
import { waitFor } from '../base/wait.ts';
import {
  allApplied, executedPosition, type ReplicationStatus, readReplicationStatus, resetReplication, setReadOnly, startReplication, stopReplication, waitForPosition,
} from '../mysqld/replication.ts';
import { serverFolder } from '../mysqld/serverFolder.ts';
import type { Storage } from '../storage/storage.ts';
import { findVSchema, parseShardName } from '../topo/index.ts';
import * as vschema from '../vitess/gen/vschema.ts';
import type { TabletTypeName } from '../vitess/queryService.ts';
import { decodePosition, encodePosition } from './positionText.ts';
import type { TabletAgent } from './tabletAgent.ts';

/** A replication status with the position it goes with, in Vitess's text. */
export interface PositionedStatus {
  readonly position: string;
  readonly replication: ReplicationStatus | undefined;
}

/** How long a promotion waits for what the replica has received. */
const applyReceivedMs = 30_000;

/** The calls a vtctld makes on a tablet, as plain values. Positions are in Vitess's text (`MySQL56/…`). */
export class TabletManager {
  readonly #agent: TabletAgent;
  readonly #folder: string;
  readonly #storage: Storage | undefined;
  #backingUp = false;

  constructor(agent: TabletAgent, options: { readonly folder: string; readonly storage: Storage | undefined }) {
    this.#agent = agent;
    this.#folder = options.folder;
    this.#storage = options.storage;
  }

  get #flavour() {
    return this.#agent.options.server.process.binary.flavour;
  }

  #session<T>(work: (session: Connection) => Promise<T>): Promise<T> {
    return this.#agent.options.server.withSession(work);
  }

  ping(payload: string): string {
    return payload;
  }

  primaryPosition(): Promise<string> {
    return this.#session(async (session) => encodePosition(this.#flavour, await executedPosition(session, this.#flavour)));
  }

  status(): Promise<PositionedStatus> {
    return this.#session((session) => this.#statusOf(session));
  }

  async #statusOf(session: Connection): Promise<PositionedStatus> {
    return { position: encodePosition(this.#flavour, await executedPosition(session, this.#flavour)), replication: await readReplicationStatus(session, this.#flavour) };
  }

  waitForPosition(position: string, timeoutMs: number): Promise<void> {
    return this.#session((session) => waitForPosition(session, this.#flavour, decodePosition(this.#flavour, position), timeoutMs));
  }

  stopReplication(): Promise<void> {
    return this.#agent.exclusively(() => this.#session((session) => stopReplication(session, this.#flavour)));
  }

  startReplication(): Promise<void> {
    return this.#agent.exclusively(() => this.#session((session) => startReplication(session, this.#flavour)));
  }

  resetReplication(): Promise<void> {
    return this.#agent.exclusively(() => this.#session(async (session) => {
      await stopReplication(session, this.#flavour);
      await resetReplication(session, this.#flavour);
    }));
  }

  /** `io` leaves the applier to work off what has arrived. */
  stopReplicationAndGetStatus(mode: 'io' | 'both'): Promise<{ readonly before: PositionedStatus; readonly after: PositionedStatus }> {
    return this.#agent.exclusively(() => this.#session(async (session) => {
      const before = await this.#statusOf(session);
      if (before.replication !== undefined) {
        if (mode === 'both') await stopReplication(session, this.#flavour);
        else await session.query(this.#flavour === 'mysql' ? 'STOP REPLICA IO_THREAD' : 'STOP SLAVE IO_THREAD');
      }
      return { before, after: await this.#statusOf(session) };
    }));
  }

  /** The first primary of a shard. */
  initPrimary(): Promise<string> {
    return this.#promote();
  }

  /** Works off what has been received, then takes writes. The Tablet and the Shard record say so before this returns. */
  promoteReplica(): Promise<string> {
    return this.#promote();
  }

  async #promote(): Promise<string> {
    return this.#agent.exclusively(async () => {
      const { role } = this.#agent;
      if (role.kind === 'restoring' || role.kind === 'restored') throw new VtrewindError({ code: 'VTR0606', grpc: 'FAILED_PRECONDITION', message: 'a snapshot keyspace has no primary', hint: 'it is read-only: write to its base keyspace' });
      await this.#session((session) => this.#applyReceived(session));
      await this.#agent.becomePrimary(nowMicros());
      return this.primaryPosition();
    });
  }

  /** What has reached the relay log was acknowledged by nobody but may be seen by others: it is applied before a promotion. Bounded in time. */
  async #applyReceived(session: Connection): Promise<void> {
    const status = await readReplicationStatus(session, this.#flavour);
    if (status === undefined || !status.sqlRunning) return;
    await session.query(this.#flavour === 'mysql' ? 'STOP REPLICA IO_THREAD' : 'STOP SLAVE IO_THREAD');
    await waitFor('the received transactions to be applied', () => allApplied(session, this.#flavour), { timeoutMs: applyReceivedMs });
  }

  async demotePrimary(): Promise<string> {
    return this.#agent.exclusively(async () => {
      await this.#agent.demote();
      return this.primaryPosition();
    });
  }

  undoDemotePrimary(): Promise<void> {
    return this.#agent.exclusively(async () => {
      const { role } = this.#agent;
      if (role.kind !== 'demoted') return;
      await this.#agent.becomePrimary(role.termStart);
    });
  }

  /** Follows `parent` (an alias); with `waitPosition`, returns once that much is there. */
  async setReplicationSource(parent: string, options: { readonly waitPosition?: string; readonly startReplication?: boolean; readonly waitTimeoutMs?: number } = {}): Promise<void> {
    await this.#agent.exclusively(async () => {
      const { role } = this.#agent;
      if (role.kind === 'restoring' || role.kind === 'restored') throw new VtrewindError({ code: 'VTR0606', grpc: 'FAILED_PRECONDITION', message: 'a tablet of a snapshot keyspace replicates from nobody' });
      await this.#agent.becomeReplica(parent);
    });
    if (options.startReplication === false) await this.stopReplication();
    else if (options.waitPosition !== undefined && options.waitPosition !== '') await this.waitForPosition(options.waitPosition, options.waitTimeoutMs ?? 30_000);
  }

  changeType(type: TabletTypeName): Promise<void> {
    return this.#agent.exclusively(() => this.#agent.changeType(type));
  }

  setReadOnly(on: boolean): Promise<void> {
    return this.#agent.exclusively(() => this.#session((session) => setReadOnly(session, this.#flavour, on)));
  }

  runHealthCheck(): Promise<void> {
    return this.#agent.checkHealth();
  }

  reloadSchema(): Promise<void> {
    return this.#agent.reloadSchema();
  }

  /** A full backup of this server, which goes on serving. One at a time. Throws VTR0611 without storage or while another runs. */
  async backup(options: { readonly concurrency?: number; readonly onProgress?: (progress: BackupProgress) => void; readonly signal?: AbortSignal } = {}): Promise<BackupManifest> {
    const { identity, server, topology, log } = this.#agent.options;
    const storage = this.#storage;
    const refuse = (message: string, hint: string) => new VtrewindError({ code: 'VTR0611', grpc: 'FAILED_PRECONDITION', message, hint });
    if (storage === undefined) throw refuse('this tablet has no backup storage', 'start it with --file-backup-storage-root');
    if (this.#backingUp) throw refuse(`a backup of ${identity.alias} is running already`, 'wait for it to end');
    if (this.#agent.role.kind === 'restoring' || this.#agent.role.kind === 'restored') throw refuse('a tablet of a snapshot keyspace is not backed up', 'back up its base keyspace');
    this.#backingUp = true;
    try {
      const { binary, folder } = server.process;
      const scratchFolder = join(this.#folder, 'scratch');
      await mkdir(scratchFolder, { recursive: true, mode: 0o700 });
      const range = parseShardName(identity.shard).keyRange;
      const known = await findVSchema(topology, identity.keyspace);
      return await runBackup({
        donor: { binary, socket: folder.socket, dataDir: serverFolder(this.#folder).data, scratchFolder, connect: () => server.connect() },
        storage, keyspace: identity.keyspace, shard: identity.shard, keyRange: { start: range?.start.toString('hex') ?? '', end: range?.end.toString('hex') ?? '' },
        tabletAlias: identity.alias, log, ...options, ...(known === undefined ? {} : { vschema: vschema.Keyspace.toJSON(known.record) }),
      });
    } finally {
      this.#backingUp = false;
    }
  }
}
