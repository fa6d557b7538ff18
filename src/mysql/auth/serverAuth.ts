import { randomBytes } from 'node:crypto';
import { VtrewindError } from '../../base/errors.ts';
import { ER } from '../constants/errorCodes.ts';
import { encodeAuthMoreData, encodeAuthSwitchRequest } from '../packets/authPackets.ts';
import { CACHING_SHA2, FAST_AUTH_OK, FULL_AUTH_NEEDED, REQUEST_PUBLIC_KEY } from './cachingSha2.ts';
import { NATIVE_PASSWORD } from './nativePassword.ts';
import { type PasswordKey, stripNul } from './rsaKey.ts';
import { type ClientAddress, Credential, type UserEntry, type UserSource } from './users.ts';

/** What the exchange needs of a connection. */
export interface ServerAuthChannel {
  read(): Promise<Buffer>;
  write(payload: Buffer): void;
  /** TLS or a unix socket: the client may send its password as it is. */
  readonly private: boolean;
  readonly from: ClientAddress;
}

export interface AuthAttempt {
  readonly user: string;
  readonly plugin: string | undefined;
  readonly answer: Buffer;
  readonly nonce: Buffer;
  /** The client understands AuthSwitchRequest (CLIENT_PLUGIN_AUTH). */
  readonly canSwitch: boolean;
}

/** 20 bytes that survive NUL-terminated fields: none is 0 or `$`. */
export function makeNonce(): Buffer {
  const nonce = randomBytes(20);
  for (let i = 0; i < nonce.length; i++) {
    const byte = (nonce[i] as number) & 0x7f;
    nonce[i] = byte === 0 || byte === 0x24 ? byte + 1 : byte;
  }
  return nonce;
}

/**
 * Finds out whether the client knows the user's password. Throws 1045 (28000) when not; an unknown user takes the same course as a known one
 * with a wrong password. Exchange: native in one step; caching_sha2 fast when the SHA-256 form is known, else in full (over TLS, a unix socket or
 * under our RSA key); a client that came with another plugin is switched.
 */
export async function verifyClient(channel: ServerAuthChannel, attempt: AuthAttempt, users: UserSource, key: () => Promise<PasswordKey>): Promise<UserEntry> {
  const found = users.find(attempt.user, channel.from);
  const entries: readonly UserEntry[] = found.length > 0 ? found : [{ user: attempt.user, userData: '', groups: [], sourceHost: '', credential: Credential.decoy() }];
  const entry = await exchange(channel, attempt, entries, key);
  if (entry === undefined || found.length === 0) throw accessDenied(attempt, channel.from);
  return entry;
}

async function exchange(channel: ServerAuthChannel, attempt: AuthAttempt, entries: readonly UserEntry[], key: () => Promise<PasswordKey>): Promise<UserEntry | undefined> {
  const plugin = attempt.plugin ?? NATIVE_PASSWORD;
  if (plugin === NATIVE_PASSWORD) return native(channel, attempt, entries);
  if (plugin === CACHING_SHA2) return sha2(channel, attempt.answer, attempt.nonce, entries, key);
  if (!attempt.canSwitch) return undefined;
  const nonce = makeNonce();
  channel.write(encodeAuthSwitchRequest({ plugin: CACHING_SHA2, data: nonce }));
  return sha2(channel, await channel.read(), nonce, entries, key);
}

/** MariaDB's replicas do not know the plugin the greeting names: they answer nothing at first and wait to be asked for theirs. */
async function native(channel: ServerAuthChannel, attempt: AuthAttempt, entries: readonly UserEntry[]): Promise<UserEntry | undefined> {
  if (attempt.answer.length > 0 || !attempt.canSwitch || entries.some((entry) => entry.credential.empty)) {
    return entries.find((entry) => entry.credential.verifyNative(attempt.answer, attempt.nonce));
  }
  const nonce = makeNonce();
  channel.write(encodeAuthSwitchRequest({ plugin: NATIVE_PASSWORD, data: nonce }));
  const answer = await channel.read();
  return entries.find((entry) => entry.credential.verifyNative(answer, nonce));
}

async function sha2(channel: ServerAuthChannel, first: Buffer, nonce: Buffer, entries: readonly UserEntry[], key: () => Promise<PasswordKey>): Promise<UserEntry | undefined> {
  // An empty password is a single NUL after a switch, and nothing in the handshake response.
  const answer = first.length === 1 && first[0] === 0 ? Buffer.alloc(0) : first;
  const fast = entries.find((entry) => entry.credential.verifySha2(answer, nonce));
  if (fast !== undefined) {
    if (answer.length > 0) channel.write(encodeAuthMoreData(Buffer.from([FAST_AUTH_OK])));
    return fast;
  }
  if (answer.length === 0) return undefined;
  channel.write(encodeAuthMoreData(Buffer.from([FULL_AUTH_NEEDED])));
  const password = await readPassword(channel, nonce, key);
  return password === undefined ? undefined : entries.find((entry) => entry.credential.verifyPassword(password));
}

async function readPassword(channel: ServerAuthChannel, nonce: Buffer, key: () => Promise<PasswordKey>): Promise<Buffer | undefined> {
  const first = await channel.read();
  if (channel.private) return stripNul(first);
  const pair = await key();
  if (first.length === 1 && first[0] === REQUEST_PUBLIC_KEY) {
    channel.write(encodeAuthMoreData(pair.publicPem));
    return pair.decrypt(await channel.read(), nonce);
  }
  // The client had our key already.
  return pair.decrypt(first, nonce);
}

function accessDenied(attempt: AuthAttempt, from: ClientAddress): VtrewindError {
  const host = from.local ? 'localhost' : from.address;
  const using = attempt.answer.length > 0 ? 'YES' : 'NO';
  return new VtrewindError({
    code: 'VTR0821', mysql: ER.ACCESS_DENIED_ERROR, sqlState: '28000', grpc: 'UNAUTHENTICATED',
    message: `Access denied for user '${attempt.user}'@'${host}' (using password: ${using})`,
  });
}
