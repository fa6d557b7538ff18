import { VtrewindError } from '../../base/errors.ts';

/**
 * How a connection's character set is skipped over. In those listed here the trail byte of a character may be an ASCII character, so that a
 * quote, a backquote or a backslash can be half of a character; in all others every byte of a multi-byte character is above 0x7F.
 * Source: the ranges of MySQL's strings/ctype-*.c as the manual and the encodings' own standards give them.
 */
export const PLAIN = 0;
export const GBK = 1;
export const GB18030 = 2;
export const BIG5 = 3;
export const SJIS = 4;
export type ByteRule = typeof PLAIN | typeof GBK | typeof GB18030 | typeof BIG5 | typeof SJIS;

/** A character set: MySQL's name, how bytes are skipped, and the WHATWG decoder that reads its characters (`latin1`: byte = code point). */
export interface Charset {
  readonly name: string;
  readonly rule: ByteRule;
  readonly decoder: string;
}

const entries: readonly (readonly [name: string, decoder: string, rule?: ByteRule])[] = [
  ['utf8mb4', 'utf-8'], ['utf8mb3', 'utf-8'], ['utf8', 'utf-8'], ['ascii', 'latin1'], ['binary', 'latin1'], ['latin1', 'windows-1252'],
  ['latin2', 'iso-8859-2'], ['latin5', 'iso-8859-9'], ['latin7', 'iso-8859-13'], ['greek', 'iso-8859-7'], ['hebrew', 'iso-8859-8'],
  ['cp1250', 'windows-1250'], ['cp1251', 'windows-1251'], ['cp1256', 'windows-1256'], ['cp1257', 'windows-1257'], ['cp866', 'ibm866'],
  ['koi8r', 'koi8-r'], ['koi8u', 'koi8-u'], ['tis620', 'windows-874'], ['macroman', 'macintosh'], ['cp850', 'latin1'], ['cp852', 'latin1'],
  ['dec8', 'latin1'], ['hp8', 'latin1'], ['swe7', 'latin1'], ['armscii8', 'latin1'], ['keybcs2', 'latin1'], ['macce', 'latin1'], ['geostd8', 'latin1'],
  ['euckr', 'euc-kr'], ['gb2312', 'gbk'], ['ujis', 'euc-jp'], ['eucjpms', 'euc-jp'],
  ['gbk', 'gbk', GBK], ['gb18030', 'gb18030', GB18030], ['big5', 'big5', BIG5], ['sjis', 'shift_jis', SJIS], ['cp932', 'shift_jis', SJIS],
];
const charsets = new Map<string, Charset>(entries.map(([name, decoder, rule]) => [name, { name, decoder, rule: rule ?? PLAIN }]));

/** Character sets that MySQL knows but refuses for a client, since ASCII is not one byte in them. Source: manual, "Impermissible Client Character Sets". */
const notForClients = ['ucs2', 'utf16', 'utf16le', 'utf32'];
const introducers = new Set([...charsets.keys(), ...notForClients]);

/** The character set of a connection. Throws 1115 (42000) for an unknown name and 1231 for one that no client may use. */
export function charsetNamed(name: string): Charset {
  const lower = name.toLowerCase();
  const found = charsets.get(lower);
  if (found !== undefined) return found;
  if (notForClients.includes(lower)) {
    throw new VtrewindError({
      code: 'VTR0202', mysql: 1231, sqlState: '42000', grpc: 'INVALID_ARGUMENT',
      message: `Variable 'character_set_client' can't be set to the value of '${lower}'`, hint: 'connect with utf8mb4',
    });
  }
  throw new VtrewindError({
    code: 'VTR0202', mysql: 1115, sqlState: '42000', grpc: 'INVALID_ARGUMENT',
    message: `Unknown character set: '${name.slice(0, 64)}'`, hint: 'connect with utf8mb4',
  });
}

/** Whether `_name` before a literal is a character set introducer. */
export function isIntroducer(name: string): boolean {
  return introducers.has(name.toLowerCase());
}

/** Length in bytes (1 to 4) of the character at `i`; 1 also for an ill-formed sequence, whose bytes then stand alone, as in MySQL. */
export function characterLength(rule: ByteRule, bytes: Uint8Array, i: number, end: number): number {
  const lead = bytes[i] as number;
  if (lead < 0x81 || i + 1 >= end) return 1;
  const trail = bytes[i + 1] as number;
  switch (rule) {
    case GBK:
      return lead <= 0xfe && trail >= 0x40 && trail <= 0xfe && trail !== 0x7f ? 2 : 1;
    case GB18030: {
      if (lead > 0xfe) return 1;
      if (trail >= 0x40 && trail <= 0xfe && trail !== 0x7f) return 2;
      if (trail < 0x30 || trail > 0x39 || i + 3 >= end) return 1;
      const third = bytes[i + 2] as number;
      const fourth = bytes[i + 3] as number;
      return third >= 0x81 && third <= 0xfe && fourth >= 0x30 && fourth <= 0x39 ? 4 : 1;
    }
    case BIG5:
      return lead >= 0xa1 && lead <= 0xf9 && ((trail >= 0x40 && trail <= 0x7e) || (trail >= 0xa1 && trail <= 0xfe)) ? 2 : 1;
    case SJIS:
      return (lead <= 0x9f || (lead >= 0xe0 && lead <= 0xfc)) && trail >= 0x40 && trail <= 0xfc && trail !== 0x7f ? 2 : 1;
    default:
      return 1;
  }
}
