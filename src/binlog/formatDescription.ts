import { malformedBinlog } from './binlogError.ts';
import { ByteCursor } from './byteCursor.ts';
import { buildEvent, type ChecksumAlgorithm, CHECKSUM_BYTES, HEADER_BYTES, readEventHeader } from './eventHeader.ts';
import { EVENT, EVENT_FLAG } from './eventTypes.ts';

export type Flavour = 'mysql' | 'mariadb';

export interface FormatDescription {
  readonly binlogVersion: number;
  readonly serverVersion: string;
  readonly flavour: Flavour;
  /** Seconds; non-zero only in the first binlog after a server start (replicas then drop temporary tables). */
  readonly created: number;
  /** Post-header length of each event type, index 0 for type 1. */
  readonly postHeaderLengths: Buffer;
  /** How the other events of the stream end. */
  readonly checksum: ChecksumAlgorithm;
}

/** The flavour a server's version text tells. */
export function flavourOf(serverVersion: string): Flavour {
  return /mariadb/i.test(serverVersion) ? 'mariadb' : 'mysql';
}

/**
 * Decodes a format description event of MySQL 5.6.1 or MariaDB 5.3 and later (they end in the algorithm byte and four bytes of checksum whatever the
 * algorithm). Throws VTR1201 for another binlog version, header length or algorithm.
 */
export function decodeFormatDescription(event: Buffer): FormatDescription {
  readEventHeader(event);
  const cursor = new ByteCursor(event, HEADER_BYTES, event.length - CHECKSUM_BYTES);
  const binlogVersion = cursor.u16();
  if (binlogVersion !== 4) throw malformedBinlog(`binlog version ${binlogVersion}, only 4 is known`);
  const serverVersion = cursor.text(50, 'latin1').replace(/\0.*$/s, '');
  const created = cursor.u32();
  const headerLength = cursor.u8();
  if (headerLength !== HEADER_BYTES) throw malformedBinlog(`header length ${headerLength} instead of ${HEADER_BYTES}`);
  const postHeaderLengths = Buffer.from(cursor.bytes(cursor.remaining - 1));
  const algorithm = cursor.u8();
  if (algorithm > 1) throw malformedBinlog(`unknown checksum algorithm ${algorithm}`);
  return { binlogVersion, serverVersion, flavour: flavourOf(serverVersion), created, postHeaderLengths, checksum: algorithm === 1 ? 'crc32' : 'none' };
}

/**
 * A copy of a format description for another place than its own file: `created` and the next position zero and the artificial flag set, as a server sends it in mid-file,
 * or as the head of a stored segment (`artificial: false`, next position given).
 */
export function relocateFormatDescription(event: Buffer, options: { readonly artificial: boolean; readonly nextPosition?: number }): Buffer {
  const header = readEventHeader(event);
  const body = Buffer.from(event.subarray(HEADER_BYTES, event.length - CHECKSUM_BYTES));
  body.writeUInt32LE(0, 52);
  return buildEvent(
    {
      type: EVENT.FORMAT_DESCRIPTION, serverId: header.serverId, timestamp: header.timestamp, nextPosition: options.nextPosition ?? 0,
      flags: options.artificial ? EVENT_FLAG.ARTIFICIAL : 0,
    },
    body, 'crc32',
  );
}
