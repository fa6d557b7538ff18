import { constants, createHash, publicEncrypt, timingSafeEqual } from 'node:crypto';
import { xor } from './nativePassword.ts';

/** caching_sha2_password. Source: MySQL "Caching_sha2_password information". */
export const CACHING_SHA2 = 'caching_sha2_password';

/** Second byte of AuthMoreData, and the client's request for the public key. */
export const FAST_AUTH_OK = 0x03;
export const FULL_AUTH_NEEDED = 0x04;
export const REQUEST_PUBLIC_KEY = 0x02;

const sha256 = (...parts: readonly Uint8Array[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** SHA256(SHA256(password)): what a server caches for the fast path, 32 bytes. */
export function sha2Stage2(password: string | Buffer): Buffer {
  return sha256(sha256(typeof password === 'string' ? Buffer.from(password) : password));
}

/** SHA256(pw) XOR SHA256(SHA256(SHA256(pw)) + nonce); empty for an empty password. */
export function sha2Scramble(password: string, nonce: Buffer): Buffer {
  if (password === '') return Buffer.alloc(0);
  const stage1 = sha256(Buffer.from(password));
  return xor(stage1, sha256(sha256(stage1), nonce));
}

/** Checks a fast-path answer in constant time. */
export function verifySha2(answer: Buffer, nonce: Buffer, stage2: Buffer): boolean {
  if (answer.length !== 32) return false;
  const stage1 = xor(answer, sha256(stage2, nonce));
  return timingSafeEqual(sha256(stage1), stage2);
}

/** The password for the full path without TLS: NUL-terminated, XORed with the nonce, under the server's RSA key (OAEP). */
export function encryptPassword(password: string, nonce: Buffer, publicKeyPem: Buffer | string): Buffer {
  const plain = xor(Buffer.from(`${password}\0`), nonce);
  return publicEncrypt({ key: publicKeyPem, padding: constants.RSA_PKCS1_OAEP_PADDING }, plain);
}
