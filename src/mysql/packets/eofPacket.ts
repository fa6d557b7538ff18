import { PacketReader } from './packetReader.ts';
import type { PacketWriter } from './packetWriter.ts';

/** EOF_Packet: ends column definitions and rows when DEPRECATE_EOF was not agreed. Source: MySQL "EOF_Packet". */
export interface EofPacket {
  readonly warnings: number;
  readonly status: number;
}

/** A row may begin with 0xfe as well (a field of 16 MiB and more); an EOF is shorter than 9 bytes. */
export function isEofPacket(payload: Buffer): boolean {
  return payload.length < 9 && payload.length > 0 && payload[0] === 0xfe;
}

export function decodeEofPacket(payload: Buffer): EofPacket {
  const r = new PacketReader(payload, 1);
  // Protocol 4.1 always has both fields; a bare 0xfe comes from proxies of old.
  if (r.remaining < 4) return { warnings: 0, status: 0 };
  return { warnings: r.uint16(), status: r.uint16() };
}

export function writeEofPacket(w: PacketWriter, eof: EofPacket): void {
  w.uint8(0xfe).uint16(Math.min(eof.warnings, 0xffff)).uint16(eof.status);
}
