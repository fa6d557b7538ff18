import { badKey } from './storageError.ts';

/** Longest key, in bytes: what S3, GCS and Azure take. */
export const maxKeyBytes = 1024;
/** Longest part between slashes: what file systems take. */
export const maxKeyPartBytes = 255;
/** Parts that start so belong to the store itself. */
export const reservedPrefix = '.vtrewind-';

/** Throws VTR0222 for a key that some store would refuse, or that would leave the root of a file store. */
export function checkKey(key: string): void {
  if (key === '') throw badKey(key, 'empty');
  if (Buffer.byteLength(key) > maxKeyBytes) throw badKey(key, `longer than ${maxKeyBytes} bytes`);
  checkParts(key, key.split('/'));
}

/** As `checkKey`, for the prefix of a list: it may be empty, end in a slash, or end within a part. */
export function checkPrefix(prefix: string): void {
  if (Buffer.byteLength(prefix) > maxKeyBytes) throw badKey(prefix, `longer than ${maxKeyBytes} bytes`);
  const parts = prefix.split('/');
  checkParts(prefix, parts.slice(0, -1));
  const last = parts.at(-1) ?? '';
  if (last !== '') checkParts(prefix, [last]);
}

function checkParts(key: string, parts: readonly string[]): void {
  for (const part of parts) {
    if (part === '') throw badKey(key, 'an empty part');
    if (part === '.' || part === '..') throw badKey(key, `'${part}' as a part`);
    if (part.startsWith(reservedPrefix)) throw badKey(key, `parts starting with ${reservedPrefix} are reserved`);
    if (/[\0-\x1f\x7f\\]/.test(part)) throw badKey(key, 'a control character or backslash');
    if (!part.isWellFormed()) throw badKey(key, 'not well-formed Unicode');
    if (Buffer.byteLength(part) > maxKeyPartBytes) throw badKey(key, `a part longer than ${maxKeyPartBytes} bytes`);
  }
}
