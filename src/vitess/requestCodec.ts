import { VtrewindError } from '../base/errors.ts';
import * as pb from './gen/query.ts';
import { type TabletAlias, TabletType } from './gen/topodata.ts';
import type { CallerID } from './gen/vtrpc.ts';
import type { BindVariables, ExecuteOptions, TabletTypeName, Target } from './queryService.ts';

const tabletTypes: Readonly<Record<TabletTypeName, TabletType>> = {
  UNKNOWN: TabletType.UNKNOWN, PRIMARY: TabletType.PRIMARY, REPLICA: TabletType.REPLICA, RDONLY: TabletType.RDONLY, SPARE: TabletType.SPARE,
  EXPERIMENTAL: TabletType.EXPERIMENTAL, BACKUP: TabletType.BACKUP, RESTORE: TabletType.RESTORE, DRAINED: TabletType.DRAINED,
};
const tabletTypeNames = new Map<number, TabletTypeName>(Object.entries(tabletTypes).map(([name, n]) => [n, name as TabletTypeName]));

export const tabletTypeNumber = (name: TabletTypeName): TabletType => tabletTypes[name];
export const tabletTypeName = (n: number): TabletTypeName => tabletTypeNames.get(n) ?? 'UNKNOWN';

export function encodeTarget(target: Target): pb.Target {
  return { keyspace: target.keyspace, shard: target.shard, tabletType: tabletTypes[target.tabletType], cell: target.cell ?? '' };
}
/** Throws INVALID_ARGUMENT when there is none. */
export function decodeTarget(target: pb.Target | undefined): Target {
  if (target === undefined) throw new VtrewindError({ code: 'VTR0321', grpc: 'INVALID_ARGUMENT', message: 'No target' });
  const { keyspace, shard, cell } = target;
  return { keyspace, shard, tabletType: tabletTypeName(target.tabletType), ...(cell === '' ? {} : { cell }) };
}

/** `cell-0000000100`, as messages and ExecuteOptions carry it. */
export const aliasText = (alias: TabletAlias | undefined): string | undefined => alias && `${alias.cell}-${String(alias.uid).padStart(10, '0')}`;
export function aliasOf(text: string | undefined): TabletAlias | undefined {
  const m = text === undefined ? null : /^(.+)-(\d{1,10})$/.exec(text);
  return m?.[1] === undefined ? undefined : { cell: m[1], uid: Number(m[2]) };
}

export function encodeBinds(binds: BindVariables): Record<string, pb.BindVariable> {
  const out: Record<string, pb.BindVariable> = {};
  for (const [name, b] of Object.entries(binds)) {
    out[name] = { type: b.type as pb.Type, value: b.value ?? empty, values: (b.values ?? []).map((v) => ({ type: v.type as pb.Type, value: v.value })) };
  }
  return out;
}
export function decodeBinds(binds: Readonly<Record<string, pb.BindVariable>> | undefined): BindVariables {
  return (binds ?? {}) as BindVariables;
}
const empty = Buffer.alloc(0);

const isolations = pb.ExecuteOptions_TransactionIsolation;
const isolationNames = new Map<number, NonNullable<ExecuteOptions['transactionIsolation']>>([
  [isolations.DEFAULT, 'DEFAULT'], [isolations.REPEATABLE_READ, 'REPEATABLE_READ'], [isolations.READ_COMMITTED, 'READ_COMMITTED'],
  [isolations.READ_UNCOMMITTED, 'READ_UNCOMMITTED'], [isolations.SERIALIZABLE, 'SERIALIZABLE'],
  [isolations.CONSISTENT_SNAPSHOT_READ_ONLY, 'CONSISTENT_SNAPSHOT_READ_ONLY'], [isolations.AUTOCOMMIT, 'AUTOCOMMIT'],
]);
const accessModes = pb.ExecuteOptions_TransactionAccessMode;

export function encodeOptions(options: ExecuteOptions | undefined): pb.ExecuteOptions {
  const o = options ?? {};
  return {
    ...pb.ExecuteOptions.fromPartial({}),
    includedFields: pb.ExecuteOptions_IncludedFields[o.includedFields ?? 'ALL'],
    clientFoundRows: o.clientFoundRows ?? false,
    workload: pb.ExecuteOptions_Workload[o.workload ?? 'OLTP'],
    sqlSelectLimit: o.sqlSelectLimit ?? 0n,
    transactionIsolation: isolations[o.transactionIsolation ?? 'DEFAULT'],
    transactionAccessMode: (o.transactionAccessMode ?? []).map((m) => accessModes[m]),
    timeout: o.timeoutMs === undefined || o.timeoutMs <= 0 ? undefined : { $case: 'authoritativeTimeout', authoritativeTimeout: BigInt(Math.ceil(o.timeoutMs)) },
    fetchLastInsertId: o.fetchLastInsertId ?? false,
    ...(o.transactionTimeoutMs === undefined ? {} : { transactionTimeout: BigInt(Math.ceil(o.transactionTimeoutMs)) }),
  };
}

/** Without options a tablet gives names and types only, as vttablet does. */
export function decodeOptions(o: pb.ExecuteOptions | undefined, caller: { readonly user: string; readonly signal: AbortSignal }): ExecuteOptions {
  const common = { ...(caller.user === '' ? {} : { callerUser: caller.user }), signal: caller.signal };
  if (o === undefined) return { includedFields: 'TYPE_AND_NAME', ...common };
  const included = pb.ExecuteOptions_IncludedFields;
  const workload = pb.ExecuteOptions_Workload;
  return {
    ...common,
    includedFields: o.includedFields === included.ALL ? 'ALL' : o.includedFields === included.TYPE_ONLY ? 'TYPE_ONLY' : 'TYPE_AND_NAME',
    clientFoundRows: o.clientFoundRows,
    workload: o.workload === workload.OLAP ? 'OLAP' : o.workload === workload.DBA ? 'DBA' : 'OLTP',
    sqlSelectLimit: o.sqlSelectLimit,
    transactionIsolation: isolationNames.get(o.transactionIsolation) ?? 'DEFAULT',
    transactionAccessMode: o.transactionAccessMode.map((m) => (m === accessModes.READ_ONLY ? 'READ_ONLY' : m === accessModes.READ_WRITE ? 'READ_WRITE' : 'CONSISTENT_SNAPSHOT')),
    fetchLastInsertId: o.fetchLastInsertId,
    ...(o.timeout === undefined || o.timeout.authoritativeTimeout === 0n ? {} : { timeoutMs: Number(o.timeout.authoritativeTimeout) }),
    ...(o.transactionTimeout === undefined ? {} : { transactionTimeoutMs: Number(o.transactionTimeout) }),
  };
}

/** The identities that travel with each request. */
export function encodeCaller(user: string | undefined): { effectiveCallerId: CallerID | undefined; immediateCallerId: pb.VTGateCallerID | undefined } {
  if (user === undefined) return { effectiveCallerId: undefined, immediateCallerId: undefined };
  return {
    effectiveCallerId: { principal: user, component: '', subcomponent: 'vtrewind gate', groups: [] },
    immediateCallerId: { username: user, groups: [] },
  };
}
/** The user that error messages name: the immediate one. */
export function decodeCaller(r: { readonly immediateCallerId?: pb.VTGateCallerID | undefined; readonly effectiveCallerId?: CallerID | undefined }): string {
  return r.immediateCallerId?.username || r.effectiveCallerId?.principal || '';
}
