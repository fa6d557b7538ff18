import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.ts';
import { EmbeddedStore } from '../../src/topo/embeddedStore.ts';
import { openTopo } from '../../src/topo/openTopo.ts';
import { isTopoError } from '../../src/topo/topoErrors.ts';
import { temporaryFolder } from '../support/servers.ts';

const long = process.env.VTREWIND_TEST === 'long';

it('loses nothing acknowledged when killed, and frees the locks of the dead', async () => {
  const directory = await temporaryFolder('topo');
  let acknowledged = 0;
  for (let round = 0; round < (long ? 20 : 3); round++) {
    const child = spawn(process.execPath, ['--no-warnings', new URL('./embeddedCrash.ts', import.meta.url).pathname, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (d: Buffer) => {
      out += d;
    });
    const gone = new Promise((r) => child.once('close', r));
    const target = acknowledged + 40 + round * 7;
    await waitFor('acknowledged writes', () => Number(out.trim().split('\n').at(-1)) >= target, { timeoutMs: 20_000, everyMs: 2 });
    child.kill('SIGKILL');
    await gone;
    acknowledged = Number(out.slice(0, out.lastIndexOf('\n')).split('\n').at(-1));
    const topo = await openTopo({ kind: 'embedded', directory });
    const last = Number((await topo.global.get('last'))!.value);
    expect(last === acknowledged || last === acknowledged + 1).toBe(true);
    expect(Buffer.from((await topo.global.get(`k/${acknowledged % 50}`))!.value).toString()).toBe(`${acknowledged}:`.repeat(200));
    await waitFor('the lease of the killed to run out', async () => (await topo.global.list('d/locks/')).length === 0, { timeoutMs: 5_000 });
    await topo.close();
  }
}, 120_000);

it('drops a torn last line, which nobody was told of, and refuses damage before it', async () => {
  const directory = await temporaryFolder('topo');
  const log = join(directory, 'topology.log');
  const first = EmbeddedStore.open(directory);
  first.write([{ type: 'put', key: '/a', value: Buffer.from('1') }]);
  first.write([{ type: 'put', key: '/b', value: Buffer.from('2') }]);
  await first.close();
  const whole = readFileSync(log);
  appendFileSync(log, '00000000 {"seq":3,"wri');
  const second = EmbeddedStore.open(directory);
  expect(second.entriesIn({ key: '/', end: '0' }).map((e) => e.key)).toEqual(['/a', '/b']);
  expect(readFileSync(log)).toEqual(whole);
  await second.close();
  truncateSync(log, whole.length - 3);
  const third = EmbeddedStore.open(directory);
  expect(third.entriesIn({ key: '/', end: '0' }).map((e) => e.key)).toEqual(['/a']);
  await third.close();
  const bad = Buffer.from(whole);
  bad[20]! ^= 1;
  writeFileSync(log, bad);
  expect(() => EmbeddedStore.open(directory)).toThrow(/damaged at byte 0/);
});

it('folds its log into a snapshot and goes on with the same revisions', async () => {
  const directory = await temporaryFolder('topo');
  const store = EmbeddedStore.open(directory);
  const lease = await store.grantLease(60);
  store.write([{ type: 'put', key: '/leased', value: Buffer.from('x'), lease }]);
  const big = Buffer.alloc(700_000, 7);
  for (let i = 0; i < 8; i++) store.write([{ type: 'put', key: `/k${i % 3}`, value: big }]);
  store.write([{ type: 'delete', key: '/k0' }]);
  const before = { revision: store.revision, entries: store.entriesIn({ key: '/', end: '0' }) };
  await store.close();
  expect(readFileSync(join(directory, 'topology.log')).length).toBeLessThan(4 * 1024 * 1024);
  const again = EmbeddedStore.open(directory);
  expect(again.revision).toBe(before.revision);
  expect(again.entriesIn({ key: '/', end: '0' })).toEqual(before.entries);
  expect(again.leaseState(lease)).toMatchObject({ granted: 60, keys: ['/leased'] });
  await again.revokeLease(lease);
  expect(again.entriesIn({ key: '/leased' })).toEqual([]);
  await again.close();
});

it('belongs to one process at a time', async () => {
  const directory = await temporaryFolder('topo');
  const store = EmbeddedStore.open(directory);
  expect(() => EmbeddedStore.open(directory)).toThrow(/belongs to the running process/);
  await store.close();
  writeFileSync(join(directory, 'owner'), `${process.pid} 1\n`);
  await EmbeddedStore.open(directory).close();
  await expect(store.range({ key: '/' })).rejects.toSatisfy((e) => isTopoError(e, 'closed'));
});

it('serves on when its process comes back, to clients that were connected before', async () => {
  const directory = await temporaryFolder('topo');
  const first = await openTopo({ kind: 'embedded', directory, serve: true });
  const port = Number(first.endpoint!.split(':')[1]);
  const client = await openTopo({ kind: 'etcd', endpoints: [first.endpoint!] });
  const stop = new AbortController();
  const seen: string[] = [];
  const watching = (async () => {
    for await (const e of client.global.watch('', stop.signal)) seen.push(e.type === 'put' ? `put ${e.entry.path}` : e.type);
  })();
  await waitFor('the first list', () => seen.length === 1, { timeoutMs: 5_000 });
  await first.global.create('a', Buffer.from('1'));
  await waitFor('a', () => seen.includes('put a'), { timeoutMs: 5_000 });
  await first.close();
  await waitFor('the loss to be told', () => seen.includes('disconnected'), { timeoutMs: 5_000 });
  const second = await openTopo({ kind: 'embedded', directory, serve: true, port });
  await second.global.create('b', Buffer.from('2'));
  await waitFor('b', () => seen.includes('put b'), { timeoutMs: 10_000 });
  expect(seen).toEqual(['snapshot', 'put a', 'disconnected', 'connected', 'put b']);
  stop.abort();
  await watching;
  await client.close();
  await second.close();
}, 30_000);
