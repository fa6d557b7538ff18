import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';

/** What a role shows of itself over HTTP. */
export interface StatusPages {
  readonly metrics: Metrics;
  /** Answers /healthz: 200 when ok, else 503, with the detail as JSON. */
  readonly health: () => { readonly ok: boolean } & Readonly<Record<string, unknown>>;
  /** /debug/vars: counters and facts as one JSON object, in the manner of Go's expvar. */
  readonly vars: () => Readonly<Record<string, unknown>>;
  /** Further GET pages by exact path. */
  readonly pages?: Readonly<Record<string, () => Promise<Page> | Page>>;
}
export interface Page { readonly type: 'text/html; charset=utf-8' | 'application/json' | 'text/plain; charset=utf-8'; readonly body: string }

/** Headers and a request line beyond this are refused by node:http (431). */
const maxHeaderBytes = 16 * 1024;
const requestTimeoutMs = 10_000;

/** Serves /healthz, /metrics, /debug/vars and the given pages, GET and HEAD only, on `host:port` (port 0: any free one). */
export async function serveStatus(address: string, status: StatusPages): Promise<{ readonly address: string; close(): Promise<void> }> {
  const pages: Record<string, () => Promise<Page & { readonly code?: number }> | (Page & { readonly code?: number })> = {
    '/healthz': () => {
      const health = status.health();
      return { type: 'application/json', body: `${JSON.stringify(health)}\n`, code: health.ok ? 200 : 503 };
    },
    '/metrics': async () => ({ type: 'text/plain; charset=utf-8', body: await status.metrics.metrics() }),
    '/debug/vars': () => ({ type: 'application/json', body: `${JSON.stringify(status.vars(), (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value), 2)}\n` }),
    ...status.pages,
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405, { allow: 'GET, HEAD' }).end();
    if (page === undefined) {
      return void response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end(`no such page; there are ${Object.keys(pages).join(' ')}\n`);
    }
    const { type, body, code } = await page();
    response.writeHead(code ?? 200, { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  const server = createServer({ maxHeaderSize: maxHeaderBytes, requestTimeout: requestTimeoutMs }, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(`${error instanceof Error ? error.message : String(error)}\n`);
    });
  });
  const split = address.lastIndexOf(':');
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(address.slice(split + 1)), address.slice(0, split).replace(/^\[|\]$/g, ''), () => {
      server.off('error', reject);
      resolve();
    });
  });
  const bound = server.address() as AddressInfo;
  return {
    address: `${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
