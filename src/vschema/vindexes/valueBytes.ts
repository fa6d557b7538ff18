import { valueTypes } from '../valueType.ts';
import type { VindexValue } from './vindex.ts';
import { vindexError } from './vindexError.ts';

const nothing = Buffer.alloc(0);

export function isNull(value: VindexValue): boolean {
  return value.type === valueTypes.NULL_TYPE || value.value === null || value.value === undefined;
}

/** The value's text as it stands; NULL is empty. */
export function rawBytes(value: VindexValue): Buffer {
  return value.type === valueTypes.NULL_TYPE ? nothing : (value.value ?? nothing);
}

/**
 * The bytes that the value stands for: literals `x'9efa'`, `0x9efa` and `0b101` are decoded, all else is its text; NULL is empty.
 * Throws INVALID_ARGUMENT for a malformed literal.
 */
export function valueBytes(value: VindexValue): Buffer {
  const raw = rawBytes(value);
  switch (value.type) {
    case valueTypes.HEXVAL: return decodeHex(raw, hexValLiteral);
    case valueTypes.HEXNUM: return decodeHex(raw, hexNumLiteral);
    case valueTypes.BITNUM: return decodeBits(raw);
    default: return raw;
  }
}

const hexValLiteral = /^[xX]'((?:[0-9a-fA-F]{2})*)'$/;
const hexNumLiteral = /^0[xX]([0-9a-fA-F]+)$/;
const bitLiteral = /^(?:0b([01]+)|[bB]'([01]*)')$/;

function decodeHex(raw: Buffer, literal: RegExp): Buffer {
  const digits = literal.exec(raw.toString('latin1'))?.[1];
  if (digits === undefined) throw vindexError(`invalid hex value: ${raw.toString()}`);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
}

function decodeBits(raw: Buffer): Buffer {
  const match = bitLiteral.exec(raw.toString('latin1'));
  const bits = match?.[1] ?? match?.[2];
  if (bits === undefined) throw vindexError(`invalid bit literal: ${raw.toString()}`);
  if (bits === '') return nothing;
  const padded = bits.padStart(Math.ceil(bits.length / 8) * 8, '0');
  return Buffer.from(padded.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []);
}
