import { expect, it } from 'vitest';
import { silentLog } from '../../base/log.ts';
import { createMetrics } from '../../base/metrics.ts';
import { Tablet } from '../../vitess/gen/topodata.ts';
import type { QueryService } from '../../vitess/queryService.ts';
import type { TopologyChange, TopologyView } from '../topology/index.ts';
import { followTopology } from './followTopology.ts';

/** A fake view, of which only what the health check reads is there. */
class FakeView {
  #tablets = new Map<string, Tablet>();
  readonly #listeners = new Map<TopologyChange, () => void>();
  snapshot: string | undefined;

  on(change: TopologyChange, listener: () => void): () => void {
    this.#listeners.set(change, listener);
    return () => this.#listeners.delete(change);
  }

  tablets(): ReadonlyMap<string, Tablet> {
    return this.#tablets;
  }

  snapshotBase(): string | undefined {
    return this.snapshot;
  }

  set(change: TopologyChange, ...uids: number[]): void {
    this.#tablets = new Map(uids.map((uid) => [`zone1-000000000${uid}`, Tablet.fromPartial({ alias: { cell: 'zone1', uid }, keyspace: 'ks', shard: '0', type: 2, hostname: `host${uid}` })]));
    this.#listeners.get(change)?.();
  }
}

it('listens to the tablets that the topology knows, as they come and go', async () => {
  const view = new FakeView();
  view.set('tablets', 1, 2);
  const closed: string[] = [];
  const connect = (tablet: Tablet) => ({
    /** A tablet that serves and says no more. */
    async *streamHealth(signal: AbortSignal) {
      yield { target: { keyspace: 'ks', shard: '0', tabletType: 'REPLICA' as const }, serving: true, primaryTermStartTimestamp: 0, replicationLagSeconds: 0, healthError: '', tabletAlias: '', tableSchemaChanged: [], viewSchemaChanged: [] };
      await new Promise<void>((resolve) => { signal.addEventListener('abort', () => resolve()); });
    },
    close: async () => { closed.push(tablet.hostname); },
  }) as unknown as QueryService;
  const health = followTopology(view as unknown as TopologyView, { cell: 'zone1', connect, log: silentLog, metrics: createMetrics() });
  await health.waitFor(() => [{ keyspace: 'ks', shard: '0', tabletType: 'REPLICA' }], 2000);
  expect(health.all().map(({ alias }) => alias)).toEqual(['zone1-0000000001', 'zone1-0000000002']);
  view.set('tablets', 2, 3);
  expect(health.all().map(({ alias }) => alias)).toEqual(['zone1-0000000002', 'zone1-0000000003']);
  view.snapshot = 'base';
  view.set('serving', 2);
  expect(health.pick({ keyspace: 'ks', shard: '0', tabletType: 'REPLICA' }).databaseName).toBe('vt_base');
  await health.close();
  expect(closed.sort()).toEqual(['host1', 'host2', 'host3']);
});
