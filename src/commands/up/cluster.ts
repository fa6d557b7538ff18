import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VtrewindError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { waitFor } from '../../base/wait.ts';
import { type ControlClient, connectControl } from '../../control/index.ts';
import { splitStatements } from '../../sql/index.ts';
import { findKeyspace, type OpenTopology, openTopo, paths, sameServer } from '../../topo/index.ts';
import { CellInfo, KeyspaceType } from '../../vitess/gen/topodata.ts';
import { Keyspace as VSchemaRecord } from '../../vitess/gen/vschema.ts';
import { ensureCredentials } from '../credentials.ts';
import type { ClusterConfig, KeyspaceConfig } from './clusterConfig.ts';
import { type ClusterState, type KeyspaceState, readClusterState, settleAddress, writeClusterState } from './clusterState.ts';
import { ProcessTree, type ReadyReport } from './processTree.ts';

/** A keyspace as `up` makes it: the config's, with its files read. */
export interface NewKeyspace {
  readonly name: string;
  readonly shards: readonly string[];
  readonly replicas: number;
  /** Vitess's JSON form. */
  readonly vschema?: Readonly<Record<string, unknown>>;
  /** SQL for each shard. */
  readonly schema?: string;
}

/** A role's start, with initialising a data directory and crash recovery, may take this long. */
const roleStartMs = 180_000;
/** From the last role's start until the gate sees every shard serve. */
const servingMs = 120_000;
/** A larger young generation: most of what a gate makes for a statement is gone before it is full. At 4 connections 50.4 us of CPU a point select became 47.2 (bench/gate). */
const gateNodeArgs = ['--max-semi-space-size=32'];

/** One cluster in one process tree: the topology in this process, every role in a child of its own. */
export class Cluster {
  readonly #config: ClusterConfig;
  readonly #log: Log;
  readonly #tree: ProcessTree;
  readonly #topology: OpenTopology;
  readonly #credentials: string;
  #state: ClusterState;
  #control: ControlClient | undefined;
  #gateHttp = '';
  #stopped: Promise<void> | undefined;
  readonly #ending = new AbortController();
  /** Changes of the set of keyspaces happen one after the other. */
  #changes: Promise<unknown> = Promise.resolve();

  private constructor(config: ClusterConfig, log: Log, topology: OpenTopology, credentials: string) {
    this.#config = config;
    this.#log = log;
    this.#topology = topology;
    this.#credentials = credentials;
    this.#state = readClusterState(config.data);
    this.#tree = new ProcessTree({ log, logFolder: join(config.data, 'logs') });
  }

