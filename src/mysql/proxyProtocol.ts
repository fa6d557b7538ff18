import { BlockList, isIP } from 'node:net';
import { VtrewindError } from '../base/errors.ts';
import { malformed } from './packets/malformedPacket.ts';

/** What a proxy said of the connection behind it. Source: HAProxy, "The PROXY protocol", versions 1 and 2. */
export type ProxyHeader =
  /** More bytes are needed. */
  | { readonly kind: 'partial' }
  /** The header ends at `end`; without a source the proxy speaks for itself (health checks) or does not know. */
  | { readonly kind: 'header'; readonly end: number; readonly source: { readonly address: string; readonly port: number } | undefined };

const PARTIAL: ProxyHeader = { kind: 'partial' };
const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
/** Longest version 1 line; of version 2 what addresses and a few extensions need. */
const MAX_LINE = 107;
const MAX_V2_BYTES = 2048;
const V1 = Buffer.from('PROXY ', 'latin1');

/** Reads a header from the first bytes of a connection. Throws malformed when they are none. */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsLike(bytes, V1)) return bytes.length < V1.length ? PARTIAL : readLine(bytes);
  if (startsLike(bytes, SIGNATURE)) return bytes.length < 16 ? PARTIAL : readBinary(bytes);
  throw malformed('no PROXY header from a proxy');
}

function startsLike(bytes: Buffer, expected: Buffer): boolean {
  const size = Math.min(bytes.length, expected.length);
  return bytes.compare(expected, 0, size, 0, size) === 0;
}

function readLine(bytes: Buffer): ProxyHeader {
  const end = bytes.indexOf('\r\n');
  if (end < 0) {
    if (bytes.length >= MAX_LINE) throw malformed('PROXY line too long');
    return PARTIAL;
  }
  if (end + 2 > MAX_LINE) throw malformed('PROXY line too long');
  const [, family, source = '', , port = ''] = bytes.toString('latin1', 0, end).split(' ');
  if (family === 'UNKNOWN') return { kind: 'header', end: end + 2, source: undefined };
  const version = family === 'TCP4' ? 4 : family === 'TCP6' ? 6 : 0;
  if (version === 0 || isIP(source) !== version || !/^\d{1,5}$/.test(port)) throw malformed('PROXY line');
  return { kind: 'header', end: end + 2, source: { address: source, port: Number(port) } };
}

function readBinary(bytes: Buffer): ProxyHeader {
  const command = bytes[12] as number;
  const family = bytes[13] as number;
  const size = bytes.readUInt16BE(14);
  if (command >> 4 !== 2 || (command & 0xf) > 1 || size > MAX_V2_BYTES) throw malformed('PROXY header');
  const end = 16 + size;
  if (bytes.length < end) return PARTIAL;
  if ((command & 0xf) === 0) return { kind: 'header', end, source: undefined };
  if (family === 0x11 && size >= 12) return { kind: 'header', end, source: { address: [...bytes.subarray(16, 20)].join('.'), port: bytes.readUInt16BE(24) } };
  if (family === 0x21 && size >= 36) return { kind: 'header', end, source: { address: ipv6(bytes.subarray(16, 32)), port: bytes.readUInt16BE(48) } };
  return { kind: 'header', end, source: undefined };
}

function ipv6(bytes: Buffer): string {
  return Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16)).join(':');
}

/** Whether an address lies in one of the networks (`10.0.0.0/8`, `::1`). Throws VTR0827 for text that is no network. */
export function networks(list: readonly string[]): (address: string) => boolean {
  const block = new BlockList();
  for (const text of list) {
    const [address = '', prefix] = text.trim().split('/');
    const version = isIP(address);
    const bits = prefix === undefined ? (version === 4 ? 32 : 128) : Number(prefix);
    if (version === 0 || !Number.isInteger(bits) || bits < 0 || bits > (version === 4 ? 32 : 128)) {
      throw new VtrewindError({ code: 'VTR0827', grpc: 'INVALID_ARGUMENT', message: `'${text}' is no network`, hint: 'write 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32' });
    }
    block.addSubnet(address, bits, version === 4 ? 'ipv4' : 'ipv6');
  }
  return (address) => {
    const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
    const version = isIP(plain);
    return version !== 0 && block.check(plain, version === 4 ? 'ipv4' : 'ipv6');
  };
}
