import { type Charset, GB18030, PLAIN } from './charsets.ts';
import { decodeBytes } from './decodeBytes.ts';

const tables = new Map<string, ReadonlyMap<string, Buffer>>();
const nonAscii = /[^\0-\x7f]/;
const UNKNOWN = Buffer.from('?');
/** First code point outside the BMP, and the bytes that GB18030 gives it; the others follow in order. Source: GB 18030-2005, four-byte characters. */
const FIRST_SUPPLEMENTARY = 0x10000;
const GB18030_LEAD = 0x90;

/**
 * Text in a connection's character set: what {@link decodeBytes} read comes out as the bytes it was. A character that the set does not have
 * becomes `?`, as in MySQL's own conversions.
 */
export function encodeText(text: string, charset: Charset): Buffer {
  if (charset.decoder === 'utf-8' || !nonAscii.test(text)) return Buffer.from(text);
  if (charset.decoder === 'latin1') return Buffer.from(text, 'latin1');
  const table = tableOf(charset);
  return Buffer.concat(Array.from(text, (character) => (character < '\x80' ? Buffer.from(character) : table.get(character) ?? supplementary(character, charset) ?? UNKNOWN)));
}

/** Made by decoding every sequence of the set once: some tens of milliseconds for one of two bytes, at its first use. */
function tableOf(charset: Charset): ReadonlyMap<string, Buffer> {
  const known = tables.get(charset.name);
  if (known !== undefined) return known;
  const table = new Map<string, Buffer>();
  const add = (...bytes: number[]) => {
    const sequence = Buffer.from(bytes);
    const character = decodeBytes(sequence, 0, sequence.length, charset);
    if (character !== '\ufffd' && [...character].length === 1 && character >= '\x80' && !table.has(character)) table.set(character, sequence);
  };
  for (let lead = 0x80; lead <= 0xff; lead++) add(lead);
  if (!isSingleByte(charset)) {
    for (let lead = 0x81; lead <= 0xfe; lead++) for (let trail = 0x40; trail <= 0xfe; trail++) add(lead, trail);
  }
  // EUC-JP's third set, and the four-byte characters of the BMP.
  if (charset.decoder === 'euc-jp') for (let second = 0xa1; second <= 0xfe; second++) for (let third = 0xa1; third <= 0xfe; third++) add(0x8f, second, third);
  if (charset.rule === GB18030) {
    for (let a = 0x81; a <= 0x84; a++) for (let b = 0x30; b <= 0x39; b++) for (let c = 0x81; c <= 0xfe; c++) for (let d = 0x30; d <= 0x39; d++) add(a, b, c, d);
  }
  tables.set(charset.name, table);
  return table;
}

const multiByteDecoders: ReadonlySet<string> = new Set(['euc-kr', 'gbk', 'euc-jp']);

function isSingleByte(charset: Charset): boolean {
  return charset.rule === PLAIN && !multiByteDecoders.has(charset.decoder);
}

function supplementary(character: string, charset: Charset): Buffer | undefined {
  const code = character.codePointAt(0) ?? 0;
  if (charset.rule !== GB18030 || code < FIRST_SUPPLEMENTARY) return undefined;
  const index = code - FIRST_SUPPLEMENTARY;
  return Buffer.from([GB18030_LEAD + Math.floor(index / 12_600), 0x30 + (Math.floor(index / 1260) % 10), 0x81 + (Math.floor(index / 10) % 126), 0x30 + (index % 10)]);
}
