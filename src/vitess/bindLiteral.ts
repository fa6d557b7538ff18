import { VtrewindError } from '../base/errors.ts';
import { TYPE } from '../mysql/constants/columnTypes.ts';

/** How string literals must be written on a connection. */
export interface LiteralRules {
  /** sql_mode has NO_BACKSLASH_ESCAPES: a backslash is an ordinary character. */
  readonly noBackslashEscapes: boolean;
  /** character_set_client when it is not utf8mb4, utf8, latin1, ascii or binary. */
  readonly charset?: string;
}
export const defaultLiteralRules: LiteralRules = { noBackslashEscapes: false };

/** Character sets whose multi-byte characters may end in a byte that looks like a backslash or quote: escaping bytes there can be undone. */
const unsafeCharsets = new Set(['big5', 'cp932', 'gbk', 'sjis', 'gb18030']);

/** Bits of `query.Type`. */
const flag = { integral: 256, float: 1024, quoted: 2048, text: 4096, binary: 8192 };

const integer = /^[+-]?\d{1,40}$/;
const number = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?$/;

/**
 * A bind variable's value as SQL text, so that the server reads back exactly these bytes: numbers bare, strings quoted, binary strings
 * with their introducer, bits as b''. Throws VTR0330 (1210) where the bytes do not fit the type: a number that is none would be SQL.
 */
export function literalOf(type: number, value: Buffer | undefined, rules: LiteralRules): Buffer {
  if (type === TYPE.NULL_TYPE || value === undefined) return nullText;
  // RAW: row values of several columns, which the caller's engine has written as SQL, as vtgate does too.
  if (type === 2084) return value;
  if (type === TYPE.BIT) return Buffer.from(`b'${bits(value)}'`);
  if ((type & flag.quoted) !== 0) return quoted(value, (type & flag.binary) !== 0 || type === TYPE.GEOMETRY || type === TYPE.VECTOR, rules);
  const text = value.toString('latin1');
  const fits = (type & flag.integral) !== 0 ? integer.test(text)
    : (type & flag.float) !== 0 || type === TYPE.DECIMAL ? number.test(text)
      : type === TYPE.HEXNUM ? /^0x[0-9A-Fa-f]+$/.test(text)
        : type === TYPE.HEXVAL ? text.length % 2 === 1 && /^[xX]'[0-9A-Fa-f]*'$/.test(text)
          : type === TYPE.BITNUM ? /^0b[01]+$/.test(text)
            : false;
  if (!fits) throw new VtrewindError({ code: 'VTR0330', mysql: 1210, grpc: 'INVALID_ARGUMENT', message: `bind variable of type ${type} has a value that is none of that type` });
  // A sign next to another would read as a comment (`--`) or an operator.
  return text[0] === '-' || text[0] === '+' ? Buffer.concat([space, value]) : value;
}

const nullText = Buffer.from('null');
const space = Buffer.from(' ');
const quote = 0x27;
const backslash = 0x5c;
const binaryIntroducer = Buffer.from('_binary');

function quoted(value: Buffer, binary: boolean, rules: LiteralRules): Buffer {
  const charset = rules.charset;
  if (!binary && charset !== undefined && unsafeCharsets.has(charset) && value.some((b) => b >= 0x80)) {
    return Buffer.from(`_${charset} x'${value.toString('hex')}'`);
  }
  if (binary && charset !== undefined && unsafeCharsets.has(charset)) return Buffer.from(`_binary x'${value.toString('hex')}'`);
  let extra = 0;
  for (const b of value) if (b === quote || (b === backslash && !rules.noBackslashEscapes)) extra++;
  const head = binary ? binaryIntroducer.length : 0;
  const out = Buffer.allocUnsafe(head + value.length + extra + 2);
  if (binary) binaryIntroducer.copy(out);
  let at = head;
  out[at++] = quote;
  if (extra === 0) at += value.copy(out, at);
  else for (const b of value) {
    if (b === quote || (b === backslash && !rules.noBackslashEscapes)) out[at++] = b;
    out[at++] = b;
  }
  out[at] = quote;
  return out;
}

function bits(value: Buffer): string {
  let text = '';
  for (const byte of value) text += byte.toString(2).padStart(8, '0');
  return text;
}
