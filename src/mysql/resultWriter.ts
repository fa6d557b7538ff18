import type { Field, Row } from '../vitess/queryService.ts';
import { CAPABILITY, has } from './constants/capabilities.ts';
import { STATUS } from './constants/statusFlags.ts';
import { writeBinaryRow } from './packets/binaryRow.ts';
import { type WireField, writeColumnDefinition } from './packets/columnDefinition.ts';
import { writeEofPacket } from './packets/eofPacket.ts';
import { PLAIN_OK, writeOkPacket } from './packets/okPacket.ts';
import type { PacketWriter } from './packets/packetWriter.ts';
import { writeTextRow } from './packets/textRow.ts';

/** Where a result goes: the packets of one response, flushed in large writes. */
export interface PacketOutlet {
  readonly writer: PacketWriter;
  readonly capabilities: number;
  /** False: results carry no column definitions. */
  readonly metadata?: boolean;
  /** Sends what the writer holds. False: the client reads slower than we write. */
  flush(): boolean;
  drained(): Promise<void>;
}

export interface ResultEnd {
  readonly status?: number | undefined;
  readonly warnings?: number | undefined;
  /** Another result follows. */
  readonly more?: boolean | undefined;
}

/** Bytes gathered before a write. */
const FLUSH_BYTES = 64 * 1024;

/** Writes one result set, text or binary, in order: `fields`, `rows`*, `end`. Waits while the client is slow. */
export class ResultWriter {
  readonly #outlet: PacketOutlet;
  readonly #binary: boolean;
  readonly #databaseName: string | undefined;
  #fields: readonly (Field | WireField)[] = [];

  /** `databaseName` stands in for the fields' own database where they have one. */
  constructor(outlet: PacketOutlet, binary: boolean, databaseName?: string) {
    this.#outlet = outlet;
    this.#binary = binary;
    this.#databaseName = databaseName;
  }

  fields(fields: readonly (Field | WireField)[]): void {
    const { writer, capabilities } = this.#outlet;
    this.#fields = fields;
    const optional = has(capabilities, CAPABILITY.OPTIONAL_RESULTSET_METADATA);
    const shown = !optional || this.#outlet.metadata !== false;
    writer.begin();
    if (optional) writer.uint8(shown ? 1 : 0);
    writer.lengthEncodedInteger(fields.length).end();
    for (const field of shown ? fields : []) {
      writer.begin();
      writeColumnDefinition(writer, field, field.database !== undefined && field.database !== '' ? this.#databaseName : undefined);
      writer.end();
    }
    if (!has(capabilities, CAPABILITY.DEPRECATE_EOF)) {
      writer.begin();
      writeEofPacket(writer, { warnings: 0, status: STATUS.AUTOCOMMIT });
      writer.end();
    }
  }

  /** Undefined: written without waiting. */
  rows(rows: readonly Row[]): Promise<void> | undefined {
    for (let i = 0; i < rows.length; i++) {
      this.#row(rows[i] as Row);
      if (this.#outlet.writer.length >= FLUSH_BYTES && !this.#outlet.flush()) return this.#rest(rows, i + 1);
    }
    return undefined;
  }

  async #rest(rows: readonly Row[], from: number): Promise<void> {
    await this.#outlet.drained();
    for (let i = from; i < rows.length; i++) {
      this.#row(rows[i] as Row);
      if (this.#outlet.writer.length >= FLUSH_BYTES && !this.#outlet.flush()) await this.#outlet.drained();
    }
  }

  #row(row: Row): void {
    const { writer } = this.#outlet;
    writer.begin();
    if (this.#binary) writeBinaryRow(writer, row, this.#fields);
    else writeTextRow(writer, row);
    writer.end();
  }

  /** Ends the result and sends everything. */
  end(end: ResultEnd = {}): void {
    const { writer, capabilities } = this.#outlet;
    const status = (end.status ?? STATUS.AUTOCOMMIT) | (end.more === true ? STATUS.MORE_RESULTS : 0);
    writer.begin();
    if (has(capabilities, CAPABILITY.DEPRECATE_EOF)) writeOkPacket(writer, { ...PLAIN_OK, status, warnings: end.warnings ?? 0 }, capabilities, true);
    else writeEofPacket(writer, { status, warnings: end.warnings ?? 0 });
    writer.end();
    this.#outlet.flush();
  }
}
