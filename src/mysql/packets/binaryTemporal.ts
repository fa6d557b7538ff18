import { malformed } from './malformedPacket.ts';
import type { PacketReader } from './packetReader.ts';
import type { PacketWriter } from './packetWriter.ts';

/** Dates and times of the binary protocol. Source: MySQL "Binary Protocol Value", ProtocolBinary::MYSQL_TYPE_DATE/TIME. */

const two = (n: number) => String(n).padStart(2, '0');

function fraction(micros: number, decimals: number): string {
  if (decimals === 0 && micros === 0) return '';
  const digits = decimals > 0 && decimals <= 6 ? decimals : micros === 0 ? 0 : 6;
  return digits === 0 ? '' : `.${String(micros).padStart(6, '0').slice(0, digits)}`;
}

/** `YYYY-MM-DD[ hh:mm:ss[.ffffff]]`. A zero-length value is the zero date. */
export function decodeDateTime(r: PacketReader, decimals: number, dateOnly: boolean): string {
  const length = r.uint8();
  if (length !== 0 && length !== 4 && length !== 7 && length !== 11) throw malformed(`a date of ${length} bytes`);
  let date = '0000-00-00';
  if (length >= 4) {
    const year = r.uint16();
    const month = r.uint8();
    date = `${String(year).padStart(4, '0')}-${two(month)}-${two(r.uint8())}`;
  }
  let clock = '00:00:00';
  if (length >= 7) {
    const hour = r.uint8();
    const minute = r.uint8();
    clock = `${two(hour)}:${two(minute)}:${two(r.uint8())}`;
  }
  const micros = length === 11 ? r.uint32() : 0;
  return dateOnly ? date : `${date} ${clock}${fraction(micros, decimals)}`;
}

/** `[-]hhh:mm:ss[.ffffff]`, hours beyond a day counted on. */
export function decodeTime(r: PacketReader, decimals: number): string {
  const length = r.uint8();
  if (length === 0) return `00:00:00${fraction(0, decimals)}`;
  if (length !== 8 && length !== 12) throw malformed(`a time of ${length} bytes`);
  const negative = r.uint8() !== 0;
  const days = r.uint32();
  const hours = days * 24 + r.uint8();
  const minutes = r.uint8();
  const seconds = r.uint8();
  const micros = length === 12 ? r.uint32() : 0;
  return `${negative ? '-' : ''}${two(hours)}:${two(minutes)}:${two(seconds)}${fraction(micros, decimals)}`;
}

const dateTimeText = /^(\d{1,4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,6}))?)?/;

/** From the text protocol's spelling; text that is no date is the zero date. */
export function writeDateTime(w: PacketWriter, value: string): void {
  const m = dateTimeText.exec(value);
  if (m === null) {
    w.uint8(0);
    return;
  }
  const part = (i: number) => Number(m[i] ?? 0);
  const micros = Number((m[7] ?? '').padEnd(6, '0'));
  const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)];
  const length = micros !== 0 ? 11 : hour || minute || second ? 7 : year || month || day ? 4 : 0;
  w.uint8(length);
  if (length >= 4) w.uint16(year).uint8(month).uint8(day);
  if (length >= 7) w.uint8(hour).uint8(minute).uint8(second);
  if (length === 11) w.uint32(micros);
}

const timeText = /^(-)?(\d{1,4}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,6}))?/;

/** From the text protocol's spelling; text that is no time is zero. */
export function writeTime(w: PacketWriter, value: string): void {
  const m = timeText.exec(value);
  const hours = m === null ? 0 : Number(m[2]);
  const minutes = m === null ? 0 : Number(m[3]);
  const seconds = m === null ? 0 : Number(m[4]);
  const micros = m === null ? 0 : Number((m[5] ?? '').padEnd(6, '0'));
  if (hours === 0 && minutes === 0 && seconds === 0 && micros === 0) {
    w.uint8(0);
    return;
  }
  w.uint8(micros === 0 ? 8 : 12).uint8(m?.[1] === undefined ? 0 : 1).uint32(Math.floor(hours / 24)).uint8(hours % 24).uint8(minutes).uint8(seconds);
  if (micros !== 0) w.uint32(micros);
}
