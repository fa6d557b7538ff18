import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Log } from '../base/log.ts';
import { VtrewindError } from '../base/errors.ts';
import { toRpcError } from './grpcErrors.ts';
import { completed, streamHandler, unaryHandler } from './grpcServer.ts';
import * as pb from './gen/query.ts';
import type { ExecuteOptions, Field, QueryResult, QueryService, Row, StreamHealthReply, Target } from './queryService.ts';
import { aliasOf, decodeBinds, decodeCaller, decodeOptions, decodeTarget, encodeTarget } from './requestCodec.ts';
import { type Answered, queryServiceDefinition } from './resultMethods.ts';
import { StatementFailedInTransaction } from './statementFailed.ts';
import { readSchema } from './readSchema.ts';

/** Run where a transaction or a reservation is wanted without a statement of its own. */
const nothing = 'select 1 from dual';

/** What reserveStreamExecute meets when pooled connections with settings will not do. Vitess decides by the same words. */
const needsReserved = /not allowed without reserved connection/;

type Common = Parameters<typeof decodeCaller>[0] & { readonly target?: pb.Target | undefined; readonly options?: pb.ExecuteOptions | undefined };

/**
 * Vitess's `queryservice` over any QueryService. A statement that fails after its call began a transaction is answered with the error inside a
 * successful reply, as Vitess does, so that the caller learns the transaction's id. What is not served answers UNIMPLEMENTED.
 */
export function queryServiceHandlers(service: QueryService, log: Log): UntypedServiceImplementation {
  const optionsOf = (r: Common, signal: AbortSignal): ExecuteOptions => decodeOptions(r.options, { user: decodeCaller(r), signal });
  const unary = <Request extends Common, Response>(work: (r: Request, target: Target, options: ExecuteOptions) => Promise<Response>) =>
    unaryHandler(log, (r: Request, { signal }) => work(r, decodeTarget(r.target), optionsOf(r, signal)), decodeCaller);
  const stream = <Request extends Common, Response>(work: (r: Request, target: Target, options: ExecuteOptions, send: (m: Response) => Promise<void>) => Promise<void>) =>
    streamHandler(log, (r: Request, send: (m: Response) => Promise<void>, { signal }) => work(r, decodeTarget(r.target), optionsOf(r, signal), send), decodeCaller);
  const sqlOf = (r: { readonly query?: pb.BoundQuery | undefined }) => ({ sql: r.query?.sql ?? Buffer.alloc(0), binds: decodeBinds(r.query?.bindVariables) });

  const handlers = {
    execute: unary(async (r: pb.ExecuteRequest, target, options) => {
      const { sql, binds } = sqlOf(r);
      return { result: await service.execute(target, sql, binds, r, options) };
    }),
    streamExecute: stream(async (r: pb.StreamExecuteRequest, target, options, send: (m: Answered<pb.StreamExecuteResponse>) => Promise<void>) => {
      const { sql, binds } = sqlOf(r);
      await service.streamExecute(target, sql, binds, r, options, partsTo((result) => send({ result })));
    }),
    begin: unary(async (r: pb.BeginRequest, target, options) => {
      void r;
      const state = await service.begin(target, options);
      return { transactionId: state.transactionId, sessionStateChanges: '', tabletAlias: aliasOf(state.tabletAlias) };
    }),
    commit: unary((r: pb.CommitRequest, target) => service.commit(target, r.transactionId)),
    rollback: unary((r: pb.RollbackRequest, target) => service.rollback(target, r.transactionId)),
    beginExecute: unary(async (r: pb.BeginExecuteRequest, target, options) => {
      const { sql, binds } = sqlOf(r);
      return withFailure<Answered<pb.BeginExecuteResponse>>(r, async () => {
        const done = await service.beginExecute(target, r.preQueries, sql, binds, r.reservedId, options);
        return { error: undefined, result: done.result, transactionId: done.transactionId, tabletAlias: aliasOf(done.tabletAlias), sessionStateChanges: '' };
      }, (failed) => ({ ...failed, sessionStateChanges: '' }));
    }),
    reserveExecute: unary(async (r: pb.ReserveExecuteRequest, target, options) => {
      const { sql, binds } = sqlOf(r);
      return withFailure<Answered<pb.ReserveExecuteResponse>>(r, async () => {
        const done = await service.reserveExecute(target, r.preQueries, sql, binds, r.transactionId, options);
        return { error: undefined, result: done.result, reservedId: done.reservedId, tabletAlias: done.reservedId === 0n ? undefined : aliasOf(done.tabletAlias) };
      }, (failed) => failed);
    }),
    reserveBeginExecute: unary(async (r: pb.ReserveBeginExecuteRequest, target, options) => {
      const { sql, binds } = sqlOf(r);
      return withFailure<Answered<pb.ReserveBeginExecuteResponse>>(r, async () => {
        const done = await service.reserveBeginExecute(target, r.preQueries, r.postBeginQueries, sql, binds, options);
        return { error: undefined, result: done.result, transactionId: done.transactionId, reservedId: done.reservedId, tabletAlias: aliasOf(done.tabletAlias), sessionStateChanges: '' };
      }, (failed) => ({ ...failed, sessionStateChanges: '' }));
    }),
    beginStreamExecute: stream(async (r: pb.BeginStreamExecuteRequest, target, options, send: (m: Answered<pb.BeginStreamExecuteResponse>) => Promise<void>) => {
      const { sql, binds } = sqlOf(r);
      const begun = r.preQueries.length === 0 && r.reservedId === 0n ? await service.begin(target, options)
        : await service.beginExecute(target, r.preQueries, nothing, {}, r.reservedId, options);
      const state = { transactionId: begun.transactionId, tabletAlias: aliasOf(begun.tabletAlias) };
      const rest = { sessionStateChanges: '' };
      const error = await failureOf(r, () => service.streamExecute(target, sql, binds, { transactionId: begun.transactionId, reservedId: r.reservedId === 0n ? 0n : begun.transactionId }, options,
        partsTo((result) => send({ ...rest, error: undefined, result, transactionId: 0n, tabletAlias: undefined }))));
      await send({ ...rest, ...state, error, result: undefined });
    }),
    reserveStreamExecute: stream(async (r: pb.ReserveStreamExecuteRequest, target, options, send: (m: Answered<pb.ReserveStreamExecuteResponse>) => Promise<void>) => {
      const { sql, binds } = sqlOf(r);
      const parts = partsTo((result) => send({ error: undefined, result, reservedId: 0n, tabletAlias: undefined }));
      if (r.transactionId === 0n) {
        try {
          await service.streamExecute(target, sql, binds, {}, { ...options, settings: r.preQueries }, parts);
          return;
        } catch (error) {
          if (!(error instanceof VtrewindError && needsReserved.test(error.message))) throw error;
        }
      }
      const reserved = await service.reserveExecute(target, r.preQueries, nothing, {}, r.transactionId, { ...options, alwaysReserve: true });
      const error = await failureOf(r, () => service.streamExecute(target, sql, binds, { transactionId: r.transactionId, reservedId: reserved.reservedId }, options, parts));
      await send({ error, result: undefined, reservedId: reserved.reservedId, tabletAlias: aliasOf(reserved.tabletAlias) });
    }),
    reserveBeginStreamExecute: stream(async (r: pb.ReserveBeginStreamExecuteRequest, target, options, send: (m: Answered<pb.ReserveBeginStreamExecuteResponse>) => Promise<void>) => {
      const { sql, binds } = sqlOf(r);
      const begun = await service.reserveBeginExecute(target, r.preQueries, r.postBeginQueries, nothing, {}, options);
      const { transactionId, reservedId } = begun;
      const rest = { sessionStateChanges: '' };
      const error = await failureOf(r, () => service.streamExecute(target, sql, binds, { transactionId, reservedId }, options,
        partsTo((result) => send({ ...rest, error: undefined, result, transactionId: 0n, reservedId: 0n, tabletAlias: undefined }))));
      await send({ ...rest, error, result: undefined, transactionId, reservedId, tabletAlias: aliasOf(begun.tabletAlias) });
    }),
    release: unary(async (r: pb.ReleaseRequest, target) => {
      await service.release(target, r.transactionId, r.reservedId);
      return {};
    }),
    prepare: unary(async (r: pb.PrepareRequest, target) => {
      await service.prepareDistributed(target, r.transactionId, r.dtid);
      return {};
    }),
    commitPrepared: unary(async (r: pb.CommitPreparedRequest, target) => {
      await service.commitPrepared(target, r.dtid);
      return {};
    }),
    rollbackPrepared: unary(async (r: pb.RollbackPreparedRequest, target) => {
      await service.rollbackPrepared(target, r.dtid, r.transactionId);
      return {};
    }),
    getSchema: streamHandler(log, (r: pb.GetSchemaRequest, send: (m: pb.GetSchemaResponse) => Promise<void>, { signal }) => readSchema(service, decodeTarget(r.target), r, send, signal)),
    streamHealth: streamHandler(log, async (_r: pb.StreamHealthRequest, send: (m: pb.StreamHealthResponse) => Promise<void>, { signal }) => {
      for await (const reply of service.streamHealth(signal)) await send(encodeHealth(reply));
    }),
  };
  return completed(queryServiceDefinition, handlers, 'this tablet');
}

