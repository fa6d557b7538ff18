import type { Micros } from '../base/time.ts';
import { VtrewindError } from '../base/errors.ts';
import type { TabletTypeName } from '../vitess/queryService.ts';

/**
 * What a tablet is to its shard.
 *
 *   starting → replica ⇄ primary ⇄ demoted        restoring → restored (a snapshot keyspace's tablet; it never changes again)
 *
 * `demoted` is a primary that takes no more writes and waits for the reparent to go on or to be undone.
 */
export type TabletRole =
  | { readonly kind: 'starting' }
  | { readonly kind: 'primary'; readonly termStart: Micros }
  | { readonly kind: 'demoted'; readonly termStart: Micros }
  | { readonly kind: 'replica'; readonly type: TabletTypeName; readonly source: string | undefined }
  /** `detail`: its phase, or why it failed. */
  | { readonly kind: 'restoring'; readonly detail: string }
  | { readonly kind: 'restored'; readonly type: TabletTypeName };

/** The tablet type the topology shows for a role. */
export function typeOfRole(role: TabletRole): TabletTypeName {
  switch (role.kind) {
    case 'starting': return 'SPARE';
    case 'primary': case 'demoted': return 'PRIMARY';
    case 'replica': case 'restored': return role.type;
    case 'restoring': return 'RESTORE';
    default: return unreachable(role);
  }
}

function unreachable(role: never): never {
  throw new VtrewindError({ code: 'VTR0605', message: `unknown role ${JSON.stringify(role)}` });
}
