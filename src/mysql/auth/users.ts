import { randomBytes, timingSafeEqual } from 'node:crypto';
import { CACHING_SHA2, sha2Stage2, verifySha2 } from './cachingSha2.ts';
import type { CertificateRule } from './certificateRule.ts';
import { ED25519, PARSEC, type ParsecSecret, parsecSecretOf } from './ed25519Auth.ts';
import { ed25519PublicKeyOf } from './ed25519Point.ts';
import { NATIVE_PASSWORD, nativeStage2, verifyNative } from './nativePassword.ts';
import type { UserAccess } from './userAccess.ts';

/** Checks what a client proves of its password. */
export interface CredentialCheck {
  readonly empty: boolean;
  verifyNative(answer: Buffer, nonce: Buffer): boolean;
  /** False also when the SHA-256 form is not known yet: ask for the password itself then. */
  verifySha2(answer: Buffer, nonce: Buffer): boolean;
  /** An entry in place of the one that was found: who checks passwords elsewhere learns there what the user may do. */
  verifyPassword(password: Buffer, login: LoginFacts): boolean | UserEntry | undefined | Promise<boolean | UserEntry | undefined>;
  /** 32 bytes; undefined when the password's text is not known. */
  ed25519Key?(): Buffer | undefined;
  parsec?(): Promise<ParsecSecret | undefined>;
}

/** What else is known of a client that shows its password. */
export interface LoginFacts {
  readonly user: string;
  readonly from: ClientAddress;
  readonly secure: boolean;
}

/**
 * What is known of a password. From the text everything is; from a native hash alone the SHA-256 form is learned when the client sends
 * the password whole once (over TLS or under our RSA key), and kept in memory for the fast path.
 */
export class Credential implements CredentialCheck {
  readonly #native: Buffer;
  #sha2: Buffer | undefined;
  /** The text, where it is known: MariaDB's plugins derive their keys from it, on first use. */
  #password: Buffer | undefined;
  #ed25519: Buffer | undefined;
  #parsec: Promise<ParsecSecret> | undefined;
  readonly empty: boolean;

  private constructor(native: Buffer, sha2: Buffer | undefined, password: string | undefined) {
    this.#native = native;
    this.#sha2 = sha2;
    this.#password = password === undefined ? undefined : Buffer.from(password);
    this.empty = password === '';
  }

  static ofPassword(password: string): Credential {
    return new Credential(nativeStage2(password), sha2Stage2(password), password);
  }
  static ofNativeHash(stage2: Buffer): Credential {
    return new Credential(stage2, undefined, undefined);
  }
  /** Matches nothing; used for unknown users so that their login takes the same course. */
  static decoy(): Credential {
    return new Credential(randomBytes(20), undefined, undefined);
  }

  ed25519Key(): Buffer | undefined {
    if (this.#password !== undefined) this.#ed25519 ??= ed25519PublicKeyOf(this.#password);
    return this.#ed25519;
  }
  async parsec(): Promise<ParsecSecret | undefined> {
    if (this.#password !== undefined) this.#parsec ??= parsecSecretOf(this.#password);
    return this.#parsec;
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
  /** Plugins that may prove the password, the first is asked for when the client comes with another; default all of {@link AUTH_PLUGINS}. */
  readonly plugins?: readonly string[] | undefined;
  /** What the client's certificate must say. */
  readonly certificate?: CertificateRule | undefined;
  /** TLS or a unix socket is required. */
  readonly requireTls?: boolean | undefined;
  /** Default: everything but what must be given by name. */
  readonly access?: UserAccess | undefined;
}

export const CLEAR_PASSWORD = 'mysql_clear_password';
export const SHA256_PASSWORD = 'sha256_password';
/** All that are spoken; the first is what the greeting names. */
export const AUTH_PLUGINS: readonly string[] = [CACHING_SHA2, NATIVE_PASSWORD, SHA256_PASSWORD, ED25519, PARSEC, CLEAR_PASSWORD];

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

/** A certificate is all that is asked: any password will do. */
export const anyPassword = (): CredentialCheck => new AnyPassword();