  /** Starts everything and resolves with the addresses when every shard serves. On failure what was started is stopped again. */
  static async start(config: ClusterConfig, keyspaces: readonly NewKeyspace[], log: Log, signal?: AbortSignal): Promise<{ readonly cluster: Cluster; readonly ready: ReadyReport }> {
    const settled: ClusterConfig = {
      ...config,
      gate: { ...config.gate, mysql: await settleAddress(config.gate.mysql, 'the gate'), http: await settleAddress(config.gate.http, "the gate's status") },
      control: await settleAddress(config.control, 'control'),
      archiver: await settleAddress(config.archiver, 'the archiver'),
    };
    const topology = await openTopo({ kind: 'embedded', directory: join(config.data, 'topo'), serve: true });
    let cluster: Cluster | undefined;
    const onAbort = () => void cluster?.stop();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const credentials = await ensureCredentials(join(config.data, 'credentials.json'));
      cluster = new Cluster(settled, log, topology, credentials);
      return { cluster, ready: await cluster.#start(keyspaces) };
    } catch (error) {
      if (cluster === undefined) await topology.close();
      else await cluster.stop();
      throw error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async #start(keyspaces: readonly NewKeyspace[]): Promise<ReadyReport> {
    const { cell, gate, control, archiver, data } = this.#config;
    if ((await this.#topology.global.get(paths.cellInfo(cell))) === undefined) {
      await this.#topology.global.create(paths.cellInfo(cell), CellInfo.encode(CellInfo.fromPartial({ serverAddress: sameServer, root: `/vitess/${cell}` })).finish());
    }
    await this.#role('control', ['control', `--grpc-address=${control}`, ...this.#storageFlags()]);
    this.#control = connectControl(control);
    await Promise.all(this.#state.keyspaces.map((known) => this.#startTablets(known)));
    for (const keyspace of keyspaces) await this.#prepareKeyspace(keyspace);
    await this.#role('archiver', ['archiver', `--cell=${cell}`, `--listen=${archiver}`, `--db-credentials-file=${this.#credentials}`, ...this.#storageFlags()]);
    const ready = await this.#role('gate', [
      'gate', `--cell=${cell}`, `--mysql-address=${gate.mysql}`, `--http-address=${gate.http}`, `--tablet-protocol=${gate.tabletProtocol}`, `--db-credentials-file=${this.#credentials}`, '--dbddl-plugin=up',
      `--scratch-mysqld=${gate.scratchMysqld ?? this.#config.mysqld}`,
      ...(gate.users === undefined ? [] : [`--mysql-auth-server-static-file=${gate.users}`]),
    ], (request, body) => this.#onGateRequest(request, body));
    this.#gateHttp = String(ready['http']);
    await this.#waitUntilServing(this.#state.keyspaces);
    return { mysql: gate.mysql, http: gate.http, control, archiver, topology: this.#topology.endpoint ?? '', data };
  }

  /** Process ids by role, for tests that kill them. */
  pids(): Record<string, number> {
    return this.#tree.pids();
  }

  /** Drains the gate first, then stops the rest; the topology last. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#ending.abort(new VtrewindError({ code: 'VTR0929', grpc: 'CANCELED', message: 'the cluster is being stopped' }));
    this.#control?.close();
    for (const layer of [/^gate$/, /^archiver$/, /^tablet /, /^control$/]) await this.#tree.stopAll((name) => layer.test(name));
    await this.#topology.close();
  }

  /** Makes a keyspace with its tablets, applies vschema and schema, and waits until the gate sees it serve. Throws 1007 when it exists. */
  createKeyspace(keyspace: NewKeyspace): Promise<void> {
    return this.#oneAtATime(async () => {
      if ((await findKeyspace(this.#topology, keyspace.name)) !== undefined) {
        throw new VtrewindError({ code: 'VTR0923', mysql: 1007, grpc: 'ALREADY_EXISTS', message: `Can't create database '${keyspace.name}'; database exists` });
      }
      await this.#prepareKeyspace(keyspace);
      await this.#waitUntilServing(this.#state.keyspaces.filter((known) => known.name === keyspace.name));
    });
  }

  /** Stops the keyspace's tablets, deletes its records and data; its backups and archive stay. Throws 1008 when `up` made no such keyspace. */
  dropKeyspace(name: string): Promise<void> {
    return this.#oneAtATime(async () => {
      const known = this.#state.keyspaces.find((keyspace) => keyspace.name === name);
      if (known === undefined) throw new VtrewindError({ code: 'VTR0924', mysql: 1008, grpc: 'NOT_FOUND', message: `Can't drop database '${name}'; database doesn't exist` });
      await this.#controlClient().call('deleteKeyspace', { keyspace: name, recursive: true, force: false });
      await this.#save({ ...this.#state, keyspaces: this.#state.keyspaces.filter((keyspace) => keyspace.name !== name) });
      await this.#tree.stopAll((role) => role.startsWith(`tablet ${name}/`));
      for (const uid of known.shards.flatMap((shard) => shard.tabletUids)) await rm(this.#tabletFolder(uid), { recursive: true, force: true });
    });
  }

  async #onGateRequest(request: string, body: unknown): Promise<unknown> {
    const name = (body as { name?: unknown }).name;
    if (typeof name !== 'string') throw new VtrewindError({ code: 'VTR0906', message: `'${request}' without a name` });
    if (request === 'createDatabase') await this.createKeyspace({ name, shards: ['0'], replicas: 0 });
    else if (request === 'dropDatabase') await this.dropKeyspace(name);
    else throw new VtrewindError({ code: 'VTR0906', grpc: 'UNIMPLEMENTED', message: `nobody answers '${request}' here` });
    return undefined;
  }

  async #prepareKeyspace(keyspace: NewKeyspace): Promise<void> {
    let known = this.#state.keyspaces.find((candidate) => candidate.name === keyspace.name);
    if (known !== undefined && known.shards.map((shard) => shard.name).join() !== keyspace.shards.join()) {
      throw new VtrewindError({
        code: 'VTR0925', grpc: 'FAILED_PRECONDITION', message: `keyspace ${keyspace.name} has shards ${known.shards.map((shard) => shard.name).join(', ')}; the cluster config says ${keyspace.shards.join(', ')}`,
        hint: `set them back, or start with another data folder than ${this.#config.data}`,
      });
    }
    if (known === undefined) {
      known = await this.#allotTablets(keyspace);
      await this.#startTablets(known);
    }
    if (known.initialised) return;
    const control = this.#controlClient();
    await control.call('rebuildKeyspaceGraph', { keyspace: keyspace.name, cells: [], allowPartial: false });
    await control.call('applyVSchema', { keyspace: keyspace.name, vSchema: VSchemaRecord.fromJSON(keyspace.vschema ?? {}), skipRebuild: false, dryRun: false, cells: [], sql: '', strict: false });
    const { schema = '' } = keyspace;
    const statements = splitStatements(schema).map(({ start, end }) => schema.slice(start, end));
    if (statements.length > 0) {
      await control.call('applySchema', { keyspace: keyspace.name, sql: statements, ddlStrategy: 'direct', uuidList: [], migrationContext: '', waitReplicasTimeout: undefined, callerId: undefined, batchSize: 0n }, { timeoutMs: 600_000 });
    }
    const { name } = keyspace;
    await this.#save({ ...this.#state, keyspaces: this.#state.keyspaces.map((candidate) => (candidate.name === name ? { ...candidate, initialised: true } : candidate)) });
  }

