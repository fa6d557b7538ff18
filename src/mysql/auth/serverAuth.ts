import { randomBytes, type X509Certificate } from 'node:crypto';
import { VtrewindError } from '../../base/errors.ts';
import { ER } from '../constants/errorCodes.ts';
import { encodeAuthMoreData, encodeAuthSwitchRequest } from '../packets/authPackets.ts';
import { CACHING_SHA2, FAST_AUTH_OK, FULL_AUTH_NEEDED, REQUEST_PUBLIC_KEY } from './cachingSha2.ts';
import { matchesCertificate } from './certificateRule.ts';
import { ED25519, PARSEC, parsecSecretOf, SIGNED_NONCE_BYTES, verifyEd25519, verifyParsec } from './ed25519Auth.ts';
import { NATIVE_PASSWORD } from './nativePassword.ts';
import { type PasswordKey, stripNul } from './rsaKey.ts';
import { AUTH_PLUGINS, CLEAR_PASSWORD, type ClientAddress, Credential, SHA256_PASSWORD, type UserEntry, type UserSource } from './users.ts';

/** What the exchange needs of a connection. */
export interface ServerAuthChannel {
  read(): Promise<Buffer>;
  write(payload: Buffer): void;
  /** TLS or a unix socket: the client may send its password as it is. */
  readonly private: boolean;
  readonly from: ClientAddress;
  /** The client's, verified already. */
  readonly certificate?: X509Certificate | undefined;
}

export interface AuthAttempt {
  readonly user: string;
  readonly plugin: string | undefined;
  readonly answer: Buffer;
  readonly nonce: Buffer;
  /** The client understands AuthSwitchRequest (CLIENT_PLUGIN_AUTH). */
  readonly canSwitch: boolean;
}

const NONCE_BYTES = 20;
const NO_KEY = Buffer.alloc(0);

/** Bytes that survive NUL-terminated fields: none is 0 or `$`. */
export function makeNonce(bytes = NONCE_BYTES): Buffer {
  const nonce = randomBytes(bytes);
  for (let i = 0; i < nonce.length; i++) {
    const byte = (nonce[i] as number) & 0x7f;
    nonce[i] = byte === 0 || byte === 0x24 ? byte + 1 : byte;
  }
  return nonce;
}

/**
 * Finds out whether the client knows the user's password and shows the certificate it must. Throws 1045 (28000) when not; an unknown user takes the same course as a known one
 * with a wrong password. A client that comes with a plugin that its user may not use, or that needs a nonce of its own, is switched.
 */
export async function verifyClient(channel: ServerAuthChannel, attempt: AuthAttempt, users: UserSource, key: () => Promise<PasswordKey>): Promise<UserEntry> {
  const found = users.find(attempt.user, channel.from);
  const entries: readonly UserEntry[] = found.length > 0 ? found : [{ user: attempt.user, userData: '', groups: [], sourceHost: '', credential: Credential.decoy() }];
  const entry = await exchange(channel, attempt, entries, key);
  if (entry === undefined || found.length === 0) throw accessDenied(attempt, channel.from);
  if (entry.requireTls === true && !channel.private) throw accessDenied(attempt, channel.from);
  if (entry.certificate !== undefined && !matchesCertificate(entry.certificate, channel.certificate)) throw accessDenied(attempt, channel.from);
  return entry;
}

