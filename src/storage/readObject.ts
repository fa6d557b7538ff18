import { VtrewindError } from '../base/errors.ts';
import type { Storage } from './storage.ts';

/** A whole object in memory; for small ones (indexes, manifests). Throws VTR0221 when absent, VTR0225 when larger than `maxBytes` (default 64 MiB). */
export async function readObject(storage: Storage, key: string, options: { readonly maxBytes?: number; readonly signal?: AbortSignal | undefined } = {}): Promise<Buffer> {
  const maxBytes = options.maxBytes ?? 64 * 1024 * 1024;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of (await storage.get(key, undefined, options.signal)) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new VtrewindError({ code: 'VTR0225', grpc: 'RESOURCE_EXHAUSTED', message: `object '${key}' in ${storage.url} is larger than ${maxBytes} bytes` });
    }
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, bytes);
}
