import type { Row, Value } from '../../vitess/queryService.ts';
import { PacketReader } from './packetReader.ts';
import type { PacketWriter } from './packetWriter.ts';

/** ProtocolText::ResultsetRow: each value length-encoded, NULL as 0xfb. Values are views of the payload. */
export function decodeTextRow(payload: Buffer, columns: number): Row {
  const r = new PacketReader(payload);
  const row: Value[] = new Array(columns);
  for (let i = 0; i < columns; i++) {
    if (r.peek() === 0xfb) {
      r.skip(1);
      row[i] = null;
    } else {
      row[i] = r.lengthEncodedBytes();
    }
  }
  return row;
}

export function writeTextRow(w: PacketWriter, row: Row): void {
  for (const value of row) {
    if (value === null) w.uint8(0xfb);
    else w.lengthEncodedBytes(value);
  }
}
