import type { Tablet } from './gen/topodata.ts';
import { StopReplicationMode } from './gen/replicationdata.ts';
import * as pb from './gen/tabletmanagerdata.ts';
import { TabletManagerService as Rpc } from './gen/tabletmanagerservice.ts';
import { type GrpcConnectOptions, GrpcPeer } from './grpcChannel.ts';
import { aliasOf, tabletTypeNumber } from './requestCodec.ts';
import { decodeResult } from './resultCodec.ts';
import { decodeFullStatus, decodePrimary, decodeSchema, decodeStatus, timeOf } from './tabletManagerCodec.ts';
import type { TabletManagerClient } from './tabletManager.ts';

/** For calls that change something or wait inside the tablet; everything else has the shorter one. */
const limits = { longMs: 120_000, shortMs: 15_000 };

/** `host:port` of a tablet's gRPC server, from its record. */
export function tabletGrpcAddress(tablet: Tablet): string {
  return `${tablet.hostname}:${tablet.portMap['grpc'] ?? 0}`;
}

/**
 * The tablet manager of one tablet, by its record or address. Connects with the first call; no call is repeated. Streams (backup, restore) end by
 * their signal; every other call has a deadline.
 */
export function connectTabletManager(tablet: Tablet | string, options: GrpcConnectOptions = {}): TabletManagerClient {
  const peer = new GrpcPeer('tablet manager', typeof tablet === 'string' ? tablet : tabletGrpcAddress(tablet), options);
  const short = { timeoutMs: limits.shortMs };
  const long = { timeoutMs: limits.longMs };
  const follow = async (events: AsyncIterable<{ readonly event?: { readonly value: string } | undefined }>, onEvent: (line: string) => void) => {
    for await (const { event } of events) if (event !== undefined) onEvent(event.value);
  };
  return {
    ping: async (payload) => (await peer.unary(Rpc.ping, { payload }, short)).payload,
    primaryStatus: async () => decodePrimary((await peer.unary(Rpc.primaryStatus, {}, short)).status),
    primaryPosition: async () => (await peer.unary(Rpc.primaryPosition, {}, short)).position,
    replicationStatus: async () => decodeStatus((await peer.unary(Rpc.replicationStatus, {}, short)).status),
    waitForPosition: async (position, timeoutMs) => {
      await peer.unary(Rpc.waitForPosition, { position }, { timeoutMs });
    },
    stopReplication: async () => {
      await peer.unary(Rpc.stopReplication, {}, short);
    },
    startReplication: async () => {
      await peer.unary(Rpc.startReplication, { semiSync: false }, short);
    },
    resetReplication: async () => {
      await peer.unary(Rpc.resetReplication, {}, short);
    },
    stopReplicationAndGetStatus: async (mode) => {
      const stopReplicationMode = mode === 'io' ? StopReplicationMode.IOTHREADONLY : StopReplicationMode.IOANDSQLTHREAD;
      const { status } = await peer.unary(Rpc.stopReplicationAndGetStatus, { stopReplicationMode }, short);
      return { before: decodeStatus(status?.before), after: decodeStatus(status?.after) };
    },
    initPrimary: async () => (await peer.unary(Rpc.initPrimary, { semiSync: false }, long)).position,
    demotePrimary: async () => decodePrimary((await peer.unary(Rpc.demotePrimary, { force: false }, long)).primaryStatus),
    undoDemotePrimary: async () => {
      await peer.unary(Rpc.undoDemotePrimary, { semiSync: false }, long);
    },
    promoteReplica: async () => (await peer.unary(Rpc.promoteReplica, { semiSync: false }, long)).position,
    setReplicationSource: async (parent, { waitPosition, startReplication }) => {
      await peer.unary(Rpc.setReplicationSource, pb.SetReplicationSourceRequest.fromPartial({
        parent: aliasOf(parent), timeCreatedNs: BigInt(Date.now()) * 1_000_000n, forceStartReplication: startReplication ?? true, waitPosition: waitPosition ?? '',
      }), long);
    },
    changeType: async (type) => {
      await peer.unary(Rpc.changeType, { tabletType: tabletTypeNumber(type), semiSync: false }, long);
    },
    refreshState: async () => {
      await peer.unary(Rpc.refreshState, {}, short);
    },
    runHealthCheck: async () => {
      await peer.unary(Rpc.runHealthCheck, {}, short);
    },
    setReadOnly: async (on) => {
      await (on ? peer.unary(Rpc.setReadOnly, {}, short) : peer.unary(Rpc.setReadWrite, {}, short));
    },
    reloadSchema: async () => {
      await peer.unary(Rpc.reloadSchema, { waitPosition: '' }, long);
    },
    getSchema: async (wanted) => {
      const request = pb.GetSchemaRequest.fromPartial({ tables: [...(wanted.tables ?? [])], excludeTables: [...(wanted.excludeTables ?? [])], includeViews: wanted.includeViews ?? false, tableSchemaOnly: wanted.tableSchemaOnly ?? false });
      return decodeSchema((await peer.unary(Rpc.getSchema, request, long)).schemaDefinition);
    },
    applySchema: async ({ sql }) => {
      await peer.unary(Rpc.applySchema, pb.ApplySchemaRequest.fromPartial({ sql, allowReplication: true }), long);
    },
    executeFetch: async (as, query, wanted) => {
      const common = { query, maxRows: BigInt(wanted.maxRows) };
      const { dbName = '', reloadSchema = false } = wanted;
      if (as === 'app') return decodeResult((await peer.unary(Rpc.executeFetchAsApp, common, long)).result);
      if (as === 'allprivs') return decodeResult((await peer.unary(Rpc.executeFetchAsAllPrivs, { ...common, dbName, reloadSchema }, long)).result);
      const request = { ...common, dbName, reloadSchema, disableBinlogs: wanted.disableBinlogs ?? false, disableForeignKeyChecks: false };
      return decodeResult((await peer.unary(Rpc.executeFetchAsDba, request, long)).result);
    },
    backup: (wanted, onEvent, signal) =>
      follow(peer.stream(Rpc.backup, pb.BackupRequest.fromPartial({ concurrency: wanted.concurrency ?? 0, allowPrimary: wanted.allowPrimary ?? false }), signal), onEvent),
    restoreFromBackup: (wanted, onEvent, signal) =>
      follow(peer.stream(Rpc.restoreFromBackup, pb.RestoreFromBackupRequest.fromPartial({
        backupTime: timeOf(wanted.backupTime), restoreToPos: wanted.restoreToPos ?? '', restoreToTimestamp: timeOf(wanted.restoreToTimestamp), dryRun: wanted.dryRun ?? false,
      }), signal), onEvent),
    fullStatus: async () => decodeFullStatus((await peer.unary(Rpc.fullStatus, {}, short)).status),
    close: () => peer.close(),
  };
}
