import { crc32 } from 'node:zlib';
import { malformedBinlog } from './binlogError.ts';
import { EVENT, eventTypeName } from './eventTypes.ts';

/** Length of the common header of binlog version 4, the only one of servers since 5.0. */
export const HEADER_BYTES = 19;
export const CHECKSUM_BYTES = 4;
/** First four bytes of every binlog file. */
export const BINLOG_MAGIC: Buffer = Buffer.from([0xfe, 0x62, 0x69, 0x6e]);
/** First four bytes of a file that MySQL has encrypted as a whole (binlog_encryption=ON); such files are refused. */
export const ENCRYPTED_MAGIC: Buffer = Buffer.from([0xfd, 0x62, 0x69, 0x6e]);

/** How events of a stream end: with a CRC32 over all that precedes it, or with nothing. */
export type ChecksumAlgorithm = 'none' | 'crc32';

export interface EventHeader {
  /** Seconds since the epoch: when the statement began on the originating server; 0 in artificial events. */
  readonly timestamp: number;
  readonly type: number;
  readonly serverId: number;
  /** Whole event: header, body, checksum. */
  readonly length: number;
  /** Where the next event starts in the source's file, modulo 2^32; 0 in artificial events. */
  readonly nextPosition: number;
  readonly flags: number;
}

export const eventType = (event: Buffer): number => event[4] ?? 0;
export const eventTimestamp = (event: Buffer): number => event.readUInt32LE(0);
export const eventServerId = (event: Buffer): number => event.readUInt32LE(5);
export const eventNextPosition = (event: Buffer): number => event.readUInt32LE(13);
export const eventFlags = (event: Buffer): number => event.readUInt16LE(17);

/** Reads the common header. Throws VTR1201 when `event` is shorter than a header or its length field disagrees with the bytes at hand. */
export function readEventHeader(event: Buffer): EventHeader {
  if (event.length < HEADER_BYTES) throw malformedBinlog(`an event of ${event.length} bytes is shorter than a header`);
  const length = event.readUInt32LE(9);
  if (length !== event.length) throw malformedBinlog(`a ${eventTypeName(eventType(event))} event says ${length} bytes and has ${event.length}`);
  return {
    timestamp: event.readUInt32LE(0), type: event.readUInt8(4), serverId: event.readUInt32LE(5), length,
    nextPosition: event.readUInt32LE(13), flags: event.readUInt16LE(17),
  };
}

/** Where an event's body ends: before its checksum, if it has one. */
export function bodyEnd(event: Buffer, checksum: ChecksumAlgorithm): number {
  const end = checksum === 'crc32' ? event.length - CHECKSUM_BYTES : event.length;
  if (end < HEADER_BYTES) throw malformedBinlog('an event has no room for its checksum');
  return end;
}

/**
 * Verifies the CRC32 at the end of an event. The format description of a file in use has its IN_USE flag set after the checksum was
 * taken, so that bit counts as clear. Throws VTR1201 on a mismatch.
 */
export function verifyChecksum(event: Buffer, checksum: ChecksumAlgorithm): void {
  if (checksum === 'none') return;
  const end = bodyEnd(event, checksum);
  const stored = event.readUInt32LE(end);
  let actual: number;
  if (eventType(event) === EVENT.FORMAT_DESCRIPTION && (eventFlags(event) & 1) !== 0) {
    const copy = Buffer.from(event.subarray(0, end));
    copy.writeUInt16LE(copy.readUInt16LE(17) & ~1, 17);
    actual = crc32(copy);
  } else {
    actual = crc32(event.subarray(0, end));
  }
  if (actual !== stored) {
    throw malformedBinlog(`checksum of a ${eventTypeName(eventType(event))} event (next position ${eventNextPosition(event)}) is ${actual.toString(16)}, stored ${stored.toString(16)}`);
  }
}

/** A new event around `body`, with its checksum. `nextPosition` is stored modulo 2^32, as servers do. */
export function buildEvent(
  fields: { readonly type: number; readonly serverId: number; readonly timestamp?: number; readonly nextPosition?: number; readonly flags?: number },
  body: Buffer, checksum: ChecksumAlgorithm,
): Buffer {
  const tail = checksum === 'crc32' ? CHECKSUM_BYTES : 0;
  const event = Buffer.alloc(HEADER_BYTES + body.length + tail);
  event.writeUInt32LE(fields.timestamp ?? 0, 0);
  event.writeUInt8(fields.type, 4);
  event.writeUInt32LE(fields.serverId >>> 0, 5);
  event.writeUInt32LE(event.length, 9);
  event.writeUInt32LE((fields.nextPosition ?? 0) % 0x1_0000_0000, 13);
  event.writeUInt16LE(fields.flags ?? 0, 17);
  body.copy(event, HEADER_BYTES);
  if (tail > 0) event.writeUInt32LE(crc32(event.subarray(0, HEADER_BYTES + body.length)), HEADER_BYTES + body.length);
  return event;
}

/** A copy with the checksum added, dropped or (after a change of the header) made anew. */
export function withChecksum(event: Buffer, from: ChecksumAlgorithm, to: ChecksumAlgorithm): Buffer {
  const header = readEventHeader(event);
  return buildEvent(header, event.subarray(HEADER_BYTES, bodyEnd(event, from)), to);
}
