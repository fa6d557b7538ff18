import { VtrewindError } from '../../base/errors.ts';
import { PacketReader } from './packetReader.ts';
import { PacketWriter } from './packetWriter.ts';

/** ERR_Packet. Source: MySQL "ERR_Packet". */
export interface ErrPacket {
  readonly errorNumber: number;
  /** Five characters. */
  readonly sqlState: string;
  readonly message: string;
}

/** MySQL cuts messages at 512 bytes; clients accept more, and hints make ours longer. */
const MAX_MESSAGE_BYTES = 8192;

export function writeErrPacket(w: PacketWriter, err: ErrPacket): void {
  const state = /^[0-9A-Z]{5}$/.test(err.sqlState) ? err.sqlState : 'HY000';
  const message = Buffer.byteLength(err.message) <= MAX_MESSAGE_BYTES ? err.message : err.message.slice(0, MAX_MESSAGE_BYTES / 4);
  w.uint8(0xff).uint16(err.errorNumber).string('#').string(state).string(message);
}

export function encodeErrPacket(err: ErrPacket): Buffer {
  return PacketWriter.payload((w) => writeErrPacket(w, err));
}

/** Errors sent before the handshake (too many connections, host blocked) have no SQLSTATE. */
export function decodeErrPacket(payload: Buffer): ErrPacket {
  const r = new PacketReader(payload, 1);
  const errorNumber = r.uint16();
  let sqlState = 'HY000';
  if (r.remaining >= 6 && r.peek() === 0x23) {
    r.skip(1);
    sqlState = r.bytes(5).toString('latin1');
  }
  return { errorNumber, sqlState, message: r.rest().toString('utf8') };
}

/** What a server said, as the error that travels inside vtrewind: VTR0800 with the server's own number, state and text. */
export function serverError(err: ErrPacket): VtrewindError {
  return new VtrewindError({ code: 'VTR0800', mysql: err.errorNumber, sqlState: err.sqlState, message: err.message });
}

/** Any thrown value as an ERR packet for a client. Text of errors that are not ours is kept, their stack never leaves. */
export function toErrPacket(error: unknown): ErrPacket {
  const e = VtrewindError.from(error);
  const message = e.hint === undefined ? e.message : `${e.message} (${e.hint})`;
  return { errorNumber: e.mysql, sqlState: e.sqlState, message };
}
