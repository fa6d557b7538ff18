import { VtrewindError } from '../base/errors.ts';

/** VTR0221: there is no object of that key. */
export function objectNotFound(url: string, key: string, cause?: unknown): VtrewindError {
  return new VtrewindError({
    code: 'VTR0221', mysql: 1017, grpc: 'NOT_FOUND', message: `no object '${key}' in ${url}`, ...(cause === undefined ? {} : { cause }),
    hint: 'check the storage URL; an object that a manifest or index names and that is not there was removed by hand or by another retention',
  });
}

/** VTR0223: the store did not do what it was asked. Nothing of a failed `put` is visible. */
export function storageFailed(operation: string, url: string, key: string, cause: unknown): VtrewindError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new VtrewindError({
    code: 'VTR0223', mysql: 1026, grpc: 'UNAVAILABLE', message: `${operation} '${key}' in ${url}: ${why}`, cause,
    hint: 'check that the storage is mounted or reachable, writable, and not full',
  });
}

/** VTR0222: a key that no store takes. */
export function badKey(key: string, why: string): VtrewindError {
  return new VtrewindError({
    code: 'VTR0222', mysql: 1210, grpc: 'INVALID_ARGUMENT', message: `bad storage key '${key.slice(0, 200)}': ${why}`,
    hint: "keys are names joined by '/', without a leading slash, '.', '..' or empty parts",
  });
}

/** Whether an error says that the object is absent (VTR0221), and not that the store failed. */
export function isObjectNotFound(error: unknown): boolean {
  return error instanceof VtrewindError && error.code === 'VTR0221';
}
