import { zstdDecompressSync } from 'node:zlib';
import { malformedBinlog, unsupportedBinlog } from './binlogError.ts';
import { ByteCursor } from './byteCursor.ts';
import { type ChecksumAlgorithm, bodyEnd, HEADER_BYTES } from './eventHeader.ts';

/** TRANSACTION_PAYLOAD (40): a whole transaction behind its GTID event, compressed with zstd (binlog_transaction_compression=ON). */
export interface TransactionPayloadEvent {
  readonly kind: 'transactionPayload';
  readonly compression: 'zstd' | 'none';
  readonly uncompressedBytes: bigint;
  readonly payload: Buffer;
}

/** Throws VTR1201; VTR1203 for a compression of a newer server. */
export function decodeTransactionPayload(event: Buffer, checksum: ChecksumAlgorithm): TransactionPayloadEvent {
  const cursor = new ByteCursor(event, HEADER_BYTES, bodyEnd(event, checksum));
  let payloadBytes: bigint | undefined;
  let compression = 255n;
  let uncompressed: bigint | undefined;
  for (;;) {
    const field = cursor.lenencSize();
    if (field === 0) break;
    const value = new ByteCursor(cursor.bytes(cursor.lenencSize()));
    if (field === 1) payloadBytes = value.lenenc();
    else if (field === 2) compression = value.lenenc();
    else if (field === 3) uncompressed = value.lenenc();
  }
  if (compression !== 0n && compression !== 255n) throw unsupportedBinlog(`transaction payload compression ${compression} is not known`);
  const payload = cursor.rest();
  if (payloadBytes !== undefined && payloadBytes !== BigInt(payload.length)) throw malformedBinlog(`a payload says ${payloadBytes} bytes and has ${payload.length}`);
  return { kind: 'transactionPayload', compression: compression === 0n ? 'zstd' : 'none', uncompressedBytes: uncompressed ?? BigInt(payload.length), payload };
}

/**
 * The events within a payload; none of them has a checksum. Holds the whole uncompressed transaction: refuses more than `maxBytes` (default 1 GiB).
 * Throws VTR1201 when the bytes do not unpack to whole events.
 */
export function unpackTransactionPayload(event: TransactionPayloadEvent, maxBytes = 0x4000_0000): readonly Buffer[] {
  if (event.uncompressedBytes > BigInt(maxBytes)) throw unsupportedBinlog(`a transaction payload of ${event.uncompressedBytes} bytes is over the limit of ${maxBytes}`);
  let bytes = event.payload;
  if (event.compression === 'zstd') {
    try {
      bytes = zstdDecompressSync(event.payload, { maxOutputLength: Math.max(1, Number(event.uncompressedBytes)) });
    } catch (cause) {
      throw malformedBinlog('a transaction payload does not unpack', cause);
    }
  }
  if (BigInt(bytes.length) !== event.uncompressedBytes) throw malformedBinlog(`a payload unpacks to ${bytes.length} bytes instead of ${event.uncompressedBytes}`);
  const events: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + HEADER_BYTES > bytes.length) throw malformedBinlog('a payload ends within an event header');
    const length = bytes.readUInt32LE(at + 9);
    if (length < HEADER_BYTES || at + length > bytes.length) throw malformedBinlog('a payload ends within an event');
    events.push(bytes.subarray(at, at + length));
    at += length;
  }
  return events;
}
