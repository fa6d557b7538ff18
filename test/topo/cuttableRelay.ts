import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP relay to a port of this machine that can lose all its connections, refuse new ones, and come back on the same port. */
export interface CuttableRelay {
  readonly port: number;
  cut(): void;
  mend(): Promise<void>;
  close(): Promise<void>;
}

export async function cuttableRelay(to: number): Promise<CuttableRelay> {
  const sockets = new Set<Socket>();
  const listen = (port: number) => new Promise<Server>((resolve, reject) => {
    const server = createServer((near) => {
      const far = connect(to, '127.0.0.1');
      for (const [a, b] of [[near, far], [far, near]] as const) {
        sockets.add(a);
        a.pipe(b);
        a.on('error', () => b.destroy());
        a.on('close', () => { sockets.delete(a); b.destroy(); });
      }
    });
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
  let server: Server | undefined = await listen(0);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const cut = () => {
    server?.close();
    server = undefined;
    for (const s of sockets) s.destroy();
  };
  return { port, cut, async mend() { server ??= await listen(port); }, async close() { cut(); } };
}
