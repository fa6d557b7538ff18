import { VtrewindError } from '../base/errors.ts';
import type { Storage } from '../storage/storage.ts';
import { readManifest } from './listBackups.ts';
import { hashStored } from './storeChunks.ts';

export type VerifyResult =
  | { readonly ok: true; readonly folder: string; readonly objects: number; readonly bytes: number }
  | { readonly ok: false; readonly folder: string; readonly problems: readonly string[] };

/** Reads every object of a backup and compares size and hash with its manifest. All problems are listed, not only the first. Storage that fails throws. */
export async function verifyBackup(storage: Storage, folder: string, options: { readonly signal?: AbortSignal; readonly onProgress?: (bytes: number, total: number) => void } = {}): Promise<VerifyResult> {
  const problems: string[] = [];
  let bytes = 0;
  try {
    const manifest = await readManifest(storage, folder, options.signal);
    const parts = [...manifest.chunks, manifest.schema];
    const total = parts.reduce((sum, p) => sum + p.bytes, 0);
    for (const part of parts) {
      const problem = await hashStored(storage, `${folder}${part.name}`, options.signal).then(
        (back) => (back.bytes === part.bytes && back.sha256 === part.sha256 ? undefined : `${part.name}: its bytes differ from the manifest`),
        (error: unknown) => {
          if (error instanceof VtrewindError && error.grpc === 'NOT_FOUND') return `${part.name}: missing`;
          throw error;
        },
      );
      if (problem !== undefined) problems.push(problem);
      bytes += part.bytes;
      options.onProgress?.(bytes, total);
    }
    return problems.length === 0 ? { ok: true, folder, objects: parts.length, bytes } : { ok: false, folder, problems };
  } catch (error) {
    if (error instanceof VtrewindError && (error.grpc === 'DATA_LOSS' || error.grpc === 'NOT_FOUND')) return { ok: false, folder, problems: [error.message] };
    throw error;
  }
}

/** Removes a backup, its manifest first, so that it is never taken for a whole one. */
export async function deleteBackup(storage: Storage, folder: string, signal?: AbortSignal): Promise<void> {
  await storage.delete(`${folder}manifest.json`, signal);
  for await (const object of storage.list(folder, signal)) await storage.delete(object.key, signal);
}
