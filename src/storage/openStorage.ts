import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VtrewindError } from '../base/errors.ts';
import { FileStorage } from './fileStorage.ts';
import type { Storage } from './storage.ts';

/** Opens a store by URL: `file:///folder`, or an absolute path. Throws VTR0224 for any other form. */
export async function openStorage(url: string): Promise<Storage> {
  if (isAbsolute(url)) return await FileStorage.open(url);
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (cause) {
    throw unknownStore(url, cause);
  }
  if (parsed.protocol === 'file:' && (parsed.host === '' || parsed.host === 'localhost')) return await FileStorage.open(fileURLToPath(parsed));
  throw unknownStore(`${parsed.protocol}//…`);
}

function unknownStore(url: string, cause?: unknown): VtrewindError {
  return new VtrewindError({
    code: 'VTR0224', mysql: 1210, grpc: 'INVALID_ARGUMENT', message: `'${url}' names no storage`, ...(cause === undefined ? {} : { cause }),
    hint: 'give file:///absolute/folder or an absolute path',
  });
}