/** A part of a stream as messages: fields alone first, then rows, as vttablet sends them. */
function partsTo(send: (result: QueryResult) => Promise<void>) {
  const bare = { rowsAffected: 0n, insertId: 0n };
  return async (part: { readonly fields?: readonly Field[]; readonly rows: readonly Row[] }): Promise<void> => {
    if (part.fields !== undefined) await send({ ...bare, fields: part.fields, rows: [] });
    if (part.rows.length > 0) await send({ ...bare, fields: [], rows: part.rows });
  };
}

/** The reply with the error inside when `work` left something open; every other failure is the call's own. */
async function withFailure<Reply>(
  r: Common, work: () => Promise<Reply>,
  reply: (failed: { error: ReturnType<typeof toRpcError>; transactionId: bigint; reservedId: bigint; tabletAlias: ReturnType<typeof aliasOf>; result: undefined }) => Reply,
): Promise<Reply> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StatementFailedInTransaction)) throw error;
    return reply({ error: toRpcError(error, decodeCaller(r)), transactionId: error.transactionId, reservedId: error.reservedId, tabletAlias: aliasOf(error.tabletAlias), result: undefined });
  }
}

async function failureOf(r: Common, work: () => Promise<void>): Promise<ReturnType<typeof toRpcError> | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return toRpcError(VtrewindError.from(error), decodeCaller(r));
  }
}

export function encodeHealth(r: StreamHealthReply): pb.StreamHealthResponse {
  return {
    target: encodeTarget(r.target), serving: r.serving, primaryTermStartTimestamp: BigInt(r.primaryTermStartTimestamp),
    realtimeStats: {
      ...pb.RealtimeStats.fromPartial({}), healthError: r.healthError, replicationLagSeconds: Math.max(0, Math.round(r.replicationLagSeconds)),
      tableSchemaChanged: [...r.tableSchemaChanged], viewSchemaChanged: [...r.viewSchemaChanged],
    },
    tabletAlias: aliasOf(r.tabletAlias),
  };
}
