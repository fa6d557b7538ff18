import { PacketReader } from './packetReader.ts';
import { PacketWriter } from './packetWriter.ts';

/** Asks the other side to use another plugin, with a nonce. Source: MySQL "Protocol::AuthSwitchRequest". */
export interface AuthSwitchRequest {
  readonly plugin: string;
  readonly data: Buffer;
}

/** `terminated`: MySQL's nonces end in NUL, those of MariaDB's signing plugins do not. */
export function encodeAuthSwitchRequest(request: AuthSwitchRequest, terminated = true): Buffer {
  return PacketWriter.payload((w) => {
    w.uint8(0xfe).nullTerminatedString(request.plugin).bytes(request.data);
    if (terminated) w.uint8(0);
  });
}

/** A bare 0xfe is the pre-4.1 switch to the old password, given as plugin `mysql_old_password`. */
export function decodeAuthSwitchRequest(payload: Buffer): AuthSwitchRequest {
  if (payload.length === 1) return { plugin: 'mysql_old_password', data: Buffer.alloc(0) };
  const r = new PacketReader(payload, 1);
  const plugin = r.nullTerminatedString();
  const data = r.rest();
  return { plugin, data: data.length > 0 && data[data.length - 1] === 0 ? data.subarray(0, -1) : data };
}

/** Source: MySQL "Protocol::AuthMoreData". */
export function encodeAuthMoreData(data: Buffer): Buffer {
  return PacketWriter.payload((w) => w.uint8(0x01).bytes(data));
}