async function exchange(channel: ServerAuthChannel, attempt: AuthAttempt, entries: readonly UserEntry[], key: () => Promise<PasswordKey>): Promise<UserEntry | undefined> {
  const came = attempt.plugin ?? NATIVE_PASSWORD;
  const allowed = (plugin: string) => AUTH_PLUGINS.includes(plugin) && (plugin !== CLEAR_PASSWORD || channel.private) && entries.some((entry) => entry.plugins === undefined || entry.plugins.includes(plugin));
  const plugin = allowed(came) ? came : (entries.flatMap((entry) => entry.plugins ?? AUTH_PLUGINS).find(allowed) ?? CACHING_SHA2);
  const usable = entries.filter((entry) => entry.plugins === undefined || entry.plugins.includes(plugin));
  if (plugin === came && plugin === NATIVE_PASSWORD) return native(channel, attempt, usable);
  if (plugin === came && plugin === CACHING_SHA2) return sha2(channel, attempt, attempt.answer, attempt.nonce, usable, key);
  if (plugin === came && plugin === SHA256_PASSWORD && attempt.answer.length > 0) return sha256(channel, attempt, attempt.answer, attempt.nonce, usable, key);
  if (plugin === came && plugin === CLEAR_PASSWORD && attempt.answer.length > 0) return byPassword(channel, attempt, stripNul(attempt.answer) ?? attempt.answer, usable);
  if (!attempt.canSwitch) return undefined;
  const nonce = makeNonce(plugin === ED25519 || plugin === PARSEC ? SIGNED_NONCE_BYTES : NONCE_BYTES);
  channel.write(encodeAuthSwitchRequest({ plugin, data: nonce }, plugin !== ED25519 && plugin !== PARSEC));
  const answer = await channel.read();
  switch (plugin) {
    case NATIVE_PASSWORD: return usable.find((entry) => entry.credential.verifyNative(answer, nonce));
    case SHA256_PASSWORD: return sha256(channel, attempt, answer, nonce, usable, key);
    case CLEAR_PASSWORD: return byPassword(channel, attempt, stripNul(answer) ?? answer, usable);
    case ED25519: return usable.find((entry) => verifyEd25519(nonce, answer, entry.credential.ed25519Key?.() ?? NO_KEY));
    case PARSEC: return parsec(channel, nonce, usable);
    default: return sha2(channel, attempt, answer, nonce, usable, key);
  }
}

/** Several entries of one user have a salt each, and a client can be told one only: the first's. */
async function parsec(channel: ServerAuthChannel, nonce: Buffer, entries: readonly UserEntry[]): Promise<UserEntry | undefined> {
  const [entry] = entries;
  const secret = (await entry?.credential.parsec?.()) ?? (await parsecSecretOf(randomBytes(NONCE_BYTES)));
  channel.write(secret.extendedSalt);
  return verifyParsec(await channel.read(), nonce, secret) ? entry : undefined;
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

/** sha256_password: the password as it is over TLS or a unix socket, else under our key, for which the client asks with a 1. */
async function sha256(channel: ServerAuthChannel, attempt: AuthAttempt, answer: Buffer, nonce: Buffer, entries: readonly UserEntry[], key: () => Promise<PasswordKey>): Promise<UserEntry | undefined> {
  if (answer.length === 0 || (answer.length === 1 && answer[0] === 0)) return entries.find((entry) => entry.credential.empty);
  if (channel.private) return byPassword(channel, attempt, stripNul(answer), entries);
  const pair = await key();
  if (answer.length !== 1) return byPassword(channel, attempt, pair.decrypt(answer, nonce), entries);
  channel.write(encodeAuthMoreData(pair.publicPem));
  return byPassword(channel, attempt, pair.decrypt(await channel.read(), nonce), entries);
}

async function byPassword(channel: ServerAuthChannel, attempt: AuthAttempt, password: Buffer | undefined, entries: readonly UserEntry[]): Promise<UserEntry | undefined> {
  if (password === undefined) return undefined;
  for (const entry of entries) {
    const outcome = await entry.credential.verifyPassword(password, { user: attempt.user, from: channel.from, secure: channel.private });
    if (outcome === true) return entry;
    if (typeof outcome === 'object') return outcome;
  }
  return undefined;
}

async function sha2(channel: ServerAuthChannel, attempt: AuthAttempt, first: Buffer, nonce: Buffer, entries: readonly UserEntry[], key: () => Promise<PasswordKey>): Promise<UserEntry | undefined> {
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
  return byPassword(channel, attempt, password, entries);
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
