import { inflateSync } from 'node:zlib';
import { malformedBinlog } from './binlogError.ts';

/** Largest statement or row image that is unpacked: the server's own limit of a packet. */
const maxUnpackedBytes = 0x4000_0000;

/**
 * Unpacks the compressed part of MariaDB's events 165 to 171: a byte with the algorithm (0: zlib) in bits 4 to 6 and the number of length bytes in bits 0 to 2, the
 * unpacked length big-endian, then a zlib stream. Throws VTR1201.
 */
export function unzlib(packed: Buffer): Buffer {
  const head = packed[0];
  if (head === undefined) throw malformedBinlog('an empty compressed event');
  const lengthBytes = head & 0x07;
  if ((head & 0x70) !== 0 || lengthBytes < 1 || lengthBytes > 4 || packed.length < 1 + lengthBytes) throw malformedBinlog(`compression header 0x${head.toString(16)}`);
  const length = packed.readUIntBE(1, lengthBytes);
  if (length > maxUnpackedBytes) throw malformedBinlog(`a compressed event of ${length} bytes`);
  let unpacked: Buffer;
  try {
    unpacked = inflateSync(packed.subarray(1 + lengthBytes), { maxOutputLength: Math.max(length, 1) });
  } catch (cause) {
    throw malformedBinlog('a compressed event does not unpack', cause);
  }
  if (unpacked.length !== length) throw malformedBinlog(`a compressed event unpacks to ${unpacked.length} bytes instead of ${length}`);
  return unpacked;
}
