import { z } from 'zod';
import { VtrewindError } from '../../base/errors.ts';
import { parseNativeHash } from './nativePassword.ts';
import { accessOf, type UserAccess } from './userAccess.ts';
import { anyPassword, AUTH_PLUGINS, Credential, type CredentialCheck, type UserEntry } from './users.ts';

const names = z.union([z.string(), z.array(z.string())]).transform((value) => (typeof value === 'string' ? [value] : value));
const rights = {
  /** Keyspaces it may use; `*` at the end stands for any rest. */
  Keyspaces: z.array(z.string().min(1)).optional(),
  ReadOnly: z.boolean().optional(),
  MayRestore: z.boolean().optional(),
  MayKillAny: z.boolean().optional(),
};
const role = z.strictObject(rights);
const entry = z.strictObject({
  MysqlNativePassword: z.string().default(''),
  Password: z.string().optional(),
  UserData: z.string().default(''),
  SourceHost: z.string().default(''),
  Groups: z.array(z.string()).default([]),
  AuthPlugins: z.array(z.enum(AUTH_PLUGINS as [string, ...string[]])).min(1).optional(),
  RequireTLS: z.boolean().default(false),
  CertSubject: names.optional(),
  CertIssuer: names.optional(),
  CertSAN: names.optional(),
  Roles: z.array(z.string()).default([]),
  ...rights,
});
type Entry = z.infer<typeof entry>;
type Rights = z.infer<typeof role>;

/**
 * Vitess's `mysql_auth_server_static` JSON (user → entry or list of entries with MysqlNativePassword, Password, UserData, SourceHost, Groups), and
 * beyond it: AuthPlugins, RequireTLS, CertSubject/CertIssuer/CertSAN, Keyspaces, ReadOnly, MayRestore, MayKillAny, Roles. A key `@name` is no user
 * but a role that entries name. Throws VTR0820 naming the user when an entry is not of that form; a file half understood would lock people out or let them in.
 */
export function parseStaticUsers(json: string): readonly UserEntry[] {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch (error) {
    throw badUsers('it is not JSON', error);
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) throw badUsers('an object of users is expected');
  const all = Object.entries(document as Record<string, unknown>);
  const roles = new Map(all.filter(([name]) => name.startsWith('@')).map(([name, value]) => [name.slice(1), checked(role, name, value)]));
  return all.filter(([name]) => !name.startsWith('@'))
    .flatMap(([user, value]) => (Array.isArray(value) ? value : [value]).map((one: unknown) => userOf(user, checked(entry, user, one), roles)));
}

function checked<T>(schema: z.ZodType<T>, user: string, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  // Only where it is wrong: the value may be a password.
  const [issue] = parsed.error.issues;
  const where = issue === undefined ? '' : issue.code === 'unrecognized_keys' ? `unknown key ${issue.keys.join(', ')}${issue.keys.includes('MayReplicate') ? ' (the gate gives nobody a binlog)' : ''}` : `${issue.path.join('.') || 'entry'}: ${issue.code.replaceAll('_', ' ')}`;
  throw badUsers(`user ${user}: ${where}`);
}

function userOf(user: string, given: Entry, roles: ReadonlyMap<string, Rights>): UserEntry {
  const { CertSubject: subjects, CertIssuer: issuers, CertSAN: alternatives } = given;
  const certificate = subjects === undefined && issuers === undefined && alternatives === undefined ? undefined : { subjects, issuers, alternatives };
  return {
    user, userData: given.UserData === '' ? user : given.UserData, groups: given.Groups, sourceHost: given.SourceHost, credential: credentialOf(user, given, certificate !== undefined),
    plugins: given.AuthPlugins, certificate, requireTls: given.RequireTLS, access: rightsOf(user, given, roles),
  };
}

function rightsOf(user: string, given: Entry, roles: ReadonlyMap<string, Rights>): UserAccess {
  const own = Object.keys(rights).some((key) => given[key as keyof Rights] !== undefined);
  const parts: Rights[] = given.Roles.map((name) => {
    const found = roles.get(name);
    if (found === undefined) throw badUsers(`user ${user}: there is no role @${name}`);
    return found;
  });
  if (own || parts.length === 0) parts.push(given);
  return accessOf(parts.map((part) => ({ keyspaces: part.Keyspaces, readOnly: part.ReadOnly === true, mayRestore: part.MayRestore === true, mayKillAny: part.MayKillAny === true })));
}

function credentialOf(user: string, given: Entry, certified: boolean): CredentialCheck {
  if (given.MysqlNativePassword === '') return given.Password === undefined && certified ? anyPassword() : Credential.ofPassword(given.Password ?? '');
  const stage2 = parseNativeHash(given.MysqlNativePassword);
  if (stage2 === undefined) throw badUsers(`user ${user}: MysqlNativePassword must be '*' and 40 hex digits`);
  return Credential.ofNativeHash(stage2);
}

function badUsers(why: string, cause?: unknown): VtrewindError {
  return new VtrewindError({ code: 'VTR0820', message: `users file: ${why}`, grpc: 'INVALID_ARGUMENT', cause, hint: "the form is Vitess's mysql_auth_server_static JSON" });
}
