import { VtrewindError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { waitFor } from '../base/wait.ts';
import { type GtidState, parseGtidState } from '../binlog/gtidState.ts';
import { splitPosition } from '../mysqld/positionText.ts';
import { formatTabletAlias, getShard, listCells, listTablets, type Topology, withShardLock } from '../topo/index.ts';
import { type Tablet, TabletType } from '../vitess/gen/topodata.ts';
import type { ReplicaStatus, TabletManagerClient } from '../vitess/tabletManager.ts';

export interface ReparentOptions {
  readonly topology: Topology;
  readonly keyspace: string;
  readonly shard: string;
  /** Alias of the tablet to promote; omitted: the replica that is furthest. */
  readonly to?: string;
  /** The primary is gone or can't be asked: the furthest replica takes over, and what only the old primary had is lost. */
  readonly emergency?: boolean;
  readonly connect: (tablet: Tablet) => TabletManagerClient;
  /** How long a replica may take to catch up; default 30 s. A planned reparent is undone when it does not. */
  readonly waitReplicasTimeoutMs?: number;
  readonly log: Log;
  readonly signal?: AbortSignal;
}

export interface ReparentResult {
  readonly oldPrimary: string | undefined;
  readonly newPrimary: string;
  /** Of the new primary when it began to take writes, in Vitess's text. */
  readonly position: string;
  /** Replicas that could not be pointed at the new primary; they follow by themselves once they see the shard record. */
  readonly warnings: readonly string[];
}

const defaultWaitMs = 30_000;
/** How long the record of the new primary may take to show. */
const recordTimeoutMs = 10_000;

/** Moves the primary of a shard, under the shard's lock. The promoted tablet writes its own record and the shard's, with a new term. */
export async function reparentShard(options: ReparentOptions): Promise<ReparentResult> {
  const { topology, keyspace, shard } = options;
  const action = options.emergency === true ? 'EmergencyReparentShard' : 'PlannedReparentShard';
  const clients = new Map<string, TabletManagerClient>();
  try {
    return await withShardLock(topology, keyspace, shard, `${action}(${options.to ?? ''})`, async (lost) => {
      const tablets = await tabletsOfShard(topology, keyspace, shard);
      for (const [alias, tablet] of tablets) clients.set(alias, options.connect(tablet));
      const { record } = await getShard(topology, keyspace, shard);
      const members = { tablets, clients, primary: record.primaryAlias === undefined ? undefined : formatTabletAlias(record.primaryAlias) };
      if (options.to !== undefined && !tablets.has(options.to)) throw refuse(`${options.to} is no tablet of ${keyspace}/${shard}`, `its tablets are ${[...tablets.keys()].join(', ')}`);
      return options.emergency === true ? await emergency(options, members, lost) : await planned(options, members, lost);
    }, options.signal === undefined ? {} : { signal: options.signal });
  } finally {
    for (const client of clients.values()) client.close();
  }
}

interface Members {
  readonly tablets: ReadonlyMap<string, Tablet>;
  readonly clients: ReadonlyMap<string, TabletManagerClient>;
  readonly primary: string | undefined;
}

async function planned(options: ReparentOptions, members: Members, lost: AbortSignal): Promise<ReparentResult> {
  const { log } = options;
  const waitMs = options.waitReplicasTimeoutMs ?? defaultWaitMs;
  const { primary } = members;
  if (primary === undefined) {
    const first = options.to ?? [...members.tablets.keys()].sort()[0];
    if (first === undefined) throw refuse('the shard has no tablets', 'start one');
    return finish(options, members, undefined, first, lost);
  }
  const old = clientOf(members, primary);
  if (options.to === primary) return { oldPrimary: primary, newPrimary: primary, position: await old.primaryPosition(), warnings: [] };
  const chosen = options.to ?? (await furthest(members)).alias;
  const candidate = clientOf(members, chosen);
  // Catching up before the old primary stops keeps the time without a primary short.
  await caughtUp(candidate, chosen, await old.primaryPosition(), waitMs);
  lost.throwIfAborted();
  const demoted = await old.demotePrimary();
  log.info({ primary, position: demoted.position }, 'the primary takes no more writes');
  try {
    await caughtUp(candidate, chosen, demoted.position, waitMs);
    lost.throwIfAborted();
    return await finish(options, members, primary, chosen, lost);
  } catch (error) {
    // The old one goes on, unless the new one has got as far as taking over.
    if (!(await recordNames(options, chosen))) {
      await old.undoDemotePrimary();
      log.warn({ primary, err: error }, 'the reparent was undone');
    }
    throw error;
  }
}

async function emergency(options: ReparentOptions, members: Members, lost: AbortSignal): Promise<ReparentResult> {
  const { log } = options;
  const { primary } = members;
  if (primary !== undefined) {
    // Should it live after all it must not go on taking writes; that it can't be asked is why we are here.
    await clientOf(members, primary).demotePrimary().then(() => log.info({ primary }, 'the old primary still answered and was demoted'), (error: unknown) => log.info({ primary, err: error }, 'the old primary does not answer'));
  }
  const found = await furthest(members, true);
  const chosen = options.to ?? found.alias;
  const mine = found.received.get(chosen);
  if (mine === undefined) throw refuse(`${chosen} does not answer or does not replicate`, `these do: ${[...found.received.keys()].join(', ')}`);
  for (const [alias, state] of found.received) {
    if (!mine.containsAll(state)) throw refuse(`${alias} has received transactions that ${chosen} has not: ${state.subtract(mine).toString()}`, `promote ${found.alias}, which has them`);
  }
  lost.throwIfAborted();
  return finish(options, members, primary, chosen, lost);
}

/** The replica with the most received transactions. With `stop`, their IO threads are stopped first, so that nothing moves any more. */
async function furthest(members: Members, stop = false): Promise<{ readonly alias: string; readonly received: ReadonlyMap<string, GtidState> }> {
  const received = new Map<string, GtidState>();
  const answers = await Promise.allSettled([...members.tablets].flatMap(([alias, tablet]) => {
    if (alias === members.primary || tablet.type !== TabletType.REPLICA) return [];
    const client = clientOf(members, alias);
    return [(stop ? client.stopReplicationAndGetStatus('io').then((both) => both.after) : client.replicationStatus()).then((status) => ({ alias, state: receivedBy(status) }))];
  }));
  for (const answer of answers) if (answer.status === 'fulfilled') received.set(answer.value.alias, answer.value.state);
  let best: { readonly alias: string; readonly state: GtidState } | undefined;
  for (const [alias, state] of received) if (best === undefined || (state.containsAll(best.state) && !best.state.containsAll(state))) best = { alias, state };
  if (best === undefined) throw refuse('no replica of the shard answers', 'start one, or name a tablet with --to');
  return { alias: best.alias, received };
}

function receivedBy(status: ReplicaStatus): GtidState {
  const { flavour, position } = splitPosition(status.position);
  const executed = parseGtidState(flavour, position);
  return status.relayLogPosition === undefined ? executed : executed.union(parseGtidState(flavour, splitPosition(status.relayLogPosition).position));
}

async function caughtUp(candidate: TabletManagerClient, alias: string, position: string, timeoutMs: number): Promise<void> {
  try {
    await candidate.waitForPosition(position, timeoutMs);
  } catch (error) {
    throw refuse(`${alias} did not reach ${position} within ${timeoutMs} ms: ${error instanceof Error ? error.message : String(error)}`, 'wait until its replication has caught up, or choose another tablet', error);
  }
}

/** Promotes, sees the records say so, then points the others at it. */
async function finish(options: ReparentOptions, members: Members, oldPrimary: string | undefined, chosen: string, lost: AbortSignal): Promise<ReparentResult> {
  const { log } = options;
  const position = await clientOf(members, chosen).promoteReplica();
  await waitFor(`the shard record to name ${chosen}`, () => recordNames(options, chosen), { timeoutMs: recordTimeoutMs });
  log.info({ keyspace: options.keyspace, shard: options.shard, oldPrimary, newPrimary: chosen, position }, 'the shard has a new primary');
  lost.throwIfAborted();
  const warnings: string[] = [];
  await Promise.all([...members.clients].map(async ([alias, client]) => {
    if (alias === chosen) return;
    try {
      await client.setReplicationSource(chosen, { startReplication: true });
    } catch (error) {
      warnings.push(`${alias} was not pointed at ${chosen}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }));
  for (const warning of warnings) log.warn({ warning }, 'reparent');
  return { oldPrimary, newPrimary: chosen, position, warnings };
}

async function recordNames(options: ReparentOptions, alias: string): Promise<boolean> {
  const { record } = await getShard(options.topology, options.keyspace, options.shard);
  return formatTabletAlias(record.primaryAlias) === alias;
}

async function tabletsOfShard(topology: Topology, keyspace: string, shard: string): Promise<Map<string, Tablet>> {
  const found = new Map<string, Tablet>();
  for (const cell of await listCells(topology)) {
    for (const [alias, { record }] of await listTablets(topology, cell)) {
      if (record.keyspace === keyspace && record.shard === shard) found.set(alias, record);
    }
  }
  return found;
}

function clientOf(members: Members, alias: string): TabletManagerClient {
  const client = members.clients.get(alias);
  if (client === undefined) throw refuse(`${alias} has no tablet record`, 'is its agent running?');
  return client;
}

function refuse(message: string, hint: string, cause?: unknown): VtrewindError {
  return new VtrewindError({ code: 'VTR0707', grpc: 'FAILED_PRECONDITION', message, hint, ...(cause === undefined ? {} : { cause }) });
}
