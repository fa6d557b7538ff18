import { createServer } from 'node:http';

/** A TCP port on `host` that was free a moment ago. Callers keep what they got, so that a restarted server is found where it was. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, host, () => {
      const address = probe.address();
      probe.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}
