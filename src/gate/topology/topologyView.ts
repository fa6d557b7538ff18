import type { Log } from '../../base/log.ts';
import type { Metrics } from '../../base/metrics.ts';
import { formatMicros } from '../../base/time.ts';
import type { ShardInfo } from '../../engine/vcursor.ts';
import { decodeRecord, listCellsAliases, nameInPath, paths, type TopoEntry, type Topology } from '../../topo/index.ts';
import { SrvKeyspace, Tablet } from '../../vitess/gen/topodata.ts';
import { SrvVSchema } from '../../vitess/gen/vschema.ts';
import type { TabletTypeName } from '../../vitess/queryService.ts';
import { buildVSchema, type SnapshotOf, type VindexFactory, type VSchema } from '../../vschema/index.ts';
import { KeyspaceRecords, type SnapshotKeyspace } from './keyspaceRecords.ts';
import { RecordFollower, type SourceState } from './recordFollower.ts';
import { RecordMap } from './recordMap.ts';
import { namedShards, partitionShards } from './servingShards.ts';
import { TopologyMetrics } from './topologyMetrics.ts';

export interface TopologyViewOptions {
  readonly topo: Topology;
  /** The gate's own cell: its serving graph and vschema are the ones that count. */
  readonly cell: string;
  /** Cells, or aliases of cells, whose tablets are used; default the own one. */
  readonly cellsToWatch?: readonly string[];
  /** Default: all. */
  readonly keyspacesToWatch?: readonly string[];
  readonly extraVindexTypes?: ReadonlyMap<string, VindexFactory>;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** `vschema`: names and plans; `serving`: shards; `tablets`: who there is; `snapshots`: how restores stand. */
export type TopologyChange = 'vschema' | 'serving' | 'tablets' | 'snapshots';

export interface TopologySource {
  readonly name: string;
  readonly state: SourceState;
}

/**
 * The gate's view of the topology, by watch alone: keyspaces and snapshots (global), the serving graph and the vschema of its own cell, the
 * tablets of the cells it watches. Reads never wait and never fail: when the topology is away the last known state answers, and
 * {@link sources} says so.
 */
export class TopologyView {
  readonly #options: TopologyViewOptions;
  readonly #metrics: TopologyMetrics;
  readonly #followers: RecordFollower[] = [];
  readonly #listeners = new Map<TopologyChange, Set<() => void>>();
  readonly #keyspaces: KeyspaceRecords;
  readonly #serving: RecordMap<SrvKeyspace>;
  readonly #tablets = new Map<string, RecordMap<Tablet>>();
  readonly #trackedTables = new Map<string, readonly string[]>();
  #srvVSchema: SrvVSchema = SrvVSchema.fromPartial({});
  #vschema: VSchema = buildVSchema({});
  #version = 0;
  /** Answers of {@link shards}, by keyspace and type; emptied when the serving graph changes. */
  /** By type, then keyspace: asked for each statement, so without a name made for each. */
  readonly #shards = new Map<TabletTypeName, Map<string, readonly ShardInfo[]>>();

  constructor(options: TopologyViewOptions) {
    this.#options = options;
    this.#metrics = new TopologyMetrics(options.metrics);
    const onDamaged = (path: string, error: unknown) => options.log.error({ path, error: String(error) }, 'a topology record cannot be read; the one before it still counts');
    this.#keyspaces = new KeyspaceRecords(onDamaged);
    this.#serving = new RecordMap({ nameOf: (path) => nameInPath(path, paths.keyspaces, '/SrvKeyspace'), decode: (path, bytes) => decodeRecord(path, bytes, SrvKeyspace), onDamaged });
  }

