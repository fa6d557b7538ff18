import { afterEach, describe, expect, it } from 'vitest';
import { VtrewindError } from '../../base/errors.ts';
import { silentLog } from '../../base/log.ts';
import { createMetrics } from '../../base/metrics.ts';
import { waitFor } from '../../base/wait.ts';
import { Tablet } from '../../vitess/gen/topodata.ts';
import type { QueryService, StreamHealthReply, TabletTypeName } from '../../vitess/queryService.ts';
import { tabletTypeNumber } from '../../vitess/requestCodec.ts';
import { HealthCheck, type HealthCheckOptions } from './healthCheck.ts';

/** A fake tablet: its health stream says what the test tells it to. */
class FakeTablet {
  readonly alias: string;
  readonly record: Tablet;
  connections = 0;
  closed = false;
  #push: ((item: StreamHealthReply | Error | 'end') => void) | undefined;

  constructor(uid: number, type: TabletTypeName, place: { cell?: string; keyspace?: string; shard?: string; hostname?: string } = {}) {
    const { cell = 'zone1', keyspace = 'ks', shard = '0', hostname = `host${uid}` } = place;
    this.alias = `${cell}-${String(uid).padStart(10, '0')}`;
    this.record = Tablet.fromPartial({ alias: { cell, uid }, hostname, keyspace, shard, type: tabletTypeNumber(type), portMap: { grpc: 1 }, mysqlHostname: '', mysqlPort: 3306 });
  }

  get service(): QueryService {
    return { streamHealth: (signal: AbortSignal) => this.#stream(signal), close: async () => { this.closed = true; } } as unknown as QueryService;
  }

  async *#stream(signal: AbortSignal): AsyncGenerator<StreamHealthReply> {
    this.connections++;
    const items: (StreamHealthReply | Error | 'end')[] = [];
    let wake = () => {};
    this.#push = (item) => { items.push(item); wake(); };
    signal.addEventListener('abort', () => this.#push?.('end'));
    for (;;) {
      const item = items.shift();
      if (item === undefined) await new Promise<void>((resolve) => { wake = resolve; });
      else if (item === 'end') return;
      else if (item instanceof Error) throw item;
      else yield item;
    }
  }

  say(reply: Partial<Omit<StreamHealthReply, 'target'>> & { type?: TabletTypeName } = {}): void {
    const { type = 'REPLICA', ...rest } = reply;
    this.#push?.({
      target: { keyspace: this.record.keyspace, shard: this.record.shard, tabletType: type }, serving: true, primaryTermStartTimestamp: 0, replicationLagSeconds: 0,
      healthError: '', tabletAlias: this.alias, tableSchemaChanged: [], viewSchemaChanged: [], ...rest,
    });
  }

  lose(error: Error | 'end'): void {
    this.#push?.(error);
  }
}

const open: HealthCheck[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((health) => health.close()));
});

async function healthOf(tablets: readonly FakeTablet[], options: Partial<HealthCheckOptions> = {}) {
  const metrics = createMetrics();
  const services = new Map(tablets.map((tablet) => [tablet.record.hostname, tablet]));
  const health = new HealthCheck({
    cell: 'zone1', connect: (tablet) => services.get(tablet.hostname)!.service, snapshotBase: (keyspace) => (keyspace === 'old' ? 'ks' : undefined), log: silentLog, metrics, ...options,
  });
  open.push(health);
  const follow = (these: readonly FakeTablet[]) => health.setTablets(new Map(these.map((tablet) => [tablet.alias, tablet.record])));
  follow(tablets);
  await waitFor('all streams', () => tablets.every(({ connections }) => connections > 0), { timeoutMs: 2000, everyMs: 1 });
  return { health, metrics, follow, settle: () => new Promise((resolve) => { setImmediate(resolve); }) };
}

const target = (tabletType: TabletTypeName, keyspace = 'ks', shard = '0') => ({ keyspace, shard, tabletType });

function refusal(action: () => unknown): VtrewindError {
  try {
    action();
  } catch (error) {
    return VtrewindError.from(error);
  }
  throw new Error('was not refused');
}

