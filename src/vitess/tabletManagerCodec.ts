import type { Event } from './gen/logutil.ts';
import * as replication from './gen/replicationdata.ts';
import type { SchemaDefinition } from './gen/tabletmanagerdata.ts';
import type { Time } from './gen/vttime.ts';
import { tabletTypeName, tabletTypeNumber } from './requestCodec.ts';
import { decodeField, encodeField } from './resultCodec.ts';
import type { ReplicaStatus, ServerStatus, TableDefinition } from './tabletManager.ts';

/** Vitess's numbers for the state of a replication thread. */
const threadState = { unknown: 0, stopped: 1, connecting: 2, running: 3 };

export function encodeStatus(s: ReplicaStatus): replication.Status {
  return replication.Status.fromPartial({
    position: s.position, relayLogPosition: s.relayLogPosition ?? '', replicationLagSeconds: Math.max(0, Math.round(s.lagSeconds ?? 0)), replicationLagUnknown: s.lagSeconds === undefined,
    sourceHost: s.sourceHost, sourcePort: s.sourcePort, sourceUuid: s.sourceUuid ?? '', sourceUser: s.sourceUser ?? '',
    ioState: s.ioRunning === 'connecting' ? threadState.connecting : s.ioRunning ? threadState.running : threadState.stopped,
    sqlState: s.sqlRunning ? threadState.running : threadState.stopped, lastIoError: s.lastIoError, lastSqlError: s.lastSqlError, autoPosition: true, usingGtid: true,
  });
}
export function decodeStatus(s: replication.Status | undefined): ReplicaStatus {
  const r = s ?? replication.Status.fromPartial({});
  return {
    position: r.position, relayLogPosition: r.relayLogPosition, sourceHost: r.sourceHost, sourcePort: r.sourcePort, sourceUuid: r.sourceUuid, sourceUser: r.sourceUser,
    ioRunning: r.ioState === threadState.connecting ? 'connecting' : r.ioState === threadState.running, sqlRunning: r.sqlState === threadState.running,
    lastIoError: r.lastIoError, lastSqlError: r.lastSqlError, ...(r.replicationLagUnknown ? {} : { lagSeconds: r.replicationLagSeconds }),
  };
}

export function encodePrimary(p: { readonly position: string; readonly serverUuid?: string } | undefined): replication.PrimaryStatus | undefined {
  return p && { position: p.position, filePosition: '', serverUuid: p.serverUuid ?? '' };
}
export function decodePrimary(p: replication.PrimaryStatus | undefined): { readonly position: string; readonly serverUuid?: string } {
  return p === undefined || p.serverUuid === '' ? { position: p?.position ?? '' } : { position: p.position, serverUuid: p.serverUuid };
}

export function encodeFullStatus(s: ServerStatus): replication.FullStatus {
  const { replication: replica, primary, tabletType, ...plain } = s;
  return replication.FullStatus.fromPartial({
    ...plain, tabletType: tabletTypeNumber(tabletType), replicationStatus: replica && encodeStatus(replica), primaryStatus: encodePrimary(primary),
  });
}
export function decodeFullStatus(s: replication.FullStatus | undefined): ServerStatus {
  const r = s ?? replication.FullStatus.fromPartial({});
  return {
    serverId: r.serverId, serverUuid: r.serverUuid, version: r.version, versionComment: r.versionComment, readOnly: r.readOnly, superReadOnly: r.superReadOnly,
    gtidMode: r.gtidMode, gtidPurged: r.gtidPurged, binlogFormat: r.binlogFormat, binlogRowImage: r.binlogRowImage, logBinEnabled: r.logBinEnabled,
    logReplicaUpdates: r.logReplicaUpdates, tabletType: tabletTypeName(r.tabletType),
    ...(r.replicationStatus === undefined ? {} : { replication: decodeStatus(r.replicationStatus) }), ...(r.primaryStatus === undefined ? {} : { primary: decodePrimary(r.primaryStatus) }),
  };
}

export function encodeSchema(schema: { readonly databaseSchema: string; readonly tables: readonly TableDefinition[] }): SchemaDefinition {
  return {
    databaseSchema: schema.databaseSchema,
    tableDefinitions: schema.tables.map((t) => ({ ...t, columns: [...t.columns], primaryKeyColumns: [...t.primaryKeyColumns], fields: t.fields.map(encodeField) })),
  };
}
export function decodeSchema(schema: SchemaDefinition | undefined): { readonly databaseSchema: string; readonly tables: readonly TableDefinition[] } {
  return { databaseSchema: schema?.databaseSchema ?? '', tables: (schema?.tableDefinitions ?? []).map(({ _unknownFields, ...t }) => ({ ...t, fields: t.fields.map(decodeField) })) };
}

/** Microseconds since the epoch; undefined for none. */
export function microsOf(time: Time | undefined): number | undefined {
  return time === undefined ? undefined : Number(time.seconds) * 1_000_000 + Math.floor(time.nanoseconds / 1000);
}
export function timeOf(micros: number | undefined): Time | undefined {
  if (micros === undefined) return undefined;
  const seconds = Math.floor(micros / 1_000_000);
  return { seconds: BigInt(seconds), nanoseconds: (micros - seconds * 1_000_000) * 1000 };
}
/** A line for people, as vtctld streams it. */
export function eventOf(value: string, nowMs: number): Event {
  return { time: timeOf(nowMs * 1000), level: 0, file: '', line: 0n, value };
}
