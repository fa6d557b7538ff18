import type { QueryResult as PbResult } from './gen/query.ts';
import { QueryService as Rpc } from './gen/queryservice.ts';
import type { QueryResult } from './queryService.ts';
import { decodeResultBytes, encodeResultBytes, varintSize, WireCursor, writeVarint } from './resultWire.ts';

interface Method<Request, Response> {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (value: Request) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => Request;
  readonly responseSerialize: (value: Response) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

/** A response whose result is ours in place of the generated one. */
export type Answered<Response> = Omit<Response, 'result' | '_unknownFields'> & { readonly result: QueryResult | undefined };

/** The method with its response's `result` (at `field`) read and written without the generated code. */
function answering<Request, Response extends { result?: PbResult | undefined }>(method: Method<Request, Response>, field: number): Method<Request, Answered<Response>> {
  const key = (field << 3) | 2;
  return {
    ...method,
    responseSerialize: (value) => {
      const rest = method.responseSerialize({ ...value, result: undefined } as unknown as Response);
      if (value.result === undefined) return rest;
      const result = encodeResultBytes(value.result);
      const head = Buffer.allocUnsafe(1 + varintSize(result.length));
      head[0] = key;
      writeVarint(head, 1, result.length);
      return Buffer.concat([head, result, rest]);
    },
    responseDeserialize: (bytes) => {
      const cursor = new WireCursor(bytes);
      const others: Buffer[] = [];
      let result: QueryResult | undefined;
      while (!cursor.done) {
        const start = cursor.at;
        const found = cursor.varint();
        if (found === key) {
          result = decodeResultBytes(cursor.block());
        } else {
          cursor.skip(found & 7);
          others.push(bytes.subarray(start, cursor.at));
        }
      }
      return { ...method.responseDeserialize(Buffer.concat(others)), result };
    },
  };
}

/** The calls of `queryservice` that answer with results. */
export const resultMethods = {
  execute: answering(Rpc.execute, 1),
  streamExecute: answering(Rpc.streamExecute, 1),
  beginExecute: answering(Rpc.beginExecute, 2),
  beginStreamExecute: answering(Rpc.beginStreamExecute, 2),
  reserveExecute: answering(Rpc.reserveExecute, 2),
  reserveStreamExecute: answering(Rpc.reserveStreamExecute, 2),
  reserveBeginExecute: answering(Rpc.reserveBeginExecute, 2),
  reserveBeginStreamExecute: answering(Rpc.reserveBeginStreamExecute, 2),
};

/** The service as it is served: generated, with these methods in place of the generated ones. */
export const queryServiceDefinition = { ...Rpc, ...resultMethods };