describe('HealthCheck', () => {
  it('chooses nobody who has not said that he serves, with the words of vtgate', async () => {
    const tablet = new FakeTablet(100, 'PRIMARY');
    const { health, settle } = await healthOf([tablet]);
    const before = refusal(() => health.pick(target('PRIMARY')));
    expect([before.mysql, before.grpc, before.message]).toEqual([1105, 'UNAVAILABLE', `no healthy tablet available for 'keyspace:"ks" shard:"0" tablet_type:PRIMARY'`]);
    expect(before.hint).toContain('no word from its health stream yet');
    tablet.say({ type: 'PRIMARY', primaryTermStartTimestamp: 5 });
    await settle();
    expect(health.pick(target('PRIMARY'))).toMatchObject({ alias: 'zone1-0000000100', databaseName: 'vt_ks', mysqlHost: 'host100', mysqlPort: 3306 });
    tablet.say({ type: 'PRIMARY', primaryTermStartTimestamp: 5, serving: false });
    await settle();
    expect(refusal(() => health.pick(target('PRIMARY'))).hint).toContain('says it does not serve');
    tablet.say({ type: 'PRIMARY', primaryTermStartTimestamp: 5, healthError: 'disk is full' });
    await settle();
    expect(refusal(() => health.pick(target('PRIMARY'))).hint).toContain('disk is full');
  });

  it('believes the stream, not the record, about the type', async () => {
    const tablet = new FakeTablet(100, 'REPLICA');
    const { health, settle } = await healthOf([tablet]);
    tablet.say({ type: 'PRIMARY', primaryTermStartTimestamp: 5 });
    await settle();
    expect(health.serving('ks', '0')).toEqual(['PRIMARY']);
    tablet.say({ type: 'DRAINED' });
    await settle();
    expect(health.serving('ks', '0')).toEqual(['DRAINED']);
    refusal(() => health.pick(target('REPLICA')));
  });

  it('takes the primary of the latest term, and never an earlier one in its place', async () => {
    const [a, b, zombie] = [new FakeTablet(1, 'PRIMARY'), new FakeTablet(2, 'REPLICA'), new FakeTablet(3, 'REPLICA')];
    const { health, settle, follow } = await healthOf([a, b, zombie]);
    a.say({ type: 'PRIMARY', primaryTermStartTimestamp: 10 });
    zombie.say({ type: 'PRIMARY', primaryTermStartTimestamp: 5 });
    await settle();
    expect(health.pick(target('PRIMARY')).alias).toBe(a.alias);
    b.say({ type: 'PRIMARY', primaryTermStartTimestamp: 20 });
    await settle();
    expect(health.pick(target('PRIMARY')).alias).toBe(b.alias);
    a.say({ type: 'PRIMARY', primaryTermStartTimestamp: 10 });
    b.lose(new Error('connection reset'));
    await settle();
    refusal(() => health.pick(target('PRIMARY')));
    await waitFor('b again', () => b.connections > 1, { timeoutMs: 2000, everyMs: 1 });
    b.say({ type: 'REPLICA' });
    await settle();
    refusal(() => health.pick(target('PRIMARY')));
    follow([a, zombie]);
    expect(health.pick(target('PRIMARY')).alias).toBe(a.alias);
  });

  it('prefers its own cell, spreads evenly there, and leaves out whom it is told to', async () => {
    const near = [new FakeTablet(1, 'REPLICA'), new FakeTablet(2, 'REPLICA')];
    const far = new FakeTablet(3, 'REPLICA', { cell: 'zone2' });
    let draw = 0;
    const { health, settle } = await healthOf([...near, far], { random: () => draw });
    for (const tablet of [...near, far]) tablet.say();
    await settle();
    const chosen = [0, 0.49, 0.5, 0.999].map((value) => {
      draw = value;
      return health.pick(target('REPLICA')).alias;
    });
    expect(new Set(chosen)).toEqual(new Set(near.map(({ alias }) => alias)));
    expect(health.pick(target('REPLICA'), new Set([near[0]!.alias])).alias).toBe(near[1]!.alias);
    expect(health.pick(target('REPLICA'), new Set(near.map(({ alias }) => alias))).alias).toBe(far.alias);
    refusal(() => health.pick(target('REPLICA'), new Set([...near, far].map(({ alias }) => alias))));
  });

  it('leaves out who lags, but keeps the least lagging ones while too few are left', async () => {
    const tablets = [1, 2, 3, 4].map((uid) => new FakeTablet(uid, 'REPLICA'));
    const { health, settle } = await healthOf(tablets, { lag: { lowReplicationLagSeconds: 30, highReplicationLagMinimumServingSeconds: 7200, minNumberServing: 2 } });
    const chosenWith = async (...lags: number[]) => {
      tablets.forEach((tablet, at) => { tablet.say({ replicationLagSeconds: lags[at]! }); });
      await settle();
      const found = new Set<string>();
      for (;;) {
        try {
          found.add(health.pick(target('REPLICA'), found).alias);
        } catch {
          return [...found].map((alias) => Number(alias.slice(-1))).sort();
        }
      }
    };
    expect(await chosenWith(0, 29, 30, 31)).toEqual([1, 2, 3]);
    expect(await chosenWith(100, 50, 200, 31)).toEqual([2, 4]);
    expect(await chosenWith(7300, 50, 7300, 7300)).toEqual([2]);
    expect(await chosenWith(7300, 7300, 7300, 7300)).toEqual([]);
  });

  it('counts the replicas of a snapshot keyspace though they do not replicate, and says that it has no primary', async () => {
    const tablet = new FakeTablet(7, 'REPLICA', { keyspace: 'old' });
    const { health, settle } = await healthOf([tablet]);
    tablet.say({ replicationLagSeconds: 1_000_000, healthError: 'replication is not running' });
    await settle();
    expect(health.pick(target('REPLICA', 'old'))).toMatchObject({ alias: tablet.alias, databaseName: 'vt_ks' });
    expect(health.serving('old', '0')).toEqual(['REPLICA']);
    expect(refusal(() => health.pick(target('PRIMARY', 'old'))).hint).toBe('old is a snapshot of ks and has no primary: use old@replica');
  });

  it('takes a lost stream for a lost tablet, and connects again', async () => {
    const tablet = new FakeTablet(1, 'REPLICA');
    const { health, settle, metrics } = await healthOf([tablet]);
    for (const how of [new Error('14 UNAVAILABLE'), 'end'] as const) {
      tablet.say();
      await settle();
      health.pick(target('REPLICA'));
      const { connections } = tablet;
      tablet.lose(how);
      await settle();
      refusal(() => health.pick(target('REPLICA')));
      await waitFor('the next connection', () => tablet.connections > connections, { timeoutMs: 2000, everyMs: 1 });
    }
    expect(await metrics.metrics()).toContain('vtgate_healthcheck_errors{keyspace="ks",shard_name="0",tablet_type="replica"} 2');
  });

  it('takes silence for a loss', async () => {
    const tablet = new FakeTablet(1, 'REPLICA');
    const { health } = await healthOf([tablet], { timeoutMs: 40 });
    tablet.say();
    await waitFor('the loss', () => health.all()[0]!.error.includes('no word from its health stream for 40 ms'), { timeoutMs: 2000, everyMs: 5 });
    refusal(() => health.pick(target('REPLICA')));
  });

  it('does not take one tablet for another at its address', async () => {
    const tablet = new FakeTablet(1, 'REPLICA');
    const { health, settle } = await healthOf([tablet]);
    tablet.say({ tabletAlias: 'zone1-0000000999' });
    await settle();
    expect(health.all()[0]).toMatchObject({ serving: false, error: 'health stats mismatch: another tablet, zone1-0000000999, answers at its address' });
  });

  it('forgets tablets that are gone and connects anew to those that moved', async () => {
    const [a, moved] = [new FakeTablet(1, 'REPLICA'), new FakeTablet(2, 'REPLICA')];
    const elsewhere = new FakeTablet(2, 'REPLICA', { hostname: 'elsewhere' });
    const services = new Map([a, moved, elsewhere].map((tablet) => [tablet.record.hostname, tablet]));
    const { health, follow, settle } = await healthOf([a, moved], { connect: (tablet) => services.get(tablet.hostname)!.service });
    follow([elsewhere]);
    await waitFor('both closed', () => a.closed && moved.closed && elsewhere.connections === 1, { timeoutMs: 2000, everyMs: 1 });
    elsewhere.say();
    await settle();
    expect(health.all().map(({ hostname, serving }) => [hostname, serving])).toEqual([['elsewhere', true]]);
  });

  it('passes on that tables changed', async () => {
    const tablet = new FakeTablet(1, 'PRIMARY');
    const { health, settle } = await healthOf([tablet]);
    const heard: string[] = [];
    health.onSchemaChange((keyspace) => heard.push(keyspace));
    tablet.say({ type: 'PRIMARY' });
    tablet.say({ type: 'PRIMARY', tableSchemaChanged: ['t'] });
    tablet.say({ type: 'PRIMARY', viewSchemaChanged: ['v'] });
    await settle();
    expect(heard).toEqual(['ks', 'ks']);
  });

  it('waits for what must serve, but not for snapshots, and names what is missing', async () => {
    const tablet = new FakeTablet(1, 'PRIMARY');
    const { health } = await healthOf([tablet]);
    const wanted = [target('PRIMARY'), target('PRIMARY', 'old')];
    const waiting = health.waitFor(() => wanted, 2000);
    tablet.say({ type: 'PRIMARY', primaryTermStartTimestamp: 1 });
    await waiting;
    await expect(health.waitFor(() => [target('RDONLY')], 20)).rejects.toThrow(`no healthy tablet after 20 ms for keyspace:"ks" shard:"0" tablet_type:RDONLY`);
    const stopped = new AbortController();
    const aborted = health.waitFor(() => [target('RDONLY')], 2000, stopped.signal);
    stopped.abort(new Error('shutting down'));
    await expect(aborted).rejects.toThrow('shutting down');
  });

  it('shows itself in metrics', async () => {
    const [a, b] = [new FakeTablet(1, 'PRIMARY'), new FakeTablet(2, 'REPLICA')];
    const { metrics, settle } = await healthOf([a, b]);
    a.say({ type: 'PRIMARY', primaryTermStartTimestamp: 1 });
    b.say();
    await settle();
    b.say({ type: 'PRIMARY', primaryTermStartTimestamp: 2 });
    a.say({ type: 'REPLICA' });
    await settle();
    const text = await metrics.metrics();
    expect(text).toContain('vtgate_healthcheck_connections{keyspace="ks",shard_name="0",tablet_type="primary"} 1');
    expect(text).toContain('vtgate_healthcheck_connections{keyspace="ks",shard_name="0",tablet_type="replica"} 1');
    expect(text).toContain('vtgate_healthcheck_primary_promoted{keyspace="ks",shard_name="0"} 2');
    expect(text).toMatch(/vtgate_healthcheck_checksum \d+/);
  });
});
