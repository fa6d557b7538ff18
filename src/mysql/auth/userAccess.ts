/** What a user may do beyond logging in. */
export interface UserAccess {
  /** Undefined: all. `*` at the end of a name stands for any rest. */
  readonly keyspaces: readonly string[] | undefined;
  /** Reads only, and settings of its own session. */
  readonly readOnly: boolean;
  /** May begin, change and drop restores of keyspaces. */
  readonly mayRestore: boolean;
  /** May see and end the sessions of others. */
  readonly mayKillAny: boolean;
}

/** Where no users were given, or entries name no rights: everything but what others would suffer from. */
export const FULL_ACCESS: UserAccess = { keyspaces: undefined, readOnly: false, mayRestore: true, mayKillAny: false };

/** Several grants together: a right of one is a right. */
export function accessOf(grants: readonly UserAccess[]): UserAccess {
  const everywhere = grants.some((grant) => grant.keyspaces === undefined);
  return {
    keyspaces: everywhere ? undefined : grants.flatMap((grant) => grant.keyspaces ?? []),
    readOnly: grants.every((grant) => grant.readOnly), mayRestore: grants.some((grant) => grant.mayRestore),
    mayKillAny: grants.some((grant) => grant.mayKillAny),
  };
}

/** Whether the user may use a keyspace. */
export function allowsKeyspace(access: UserAccess, keyspace: string): boolean {
  return access.keyspaces === undefined || access.keyspaces.some((name) => (name.endsWith('*') ? keyspace.startsWith(name.slice(0, -1)) : name === keyspace));
}
