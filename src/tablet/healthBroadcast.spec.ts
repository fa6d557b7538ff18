import { describe, expect, it } from 'vitest';
import type { StreamHealthReply } from '../vitess/queryService.ts';
import { HealthBroadcast } from './healthBroadcast.ts';
import { Serial } from './serial.ts';

function reply(serving: boolean, changed: readonly string[] = []): StreamHealthReply {
  return {
    target: { keyspace: 'ks', shard: '0', tabletType: 'REPLICA' }, serving, primaryTermStartTimestamp: 0, replicationLagSeconds: 0, healthError: '', tabletAlias: 'z-1',
    tableSchemaChanged: changed, viewSchemaChanged: [],
  };
}

describe('HealthBroadcast', () => {
  it('gives a new reader the present state at once, without old news of tables', async () => {
    const health = new HealthBroadcast();
    health.publish(reply(true, ['t']));
    const first = await health.subscribe(AbortSignal.timeout(1000)).next();
    expect(first.value).toEqual(reply(true));
  });

  it('lets a slow reader skip states but not changed tables', async () => {
    const health = new HealthBroadcast();
    const reader = health.subscribe(AbortSignal.timeout(1000));
    const pending = reader.next();
    health.publish(reply(true, ['a']));
    await pending;
    health.publish(reply(true, ['b']));
    health.publish(reply(false));
    health.publish(reply(false, ['c']));
    expect((await reader.next()).value).toEqual(reply(false, ['b', 'c']));
  });

  it('ends when the reader goes', async () => {
    const health = new HealthBroadcast();
    const gone = new AbortController();
    const reader = health.subscribe(gone.signal);
    const pending = reader.next();
    gone.abort();
    expect((await pending).done).toBe(true);
  });
});

describe('Serial', () => {
  it('runs one piece of work after the other, also after a failure', async () => {
    const serial = new Serial();
    const order: number[] = [];
    const work = (n: number, ms: number) => async () => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      order.push(n);
      if (n === 2) throw new Error('two');
      return n;
    };
    const all = await Promise.allSettled([serial.run(work(1, 10)), serial.run(work(2, 5)), serial.run(work(3, 0))]);
    expect(order).toEqual([1, 2, 3]);
    expect(all.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
});
