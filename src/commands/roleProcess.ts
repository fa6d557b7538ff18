import { VtrewindError } from '../base/errors.ts';
import type { ReadyReport } from './up/processTree.ts';

/**
 * Runs a role until SIGTERM, SIGINT or the end of the process tree it belongs to. `start` gets the signal that ends it and answers its addresses
 * and how to stop it. Prints `ready …` for people and tells `up` over IPC.
 */
export async function runRole(start: (signal: AbortSignal) => Promise<{ readonly ready: ReadyReport; readonly stop: () => Promise<void> }>): Promise<void> {
  const abort = new AbortController();
  const ended = new Promise<void>((resolve) => abort.signal.addEventListener('abort', () => resolve(), { once: true }));
  const end = (why: string) => () => abort.abort(new VtrewindError({ code: 'VTR0907', grpc: 'CANCELED', message: why }));
  process.once('SIGTERM', end('SIGTERM'));
  process.once('SIGINT', end('SIGINT'));
  if (process.connected) process.once('disconnect', end('the process tree ended'));
  let role: Awaited<ReturnType<typeof start>>;
  try {
    role = await start(abort.signal);
  } catch (error) {
    if (abort.signal.aborted) return;
    throw error;
  }
  process.stdout.write(`ready ${Object.entries(role.ready).map(([name, value]) => `${name}=${value}`).join(' ')}\n`);
  if (process.connected) process.send?.({ ready: role.ready });
  await ended;
  await role.stop();
  if (process.connected) process.disconnect();
}

let lastRequest = 0;

/** Asks `up`, from a role in its tree. Throws what `up` answers with; VTR0906 when this process belongs to no tree. */
export function askUp(request: string, body: unknown, timeoutMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    if (!process.connected || process.send === undefined) {
      reject(new VtrewindError({ code: 'VTR0906', grpc: 'UNIMPLEMENTED', message: `'${request}' works under 'vtrewind up' only` }));
      return;
    }
    const id = ++lastRequest;
    const timer = setTimeout(() => {
      process.off('message', onMessage);
      reject(new VtrewindError({ code: 'VTR0908', grpc: 'DEADLINE_EXCEEDED', message: `'${request}' was not answered within ${timeoutMs} ms` }));
    }, timeoutMs);
    const onMessage = (message: { readonly id: number; readonly result?: unknown; readonly error?: { code: string; message: string; mysql: number; sqlState: string } }) => {
      if (message.id !== id) return;
      clearTimeout(timer);
      process.off('message', onMessage);
      if (message.error === undefined) resolve(message.result);
      else reject(new VtrewindError(message.error));
    };
    process.on('message', onMessage);
    process.send({ request, id, body });
  });
}
