import { CAPABILITY, has } from '../constants/capabilities.ts';
import { STATUS } from '../constants/statusFlags.ts';
import { malformed } from './malformedPacket.ts';
import { PacketReader } from './packetReader.ts';
import { PacketWriter } from './packetWriter.ts';

/** OK_Packet: a command succeeded and returned no rows, or (header 0xfe, with DEPRECATE_EOF) a result set ended. Source: MySQL "OK_Packet". */
export interface OkPacket {
  readonly affectedRows: bigint;
  readonly lastInsertId: bigint;
  readonly status: number;
  /** 0 to 65,535; MySQL itself saturates here. */
  readonly warnings: number;
  readonly info: string;
  /** The session-state block as sent, undecoded; only with SESSION_TRACK and SERVER_SESSION_STATE_CHANGED. */
  readonly sessionState: Buffer | undefined;
}

export const PLAIN_OK: OkPacket = { affectedRows: 0n, lastInsertId: 0n, status: STATUS.AUTOCOMMIT, warnings: 0, info: '', sessionState: undefined };

/** `endsResultSet` writes the 0xfe header that takes EOF's place under DEPRECATE_EOF. */
export function writeOkPacket(w: PacketWriter, ok: OkPacket, capabilities: number, endsResultSet = false): void {
  w.uint8(endsResultSet ? 0xfe : 0x00).lengthEncodedInteger(ok.affectedRows).lengthEncodedInteger(ok.lastInsertId);
  const tracked = has(capabilities, CAPABILITY.SESSION_TRACK);
  const status = tracked && ok.sessionState !== undefined ? ok.status | STATUS.SESSION_STATE_CHANGED : ok.status & ~STATUS.SESSION_STATE_CHANGED;
  w.uint16(status).uint16(Math.min(ok.warnings, 0xffff));
  if (tracked) {
    if (ok.info !== '' || ok.sessionState !== undefined) w.lengthEncodedString(ok.info);
    if (ok.sessionState !== undefined) w.lengthEncodedBytes(ok.sessionState);
  } else {
    // The client reads the rest of the packet as the text; servers write it with a length in front, which clients expect.
    if (ok.info !== '') w.lengthEncodedString(ok.info);
  }
}

export function encodeOkPacket(ok: OkPacket, capabilities: number, endsResultSet = false): Buffer {
  return PacketWriter.payload((w) => writeOkPacket(w, ok, capabilities, endsResultSet));
}

/** Accepts both headers (0x00 and 0xfe). Throws malformed when the payload ends early. */
export function decodeOkPacket(payload: Buffer, capabilities: number): OkPacket {
  const r = new PacketReader(payload);
  const header = r.uint8();
  if (header !== 0x00 && header !== 0xfe) throw malformed(`0x${header.toString(16)} is no OK header`);
  const affectedRows = r.lengthEncodedInteger();
  const lastInsertId = r.lengthEncodedInteger();
  const status = r.uint16();
  const warnings = r.uint16();
  let info = '';
  let sessionState: Buffer | undefined;
  if (has(capabilities, CAPABILITY.SESSION_TRACK)) {
    if (r.remaining > 0) info = r.lengthEncodedString();
    if ((status & STATUS.SESSION_STATE_CHANGED) !== 0 && r.remaining > 0) sessionState = r.lengthEncodedBytes();
  } else if (r.remaining > 0) {
    info = readInfo(r);
  }
  return { affectedRows, lastInsertId, status, warnings, info, sessionState };
}

/** The text has a length in front on MySQL and MariaDB; other servers send it bare. */
function readInfo(r: PacketReader): string {
  const at = r.offset;
  const first = r.peek();
  if (first === r.remaining - 1 || first === 0xfc) return r.lengthEncodedString();
  r.offset = at;
  return r.rest().toString('utf8');
}