  /** Begins to watch. Cells' aliases are looked up once, here; throws when that fails, or VTR0302 for a cell that there is not. */
  async start(): Promise<void> {
    const { topo, cell } = this.#options;
    const follow = (name: string, open: () => Promise<Topology['global']>, prefix: string, handle: { reset(entries: readonly TopoEntry[]): void; put(entry: TopoEntry): void; remove(path: string): void }) => {
      this.#followers.push(new RecordFollower({
        name, open, prefix, log: this.#options.log, ...handle, onState: (state) => this.#metrics.state(name, state),
      }));
    };
    follow('global keyspaces', async () => topo.global, paths.keyspaces, {
      reset: (entries) => this.#keyspacesChanged(this.#keyspaces.reset(entries)),
      put: (entry) => this.#keyspacesChanged(this.#keyspaces.put(entry)),
      remove: (path) => this.#keyspacesChanged(this.#keyspaces.remove(path)),
    });
    follow(`${cell} keyspaces`, () => topo.cell(cell), paths.keyspaces, {
      reset: (entries) => this.#servingChanged(this.#serving.reset(entries)),
      put: (entry) => this.#servingChanged(this.#serving.put(entry)),
      remove: (path) => this.#servingChanged(this.#serving.remove(path)),
    });
    follow(`${cell} vschema`, () => topo.cell(cell), paths.srvVSchema, {
      reset: (entries) => this.#readVSchema(entries.find(({ path }) => path === paths.srvVSchema)?.value),
      put: (entry) => this.#readVSchema(entry.value),
      remove: () => this.#readVSchema(undefined),
    });
    for (const watched of await this.#watchedCells()) {
      const tablets = this.#tabletRecords();
      this.#tablets.set(watched, tablets);
      follow(`${watched} tablets`, () => topo.cell(watched), paths.tablets, {
        reset: (entries) => this.#tabletsChanged(() => tablets.reset(entries)),
        put: (entry) => this.#tabletsChanged(() => tablets.put(entry)),
        remove: (path) => this.#tabletsChanged(() => tablets.remove(path)),
      });
    }
    for (const follower of this.#followers) follower.start();
  }

  /** Resolves when every part was read once; rejects with VTR1351 when the view is closed before. */
  async ready(): Promise<void> {
    await Promise.all(this.#followers.map((follower) => follower.first));
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    await Promise.all(this.#followers.map((follower) => follower.close()));
  }

  /** Calls `listener` after each change of that kind; returns what takes it off again. */
  on(change: TopologyChange, listener: () => void): () => void {
    const listeners = this.#listeners.get(change) ?? new Set();
    this.#listeners.set(change, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  get vschema(): VSchema {
    return this.#vschema;
  }

  /** Grows with every change of the vschema or of the serving shards: part of the plan cache's key. */
  get version(): number {
    return this.#version;
  }

  /** Sorted; snapshots included, and keyspaces that nothing serves yet. */
  keyspaceNames(): readonly string[] {
    const names = new Set([...this.#keyspaces.names(), ...this.#serving.entries().map(([name]) => name)]);
    return [...names].filter((name) => this.#watches(name)).sort();
  }

  /**
   * The shards that serve a type, in key range order; undefined for an unknown keyspace, empty where nothing is to serve that type.
   * A snapshot keyspace that no serving graph was built for (Vitess leaves a one-shard snapshot so) has the shards of its records.
   */
  shards(keyspace: string, tabletType: TabletTypeName): readonly ShardInfo[] | undefined {
    let ofType = this.#shards.get(tabletType);
    if (ofType === undefined) {
      ofType = new Map();
      this.#shards.set(tabletType, ofType);
    }
    const known = ofType.get(keyspace);
    if (known !== undefined) return known;
    const shards = this.#findShards(keyspace, tabletType);
    if (shards !== undefined) ofType.set(keyspace, shards);
    return shards;
  }

  isSnapshot(keyspace: string): boolean {
    return this.#keyspaces.isSnapshot(keyspace);
  }

  /** The base of a snapshot keyspace; undefined for a normal one. */
  snapshotBase(keyspace: string): string | undefined {
    return this.#keyspaces.snapshotBase(keyspace);
  }

  /** Base and time (RFC 3339) of a snapshot keyspace; undefined for a normal one. */
  snapshot(keyspace: string): { readonly base: string; readonly at: string } | undefined {
    const snapshot = this.#keyspaces.snapshot(keyspace);
    return snapshot && { base: snapshot.base, at: formatMicros(snapshot.at) };
  }

  /** In order of their names. */
  snapshots(): readonly SnapshotKeyspace[] {
    return this.#keyspaces.snapshots().filter(({ name }) => this.#watches(name));
  }

  /** The tablets of the watched cells and keyspaces, by alias. */
  tablets(): ReadonlyMap<string, Tablet> {
    return new Map([...this.#tablets.values()].flatMap((records) => records.entries().filter(([, tablet]) => this.#watches(tablet.keyspace))));
  }

  /** Tables that the schema tracker saw; the vschema is built anew when they are others than before. */
  setTrackedTables(keyspace: string, names: readonly string[]): void {
    const before = this.#trackedTables.get(keyspace) ?? [];
    if (before.length === names.length && before.every((name, at) => name === names[at])) return;
    this.#trackedTables.set(keyspace, [...names]);
    this.#rebuild();
  }

  /** Each followed part with how it stands, for health pages. */
  sources(): readonly TopologySource[] {
    return this.#followers.map(({ name, state }) => ({ name, state }));
  }

  /** Aliases of cells become their cells, as vtgate's --cells-to-watch allows. */
  async #watchedCells(): Promise<readonly string[]> {
    const given = this.#options.cellsToWatch ?? [this.#options.cell];
    if (given.every((name) => name === this.#options.cell)) return [this.#options.cell];
    const aliases = await listCellsAliases(this.#options.topo);
    return [...new Set(given.flatMap((name) => aliases.get(name)?.cells ?? [name]))];
  }

  #findShards(keyspace: string, tabletType: TabletTypeName): readonly ShardInfo[] | undefined {
    if (!this.#watches(keyspace)) return undefined;
    const serving = this.#serving.get(keyspace);
    const shards = serving === undefined ? [] : partitionShards(keyspace, serving, tabletType);
    if (shards.length > 0) return shards;
    if (this.#keyspaces.isSnapshot(keyspace)) return namedShards(keyspace, this.#keyspaces.shardNames(keyspace), tabletType);
    return serving === undefined && !this.#keyspaces.names().includes(keyspace) ? undefined : shards;
  }

  #watches(keyspace: string): boolean {
    const { keyspacesToWatch } = this.#options;
    return keyspacesToWatch === undefined || keyspacesToWatch.length === 0 || keyspacesToWatch.includes(keyspace);
  }

  #tabletRecords(): RecordMap<Tablet> {
    return new RecordMap({
      nameOf: (path) => nameInPath(path, paths.tablets, '/Tablet'),
      decode: (path, bytes) => decodeRecord(path, bytes, Tablet),
      onDamaged: (path, error) => {
        this.#metrics.damagedTablet();
        this.#options.log.error({ path, error: String(error) }, 'a tablet record cannot be read; the one before it still counts');
      },
    });
  }

  #keyspacesChanged(change: ReturnType<KeyspaceRecords['put']>): void {
    if (change === 'nothing') return;
    this.#metrics.changed('global keyspaces');
    if (change === 'keyspaces') {
      this.#shards.clear();
      this.#rebuild();
    }
    this.#tell('snapshots');
    if (change === 'keyspaces') this.#tell('serving');
  }

  #servingChanged(changed: boolean): void {
    if (!changed) return;
    this.#metrics.changed(`${this.#options.cell} keyspaces`);
    this.#shards.clear();
    this.#version++;
    this.#tell('serving');
  }

  #readVSchema(bytes: Uint8Array | undefined): void {
    this.#metrics.changed(`${this.#options.cell} vschema`);
    try {
      this.#srvVSchema = bytes === undefined ? SrvVSchema.fromPartial({}) : decodeRecord(paths.srvVSchema, bytes, SrvVSchema);
    } catch (error) {
      this.#metrics.vschemaFailed();
      this.#options.log.error({ error: String(error) }, 'the vschema cannot be read; the one before it still counts');
      return;
    }
    this.#rebuild();
  }

  #rebuild(): void {
    const { log, extraVindexTypes } = this.#options;
    const snapshotKeyspaces = new Map<string, SnapshotOf>(this.#keyspaces.snapshots().map(({ name, base, at }) => [name, { base, at }]));
    const keyspaces = Object.fromEntries(Object.entries(this.#srvVSchema.keyspaces).filter(([name]) => this.#watches(name)));
    try {
      this.#vschema = buildVSchema({ ...this.#srvVSchema, keyspaces }, { snapshotKeyspaces, trackedTables: this.#trackedTables, extraVindexTypes });
    } catch (error) {
      this.#metrics.vschemaFailed();
      log.error({ error: String(error) }, 'the vschema cannot be built; the one before it still counts');
      return;
    }
    for (const { name, error } of this.#vschema.keyspaces.values()) {
      if (error !== undefined) log.warn({ keyspace: name, error: error.message, place: error.hint }, 'the vschema of a keyspace is not whole');
    }
    this.#version++;
    this.#metrics.vschemaBuilt();
    this.#tell('vschema');
  }

  #tabletsChanged(apply: () => boolean): void {
    const before = this.tablets();
    if (!apply()) return;
    const after = this.tablets();
    const added = [...after.keys()].filter((alias) => !before.has(alias)).length;
    const removed = [...before.keys()].filter((alias) => !after.has(alias)).length;
    const replaced = [...after].filter(([alias, tablet]) => before.has(alias) && before.get(alias) !== tablet).length;
    this.#metrics.tablets(added, removed, replaced, [...after.keys()]);
    this.#metrics.changed('tablets');
    this.#tell('tablets');
  }

  #tell(change: TopologyChange): void {
    for (const listener of [...(this.#listeners.get(change) ?? [])]) listener();
  }
}
