import { constants, generateKeyPair, privateDecrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { xor } from './nativePassword.ts';

const BITS = 2048;

/** The key pair that clients without TLS encrypt their password with. One a process; made on first use, shared by all connections. */
export interface PasswordKey {
  readonly publicPem: Buffer;
  /** The password of an encrypted answer, without its NUL; undefined when it does not decrypt. */
  decrypt(encrypted: Buffer, nonce: Buffer): Buffer | undefined;
}

export async function generatePasswordKey(): Promise<PasswordKey> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: BITS });
  const publicPem = Buffer.from(publicKey.export({ type: 'spki', format: 'pem' }));
  return {
    publicPem,
    decrypt(encrypted, nonce) {
      if (encrypted.length !== BITS / 8) return undefined;
      let plain: Buffer;
      try {
        plain = privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING }, encrypted);
      } catch {
        // Not encrypted with our key: the caller refuses the login, which is all there is to say.
        return undefined;
      }
      return stripNul(xor(plain, nonce));
    },
  };
}

/** A cleartext password ends in NUL on the wire; undefined when it does not. */
export function stripNul(bytes: Buffer): Buffer | undefined {
  return bytes.length > 0 && bytes[bytes.length - 1] === 0 ? bytes.subarray(0, -1) : undefined;
}
