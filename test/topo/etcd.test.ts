import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.ts';
import { type OpenTopology, openTopo } from '../../src/topo/openTopo.ts';
import { isTopoError } from '../../src/topo/topoErrors.ts';
import type { TopoEvent } from '../../src/topo/topoServer.ts';
import { hasProgram, startEtcd, type TestEtcd } from '../support/servers.ts';
import { cuttableRelay } from './cuttableRelay.ts';

const here = (await hasProgram('etcd')) && (await hasProgram('etcdctl'));
if (!here) it.skip('etcd and etcdctl are not installed: the tests with a real etcd are skipped', () => {});

describe.skipIf(!here)('a real etcd', () => {
  let etcd: TestEtcd;
  beforeAll(async () => {
    etcd = await startEtcd();
  });
  afterAll(() => etcd.stop());
  const etcdctl = (...args: string[]) => execFileSync('etcdctl', ['--endpoints', etcd.endpoint, ...args], { encoding: 'utf8', env: { ...process.env, ETCDCTL_API: '3' } });

  interface Follower { readonly seen: string[]; readonly state: Map<string, string>; stop(): Promise<void> }
  /** A consumer as the gate is one: state from snapshots and changes. */
  function follow(topo: OpenTopology, prefix: string): Follower {
    const stop = new AbortController();
    const seen: string[] = [];
    const state = new Map<string, string>();
    const take = (e: TopoEvent) => {
      if (e.type === 'snapshot') {
        state.clear();
        for (const x of e.entries) state.set(x.path, Buffer.from(x.value).toString());
      } else if (e.type === 'put') state.set(e.entry.path, Buffer.from(e.entry.value).toString());
      else if (e.type === 'delete') state.delete(e.path);
      seen.push(e.type === 'put' ? `put ${e.entry.path}` : e.type === 'delete' ? `delete ${e.path}` : e.type);
    };
    const done = (async () => {
      for await (const e of topo.global.watch(prefix, stop.signal)) take(e);
    })();
    return { seen, state, stop: async () => { stop.abort(); await done; } };
  }

  it('is watched on over a restart of etcd, from where it was', async () => {
    const globalRoot = '/restart/global';
    const topo = await openTopo({ kind: 'etcd', endpoints: [etcd.endpoint], globalRoot });
    await topo.global.create('a', Buffer.from('1'));
    const f = follow(topo, '');
    await waitFor('the first list', () => f.seen.length === 1, { timeoutMs: 5_000 });
    await etcd.restart();
    await waitFor('a write after the restart', async () => topo.global.update('b', Buffer.from('2')), { timeoutMs: 10_000 });
    await waitFor('b to be seen', () => f.state.get('b') === '2', { timeoutMs: 10_000 });
    expect(f.seen).toEqual(['snapshot', 'disconnected', 'connected', 'put b']);
    await f.stop();
    await topo.close();
  }, 60_000);

  it('lists again after a compaction and takes deletions into account, then watches on', async () => {
    const globalRoot = '/compact/global';
    const relay = await cuttableRelay(Number(new URL(etcd.endpoint).port));
    const away = await openTopo({ kind: 'etcd', endpoints: [`127.0.0.1:${relay.port}`], globalRoot });
    const near = await openTopo({ kind: 'etcd', endpoints: [etcd.endpoint], globalRoot });
    await near.global.create('x/kept', Buffer.from('1'));
    await near.global.create('x/doomed', Buffer.from('1'));
    const f = follow(away, 'x/');
    await waitFor('the first list', () => f.state.size === 2, { timeoutMs: 5_000 });
    relay.cut();
    await waitFor('the loss to be told', () => f.seen.includes('disconnected'), { timeoutMs: 10_000 });
    await near.global.delete('x/doomed');
    const revision = await near.global.update('x/kept', Buffer.from('2'));
    await near.global.update('x/new', Buffer.from('3'));
    etcdctl('compact', revision);
    await relay.mend();
    await waitFor('what changed meanwhile', () => f.state.get('x/new') === '3', { timeoutMs: 10_000 });
    expect(Object.fromEntries(f.state)).toEqual({ 'x/kept': '2', 'x/new': '3' });
    expect(f.seen.filter((s) => s === 'snapshot')).toHaveLength(2);
    await near.global.delete('x/new');
    await near.global.update('x/after', Buffer.from('4'));
    await waitFor('changes after that', () => f.state.get('x/after') === '4', { timeoutMs: 5_000 });
    expect(f.seen.slice(-2)).toEqual(['delete x/new', 'put x/after']);
    await f.stop();
    await away.close();
    await near.close();
    await relay.close();
  }, 60_000);

  it('goes on without a new list after a short loss, deletions included', async () => {
    const globalRoot = '/loss/global';
    const relay = await cuttableRelay(Number(new URL(etcd.endpoint).port));
    const away = await openTopo({ kind: 'etcd', endpoints: [`127.0.0.1:${relay.port}`], globalRoot });
    const near = await openTopo({ kind: 'etcd', endpoints: [etcd.endpoint], globalRoot });
    await near.global.create('doomed', Buffer.from('1'));
    const f = follow(away, '');
    await waitFor('the first list', () => f.state.size === 1, { timeoutMs: 5_000 });
    relay.cut();
    await waitFor('the loss to be told', () => f.seen.includes('disconnected'), { timeoutMs: 10_000 });
    await near.global.delete('doomed');
    await relay.mend();
    await waitFor('the deletion', () => f.state.size === 0, { timeoutMs: 10_000 });
    expect(f.seen).toEqual(['snapshot', 'disconnected', 'connected', 'delete doomed']);
    await f.stop();
    await away.close();
    await near.close();
    await relay.close();
  }, 60_000);

  it('tells the holder of a lock in time when etcd can no longer be reached, and the next one gets it', async () => {
    const globalRoot = '/lost/global';
    const relay = await cuttableRelay(Number(new URL(etcd.endpoint).port));
    const away = await openTopo({ kind: 'etcd', endpoints: [`127.0.0.1:${relay.port}`], globalRoot });
    const near = await openTopo({ kind: 'etcd', endpoints: [etcd.endpoint], globalRoot });
    const held = await away.global.lock('keyspaces/ks', 'first', { ttlSeconds: 3 });
    relay.cut();
    const next = near.global.lock('keyspaces/ks', 'second', { timeoutMs: 20_000 });
    const lostFirst = await Promise.race([
      new Promise<boolean>((r) => held.lost.addEventListener('abort', () => r(true))),
      next.then(() => false),
    ]);
    expect(lostFirst).toBe(true);
    expect(held.lost.reason).toSatisfy((e) => isTopoError(e, 'lockLost'));
    await (await next).release();
    await relay.mend();
    await held.release();
    await away.close();
    await near.close();
    await relay.close();
  }, 60_000);

  it('says UNAVAILABLE and does not hang where there is no etcd', async () => {
    const relay = await cuttableRelay(1);
    await relay.close();
    const topo = await openTopo({ kind: 'etcd', endpoints: [`127.0.0.1:${relay.port}`] });
    await expect(topo.global.get('x')).rejects.toSatisfy((e) => isTopoError(e, 'unreachable'));
    await expect(topo.global.create('x', Buffer.from('1'))).rejects.toSatisfy((e) => isTopoError(e, 'unreachable'));
    await topo.close();
  });

  it('logs in with a name and a password, and says so when they are wrong', async () => {
    const root = ['--user', 'root:secret'];
    etcdctl('user', 'add', 'root:secret');
    etcdctl('user', 'grant-role', 'root', 'root');
    etcdctl('auth', 'enable');
    try {
      const open = (password: string) => openTopo({ kind: 'etcd', endpoints: [etcd.endpoint], globalRoot: '/auth/global', auth: { username: 'root', password } });
      const topo = await open('secret');
      await topo.global.create('k', Buffer.from('1'));
      const f = follow(topo, '');
      await waitFor('the list', () => f.state.get('k') === '1', { timeoutMs: 5_000 });
      await (await topo.global.lock('d', 'action')).release();
      await waitFor('the lock to be seen', () => f.seen.some((s) => s.startsWith('delete d/locks/')), { timeoutMs: 5_000 });
      await f.stop();
      await topo.close();
      const wrong = await open('guess');
      await expect(wrong.global.get('k')).rejects.toMatchObject({ grpc: 'UNAUTHENTICATED' });
      await wrong.close();
    } finally {
      etcdctl(...root, 'auth', 'disable');
    }
  });

  it('passes over an endpoint that is down', async () => {
    const relay = await cuttableRelay(1);
    await relay.close();
    const topo = await openTopo({ kind: 'etcd', endpoints: [`127.0.0.1:${relay.port}`, etcd.endpoint], globalRoot: '/two/global' });
    let reached = 0;
    for (let i = 0; i < 6; i++) reached += await topo.global.update(`k${i}`, Buffer.from('1')).then(() => 1, () => 0);
    expect(reached).toBe(6);
    const f = follow(topo, '');
    await waitFor('the list', () => f.state.size === 6, { timeoutMs: 10_000 });
    await f.stop();
    await topo.close();
  });
});
