import type { BindVariable } from '../vitess/queryService.ts';
import { TYPE } from './constants/columnTypes.ts';
import { malformed } from './packets/malformedPacket.ts';

/** How a literal must be written for one connection. */
export interface LiteralOptions {
  /** The session's sql_mode has NO_BACKSLASH_ESCAPES: only quotes are doubled. */
  readonly noBackslashEscapes?: boolean;
}

/** query.Type RAW: SQL text, as a member of a list only. No client's parameter has it. */
const rowText = 2084;
const NULL = Buffer.from('null');
const numberText = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
/** Without groups that repeat: such a literal may have megabytes. */
const hexText = /^(?:x'[0-9a-f]*'|0x[0-9a-f]*)$/i;
const bitText = /^(?:b'[01]*'|0b[01]*)$/i;

/**
 * A value as SQL text. Numbers, hex and bit literals go as they are after a check that they are such (a bind must never become syntax);
 * everything else is quoted, with `_binary` in front where it is bytes that are no ASCII. Throws malformed for a number that is none.
 */
export function sqlLiteral(type: number, value: Buffer | undefined, options: LiteralOptions = {}): Buffer {
  if (value === undefined || type === TYPE.NULL_TYPE) return NULL;
  switch (type) {
    case TYPE.INT8: case TYPE.INT16: case TYPE.INT24: case TYPE.INT32: case TYPE.INT64: case TYPE.UINT8: case TYPE.UINT16: case TYPE.UINT24: case TYPE.UINT32:
    case TYPE.UINT64: case TYPE.YEAR: case TYPE.DECIMAL: case TYPE.FLOAT32: case TYPE.FLOAT64: return checked(value, numberText, 'number');
    case TYPE.HEXNUM: case TYPE.HEXVAL:
      // x'…' has whole bytes: an odd number of characters with its frame of three.
      if (value[1] === QUOTE && value.length % 2 === 0) throw malformed('a bind variable is no hex literal');
      return checked(value, hexText, 'hex literal');
    case TYPE.BITNUM: return checked(value, bitText, 'bit literal');
    case TYPE.BIT: return Buffer.from(`0x${value.toString('hex')}`);
    case TYPE.BLOB: case TYPE.BINARY: case TYPE.VARBINARY: case TYPE.GEOMETRY: case TYPE.VECTOR: return quoted(value, options, !isAscii(value));
    default: return quoted(value, options, false);
  }
}

/** A bind as SQL text; a list is written in parentheses, an empty one as `(null)`, which nothing is in. */
export function bindLiteral(bind: BindVariable, options: LiteralOptions = {}): Buffer {
  if (bind.values === undefined) return sqlLiteral(bind.type, bind.value, options);
  if (bind.values.length === 0) return Buffer.from('(null)');
  const parts: Buffer[] = [];
  for (const member of bind.values) {
    // Only the engine makes these: row values of keys, each part a literal already.
    const text = member.type === rowText ? member.value : sqlLiteral(member.type, member.value, options);
    parts.push(Buffer.from(parts.length === 0 ? '(' : ', '), text);
  }
  parts.push(Buffer.from(')'));
  return Buffer.concat(parts);
}

function checked(value: Buffer, form: RegExp, what: string): Buffer {
  if (!form.test(value.toString('latin1'))) throw malformed(`a bind variable is no ${what}`);
  return value;
}

function isAscii(value: Buffer): boolean {
  for (const byte of value) if (byte > 0x7f) return false;
  return true;
}

const QUOTE = 0x27;
const BACKSLASH = 0x5c;

function escaped(byte: number): number {
  switch (byte) {
    case 0: return 0x30;
    case 0x0a: return 0x6e;
    case 0x0d: return 0x72;
    case 0x1a: return 0x5a;
    case QUOTE: case BACKSLASH: return byte;
    default: return 0;
  }
}

function quoted(value: Buffer, options: LiteralOptions, binary: boolean): Buffer {
  const doubling = options.noBackslashEscapes === true;
  let extra = 0;
  for (const byte of value) if (doubling ? byte === QUOTE : escaped(byte) !== 0) extra++;
  const prefix = binary ? '_binary' : '';
  const out = Buffer.allocUnsafe(prefix.length + 2 + value.length + extra);
  let at = out.write(prefix, 0, 'latin1');
  out[at++] = QUOTE;
  if (extra === 0) {
    at += value.copy(out, at);
  } else {
    for (const byte of value) {
      const as = doubling ? (byte === QUOTE ? QUOTE : 0) : escaped(byte);
      if (as !== 0) {
        out[at++] = doubling ? QUOTE : BACKSLASH;
        out[at++] = as;
      } else {
        out[at++] = byte;
      }
    }
  }
  out[at] = QUOTE;
  return out;
}
