import { VtrewindError } from '../base/errors.ts';
import type { Row } from '../vitess/queryService.ts';
import type { Flow, PacketConsumer } from './packetInbox.ts';
import type { WireField } from './packets/columnDefinition.ts';
import { type OkPacket, PLAIN_OK } from './packets/okPacket.ts';
import { ResponseDecoder, type ResponseEvents } from './responseDecoder.ts';

export interface StreamPart {
  /** Only in the first part. */
  readonly fields?: readonly WireField[];
  readonly rows: readonly Row[];
}

export type OnStreamPart = (part: StreamPart) => Promise<void> | void;

/**
 * Hands rows on in parts while they arrive. While `onPart` runs, the socket is paused; what was already read (at most one chunk of the
 * socket) waits here. Only the first result of a response is passed on; later ones (a procedure's) are read and dropped.
 */
export class StreamedResponse implements PacketConsumer, ResponseEvents {
  readonly #decoder: ResponseDecoder;
  readonly #flow: Flow;
  readonly #onPart: OnStreamPart;
  readonly #partBytes: number;
  readonly #settle: (error: VtrewindError | undefined, ok: OkPacket, fatal: boolean) => void;
  #fields: readonly WireField[] | undefined;
  #rows: Row[] = [];
  #bytes = 0;
  #running = false;
  #results = 0;
  #end: { readonly error: VtrewindError | undefined } | undefined;
  #ok: OkPacket = PLAIN_OK;

  constructor(
    capabilities: number, binary: boolean, flow: Flow, partBytes: number, onPart: OnStreamPart,
    settle: (error: VtrewindError | undefined, ok: OkPacket, fatal: boolean) => void,
  ) {
    this.#decoder = new ResponseDecoder(this, capabilities, binary);
    this.#flow = flow;
    this.#partBytes = partBytes;
    this.#onPart = onPart;
    this.#settle = settle;
  }

  get status(): number {
    return this.#decoder.status;
  }

  onPacket(payload: Buffer): void {
    if (this.#results === 0) this.#bytes += payload.length;
    this.#decoder.onPacket(payload);
  }

  onClosed(error: VtrewindError): void {
    this.#settle(error, this.#ok, true);
  }

  onFields(fields: readonly WireField[]): void {
    if (this.#results > 0) return;
    this.#fields = fields;
    this.#flush();
  }

  onRow(row: Row): void {
    if (this.#results > 0) return;
    this.#rows.push(row);
    if (this.#bytes >= this.#partBytes) this.#flush();
  }

  onResult(ok: OkPacket): void {
    if (this.#results++ === 0) this.#ok = ok;
  }

  onDone(error: VtrewindError | undefined): void {
    this.#end = { error };
    this.#flush();
  }

  #flush(): void {
    if (this.#running) return;
    if (this.#fields === undefined && this.#rows.length === 0) {
      if (this.#end !== undefined) this.#settle(this.#end.error, this.#ok, false);
      return;
    }
    const part: StreamPart = this.#fields === undefined ? { rows: this.#rows } : { fields: this.#fields, rows: this.#rows };
    this.#fields = undefined;
    this.#rows = [];
    this.#bytes = 0;
    let pending: Promise<void> | void;
    try {
      pending = this.#onPart(part);
    } catch (error) {
      this.#settle(VtrewindError.from(error), this.#ok, true);
      return;
    }
    if (pending === undefined) {
      if (this.#end !== undefined) this.#flush();
      return;
    }
    this.#running = true;
    this.#flow.pause();
    pending.then(
      () => {
        this.#running = false;
        this.#flow.resume();
        if (this.#end !== undefined || this.#bytes >= this.#partBytes) this.#flush();
      },
      (error: unknown) => this.#settle(VtrewindError.from(error), this.#ok, true),
    );
  }
}
