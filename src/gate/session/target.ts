import { VtrewindError } from '../../base/errors.ts';
import { ER } from '../../mysql/constants/errorCodes.ts';
import type { ShardTarget } from '../../planner/plan.ts';
import type { TabletTypeName } from '../../vitess/queryService.ts';

/** Where a session sends its statements: `ks`, `ks:shard`, `ks/shard`, `ks@type`, `ks:-80@replica`, `ks[40-80]@rdonly`, `@replica`. Source: Vitess, target strings. */
export interface SessionTarget {
  /** Empty: none selected. */
  readonly keyspace: string;
  readonly shard: ShardTarget | undefined;
  readonly tabletType: TabletTypeName;
  /** The type was named. */
  readonly explicitType: boolean;
}

export const NO_TARGET: SessionTarget = { keyspace: '', shard: undefined, tabletType: 'PRIMARY', explicitType: false };

const types: Readonly<Record<string, TabletTypeName>> = { primary: 'PRIMARY', master: 'PRIMARY', replica: 'REPLICA', rdonly: 'RDONLY' };
const MAX_TARGET_CHARS = 512;

/** Takes a target apart; throws 1049 for a type or range that is none. `defaultType` holds where none is named. The keyspace is not looked up. */
export function parseTarget(text: string, defaultType: TabletTypeName = 'PRIMARY'): SessionTarget {
  if (text.length > MAX_TARGET_CHARS) throw badTarget(text.slice(0, 40));
  let rest = text;
  let tabletType = defaultType;
  let explicitType = false;
  const at = rest.lastIndexOf('@');
  if (at >= 0) {
    const type = types[rest.slice(at + 1).toLowerCase()];
    if (type === undefined) throw badTarget(text);
    tabletType = type;
    explicitType = true;
    rest = rest.slice(0, at);
  }
  const bracket = rest.indexOf('[');
  if (bracket >= 0) {
    const range = rest.slice(bracket + 1, -1);
    if (!rest.endsWith(']') || !/^([0-9a-f]{2})*-([0-9a-f]{2})*$/i.test(range)) throw badTarget(text);
    const shard: ShardTarget = range === '-' ? { kind: 'allShards' } : { kind: 'keyRange', range };
    return { keyspace: rest.slice(0, bracket), shard, tabletType, explicitType };
  }
  const colon = rest.search(/[:/]/);
  if (colon < 0) return { keyspace: rest, shard: undefined, tabletType, explicitType };
  const shard = rest.slice(colon + 1);
  if (shard === '') throw badTarget(text);
  return { keyspace: rest.slice(0, colon), shard: { kind: 'shard', shard }, tabletType, explicitType };
}

/** As `database()` and SHOW VITESS_TARGET print it. */
export function formatTarget(target: SessionTarget): string {
  const { shard } = target;
  const place = shard === undefined ? '' : shard.kind === 'shard' ? `:${shard.shard}` : shard.kind === 'keyRange' ? `[${shard.range}]` : shard.kind === 'allShards' ? '[-]' : '';
  return `${target.keyspace}${place}${target.explicitType ? `@${target.tabletType.toLowerCase()}` : ''}`;
}

function badTarget(text: string): VtrewindError {
  return new VtrewindError({
    code: 'VT05003', mysql: ER.BAD_DB_ERROR, sqlState: '42000', grpc: 'NOT_FOUND', message: `Unknown database '${text}'`,
    hint: 'a target is ks, ks:shard, ks@type or ks:shard@type with type primary, replica or rdonly',
  });
}