  /** Writes down which tablets a new keyspace gets before any is made, so that a crash in between leaves nothing unowned. */
  async #allotTablets(keyspace: NewKeyspace): Promise<KeyspaceState> {
    let uid = this.#state.nextUid;
    const known: KeyspaceState = { name: keyspace.name, initialised: false, shards: keyspace.shards.map((name) => ({ name, tabletUids: Array.from({ length: 1 + keyspace.replicas }, () => uid++) })) };
    await this.#save({ nextUid: uid, keyspaces: [...this.#state.keyspaces, known] });
    return known;
  }

  async #startTablets(known: KeyspaceState): Promise<void> {
    const control = this.#controlClient();
    await control.call('createKeyspace', { name: known.name, force: true, allowEmptyVSchema: false, type: KeyspaceType.NORMAL, baseKeyspace: '', snapshotTime: undefined, durabilityPolicy: '', sidecarDbName: '' });
    for (const shard of known.shards) await control.call('createShard', { keyspace: known.name, shardName: shard.name, force: true, includeParent: false });
    await Promise.all(known.shards.flatMap((shard) => shard.tabletUids.map((uid, index) => this.#startTablet(known.name, shard.name, uid, index === 0))));
  }

  async #startTablet(keyspace: string, shard: string, uid: number, first: boolean): Promise<void> {
    await this.#role(`tablet ${keyspace}/${shard} ${uid}`, [
      'tablet', `--tablet-path=${this.#config.cell}-${uid}`, `--init-keyspace=${keyspace}`, `--init-shard=${shard}`, `--tablet-dir=${this.#tabletFolder(uid)}`, `--mysqld=${this.#config.mysqld}`,
      `--db-credentials-file=${this.#credentials}`, ...(first ? ['--init-primary'] : []), ...this.#storageFlags(),
    ]);
  }

  async #waitUntilServing(keyspaces: readonly KeyspaceState[]): Promise<void> {
    const wanted = keyspaces.flatMap((keyspace) => keyspace.shards.map((shard) => ({ keyspace: keyspace.name, shard: shard.name, tablets: shard.tabletUids.length })));
    await waitFor(
      `${wanted.map(({ keyspace, shard }) => `${keyspace}/${shard}`).join(', ')} to serve`,
      async () => {
        const response = await fetch(`http://${this.#gateHttp}/debug/health`, { signal: AbortSignal.timeout(5_000) });
        const seen = (await response.json()) as readonly { readonly keyspace: string; readonly shard: string; readonly tabletType: string; readonly serving: boolean }[];
        return wanted.every(({ keyspace, shard, tablets }) => {
          const serving = seen.filter((tablet) => tablet.keyspace === keyspace && tablet.shard === shard && tablet.serving);
          return serving.some((tablet) => tablet.tabletType === 'PRIMARY') && serving.length >= tablets;
        });
      },
      { timeoutMs: servingMs, everyMs: 100, signal: this.#ending.signal },
    );
  }

  #role(name: string, args: readonly string[], onRequest?: (request: string, body: unknown) => Promise<unknown>): Promise<ReadyReport> {
    const topology = [`--topo-implementation=etcd2`, `--topo-global-server-address=${this.#topology.endpoint ?? ''}`];
    return this.#tree.start({ name, args: [...args, ...topology], ...(name === 'gate' ? { nodeArgs: gateNodeArgs } : {}), ...(onRequest === undefined ? {} : { onRequest }) }, roleStartMs);
  }

  #storageFlags(): string[] {
    return ['--backup-storage-implementation=file', `--file-backup-storage-root=${join(this.#config.data, 'backups')}`];
  }

  #tabletFolder(uid: number): string {
    return join(this.#config.data, `${this.#config.cell}-${uid}`);
  }

  #controlClient(): ControlClient {
    if (this.#control === undefined) throw new VtrewindError({ code: 'VTR0926', message: 'control was not started yet' });
    return this.#control;
  }

  async #save(state: ClusterState): Promise<void> {
    await writeClusterState(this.#config.data, state);
    this.#state = state;
  }

  #oneAtATime<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#changes.then(work);
    this.#changes = mine.catch((error: unknown) => this.#log.info({ error: VtrewindError.from(error).message }, 'change of keyspaces failed'));
    return mine;
  }
}

/** Reads what the config names by file. */
export async function newKeyspaces(configs: readonly KeyspaceConfig[]): Promise<NewKeyspace[]> {
  const { readFile } = await import('node:fs/promises');
  return Promise.all(
    configs.map(async ({ name, shards, replicas, vschema, schema }) => ({
      name, shards, replicas,
      ...(vschema === undefined || typeof vschema === 'string' ? {} : { vschema }),
      ...(schema === undefined ? {} : { schema: await readFile(schema, 'utf8') }),
    })),
  );
}
