import { createHash, timingSafeEqual } from 'node:crypto';

/** mysql_native_password. Source: MySQL "Native Authentication": SHA1(pw) XOR SHA1(nonce + SHA1(SHA1(pw))). */
export const NATIVE_PASSWORD = 'mysql_native_password';

const sha1 = (...parts: readonly Uint8Array[]) => {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** SHA1(SHA1(password)): what a server stores, 20 bytes. */
export function nativeStage2(password: string | Buffer): Buffer {
  return sha1(sha1(typeof password === 'string' ? Buffer.from(password) : password));
}

/** From the server's spelling `*` and 40 hex digits (the star may be missing). Undefined when it is not that. */
export function parseNativeHash(text: string): Buffer | undefined {
  const hex = text.startsWith('*') ? text.slice(1) : text;
  return /^[0-9a-fA-F]{40}$/.test(hex) ? Buffer.from(hex, 'hex') : undefined;
}

/** The client's answer; empty for an empty password. `nonce` is 20 bytes. */
export function nativeScramble(password: string, nonce: Buffer): Buffer {
  if (password === '') return Buffer.alloc(0);
  const stage1 = sha1(Buffer.from(password));
  const mask = sha1(nonce, sha1(stage1));
  return xor(stage1, mask);
}

/** Checks an answer against the stored hash, in constant time. */
export function verifyNative(answer: Buffer, nonce: Buffer, stage2: Buffer): boolean {
  if (answer.length !== 20) return false;
  const stage1 = xor(answer, sha1(nonce, stage2));
  return timingSafeEqual(sha1(stage1), stage2);
}

export function xor(a: Buffer, b: Buffer): Buffer {
  const out = Buffer.alloc(a.length);
  for (let i = 0; i < a.length; i++) out[i] = (a[i] as number) ^ (b[i % b.length] as number);
  return out;
}
