import { PacketReader } from '../../mysql/packets/packetReader.ts';
import { PacketWriter } from '../../mysql/packets/packetWriter.ts';

/**
 * What a client may not see of a tablet: the database's real name. `from` (`vt_ks`) in column definitions and error texts becomes `to` (`ks`).
 */
export interface NameChange {
  readonly from: string;
  readonly to: string;
}

/** Column definitions of one plan as a tablet last sent them, and as they were forwarded: the same bytes need no second reading. */
export interface KnownHead {
  readonly raw: Buffer;
  readonly forwarded: Buffer;
}

/** A plan serves clients with and without DEPRECATE_EOF; a head of the one is the beginning of a head of the other, so each has its own. */
export class HeadMemory {
  #ended: KnownHead | undefined;
  #unended: KnownHead | undefined;

  known(deprecateEof: boolean): KnownHead | undefined {
    return deprecateEof ? this.#unended : this.#ended;
  }
  remember(deprecateEof: boolean, head: KnownHead): void {
    if (deprecateEof) this.#unended = head;
    else this.#ended = head;
  }
}

/** Where the first bytes of a response end. */
export type HeadScan =
  /** More bytes are needed. */
  | { readonly kind: 'partial' }
  /** Column definitions (and EOF without DEPRECATE_EOF) end at `end`. */
  | { readonly kind: 'rows'; readonly end: number };

const PARTIAL: HeadScan = { kind: 'partial' };

/** Finds the end of the column definitions. `bytes[from]` is the header of the packet with the number of columns. Throws malformed on nonsense. */
export function scanHead(bytes: Buffer, from: number, deprecateEof: boolean): HeadScan {
  const size = bytes.readUIntLE(from, 3);
  let at = from + 4 + size;
  if (at > bytes.length) return PARTIAL;
  const columns = new PacketReader(bytes.subarray(from + 4, at)).length();
  const packets = deprecateEof ? columns : columns + 1;
  for (let i = 0; i < packets; i++) {
    if (at + 4 > bytes.length) return PARTIAL;
    at += 4 + bytes.readUIntLE(at, 3);
    if (at > bytes.length) return PARTIAL;
  }
  return { kind: 'rows', end: at };
}

/** The head with the database renamed in every column definition; the same buffer when none names it. */
export function renameInHead(head: Buffer, change: NameChange): Buffer {
  const needle = Buffer.from(change.from);
  if (!head.includes(needle)) return head;
  const out = new PacketWriter(head[3] as number, head.length + 64);
  let at = 0;
  let index = 0;
  const columns = new PacketReader(head.subarray(4, 4 + head.readUIntLE(0, 3))).length();
  while (at < head.length) {
    const size = head.readUIntLE(at, 3);
    const payload = head.subarray(at + 4, at + 4 + size);
    out.begin();
    if (index >= 1 && index <= columns) writeRenamed(out, payload, needle, change.to);
    else out.bytes(payload);
    out.end();
    at += 4 + size;
    index++;
  }
  return out.take();
}

/** ColumnDefinition41 begins with catalog and schema, both length-encoded. */
function writeRenamed(out: PacketWriter, payload: Buffer, from: Buffer, to: string): void {
  const r = new PacketReader(payload);
  const catalog = r.lengthEncodedBytes();
  const schema = r.lengthEncodedBytes();
  if (!schema.equals(from)) {
    out.bytes(payload);
    return;
  }
  out.lengthEncodedBytes(catalog).lengthEncodedString(to).bytes(r.rest());
}

/** An ERR packet (header included) with the database renamed in its text. */
export function renameInError(packet: Buffer, change: NameChange): Buffer {
  const needle = Buffer.from(change.from);
  if (!packet.includes(needle, 7)) return packet;
  const payload = packet.subarray(4);
  const text = payload.toString('latin1', 3).replaceAll(needle.toString('latin1'), Buffer.from(change.to).toString('latin1'));
  return new PacketWriter(packet[3] as number, packet.length + 64).begin().bytes(payload.subarray(0, 3)).bytes(Buffer.from(text, 'latin1')).end().take();
}
