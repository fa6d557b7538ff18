import { VtrewindError } from '../base/errors.ts';
import { type GrpcConnectOptions, GrpcPeer } from './grpcChannel.ts';
import { fromRpcError } from './grpcErrors.ts';
import { type StreamHealthResponse, StreamHealthRequest } from './gen/query.ts';
import { QueryService as Rpc } from './gen/queryservice.ts';
import type { RPCError } from './gen/vtrpc.ts';
import type { BindVariables, ExecuteOptions, QueryResult, QueryService, ReservedState, StreamHealthReply, Target, TransactionState } from './queryService.ts';
import { aliasText, encodeBinds, encodeCaller, encodeOptions, encodeTarget, tabletTypeName } from './requestCodec.ts';
import { resultMethods } from './resultMethods.ts';
import { StatementFailedInTransaction } from './statementFailed.ts';

type State = { readonly transactionId?: bigint; readonly reservedId?: bigint };
type OnPart = Parameters<QueryService['streamExecute']>[5];

/**
 * A tablet over gRPC: a real vttablet or one of ours. Connecting happens with the first call; a call without a connection fails at once with
 * UNAVAILABLE. Nothing is ever sent twice. Errors carry MySQL's number and state where the tablet's message names them.
 */
export function connectQueryService(address: string, options: GrpcConnectOptions = {}): QueryService {
  return new GrpcQueryService(address, options);
}

class GrpcQueryService implements QueryService {
  readonly #peer: GrpcPeer;

  constructor(address: string, options: GrpcConnectOptions) {
    this.#peer = new GrpcPeer('tablet', address, options);
  }

