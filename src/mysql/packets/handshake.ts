import { CAPABILITY, has } from '../constants/capabilities.ts';
import { malformed } from './malformedPacket.ts';
import { PacketReader } from './packetReader.ts';
import { PacketWriter } from './packetWriter.ts';

/** The server's greeting. Source: MySQL "Protocol::HandshakeV10"; MariaDB "Connecting", initial handshake packet. */
export interface Handshake {
  readonly serverVersion: string;
  readonly connectionId: number;
  /** 20 bytes, none of them 0. */
  readonly nonce: Buffer;
  readonly capabilities: number;
  readonly collation: number;
  readonly status: number;
  readonly authPlugin: string;
  /** MariaDB's flags 32 to 63; they stand where MySQL has zeros, and count only while CLIENT_MYSQL (LONG_PASSWORD's bit) is unset. */
  readonly extended?: number | undefined;
}

export function encodeHandshake(handshake: Handshake): Buffer {
  const { capabilities, nonce } = handshake;
  return PacketWriter.payload((w) =>
    w.uint8(10).nullTerminatedString(handshake.serverVersion).uint32(handshake.connectionId)
      .bytes(nonce.subarray(0, 8)).uint8(0)
      .uint16(capabilities & 0xffff).uint8(handshake.collation & 0xff).uint16(handshake.status).uint16(capabilities >>> 16)
      .uint8(nonce.length + 1).zeros(6).uint32(handshake.extended ?? 0).bytes(nonce.subarray(8)).uint8(0).nullTerminatedString(handshake.authPlugin));
}

/** Throws malformed when the payload is no protocol-10 greeting; an ERR packet must be told apart before. */
export function decodeHandshake(payload: Buffer): Handshake {
  const r = new PacketReader(payload);
  const version = r.uint8();
  if (version !== 10) throw malformed(`protocol version ${version}, only 10 is spoken`);
  const serverVersion = r.nullTerminatedString();
  const connectionId = r.uint32();
  const first = r.bytes(8);
  r.skip(1);
  let capabilities = r.uint16();
  let collation = 0;
  let status = 0;
  let nonce = Buffer.from(first);
  let authPlugin = 'mysql_native_password';
  if (r.remaining > 0) {
    collation = r.uint8();
    status = r.uint16();
    capabilities = (capabilities | (r.uint16() << 16)) >>> 0;
    const nonceLength = r.uint8();
    r.skip(10);
    if (has(capabilities, CAPABILITY.SECURE_CONNECTION) || nonceLength > 8) {
      const second = r.bytes(Math.min(r.remaining, Math.max(13, nonceLength - 8)));
      nonce = Buffer.concat([first, second.subarray(0, 12)]);
    }
    if (has(capabilities, CAPABILITY.PLUGIN_AUTH) && r.remaining > 0) {
      const name = r.rest();
      const end = name.indexOf(0);
      authPlugin = name.subarray(0, end < 0 ? name.length : end).toString('utf8');
    }
  }
  return { serverVersion, connectionId, nonce, capabilities, collation, status, authPlugin };
}

/** MariaDB 10 greets with `5.5.5-10.11.…-MariaDB`; MySQL with its bare version. */
export function flavourOf(serverVersion: string): 'mysql' | 'mariadb' {
  return /mariadb/i.test(serverVersion) ? 'mariadb' : 'mysql';
}
