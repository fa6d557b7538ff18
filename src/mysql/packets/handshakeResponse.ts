import { CAPABILITY, has } from '../constants/capabilities.ts';
import { malformed } from './malformedPacket.ts';
import { PacketReader } from './packetReader.ts';
import { PacketWriter } from './packetWriter.ts';

/** The client's answer to the greeting. Source: MySQL "Protocol::HandshakeResponse41". */
export interface HandshakeResponse {
  readonly capabilities: number;
  readonly maxPacket: number;
  readonly collation: number;
  readonly user: string;
  readonly authResponse: Buffer;
  readonly database: string | undefined;
  readonly authPlugin: string | undefined;
  readonly attributes: ReadonlyMap<string, string>;
  /** MariaDB's flags 32 to 63 as the client has them; 0 from clients of MySQL. */
  readonly extended?: number | undefined;
  /** 1 to 22; only with ZSTD_COMPRESSION. */
  readonly zstdLevel?: number | undefined;
}

/** Connection attributes a client may send, in bytes; MySQL's own limit is 64 KiB. */
const MAX_ATTRIBUTE_BYTES = 65_536;

/** An SSLRequest is the fixed 32 bytes of a response with CLIENT_SSL set and nothing after it. */
export function isSslRequest(payload: Buffer): boolean {
  return payload.length === 32 && has(payload.readUInt32LE(0), CAPABILITY.SSL);
}

function writeFixedPart(w: PacketWriter, capabilities: number, maxPacket: number, collation: number): PacketWriter {
  return w.uint32(capabilities).uint32(maxPacket).uint8(collation & 0xff).zeros(23);
}

export function encodeSslRequest(capabilities: number, maxPacket: number, collation: number): Buffer {
  return PacketWriter.payload((w) => writeFixedPart(w, capabilities, maxPacket, collation));
}

export function encodeHandshakeResponse(response: HandshakeResponse): Buffer {
  const { capabilities } = response;
  return PacketWriter.payload((w) => {
    writeFixedPart(w, capabilities, response.maxPacket, response.collation).nullTerminatedString(response.user);
    if (has(capabilities, CAPABILITY.PLUGIN_AUTH_LENENC_CLIENT_DATA)) w.lengthEncodedBytes(response.authResponse);
    else w.uint8(response.authResponse.length).bytes(response.authResponse);
    if (has(capabilities, CAPABILITY.CONNECT_WITH_DB)) w.nullTerminatedString(response.database ?? '');
    if (has(capabilities, CAPABILITY.PLUGIN_AUTH)) w.nullTerminatedString(response.authPlugin ?? '');
    if (has(capabilities, CAPABILITY.CONNECT_ATTRS)) writeAttributes(w, response.attributes);
    if (has(capabilities, CAPABILITY.ZSTD_COMPRESSION)) w.uint8(response.zstdLevel ?? 0);
  });
}

function writeAttributes(w: PacketWriter, attributes: ReadonlyMap<string, string>): void {
  const inner = PacketWriter.payload((p) => {
    for (const [key, value] of attributes) p.lengthEncodedString(key).lengthEncodedString(value);
  });
  w.lengthEncodedBytes(inner);
}

/** Throws malformed on a short payload and on clients older than protocol 4.1. `offered` are the server's capabilities: what it did not offer is dropped. */
export function decodeHandshakeResponse(payload: Buffer, offered: number): HandshakeResponse {
  const r = new PacketReader(payload);
  const wanted = r.uint32();
  if (!has(wanted, CAPABILITY.PROTOCOL_41)) throw malformed('the client does not speak protocol 4.1');
  const capabilities = (wanted & offered) >>> 0;
  const maxPacket = r.uint32();
  const collation = r.uint8();
  r.skip(19);
  const filler = r.uint32();
  const extended = has(wanted, CAPABILITY.LONG_PASSWORD) ? 0 : filler;
  const user = r.nullTerminatedString();
  // The layout follows what the client claims, not what was offered: a client that sets a flag writes the field.
  let authResponse: Buffer;
  if (has(wanted, CAPABILITY.PLUGIN_AUTH_LENENC_CLIENT_DATA)) authResponse = r.lengthEncodedBytes();
  else if (has(wanted, CAPABILITY.SECURE_CONNECTION)) authResponse = r.bytes(r.uint8());
  else authResponse = r.nullTerminatedBytes();
  const database = has(wanted, CAPABILITY.CONNECT_WITH_DB) && r.remaining > 0 ? r.nullTerminatedString() : '';
  const authPlugin = has(wanted, CAPABILITY.PLUGIN_AUTH) && r.remaining > 0 ? readPluginName(r) : undefined;
  const attributes = has(wanted, CAPABILITY.CONNECT_ATTRS) && r.remaining > 0 ? readAttributes(r) : new Map<string, string>();
  const zstdLevel = has(wanted, CAPABILITY.ZSTD_COMPRESSION) && r.remaining > 0 ? r.uint8() : undefined;
  return { capabilities, maxPacket, collation, user, authResponse, database: database === '' ? undefined : database, authPlugin, attributes, extended, zstdLevel };
}

/** Some old clients end the packet without the terminator. */
function readPluginName(r: PacketReader): string {
  const end = r.payload.indexOf(0, r.offset);
  return end < 0 ? r.rest().toString('utf8') : r.nullTerminatedString();
}

function readAttributes(r: PacketReader): Map<string, string> {
  const size = r.length();
  if (size > MAX_ATTRIBUTE_BYTES) throw malformed(`connection attributes of ${size} bytes`);
  const inner = new PacketReader(r.bytes(size));
  const attributes = new Map<string, string>();
  while (inner.remaining > 0) attributes.set(inner.lengthEncodedString(), inner.lengthEncodedString());
  return attributes;
}

/** COM_CHANGE_USER's body. Source: MySQL "COM_CHANGE_USER". */
export interface ChangeUser {
  readonly user: string;
  readonly authResponse: Buffer;
  readonly database: string | undefined;
  readonly collation: number | undefined;
  readonly authPlugin: string | undefined;
  readonly attributes: ReadonlyMap<string, string>;
}

export function decodeChangeUser(payload: Buffer, capabilities: number): ChangeUser {
  const r = new PacketReader(payload, 1);
  const user = r.nullTerminatedString();
  const authResponse = has(capabilities, CAPABILITY.SECURE_CONNECTION) ? r.bytes(r.uint8()) : r.nullTerminatedBytes();
  const database = r.nullTerminatedString();
  const collation = r.remaining >= 2 ? r.uint16() : undefined;
  const authPlugin = has(capabilities, CAPABILITY.PLUGIN_AUTH) && r.remaining > 0 ? readPluginName(r) : undefined;
  const attributes = has(capabilities, CAPABILITY.CONNECT_ATTRS) && r.remaining > 0 ? readAttributes(r) : new Map<string, string>();
  return { user, authResponse, database: database === '' ? undefined : database, collation, authPlugin, attributes };
}

export function encodeChangeUser(change: ChangeUser, capabilities: number): Buffer {
  return PacketWriter.payload((w) => {
    w.uint8(0x11).nullTerminatedString(change.user).uint8(change.authResponse.length).bytes(change.authResponse)
      .nullTerminatedString(change.database ?? '').uint16(change.collation ?? 45);
    if (has(capabilities, CAPABILITY.PLUGIN_AUTH)) w.nullTerminatedString(change.authPlugin ?? '');
    if (has(capabilities, CAPABILITY.CONNECT_ATTRS)) writeAttributes(w, change.attributes);
  });
}
