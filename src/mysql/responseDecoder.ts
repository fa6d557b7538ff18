import type { VtrewindError } from '../base/errors.ts';
import type { Row } from '../vitess/queryService.ts';
import { CAPABILITY, has } from './constants/capabilities.ts';
import { STATUS } from './constants/statusFlags.ts';
import { decodeBinaryRow } from './packets/binaryRow.ts';
import { decodeColumnDefinition, type WireField } from './packets/columnDefinition.ts';
import { decodeEofPacket, isEofPacket } from './packets/eofPacket.ts';
import { decodeErrPacket, serverError } from './packets/errPacket.ts';
import { malformed } from './packets/malformedPacket.ts';
import { decodeOkPacket, type OkPacket, PLAIN_OK } from './packets/okPacket.ts';
import { MAX_PAYLOAD } from './packets/packetWriter.ts';
import { PacketReader } from './packets/packetReader.ts';
import { decodeTextRow } from './packets/textRow.ts';

/** What a response consists of, in order: per result `onFields`? `onRow`* `onResult`; at the end `onDone` once. */
export interface ResponseEvents {
  onFields(fields: readonly WireField[]): void;
  onRow(row: Row): void;
  /** One result is complete: a result set (`fields` were given) or a plain OK. */
  onResult(ok: OkPacket): void;
  /** The response is complete, or the server said ERR. */
  onDone(error: VtrewindError | undefined): void;
}

type State = 'head' | 'columns' | 'columnsEof' | 'rows' | 'done';

/** Columns a result may have; MySQL's own limit is 4,096 a table and 65,535 in a protocol field. */
const MAX_COLUMNS = 65_535;

/**
 * Decodes the response to COM_QUERY and COM_STMT_EXECUTE:
 *
 *   head → (OK) done | (ERR) done | columns → [columnsEof] → rows → done, and back to head while MORE_RESULTS is set.
 */
export class ResponseDecoder {
  readonly #events: ResponseEvents;
  readonly #capabilities: number;
  readonly #binary: boolean;
  readonly #deprecateEof: boolean;
  #state: State = 'head';
  #expected = 0;
  #fields: WireField[] = [];
  status = 0;

  constructor(events: ResponseEvents, capabilities: number, binary: boolean) {
    this.#events = events;
    this.#capabilities = capabilities;
    this.#binary = binary;
    this.#deprecateEof = has(capabilities, CAPABILITY.DEPRECATE_EOF);
  }

  /** Throws malformed when the packet does not fit the state; the connection is unusable then. */
  onPacket(payload: Buffer): void {
    if (payload.length === 0 && this.#state !== 'rows') throw malformed('empty packet');
    switch (this.#state) {
      case 'head': this.#head(payload); break;
      case 'columns':
        this.#fields.push(decodeColumnDefinition(payload));
        if (this.#fields.length === this.#expected) {
          if (this.#deprecateEof) this.#columnsDone();
          else this.#state = 'columnsEof';
        }
        break;
      case 'columnsEof':
        if (!isEofPacket(payload)) throw malformed('EOF expected after column definitions');
        this.#columnsDone();
        break;
      case 'rows': this.#row(payload); break;
      case 'done': throw malformed('packet after the end of a response');
    }
  }

  #columnsDone(): void {
    this.#state = 'rows';
    this.#events.onFields(this.#fields);
  }

  #head(payload: Buffer): void {
    switch (payload[0]) {
      case 0x00: this.#ended(decodeOkPacket(payload, this.#capabilities)); return;
      case 0xff: this.#failed(payload); return;
      case 0xfb: throw malformed('the server asks for a local file, which was not offered');
      default: {
        const columns = new PacketReader(payload).length();
        if (columns < 1 || columns > MAX_COLUMNS) throw malformed(`${columns} columns`);
        this.#expected = columns;
        this.#fields = [];
        this.#state = 'columns';
      }
    }
  }

  #row(payload: Buffer): void {
    const first = payload[0];
    if (first === 0xfe && (this.#deprecateEof ? payload.length < MAX_PAYLOAD : isEofPacket(payload))) {
      if (this.#deprecateEof && payload.length >= 7) this.#ended(decodeOkPacket(payload, this.#capabilities));
      else {
        const eof = decodeEofPacket(payload);
        this.#ended({ ...PLAIN_OK, status: eof.status, warnings: eof.warnings });
      }
      return;
    }
    if (first === 0xff) {
      this.#failed(payload);
      return;
    }
    this.#events.onRow(this.#binary ? decodeBinaryRow(payload, this.#fields) : decodeTextRow(payload, this.#fields.length));
  }

  #ended(ok: OkPacket): void {
    this.status = ok.status;
    const more = (ok.status & STATUS.MORE_RESULTS) !== 0;
    this.#state = more ? 'head' : 'done';
    this.#events.onResult(ok);
    if (!more) this.#events.onDone(undefined);
  }

  #failed(payload: Buffer): void {
    this.#state = 'done';
    this.#events.onDone(serverError(decodeErrPacket(payload)));
  }
}
