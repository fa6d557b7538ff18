import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { type BackupManifest, type BackupProgress, runBackup } from '../backup/index.ts';
import { VtrewindError } from '../base/errors.ts';
import { nowMicros } from '../base/time.ts';
import { waitFor } from '../base/wait.ts';
import {
  allApplied, executedPosition, readReplicationStatus, resetReplication, setReadOnly, startReplication, stopReplication, waitForPosition,
} from '../mysqld/replication.ts';
import { MysqlClientConnection } from '../mysql/clientConnection.ts';
import { serverFolder } from '../mysqld/serverFolder.ts';
import type { Storage } from '../storage/storage.ts';
import { findVSchema, parseShardName } from '../topo/index.ts';
import * as vschema from '../vitess/gen/vschema.ts';
import type { QueryResult, TabletTypeName } from '../vitess/queryService.ts';
import type { ReplicaStatus, ServerStatus, TabletManagerHandler } from '../vitess/tabletManager.ts';
import { decodePosition, encodePosition } from '../mysqld/positionText.ts';
import { readTabletSchema, type SchemaFilter } from './readTabletSchema.ts';
import type { TabletAgent } from './tabletAgent.ts';
import { typeOfRole } from './tabletRole.ts';

/** How long a promotion waits for what the replica has received. */
const applyReceivedMs = 30_000;

/** The calls a vtctld makes on a tablet, as plain values. Positions are in Vitess's text (`MySQL56/…`). */
export class TabletManager implements TabletManagerHandler {
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

  primaryStatus(): Promise<{ readonly position: string; readonly serverUuid?: string }> {
    return this.#session(async (session) => ({ position: encodePosition(this.#flavour, await executedPosition(session, this.#flavour)), ...(await this.#uuid(session)) }));
  }

  async #uuid(session: Connection): Promise<{ readonly serverUuid?: string }> {
    if (this.#flavour === 'mariadb') return {};
    const [row] = (await session.query<RowDataPacket[]>('SELECT @@server_uuid AS u'))[0];
    return { serverUuid: String(row?.u) };
  }

