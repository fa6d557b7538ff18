import type { VtrewindError } from '../base/errors.ts';
import type { QueryResult, Row } from '../vitess/queryService.ts';
import { resultTooLarge } from './clientErrors.ts';
import type { PacketConsumer } from './packetInbox.ts';
import type { WireField } from './packets/columnDefinition.ts';
import type { OkPacket } from './packets/okPacket.ts';
import { ResponseDecoder, type ResponseEvents } from './responseDecoder.ts';

export interface BufferLimits {
  /** Rows over all results; default unlimited. */
  readonly maxRows?: number | undefined;
  /** Bytes of row packets over all results; default unlimited. */
  readonly maxBytes?: number | undefined;
}

/** Collects every result of a response. `settle` is called once; an error that leaves the connection unusable sets `fatal`. */
export class BufferedResponse implements PacketConsumer, ResponseEvents {
  readonly #decoder: ResponseDecoder;
  readonly #limits: BufferLimits;
  readonly #settle: (error: VtrewindError | undefined, results: QueryResult[], fatal: boolean) => void;
  readonly #results: QueryResult[] = [];
  #fields: readonly WireField[] | undefined;
  #rows: Row[] = [];
  #rowCount = 0;
  #byteCount = 0;

  constructor(capabilities: number, binary: boolean, limits: BufferLimits, settle: (error: VtrewindError | undefined, results: QueryResult[], fatal: boolean) => void) {
    this.#decoder = new ResponseDecoder(this, capabilities, binary);
    this.#limits = limits;
    this.#settle = settle;
  }

  get status(): number {
    return this.#decoder.status;
  }

  onPacket(payload: Buffer): void {
    this.#byteCount += payload.length;
    if (this.#limits.maxBytes !== undefined && this.#byteCount > this.#limits.maxBytes) {
      this.#settle(resultTooLarge(`${this.#limits.maxBytes} bytes`), [], true);
      return;
    }
    this.#decoder.onPacket(payload);
  }

  onClosed(error: VtrewindError): void {
    this.#settle(error, [], true);
  }

  onFields(fields: readonly WireField[]): void {
    this.#fields = fields;
    this.#rows = [];
  }

  onRow(row: Row): void {
    this.#rows.push(row);
    this.#rowCount++;
    if (this.#limits.maxRows !== undefined && this.#rowCount > this.#limits.maxRows) this.#settle(resultTooLarge(`${this.#limits.maxRows} rows`), [], true);
  }

  onResult(ok: OkPacket): void {
    this.#results.push(toQueryResult(ok, this.#fields, this.#rows));
    this.#fields = undefined;
    this.#rows = [];
  }

  onDone(error: VtrewindError | undefined): void {
    this.#settle(error, this.#results, false);
  }
}

/** `rowsAffected` of a result set is its number of rows, as Vitess counts. */
export function toQueryResult(ok: OkPacket, fields: readonly WireField[] | undefined, rows: readonly Row[]): QueryResult {
  return {
    fields: fields ?? [], rows, rowsAffected: fields === undefined ? ok.affectedRows : BigInt(rows.length), insertId: ok.lastInsertId,
    insertIdChanged: ok.lastInsertId !== 0n, info: ok.info, statusFlags: ok.status, warnings: ok.warnings,
  };
}
