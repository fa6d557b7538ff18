import { COM } from '../constants/commands.ts';
import { PacketReader } from './packetReader.ts';
import { PacketWriter } from './packetWriter.ts';

/** COM_BINLOG_DUMP. Source: MySQL "COM_BINLOG_DUMP"; MariaDB reads its GTID state from user variables instead of the packet. */
export interface BinlogDump {
  readonly kind: 'file';
  /** First byte to send, 4 is the start of a file. */
  readonly position: number;
  /** Bit 0: end with EOF instead of waiting for more. */
  readonly flags: number;
  readonly serverId: number;
  readonly file: string;
}

/** COM_BINLOG_DUMP_GTID (MySQL). `gtidSet` is the binary SID block as the replica encodes it; with tags in MySQL 8.3 and later. */
export interface BinlogDumpGtid {
  readonly kind: 'gtid';
  readonly flags: number;
  readonly serverId: number;
  readonly file: string;
  readonly position: bigint;
  readonly gtidSet: Buffer;
}

export function encodeBinlogDump(dump: BinlogDump): Buffer {
  return PacketWriter.payload((w) => w.uint8(COM.BINLOG_DUMP).uint32(dump.position).uint16(dump.flags).uint32(dump.serverId).string(dump.file));
}

export function parseBinlogDump(payload: Buffer): BinlogDump {
  const r = new PacketReader(payload);
  r.expectByte(COM.BINLOG_DUMP, 'COM_BINLOG_DUMP');
  const position = r.uint32();
  const flags = r.uint16();
  const serverId = r.uint32();
  return { kind: 'file', position, flags, serverId, file: untilNul(r.rest()) };
}

/** Flag of COM_BINLOG_DUMP_GTID: a GTID set follows. MySQL 8 replicas set it always. */
export const THROUGH_GTID = 0x04;

export function encodeBinlogDumpGtid(dump: BinlogDumpGtid): Buffer {
  return PacketWriter.payload((w) =>
    w.uint8(COM.BINLOG_DUMP_GTID).uint16(dump.flags | THROUGH_GTID).uint32(dump.serverId).uint32(Buffer.byteLength(dump.file)).string(dump.file)
      .uint64(dump.position).uint32(dump.gtidSet.length).bytes(dump.gtidSet));
}

export function parseBinlogDumpGtid(payload: Buffer): BinlogDumpGtid {
  const r = new PacketReader(payload);
  r.expectByte(COM.BINLOG_DUMP_GTID, 'COM_BINLOG_DUMP_GTID');
  const flags = r.uint16();
  const serverId = r.uint32();
  const file = untilNul(r.bytes(r.uint32()));
  const position = r.uint64();
  const gtidSet = r.remaining >= 4 ? r.bytes(r.uint32()) : Buffer.alloc(0);
  return { kind: 'gtid', flags, serverId, file, position, gtidSet };
}

/** COM_REGISTER_SLAVE: what SHOW REPLICAS prints. */
export interface RegisterReplica {
  readonly serverId: number;
  readonly host: string;
  readonly user: string;
  readonly password: string;
  readonly port: number;
  readonly rank: number;
  readonly sourceId: number;
}

export function encodeRegisterReplica(replica: RegisterReplica): Buffer {
  const short = (w: PacketWriter, text: string) => {
    const bytes = Buffer.from(text).subarray(0, 255);
    w.uint8(bytes.length).bytes(bytes);
  };
  return PacketWriter.payload((w) => {
    w.uint8(COM.REGISTER_SLAVE).uint32(replica.serverId);
    short(w, replica.host);
    short(w, replica.user);
    short(w, replica.password);
    w.uint16(replica.port).uint32(replica.rank).uint32(replica.sourceId);
  });
}

export function parseRegisterReplica(payload: Buffer): RegisterReplica {
  const r = new PacketReader(payload);
  r.expectByte(COM.REGISTER_SLAVE, 'COM_REGISTER_SLAVE');
  const serverId = r.uint32();
  const short = () => r.bytes(r.uint8()).toString('utf8');
  return { serverId, host: short(), user: short(), password: short(), port: r.uint16(), rank: r.uint32(), sourceId: r.uint32() };
}

/** Semi-synchronous acknowledgement of a replica: everything up to `position` of `file` is safe. Source: MySQL semisync plugin's protocol. */
export interface SemiSyncAck {
  readonly position: bigint;
  readonly file: string;
}

export const SEMI_SYNC_MAGIC = 0xef;

export function encodeSemiSyncAck(ack: SemiSyncAck): Buffer {
  return PacketWriter.payload((w) => w.uint8(SEMI_SYNC_MAGIC).uint64(ack.position).string(ack.file));
}

export function parseSemiSyncAck(payload: Buffer): SemiSyncAck {
  const r = new PacketReader(payload);
  r.expectByte(SEMI_SYNC_MAGIC, 'semi-sync acknowledgement');
  return { position: r.uint64(), file: untilNul(r.rest()) };
}

function untilNul(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.subarray(0, end < 0 ? bytes.length : end).toString('utf8');
}
