import { VtrewindError } from '../../base/errors.ts';
import { ER } from '../constants/errorCodes.ts';
import { decodeAuthSwitchRequest } from '../packets/authPackets.ts';
import { decodeErrPacket, serverError } from '../packets/errPacket.ts';
import { malformed } from '../packets/malformedPacket.ts';
import { CACHING_SHA2, encryptPassword, FAST_AUTH_OK, FULL_AUTH_NEEDED, REQUEST_PUBLIC_KEY, sha2Scramble } from './cachingSha2.ts';
import { NATIVE_PASSWORD, nativeScramble } from './nativePassword.ts';

export interface AuthChannel {
  read(): Promise<Buffer>;
  write(payload: Buffer): void;
  /** TLS or a unix socket: a cleartext password may be sent. */
  readonly private: boolean;
}

/** Rounds of an authentication exchange before it is given up; a server needs at most four. */
const MAX_ROUNDS = 10;

/** The first answer to a nonce, sent inside the handshake response; empty for plugins that wait to be asked. */
export function initialAnswer(plugin: string, password: string, nonce: Buffer, isPrivate: boolean): Buffer {
  switch (plugin) {
    case NATIVE_PASSWORD: return nativeScramble(password, nonce);
    case CACHING_SHA2: return sha2Scramble(password, nonce);
    case 'sha256_password': return password === '' ? Buffer.from([0]) : isPrivate ? Buffer.from(`${password}\0`) : Buffer.from([1]);
    default: return Buffer.alloc(0);
  }
}

/** Answers the server until it says OK; returns that packet. Throws the server's own error when it refuses. */
export async function answerAuth(channel: AuthChannel, password: string, firstPlugin: string, firstNonce: Buffer): Promise<Buffer> {
  let plugin = firstPlugin;
  let nonce = firstNonce;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const payload = await channel.read();
    switch (payload[0]) {
      case 0x00: return payload;
      case 0xff: throw serverError(decodeErrPacket(payload));
      case 0xfe: {
        const request = decodeAuthSwitchRequest(payload);
        plugin = request.plugin;
        nonce = Buffer.from(request.data.subarray(0, 20));
        channel.write(switchAnswer(plugin, password, nonce, channel.private));
        break;
      }
      case 0x01: await moreData(channel, payload.subarray(1), plugin, password, nonce); break;
      default: throw malformed(`0x${(payload[0] ?? 0).toString(16)} during authentication`);
    }
  }
  throw malformed(`authentication did not end within ${MAX_ROUNDS} rounds`);
}

function switchAnswer(plugin: string, password: string, nonce: Buffer, isPrivate: boolean): Buffer {
  switch (plugin) {
    case NATIVE_PASSWORD: case CACHING_SHA2: case 'sha256_password': return initialAnswer(plugin, password, nonce, isPrivate);
    case 'mysql_clear_password':
      if (!isPrivate) throw unusable(plugin, 'it sends the password in the clear and the connection has no TLS');
      return Buffer.from(`${password}\0`);
    default: throw unusable(plugin, 'vtrewind does not speak it');
  }
}

async function moreData(channel: AuthChannel, data: Buffer, plugin: string, password: string, nonce: Buffer): Promise<void> {
  if (plugin === 'sha256_password') {
    channel.write(encryptPassword(password, nonce, Buffer.from(data)));
    return;
  }
  if (plugin !== CACHING_SHA2) throw malformed(`more authentication data for ${plugin}`);
  if (data[0] === FAST_AUTH_OK) return;
  if (data[0] !== FULL_AUTH_NEEDED) throw malformed(`caching_sha2_password state ${data[0]}`);
  if (channel.private) {
    channel.write(Buffer.from(`${password}\0`));
    return;
  }
  channel.write(Buffer.from([REQUEST_PUBLIC_KEY]));
  const key = await channel.read();
  if (key[0] === 0xff) throw serverError(decodeErrPacket(key));
  if (key[0] !== 0x01) throw malformed('public key expected');
  channel.write(encryptPassword(password, nonce, Buffer.from(key.subarray(1))));
}

function unusable(plugin: string, why: string): VtrewindError {
  return new VtrewindError({
    code: 'VTR0806', mysql: ER.NOT_SUPPORTED_AUTH_MODE, sqlState: '08004', grpc: 'UNAUTHENTICATED',
    message: `the server asks for authentication plugin ${plugin}: ${why}`, hint: 'use caching_sha2_password or mysql_native_password for this account',
  });
}

