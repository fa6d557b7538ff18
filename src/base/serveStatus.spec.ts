import { Counter } from 'prom-client';
import { expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';
import { serveStatus } from './serveStatus.ts';

it('serves health, metrics and vars, and refuses what is no page', async () => {
  const metrics = createMetrics();
  new Counter({ name: 'things_total', help: 'things', registers: [metrics] }).inc(3);
  let ok = true;
  const server = await serveStatus('127.0.0.1:0', { metrics, health: () => ({ ok, topology: 'connected' }), vars: () => ({ Things: 3n }), pages: { '/': () => ({ type: 'text/html; charset=utf-8', body: '<p>hi' }) } });
  const get = (path: string, init?: RequestInit) => fetch(`http://${server.address}${path}`, init);
  expect((await get('/healthz')).status).toBe(200);
  ok = false;
  const sick = await get('/healthz');
  expect([sick.status, await sick.json()]).toEqual([503, { ok: false, topology: 'connected' }]);
  expect(await (await get('/metrics')).text()).toContain('things_total 3');
  expect(await (await get('/debug/vars')).json()).toEqual({ Things: 3 });
  expect((await get('/')).headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect((await get('/__proto__')).status).toBe(404);
  expect((await get('/healthz', { method: 'POST' })).status).toBe(405);
  await server.close();
});
