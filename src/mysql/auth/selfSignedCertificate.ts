import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { bits, context, integer, objectId, octets, sequence, set, time, tlv, truth, utf8 } from './der.ts';

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
const SUBJECT_ALT_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';
const SUBJECT_KEY_ID = '2.5.29.14';
const VALID_DAYS = 3650;

export interface Certificate {
  readonly certPem: string;
  readonly keyPem: string;
}

/**
 * A certificate for servers that were given none, so that clients can encrypt (they cannot verify it). P-256 with ECDSA; names `localhost`, the
 * given name and the loopback addresses. Layout: RFC 5280, 4.1.
 */
export function selfSignedCertificate(name = 'vtrewind', now: Date = new Date()): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const algorithm = sequence(objectId(ECDSA_WITH_SHA256));
  const distinguished = sequence(set(sequence(objectId(COMMON_NAME), utf8(name))));
  const notBefore = new Date(now.getTime() - 86_400_000);
  const notAfter = new Date(now.getTime() + VALID_DAYS * 86_400_000);
  const dns = (text: string) => tlv(0x82, Buffer.from(text, 'latin1'));
  const ip = (...bytes: readonly number[]) => tlv(0x87, Buffer.from(bytes));
  const names = sequence(dns('localhost'), dns(name), ip(127, 0, 0, 1), ip(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));
  const extension = (id: string, critical: boolean, value: Buffer) => sequence(objectId(id), ...(critical ? [truth(true)] : []), octets(value));
  const serial = randomBytes(16);
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40;
  const tbs = sequence(
    context(0, integer(Buffer.from([2]))), integer(serial), algorithm, distinguished, sequence(time(notBefore), time(notAfter)), distinguished, spki,
    context(3, sequence(
      extension(SUBJECT_KEY_ID, false, octets(createHash('sha1').update(spki).digest())),
      extension(BASIC_CONSTRAINTS, true, sequence(truth(true))),
      extension(SUBJECT_ALT_NAME, false, names),
    )),
  );
  const certificate = sequence(tbs, algorithm, bits(sign('sha256', tbs, privateKey)));
  return { certPem: pem('CERTIFICATE', certificate), keyPem: String(privateKey.export({ type: 'pkcs8', format: 'pem' })) };
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
