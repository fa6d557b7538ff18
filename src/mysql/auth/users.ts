import { randomBytes, timingSafeEqual } from 'node:crypto';
import { VtrewindError } from '../../base/errors.ts';
import { sha2Stage2, verifySha2 } from './cachingSha2.ts';
import { nativeStage2, parseNativeHash, verifyNative } from './nativePassword.ts';

/** Checks what a client proves of its password. */
export interface CredentialCheck {
  readonly empty: boolean;
  verifyNative(answer: Buffer, nonce: Buffer): boolean;
  /** False also when the SHA-256 form is not known yet: ask for the password itself then. */
  verifySha2(answer: Buffer, nonce: Buffer): boolean;
  verifyPassword(password: Buffer): boolean;
}

/**
 * What is known of a password. From the text everything is; from a native hash alone the SHA-256 form is learned when the client sends
 * the password whole once (over TLS or under our RSA key), and kept in memory for the fast path.
 */
export class Credential implements CredentialCheck {
  readonly #native: Buffer;
  #sha2: Buffer | undefined;
  readonly empty: boolean;

  private constructor(native: Buffer, sha2: Buffer | undefined, empty: boolean) {
    this.#native = native;
    this.#sha2 = sha2;
    this.empty = empty;
  }

  static ofPassword(password: string): Credential {
    return new Credential(nativeStage2(password), sha2Stage2(password), password === '');
  }
  static ofNativeHash(stage2: Buffer): Credential {
    return new Credential(stage2, undefined, false);
  }
  /** Matches nothing; used for unknown users so that their login takes the same course. */
  static decoy(): Credential {
    return new Credential(randomBytes(20), undefined, false);
  }

  verifyNative(answer: Buffer, nonce: Buffer): boolean {
    return this.empty ? answer.length === 0 : verifyNative(answer, nonce, this.#native);
  }
  verifySha2(answer: Buffer, nonce: Buffer): boolean {
    if (this.empty) return answer.length === 0;
    return this.#sha2 !== undefined && verifySha2(answer, nonce, this.#sha2);
  }
  verifyPassword(password: Buffer): boolean {
    if (!timingSafeEqual(nativeStage2(password), this.#native)) return false;
    this.#sha2 ??= sha2Stage2(password);
    return true;
  }
}

export interface UserEntry {
  readonly user: string;
  /** What Vitess calls UserData: the name shown to tablets as the immediate caller; default the user. */
  readonly userData: string;
  readonly groups: readonly string[];
  /** `localhost`: only through the unix socket (as Vitess has it); empty: from anywhere; else that exact address. */
  readonly sourceHost: string;
  readonly credential: CredentialCheck;
}

export interface ClientAddress {
  readonly address: string;
  /** Through a unix socket. */
  readonly local: boolean;
}

export interface UserSource {
  /** Every entry of a user that may come from there; several mean several valid passwords. */
  find(user: string, from: ClientAddress): readonly UserEntry[];
}

export function staticUsers(entries: readonly UserEntry[]): UserSource {
  const byName = new Map<string, UserEntry[]>();
  for (const entry of entries) byName.set(entry.user, [...(byName.get(entry.user) ?? []), entry]);
  return {
    find: (user, from) => (byName.get(user) ?? []).filter((entry) => entry.sourceHost === '' || (entry.sourceHost === 'localhost' ? from.local : entry.sourceHost === from.address)),
  };
}

export function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

/** Any name and any password, but only from this machine: for a gate that was given no users. */
export function anyUserFromLoopback(): UserSource {
  const anything = new AnyPassword();
  return {
    find: (user, from) => (from.local || isLoopback(from.address) ? [{ user, userData: user, groups: [], sourceHost: '', credential: anything }] : []),
  };
}

class AnyPassword implements CredentialCheck {
  readonly empty = false;
  verifyNative(): boolean {
    return true;
  }
  verifySha2(): boolean {
    return true;
  }
  verifyPassword(): boolean {
    return true;
  }
}

const known = new Set(['MysqlNativePassword', 'Password', 'UserData', 'SourceHost', 'Groups']);

/**
 * Vitess's `mysql_auth_server_static` JSON: user → entry or list of entries with MysqlNativePassword, Password, UserData, SourceHost, Groups.
 * Throws VTR0820 naming the user when an entry is not of that form; a file half understood would lock people out or let them in.
 */
export function parseStaticUsers(json: string): readonly UserEntry[] {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch (error) {
    throw badUsers('it is not JSON', error);
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) throw badUsers('an object of users is expected');
  return Object.entries(document).flatMap(([user, value]) => (Array.isArray(value) ? value : [value]).map((entry) => parseEntry(user, entry)));
}

function parseEntry(user: string, entry: unknown): UserEntry {
  if (typeof entry !== 'object' || entry === null) throw badUsers(`user ${user}: an object is expected`);
  const fields = new Map<string, unknown>(Object.entries(entry));
  for (const key of fields.keys()) if (!known.has(key)) throw badUsers(`user ${user}: unknown key ${key}`);
  const text = (key: string): string => {
    const value = fields.get(key) ?? '';
    if (typeof value !== 'string') throw badUsers(`user ${user}: ${key} must be a string`);
    return value;
  };
  const groups = fields.get('Groups') ?? [];
  if (!Array.isArray(groups) || !groups.every((group) => typeof group === 'string')) throw badUsers(`user ${user}: Groups must be a list of strings`);
  const hash = text('MysqlNativePassword');
  const sourceHost = text('SourceHost');
  const userData = text('UserData');
  return { user, userData: userData === '' ? user : userData, groups, sourceHost, credential: credentialOf(user, hash, text('Password')) };
}

function credentialOf(user: string, hash: string, password: string): Credential {
  if (hash === '') return Credential.ofPassword(password);
  const stage2 = parseNativeHash(hash);
  if (stage2 === undefined) throw badUsers(`user ${user}: MysqlNativePassword must be '*' and 40 hex digits`);
  return Credential.ofNativeHash(stage2);
}

function badUsers(why: string, cause?: unknown): VtrewindError {
  return new VtrewindError({ code: 'VTR0820', message: `users file: ${why}`, grpc: 'INVALID_ARGUMENT', cause, hint: "the form is Vitess's mysql_auth_server_static JSON" });
}
