import { isSignedType } from '../valueType.ts';
import { goQuote } from './goQuote.ts';
import { isNull, rawBytes } from './valueBytes.ts';
import type { VindexValue } from './vindex.ts';
import { vindexError } from './vindexError.ts';

/** 64 bits as two unsigned halves: no BigInt on the hot path. Filled anew by every read; take the halves at once. */
export const halves: { high: number; low: number } = { high: 0, low: 0 };

const overflow = 0xffff_ffff_ffff_ffffn;

/**
 * Reads the value's text as an unsigned 64-bit integer into {@link halves}, whatever the value's type: blanks around it are
 * allowed, a sign or a fraction is not. Returns undefined when it was read, else Vitess's text of what is wrong.
 */
export function readUint64(value: VindexValue): string | undefined {
  if (isNull(value)) return 'cannot parse uint64 from empty string';
  return readDigits(rawBytes(value));
}

/**
 * As {@link readUint64}, but a value of a signed type may be negative and is then read as its two's complement (and strictly: no blanks).
 * This is the reading of the `hash` vindex.
 */
export function readInteger64(value: VindexValue): string | undefined {
  if (!isSignedType(value.type) || isNull(value)) return readUint64(value);
  const bytes = rawBytes(value);
  if (bytes.length <= 15 && readSmallInteger(bytes)) return undefined;
  const text = bytes.toString('latin1');
  const malformed = !/^[+-]?\d+$/.test(text);
  if (malformed) return `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`;
  if (text.length <= 16) return splitSmall(Number(text));
  const wide = BigInt(text.startsWith('+') ? text.slice(1) : text);
  if (wide !== BigInt.asIntN(64, wide)) return `strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`;
  return splitWide(BigInt.asUintN(64, wide));
}

/** {@link readUint64} for callers that fail the statement: throws INVALID_ARGUMENT. */
export function requireUint64(value: VindexValue): void {
  const wrong = readUint64(value);
  if (wrong !== undefined) throw vindexError(wrong);
}

/** {@link halves} as eight bytes, most significant first. */
export function halvesToBytes(): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeUInt32BE(halves.high, 0);
  bytes.writeUInt32BE(halves.low, 4);
  return bytes;
}

/** Up to 15 characters, of which the first may be a minus; false for anything else. */
function readSmallInteger(text: Buffer): boolean {
  const negative = text[0] === 0x2d;
  const first = negative ? 1 : 0;
  if (text.length === first) return false;
  let number = 0;
  for (let at = first; at < text.length; at++) {
    const digit = (text[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return false;
    number = number * 10 + digit;
  }
  splitSmall(negative ? -number : number);
  return true;
}

function readDigits(text: Buffer): string | undefined {
  const { length } = text;
  if (length === 0) return 'cannot parse uint64 from empty string';
  let at = 0;
  while (at < length && isBlank(text[at])) at++;
  const first = at;
  let small = 0;
  for (; at < length; at++) {
    const digit = (text[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) break;
    if (at - first < 15) small = small * 10 + digit;
  }
  const last = at;
  if (last === first) return `cannot parse uint64 from ${goQuote(text)}`;
  while (at < length && isBlank(text[at])) at++;
  if (at < length) return `unparsed tail left after parsing uint64 from ${goQuote(text)}: ${goQuote(text.subarray(at))}`;
  if (last - first <= 15) return splitSmall(small);
  const wide = BigInt(text.toString('latin1', first, last));
  if (wide > overflow) return `cannot parse uint64 from ${goQuote(text)}: overflow`;
  return splitWide(wide);
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}

function splitSmall(exact: number): undefined {
  halves.low = exact >>> 0;
  halves.high = Math.floor(exact / 0x1_0000_0000) >>> 0;
}

function splitWide(wide: bigint): undefined {
  halves.low = Number(wide & 0xffff_ffffn);
  halves.high = Number(wide >> 32n);
}