  #common(target: Target, options?: ExecuteOptions) {
    return { ...encodeCaller(options?.callerUser), target: encodeTarget(target), options: encodeOptions(options) };
  }
  #query(sql: string | Buffer, binds: BindVariables) {
    return { sql: typeof sql === 'string' ? Buffer.from(sql) : sql, bindVariables: encodeBinds(binds) };
  }

  async execute(target: Target, sql: string | Buffer, binds: BindVariables, state: State, options?: ExecuteOptions) {
    const { transactionId = 0n, reservedId = 0n } = state;
    if (options?.settings !== undefined && options.settings.length > 0 && transactionId === 0n && reservedId === 0n) {
      const reserved = await this.reserveExecute(target, options.settings, sql, binds, 0n, options);
      // The tablet could not do it on a pooled connection: what it reserved for this one statement is given back.
      if (reserved.reservedId !== 0n) await this.release(target, 0n, reserved.reservedId);
      return reserved.result;
    }
    const request = { ...this.#common(target, options), query: this.#query(sql, binds), transactionId, reservedId };
    const answer = await this.#peer.unary(resultMethods.execute, request, { signal: options?.signal });
    return answer.result ?? noResult;
  }

  async streamExecute(target: Target, sql: string | Buffer, binds: BindVariables, state: State, options: ExecuteOptions | undefined, onPart: OnPart): Promise<void> {
    const { transactionId = 0n, reservedId = 0n } = state;
    const common = { ...this.#common(target, options), query: this.#query(sql, binds), transactionId };
    if (options?.settings !== undefined && options.settings.length > 0 && transactionId === 0n && reservedId === 0n) {
      const stream = this.#peer.stream(resultMethods.reserveStreamExecute, { ...common, preQueries: [...options.settings] }, options.signal);
      let reserved = 0n;
      try {
        for await (const part of stream) {
          if (part.reservedId !== 0n) reserved = part.reservedId;
          if (part.error !== undefined) throw fromRpcError(part.error);
          await handOn(part, onPart);
        }
      } finally {
        if (reserved !== 0n) await this.release(target, 0n, reserved);
      }
      return;
    }
    for await (const part of this.#peer.stream(resultMethods.streamExecute, { ...common, reservedId }, options?.signal)) await handOn(part, onPart);
  }

  async begin(target: Target, options?: ExecuteOptions): Promise<TransactionState> {
    const answer = await this.#peer.unary(Rpc.begin, this.#common(target, options), { signal: options?.signal });
    return { transactionId: answer.transactionId, ...withAlias(answer) };
  }
  async commit(target: Target, transactionId: bigint) {
    const request = { ...encodeCaller(undefined), target: encodeTarget(target), transactionId };
    const answer = await this.#peer.unary(Rpc.commit, request);
    return { reservedId: answer.reservedId };
  }
  async rollback(target: Target, transactionId: bigint) {
    const request = { ...encodeCaller(undefined), target: encodeTarget(target), transactionId };
    const answer = await this.#peer.unary(Rpc.rollback, request);
    return { reservedId: answer.reservedId };
  }

  async beginExecute(target: Target, preQueries: readonly string[], sql: string | Buffer, binds: BindVariables, reservedId: bigint, options?: ExecuteOptions) {
    if (options?.settings !== undefined && options.settings.length > 0 && reservedId === 0n) return this.reserveBeginExecute(target, options.settings, preQueries, sql, binds, options);
    const request = { ...this.#common(target, options), query: this.#query(sql, binds), reservedId, preQueries: [...preQueries] };
    const answer = await this.#peer.unary(resultMethods.beginExecute, request, { signal: options?.signal });
    failIfStatementFailed(answer.error, answer);
    return { transactionId: answer.transactionId, ...withAlias(answer), result: answer.result ?? noResult };
  }

  async reserveExecute(target: Target, preQueries: readonly string[], sql: string | Buffer, binds: BindVariables, transactionId: bigint, options?: ExecuteOptions): Promise<ReservedState & { readonly result: QueryResult }> {
    const request = { ...this.#common(target, options), query: this.#query(sql, binds), transactionId, preQueries: [...preQueries] };
    const answer = await this.#peer.unary(resultMethods.reserveExecute, request, { signal: options?.signal });
    failIfStatementFailed(answer.error, { ...answer, transactionId });
    return { reservedId: answer.reservedId, ...withAlias(answer), result: answer.result ?? noResult };
  }

  async reserveBeginExecute(target: Target, preQueries: readonly string[], postBeginQueries: readonly string[], sql: string | Buffer, binds: BindVariables, options?: ExecuteOptions) {
    const request = { ...this.#common(target, options), query: this.#query(sql, binds), preQueries: [...preQueries], postBeginQueries: [...postBeginQueries] };
    const answer = await this.#peer.unary(resultMethods.reserveBeginExecute, request, { signal: options?.signal });
    failIfStatementFailed(answer.error, answer);
    return { transactionId: answer.transactionId, reservedId: answer.reservedId, ...withAlias(answer), result: answer.result ?? noResult };
  }

  async release(target: Target, transactionId: bigint, reservedId: bigint): Promise<void> {
    const request = { ...encodeCaller(undefined), target: encodeTarget(target), transactionId, reservedId };
    await this.#peer.unary(Rpc.release, request);
  }

  async prepareDistributed(target: Target, transactionId: bigint, dtid: string): Promise<void> {
    const request = { ...encodeCaller(undefined), target: encodeTarget(target), transactionId, dtid };
    await this.#peer.unary(Rpc.prepare, request);
  }
  async commitPrepared(target: Target, dtid: string): Promise<void> {
    const request = { ...encodeCaller(undefined), target: encodeTarget(target), dtid };
    await this.#peer.unary(Rpc.commitPrepared, request);
  }
  async rollbackPrepared(target: Target, dtid: string, originalTransactionId: bigint): Promise<void> {
    const request = { ...encodeCaller(undefined), target: encodeTarget(target), dtid, transactionId: originalTransactionId };
    await this.#peer.unary(Rpc.rollbackPrepared, request);
  }

  async *streamHealth(signal: AbortSignal): AsyncIterable<StreamHealthReply> {
    try {
      for await (const reply of this.#peer.stream(Rpc.streamHealth, StreamHealthRequest.fromPartial({}), signal)) yield decodeHealth(reply);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async close(): Promise<void> {
    this.#peer.close();
  }
}

export function decodeHealth(r: StreamHealthResponse): StreamHealthReply {
  if (r.target === undefined) throw new VtrewindError({ code: 'VTR0321', grpc: 'INTERNAL', message: 'a tablet reports health without a target' });
  return {
    target: { keyspace: r.target.keyspace, shard: r.target.shard, tabletType: tabletTypeName(r.target.tabletType), ...(r.target.cell === '' ? {} : { cell: r.target.cell }) },
    serving: r.serving, primaryTermStartTimestamp: Number(r.primaryTermStartTimestamp),
    replicationLagSeconds: r.realtimeStats?.replicationLagSeconds ?? 0, healthError: r.realtimeStats?.healthError ?? '',
    tabletAlias: aliasText(r.tabletAlias) ?? '',
    tableSchemaChanged: r.realtimeStats?.tableSchemaChanged ?? [], viewSchemaChanged: r.realtimeStats?.viewSchemaChanged ?? [],
  };
}

async function handOn({ result }: { readonly result?: QueryResult | undefined }, onPart: OnPart): Promise<void> {
  if (result === undefined || (result.fields.length === 0 && result.rows.length === 0)) return;
  await onPart(result.fields.length > 0 ? { fields: result.fields, rows: result.rows } : { rows: result.rows });
}

const noResult: QueryResult = { fields: [], rows: [], rowsAffected: 0n, insertId: 0n };

function withAlias(answer: { readonly tabletAlias?: Parameters<typeof aliasText>[0] }): { tabletAlias?: string } {
  const alias = aliasText(answer.tabletAlias);
  return alias === undefined ? {} : { tabletAlias: alias };
}

function failIfStatementFailed(error: RPCError | undefined, state: { readonly transactionId?: bigint; readonly reservedId?: bigint; readonly tabletAlias?: Parameters<typeof aliasText>[0] }): void {
  if (error === undefined) return;
  throw new StatementFailedInTransaction(fromRpcError(error), { transactionId: state.transactionId ?? 0n, reservedId: state.reservedId ?? 0n, tabletAlias: aliasText(state.tabletAlias) });
}
