import { VtrewindError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type * as pb from './gen/tabletmanagerdata.ts';
import { type TabletManagerServer, TabletManagerService } from './gen/tabletmanagerservice.ts';
import { StopReplicationMode } from './gen/replicationdata.ts';
import { type CallContext, completed, streamHandler, unaryHandler } from './grpcServer.ts';
import { aliasText, tabletTypeName } from './requestCodec.ts';
import { encodeResult } from './resultCodec.ts';
import { encodeFullStatus, encodePrimary, encodeSchema, encodeStatus, eventOf, microsOf } from './tabletManagerCodec.ts';
import type { TabletManagerHandler } from './tabletManager.ts';

/** Waits that name no limit themselves. */
const defaultWaitMs = 30_000;
/** Lines of an action that may wait for a slow reader; past this the oldest go. */
const maxPendingLines = 1_000;

/** Vitess's `tabletmanagerservice` over a handler's plain calls. */
export function tabletManagerHandlers(handler: TabletManagerHandler, log: Log): TabletManagerServer {
  const unary = <Request, Response>(work: (r: Request, context: CallContext) => Promise<Response>) => unaryHandler<Request, Response>(log, work);
  const empty = (work: () => Promise<void>) => unary(async () => {
    await work();
    return {};
  });
  const position = (work: () => Promise<string>) => unary(async () => ({ position: await work() }));
  const maxRows = (n: bigint) => Number(n > 0n ? n : 10_000n);
  const handlers: Partial<TabletManagerServer> = {
    ping: unary(async (r: pb.PingRequest) => ({ payload: await handler.ping(r.payload) })),
    primaryStatus: unary(async () => ({ status: encodePrimary(await handler.primaryStatus()) })),
    primaryPosition: position(() => handler.primaryPosition()),
    replicationStatus: unary(async () => ({ status: encodeStatus(await handler.replicationStatus()) })),
    waitForPosition: unary(async (r: pb.WaitForPositionRequest, { timeLeftMs }) => {
      await handler.waitForPosition(r.position, timeLeftMs ?? defaultWaitMs);
      return {};
    }),
    stopReplication: empty(() => handler.stopReplication()),
    stopReplicationMinimum: unary(async (r: pb.StopReplicationMinimumRequest) => {
      await handler.waitForPosition(r.position, Number(r.waitTimeout) / 1_000_000 || defaultWaitMs);
      await handler.stopReplication();
      return { position: (await handler.replicationStatus()).position };
    }),
    startReplication: empty(() => handler.startReplication()),
    restartReplication: empty(async () => {
      await handler.stopReplication();
      await handler.startReplication();
    }),
    resetReplication: empty(() => handler.resetReplication()),
    stopReplicationAndGetStatus: unary(async (r: pb.StopReplicationAndGetStatusRequest) => {
      const both = await handler.stopReplicationAndGetStatus(r.stopReplicationMode === StopReplicationMode.IOTHREADONLY ? 'io' : 'both');
      return { status: { before: encodeStatus(both.before), after: encodeStatus(both.after) } };
    }),
    initPrimary: position(() => handler.initPrimary()),
    initReplica: unary(async (r: pb.InitReplicaRequest) => {
      await handler.setReplicationSource(parentOf(aliasText(r.parent)), { startReplication: true, waitPosition: r.replicationPosition });
      return {};
    }),
    demotePrimary: unary(async () => ({ primaryStatus: encodePrimary(await handler.demotePrimary()) })),
    undoDemotePrimary: empty(() => handler.undoDemotePrimary()),
    promoteReplica: position(() => handler.promoteReplica()),
    setReplicationSource: unary(async (r: pb.SetReplicationSourceRequest) => {
      await handler.setReplicationSource(parentOf(aliasText(r.parent)), { ...(r.forceStartReplication ? { startReplication: true } : {}), ...(r.waitPosition === '' ? {} : { waitPosition: r.waitPosition }) });
      return {};
    }),
    changeType: unary(async (r: pb.ChangeTypeRequest) => {
      await handler.changeType(tabletTypeName(r.tabletType));
      return {};
    }),
    refreshState: empty(() => handler.refreshState()),
    runHealthCheck: empty(() => handler.runHealthCheck()),
    setReadOnly: empty(() => handler.setReadOnly(true)),
    setReadWrite: empty(() => handler.setReadOnly(false)),
    reloadSchema: unary(async (r: pb.ReloadSchemaRequest, { timeLeftMs }) => {
      if (r.waitPosition !== '') await handler.waitForPosition(r.waitPosition, timeLeftMs ?? defaultWaitMs);
      await handler.reloadSchema();
      return {};
    }),
    getSchema: unary(async (r: pb.GetSchemaRequest) => ({ schemaDefinition: encodeSchema(await handler.getSchema(r)) })),
    applySchema: unary(async (r: pb.ApplySchemaRequest) => {
      const before = encodeSchema(await handler.getSchema({ includeViews: true }));
      await handler.applySchema({ sql: r.sql });
      await handler.reloadSchema();
      return { beforeSchema: before, afterSchema: encodeSchema(await handler.getSchema({ includeViews: true })) };
    }),
    executeFetchAsDba: unary(async (r: pb.ExecuteFetchAsDbaRequest) => ({
      result: encodeResult(await handler.executeFetch('dba', r.query, { maxRows: maxRows(r.maxRows), dbName: r.dbName, disableBinlogs: r.disableBinlogs, reloadSchema: r.reloadSchema })),
    })),
    executeFetchAsAllPrivs: unary(async (r: pb.ExecuteFetchAsAllPrivsRequest) => ({
      result: encodeResult(await handler.executeFetch('allprivs', r.query, { maxRows: maxRows(r.maxRows), dbName: r.dbName, reloadSchema: r.reloadSchema })),
    })),
    executeFetchAsApp: unary(async (r: pb.ExecuteFetchAsAppRequest) => ({ result: encodeResult(await handler.executeFetch('app', r.query, { maxRows: maxRows(r.maxRows) })) })),
    fullStatus: unary(async () => ({ status: encodeFullStatus(await handler.fullStatus()) })),
    backup: lines(log, (r: pb.BackupRequest, onEvent, signal) => {
      if (r.incrementalFromPos !== '') throw refused('an incremental backup is not made here', 'the archiver keeps the binlog: full backups are all it takes');
      return handler.backup({ allowPrimary: r.allowPrimary, ...(r.concurrency > 0 ? { concurrency: r.concurrency } : {}) }, onEvent, signal);
    }),
    restoreFromBackup: lines(log, (r: pb.RestoreFromBackupRequest, onEvent, signal) => {
      const backupTime = microsOf(r.backupTime);
      const restoreToTimestamp = microsOf(r.restoreToTimestamp);
      return handler.restoreFromBackup({
        dryRun: r.dryRun, ...(r.restoreToPos === '' ? {} : { restoreToPos: r.restoreToPos }),
        ...(backupTime === undefined ? {} : { backupTime }), ...(restoreToTimestamp === undefined ? {} : { restoreToTimestamp }),
      }, onEvent, signal);
    }),
  };
  return completed<TabletManagerServer>(TabletManagerService, handlers, 'this tablet');
}

function parentOf(alias: string | undefined): string {
  if (alias === undefined) throw new VtrewindError({ code: 'VTR0324', grpc: 'INVALID_ARGUMENT', message: 'no parent tablet given' });
  return alias;
}

function refused(message: string, hint: string): VtrewindError {
  return new VtrewindError({ code: 'VTR0325', grpc: 'UNIMPLEMENTED', message, hint });
}

/** An action that tells lines as it goes. The action never waits for a slow reader. */
function lines<Request>(log: Log, work: (r: Request, onEvent: (line: string) => void, signal: AbortSignal) => Promise<void>) {
  return streamHandler(log, async (r: Request, send: (m: { event: ReturnType<typeof eventOf> }) => Promise<void>, { signal }) => {
    const pending: string[] = [];
    let wake: () => void = () => undefined;
    let ended = false;
    const action = Promise.resolve().then(() => work(r, (line) => {
      if (pending.length >= maxPendingLines) pending.shift();
      pending.push(line);
      wake();
    }, signal)).finally(() => {
      ended = true;
      wake();
    });
    action.catch(() => undefined); // awaited below, once its lines are out
    for (;;) {
      const line = pending.shift();
      if (line !== undefined) await send({ event: eventOf(line, Date.now()) });
      else if (ended) break;
      else await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    await action;
  });
}
