import { createPrivateKey, createPublicKey, pbkdf2, randomBytes, verify } from 'node:crypto';
import { promisify } from 'node:util';

/** MariaDB's plugins that sign a nonce. Source: MariaDB "Authentication plugin - ed25519" and "- PARSEC". */
export const ED25519 = 'client_ed25519';
export const PARSEC = 'parsec';
/** Bytes of a nonce of both. */
export const SIGNED_NONCE_BYTES = 32;

const SIGNATURE_BYTES = 64;
/** PKCS 8 in front of a 32-byte Ed25519 seed. Source: RFC 8410, 10.3. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Whether `signature` of `message` is by the 32-byte public key. */
export function verifyEd25519(message: Buffer, signature: Buffer, publicKey: Buffer): boolean {
  if (signature.length !== SIGNATURE_BYTES || publicKey.length !== 32) return false;
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') }, format: 'jwk' });
  return verify(null, message, key, signature);
}

/** What a server keeps for PARSEC: the extended salt it tells clients, and the public key. */
export interface ParsecSecret {
  readonly extendedSalt: Buffer;
  readonly publicKey: Buffer;
}

const SALT_BYTES = 18;
/** 1024 shifted by this many iterations. */
const ITERATION_FACTOR = 0;

/** A salt and the key that the password gives with it. PBKDF2 runs off the main thread. */
export async function parsecSecretOf(password: Buffer): Promise<ParsecSecret> {
  const salt = randomBytes(SALT_BYTES);
  const seed = await promisify(pbkdf2)(password, salt, 1024 << ITERATION_FACTOR, 32, 'sha512');
  return { extendedSalt: Buffer.concat([Buffer.from(['P'.charCodeAt(0), ITERATION_FACTOR]), salt]), publicKey: publicKeyOfSeed(seed) };
}

function publicKeyOfSeed(seed: Buffer): Buffer {
  const { x } = createPublicKey(createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' })).export({ format: 'jwk' });
  return Buffer.from(x ?? '', 'base64url');
}

/** A client's PARSEC answer: its own nonce of 32 bytes, then the signature of both nonces. */
export function verifyParsec(answer: Buffer, nonce: Buffer, secret: ParsecSecret): boolean {
  if (answer.length !== SIGNED_NONCE_BYTES + SIGNATURE_BYTES) return false;
  const own = answer.subarray(0, SIGNED_NONCE_BYTES);
  return verifyEd25519(Buffer.concat([nonce, own]), answer.subarray(SIGNED_NONCE_BYTES), secret.publicKey);
}
