import type { Field } from '../../vitess/queryService.ts';
import { columnType, vitessType } from '../constants/columnTypes.ts';
import { UTF8MB4_GENERAL_CI } from '../constants/collations.ts';
import { PacketReader } from './packetReader.ts';
import type { PacketWriter } from './packetWriter.ts';

/** A {@link Field} that also knows the type byte the server sent; forwarding uses it so that nothing is lost in the mapping. */
export interface WireField extends Field {
  readonly wireType: number;
}

/** Source: MySQL "Protocol::ColumnDefinition41". */
export function decodeColumnDefinition(payload: Buffer): WireField {
  const r = new PacketReader(payload);
  r.skip(r.length());
  const database = r.lengthEncodedString();
  const table = r.lengthEncodedString();
  const orgTable = r.lengthEncodedString();
  const name = r.lengthEncodedString();
  const orgName = r.lengthEncodedString();
  r.skip(1);
  const charset = r.uint16();
  const columnLength = r.uint32();
  const wireType = r.uint8();
  const flags = r.uint16();
  const decimals = r.uint8();
  return { name, type: vitessType(wireType, flags, charset), table, orgTable, database, orgName, columnLength, charset, decimals, flags, wireType };
}

/**
 * `databaseName` replaces the field's own database when given: clients must see the keyspace, never `vt_ks`.
 * Fields that carry no attributes (TYPE_AND_NAME) get those that belong to their type.
 */
export function writeColumnDefinition(w: PacketWriter, field: Field | WireField, databaseName?: string): void {
  const wire = 'wireType' in field ? { type: field.wireType, flags: 0 } : columnType(field.type);
  w.lengthEncodedString('def').lengthEncodedString(databaseName ?? field.database ?? '').lengthEncodedString(field.table ?? '')
    .lengthEncodedString(field.orgTable ?? '').lengthEncodedString(field.name).lengthEncodedString(field.orgName ?? '')
    .uint8(0x0c).uint16(field.charset ?? UTF8MB4_GENERAL_CI).uint32(field.columnLength ?? 0).uint8(wire.type)
    .uint16(field.flags ?? wire.flags).uint8(field.decimals ?? 0).uint16(0);
}
