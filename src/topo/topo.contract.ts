import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '../base/wait.ts';
import { isTopoError } from './topoErrors.ts';
import type { TopoEvent, TopoServer } from './topoServer.ts';

export interface TopoUnderTest {
  readonly server: TopoServer;
  /** A second client of the same root, as another process would have. */
  readonly other: TopoServer;
  close(): Promise<void>;
}

const bytes = (text: string) => Buffer.from(text);
const kind = (k: Parameters<typeof isTopoError>[1]) => (error: unknown) => isTopoError(error, k);

/** What every implementation of TopoServer promises; run against etcd, the embedded store, and the embedded store over its port. */
export function topoContract(name: string, open: () => Promise<TopoUnderTest>): void {
  describe(`${name} as a topology`, () => {
    let topo: TopoUnderTest;
    let stop: AbortController;
    beforeEach(async () => {
      topo = await open();
      stop = new AbortController();
    });
    afterEach(async () => {
      stop.abort();
      await topo.close();
    });

    /** Collects events of a watch; the promise ends with the watch. */
    function follow(server: TopoServer, prefix: string): { readonly events: TopoEvent[]; readonly done: Promise<void> } {
      const events: TopoEvent[] = [];
      const done = (async () => {
        for await (const event of server.watch(prefix, stop.signal)) events.push(event);
      })();
      return { events, done };
    }
    const seen = (events: TopoEvent[], n: number) => waitFor(`${n} events`, () => events.length >= n, { timeoutMs: 5_000, everyMs: 5 });

    it('gives back the bytes that were put, and nothing for what is not there', async () => {
      const value = Buffer.from([0, 255, 1, 128]);
      const version = await topo.server.create('keyspaces/ks/Keyspace', value);
      const got = await topo.other.get('keyspaces/ks/Keyspace');
      expect(Buffer.from(got!.value)).toEqual(value);
      expect(got!.version).toBe(version);
      expect(await topo.server.get('keyspaces/none/Keyspace')).toBeUndefined();
      await topo.server.create('empty', Buffer.alloc(0));
      expect((await topo.server.get('empty'))!.value.length).toBe(0);
    });

    it('creates a key once, also when many try at once', async () => {
      const tries = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => (i % 2 ? topo.server : topo.other).create('one', bytes(String(i)))));
      expect(tries.filter((t) => t.status === 'fulfilled')).toHaveLength(1);
      for (const t of tries) if (t.status === 'rejected') expect(t.reason).toSatisfy(kind('nodeExists'));
    });

    it('refuses an update or delete of what changed meanwhile', async () => {
      const first = await topo.server.create('k', bytes('1'));
      const second = await topo.other.update('k', bytes('2'), first);
      expect(second).not.toBe(first);
      await expect(topo.server.update('k', bytes('3'), first)).rejects.toSatisfy(kind('badVersion'));
      await expect(topo.server.delete('k', first)).rejects.toSatisfy(kind('badVersion'));
      await topo.server.delete('k', second);
      await expect(topo.server.delete('k')).rejects.toSatisfy(kind('noNode'));
      await expect(topo.server.update('k', bytes('4'), second)).rejects.toSatisfy(kind('noNode'));
      await topo.server.update('k', bytes('5'));
      expect(Buffer.from((await topo.server.get('k'))!.value).toString()).toBe('5');
    });

    it('counts up under contention without losing one', async () => {
      await topo.server.create('counter', bytes('0'));
      const add = async (server: TopoServer) => {
        for (;;) {
          const now = (await server.get('counter'))!;
          try {
            await server.update('counter', bytes(String(Number(Buffer.from(now.value).toString()) + 1)), now.version);
            return;
          } catch (error) {
            if (!isTopoError(error, 'badVersion')) throw error;
          }
        }
      };
      await Promise.all(Array.from({ length: 10 }, (_, i) => add(i % 2 ? topo.server : topo.other)));
      expect(Buffer.from((await topo.server.get('counter'))!.value).toString()).toBe('10');
    });

    it('lists what lies under a prefix in byte order, and nothing beside it', async () => {
      for (const path of ['d/b', 'd/a/x', 'd/é', 'd/Z', 'dd/no', 'd', 'c/no']) await topo.server.create(path, bytes(path));
      expect((await topo.other.list('d/')).map((e) => e.path)).toEqual(['d/Z', 'd/a/x', 'd/b', 'd/é']);
      expect((await topo.other.list('')).map((e) => e.path)).toEqual(['c/no', 'd', 'd/Z', 'd/a/x', 'd/b', 'd/é', 'dd/no']);
    });

    it('shows a watch all that is there, then every change in order', async () => {
      await topo.server.create('w/a', bytes('1'));
      await topo.server.create('v', bytes('no'));
      const { events, done } = follow(topo.other, 'w/');
      await seen(events, 1);
      expect(events[0]).toMatchObject({ type: 'snapshot', entries: [{ path: 'w/a' }] });
      const version = await topo.server.update('w/b', bytes('2'));
      await topo.server.update('w/b', bytes('3'));
      await topo.server.delete('w/a');
      await topo.server.update('other', bytes('no'));
      await topo.server.create('w/a', bytes('4'));
      await seen(events, 5);
      expect(events.slice(1).map((e) => (e.type === 'put' ? `put ${e.entry.path}=${Buffer.from(e.entry.value)}` : e.type === 'delete' ? `delete ${e.path}` : e.type)))
        .toEqual(['put w/b=2', 'put w/b=3', 'delete w/a', 'put w/a=4']);
      expect(events[1]).toMatchObject({ entry: { version } });
      stop.abort();
      await done;
    });

    it('watches a single key', async () => {
      const { events, done } = follow(topo.server, 'SrvVSchema');
      await seen(events, 1);
      await topo.other.update('SrvVSchema2', bytes('no'));
      await topo.other.update('SrvVSchema', bytes('yes'));
      await seen(events, 2);
      expect(events.map((e) => e.type)).toEqual(['snapshot', 'put']);
      stop.abort();
      await done;
    });

    it('lays a lock as Vitess does, and takes the key away with it', async () => {
      const lock = await topo.server.lock('keyspaces/ks', 'CreateShard', { ttlSeconds: 5 });
      const [held, ...more] = await topo.other.list('keyspaces/ks/locks/');
      expect(more).toEqual([]);
      expect(held!.path).toMatch(/^keyspaces\/ks\/locks\/[1-9]\d*$/);
      expect(JSON.parse(Buffer.from(held!.value).toString())).toMatchObject({ Action: 'CreateShard', Options: {}, Status: 'Running' });
      await lock.release();
      expect(await topo.other.list('keyspaces/ks/locks/')).toEqual([]);
      await lock.release();
      expect(lock.lost.aborted).toBe(false);
    });

    it('lets one hold a lock at a time, in the order they came', async () => {
      const order: string[] = [];
      const first = await topo.server.lock('d', 'first');
      let holders = 1;
      const waiting: Promise<void>[] = [];
      for (const who of ['second', 'third', 'fourth']) {
        const count = (await topo.server.list('d/locks/')).length;
        waiting.push((async () => {
          const lock = await (who === 'third' ? topo.server : topo.other).lock('d', who);
          expect(++holders).toBe(1);
          order.push(who);
          holders--;
          await lock.release();
        })());
        await waitFor('the next in the queue', async () => (await topo.server.list('d/locks/')).length > count, { timeoutMs: 5_000, everyMs: 5 });
      }
      expect(order).toEqual([]);
      holders--;
      await first.release();
      await Promise.all(waiting);
      expect(order).toEqual(['second', 'third', 'fourth']);
    });

    it('gives up a lock that does not come, names the holder, and leaves no key behind', async () => {
      const held = await topo.server.lock('d', 'Backup of everything');
      await expect(topo.other.lock('d', 'second', { timeoutMs: 100 })).rejects.toSatisfy((e) => isTopoError(e, 'lockTimeout') && /Backup of everything/.test((e as Error).message));
      expect(await topo.server.list('d/locks/')).toHaveLength(1);
      const signal = AbortSignal.timeout(50);
      await expect(topo.other.lock('d', 'third', { signal })).rejects.toBe(await new Promise((r) => signal.addEventListener('abort', () => r(signal.reason))));
      await held.release();
    });

    it('keeps a lock past its time to live by renewing it', async () => {
      const lock = await topo.server.lock('d', 'long', { ttlSeconds: 1 });
      await new Promise((r) => setTimeout(r, 2_500)); // the promise is about time itself
      expect(lock.lost.aborted).toBe(false);
      expect(await topo.other.list('d/locks/')).toHaveLength(1);
      await lock.release();
    });

    it('refuses a value too large for a record', async () => {
      await expect(topo.server.update('big', Buffer.alloc(1_400_001))).rejects.toSatisfy(kind('limit'));
    });
  });
}