  replicationStatus(): Promise<ReplicaStatus> {
    return this.#session(async (session) => {
      const status = await this.#statusOf(session);
      if (status === undefined) throw new VtrewindError({ code: 'VTR0617', grpc: 'FAILED_PRECONDITION', message: 'this server replicates from nobody' });
      return status;
    });
  }

  async #statusOf(session: Connection): Promise<ReplicaStatus | undefined> {
    const status = await readReplicationStatus(session, this.#flavour);
    if (status === undefined) return undefined;
    return {
      position: encodePosition(this.#flavour, await executedPosition(session, this.#flavour)),
      ioRunning: status.ioRunning === 'connecting' ? 'connecting' : status.ioRunning === 'yes', sqlRunning: status.sqlRunning,
      ...(status.secondsBehind === undefined ? {} : { lagSeconds: status.secondsBehind }), sourceHost: status.sourceHost, sourcePort: status.sourcePort, sourceUser: status.sourceUser,
      lastIoError: status.ioError, lastSqlError: status.sqlError, ...(status.received === '' ? {} : { relayLogPosition: encodePosition(this.#flavour, status.received) }),
    };
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
  stopReplicationAndGetStatus(mode: 'io' | 'both'): Promise<{ readonly before: ReplicaStatus; readonly after: ReplicaStatus }> {
    return this.#agent.exclusively(async () => {
      const before = await this.replicationStatus();
      await this.#session(async (session) => {
        if (mode === 'both') await stopReplication(session, this.#flavour);
        else await session.query(this.#flavour === 'mysql' ? 'STOP REPLICA IO_THREAD' : 'STOP SLAVE IO_THREAD');
      });
      return { before, after: await this.replicationStatus() };
    });
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

  /** Returns once no more writes can commit; the position is the last one of this term. */
  async demotePrimary(): Promise<{ readonly position: string; readonly serverUuid?: string }> {
    return this.#agent.exclusively(async () => {
      await this.#agent.demote();
      return this.primaryStatus();
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

  /** Reads the shard record again; the agent follows it anyway. */
  refreshState(): Promise<void> {
    return this.#agent.refresh();
  }

  getSchema(filter: SchemaFilter) {
    return this.#asUser('dba', undefined, (session) => readTabletSchema(session, this.#agent.options.database, filter));
  }

  /** DDL on the primary; it reaches the replicas by replication. */
  async applySchema(options: { readonly sql: string }): Promise<void> {
    if (this.#agent.role.kind !== 'primary') throw new VtrewindError({ code: 'VTR0606', grpc: 'FAILED_PRECONDITION', message: `${this.#agent.options.identity.alias} is no primary`, hint: 'schema changes go to the primary' });
    await this.#asUser('dba', this.#agent.options.database, (session) => session.query(options.sql));
    await this.reloadSchema();
  }

  async executeFetch(as: 'dba' | 'allprivs' | 'app', query: Buffer, options: { readonly maxRows: number; readonly dbName?: string; readonly disableBinlogs?: boolean; readonly reloadSchema?: boolean }): Promise<QueryResult> {
    const result = await this.#asUser(as, options.dbName === undefined || options.dbName === '' ? this.#agent.options.database : options.dbName, async (session) => {
      if (options.disableBinlogs === true) await session.query('SET SESSION sql_log_bin = 0');
      return session.query(query, { maxRows: options.maxRows });
    });
    if (options.reloadSchema === true) await this.reloadSchema();
    return result;
  }

  /** `dba` and `allprivs` are root through the socket; `app` has what the gate has. */
  async #asUser<T>(as: 'dba' | 'allprivs' | 'app', database: string | undefined, work: (session: MysqlClientConnection) => Promise<T>): Promise<T> {
    const { server, users } = this.#agent.options;
    const account = as === 'app' ? users.app : { user: 'root', password: '' };
    const session = await MysqlClientConnection.connect({ socketPath: server.process.folder.socket, ...account, ...(database === undefined ? {} : { database }) });
    try {
      return await work(session);
    } finally {
      session.destroy();
    }
  }

  async fullStatus(): Promise<ServerStatus> {
    const { flavour, version } = this.#agent.options.server.process.binary;
    return this.#session(async (session) => {
      const mysqlOnly = flavour === 'mysql' ? ', @@server_uuid AS uuid, @@global.super_read_only AS super_ro, @@global.gtid_mode AS gtid_mode, @@global.gtid_purged AS purged, @@global.log_replica_updates AS updates' : ', @@global.log_slave_updates AS updates';
      const [row] = (await session.query<RowDataPacket[]>(`SELECT @@server_id AS id, @@version_comment AS comment, @@global.read_only AS ro, @@global.binlog_format AS format, @@global.binlog_row_image AS image, @@log_bin AS log_bin${mysqlOnly}`))[0];
      const status = await this.#statusOf(session);
      return {
        serverId: Number(row?.id), serverUuid: String(row?.uuid ?? ''), version, versionComment: String(row?.comment), readOnly: Number(row?.ro) === 1, superReadOnly: Number(row?.super_ro ?? 0) === 1,
        gtidMode: String(row?.gtid_mode ?? 'ON'), gtidPurged: String(row?.purged ?? '').replace(/\s+/g, ''), binlogFormat: String(row?.format), binlogRowImage: String(row?.image), logBinEnabled: Number(row?.log_bin) === 1,
        logReplicaUpdates: Number(row?.updates) === 1, tabletType: typeOfRole(this.#agent.role), ...(status === undefined ? { primary: await this.primaryStatus() } : { replication: status }),
      };
    });
  }

  async restoreFromBackup(): Promise<void> {
    throw new VtrewindError({
      code: 'VTR0618', grpc: 'FAILED_PRECONDITION', message: 'a tablet in service is not restored over itself',
      hint: 'create a snapshot keyspace (CreateKeyspace --type=SNAPSHOT …) and start a restore tablet; a new replica takes --restore-from-backup',
    });
  }

  /** A full backup of this server, which goes on serving. One at a time. Throws VTR0611 without storage or while another runs. */
  async backup(options: { readonly concurrency?: number }, onEvent: (line: string) => void, signal: AbortSignal): Promise<void> {
    const { keyspace, shard } = this.#agent.options.identity;
    let told = '';
    const manifest = await this.takeBackup({
      signal, ...(options.concurrency === undefined || options.concurrency === 0 ? {} : { concurrency: options.concurrency }),
      onProgress: (p) => {
        const line = `${p.phase}: ${(p.rawBytes / 1e6).toFixed(0)} MB read, ${(p.storedBytes / 1e6).toFixed(0)} MB stored`;
        if (line !== told) onEvent((told = line));
      },
    });
    onEvent(`backup ${keyspace}/${shard}/${manifest.name} complete: position ${manifest.position.gtid}`);
  }

  /** The same, with the manifest as the answer. */
  async takeBackup(options: { readonly concurrency?: number; readonly onProgress?: (progress: BackupProgress) => void; readonly signal?: AbortSignal } = {}): Promise<BackupManifest> {
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
