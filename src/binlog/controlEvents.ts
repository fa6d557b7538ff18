import { malformedBinlog } from './binlogError.ts';
import { ByteCursor } from './byteCursor.ts';
import { type ChecksumAlgorithm, bodyEnd, buildEvent, eventNextPosition, HEADER_BYTES } from './eventHeader.ts';
import { EVENT, EVENT_FLAG } from './eventTypes.ts';
import type { Xid } from './gtidEvents.ts';

/** ROTATE (4): the stream goes on in `file` at `position`. Artificial ones (timestamp 0) open every dump. */
export interface RotateEvent { readonly kind: 'rotate'; readonly file: string; readonly position: bigint }
export function decodeRotate(event: Buffer, checksum: ChecksumAlgorithm): RotateEvent {
  const cursor = new ByteCursor(event, HEADER_BYTES, bodyEnd(event, checksum));
  const position = cursor.u64();
  return { kind: 'rotate', position, file: cursor.rest().toString('utf8') };
}

/** A rotate event as a source sends it before the first real one. */
export function artificialRotate(serverId: number, file: string, position: bigint, checksum: ChecksumAlgorithm): Buffer {
  const body = Buffer.alloc(8 + Buffer.byteLength(file));
  body.writeBigUInt64LE(position, 0);
  body.write(file, 8);
  return buildEvent({ type: EVENT.ROTATE, serverId, flags: EVENT_FLAG.ARTIFICIAL }, body, checksum);
}

/** HEARTBEAT (27) and HEARTBEAT_V2 (41): the source is at the end of its binlog, at this file and position. Never stored in a file. */
export interface HeartbeatEvent { readonly kind: 'heartbeat'; readonly file: string; readonly position: bigint }
export function decodeHeartbeat(event: Buffer, checksum: ChecksumAlgorithm): HeartbeatEvent {
  const cursor = new ByteCursor(event, HEADER_BYTES, bodyEnd(event, checksum));
  return { kind: 'heartbeat', file: cursor.rest().toString('utf8'), position: BigInt(eventNextPosition(event)) };
}

/** Version 2 carries its fields as type, length, value (1: file, 2: position); positions beyond 4 GiB fit. */
export function decodeHeartbeatV2(event: Buffer, checksum: ChecksumAlgorithm): HeartbeatEvent {
  const cursor = new ByteCursor(event, HEADER_BYTES, bodyEnd(event, checksum));
  let file = '';
  let position = BigInt(eventNextPosition(event));
  while (cursor.remaining > 0) {
    const type = cursor.lenencSize();
    if (type === 0) break;
    const value = new ByteCursor(cursor.bytes(cursor.lenencSize()));
    if (type === 1) file = value.rest().toString('utf8');
    else if (type === 2) position = value.lenenc();
  }
  return { kind: 'heartbeat', file, position };
}

/** A heartbeat (version 1) at `file`:`position`; a replica checks that the file is the one it was told of. */
export function heartbeatEvent(serverId: number, file: string, position: bigint, checksum: ChecksumAlgorithm): Buffer {
  return buildEvent({ type: EVENT.HEARTBEAT, serverId, nextPosition: Number(position % 0x1_0000_0000n) }, Buffer.from(file), checksum);
}

/** XID (16): the transaction commits. */
export interface XidEvent { readonly kind: 'xid'; readonly xid: bigint }
export function decodeXid(event: Buffer, checksum: ChecksumAlgorithm): XidEvent {
  return { kind: 'xid', xid: new ByteCursor(event, HEADER_BYTES, bodyEnd(event, checksum)).u64() };
}

/** XA_PREPARE (38): ends the prepared branch; with `onePhase` it is committed at once. */
export interface XaPrepareEvent { readonly kind: 'xaPrepare'; readonly onePhase: boolean; readonly xid: Xid }
export function decodeXaPrepare(event: Buffer, checksum: ChecksumAlgorithm): XaPrepareEvent {
  const cursor = new ByteCursor(event, HEADER_BYTES, bodyEnd(event, checksum));
  const onePhase = cursor.u8() !== 0;
  const formatId = cursor.u32() | 0;
  const gtridLength = cursor.u32();
  const bqualLength = cursor.u32();
  if (gtridLength > 64 || bqualLength > 64) throw malformedBinlog('an XA name longer than 64 bytes');
  return { kind: 'xaPrepare', onePhase, xid: { formatId, gtrid: cursor.bytes(gtridLength), bqual: cursor.bytes(bqualLength) } };
}

/** INCIDENT (26): the source says that its binlog lacks something here. */
export interface IncidentEvent { readonly kind: 'incident'; readonly incident: number; readonly message: string }
export function decodeIncident(event: Buffer, checksum: ChecksumAlgorithm): IncidentEvent {
  const cursor = new ByteCursor(event, HEADER_BYTES, bodyEnd(event, checksum));
  const incident = cursor.u16();
  return { kind: 'incident', incident, message: cursor.remaining > 0 ? cursor.text(cursor.u8()) : '' };
}

/** BINLOG_CHECKPOINT (161): crash recovery of the source needs no file older than this. */
export interface BinlogCheckpointEvent { readonly kind: 'binlogCheckpoint'; readonly file: string }
export function decodeBinlogCheckpoint(event: Buffer, checksum: ChecksumAlgorithm): BinlogCheckpointEvent {
  const cursor = new ByteCursor(event, HEADER_BYTES, bodyEnd(event, checksum));
  return { kind: 'binlogCheckpoint', file: cursor.text(cursor.u32()) };
}

/** START_ENCRYPTION (164): the rest of the *file* is encrypted; a dump sends events decrypted and this one is skipped. */
export interface StartEncryptionEvent { readonly kind: 'startEncryption'; readonly scheme: number; readonly keyVersion: number; readonly nonce: Buffer }
export function decodeStartEncryption(event: Buffer, checksum: ChecksumAlgorithm): StartEncryptionEvent {
  const cursor = new ByteCursor(event, HEADER_BYTES, bodyEnd(event, checksum));
  return { kind: 'startEncryption', scheme: cursor.u8(), keyVersion: cursor.u32(), nonce: cursor.bytes(12) };
}
